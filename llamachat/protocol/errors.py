"""The error codes of the wire, and the exception that carries one inside a program."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Every `code` that an `error` frame may carry."""

    BAD_FRAME = "bad_frame"
    UNKNOWN_TYPE = "unknown_type"
    ID_CONFLICT = "id_conflict"
    NOT_FOUND = "not_found"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    DISABLED = "disabled"
    UNKNOWN_MODEL = "unknown_model"
    MODEL_FAILED = "model_failed"
    CONTEXT_OVERFLOW = "context_overflow"
    TOO_LARGE = "too_large"
    INVALID_PARAMS = "invalid_params"
    QUEUE_FULL = "queue_full"
    RATE_LIMITED = "rate_limited"
    DRAINING = "draining"
    WORKER_FAILED = "worker_failed"
    INTERNAL = "internal"


class ProtocolError(Exception):
    """A request that is refused: `code`, a sentence that says what to do, and the details a program can use.

    `req` and `attempt_id` are those of the offending frame where they could still be read, so that the answer can
    be matched to it.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        detail: dict[str, Any] | None = None,
        retry_after: float | None = None,
        req: str | None = None,
        attempt_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail or {}
        self.retry_after = retry_after
        self.req = req
        self.attempt_id = attempt_id
