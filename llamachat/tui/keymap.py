"""The person's own keys: what is wrong with them, and the keymap that Textual is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from llamachat.base.hints import did_you_mean
from llamachat.base.problems import shown
from llamachat.tui.actions import ACTIONS, PLACES, Action, Place, key_names

OwnKeys = Mapping[str, tuple[str, ...]]
"""The keys of the actions that have others than their defaults, by the names of the actions."""

UNBOUND: Final = "unbound"
"""Stands in a keymap for an action without a key; no terminal sends it."""

_MODIFIERS: Final = ("alt", "ctrl", "hyper", "meta", "shift", "super")
_NAMES: Final = frozenset(key.value for key in Keys if "+" not in key.value and "<" not in key.value)
_SAME_BYTE: Final = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}
"""What most terminals send for these keys."""

_IN_BRACES: Final = re.compile(r"\{([a-z_]+\.[a-z_]+)\}")

_NEEDED: Final = ("app.quit",)
"""Actions that must keep a key."""

_WRITES: Final = frozenset({"space", "backspace", "delete", "left", "right", "home", "end"})
"""Keys without a character of their own that nobody can write without."""


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """Why an action cannot have its keys: what was found, and what is allowed."""

    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.found}; allowed: {self.allowed}"


def keys_of(action: Action, own: OwnKeys) -> tuple[str, ...]:
    """The keys that an action has now."""
    return own.get(action.id, tuple(action.keys.split(",")))


def names_of(action: Action, own: OwnKeys) -> str:
    """The keys that an action has now, as people write them; empty when it has none."""
    return key_names(",".join(keys_of(action, own)))


def find(action_id: str) -> Action | None:
    """The action of this name."""
    return next((action for action in ACTIONS if action.id == action_id), None)


def first_key(action_id: str, own: OwnKeys) -> str:
    """The first key of an action as people write it; its name in the palette where it has none."""
    action = find(action_id)
    assert action is not None, action_id
    keys = keys_of(action, own)
    return key_names(keys[0]) if keys else f"“{action.label}”"


def with_keys(sentence: str, own: OwnKeys) -> str:
    """A sentence of ours in which the names of actions in braces become their keys: `{chat.stop} stops it.`"""
    return _IN_BRACES.sub(lambda found: first_key(found[1], own) if find(found[1]) else found[0], sentence)


def keymap(own: OwnKeys) -> dict[str, str]:
    """What Textual is given: keys by the ids of the bindings. Keys that are wrong are left out: the defaults stand."""
    wrong = problems(own)
    made: dict[str, str] = {}
    for action in ACTIONS:
        if action.id not in own or action.id in wrong:
            continue
        keys = [normal(key) for key in own[action.id]]
        if "{key}" in action.action:
            for place, default in enumerate(action.keys.split(",")):
                made[f"{action.id}.{default}"] = keys[place] if place < len(keys) else UNBOUND
        else:
            made[action.id] = ",".join(keys) or UNBOUND
    return made


def nothing() -> dict[str, str]:
    """A keymap in which no action has a key, for when the next key that is pressed is to be named."""
    return keymap({action.id: () for action in ACTIONS if action.id not in _NEEDED}) | dict.fromkeys(_NEEDED, UNBOUND)


def problems(own: OwnKeys) -> dict[str, KeyProblem]:
    """What is wrong, by the names of the actions."""
    known = {action.id: action for action in ACTIONS}
    found: dict[str, KeyProblem] = {}
    for name, keys in own.items():
        if name not in known:
            hint = did_you_mean(name, known) or "the names that the Settings tab shows under Keys"
            found[name] = KeyProblem("an action that does not exist", hint)
        elif problem := next(_wrong(known[name], keys), None):
            found[name] = problem
    for action, other, key in conflicts(own):
        for one, two in ((action, other), (other, action)):
            if one.id in own:
                what = f"{shown(key)}, which {two.label} ({two.id}) has too"
                found.setdefault(one.id, KeyProblem(what, "a key that is free there"))
    return found


def conflicts(own: OwnKeys) -> list[tuple[Action, Action, str]]:
    """Two actions that can be started in one place by one key, of which at least one has keys of the person's own."""
    holders: dict[str, list[Action]] = {}
    clashes: list[tuple[Action, Action, str]] = []
    for action in ACTIONS:
        for key in dict.fromkeys(map(normal, keys_of(action, own))):
            others = holders.setdefault(key, [])
            clashes += [
                (other, action, key)
                for other in others
                if (action.id in own or other.id in own) and _meet(action, other)
            ]
            others.append(action)
    return clashes


def normal(key: str) -> str:
    """A key by the name that Textual has for it: `Shift+CTRL+a` is `ctrl+shift+a`, `?` is `question_mark`."""
    *modifiers, last = key.split("+") if len(key) > 1 and not key.endswith("+") else [key]
    if len(last) > 1 or modifiers:
        last = last.lower()
    if len(last) == 1:
        (binding,) = Binding.make_bindings([Binding(last, "")]) if last != "," else [Binding("comma", "")]
        last = binding.key
    return "+".join([*sorted(modifier.lower() for modifier in modifiers), last])


def _wrong(action: Action, keys: Sequence[str]) -> Iterator[KeyProblem]:
    if not keys and action.id in _NEEDED:
        yield KeyProblem("no key", "at least one, or there is no way out")
    if "{key}" in action.action and len(keys) > action.keys.count(",") + 1:
        yield KeyProblem(f"{len(keys)} keys", f"at most {action.keys.count(',') + 1}, one for each number")
    defaults = {normal(key) for key in action.keys.split(",")}
    for key in keys:
        name = normal(key)
        if name in defaults:
            continue
        if not _exists(name):
            hint = did_you_mean(name, _NAMES) or 'a name like "f9", "ctrl+s", "alt+up" or "?"'
            yield KeyProblem(f"{shown(key)}, which is no key", hint)
        elif name in _SAME_BYTE:
            yield KeyProblem(f"{shown(key)}, which terminals send as {_SAME_BYTE[name]}", "another key")
        elif _is_needed_to_write(name) and (action.priority or action.where == "composer"):
            yield KeyProblem(f"{shown(key)}, which is needed to write", "a function key, or one with ctrl or alt")


def _exists(name: str) -> bool:
    *modifiers, last = name.split("+")
    return (last in _NAMES or _is_character(last)) and all(modifier in _MODIFIERS for modifier in modifiers)


def _is_needed_to_write(name: str) -> bool:
    base = name.removeprefix("shift+")
    return base in _WRITES or _is_character(base)


def _is_character(name: str) -> bool:
    if name in KEY_NAME_REPLACEMENTS.values():
        return True
    character = key_to_character(name)
    return character is not None and character.isprintable() and name not in _NAMES


def _meet(one: Action, two: Action) -> bool:
    """Whether both can be started at the same time: parts of one screen never have the focus together."""
    if one.where == two.where:
        return True
    first, second = _place(one.where), _place(two.where)
    if "" in (first.screen, second.screen):
        return True
    return first.screen == second.screen and not (first.is_part and second.is_part)


def _place(where: str) -> Place:
    return next(place for place in PLACES if place.where == where)
