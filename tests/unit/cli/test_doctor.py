from __future__ import annotations

import json
import os
import pty
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.problems import ConfigError
from llamachat.base.text import printable
from llamachat.base.toml_lines import key_lines
from llamachat.cli.doctor_files import check_history, check_log, check_settings
from llamachat.cli.doctor_findings import Finding, as_json, as_text, is_well
from llamachat.cli.doctor_keys import describe, keys_of
from llamachat.cli.doctor_nodes import Lines, check_nodes
from llamachat.cli.doctor_probe import ask_keyboard
from llamachat.cli.doctor_terminal import TerminalFacts, check_terminal
from llamachat.config import loading
from llamachat.config.places import Places
from llamachat.fleet.discovery import Offer
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import Hello, ModelInfo
from llamachat.protocol.frames import Limits, NodeInfo, Principal
from llamachat.store import Store

# ── what is written ─────────────────────────────────────────────────────────────────────────────────────────────────

GOOD = Finding("files", "settings", "ok", "fine")
BAD = Finding("nodes", "box\x1b[2J", "problem", "gone\n\x1b]0;x", "config.toml:3")


def test_findings_are_listed_by_area_with_their_level_in_words_and_nothing_for_the_terminal_to_obey() -> None:
    text = as_text([BAD, GOOD])
    assert text.splitlines() == [
        "Settings and files",
        "  ok       settings: fine",
        "",
        "Nodes",
        "  problem  box\ufffd[2J: gone \ufffd]0;x",
        "           change: config.toml:3",
        "",
        "1 problem, 0 notes.",
    ]
    assert as_text([GOOD]).endswith("All is well.")


def test_only_problems_are_reported_as_not_well() -> None:
    note = Finding("files", "log", "note", "large")
    assert is_well([GOOD, note])
    assert not is_well([GOOD, BAD])
    assert json.loads(json.dumps(as_json([GOOD, BAD])))["findings"][1]["change"] == "config.toml:3"


# ── terminal ────────────────────────────────────────────────────────────────────────────────────────────────────────

PLAIN = TerminalFacts(env={"TERM": "xterm-256color", "COLORTERM": "truecolor"}, distinct_keys=True)
TMUX = replace(PLAIN, env={**PLAIN.env, "TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"})


def found(facts: TerminalFacts, name: str) -> Finding:
    [finding] = [finding for finding in check_terminal(facts) if finding.name == name]
    return finding


def test_a_capable_terminal_is_well() -> None:
    assert {finding.level for finding in check_terminal(PLAIN)} == {"ok"}


@pytest.mark.parametrize(
    ("facts", "name", "level", "change"),
    [
        (replace(PLAIN, env={}), "kind", "problem", "export TERM=xterm-256color"),
        (replace(PLAIN, env={"TERM": "dumb"}), "kind", "problem", "export TERM="),
        (replace(PLAIN, colors=None), "kind", "note", "ncurses-term"),
        (replace(PLAIN, columns=50), "size", "note", "--plain"),
        (replace(PLAIN, lines=0), "size", "note", "stty cols 80 rows 24"),
        (replace(PLAIN, encoding="ANSI_X3.4-1968"), "characters", "problem", "export LC_ALL=C.UTF-8"),
        (replace(PLAIN, env={"TERM": "xterm"}, colors=8), "colours", "note", "export TERM=xterm-256color"),
        (replace(TMUX, env={"TMUX": "x", "TERM": "screen"}, colors=8), "colours", "note", "set -g default-terminal"),
        (
            replace(TMUX, distinct_keys=False, tmux={"extended-keys": "on"}),
            "keys",
            "note",
            "set -s extended-keys always",
        ),
        (replace(PLAIN, env={"TERM": "screen", "STY": "1.x"}), "clipboard", "note", "tmux"),
        (TMUX, "clipboard", "note", "set -g set-clipboard on"),
        (replace(TMUX, tmux={"set-clipboard": "external"}), "clipboard", "note", "set -g set-clipboard on"),
    ],
)
def test_what_a_terminal_lacks_is_said_with_the_line_to_change(
    facts: TerminalFacts, name: str, level: str, change: str
) -> None:
    finding = found(facts, name)
    assert finding.level == level
    assert change in (finding.change or "")


@pytest.mark.parametrize(
    ("facts", "name", "words"),
    [
        (replace(PLAIN, distinct_keys=False), "keys", "Ctrl+J makes a new line"),
        (replace(PLAIN, distinct_keys=None), "keys", "did not say"),
        (replace(PLAIN, env={"TERM": "xterm", "NO_COLOR": "1"}, colors=8), "colours", "NO_COLOR"),
        (replace(TMUX, tmux={"set-clipboard": "on"}), "clipboard", "passes it on"),
        (replace(TMUX, distinct_keys=False, tmux={"extended-keys": "always"}), "keys", "passes Shift+Enter"),
        (replace(TMUX, tmux={"set-clipboard": "off", "allow-passthrough": "on"}), "clipboard", "passes it on"),
        (replace(PLAIN, env={**PLAIN.env, "SSH_CONNECTION": "1 2 3 4"}), "kind", "over SSH"),
    ],
)
def test_what_needs_no_change_is_well(facts: TerminalFacts, name: str, words: str) -> None:
    assert (found(facts, name).level, found(facts, name).change) == ("ok", None)
    assert words in found(facts, name).text


