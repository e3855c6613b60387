"""The ranges of `params`, in one table: the check, the error's `detail` and the documentation read it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from llamachat.protocol.errors import ErrorCode, ProtocolError
from llamachat.protocol.frames import Params, UserMessage
from llamachat.protocol.limits import MAX_STOP_CHARACTERS, MAX_STOP_STRINGS


@dataclass(frozen=True, slots=True)
class Range:
    """Inclusive bounds of a number; `high` None is unbounded."""

    low: float
    high: float | None
    above: bool = False  # `low` itself is not allowed

    def holds(self, value: float) -> bool:
        """Whether `value` is finite and inside."""
        if isinstance(value, float) and not math.isfinite(value):
            return False
        if value <= self.low if self.above else value < self.low:
            return False
        return self.high is None or value <= self.high

    def __str__(self) -> str:
        if self.high is None:
            return f"more than {_plain(self.low)}" if self.above else f"{_plain(self.low)} or more"
        if self.above:
            return f"more than {_plain(self.low)}, up to {_plain(self.high)}"
        return f"{_plain(self.low)} to {_plain(self.high)}"


def _plain(bound: float) -> str:
    """Without an exponent when it is whole."""
    return f"{bound:.0f}" if float(bound).is_integer() else f"{bound:g}"


RANGES: Final = {
    "temperature": Range(0, 5),
    "top_k": Range(0, 1_000_000),
    "top_p": Range(0, 1),
    "min_p": Range(0, 1),
    "repeat_penalty": Range(0, 10, above=True),
    "presence_penalty": Range(-10, 10),
    "frequency_penalty": Range(-10, 10),
    "seed": Range(0, 2**53 - 1),  # what a JSON number holds exactly in every language
    "max_tokens": Range(1, 1_000_000_000),
    "deadline_s": Range(0, None, above=True),
}


def invalid(field: str, message: str, allowed: str) -> ProtocolError:
    """An `invalid_params` error about one field."""
    return ProtocolError(ErrorCode.INVALID_PARAMS, message, detail={"field": field, "range": allowed})


def check(params: Params) -> None:
    """Checks every number and the stop strings.

    Raises:
        ProtocolError: `invalid_params`, naming the first field that is out of its range.
    """
    for name, allowed in RANGES.items():
        value = getattr(params, name)
        if value is not None and not allowed.holds(value):
            raise invalid(f"params.{name}", f"params.{name} is {value!r:.40}; it must be {allowed}.", str(allowed))
    if len(params.stop) > MAX_STOP_STRINGS:
        raise invalid(
            "params.stop",
            f"params.stop has {len(params.stop)} strings; at most {MAX_STOP_STRINGS} are allowed.",
            f"at most {MAX_STOP_STRINGS} strings",
        )
    if any(not 1 <= len(text) <= MAX_STOP_CHARACTERS for text in params.stop):
        allowed_text = f"strings of 1 to {MAX_STOP_CHARACTERS} characters"
        raise invalid("params.stop", f"params.stop must hold {allowed_text}.", allowed_text)
    if params.json_schema is not None and params.grammar is not None:
        raise invalid("params.grammar", "Give params.json_schema or params.grammar, not both.", "one of the two")


def check_request(frame: UserMessage) -> None:
    """Checks what types alone cannot say about a `user_message`.

    Raises:
        ProtocolError: `invalid_params`, naming the field.
    """
    if not frame.messages:
        raise invalid("messages", "messages is empty; it must end with a user message.", "at least one message")
    if frame.messages[-1].role != "user":
        raise invalid("messages", "The last message must have the role user.", "a user message at the end")
    if (frame.prefix_tokens is None) != (frame.fingerprint is None):
        raise invalid("prefix_tokens", "Give prefix_tokens and fingerprint together, or neither.", "both or neither")
    if frame.tools:
        raise invalid("tools", "This daemon offers no tools; send an empty list.", "an empty list")
    check(frame.params)
