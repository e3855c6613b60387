"""What the open conversation has of its own: shown where the next message is written, chosen, and filled in."""

from __future__ import annotations

from typing import Final

from textual.content import Content
from textual.screen import Screen

from llamachat.base.text import one_line
from llamachat.config import sampling
from llamachat.config.holding import holding
from llamachat.config.schema import AUTO_MODEL
from llamachat.store import OwnSettings
from llamachat.tui.chat_words import differences, model_trouble
from llamachat.tui.choices import Choice
from llamachat.tui.conversations import Conversations
from llamachat.tui.keymap import with_keys
from llamachat.tui.models import model_choices
from llamachat.tui.screens.chat_open import OpenChat
from llamachat.tui.screens.chat_settings import AS_IN_SETTINGS, ChatSettingsScreen
from llamachat.tui.screens.choosing import ChoiceScreen
from llamachat.tui.services import Services
from llamachat.tui.widgets.composer import Composer

_NO_MODELS: Final = "No node is connected that has a model to choose. {nodes.reconnect} tries all lost nodes now."
_MODEL: Final = 40
_MANY: Final = 3
"""So many differences are told; more are counted."""


class OwnDesk:
    """Methods that read or change the history raise `StoreError`."""

    def __init__(
        self, screen: Screen[None], services: Services, conversations: Conversations, opened: OpenChat
    ) -> None:
        self._screen = screen
        self._services = services
        self._stored = conversations.stored
        self._open = opened
        self._own = OwnSettings()

    @property
    def model(self) -> str | None:
        """The model of the open conversation; None leaves it to each node."""
        return sampling.model(holding(self._services.settings.chat, self._own))

    async def look(self) -> None:
        """Reads what the open conversation has, and shows it."""
        chat_id = self._open.chat_id
        own = await self._stored.own_settings(chat_id)
        if chat_id == self._open.chat_id:  # another one may have been opened meanwhile
            self._own = own
            self.draw()

    def draw(self) -> None:
        """Shows it for the nodes and the settings that there are now."""
        parts = differences(self._own, self._services.settings.prompts)
        if len(parts) > _MANY:
            parts = [*parts[: _MANY - 1], f"{len(parts) - _MANY + 1} more"]
        if model := self.model:
            trouble = model_trouble(model, self._services.fleet.snapshots())
            name = one_line(model, _MODEL)
            parts.insert(0, f"✖ {name}: {trouble} ▾" if trouble else f"{name} ▾")
        text = " · ".join(parts)
        for composer in self._screen.query(Composer):
            if str(composer.border_subtitle or "") != text:
                composer.border_subtitle = Content(text)

    async def choose_model(self) -> None:
        """Has the model chosen for the open conversation and those that begin later."""
        choices = list(model_choices(self._services.fleet.snapshots()))
        note = "It holds for this conversation, and for new ones until you leave. The settings keep it for good."
        if len(choices) == 1:
            note = with_keys(_NO_MODELS, self._services.settings.keys)
        current = self.model or AUTO_MODEL
        if all(choice.id != current for choice in choices) and len(choices) > 1:
            note = f"No connected node has {one_line(current, _MODEL)}, the model of this conversation. {note}"
        if self._own.model is not None:
            set_one = one_line(self._services.settings.chat.model, _MODEL)
            choices.append(Choice(AS_IN_SETTINGS, "as in the settings", detail=set_one))
        chat_id = self._open.chat_id
        chosen = await self._screen.app.push_screen_wait(ChoiceScreen("Model", choices, current=current, note=note))
        if chosen is not None:
            await self._stored.choose_model(chat_id, None if chosen == AS_IN_SETTINGS else chosen)
            await self.look()

    async def change(self) -> None:
        """Has the settings of the open conversation filled in."""
        chat_id = self._open.chat_id
        own = await self._stored.own_settings(chat_id)
        nodes = self._services.fleet.snapshots()
        made = await self._screen.app.push_screen_wait(ChatSettingsScreen(self._services.settings, own, nodes))
        if made is not None and made != own:
            await self._stored.set_own_settings(chat_id, made)
            await self.look()
