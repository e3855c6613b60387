"""What the next frame for one reader of one attempt is: composed from the record at the reader's offsets, when the
connection has room for it. A slow reader therefore gets fewer, longer frames, and costs nothing but its offsets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from llamachat.protocol import AiResponse, DaemonFrame, Error, Progress, Queued
from llamachat_daemon.serving.generations import Ending, Failure, Generation, Phase

COALESCE_S: Final = 0.015
"""Least time between two frames of one answer to one reader, in seconds: a screen shows no more than 60 a second."""

MAX_TEXT_CHARACTERS: Final = 256 * 1024
MAX_TOKENS_PER_FRAME: Final = 65_536
"""Largest piece of text (code points) and of ids in one frame. Both together stay below the frame limit in either
codec: a code point takes at most 6 bytes (escaped in JSON), an id at most 11."""


class Stream:
    """One reader of one attempt. `over` is true once the last frame has been given out.

    `req` is echoed by the first frame. Not to be used after `close`.
    """

    def __init__(
        self,
        generation: Generation,
        node: str,
        changed: Callable[[], None],
        *,
        offset: int,
        token_offset: int,
        req: str | UnsetType = UNSET,
    ) -> None:
        self.over = False
        self.attempt_id = generation.id
        self._generation = generation
        self._node = node
        self._changed = changed
        self._offset = offset
        self._token_offset = token_offset
        self._req = req
        self._shown: tuple[object, ...] = ()  # what the last `queued` or `progress` said
        self._state_due = 0.0
        self._piece_due = 0.0
        self._text_begun = False
        generation.watch(changed)

    def close(self) -> None:
        """Stops watching the attempt."""
        self._generation.unwatch(self._changed)

    def next(self, now: float) -> DaemonFrame | float | None:
        """The frame to send now, or the time (monotonic seconds) at which there will be one, or None: nothing new."""
        found: DaemonFrame | float | None = self._state(now)
        if found is None:
            found = self._piece(now)
        if isinstance(found, DaemonFrame) and self._req is not UNSET:
            found = msgspec.structs.replace(found, req=self._req)
            self._req = UNSET
        return found

    def _state(self, now: float) -> Queued | Progress | float | None:
        """Where the attempt is, unless that has been said or tokens say more."""
        generation = self._generation
        frame: Queued | Progress
        match generation.phase:
            case Phase.QUEUED if generation.position:
                state: tuple[object, ...] = ("queued", generation.position)
                frame = Queued(
                    id=generation.id,
                    position=generation.position,
                    depth=generation.depth,
                    eta_ms=generation.eta_ms,
                )
            case Phase.LOADING:
                done, total = generation.loaded_bytes
                state = ("loading", done, total)
                frame = Progress(id=generation.id, phase="loading", done=done, total=total)
            case Phase.PREFILL if generation.prefilled is not None:
                done, total, cached = generation.prefilled
                state = ("prefill", done, total)
                frame = Progress(id=generation.id, phase="prefill", done=done, total=total, cached=cached)
            case _:
                return None
        if state == self._shown:
            return None
        if self._state_due > now and state[0] == self._shown[0]:
            return self._state_due
        self._shown = state
        self._state_due = now + COALESCE_S
        return frame

    def _piece(self, now: float) -> DaemonFrame | float | None:
        """What the record holds after the offsets; at its end, how the attempt ended."""
        generation, record = self._generation, self._generation.record
        if self._token_offset < generation.prefix_token_count:
            # Readers have the prefix's text, or get it next: these ids come with none.
            limit = min(generation.prefix_token_count - self._token_offset, MAX_TOKENS_PER_FRAME)
            return self._response("", record.tokens_from(self._token_offset, limit))
        has_text = self._offset < record.length
        if not has_text and self._token_offset >= record.token_count:
            return self._last() if generation.outcome is not None else None
        at_once = has_text and not self._text_begun
        if self._piece_due > now and not at_once:
            return self._piece_due
        text = record.text_from(self._offset, MAX_TEXT_CHARACTERS)
        tokens = record.tokens_from(self._token_offset, MAX_TOKENS_PER_FRAME)
        self._text_begun = self._text_begun or bool(text)
        frame = self._response(text, tokens)
        more = self._offset < record.length or self._token_offset < record.token_count
        self._piece_due = now if more else now + COALESCE_S
        return frame

    def _response(self, text: str, tokens: list[int]) -> AiResponse:
        generation = self._generation
        frame = AiResponse(
            id=generation.id,
            message_id=generation.message_id,
            node=self._node,
            model=generation.model,
            fingerprint=generation.fingerprint,
            offset=self._offset,
            text=text,
            token_offset=self._token_offset,
            tokens=tokens,
        )
        self._offset += len(text)
        self._token_offset += len(tokens)
        return frame

    def _last(self) -> DaemonFrame | None:
        if self.over:
            return None
        self.over = True
        generation = self._generation
        match generation.outcome:
            case Ending(reason, usage, timings, cost):
                return msgspec.structs.replace(
                    self._response("", []),
                    done=True,
                    finish_reason=reason,
                    message=generation.record.text(),
                    seed=generation.seed,
                    usage=usage,
                    timings=timings,
                    cost=cost,
                )
            case Failure(code, message, detail, retry_after):
                return Error(
                    id=generation.id,
                    code=code,
                    message=message,
                    detail=dict(detail),
                    retry_after=retry_after,
                    final=True,
                )
            case None:
                return None
