"""What the Settings tab says about what is not saved, about the file, and about writing to it. Pure."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from llamachat.base.text import one_line
from llamachat.config import Settings
from llamachat.config.schema import entries
from llamachat.tui.keymap import OwnKeys, first_key
from llamachat.tui.settings_draft import Draft
from llamachat.tui.settings_fields import value_of
from llamachat.tui.widgets.status_bar import Fact

NOWHERE: Final = "This run has no settings file; what is changed here cannot be saved."
_MAX_PATH: Final = 120


def facts(draft: Draft, own: OwnKeys) -> list[Fact]:
    """What is not saved, the keys that change that, and where the file is."""
    if draft.file is None:
        return [Fact(NOWHERE, 0)]
    file = Fact(one_line(short(draft.file), _MAX_PATH), 3)
    discard = Fact(f"{first_key('settings.discard', own)} throws changes away", 2)
    if wrong := draft.wrong:
        return [Fact(f"✖ {len(wrong)} wrong: nothing is saved until all is right", 0), discard, file]
    if draft.changed:
        return [
            Fact(f"● {draft.changed} not saved", 0),
            Fact(f"{first_key('settings.save', own)} saves", 1),
            discard,
            file,
        ]
    undo = [Fact(f"{first_key('settings.undo', own)} takes the last save back", 1)] if draft.can_undo else []
    return [Fact("All is saved", 0), *undo, file]


def news(before: Settings, after: Settings, unsaved: Sequence[str]) -> str:
    """What to say when the file holds something else; `unsaved` are the keys of what was changed here."""
    text = "The settings file was changed meanwhile; this is what it holds now."
    if unsaved:
        text += f" What you changed and did not save is kept ({len(unsaved)})."
    own = entries()
    if both := [
        key for key in unsaved if key.partition(".")[0] not in own and value_of(before, key) != value_of(after, key)
    ]:
        text += f" Saving replaces what was written there: {one_line(', '.join(both), 120)}."
    return text


def cannot_be_written(file: Path, error: OSError) -> str:
    """A sentence that says what to do."""
    remedy = "Make it writable"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "Free some space"
    reason = error.strerror or str(error)
    return f"{file} cannot be written: {reason}. Nothing is lost: your changes are kept here. {remedy}, and save again."


def short(file: Path) -> str:
    """A path with `~` for the home directory."""
    try:
        return str(Path("~") / file.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(file)
