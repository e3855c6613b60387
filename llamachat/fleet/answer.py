"""The answer as it grows: text and ids, each piece once and in order, whichever attempt it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from llamachat.protocol import AiResponse


@dataclass(frozen=True, slots=True)
class Piece:
    """What a frame added: `text` from `offset` (code points) on, and how many ids."""

    offset: int
    text: str
    tokens: int


class Answer:
    """Holds the text of the whole answer, and the ids of the attempt that wrote it last.

    A node that continues with other weights or from text alone has ids of its own for all of the answer. They take the
    place of those held as soon as they reach as far as the text does: until then a further node is better served with
    the old ones.
    """

    def __init__(self, text: str = "", tokens: tuple[int, ...] = (), fingerprint: str | None = None) -> None:
        self._parts = [text] if text else []
        self.length = len(text)
        self.tokens: list[int] = list(tokens)
        self.fingerprint = fingerprint
        self._heard: list[int] = []  # ids of this attempt; the same list as `tokens` once they took their place
        self._base = self.length  # where this attempt began to write

    @property
    def text(self) -> str:
        """All of it."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    @property
    def token_offset(self) -> int:
        """How many ids of this attempt's record were heard: where to attach to it."""
        return len(self._heard)

    def begin(self) -> None:
        """A new attempt follows, whose record begins with the ids of the prefix."""
        self._heard = []
        self._base = self.length

    @property
    def held_token_offset(self) -> int:
        """How many of the ids held are of this attempt's record: all or none."""
        return len(self.tokens) if self._heard is self.tokens else 0

    def resume(self, token_offset: int) -> None:
        """An earlier attempt goes on, of whose record so many ids are held: all those given, or none."""
        self._heard = self.tokens if token_offset == len(self.tokens) else []
        self._base = self.length

    def forget_tokens(self) -> None:
        """The ids are of no use: the next attempt goes on from the text."""
        self.tokens, self.fingerprint = [], None

    def take(self, frame: AiResponse) -> Piece | None:
        """Adds what is new in a frame; None when something before it is missing, and nothing was added."""
        offset, token_offset = self.length, len(self._heard)
        if not 0 <= frame.offset <= offset or not 0 <= frame.token_offset <= token_offset:
            return None
        text = frame.text[offset - frame.offset :]
        tokens = frame.tokens[token_offset - frame.token_offset :]
        if text:
            self._parts.append(text)
            self.length += len(text)
        self._heard.extend(tokens)
        if self._heard is not self.tokens and self._reaches(frame):
            self.tokens = self._heard
        if self._heard is self.tokens:
            self.fingerprint = frame.fingerprint
        return Piece(offset, text, len(tokens))

    def take_rest(self, whole: str) -> Piece | None:
        """The end of the answer as the last frame repeats it, where it goes further than the pieces did."""
        if len(whole) <= self.length or not whole.startswith(self.text):
            return None
        piece = Piece(self.length, whole[self.length :], 0)
        self._parts.append(piece.text)
        self.length = len(whole)
        return piece

    def _reaches(self, frame: AiResponse) -> bool:
        """Whether the ids heard stand for all the text held."""
        if self._base == 0 or self.length > self._base:
            return True
        return frame.fingerprint == self.fingerprint and len(self._heard) >= len(self.tokens)
