"""One attempt at an answer, at one node: asks, attaches, and notices when it has gone quiet."""

from __future__ import annotations

from typing import Final

from llamachat.fleet.answer import Answer
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.link import Sink
from llamachat.fleet.surroundings import Node
from llamachat.protocol import Attach, Detach, UserMessage

_GAP_WEIGHT: Final = 0.2  # of the newest gap in the running mean


class Attempt:
    """Times are those of the fleet's clock.

    Attributes:
        id, node: what it is called, and where.
        model: the id of the model that was chosen there.
        began: when the question was sent; `expected_ms` to the first text.
        sent_tokens: the question carried the ids of the answer so far.
        attaching: the next thing to come answers an `attach`.
        wrote: it added text to the answer.
    """

    def __init__(
        self, attempt_id: str, node: str, model: str | None, limits: FleetLimits, now: float, sink: Sink
    ) -> None:
        self.id = attempt_id
        self.node = node
        self.model = model
        self.began = now
        self.expected_ms: float | None = None
        self.sent_tokens = False
        self.attaching = False
        self.wrote = False
        self._limits = limits
        self._sink = sink
        self._link: Node | None = None
        self._heard_at = now
        self._streamed_at: float | None = None
        self._usual_gap = 0.0
        self._missing = False
        self._fruitless = 0
        self._recheck_at = now + limits.recheck_s

    def ask(self, link: Node, frame: UserMessage) -> None:
        """Sends the question.

        Raises:
            ProtocolError: `too_large`.
            UnicodeError: the text is not well formed.
        """
        self._link = link
        link.open(self.id, self._sink)
        self.sent_tokens = frame.prefix_tokens is not None
        try:
            link.post(frame)
        except BaseException:
            link.release(self.id)
            raise

    def attach(self, link: Node, answer: Answer, now: float) -> None:
        """Asks for everything after what is held."""
        self._link = link
        self.attaching = True
        self._heard_at = now
        self._streamed_at = None
        self._recheck_at = now + self._limits.recheck_s
        link.open(self.id, self._sink)
        link.post(Attach(id=self.id, req=self.id, offset=answer.length, token_offset=answer.token_offset))

    def heard(self, now: float, *, streaming: bool = False) -> None:
        """Something came for it that fits."""
        if streaming and self._streamed_at is not None:
            gap = now - self._streamed_at
            self._usual_gap += _GAP_WEIGHT * (gap - self._usual_gap)
        if streaming:
            self._streamed_at = now
        self._heard_at = now
        self.attaching = False
        self._missing = False
        self._fruitless = 0
        self._recheck_at = now + self._limits.recheck_s

    def missed(self, answer: Answer, now: float) -> bool:
        """A frame came that leaves a gap: attaches where the answer ends. False when that did not help repeatedly."""
        if self._missing:
            return True  # frames sent before the node saw the attach
        self._missing = True
        return self._attach_again(answer, now)

    def look(self, answer: Answer, now: float) -> bool:
        """Asks after the node, or after the attempt, when either has been quiet for too long. False: give it up."""
        if self._link is None:
            return True
        if now >= self._recheck_at and not self._attach_again(answer, now):
            return False
        if now >= self._quiet_at(self._link):
            self._link.probe()
        return True

    def next_look(self, now: float) -> float:
        """When `look` may have something to do."""
        if self._link is None:
            return self._recheck_at
        quiet_at = self._quiet_at(self._link)
        return min(self._recheck_at, quiet_at if quiet_at > now else now + self._limits.probe_s)

    def leave(self) -> None:
        """Nothing more of it is wanted here; it runs on."""
        if self._link is not None:
            self._link.release(self.id)
            self._link.post(Detach(id=self.id))

    def forget(self) -> None:
        """It has ended."""
        if self._link is not None:
            self._link.release(self.id)

    def _attach_again(self, answer: Answer, now: float) -> bool:
        self._fruitless += 1
        if self._link is None or self._fruitless > self._limits.attach_tries:
            return False
        self.attach(self._link, answer, now)
        if self._missing:
            self._recheck_at = now + self._limits.stream_silence_s
        return True

    def _quiet_at(self, link: Node) -> float:
        """When the silence of attempt and node becomes suspicious."""
        patience = max(self._limits.stream_silence_s, self._limits.stream_gap_factor * self._usual_gap)
        return max(self._heard_at + patience, link.heard_at + self._limits.stream_silence_s)
