"""Titles from the model: asked of the node that answered, kept only in the place of the first words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from llamachat.base.guide import GUIDE_MODEL
from llamachat.fleet import Fleet
from llamachat.fleet.recording import add_question
from llamachat.fleet.titles import TitleLimits, TitleWriter, title_from, untitled
from llamachat.protocol import ModelInfo, Seam
from llamachat.store import Store, StoredMessage, StoreThread
from llamachat.store.titles import MAX_TITLE_CHARACTERS
from tests.unit.fleet.scripted_node import Plan, ScriptedNode
from tests.unit.fleet.turns import PATIENCE_S, fleet_of

QUESTION = "How many rings has Saturn, please?"


def exchange(store: Store, **answer: Any) -> str:
    """A chat with one question and its answer; returns its id."""
    chat_id = store.create_chat()
    question = add_question(store, chat_id, QUESTION, 100.0)
    facts: dict[str, Any] = {
        "id": f"a-{chat_id}", "role": "assistant", "content": "Seven.", "created_at": 101.0, "parent_id": question.id,
        "model": "llama", "finish_reason": "stop", "seams": [Seam("node", 0)],
    }  # fmt: skip
    store.add_message(StoredMessage(**(facts | answer)), chat_id)
    return chat_id


def node_that_says(title: str) -> ScriptedNode:
    node = ScriptedNode(title)
    node.models = [ModelInfo(id="llama", name="llama", fingerprint="weights-1", state="loaded", slots=4)]
    node.default_model = "llama"
    return node


@asynccontextmanager
async def asked(node: ScriptedNode, path: Path) -> AsyncIterator[tuple[Fleet, StoreThread]]:
    async with fleet_of(node) as fleet, StoreThread(path / "history.db") as store:
        yield fleet, store


async def title(store: StoreThread, chat_id: str) -> str:
    return await store.read(lambda s: s.summary(chat_id).title)


async def test_the_node_that_answered_names_the_chat_and_nothing_is_added_to_it(tmp_path: Path) -> None:
    node = node_that_says('**"Saturn\'s rings"**\n')
    async with asked(node, tmp_path) as (fleet, store):
        chat_id = await store.run(exchange)
        before = await store.read(lambda s: s.chat(chat_id).messages)
        assert await TitleWriter(fleet, store).write(chat_id, "Be brief.")
        assert await title(store, chat_id) == "Saturn's rings"
        assert await store.read(lambda s: s.chat(chat_id).messages) == before
    [question] = node.asked
    assert question.model == "llama"
    assert question.params.temperature == 0
    assert question.params.max_tokens == TitleLimits().tokens
    assert 0 < (question.params.deadline_s or 0) <= TitleLimits().deadline_s
    assert [message.content for message in question.messages[:3]] == ["Be brief.", QUESTION, "Seven."]


async def test_the_limits_are_those_that_are_given(tmp_path: Path) -> None:
    node = node_that_says("Rings")
    async with asked(node, tmp_path) as (fleet, store):
        chat_id = await store.run(exchange)
        await TitleWriter(fleet, store, TitleLimits(tokens=7, deadline_s=3.0)).write(chat_id, "")
    assert node.asked[0].params.max_tokens == 7
    assert 0 < (node.asked[0].params.deadline_s or 0) <= 3.0


async def test_a_title_that_a_person_gives_meanwhile_stays(tmp_path: Path) -> None:
    node = node_that_says("Saturn's rings")
    node.plans = [Plan(at={0: "hold"})]
    async with asked(node, tmp_path) as (fleet, store):
        chat_id = await store.run(exchange)
        writing = asyncio.create_task(TitleWriter(fleet, store).write(chat_id, ""))
        await node.until(lambda: node.asked)
        await store.run(lambda s: s.rename(chat_id, "Mine"))
        node.go.set()
        assert not await writing
        assert await title(store, chat_id) == "Mine"


async def test_when_it_is_stopped_the_node_is_told_and_the_chat_can_be_named_later(tmp_path: Path) -> None:
    node = node_that_says("Saturn's rings")
    node.plans = [Plan(at={0: "hold"})]
    async with asked(node, tmp_path) as (fleet, store):
        chat_id = await store.run(exchange)
        writer = TitleWriter(fleet, store)
        writing = asyncio.create_task(writer.write(chat_id, ""))
        await node.until(lambda: node.asked)
        writer.stop()
        async with asyncio.timeout(PATIENCE_S):
            assert not await writing
        await node.until(lambda: node.cancelled)
        assert node.cancelled == [node.asked[0].id]
        assert await title(store, chat_id) == QUESTION
        assert await writer.write(chat_id, "")
        assert await title(store, chat_id) == "Saturn's rings"


@pytest.mark.parametrize("plan", [Plan(refuse="overloaded"), Plan(at={0: "error:internal"})])
async def test_a_failure_leaves_the_first_words(tmp_path: Path, plan: Plan) -> None:
    node = node_that_says("Saturn's rings")
    node.plans = [plan]
    async with asked(node, tmp_path) as (fleet, store):
        chat_id = await store.run(exchange)
        writer = TitleWriter(fleet, store, TitleLimits(deadline_s=1.0))
        async with asyncio.timeout(PATIENCE_S):
            assert not await writer.write(chat_id, "")
        assert await title(store, chat_id) == QUESTION


async def test_a_model_that_writes_no_title_is_asked_once(tmp_path: Path) -> None:
    node = node_that_says("<think>A title is wanted, so let me see</think>")
    async with asked(node, tmp_path) as (fleet, store):
        chat_id = await store.run(exchange)
        writer = TitleWriter(fleet, store)
        assert not await writer.write(chat_id, "")
        assert not await writer.write(chat_id, "")
        assert await title(store, chat_id) == QUESTION
    assert len(node.asked) == 1


async def test_a_chat_that_is_not_there_any_more_is_no_trouble(tmp_path: Path) -> None:
    async with asked(node_that_says("x"), tmp_path) as (fleet, store):
        assert not await TitleWriter(fleet, store).write("gone", "")


@pytest.mark.parametrize(
    "answer",
    [
        {"model": GUIDE_MODEL},
        {"model": None},
        {"state": "failed", "finish_reason": None},
        {"state": "partial", "finish_reason": None},
        {"finish_reason": "cancelled"},
        {"seams": []},
    ],
    ids=str,
)
def test_nobody_is_asked_for_a_title_after_such_an_answer(tmp_path: Path, answer: dict[str, Any]) -> None:
    with Store.open(tmp_path / "history.db") as store:
        assert untitled(store, exchange(store), "") is not None
        assert untitled(store, exchange(store, **answer), "") is None


def test_nobody_is_asked_for_the_title_of_a_chat_that_was_renamed_or_deleted(tmp_path: Path) -> None:
    with Store.open(tmp_path / "history.db") as store:
        renamed, deleted = exchange(store), exchange(store)
        store.rename(renamed, "Mine")
        store.delete_chat(deleted)
        assert untitled(store, renamed, "") is None
        assert untitled(store, deleted, "") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saturn's rings", "Saturn's rings"),
        ('"Saturn\'s rings."', "Saturn's rings"),
        ("**Title:** Rings of Saturn", "Rings of Saturn"),
        ("# Rings of `Saturn`\n\nIt has many.", "Rings of Saturn"),
        ("Here is a title:\n\n- Learning C#", "Learning C#"),
        (".NET and snake_case", ".NET and snake_case"),
        ("土星の環「入門」", "土星の環「入門」"),
        ("「土星の環」", "土星の環"),
        ('"Dogs" and "cats"', '"Dogs" and "cats"'),
        ("Rings\x1b[2J\u202e", "Rings\ufffd[2J\ufffd"),
        ("<think>The user wants a title", ""),
        ("  \n***\n", ""),
        ("", ""),
        ("word " * 40, ""),
        ("x" * MAX_TITLE_CHARACTERS, "x" * MAX_TITLE_CHARACTERS),
        ("x" * (MAX_TITLE_CHARACTERS + 1), ""),
    ],
)
def test_a_title_is_one_bare_line_of_bounded_length(text: str, expected: str) -> None:
    assert title_from(text) == expected
