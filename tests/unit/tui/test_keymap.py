from __future__ import annotations

import pytest
from textual.binding import BindingsMap

from llamachat.config import Settings
from llamachat.tui import keymap
from llamachat.tui.actions import ACTIONS, PLACES, bindings
from llamachat.tui.keymap import OwnKeys


def actions_by_key(where: str, own: OwnKeys) -> dict[str, str]:
    """What each key starts in one place, as Textual finds it with a keymap."""
    found = BindingsMap(bindings(where))
    found.apply_keymap(keymap.keymap(own))
    return {key: binding.action for key, (binding, *_more) in found.key_to_bindings.items()}


def test_no_two_actions_that_can_be_started_in_one_place_have_one_key() -> None:
    assert keymap.conflicts({action.id: tuple(action.keys.split(",")) for action in ACTIONS}) == []


def test_the_example_in_the_settings_template_is_right() -> None:
    entries = Settings.__dataclass_fields__["keys"].metadata["schema"]
    name, keys = entries.example
    assert keymap.problems({name: entries.rule.read(keys)}) == {}


def test_every_action_stands_in_a_place_that_is_told_of() -> None:
    assert {action.where for action in ACTIONS} <= {place.where for place in PLACES}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_can_be_given_another_key(action: keymap.Action) -> None:
    own = {action.id: ("alt+ctrl+f24",)}
    assert keymap.problems(own) == {}
    keys = actions_by_key(action.where, own)
    assert keys["alt+ctrl+f24"].partition("(")[0] == action.action.partition("(")[0]
    first, *_more = action.keys.split(",")
    assert keys.get(keymap.normal(first)) != action.action


def test_an_action_without_a_key_has_none() -> None:
    assert "escape" not in actions_by_key("chat", {"chat.stop": ()})


def test_numbered_actions_take_their_keys_in_order() -> None:
    keys = actions_by_key("message", {"message.code": ("f20", "f22")})
    assert (keys["f20"], keys["f22"]) == ("copy_code(1)", "copy_code(2)")
    assert "3" not in keys


def test_what_is_wrong_is_left_out_of_the_keymap() -> None:
    assert keymap.keymap({"chat.stop": ("nokey",), "chat.new": ("f21",)}) == {"chat.new": "f21"}


@pytest.mark.parametrize(
    ("action", "keys", "words"),
    [
        ("chat.stp", ("f21",), 'did you mean "chat.stop"?'),
        ("chat.stop", ("esc",), 'did you mean "escape"?'),
        ("chat.stop", ("cltr+s",), "is no key"),
        ("chat.stop", ("f5",), "History (chat.history) has too"),
        ("composer.send", ("f5",), "History (chat.history) has too"),
        ("chat.history", ("ctrl+p",), "(app.palette) has too"),
        ("chat.retry", ("ctrl+i",), "terminals send as tab"),
        ("chat.new", ("n",), "needed to write"),
        ("chat.new", ("space",), "needed to write"),
        ("chat.new", ("left",), "needed to write"),
        ("composer.editor", ("?",), "needed to write"),
        ("app.quit", (), "no way out"),
        ("message.code", tuple(f"f{number}" for number in range(11, 22)), "at most 9"),
    ],
)
def test_keys_that_cannot_be_are_refused_with_what_is_allowed(action: str, keys: tuple[str, ...], words: str) -> None:
    assert words in str(keymap.problems({action: keys})[action])


@pytest.mark.parametrize("keys", [("y",), ("?",), ("+",), ("ctrl+alt+x",), ("shift+f3",), ("Y",), ("é",)])
def test_a_message_can_be_copied_with_any_key_that_is_free_there(keys: tuple[str, ...]) -> None:
    assert keymap.problems({"message.copy": keys}) == {}


def test_actions_of_places_that_are_never_together_may_share_a_key() -> None:
    assert keymap.problems({"message.copy": ("ctrl+e",)}) == {}
    assert keymap.problems({"settings.save": ("f5",)}) == {}


def test_two_actions_may_swap_their_keys() -> None:
    own = {"chat.history": ("ctrl+n",), "chat.new": ("f5",)}
    assert keymap.problems(own) == {}
    keys = actions_by_key("chat", own)
    assert (keys["ctrl+n"], keys["f5"]) == ("toggle_history", "new_chat")


@pytest.mark.parametrize(
    ("written", "name"),
    [("Shift+CTRL+a", "ctrl+shift+a"), ("?", "question_mark"), ("A", "A"), ("F5", "f5"), ("+", "plus")],
)
def test_a_key_has_one_name_however_it_is_written(written: str, name: str) -> None:
    assert keymap.normal(written) == name


def test_while_a_key_is_asked_for_none_starts_anything() -> None:
    nothing = keymap.nothing()
    for place in PLACES:
        found = BindingsMap(bindings(place.where))
        found.apply_keymap(nothing)
        assert set(found.key_to_bindings) <= {keymap.UNBOUND}
