"""Two data directories as two machines, and daemons that keep an archive."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llamachat.store import Store
from tests.integration.daemons import RunningDaemon, start_daemon
from tests.integration.programs import Home, ending

ASKING = ("--temperature", "0", "--max-tokens", "12")


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Home, Home]:
    made = (Home(tmp_path / "desktop"), Home(tmp_path / "laptop"))
    for home in made:
        home.directory.mkdir()
    return made


@pytest.fixture
def node() -> Iterator[RunningDaemon]:
    with start_daemon("--archive") as running:
        yield running


def history(home: Home) -> Store:
    return Store.open(home.data_dir / "history.db")


async def listed(home: Home) -> list[tuple[str, int]]:
    """Titles and numbers of messages."""
    found: list[dict[str, Any]] = json.loads((await home.run("chats", "list", "--json")).stdout)
    return [(chat["title"], chat["messages"]) for chat in found]


async def exported(home: Home, name: str = "all.json") -> bytes:
    """Everything in the history, as `chats export` writes it."""
    file = home.directory / name
    ended = await home.run("chats", "export", "--all", "-o", str(file))
    assert ended.status == 0, ended.stderr
    return file.read_bytes()


async def synced(home: Home, *nodes: RunningDaemon) -> str:
    """What one round says."""
    ended = await home.run("chats", "sync", *(option for node in nodes for option in ("--node", node.url)))
    assert ended.status == 0, ended.stderr
    return ended.stdout


async def test_a_chat_of_one_machine_is_gone_on_with_on_the_other(
    homes: tuple[Home, Home], node: RunningDaemon
) -> None:
    desktop, laptop = homes
    ended = await desktop.run("ask", "What is a llama?", *ASKING, "--node", node.url)
    assert ended.status == 0, ended.stderr
    assert "pulled 1 chat." in await synced(laptop, node)
    assert await listed(laptop) == await listed(desktop) == [("What is a llama?", 2)]

    await laptop.run("ask", "--continue", "And what does it eat?", *ASKING, "--node", node.url)
    assert "pulled 1 chat." in await synced(desktop, node)
    assert await listed(desktop) == [("What is a llama?", 4)]
    assert await exported(desktop) == await exported(laptop)
    assert "pushed 0 chats, pulled 0 chats." in await synced(desktop, node)


async def test_renames_and_deletes_on_both_machines_end_alike(homes: tuple[Home, Home], node: RunningDaemon) -> None:
    desktop, laptop = homes
    with history(desktop) as store:
        for name in ("one", "two", "three"):
            store.create_chat(name, chat_id=name)
    await synced(desktop, node)
    await synced(laptop, node)
    with history(desktop) as store:
        store.rename("one", "by the desktop")
        store.delete_chat("two")
    with history(laptop) as store:
        store.rename("one", "by the laptop")
        store.rename("two", "renamed after it was deleted")
        store.set_folder("three", "work")
    for home in (desktop, laptop, desktop):
        await synced(home, node)
    assert await exported(desktop) == await exported(laptop)
    with history(desktop) as store:
        assert {(chat.id, chat.title, chat.folder) for chat in store.list_chats()} == {
            ("one", "by the laptop", None), ("three", "three", "work"),
        }  # fmt: skip


async def test_a_running_program_shows_what_the_other_machine_does(
    homes: tuple[Home, Home], node: RunningDaemon
) -> None:
    desktop, laptop = homes
    async with desktop.at_terminal("--plain", "--node", node.url) as (process, terminal):
        await terminal.until("you> ")
        await laptop.run("ask", "What is a llama?", *ASKING, "--node", node.url)
        prompts = 1
        async with asyncio.timeout(60):
            while "What is a llama?" not in terminal.screen:
                terminal.type("/chats\n")
                prompts += 1
                await terminal.until("you> ", prompts)
        terminal.type("/nodes\n")
        await terminal.until("history: in step")
        terminal.type("/quit\n")
        await terminal.to_the_end()
        assert await ending(process) == 0


async def test_the_list_on_the_screen_shows_what_the_other_machine_does(
    homes: tuple[Home, Home], node: RunningDaemon
) -> None:
    desktop, laptop = homes
    async with desktop.at_terminal("--node", node.url) as (_, terminal):
        await terminal.until("Ask")
        await laptop.run("ask", "Zanzibar?", *ASKING, "--node", node.url)
        await terminal.until("Zanzibar?")


async def test_a_killed_daemon_loses_nothing_that_it_took(homes: tuple[Home, Home], tmp_path: Path) -> None:
    desktop, laptop = homes
    with history(desktop) as store:
        for number in range(20):
            store.create_chat(f"chat {number}", chat_id=f"c{number}")
    with start_daemon("--archive", data_dir=tmp_path / "daemon") as node:
        await synced(desktop, node)
        node.signal(signal.SIGKILL)
        node.wait()
    with start_daemon("--archive", data_dir=tmp_path / "daemon") as node:
        assert "pushed 0 chats" in await synced(desktop, node)
        assert "pulled 20 chats." in await synced(laptop, node)
    assert await exported(desktop) == await exported(laptop)


async def test_what_one_archive_has_comes_to_the_other_through_any_machine(
    homes: tuple[Home, Home], node: RunningDaemon
) -> None:
    desktop, laptop = homes
    with history(desktop) as store:
        store.create_chat("only at the first", chat_id="first")
    await synced(desktop, node)
    with start_daemon("--archive") as other:
        await synced(desktop, node, other)
        await synced(laptop, other)
    assert await listed(laptop) == [("only at the first", 0)]


async def test_where_the_person_does_not_want_it_nothing_leaves_the_machine(
    homes: tuple[Home, Home], node: RunningDaemon
) -> None:
    desktop, laptop = homes
    desktop.config.write_text("[privacy]\narchive = false\n")
    assert (await desktop.run("ask", "What is a llama?", *ASKING, "--node", node.url)).status == 0
    ended = await desktop.run("chats", "sync", "--node", node.url)
    assert (ended.status, "privacy.archive" in ended.stderr) == (2, True)
    async with desktop.at_terminal("--plain", "--node", node.url) as (process, terminal):
        await terminal.until("you> ")
        terminal.type("/quit\n")
        await terminal.to_the_end()
        await ending(process)
    assert "pulled 0 chats." in await synced(laptop, node)


async def test_without_an_archive_syncing_says_so_with_status_3(homes: tuple[Home, Home]) -> None:
    with start_daemon() as plain:
        ended = await homes[0].run("chats", "sync", "--node", plain.url)
        assert ended.status == 3
        assert "keeps an archive" in ended.stderr
