"""What a person does with the library of prompts on the Settings tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from textual.screen import Screen

from llamachat.config.schema import Entries, entries
from llamachat.tui.keymap import with_keys
from llamachat.tui.screens.editing import EditScreen
from llamachat.tui.screens.history_naming import NameScreen
from llamachat.tui.services import Services
from llamachat.tui.settings_draft import Draft
from llamachat.tui.settings_fields import PROMPTS_GROUP
from llamachat.tui.widgets.setting_prompts import PromptList

_NOTE: Final = (
    "{composer.send} keeps it, {composer.newline} begins a new line, {composer.editor} opens your editor."
    " Esc leaves it as it was."
)
_RULES: Final[Entries] = entries()[PROMPTS_GROUP]


class PromptDesk:
    """Asks for names and texts, and writes them into the draft. `changed` shows what has become of it."""

    def __init__(self, screen: Screen[Any], services: Services, draft: Draft, changed: Callable[[str], None]) -> None:
        self._screen = screen
        self._services = services
        self._draft = draft
        self._changed = changed

    async def do(self, event: PromptList.Wanted) -> None:
        """Does what is wished."""
        name, draft = event.name, self._draft
        text = draft.prompts.get(name)
        match event.wish:
            case "add":
                await self._add()
            case "edit" if text is not None:
                await self._write(name, text)
            case "rename" if text is not None:
                await self._rename(name, text)
            case "remove":
                draft.put_prompt(name, None)
                self._changed(name)
            case "restore":
                draft.put_prompt(name, draft.saved.prompts.get(name))
                self._changed(name)

    async def _add(self) -> None:
        name = await self._name("A new prompt", "")
        if name is not None:
            await self._write(name, "")

    async def _rename(self, name: str, text: str) -> None:
        new = await self._name("Rename the prompt", name)
        if new is not None and new != name:
            self._draft.put_prompt(name, None)
            self._draft.put_prompt(new, text)
            self._changed(new)

    async def _write(self, name: str, text: str) -> None:
        settings = self._services.settings
        editing = EditScreen(name, with_keys(_NOTE, settings.keys), text, blink=settings.look.motion)
        written = await self._screen.app.push_screen_wait(editing)
        if written is None:
            return
        try:
            _RULES.rule.read(written)
        except ValueError:
            self._screen.notify(f"Allowed: {_RULES.rule}.", severity="error", markup=False)
            await self._write(name, written)
            return
        self._draft.put_prompt(name, written)
        self._changed(name)

    async def _name(self, heading: str, name: str) -> str | None:
        def refuse(wanted: str) -> str:
            if wanted != name and wanted in self._draft.prompts:
                return "There is a prompt of that name already."
            assert _RULES.name_rule is not None
            try:
                _RULES.name_rule.read(wanted)
            except ValueError:
                return f"Allowed: {_RULES.name_rule}."
            return ""

        note = "Enter keeps the name, Esc leaves everything as it was."
        return await self._screen.app.push_screen_wait(NameScreen(heading, name, note=note, refuse=refuse))
