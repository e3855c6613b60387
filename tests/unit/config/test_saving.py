from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.problems import ConfigError
from llamachat.config.describing import effective, template
from llamachat.config.loading import parse
from llamachat.config.saving import FileChangedError, add_node, save, save_seen, text_of, undo, with_changes, with_node
from llamachat.config.schema import NodeSettings, Settings, settings_under

SAMPLE = """# my settings
[[nodes]]            # the big one
name = "llama-01"
url = "ws://10.0.0.5:13000/chat"  # in the cellar

[chat]
# tried sticky, too slow
policy = "fastest"

[look]
theme = "ansi"  # for the old terminal
"""

_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "chat.model": st.none() | st.text("azAZ09-_.:é#'\"\\", min_size=1, max_size=20),
        "chat.policy": st.none() | st.sampled_from(["fastest", "priority", "sticky"]),
        "chat.system_prompt": st.none() | st.text(max_size=40),
        "chat.sampling.temperature": st.none() | st.floats(0, 5),
        "chat.sampling.stop": st.none() | st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
        "look.theme": st.none() | st.sampled_from(["llamachat", "ansi"]),
        "look.motion": st.none() | st.booleans(),
    },
)


def _comments(text: str) -> list[str]:
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]


@given(_CHANGES)
def test_saved_values_are_read_back_and_every_comment_of_what_stays_is_kept(changes: dict[str, object]) -> None:
    kept = {key: value for key, value in changes.items() if value is not None}
    text = with_changes(SAMPLE, changes)
    expected = parse(SAMPLE, overrides={**{key: _default(key) for key in changes}, **kept})
    assert parse(text) == expected
    gone = {"# for the old terminal"} if changes.get("look.theme", 0) is None else set()
    assert set(_comments(SAMPLE)) - gone <= set(_comments(text))


def _default(key: str) -> object:
    value: object = Settings()
    for part in key.split("."):
        value = getattr(value, part)
    return value


def test_a_change_leaves_every_other_line_as_it_was() -> None:
    changed = with_changes(SAMPLE, {"chat.policy": "sticky"})
    assert changed == SAMPLE.replace('policy = "fastest"', 'policy = "sticky"')


@pytest.mark.parametrize("text", ["", SAMPLE, "nodes = []", 'nodes = [{url = "ws://a/chat"}]'])
def test_a_node_is_added_at_the_end(text: str) -> None:
    node = NodeSettings(name="new", url="ws://b:1/chat", token_file=Path("/t"))
    before = parse(text).nodes
    assert parse(with_node(text, node)).nodes == (*before, node)


def test_saving_makes_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    settings = save(file, {"look.motion": False})
    assert not settings.look.motion
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert add_node(file, NodeSettings(name="a", url="ws://a/chat")).nodes[0].name == "a"
    assert not parse(file.read_text()).look.motion


@pytest.mark.parametrize("text", ["[chat]\npolicy = 1\n", "[chat", "[look]\nmotion = true\n"])
def test_nothing_is_written_while_anything_is_wrong(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        save(file, {"look.theme": "pink"})
    assert file.read_text() == text


def test_the_template_as_it_is_holds_the_defaults() -> None:
    assert parse(template()) == Settings()


def test_every_line_of_the_template_that_is_switched_on_is_right_and_says_the_default() -> None:
    lines = [
        line[1:] if line.startswith("#") and not line.startswith("# ") else line for line in template().splitlines()
    ]
    settings = parse("\n".join(line for line in lines if not line.endswith("= …")))
    assert settings.nodes == (NodeSettings(name="llama-01", url="ws://10.0.0.5:13000/chat"),)
    assert (settings.chat, settings.look, settings.attachments) == (
        Settings().chat,
        Settings().look,
        Settings().attachments,
    )


def test_the_template_and_what_is_shown_name_every_setting() -> None:
    for path, setting in settings_under():
        assert f"\n#{path[-1]} = " in template() or f"\n{path[-1]} = " in template()
        assert setting.help.endswith(".")


def test_what_is_shown_reads_back_as_the_same_settings_but_for_the_tokens() -> None:
    settings = parse("[[nodes]]\nurl = 'a'\ntoken = 's3cret'\n[chat.sampling]\nseed = 7\nstop = ['a', 'b']")
    shown = effective(settings)
    assert "s3cret" not in shown
    tomllib.loads(shown)
    assert parse(shown.replace('token = "…"', 'token = "s3cret"')) == settings


def test_line_ends_of_another_system_stay(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"# mine\r\n[look]\r\ntheme = 'ansi'\r\n")
    save(file, {"look.theme": "high-contrast"})
    assert file.read_bytes() == b'# mine\r\n[look]\r\ntheme = "high-contrast"\r\n'


@pytest.mark.parametrize("before", [None, SAMPLE])
def test_a_save_is_taken_back_to_the_letter(tmp_path: Path, before: str | None) -> None:
    file = tmp_path / "config.toml"
    if before is not None:
        file.write_text(before)
    saved = save_seen(file, {"chat.policy": "sticky"}, before)
    assert saved.settings.chat.policy == "sticky"
    assert text_of(file) == saved.after
    assert undo(file, saved) == parse(before or "")
    assert text_of(file) == before


def test_what_another_program_wrote_is_neither_saved_over_nor_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(SAMPLE)
    saved = save_seen(file, {"chat.policy": "sticky"}, SAMPLE)
    file.write_text("# from elsewhere\n")
    with pytest.raises(FileChangedError):
        save_seen(file, {"chat.policy": "priority"}, saved.after)
    with pytest.raises(FileChangedError):
        undo(file, saved)
    assert file.read_text() == "# from elsewhere\n"


def test_a_write_protected_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(SAMPLE)
    file.chmod(0o444)
    with pytest.raises(PermissionError):
        save(file, {"chat.policy": "sticky"})
    assert file.read_text() == SAMPLE
