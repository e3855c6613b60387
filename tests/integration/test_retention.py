"""How long conversations are kept, with the line mode as a process."""

from __future__ import annotations

import time
from pathlib import Path

from llamachat.protocol import ChatMessage
from llamachat.store import Store
from tests.integration.programs import Home
from tests.unit.fleet.scripted_node import ScriptedNode

DAY = 86_400


async def test_the_line_mode_deletes_what_is_too_old_when_it_starts_says_so_and_it_can_be_restored(
    tmp_path: Path,
) -> None:
    home, now = Home(tmp_path), time.time()
    with Store.open(home.data_dir / "history.db", now=lambda: now - 100 * DAY) as store:
        for name, age in (("old", 31), ("young", 29)):
            store.create_chat(name, chat_id=name)
            message = ChatMessage(id=f"q-{name}", role="user", content="Hi", created_at=now - age * DAY)
            store.add_message(message, name)
    async with ScriptedNode("Foxes jump.", name="alpha") as node:
        home.config.write_text(f"[[nodes]]\nurl = '{node.url}'\n[privacy]\ndelete_after_days = 30\n")
        await home.run("ask", "Hi", "--no-history")
        assert "old" in (await home.run("chats", "list")).stdout
        ended = await home.run("--plain", stdin=b"/chats\n")
    assert "[1 conversation was without a message for more than 30 days, and deleted." in ended.stdout
    assert "1. young" in ended.stdout
    assert "old" in (await home.run("chats", "list", "--deleted")).stdout
    assert (await home.run("chats", "restore", "old")).status == 0
    assert "old" in (await home.run("chats", "list")).stdout
