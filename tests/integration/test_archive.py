"""A daemon with an archive, from outside: whose chats are whose, following, restarts, kills, a file that is broken."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.integration.daemons import RunningDaemon, eventually, run_daemon, start_daemon
from tests.integration.test_daemon_serving import client, last_of, question, receive, until

AHEAD = 50
"""Pushes that are under way at once when the daemon is killed."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A data directory with two principals, and their tokens."""
    directory = tmp_path_factory.mktemp("archived")
    alice, bob = (run_daemon("token", "add", name, "--data-dir", directory).stdout.strip() for name in ("alice", "bob"))
    return directory, alice, bob


@pytest.fixture(scope="module")
def daemon(home: tuple[Path, str, str]) -> Iterator[RunningDaemon]:
    with start_daemon("--archive", data_dir=home[0]) as one:
        yield one


def chat(chat_id: str, *texts: str, title: str = "") -> dict[str, Any]:
    now = time.time()
    messages = [
        {"id": f"{chat_id}-{number}", "role": "user", "content": text, "created_at": now + number / 1e3}
        for number, text in enumerate(texts)
    ]
    stamps = {"title": f"{int(now * 1000):013d}-0001-test"} if title else {}
    return {"id": chat_id, "title": title, "created_at": now, "stamps": stamps, "messages": messages}


def say(connection: ClientConnection, kind: str, **fields: Any) -> None:
    connection.send(json.dumps({"type": kind, **fields}))


def save(connection: ClientConnection, pushed: dict[str, Any]) -> None:
    say(connection, "save_chat", chat=pushed, req="save")
    assert until(connection, "ok", "error") == {"type": "ok", "req": "save"}


def pull(connection: ClientConnection, since: str | None = None) -> tuple[dict[str, set[str]], str]:
    """The ids of what changed after the cursor, messages by chat; and the cursor at the end."""
    found: dict[str, set[str]] = {}
    while True:
        say(connection, "chat_history", since=since, req="pull")
        frame = until(connection, "chat_history")
        for one in frame["chats"]:
            found.setdefault(one["id"], set()).update(message["id"] for message in one["messages"])
        since = frame["cursor"]
        if not frame["more"]:
            return found, since


def integrity(directory: Path) -> list[str]:
    with closing(sqlite3.connect(directory / "archive.db")) as connection:
        return [row[0] for row in connection.execute("PRAGMA integrity_check")]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# ── whose chats are whose ───────────────────────────────────────────────────────────────────────────────────────────


def test_each_principal_has_an_archive_of_its_own(daemon: RunningDaemon, home: tuple[Path, str, str]):
    _, alice, bob = home
    with client(daemon, token=alice) as hers, client(daemon, token=bob) as his:
        assert receive(hers)["archive"] is True
        say(his, "chat_history", follow=True, req="his")
        assert until(his, "chat_history")["chats"] == []
        save(hers, chat("c1", "hello", title="Greeting"))
        save(his, chat("c1", "other"))
        assert [one["title"] for one in until(his, "chat_history")["chats"]] == [""]
        assert pull(hers)[0] == {"c1": {"c1-0"}}
    [listed] = daemon.request("/chats", bearer(alice)).json["chats"]
    assert (listed["id"], listed["title"], "messages" in listed) == ("c1", "Greeting", False)
    whole = daemon.request("/chat/c1", bearer(alice))
    assert (whole.status, [m["content"] for m in whole.json["messages"]]) == (200, ["hello"])
    assert [m["content"] for m in daemon.request("/chat/c1", bearer(bob)).json["messages"]] == ["other"]
    for path in ("/chat/none", "/chat/..%2fc1", "/chat/"):
        assert daemon.request(path, bearer(alice)).status == 404
    assert daemon.request("/chats").status == daemon.request("/chat/c1").status == 401


def test_a_second_machine_sees_what_the_first_one_does(daemon: RunningDaemon, home: tuple[Path, str, str]):
    token = home[1]
    with client(daemon, token=token) as desktop, client(daemon, "msgpack", token=token) as laptop:
        laptop.send(msgpack.packb({"type": "chat_history", "follow": True, "req": "f"}))
        while until(laptop, "chat_history")["more"]:
            pass
        save(desktop, chat("shared", "one", title="Before"))
        assert [one["title"] for one in until(laptop, "chat_history")["chats"]] == ["Before"]
        save(desktop, chat("shared", title="After"))
        [renamed] = until(laptop, "chat_history")["chats"]
        assert (renamed["title"], renamed["messages"]) == ("After", [])


def test_a_conversation_in_the_shorthand_is_kept_by_the_daemon(daemon: RunningDaemon, home: tuple[Path, str, str]):
    token = home[2]
    with client(daemon, token=token) as script:
        say(script, "inference", content="What is a llama?")
        answer = last_of(script, until(script, "ai_response")["id"])["message"]

    def kept() -> list[Any]:
        chats = daemon.request("/chats", bearer(token)).json["chats"]
        found = [one["id"] for one in chats if one["title"] == "What is a llama?"]
        return [daemon.request(f"/chat/{one}", bearer(token)).json for one in found]

    eventually(lambda: any(len(one["messages"]) == 2 for one in kept()))
    [found] = kept()
    assert [m["content"] for m in found["messages"]] == ["What is a llama?", answer]


