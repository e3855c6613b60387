"""The chat format of the guide model: one definition for training, for evaluation and for the file itself.

A turn is ``<|im_start|>role``, a newline, the content, ``<|im_end|>``, a newline (the ChatML layout). The three markers
are control tokens. Everything else, the content above all, is encoded as plain text: a user who writes ``<|im_end|>``
writes ten ordinary characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

PAD = "<|pad|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
CONTROL_TOKENS = (PAD, TURN_START, TURN_END)
"""The control tokens, in the order of their ids from 0."""

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
"""The Jinja template stored in the GGUF as ``tokenizer.chat_template``; renders what ``turns`` spells out."""


class ChatMessage(Protocol):
    """What the template needs of a message."""

    @property
    def role(self) -> str: ...

    @property
    def content(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a rendered conversation: a control token by name, or plain text.

    ``author`` is the role whose own words these are (the end of a turn counts as its author's word), or None for
    the layout around them.
    """

    text: str
    control: bool
    author: str | None


def turns(messages: Iterable[ChatMessage], *, generation_prompt: bool) -> list[Segment]:
    """Spell out a conversation as segments, in order; joined, their texts are what ``CHAT_TEMPLATE`` renders."""
    segments: list[Segment] = []
    for message in messages:
        segments += [
            Segment(TURN_START, True, None),
            Segment(f"{message.role}\n", False, None),
            Segment(message.content, False, message.role),
            Segment(TURN_END, True, message.role),
            Segment("\n", False, None),
        ]
    if generation_prompt:
        segments += [Segment(TURN_START, True, None), Segment("assistant\n", False, None)]
    return segments
