from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llamachat.cli import main
from llamachat.protocol import Attachment, ChatMessage
from llamachat.store import Store

SECRET = b"the only copy of a secret"


def run(data: Path, *arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, ["chats", *arguments, "--data-dir", str(data)], prog_name="llamachat", **options)


def listed(data: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    return {chat["id"]: chat for chat in json.loads(run(data, "list", "--json", *arguments).stdout)}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The directory of a history with two chats and a deleted third one with a file that only it has."""
    directory = tmp_path / "data"
    with Store.open(directory / "history.db") as store:
        for chat_id, title in (("aaaa1111", "Rings"), ("bbbb2222", "Moons"), ("cccc3333", "Gone")):
            store.create_chat(title, chat_id=chat_id)
            digest = store.put_attachment(SECRET if title == "Gone" else b"kept")
            question = ChatMessage(
                id=f"q{chat_id}", role="user", content=title, created_at=100.0,
                attachments=[Attachment("a.txt", digest, 4)],
            )  # fmt: skip
            store.add_message(question, chat_id)
        store.delete_chat("cccc3333")
    return directory


def test_a_chat_is_renamed_on_one_line(data: Path) -> None:
    result = run(data, "rename", "aaaa", "The rings\nof Saturn\x1b")
    assert result.exit_code == 0
    assert listed(data)["aaaa1111"]["title"] == "The rings of Saturn\ufffd"
    assert "The rings of Saturn" in result.stderr


def test_chats_are_pinned_and_let_go_together(data: Path) -> None:
    assert run(data, "pin", "aaaa", "bbbb").exit_code == 0
    assert [chat["pinned"] for chat in listed(data).values()] == [True, True]
    assert run(data, "unpin", "aaaa").exit_code == 0
    assert [chat_id for chat_id, chat in listed(data).items() if chat["pinned"]] == ["bbbb2222"]


def test_chats_are_moved_into_a_folder_and_out_of_it(data: Path) -> None:
    assert run(data, "move", "aaaa", "bbbb", "Astronomy").exit_code == 0
    assert set(listed(data, "--folder", "astronomy")) == {"aaaa1111", "bbbb2222"}
    assert run(data, "move", "--out", "aaaa").exit_code == 0
    assert set(listed(data, "--folder", "Astronomy")) == {"bbbb2222"}
    assert listed(data)["aaaa1111"]["folder"] is None


def test_what_is_moved_to_the_archive_is_listed_as_archived(data: Path) -> None:
    run(data, "move", "aaaa", "archived")
    assert set(listed(data, "--archived")) == {"aaaa1111"}
    assert "[Archived]" in run(data, "list").stdout


def test_when_one_chat_cannot_be_found_none_is_changed(data: Path) -> None:
    result = run(data, "pin", "aaaa", "zzzz")
    assert result.exit_code == 2
    assert not any(chat["pinned"] for chat in listed(data).values())


def test_a_deleted_chat_is_listed_and_restored(data: Path) -> None:
    deleted = listed(data, "--deleted")
    assert set(deleted) == {"cccc3333"}
    assert deleted["cccc3333"]["deleted_at"] <= time.time()
    assert run(data, "restore", "cccc").exit_code == 0
    assert "cccc3333" in listed(data)
    assert listed(data, "--deleted") == {}


def test_a_purged_chat_and_the_file_that_only_it_had_are_nowhere_in_the_data_directory(data: Path) -> None:
    result = run(data, "purge", "--yes", "cccc")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "Purged 1 chat, 1 attached file.")
    assert "no deleted chat cccc" in run(data, "restore", "cccc").stderr
    assert not any(SECRET in file.read_bytes() for file in data.iterdir())
    with Store.open(data / "history.db") as store:
        [attachment] = store.active_path("aaaa1111")[0].attachments
        assert store.attachment(attachment.sha256) is not None


def test_purging_gives_the_space_back(data: Path) -> None:
    with Store.open(data / "history.db") as store:
        digest = store.put_attachment(os.urandom(1_000_000))
        question = ChatMessage(
            id="big", role="user", content="x", created_at=100.0, attachments=[Attachment("b", digest, 1)]
        )
        store.add_message(question, "cccc3333")
    before = sum(file.stat().st_size for file in data.iterdir())
    assert run(data, "purge", "--yes", "cccc").exit_code == 0
    assert sum(file.stat().st_size for file in data.iterdir()) < before - 900_000


def test_purging_asks_first(data: Path) -> None:
    refused = run(data, "purge", "cccc", input="n\n")
    assert refused.exit_code == 1
    assert "Forget 1 chat for good?" in refused.stderr
    assert set(listed(data, "--deleted")) == {"cccc3333"}


def test_all_that_is_deleted_is_purged_with_the_files_of_single_messages(data: Path) -> None:
    with Store.open(data / "history.db") as store:
        digest = store.put_attachment(b"another")
        message = ChatMessage(
            id="single", role="user", content="x", created_at=101.0, attachments=[Attachment("b", digest, 7)]
        )
        store.add_message(message, "aaaa1111")
        store.delete_message("single")
    result = run(data, "purge", "--all", "--yes")
    assert result.stderr.splitlines()[-1] == "Purged 1 chat, 1 deleted message, 2 attached files."
    assert set(listed(data)) == {"aaaa1111", "bbbb2222"}


def test_what_was_deleted_lately_is_kept_when_days_are_given(data: Path) -> None:
    result = run(data, "purge", "--all", "--days", "1", "--yes")
    assert result.stderr.splitlines()[-1] == "Purged 0 chats."
    assert set(listed(data, "--deleted")) == {"cccc3333"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rename", "aaaa", " \n"], "at least one character"),
        (["rename", "zzzz", "x"], "no chat zzzz"),
        (["move", "aaaa"], "Give the id of a chat and a folder"),
        (["move", "aaaa", " "], "Give the id of a chat and a folder"),
        (["restore", "aaaa"], "`llamachat chats list --deleted` shows their ids"),
        (["purge"], "Name the deleted chats to purge"),
        (["purge", "cccc", "--all"], "Name the deleted chats to purge"),
        (["purge", "cccc", "--days", "1"], "--days goes with --all"),
        (["purge", "aaaa"], "no deleted chat aaaa"),
        (["list", "--archived", "--folder", "x"], "not both"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(data: Path, arguments: list[str], message: str) -> None:
    result = run(data, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_list_without_such_chats_says_so(data: Path) -> None:
    assert run(data, "list", "--archived").stderr == "There are no such chats.\n"