def test_without_a_terminal_there_is_nothing_to_look_at() -> None:
    assert [finding.level for finding in check_terminal(TerminalFacts(is_terminal=False))] == ["note"]


@pytest.mark.parametrize(
    ("answer", "expected"), [(b"\x1b[?1u\x1b[?62;22c", True), (b"junk\x1b[?1;2c", False), (b"", None)]
)
def test_a_terminal_is_asked_which_keys_it_tells_apart(answer: bytes, expected: bool | None) -> None:
    master, slave = pty.openpty()

    def reply() -> None:
        asked = b""
        while b"\x1b[c" not in asked:
            asked += os.read(master, 64)
        os.write(master, answer)

    terminal = threading.Thread(target=reply)
    terminal.start()
    try:
        assert ask_keyboard(slave, timeout_s=5.0 if answer else 0.05) is expected
    finally:
        terminal.join()
        os.close(master)
        os.close(slave)


def test_what_is_no_terminal_is_not_asked() -> None:
    reader, writer = os.pipe()
    try:
        assert ask_keyboard(reader) is None
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("\r", "Enter: 0d"),
        ("\n", "Ctrl+J: 0a"),
        ("\x1b[13;2u", "Shift+Enter: ESC [ 1 3 ; 2 u"),
        ("\x1b[27;5;13~", "Ctrl+Enter: ESC [ 2 7 ; 5 ; 1 3 ~"),
        ("\x1b[1;3A", "Alt+Up: ESC [ 1 ; 3 A"),
        ("\x1bOP", "F1: ESC O P"),
        ("\x1b[15~", "F5: ESC [ 1 5 ~"),
        ("\x1b[Z", "Shift+Tab: ESC [ Z"),
        ("\x1b[97;6u", "Shift+Ctrl+A: ESC [ 9 7 ; 6 u"),
        ("\x1b[113;;113u", "Q: ESC [ 1 1 3 ; ; 1 1 3 u"),
        ("\x1bb", "Alt+b: ESC b"),
        ("\x1b\r", "Alt+Enter: ESC 0d"),
        ("\x1b", "Escape: ESC"),
        ("é", "é: c3 a9"),
        ("\x1b[?62c", "not known: ESC [ ? 6 2 c"),
        ("\x1b[99999999999u", "not known: ESC [ 9 9 9 9 9 9 9 9 9 9 9 u"),
    ],
)
def test_keys_are_called_by_the_names_that_people_use(key: str, said: str) -> None:
    assert describe(key) == said


@given(st.text(max_size=30))
def test_any_bytes_are_split_into_keys_and_named_without_commanding_the_terminal(text: str) -> None:
    keys = list(keys_of(text))
    assert "".join(keys) == text
    for key in keys:
        assert printable(describe(key)) == describe(key)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def places(tmp_path: Path) -> Places:
    data = tmp_path / "data"
    return Places(config_file=tmp_path / "config.toml", config_named=False, data_dir=data, state_dir=data)


def read(places: Places) -> list[Finding]:
    try:
        settings = loading.load(places.config_file if places.config_file.exists() else None)
    except ConfigError as error:
        return check_settings(places, error)
    return check_settings(places, settings)


def test_settings_that_are_missing_or_right_are_well(places: Places) -> None:
    assert [finding.level for finding in read(places)] == ["ok"]
    places.config_file.write_text("[look]\nmotion = false\n")
    assert [finding.level for finding in read(places)] == ["ok"]


def test_every_wrong_setting_is_a_problem_with_its_line(places: Places) -> None:
    places.config_file.write_text("[look]\nmotion = 3\n[attachments]\nmax_files = 0\n")
    findings = read(places)
    assert [finding.level for finding in findings] == ["problem", "problem"]
    assert findings[0].text == "look.motion: found 3; allowed: true or false"
    assert (findings[1].change or "").startswith(f"{places.config_file}:4, or ")


def test_a_token_that_others_can_read_comes_with_the_command_that_hides_it(places: Places) -> None:
    places.config_file.write_text("[[nodes]]\nurl = 'ws://a/chat'\ntoken = 's3cret'\n")
    places.config_file.chmod(0o644)
    [finding] = read(places)
    assert (finding.level, finding.change) == ("problem", f"chmod 600 {places.config_file}")
    assert "s3cret" not in str(finding)


