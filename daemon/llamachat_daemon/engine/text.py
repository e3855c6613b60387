"""From the bytes of tokens to text that may be shown: UTF-8 across tokens, stop strings across tokens."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence


class TextStream:
    """The text of one answer, released as soon as it is certain.

    Held back are bytes of a character that is not complete, and text that may become a stop string. What is released
    does not depend on how the bytes were cut into tokens: of several stop strings the one that is complete first counts
    (of two that end together, the longer one), and the text ends in front of it.

    `skip` code points from the start are not released: their reader has them.
    """

    def __init__(self, stops: Sequence[str] = (), *, skip: int = 0) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._longest = max(map(len, self._stops), default=0)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._skip = skip
        self._certain: list[str] = []
        self.stopped = False
        """A stop string is complete; nothing is released any more."""

    @property
    def certain(self) -> str:
        """Everything that is certain so far, what was skipped included."""
        return "".join(self._certain)

    def feed(self, piece: bytes) -> str:
        """Takes the bytes of the next token; returns the text that may be shown now."""
        if self.stopped:
            return ""
        return self._take(self._decoder.decode(piece))

    def feed_all(self, pieces: Iterable[bytes]) -> str:
        """Takes the bytes of several tokens."""
        return "".join(map(self.feed, pieces))

    def finish(self) -> str:
        """The rest at the end of the answer: an incomplete character becomes one U+FFFD, held-back text is text."""
        if self.stopped:
            return ""
        text = self._take(self._decoder.decode(b"", final=True))
        if not self.stopped:
            text += self._release(self._held)
            self._held = ""
        return text

    def _take(self, new: str) -> str:
        if not new:
            return ""
        text = self._held + new
        end = self._stop_in(text)
        if end is not None:
            self.stopped = True
            self._held = ""
            return self._release(text[:end])
        keep = self._possible_stop_at_end(text)
        self._held = text[len(text) - keep :]
        return self._release(text[: len(text) - keep])

    def _stop_in(self, text: str) -> int | None:
        """Where the text ends because of the stop string that is complete first."""
        found = [(start + len(stop), start) for stop in self._stops if (start := text.find(stop)) >= 0]
        return min(found)[1] if found else None

    def _possible_stop_at_end(self, text: str) -> int:
        """How many code points at the end may be the beginning of a stop string."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            tail = text[-length:]
            if any(len(stop) > length and stop.startswith(tail) for stop in self._stops):
                return length
        return 0

    def _release(self, text: str) -> str:
        self._certain.append(text)
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        return text[skipped:]


def decode(pieces: Iterable[bytes]) -> str:
    """The whole text of some tokens; an incomplete character at the end becomes one U+FFFD."""
    return b"".join(pieces).decode("utf-8", "replace")
