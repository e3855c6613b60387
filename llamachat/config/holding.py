"""What holds for one chat: the settings file, what the chat has of its own over that, and over both what is said for a
single question."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llamachat.config.schema import ChatSettings

if TYPE_CHECKING:
    from llamachat.store import OwnSettings, Store


def holding(chat: ChatSettings, *layers: OwnSettings) -> ChatSettings:
    """The settings with what each layer has in the place of what was below it; the last one wins."""
    for layer in layers:
        chat = dataclasses.replace(
            chat,
            model=chat.model if layer.model is None else layer.model,
            system_prompt=chat.system_prompt if layer.system_prompt is None else layer.system_prompt,
            sampling=dataclasses.replace(chat.sampling, **{name: _as_set(v) for name, v in layer.sampling.items()}),
        )
    return chat


def holding_for(store: Store, chat_id: str, chat: ChatSettings, *layers: OwnSettings) -> ChatSettings:
    """What holds for a stored chat, with further layers over what it has of its own.

    Raises:
        StoreError: the history cannot be read, or has no such chat.
    """
    return holding(chat, store.own_settings(chat_id), *layers)


def named_prompt(prompts: Mapping[str, str], name: str) -> str | None:
    """The prompt of this name, however it is capitalised unless several differ in that alone; None without one."""
    if name in prompts:
        return prompts[name]
    alike = [text for known, text in prompts.items() if known.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def _as_set(value: Any) -> Any:
    """A value as the settings have it."""
    return tuple(value) if isinstance(value, list) else value