def test_a_history_is_checked_and_none_is_made(places: Places) -> None:
    first, _space = check_history(places)
    assert "the first question makes it" in first.text
    assert not places.data_dir.exists()
    with Store.open(places.history_file) as store:
        store.create_chat()
    first, _space = check_history(places)
    assert (first.level, first.text.split(",")[0]) == ("ok", "1 conversation")


def test_a_damaged_or_foreign_history_is_a_problem(places: Places) -> None:
    places.data_dir.mkdir()
    places.history_file.write_bytes(b"not a database" * 1000)
    [finding] = check_history(places)
    assert finding.level == "problem"
    assert "damaged or not a history" in finding.text


def test_a_data_directory_that_cannot_be_made_is_a_problem(places: Places, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is in the way")
    wrong = replace(places, data_dir=tmp_path / "data" / "deeper")
    assert check_history(wrong)[0].level == "problem"
    assert "--data-dir" in (check_history(wrong)[0].change or "")


def test_the_log_is_pointed_at(places: Places) -> None:
    assert "nothing was written" in check_log(places)[0].text
    places.state_dir.mkdir()
    (places.state_dir / "llamachat.log").write_text("x" * 1500)
    assert "1.5 kB" in check_log(places)[0].text


# ── nodes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

TOML = """\
[[nodes]]
name = "a"
url = "ws://10.0.0.5:13000/chat"
token = "s3cret"

[[nodes]]
name = "b"
url = "wss://b/chat"

[chat]
model = "lama3-8b"
"""
CONFIG = Path("/home/user/config.toml")
LINES = Lines(CONFIG, key_lines(TOML))


def node(name: str, state: str = "online", reason: str = "", fingerprint: str = "w1") -> NodeSnapshot:
    model = ModelInfo(id="llama3-8b", name="Llama", context=8192, fingerprint=fingerprint)
    hello = Hello(
        protocol=1,
        node=NodeInfo(id=name, name=name, version="1", started_at=0.0),
        models=[model],
        default_model=model.id,
        limits=Limits(1, 1, 1),
        principal=Principal("me", admin=False),
    )
    return NodeSnapshot(name, "ws://x", state, 0.0, reason=reason, rtt_ms=4.2, hello=hello)  # type: ignore[arg-type]


def nodes(*snapshots: NodeSnapshot, offers: tuple[Offer, ...] = (), lines: Lines = LINES) -> dict[str, Finding]:
    """What is found, by name; of one node, what was found first."""
    found = check_nodes(loading.parse(TOML), snapshots, offers, lines)
    return {finding.name: finding for finding in reversed(found)}


def test_a_healthy_node_is_well_and_says_what_it_has() -> None:
    assert nodes(node("c"))["c"] == Finding("nodes", "c", "ok", "online, 4 ms away: llama3-8b")


def test_a_lost_node_names_the_line_of_its_address_and_a_refused_one_that_of_its_token() -> None:
    found = nodes(node("a", "refused", "Its token is wrong."), node("b", "offline", "Nothing listens at b."))
    assert (found["a"].level, found["a"].change) == ("problem", f"{CONFIG}:4")
    assert found["b"].text == "offline: Nothing listens at b"
    assert found["b"].change == f"{CONFIG}:8, if the address is another one"
    assert found["together"].level == "problem"


def test_nodes_of_the_command_line_have_no_line_to_change() -> None:
    found = nodes(node("a", "refused"), node("b", "offline"), lines=Lines(CONFIG, {}))
    assert found["a"].change is found["b"].change is None


def test_a_model_that_nobody_offers_is_a_problem_at_its_line_with_the_likely_name() -> None:
    finding = nodes(node("c"))["model"]
    assert (finding.level, finding.change) == ("problem", f"{CONFIG}:11")
    assert 'did you mean "llama3-8b"?' in finding.text


def test_a_token_in_the_clear_is_noted_where_it_leaves_this_machine() -> None:
    levels = [finding for finding in check_nodes(loading.parse(TOML), [node("c")], (), LINES) if finding.name == "a"]
    assert [(finding.level, finding.change) for finding in levels] == [("note", f"{CONFIG}:3")]
    assert "unencrypted" in levels[0].text
    local = loading.parse('[[nodes]]\nname = "a"\nurl = "ws://127.0.0.1:13000/chat"\n')
    assert not [f for f in check_nodes(local, [node("c")], (), LINES, token_for_all=True) if f.name == "a"]


def test_different_weights_under_one_name_are_noted() -> None:
    finding = nodes(node("c"), node("d", fingerprint="w2"))["llama3-8b"]
    assert finding.level == "note"
    assert "(c; d)" in finding.text


def test_without_nodes_it_says_how_to_get_one() -> None:
    [first, offered] = check_nodes(loading.parse(""), [], (Offer("ws://127.0.0.1:13000/chat"),), LINES)
    assert (first.level, first.name) == ("problem", "settings")
    assert offered.change == "llamachat nodes --add ws://127.0.0.1:13000/chat"
