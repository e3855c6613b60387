"""The settings of one chat as fields to fill in: those of the settings file that a chat can have for itself, with the
same rules and the same words. Pure."""

from __future__ import annotations

from functools import cache
from typing import Final

from llamachat.config.holding import holding
from llamachat.config.schema import ChatSettings
from llamachat.store import OwnSettings
from llamachat.store.own_settings import SAMPLING_NAMES, SamplingValue
from llamachat.tui.settings_fields import Field, Wrong, as_text, as_value, groups

MODEL: Final = "model"
PROMPT: Final = "system_prompt"
NAMES: Final = (MODEL, PROMPT, *SAMPLING_NAMES)
"""The settings that a chat can have for itself, in the order in which they are shown."""


@cache
def fields() -> dict[str, Field]:
    """The fields by their names."""
    every = {field.key: field for group in groups() for field in group.fields}
    keys = (f"chat.{MODEL}", f"chat.{PROMPT}", *(f"chat.sampling.{name}" for name in SAMPLING_NAMES))
    return {name: every[key] for name, key in zip(NAMES, keys, strict=True)}


class ChatDraft:
    """What a chat is to have of its own, as a person is changing it.

    Args:
        chat: what the settings file says.
        own: what the chat has of its own so far.
    """

    def __init__(self, chat: ChatSettings, own: OwnSettings) -> None:
        self._chat = chat
        self._own: dict[str, object] = dict(own.sampling)
        self._own |= {} if own.model is None else {MODEL: own.model}
        self._own |= {} if own.system_prompt is None else {PROMPT: own.system_prompt}
        self._wrong: dict[str, Wrong] = {}

    def write(self, name: str, text: str) -> None:
        """Takes what stands in a field now; what is as in the settings file is not the chat's own."""
        if text == self.text(name):
            return
        field = fields()[name]
        self.reset(name)
        if text == as_text(field, self.value(name)):
            return
        try:
            value = as_value(field, text)
            value = None if value is None else field.rule.read(value)
        except ValueError as error:
            self._wrong[name] = Wrong(text, str(error))
            return
        if value != self.value(name):
            self._own[name] = list(value) if isinstance(value, tuple) else value

    def choose_model(self, model: str) -> None:
        """Has the chat keep to a model, whatever the settings file says now or later."""
        self.reset(MODEL)
        self._own[MODEL] = model

    def reset(self, name: str) -> None:
        """Has it be as in the settings file."""
        self._own.pop(name, None)
        self._wrong.pop(name, None)

    def text(self, name: str) -> str:
        """What the field is to show."""
        wrong = self._wrong.get(name)
        return as_text(fields()[name], self.value(name)) if wrong is None else wrong.text

    def value(self, name: str) -> object:
        """What would hold for the chat; for a wrong one, what the settings file says."""
        held = holding(self._chat, self.own)
        return getattr(held if name in (MODEL, PROMPT) else held.sampling, name)

    def reason(self, name: str) -> str:
        """Why what stands in the field cannot be; empty when it can."""
        wrong = self._wrong.get(name)
        return "" if wrong is None else wrong.reason

    def is_own(self, name: str) -> bool:
        """Whether the chat has it for itself."""
        return name in self._own or name in self._wrong

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of what cannot be."""
        return tuple(self._wrong)

    @property
    def own(self) -> OwnSettings:
        """What the chat would have of its own, without what is wrong."""
        values: dict[str, SamplingValue] = {name: self._own[name] for name in SAMPLING_NAMES if name in self._own}  # type: ignore[misc]
        return OwnSettings(model=self._text(MODEL), system_prompt=self._text(PROMPT), sampling=values)

    def _text(self, name: str) -> str | None:
        return str(self._own[name]) if name in self._own else None