def test_answers_come_while_much_is_pushed(daemon: RunningDaemon, home: tuple[Path, str, str]):
    with client(daemon, token=home[1]) as connection:
        for number in range(30):
            say(connection, "save_chat", chat=chat(f"much-{number}", *[f"{text}" * 200 for text in range(50)]))
        connection.send(question("meanwhile", max_tokens=3))
        assert last_of(connection, "meanwhile")["usage"]["completion_tokens"] <= 3
        assert len(pull(connection)[0]) >= 30


# ── restarts and kills ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cursor_is_good_after_a_restart(tmp_path: Path):
    with start_daemon("--archive", data_dir=tmp_path) as first, client(first) as connection:
        save(connection, chat("before", "one"))
        found, cursor = pull(connection)
        assert found == {"before": {"before-0"}}
    with start_daemon("--archive", data_dir=tmp_path) as second, client(second) as connection:
        assert pull(connection, cursor) == ({}, cursor)
        save(connection, chat("after", "two"))
        assert pull(connection, cursor)[0] == {"after": {"after-0"}}
    with start_daemon("--archive") as other, client(other) as connection:
        save(connection, chat("elsewhere", "three"))
        assert pull(connection, cursor)[0] == {"elsewhere": {"elsewhere-0"}}


def test_a_kill_in_the_middle_of_pushes_loses_nothing_acknowledged(tmp_path: Path):
    acknowledged: set[str] = set()
    for number, patience in enumerate((0, 7, 40)):
        with start_daemon("--archive", data_dir=tmp_path) as daemon:
            with client(daemon) as connection:
                for push in range(AHEAD):
                    name = f"{number}-{push}"
                    say(connection, "save_chat", chat=chat(name, "a" * 5_000, "b", title=name), req=name)
                acks = [until(connection, "ok")["req"] for _ in range(patience)]
                daemon.signal(signal.SIGKILL)
                try:
                    while True:
                        acks.append(until(connection, "ok")["req"])
                except ConnectionClosed:
                    acknowledged.update(acks)
            daemon.wait()
    assert len(acknowledged) >= 47
    with start_daemon("--archive", data_dir=tmp_path) as daemon, client(daemon) as connection:
        found = pull(connection)[0]
        assert acknowledged <= found.keys()
        assert all(len(messages) == 2 for messages in found.values())
    assert integrity(tmp_path) == ["ok"]


# ── what the operator sees ──────────────────────────────────────────────────────────────────────────────────────────


def checked(directory: Path, *options: str) -> tuple[int, str]:
    """The exit status of `check`, and what it says of the archive."""
    run = run_daemon("check", "--data-dir", directory, "--port", "0", *options)
    [line] = [line for line in run.stdout.splitlines() if " archive: " in line] or [""]
    return run.returncode, line


def test_check_tells_what_is_archived_and_makes_nothing(tmp_path: Path):
    assert checked(tmp_path) == (0, "")
    status, line = checked(tmp_path, "--archive")
    assert (status, "none yet" in line, "for ever, 1,000 MB for each user" in line) == (0, True, True)
    assert not (tmp_path / "archive.db").exists()
    with start_daemon("--archive", data_dir=tmp_path) as daemon, client(daemon) as connection:
        save(connection, chat("c", "hello"))
        assert "1 chat of 1 user, " in checked(tmp_path, "--archive")[1]


def test_a_broken_archive_is_found_by_check_and_does_not_stop_the_daemon(tmp_path: Path):
    (tmp_path / "archive.db").write_bytes(b"not a database, whatever it is" * 100)
    status, line = checked(tmp_path, "--archive")
    assert (status, line.startswith("problem"), "Move it away" in line) == (1, True, True)
    with start_daemon("--archive", data_dir=tmp_path) as daemon, client(daemon) as connection:
        assert receive(connection)["archive"] is False
        say(connection, "save_chat", chat=chat("c", "hello"), req="r")
        error = until(connection, "error")
        assert (error["code"], error["req"]) == ("disabled", "r")
        assert daemon.request("/chats").status == 503
        connection.send(question("on", max_tokens=3))
        assert last_of(connection, "on")["usage"]["completion_tokens"] <= 3
        assert daemon.request("/readyz").status == 200
        assert "Move it away" in daemon.stderr()


def test_the_limits_of_the_settings_file_hold_and_are_read_again(tmp_path: Path):
    settings = tmp_path / "daemon.toml"
    settings.write_text('[archive]\nenabled = true\nquota = "1MB"\n')
    with start_daemon(data_dir=tmp_path) as daemon, client(daemon) as connection:
        large = chat("large", "x" * 1_000_000)
        say(connection, "save_chat", chat=large, req="r")
        error = until(connection, "error")
        assert (error["code"], error["detail"]["limit"]) == ("too_large", 1_000_000)
        settings.write_text('[archive]\nenabled = true\nquota = "2MB"\n')
        daemon.signal(signal.SIGHUP)
        eventually(lambda: "were read again" in daemon.stderr())
        save(connection, large)
