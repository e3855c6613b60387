"""A turn: one question with its conversation, and what is held of the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llamachat.protocol import Params, PromptMessage, Seam

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that may still run at a node, from before this client was started. `token_offset` ids of its record
    are held: all of the turn's `prefix_tokens`, or, where those are an earlier attempt's, none."""

    attempt_id: str
    node: str
    token_offset: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What to ask.

    Attributes:
        message_id: names the answer, whoever writes it.
        chat_id: the conversation, for what is warm where.
        messages: the whole conversation, the question last.
        model: None leaves it to each node.
        params: a seed is drawn when it has none.
        prefix, prefix_tokens, fingerprint: what is held of the answer: its text, its ids in the vocabulary of the
            model with this fingerprint (both or neither), to go on from there.
        seams: of the answer so far.
        attempt: attach to this one first, if its node still has it.
        node: ask this node alone.
        last_node: the chat's last one, for the policy `sticky`; None: what the fleet remembers.
        wait_for_node: when no node can be reached, wait for one; False ends the turn with `no_node`.

    Raises:
        ValueError: an id that the wire does not allow, no messages, or ids without their fingerprint.
    """

    message_id: str
    chat_id: str
    messages: tuple[PromptMessage, ...]
    model: str | None = None
    params: Params = field(default_factory=Params)
    prefix: str = ""
    prefix_tokens: tuple[int, ...] = ()
    fingerprint: str | None = None
    seams: tuple[Seam, ...] = ()
    attempt: OpenAttempt | None = None
    node: str | None = None
    last_node: str | None = None
    wait_for_node: bool = True

    def __post_init__(self) -> None:
        for name in ("message_id", "chat_id"):
            if not _ID.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} must be 1 to 64 letters, digits, _ or -.")
        if not self.messages:
            raise ValueError("A turn needs at least the question.")
        if self.prefix_tokens and self.fingerprint is None:
            raise ValueError("prefix_tokens mean nothing without the fingerprint of their model.")


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of an answer that is not finished: all that is needed to go on with it after a restart.

    `text` and `tokens` belong together as `prefix` and `prefix_tokens` of a `Turn` do. `attempt_id` is None between
    two attempts; else `token_offset` is that of an `OpenAttempt`.
    """

    message_id: str
    attempt_id: str | None
    token_offset: int
    node: str | None
    model: str | None
    fingerprint: str | None
    text: str
    tokens: tuple[int, ...]
    seed: int
    seams: tuple[Seam, ...]
