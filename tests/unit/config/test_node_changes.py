"""Single settings of one node changed in the text of a settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.base.problems import ConfigError
from llamachat.config import saving
from llamachat.config.loading import parse
from llamachat.config.node_changes import place_of, with_node_changes

FILE = """# top
[[nodes]]
url = "ws://a:1/chat" # where
token = "x"  # secret

# between
[chat]
model = "auto"

[[nodes]] # second
name = "b"
url = "ws://b:1/chat\""""


def test_what_is_added_stands_at_the_end_of_its_node_and_all_comments_stay():
    changed = with_node_changes(FILE, 0, {"name": "c", "token": None, "token_command": "pass x"})
    assert changed == FILE.replace('token = "x"  # secret\n', 'name = "c"\ntoken_command = "pass x"\n')


def test_a_changed_value_keeps_the_comment_beside_it():
    assert 'url = "ws://z:1/chat" # where\n' in with_node_changes(FILE, 0, {"url": "ws://z:1/chat"})


def test_the_last_node_of_a_file_without_a_line_end_can_be_changed():
    changed = with_node_changes(FILE, 1, {"ca_file": "b.pem"})
    assert changed == FILE + '\nca_file = "b.pem"\n'


def test_nodes_that_are_written_as_one_list_can_be_changed():
    text = 'nodes = [ # all\n {url = "ws://a:1/chat"},\n {url = "ws://b:1/chat", token = "x"}]\n'
    changed = with_node_changes(text, 1, {"name": "big", "token": None})
    nodes = parse(changed).nodes
    assert [(node.name, node.token) for node in nodes] == [("a:1", None), ("big", None)]
    assert "# all" in changed


@pytest.mark.parametrize(("name", "place"), [("a:1", 0), ("b", 1), ("nobody", None)])
def test_a_node_is_found_by_its_name_also_where_that_is_its_host(name: str, place: int | None):
    assert place_of(FILE, name) == place


def test_a_change_that_is_wrong_is_not_written(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    with pytest.raises(ConfigError, match="token"):
        saving.change_node(file, "a:1", {"token_file": "t"})
    with pytest.raises(LookupError):
        saving.change_node(file, "nobody", {"name": "x"})
    assert file.read_text() == FILE


def test_what_was_written_is_what_holds(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    node = saving.change_node(file, "a:1", {"url": "ws://c:2/chat", "ca_file": "ours.pem"})
    assert (node.name, node.url, node.ca_file, node.token) == ("c:2", "ws://c:2/chat", tmp_path / "ours.pem", "x")
    assert parse(file.read_text(), file).nodes[0] == node
