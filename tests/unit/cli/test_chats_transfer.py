from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llamachat.cli import main
from llamachat.protocol import Attachment, Chat, ChatMessage
from llamachat.store import Store, StoreLimits


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["chats", *arguments, "--data-dir", str(data)], prog_name="llamachat")


def message(identifier: str, text: str, **fields: Any) -> ChatMessage:
    return ChatMessage(**{"id": identifier, "role": "user", "content": text, "created_at": 100.0, **fields})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The directory of a history with two chats, one of them with two branches and a file, and a deleted third."""
    directory = tmp_path / "data"
    with Store.open(directory / "history.db") as store:
        store.create_chat("Rings\x1b[2J", chat_id="aaaa1111")
        store.add_message(message("q", "How many?"), "aaaa1111")
        for number in range(2):
            store.add_message(message(f"a{number}", f"Answer {number}", role="assistant", parent_id="q"), "aaaa1111")
        digest = store.put_attachment(b"bytes", "bytes")
        store.create_chat("Moons", chat_id="bbbb2222")
        store.add_message(message("m", "See", attachments=[Attachment("a.txt", digest, 5)]), "bbbb2222")
        store.create_chat("Gone", chat_id="cccc3333")
        store.delete_chat("cccc3333")
    return directory


def test_everything_exported_and_imported_elsewhere_is_exported_there_byte_for_byte(data: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "all.json", tmp_path / "again.json"
    exported = run(data, "export", "--all", "-o", str(first))
    assert (exported.exit_code, exported.stdout, exported.stderr) == (0, "", "Exported 3 chats.\n")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    elsewhere = tmp_path / "elsewhere"
    imported = run(elsewhere, "import", str(first))
    assert (imported.exit_code, imported.stdout) == (0, "From llamachat: imported 3 chats, 4 new messages.\n")
    assert run(elsewhere, "export", "--all", "-o", str(second)).exit_code == 0
    assert second.read_bytes() == first.read_bytes()
    with Store.open(elsewhere / "history.db") as store:
        [attachment] = store.active_path("bbbb2222")[0].attachments
        found = store.attachment(attachment.sha256)
        assert found is not None
        assert found.content == b"bytes"


def test_importing_again_says_that_all_is_here_already(data: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "all.json")
    run(data, "export", "--all", "-o", file)
    again = run(data, "import", file)
    assert again.exit_code == 0
    assert again.stdout == "From llamachat: imported 0 chats, 0 new messages.\nHere already: 3 chats.\n"


def test_a_chat_that_was_deleted_here_is_said_to_stay_deleted(data: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "one.json")
    run(data, "export", "bbbb", "-o", file)
    run(data, "delete", "-y", "bbbb")
    again = run(data, "import", file)
    assert again.exit_code == 0
    assert "Deleted here, and left so: 1 chat.\n" in again.stdout


def test_a_selection_is_exported_by_the_beginning_of_its_ids_each_chat_once(data: Path) -> None:
    result = run(data, "export", "aaaa", "aaaa1", "--format", "json", "-o", "-")
    assert [chat["id"] for chat in json.loads(result.stdout)["chats"]] == ["aaaa1111"]
    assert result.stderr == "Exported 1 chat.\n"


def test_markdown_is_chosen_by_the_ending_of_the_file_and_has_no_deleted_chats(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.md"
    assert run(data, "export", "--all", "-o", str(file)).stderr == "Exported 2 chats.\n"
    text = file.read_text()
    assert text.startswith("---\nchats: 2\n---\n")
    assert "Answer 1" in text
    assert "Answer 0" not in text
    assert "Gone" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.json"], "Name the chats to export"),
        (["aaaa", "--all", "-o", "x.json"], "Name the chats to export"),
        (["aaaa", "-o", "-"], "--format md"),
        (["aaaa", "-o", "x.txt"], "--format md"),
        (["zzzz", "-o", "x.json"], "no chat zzzz"),
        (["cccc", "-o", "x.json"], "no chat cccc"),
        (["aaaa", "-o", "missing/x.json"], "There is no directory missing"),
        (["aaaa", "--format", "md", "-o", "."], "is a directory"),
        (["aaaa", "--format", "md", "--force", "-o", "/dev/null"], "not a regular file"),
        (["aaaa", "--format", "md", "--force", "-o", "data/history.db"], "belongs to the history itself"),
        (["aaaa", "--format", "md", "--force", "-o", "data/history.db-wal"], "belongs to the history itself"),
    ],
)
def test_an_export_that_cannot_be_meant_is_refused_and_writes_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(data.parent)
    before = sorted(os.listdir("."))
    result = run(data, "export", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert sorted(os.listdir(".")) == before


def test_an_existing_file_is_replaced_only_with_force(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text("mine")
    refused = run(data, "export", "aaaa", "-o", str(file))
    assert refused.exit_code == 2
    assert "--force replaces it" in refused.stderr
    assert file.read_text() == "mine"
    assert run(data, "export", "aaaa", "-o", str(file), "--force").exit_code == 0
    assert json.loads(file.read_text())["format"] == "llamachat-chats"


def test_an_export_that_fails_half_way_leaves_the_file_as_it_was(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.json"
    file.write_text("mine")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run(data, "export", "aaaa", "-o", str(file), "--force")
    assert result.exit_code == 1
    assert "cannot be written: No space left on device" in result.stderr
    assert file.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "kept.json"]


def test_an_empty_history_has_nothing_to_export(tmp_path: Path) -> None:
    result = run(tmp_path / "new", "export", "--all", "-o", str(tmp_path / "x.json"))
    assert result.exit_code == 1
    assert "no chats to export yet" in result.stderr
    assert not (tmp_path / "x.json").exists()


def test_a_chatgpt_export_says_what_came_in_what_was_left_out_and_what_failed(data: Path, tmp_path: Path) -> None:
    image = {"content_type": "image_asset_pointer"}
    content = {"content_type": "multimodal_text", "parts": [image, image, {"content_type": "x\x1b[2J"}]}
    node = {"parent": None, "message": {"author": {"role": "user"}, "content": content}}
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([{"id": "c1", "title": "Mine", "mapping": {"n": node}}, {"title": "odd\x1b"}]))
    result = run(data, "import", str(file))
    assert result.exit_code == 1
    assert result.stdout == (
        "From ChatGPT: imported 1 chat, 1 new message.\n"
        "Not taken over:\n  2 × image\n  1 × part of a message: x\ufffd[2J\n"
    )
    assert result.stderr == (
        "Could not be imported: 1 chat or file.\n"
        "  Chat 2 (odd\ufffd): it has no messages in the form of an export of ChatGPT.\n"
    )
    assert "Mine" in run(data, "list").stdout


def test_a_chat_that_conflicts_is_named_and_the_others_come_in(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    stolen = {"id": "q", "role": "user", "content": "x", "created_at": 1}
    chats = [{"id": "thief", "title": "Thief", "created_at": 1, "messages": [stolen]}, {"id": "good", "created_at": 2}]
    file.write_text(json.dumps({"format": "llamachat-chats", "version": 1, "chats": chats}))
    result = run(data, "import", str(file))
    assert result.exit_code == 1
    assert "imported 1 chat, 0 new messages" in result.stdout
    assert "Thief: The message 'q' is in another chat here" in result.stderr


def test_many_failures_are_told_in_few_lines(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"format": "llamachat-chats", "version": 1, "chats": [{}] * 30}))
    result = run(data, "import", str(file))
    assert len(result.stderr.splitlines()) == 22
    assert result.stderr.splitlines()[-1] == "  … and 10 more"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        ("not json", "The file is not JSON"),
        ('{"a": 1}', "holds no chats in a known format"),
        ("PK\x03\x04", "Unpack it"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(data: Path, tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "wrong.json"
    if content is not None:
        file.write_text(content)
    result = run(data, "import", str(file))
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stdout == ""


def test_a_directory_is_no_file_to_import(data: Path, tmp_path: Path) -> None:
    result = run(data, "import", str(tmp_path))
    assert result.exit_code == 1
    assert "cannot be read: Is a directory" in result.stderr


def test_attached_files_that_this_computer_lacks_are_said_to_be_left_out(data: Path, tmp_path: Path) -> None:
    with Store.open(data / "history.db") as store:
        store.add_message(message("n", "x", attachments=[Attachment("b", "0" * 64, 9)]), "bbbb2222")
    result = run(data, "export", "bbbb", "-o", str(tmp_path / "x.json"))
    assert result.exit_code == 0
    assert result.stderr == "Not on this computer, and so left out: 1 attached file.\nExported 1 chat.\n"


def test_an_attached_file_over_the_limit_of_the_history_does_not_stop_the_chats(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.json"
    run(data, "export", "--all", "-o", str(file))
    opened = Store.open
    small = StoreLimits(attachment_bytes=4)
    monkeypatch.setattr(Store, "open", lambda path: opened(path, limits=small))
    result = run(tmp_path / "elsewhere", "import", str(file))
    assert result.exit_code == 1
    assert "imported 3 chats" in result.stdout
    assert "Attached file 1: The file has 5 bytes; at most 4" in result.stderr


def test_the_same_history_is_written_alike_whatever_order_it_was_made_in(tmp_path: Path) -> None:
    written = []
    for names, fields in [("abc", ("title", "folder")), ("cab", ("folder", "title"))]:
        data = tmp_path / names
        with Store.open(data / "history.db", now=lambda: 100.0) as store:
            for name in names:
                stamps = dict.fromkeys(fields, f"{100000:013d}-0000-w")
                store.merge_chat(Chat(id=name, title=name, folder="f", created_at=100.0, stamps=stamps))
        run(data, "export", "--all", "-o", str(data / "all.json"))
        written.append((data / "all.json").read_bytes())
    assert written[0] == written[1]
