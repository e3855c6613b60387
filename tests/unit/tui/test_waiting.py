"""What the list of waiting questions says, and in how much room."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from llamachat.fleet import NodeSnapshot
from llamachat.fleet.outbox import Waiting
from llamachat.store import OutboxItem
from llamachat.tui.answers import LiveAnswer
from llamachat.tui.waiting import WaitingRow, hint, summary, waiting_rows
from llamachat.tui.widgets.outbox_panel import row_line


def waiting(text: str, chat: str = "open", owner: str | None = None, *, failed: bool = False) -> Waiting:
    item = OutboxItem(text, chat, text, None, f"q-{text}", f"a-{text}", (), {}, 1, 0.0, owner, None)
    return Waiting(item, "Whales", failed)


def node(state: str, retry_at: float | None = None) -> NodeSnapshot:
    return NodeSnapshot("a", "ws://a", state, 0.0, retry_at=retry_at)  # type: ignore[arg-type]


def whys(
    *items: Waiting, live: LiveAnswer | None = None, nodes: tuple[NodeSnapshot, ...] = (node("online"),)
) -> list[str]:
    running = {live.chat_id: live} if live else {}
    rows = waiting_rows(items, open_chat="open", live=running, owner="me", nodes=nodes, now=100.0)
    return [row.why for row in rows]


def test_each_question_says_what_it_waits_for():
    running = LiveAnswer("open", "m", 0.0)
    assert whys(waiting("a"), waiting("b"), live=running) == ["after the running answer", "after the one before it"]
    assert whys(waiting("a"), live=replace(running, phase="queued 2 of 5, about 4.0 s")) == [
        "after the running answer: queued 2 of 5, about 4.0 s"
    ]
    assert whys(waiting("a"), waiting("b", "other")) == ["goes next", "goes next"]
    assert whys(waiting("a", failed=True)) == ["the answer before it failed"]
    assert whys(waiting("a", owner="me"), waiting("b", "other", "you")) == ["being edited", "held by another llamachat"]


def test_without_a_node_the_next_try_is_told():
    offline = (node("offline", 104.2), node("offline", 109.0))
    assert whys(waiting("a"), nodes=offline) == ["no node, next try in 4 s"]
    assert whys(waiting("a"), nodes=(node("draining"),)) == ["no node takes work"]
    assert whys(waiting("a"), nodes=()) == ["no node is configured"]


def test_questions_of_other_conversations_name_theirs():
    rows = waiting_rows([waiting("a"), waiting("b", "other")], open_chat="open", live={}, owner="me", nodes=(), now=0.0)
    assert [(row.place, row.chat) for row in rows] == [(1, ""), (2, "Whales")]
    assert summary(rows) == "2 waiting: a · b"
    assert summary([]) == ""


def test_the_keys_of_the_list_are_those_that_the_person_chose():
    assert hint({}) == "e edit  K J move  s send now  d drop"
    own = {"outbox.drop": ("x",), "outbox.send": (), "outbox.up": ("ctrl+k",)}
    assert hint(own) == "e edit  Ctrl+K J move  x drop"


@given(st.text(max_size=80), st.text(max_size=40), st.integers(16, 120))
def test_a_row_is_never_wider_than_its_room(text: str, why: str, width: int):
    assert (
        row_line(WaitingRow("x", 1, text.replace("\n", " "), "chat", why.replace("\n", " ")), width).cell_length
        <= width
    )
