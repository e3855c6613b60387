"""What the screen of a node does with its settings: tried before they are saved, and holding at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from textual.screen import Screen

from llamachat.base.text import one_line
from llamachat.config.context import addresses
from llamachat.config.schema import NodeSettings
from llamachat.tui.keymap import first_key
from llamachat.tui.node_draft import FIELDS, SOURCES, NodeDraft
from llamachat.tui.nodes_keeping import NodesKeeping, NotKeptError
from llamachat.tui.screens.nodes_dialogs import LookAt
from llamachat.tui.services import Services
from llamachat.tui.settings_words import short
from llamachat.tui.widgets.node_settings import NodeSettingsPane


class NodeSettingsDesk:
    """Between the pane, the settings file and the fleet.

    Args:
        look_at: connects once, to see how the node is.
        renamed: told what the node is called from now on.
    """

    def __init__(
        self, screen: Screen[str], services: Services, node: str, look_at: LookAt, renamed: Callable[[str], None]
    ) -> None:
        self._screen = screen
        self._services = services
        self._node = node
        self._look_at = look_at
        self._renamed = renamed
        self._keeping = NodesKeeping(services)
        self._draft: NodeDraft | None = None
        self._is_in_file = False
        self._unanswered: NodeSettings | None = None  # was tried, and did not answer

    @property
    def has_unsaved(self) -> bool:
        """Whether something was filled in that is not saved."""
        return self._draft is not None and any(self._draft.is_changed(field.key) for field in FIELDS)

    async def open(self) -> None:
        """Shows the settings as they are, unless some are being changed, and goes there."""
        if not self.has_unsaved:
            await self._load()
        for pane in self._panes():
            pane.focus_first()

    async def _load(self) -> None:
        address = self._services.fleet.address(self._node)
        if address is None:
            return
        try:
            saved = await self._keeping.settings_of(self._node)
            taken = await self._keeping.other_names(self._node)
        except NotKeptError as error:
            self._say(str(error), is_problem=True)
            return
        self._is_in_file = saved is not None
        node = saved or NodeSettings(url=address.url, name=address.name, ca_file=address.ca_file)
        file = self._services.config_file
        self._draft = NodeDraft(node, taken, Path() if file is None else file.parent)
        where = self._where(file)
        if address.token is not None and all(getattr(node, source) is None for source in SOURCES):
            where += " Its token comes from elsewhere: LLAMACHAT_TOKEN."
        for pane in self._panes():
            await pane.show(self._draft, where)

    def _where(self, file: Path | None) -> str:
        save = self._save_key
        if file is None:
            return f"This run has no settings file. {save} tries what is changed; it holds until you leave."
        if not self._is_in_file:
            return (
                f"It is not in your settings file and is forgotten when you leave. {save} tries it and keeps it in "
                f"{short(file)}."
            )
        return f"From {short(file)}. {save} tries what is changed and saves it."

    @property
    def _save_key(self) -> str:
        return first_key("detail.save", self._services.settings.keys)

    async def save(self) -> None:
        """Tries the node as it would be, and saves it if it answers or was tried before."""
        draft = self._draft
        if draft is None:
            return
        if draft.is_wrong:
            self._say("Nothing was saved: not all of it is right.", is_problem=True)
            for pane in self._panes():
                pane.focus_first()
            return
        if not draft.changes and (self._is_in_file or self._services.config_file is None):
            self._say("Nothing was changed.")
            return
        node = draft.node
        if node != self._unanswered and not await self._answers(node):
            return
        if node == draft.node:  # nothing was written meanwhile
            await self._keep(draft)

    async def _answers(self, node: NodeSettings) -> bool:
        self._say(f"Connecting to {node.url} …")
        (address,) = addresses((node,), os.environ)
        snapshot = await self._look_at(address)
        if snapshot.connected:
            self._say("")
            return True
        self._unanswered = node
        reason = one_line(snapshot.reason) or "It did not answer in time."
        self._say(f"{reason}\n{self._save_key} again saves it all the same.", is_problem=True)
        return False

    async def _keep(self, draft: NodeDraft) -> None:
        try:
            name, kept = await self._keeping.change(self._node, draft.node, draft.changes if self._is_in_file else None)
        except (ValueError, NotKeptError) as error:
            self._say(str(error), is_problem=True)
            return
        self._node, self._unanswered = name, None
        self._renamed(name)
        await self._load()
        self._say(f"{kept} It is being connected to as it is now.")

    def _panes(self) -> list[NodeSettingsPane]:
        return list(self._screen.query(NodeSettingsPane))

    def _say(self, sentence: str, *, is_problem: bool = False) -> None:
        for pane in self._panes():
            pane.say(sentence, is_problem=is_problem)
