"""Conversations with files, from a real store to what a node is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llamachat.documents.document import Document
from llamachat.documents.estimating import RULE_OF_THUMB
from llamachat.documents.limits import DocumentLimits
from llamachat.fleet.outbox import Outbox
from llamachat.fleet.prompts import keep_documents, passing_prompt, prompt, room_for_files, token_ratio
from llamachat.fleet.recording import add_question
from llamachat.fleet.snapshot import NodeSnapshot
from llamachat.protocol import Attachment, ChatMessage, Hello, ModelInfo, Usage
from llamachat.protocol.frames import Limits, NodeInfo, Principal
from llamachat.store import Store, StoreThread

FRAME = "File: a.pdf\n```\nread out of it\n```"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "history.db") as opened:
        yield opened


def document(name: str = "a.pdf", text: str = "read out of it") -> Document:
    return Document(name, "pdf", b"%PDF " + text.encode(), text)


def test_a_stored_question_is_sent_with_the_text_of_its_files(store: Store) -> None:
    chat = store.create_chat()
    attachments = keep_documents(store, [document()])
    add_question(store, chat, "Explain.", 1.0, attachments=attachments)
    sent = prompt(store, "Be brief.", store.active_path(chat))
    assert [(message.role, message.content) for message in sent] == [
        ("system", "Be brief."),
        ("user", f"Explain.\n\n{FRAME}"),
    ]
    passing = passing_prompt("Be brief.", "Explain.", [document()])
    assert passing == sent


def test_a_file_attached_again_is_sent_as_it_was_read_the_first_time(store: Store) -> None:
    chat = store.create_chat()
    add_question(store, chat, "One?", 1.0, attachments=keep_documents(store, [document()]))
    read_otherwise = Document("b.pdf", "pdf", document().content, "a later version reads this")
    add_question(store, chat, "Two?", 2.0, attachments=keep_documents(store, [read_otherwise]))
    sent = prompt(store, "", store.active_path(chat))
    assert [message.content for message in sent] == [f"One?\n\n{FRAME}", f"Two?\n\n{FRAME.replace('a.pdf', 'b.pdf')}"]


def test_files_without_a_word_are_a_question_named_after_them(store: Store) -> None:
    chat = store.create_chat()
    add_question(store, chat, "", 1.0, attachments=keep_documents(store, [document()]))
    assert store.summary(chat).title == "a.pdf"
    assert prompt(store, "", store.active_path(chat))[0].content == FRAME


def test_another_branch_of_a_question_keeps_its_files(store: Store) -> None:
    chat = store.create_chat()
    first = add_question(store, chat, "One?", 1.0, attachments=keep_documents(store, [document()]))
    add_question(store, chat, "Better?", 2.0, instead_of=first.id)
    assert prompt(store, "", store.active_path(chat))[0].content == f"Better?\n\n{FRAME}"


async def test_a_question_that_waits_keeps_its_files_until_it_is_sent(tmp_path: Path) -> None:
    async with StoreThread(tmp_path / "history.db") as store:
        outbox = Outbox(store, "me")
        chat = await store.run(lambda s: s.create_chat())
        item = await outbox.put(chat, "", [document()])
        assert [waiting.title for waiting in await outbox.waiting()] == ["a.pdf"]
        dropped = await outbox.drop(item.id)
        assert dropped is not None
        await outbox.restore(dropped)
        taken = await outbox.take(item.id, 1.0)
        assert taken is not None
        [message] = await store.read(lambda s: prompt(s, "", s.path_to(taken.question.id)))
        assert message.content == FRAME


def test_a_file_that_this_computer_lacks_is_named_to_the_model(store: Store) -> None:
    chat = store.create_chat()
    add_question(store, chat, "One?", 1.0, attachments=[Attachment("gone.txt", "0" * 64, 5)])
    [message] = prompt(store, "", store.active_path(chat))
    assert message.content == "One?\n\nFile: gone.txt\n(Its text is not on this computer.)"


def answered(store: Store, chat: str, usage: Usage) -> None:
    [question] = store.active_path(chat, 1)
    answer = ChatMessage(
        id="answer", parent_id=question.id, role="assistant", content="Yes.", created_at=2.0, usage=usage
    )
    store.finish_message(chat, answer)


def test_tokens_are_counted_as_the_last_answer_of_the_chat_shows(store: Store) -> None:
    chat = store.create_chat()
    assert token_ratio(store, []) is RULE_OF_THUMB
    add_question(store, chat, "x" * 400, 1.0, attachments=keep_documents(store, [document(text="ä" * 300)]))
    answered(store, chat, Usage(prompt_tokens=512, cached_tokens=0, completion_tokens=1))
    ratio = token_ratio(store, store.active_path(chat))
    assert ratio.bytes_per_token == pytest.approx((400 + 2 + 12 + 4 + 600 + 4) / 512, rel=0.01)
    assert "measured in this chat" in ratio.source


def test_an_answer_to_a_shortened_prompt_says_nothing_about_tokens(store: Store) -> None:
    chat = store.create_chat()
    add_question(store, chat, "x" * 4000, 1.0)
    answered(store, chat, Usage(prompt_tokens=512, cached_tokens=0, completion_tokens=1, dropped_messages=3))
    assert token_ratio(store, store.active_path(chat)) is RULE_OF_THUMB


def node(name: str, state: str, *models: ModelInfo) -> NodeSnapshot:
    hello = Hello(
        protocol=1,
        node=NodeInfo(id=name, name=name, version="1", started_at=0.0),
        models=list(models),
        default_model=models[0].id if models else None,
        limits=Limits(1, 1, 1),
        principal=Principal("me", admin=False),
        archive=False,
    )
    return NodeSnapshot(name, "ws://x", state, 0.0, hello=hello)  # type: ignore[arg-type]


def test_the_largest_context_among_nodes_that_can_answer_is_what_counts() -> None:
    small = node("a", "online", ModelInfo(id="m", name="m", context=2048), ModelInfo(id="n", name="n", context=4096))
    large = node("b", "online", ModelInfo(id="m", name="m", context=8192))
    gone = node("c", "offline", ModelInfo(id="m", name="m", context=99_999))
    limits = DocumentLimits()

    def tokens(model: str | None, *nodes: NodeSnapshot) -> float:
        return room_for_files(nodes, model, RULE_OF_THUMB, limits).text_bytes / 4

    assert tokens("m", small, large, gone) == 6144
    assert tokens(None, small, gone) == 1536
    assert tokens("n", small, large) == 3072
    assert tokens("unknown", small, large) == tokens(None) == limits.question_text_bytes / 4
