"""Nodes moved and taken out of a settings file with everything that was written about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.config.loading import parse
from llamachat.config.node_order import with_node_order, without_node
from llamachat.config.saving import remove_node, reorder_nodes, undo

SAMPLE = """# my settings

# the big one
[[nodes]]
name = "one"            # in the cellar
url = "ws://one/chat"

[chat]
policy = "sticky"       # tried the others
system_prompt = '''
[[nodes]]
not a node'''

[[nodes]]
# borrowed
name = "two"
url = "ws://two/chat"
# from Ada

# the last one
[[nodes]]
url = "ws://three:13000/chat"
"""
NAMES = ["one", "two", "three"]


def _names(text: str) -> list[str]:
    return [node.name for node in parse(text).nodes]


@settings(deadline=None)
@given(st.permutations(NAMES))
def test_nodes_move_with_their_comments_and_nothing_else_does(order: list[str]) -> None:
    changed = with_node_order(SAMPLE, order)
    assert _names(changed) == order
    assert sorted(changed.splitlines()) == sorted(SAMPLE.splitlines())
    assert changed.index("# the big one\n[[nodes]]\nname") < changed.index("# in the cellar")
    assert '# the last one\n[[nodes]]\nurl = "ws://three' in changed
    assert "# borrowed" in changed[: changed.index("# from Ada")]
    assert with_node_order(changed, NAMES) == SAMPLE


def test_nodes_that_are_not_named_keep_their_order_at_the_end() -> None:
    assert _names(with_node_order(SAMPLE, ["three", "unknown"])) == ["three", "one", "two"]


@pytest.mark.parametrize("name", NAMES)
def test_a_node_that_is_taken_out_takes_its_comments_along(name: str) -> None:
    changed = without_node(SAMPLE, name)
    assert _names(changed) == [kept for kept in NAMES if kept != name]
    assert ("# the big one" in changed, "# borrowed" in changed, "# the last one" in changed) == tuple(
        name != gone for gone in NAMES
    )
    assert parse(changed).chat == parse(SAMPLE).chat
    assert without_node(SAMPLE, "unknown") == SAMPLE


@pytest.mark.parametrize("text", ["nodes = [{url = 'ws://a/chat'}, {url = 'ws://b/chat'}]  # mine\n"])
def test_nodes_in_one_list_are_moved_and_taken_out_too(text: str) -> None:
    assert _names(with_node_order(text, ["b"])) == ["b", "a"]
    assert _names(without_node(text, "a")) == ["b"]
    assert "# mine" in with_node_order(text, ["b"])


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "nodes = []\n"])
def test_without_nodes_nothing_changes(text: str) -> None:
    assert with_node_order(text, ["a"]) == without_node(text, "a") == text


def test_the_last_line_may_lack_its_end() -> None:
    text = "[[nodes]]\nurl = 'ws://a/chat'\n[[nodes]]\nurl = 'ws://b/chat'"
    assert _names(with_node_order(text, ["b", "a"])) == ["b", "a"]


def test_what_was_saved_can_be_undone(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(SAMPLE)
    assert [node.name for node in undo(file, remove_node(file, "two")).nodes] == NAMES
    saved = reorder_nodes(file, ["three", "two"])
    assert [node.name for node in saved.settings.nodes] == ["three", "two", "one"]
    undo(file, saved)
    assert file.read_text() == SAMPLE
