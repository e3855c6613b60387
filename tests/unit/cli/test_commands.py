from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from llamachat import __version__
from llamachat.cli import main
from llamachat.config import loading
from llamachat.protocol import ChatMessage
from llamachat.store import Store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LLAMACHAT_CONFIG", "LLAMACHAT_DATA_DIR", "LLAMACHAT_TOKEN", "EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=input, prog_name="llamachat")


def settings_file(home: Path, text: str) -> Path:
    file = home / "config" / "llamachat" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_the_version_is_told_without_loading_screen_network_or_settings() -> None:
    code = (
        "import sys\nfrom llamachat.cli import main\n"
        "try:\n    main(['--version'], prog_name='llamachat')\nexcept SystemExit:\n    pass\n"
        "heavy = {'textual', 'websockets', 'msgspec', 'tomlkit', 'sqlite3', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == f"llamachat {__version__}\n"
    assert done.returncode == 0, done.stderr


def test_asking_never_loads_the_screen(home: Path) -> None:
    code = (
        "import sys\nfrom llamachat.cli import main\n"
        "try:\n    main(['ask', 'hi', '--no-history', '--node', 'ws://127.0.0.1:1/chat'])\n"
        "except SystemExit as end:\n    assert end.code == 3, end.code\n"
        "assert 'textual' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask"], "no question"),
        (["ask", "hi", "--chat", "a", "--continue"], "not both"),
        (["ask", "hi", "--no-history", "--continue"], "--no-history"),
        (["ask", "hi", "--temperature", "9"], "--temperature is 9.0; it must be 0 to 5"),
        (["ask", "hi", "--max-tokens", "0"], "--max-tokens is 0"),
        (["ask", "hi", "-f", "/no/such/file"], "There is no file /no/such/file."),
        (["ask", "hi", "--node", "nowhere"], 'no node "nowhere"'),
        (["ask", "hi", "--node", "ws://me:secret@host"], 'no node "ws://…@host"'),
        (["ask", "hi", "--config", "/no/such/config"], "no such file"),
        (["--theme", "pink", "--plain"], '"pink"'),
        (["--no-such-option"], "No such option"),
        ([], "needs a terminal"),
        (["nodes", "--watch"], "needs a terminal"),
        (["nodes", "--discover", "--add", "ws://a"], "stand alone"),
        (["nodes", "--add", "http://user@a"], "is no address"),
        (["demo", "--nodes", "0"], "0"),
        (["demo", "ask", "hi", "--node", "ws://a"], "leave --node out"),
        (["chats", "show", "nothing"], "no chat nothing"),
    ],
)
def test_wrong_usage_is_told_on_standard_error_with_status_2(home: Path, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert message in result.stderr


@pytest.mark.parametrize("command", [["ask", "hi"], ["nodes"], ["--plain"]])
def test_without_any_node_the_status_is_3_and_the_message_says_what_to_do(home: Path, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 3
    assert "--node ws://HOST:13000/chat" in result.stderr
    assert result.stdout == ""


def test_a_configured_name_close_to_the_one_given_is_suggested(home: Path) -> None:
    settings_file(home, "[[nodes]]\nname = 'llama-01'\nurl = 'ws://127.0.0.1:1/chat'\n")
    result = run("nodes", "--node", "lama-01")
    assert 'did you mean "llama-01"?' in result.stderr


def test_the_settings_are_where_the_option_or_the_environment_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("config", "path").stdout == f"{home}/config/llamachat/config.toml\n"
    monkeypatch.setenv("LLAMACHAT_CONFIG", f"{home}/other.toml")
    assert run("config", "path").stdout == f"{home}/other.toml\n"
    assert run("--config", f"{home}/a.toml", "config", "path").stdout == f"{home}/a.toml\n"
    assert run("config", "path", "--config", f"{home}/b.toml").stdout == f"{home}/b.toml\n"


def test_every_problem_of_the_settings_is_reported_with_its_line(home: Path) -> None:
    file = settings_file(home, "[chat]\npolicy = 'quick'\n[look]\nmotoin = true\n")
    result = run("config", "validate")
    assert result.exit_code == 2
    assert f"{file}:2: chat.policy" in result.stderr
    assert f"{file}:4: look.motoin" in result.stderr


def test_right_settings_are_said_to_be_right_and_files_with_tokens_that_others_can_read_are_named(home: Path) -> None:
    assert run("config", "validate").stdout.startswith("There is no ")
    file = settings_file(home, "[[nodes]]\nurl = 'ws://a'\ntoken = 's3cret'\n")
    assert run("config", "validate").stderr == ""
    file.chmod(0o644)
    result = run("config", "validate")
    assert result.exit_code == 0
    assert result.stdout == f"{file} is all right.\n"
    assert f"chmod 600 {file}" in result.stderr


def test_what_holds_is_shown_without_tokens(home: Path) -> None:
    settings_file(home, "[[nodes]]\nurl = 'ws://a'\ntoken = 's3cret'\n")
    shown = run("config", "show").stdout
    assert 'url = "ws://a/chat"' in shown
    assert 'policy = "fastest"' in shown
    assert "s3cret" not in shown


def _editor(home: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    editor = home / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))


def test_editing_begins_with_a_template_and_saves_what_is_right(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _editor(home, monkeypatch, """sed -i 's/^#motion = true/motion = false/' "$1" """)
    result = run("config", "edit")
    file = home / "config" / "llamachat" / "config.toml"
    assert result.stdout == f"Saved {file}.\n"
    assert "\nmotion = false\n" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_editing_saves_nothing_while_anything_is_wrong(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = settings_file(home, "[look]\nmotion = true\n")
    _editor(home, monkeypatch, """sed -i 's/true/maybe/' "$1" """)
    result = run("config", "edit", input="n\n")
    assert result.exit_code == 2
    assert f"{file}:2: the file" in result.stderr
    assert file.read_text() == "[look]\nmotion = true\n"


def test_editing_again_can_mend_what_was_wrong(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = settings_file(home, "[look]\nmotion = true\n")
    _editor(home, monkeypatch, """sed -i 's/0$/false/; s/true/0/' "$1" """)
    result = run("config", "edit", input="y\n")
    assert result.exit_code == 0
    assert file.read_text() == "[look]\nmotion = false\n"


@pytest.fixture
def chats(home: Path) -> dict[str, str]:
    """Two chats; the ids by their titles."""
    with Store.open(home / "data" / "llamachat" / "history.db") as store:
        ids = {}
        for number, title in enumerate(["Old", "New\x1b[2J"]):
            ids[title[:3]] = chat = store.create_chat(title, chat_id=f"{number}abcdefghij")
            question = ChatMessage(
                id=f"q{number}", role="user", content="What about llamas?", created_at=100.0 + number
            )
            store.add_message(question, chat)
            reply = ChatMessage(
                id=f"a{number}",
                parent_id=f"q{number}",
                role="assistant",
                content="Fine\x1b]0;x",
                created_at=200.0,
                model="m",
            )
            store.add_message(reply, chat)
    return ids


def test_chats_are_listed_newest_first_and_safe_to_print(chats: dict[str, str]) -> None:
    result = run("chats", "list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["1abcdefg", "0abcdefg"]
    assert "\x1b" not in result.stdout
    listed = json.loads(run("chats", "list", "--json", "-n", "1").stdout)
    assert [(chat["id"], chat["title"], chat["messages"]) for chat in listed] == [(chats["New"], "New\x1b[2J", 2)]


def test_an_empty_history_says_how_chats_come_to_be(home: Path) -> None:
    result = run("chats", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "llamachat ask" in result.stderr


def test_a_chat_is_shown_by_the_beginning_of_its_id(chats: dict[str, str]) -> None:
    shown = run("chats", "show", "0ab").stdout
    assert shown.startswith("Old  (")
    assert "What about llamas?" in shown
    assert "assistant (m)" in shown
    assert "\x1b" not in shown


def test_an_id_that_begins_several_chats_is_refused(home: Path) -> None:
    with Store.open(home / "data" / "llamachat" / "history.db") as store:
        for end in "xy":
            store.create_chat("t", chat_id=f"same{end}")
    result = run("chats", "show", "same")
    assert result.exit_code == 2
    assert "2 chats begin with same" in result.stderr


def test_search_finds_words_and_says_by_its_status_when_it_does_not(chats: dict[str, str]) -> None:
    found = run("chats", "search", "llamas")
    assert found.exit_code == 0
    assert "What about llamas?" in found.stdout
    hits = json.loads(run("chats", "search", "--json", "llamas").stdout)
    assert {hit["chat"] for hit in hits} == set(chats.values())
    nothing = run("chats", "search", "zebra")
    assert (nothing.exit_code, nothing.stdout) == (1, "")


def test_deleting_asks_first_and_then_deletes(chats: dict[str, str]) -> None:
    refused = run("chats", "delete", "0ab", input="n\n")
    assert refused.exit_code == 1
    assert len(json.loads(run("chats", "list", "--json").stdout)) == 2
    assert run("chats", "delete", "--yes", "0ab", "1ab").exit_code == 0
    assert json.loads(run("chats", "list", "--json").stdout) == []


def test_an_added_node_goes_to_the_end_of_the_settings_and_gets_a_name_of_its_own(home: Path) -> None:
    file = settings_file(home, "# mine\n[[nodes]]\nurl = 'ws://a:13000/chat'\n\n[chat]\npolicy = 'sticky'\n")
    for url in ("b", "ws://a:13000/other"):
        result = run("nodes", "--add", url)
        assert result.exit_code == 0, result.output
    settings = loading.load(file)
    assert [(node.name, node.url) for node in settings.nodes] == [
        ("a", "ws://a:13000/chat"),
        ("b", "ws://b:13000/chat"),
        ("ws://a:13000/other", "ws://a:13000/other"),
    ]
    assert settings.chat.policy == "sticky"
    assert file.read_text().startswith("# mine\n")


def test_nothing_is_added_to_settings_that_are_wrong(home: Path) -> None:
    file = settings_file(home, "[chat]\npolicy = 'quickest'\n")
    result = run("nodes", "--add", "b")
    assert result.exit_code == 2
    assert "chat.policy" in result.output
    assert "b" not in file.read_text().split()
