"""What was changed on the Settings tab and is not saved yet: kept apart from the file until all of it is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llamachat.config import loading, saving
from llamachat.config.schema import Settings
from llamachat.tui import keymap
from llamachat.tui.keymap import OwnKeys
from llamachat.tui.settings_entries import EntryChanges
from llamachat.tui.settings_fields import Field, Wrong, as_text, as_value, value_of


@dataclass(frozen=True, slots=True)
class _Change:
    """What the file is to hold for a field: a value as in TOML, or None to take the key out."""

    field: Field
    value: object

    @property
    def read(self) -> object:
        return self.field.default if self.value is None else self.field.rule.read(self.value)


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """All that differed from the file when it was thrown away."""

    changes: tuple[_Change, ...]
    wrong: Mapping[str, Wrong]
    keys: Mapping[str, tuple[str, ...] | None]
    prompts: Mapping[str, str | None]


class Draft:
    """The settings of one file as the person is changing them. `look` reads the file, which need not exist.

    Args:
        file: the settings file; None where there is none to save to.
        settings: what it holds, as far as is known.
    """

    def __init__(self, file: Path | None, settings: Settings) -> None:
        self.file = file
        self.saved = settings
        """What the file holds."""
        self.is_read = False
        """Whether the file could be read when it was last looked at."""
        self._seen: str | None = None
        self._changes: dict[str, _Change] = {}
        self._wrong: dict[str, Wrong] = {}
        self._keys = EntryChanges[tuple[str, ...]]("keys")  # by action; without an entry it has its first keys
        self._prompts = EntryChanges[str]("prompts")
        self._last: saving.Saved | None = None
        self._thrown: _Unsaved | None = None

    # ── single settings ─────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, field: Field, text: str) -> None:
        """Takes what stands in a field now."""
        self._forget(field.key)
        if text == as_text(field, value_of(self.saved, field.key)):
            return
        try:
            self._take(field, as_value(field, text))
        except ValueError as error:
            self._wrong[field.key] = Wrong(text, str(error))

    def reset(self, field: Field) -> None:
        """Back to the default, as if the file did not name the setting."""
        self._forget(field.key)
        self._take(field, None)

    def _take(self, field: Field, value: object) -> None:
        change = _Change(field, value)
        if change.read != value_of(self.saved, field.key):
            self._changes[field.key] = change

    def _forget(self, key: str) -> None:
        self._changes.pop(key, None)
        self._wrong.pop(key, None)

    def text(self, field: Field) -> str:
        """What the field is to show."""
        if field.key in self._wrong:
            return self._wrong[field.key].text
        return as_text(field, self.value(field))

    def value(self, field: Field) -> object:
        """What would hold if it were saved; for a wrong one, what the file holds."""
        change = self._changes.get(field.key)
        return value_of(self.saved, field.key) if change is None else change.read

    def reason(self, field: Field) -> str:
        """Why what stands in the field cannot be saved; empty when it can."""
        wrong = self._wrong.get(field.key)
        return "" if wrong is None else wrong.reason

    def is_changed(self, key: str) -> bool:
        """Whether a setting differs from the file."""
        return key in self._changes or key in self._wrong

    # ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def bind(self, action_id: str, keys: tuple[str, ...] | None) -> None:
        """Gives an action these keys; None gives it its own again."""
        self._keys.put(action_id, keys, self.saved.keys)

    @property
    def keys(self) -> OwnKeys:
        """The keys that would hold if they were saved, by action."""
        return self._keys.over(self.saved.keys)

    @property
    def any_keys_changed(self) -> bool:
        """Whether any action's keys differ from the file."""
        return bool(self._keys)

    def keys_changed(self, action_id: str) -> bool:
        """Whether an action's keys differ from the file."""
        return action_id in self._keys

    # ── prompts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def put_prompt(self, name: str, text: str | None) -> None:
        """Writes a prompt of the library; None takes it out."""
        self._prompts.put(name, text, self.saved.prompts)

    @property
    def prompts(self) -> dict[str, str]:
        """The library that would hold if it were saved."""
        return self._prompts.over(self.saved.prompts)

    @property
    def any_prompts_changed(self) -> bool:
        """Whether any prompt differs from the file."""
        return bool(self._prompts)

    def prompt_changed(self, name: str) -> bool:
        """Whether a prompt differs from the file."""
        return name in self._prompts

    # ── all of it ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def changed_keys(self) -> tuple[str, ...]:
        """The keys of what differs from the file, the names of actions and of prompts after `keys.` and `prompts.`."""
        return (*self._changes, *self._wrong, *self._keys.paths, *self._prompts.paths)

    @property
    def changed(self) -> int:
        """How many settings differ from the file."""
        return len(self.changed_keys)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The keys of what cannot be saved, those of actions with `keys.` in front."""
        return (*self._wrong, *(f"keys.{name}" for name in self.key_problems()))

    def key_problems(self) -> Mapping[str, keymap.KeyProblem]:
        """What is wrong with the keys, by action."""
        return keymap.problems(self.keys)

    @property
    def can_undo(self) -> bool:
        """Whether there is a save to take back."""
        return self._last is not None

    def save(self) -> Settings:
        """Writes every change into the file, if all of it is right; returns the settings that hold now.

        Raises:
            FileChangedError: another program has changed the file; `look` takes up what it wrote.
            ConfigError: something is wrong; nothing was written.
            OSError: the file cannot be written.
        """
        assert self.file is not None
        assert not self.wrong, "what is wrong is not saved"
        values = {key: change.value for key, change in self._changes.items()}
        keys = {f"keys.{name}": None if own is None else ",".join(own) for name, own in self._keys.copy().items()}
        prompts = {f"prompts.{name}": text for name, text in self._prompts.copy().items()}
        self._thrown = None
        self._last = saving.save_seen(self.file, {**values, **keys, **prompts}, self._seen)
        self._seen, self.saved = self._last.after, self._last.settings
        self._clear()
        return self.saved

    def undo(self) -> Settings:
        """Takes the last save back; what was changed since and not saved stays. Raises as `save` does."""
        assert self.file is not None
        assert self._last is not None, "there is a save to take back"
        self.saved = saving.undo(self.file, self._last)
        self._seen, self._last = self._last.before, None
        self._drop_equal()
        return self.saved

    def discard(self) -> None:
        """Throws every change away; `bring_back` has them again."""
        if self.changed:
            self._thrown = _Unsaved(
                tuple(self._changes.values()), dict(self._wrong), self._keys.copy(), self._prompts.copy()
            )
        self._clear()

    def bring_back(self) -> bool:
        """Has again what was thrown away last, unless something was changed or saved since; whether it did."""
        if self._thrown is None or self.changed:
            return False
        for change in self._thrown.changes:
            self._take(change.field, change.value)
        for name, keys in self._thrown.keys.items():
            self.bind(name, keys)
        for name, text in self._thrown.prompts.items():
            self.put_prompt(name, text)
        self._wrong.update(self._thrown.wrong)
        self._thrown = None
        return True

    def _clear(self) -> None:
        self._changes.clear()
        self._wrong.clear()
        self._keys.clear()
        self._prompts.clear()

    def look(self) -> bool:
        """Takes up what another program wrote into the file, and keeps the changes; whether there was something.

        Raises:
            ConfigError: the file is wrong or cannot be read now; what was known of it stays.
        """
        if self.file is None:
            return False
        before, self.is_read = self.is_read, False
        text = saving.text_of(self.file)
        if before and text == self._seen:
            self.is_read = True
            return False
        self.saved = loading.parse(text or "", self.file)
        self._seen, self._last, self.is_read = text, None, True
        self._drop_equal()
        return True

    def _drop_equal(self) -> None:
        """Changes that the file holds by now are none any more."""
        for change in list(self._changes.values()):
            self._forget(change.field.key)
            self._take(change.field, change.value)
        self._keys.compare(self.saved.keys)
        self._prompts.compare(self.saved.prompts)
