"""The settings of one node as the person is changing them: kept apart until all of them are right. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from llamachat.base.text import one_line
from llamachat.config.rules import MAX_NAME_CHARACTERS, NodeUrl, name_of
from llamachat.config.schema import NodeSettings
from llamachat.tui.settings_fields import Field, Wrong, as_text, as_value, fields_of

FIELDS: Final = fields_of(NodeSettings)
SOURCES: Final = ("token", "token_file", "token_command")
"""The ways to give a token, of which a node has at most one."""


class NodeDraft:
    """What is filled in for one node.

    Args:
        saved: the node as it is.
        taken: the names of the others.
        base: the directory from which on relative paths are.
    """

    def __init__(self, saved: NodeSettings, taken: Collection[str], base: Path) -> None:
        self.saved = saved
        self._taken = taken
        self._base = base
        self._values: dict[str, object] = {}  # as they are to stand in the file; None takes a setting out
        self._wrong: dict[str, Wrong] = {}

    def write(self, field: Field, text: str) -> None:
        """Takes what stands in a field now. An empty secret is the one that is kept: it is never shown."""
        self._forget(field.key)
        if text == self._shown(field):
            return
        if field.key == "name" and not text.strip():
            self.reset(field)
            return
        try:
            value = as_value(field, text)
            if isinstance(field.rule, NodeUrl):
                value = field.rule.read(value)
        except ValueError as error:
            self._wrong[field.key] = Wrong(text, one_line(str(error), 300))
        else:
            self._take(field, value)

    def reset(self, field: Field) -> None:
        """Takes a setting out, so that its default holds. There is no node without an address."""
        self._forget(field.key)
        if not isinstance(field.rule, NodeUrl):
            self._take(field, None)

    def _take(self, field: Field, value: object) -> None:
        if self._read(field, value) != getattr(self.saved, field.key):
            self._values[field.key] = value

    def _forget(self, key: str) -> None:
        self._values.pop(key, None)
        self._wrong.pop(key, None)

    def _shown(self, field: Field) -> str:
        """What the field shows of what is saved."""
        return "" if field.secret else as_text(field, getattr(self.saved, field.key))

    def text(self, field: Field) -> str:
        """What the field is to show."""
        if field.key in self._wrong:
            return self._wrong[field.key].text
        if field.key not in self._values:
            return self._shown(field)
        return as_text(field, self._read(field, self._values[field.key]))

    def reason(self, field: Field) -> str:
        """Why what stands in the field cannot be; empty when it can."""
        if field.key in self._wrong:
            return self._wrong[field.key].reason
        node = self.node
        given = [source for source in SOURCES if getattr(node, source) is not None]
        if field.key in given[1:]:
            first = next(other.title for other in FIELDS if other.key == given[0])
            return f"The token comes from one place, and {first} is filled in too. Empty one of them."
        if field.key == "name" and node.name in self._taken:
            return f"There is a node called {one_line(node.name, MAX_NAME_CHARACTERS)} already."
        return ""

    def is_changed(self, key: str) -> bool:
        """Whether a setting differs from what is saved."""
        return key in self._values or key in self._wrong

    def is_kept_secret(self, field: Field) -> bool:
        """Whether a secret is kept that the field does not show."""
        return field.secret and not self.is_changed(field.key) and getattr(self.saved, field.key) is not None

    @property
    def changes(self) -> Mapping[str, object]:
        """What is to be written into the file, by the settings' own names; None takes one out."""
        return dict(self._values)

    @property
    def is_wrong(self) -> bool:
        """Whether anything cannot be so."""
        return any(self.reason(field) for field in FIELDS)

    @property
    def node(self) -> NodeSettings:
        """The node as it would be; what is wrong is as it was."""
        values: dict[str, Any] = {
            field.key: self._read(field, self._values[field.key]) for field in FIELDS if field.key in self._values
        }
        node = dataclasses.replace(self.saved, **values)
        return node if node.name else dataclasses.replace(node, name=name_of(node.url))

    def _read(self, field: Field, value: object) -> object:
        read = field.default if value is None else field.rule.read(value)
        return self._base / read if isinstance(read, Path) else read
