from __future__ import annotations

from pathlib import Path
from typing import Any

from llamachat.protocol import ChatMessage
from llamachat.store import Store
from tests.unit.store.building import NOW, HandClock, answer, question, texts


def begun(store: Store, text: str = "Quan", **fields: Any) -> tuple[str, ChatMessage]:
    """A chat with a question and an answer that is being written by the attempt "t1" on llama-01."""
    chat = store.create_chat()
    asked = question("What is quantum computing?")
    store.add_message(asked, chat)
    partial = answer(text, parent_id=asked.id, finish_reason=None, **fields)
    store.save_partial(
        chat, partial, attempt_id="t1", node="llama-01", tokens=[1, 2**32 - 1, 3], fingerprint="f", seed=2**53 - 1,
        request={"params": {"temperature": 0.7}},
    )  # fmt: skip
    return chat, partial


def grown(message: ChatMessage, text: str, **fields: Any) -> ChatMessage:
    return answer(text, id=message.id, parent_id=message.parent_id, created_at=message.created_at, **fields)


def test_an_open_attempt_is_there_after_a_restart(path: Path, clock: HandClock) -> None:
    with Store.open(path, now=clock) as store:
        chat, partial = begun(store)
        clock.now += 1
        longer = grown(partial, "Quantum", finish_reason=None)
        store.save_partial(chat, longer, attempt_id="t1", node="llama-01", tokens=[1, 2, 3, 4], fingerprint="f", seed=7)

    with Store.open(path, now=clock) as store:
        (attempt,) = store.open_attempts()
        shown = store.active_path(chat)[-1]

    assert (attempt.id, attempt.message_id, attempt.chat_id) == ("t1", partial.id, chat)
    assert (attempt.node, attempt.model, attempt.fingerprint, attempt.seed) == ("llama-01", "llama3-8b", "f", 7)
    assert (attempt.offset, attempt.token_offset, attempt.tokens) == (7, 4, (1, 2, 3, 4))
    assert attempt.request == {"params": {"temperature": 0.7}}
    assert (attempt.created_at, attempt.saved_at) == (NOW, NOW + 1)
    assert (shown.content, shown.state) == ("Quantum", "partial")


def test_tokens_seed_offsets_and_request_are_kept_whole_and_replaced(store: Store) -> None:
    chat, partial = begun(store)
    assert store.open_attempts()[0].tokens == (1, 2**32 - 1, 3)
    assert store.open_attempts()[0].seed == 2**53 - 1
    store.save_partial(chat, partial, attempt_id="t1", node="llama-01", offset=1, token_offset=2)
    assert [(a.offset, a.token_offset) for a in store.open_attempts(chat)] == [(1, 2)]
    assert store.open_attempts("another") == []
    assert store.open_attempts()[0].request == {"params": {"temperature": 0.7}}
    store.save_partial(chat, partial, attempt_id="t1", node="llama-01", request={"released": True})
    assert store.open_attempts()[0].request == {"released": True}


def test_finishing_closes_the_attempt(store: Store) -> None:
    chat, partial = begun(store)
    store.finish_message(chat, grown(partial, "Quantum computing."))

    assert store.open_attempts() == []
    assert store.message(partial.id).state == "complete"
    assert texts(store.active_path(chat)) == ["What is quantum computing?", "Quantum computing."]


def test_a_partial_answer_is_found_once_it_has_ended(store: Store) -> None:
    chat, partial = begun(store, "superposition")
    assert store.search("superposition") == []
    store.finish_message(chat, grown(partial, "superposition and entanglement"))
    assert [hit.message_id for hit in store.search("superposition")] == [partial.id]
    assert store.integrity_check() == []


def test_an_attempt_that_is_given_up_leaves_a_failed_answer_with_its_text(store: Store) -> None:
    _, partial = begun(store, "superposition")
    store.drop_attempt("t1")
    store.drop_attempt("t1")

    assert store.open_attempts() == []
    assert (store.message(partial.id).state, store.message(partial.id).content) == ("failed", "superposition")
    assert [hit.message_id for hit in store.search("superposition")] == [partial.id]


def test_a_failover_leaves_the_first_attempt_to_be_cancelled(store: Store) -> None:
    chat, partial = begun(store)
    store.save_partial(chat, partial, attempt_id="t2", node="llama-02", tokens=[1])

    assert [attempt.id for attempt in store.open_attempts()] == ["t2"]
    assert [(a.id, a.node) for a in store.abandoned_attempts()] == [("t1", "llama-01")]
    store.finish_message(chat, grown(partial, "done"))
    assert store.open_attempts() == []
    store.drop_attempt("t1")
    assert store.abandoned_attempts() == []
    assert store.message(partial.id).state == "complete"


def test_a_complete_answer_never_changes_to_a_lesser_one(store: Store) -> None:
    chat, partial = begun(store)
    store.finish_message(chat, grown(partial, "The whole answer."))
    before = store.message(partial.id)
    store.finish_message(chat, grown(partial, "The whole"))
    store.finish_message(chat, grown(partial, "The whole answer, longer", finish_reason=None), state="failed")

    assert store.message(partial.id) == before


def test_an_answer_that_is_taken_up_again_grows_and_is_complete_if_given_up(store: Store) -> None:
    chat, partial = begun(store)
    store.finish_message(chat, grown(partial, "cut at", finish_reason="length"))
    going_on = grown(partial, "cut at the limit", finish_reason=None)
    store.save_partial(chat, going_on, attempt_id="t2", node="llama-01")

    assert store.message(partial.id).state == "partial"
    store.drop_attempt("t2")
    ended = store.message(partial.id)
    assert (ended.state, ended.content, ended.finish_reason) == ("complete", "cut at the limit", "length")
    store.save_partial(chat, going_on, attempt_id="t3", node="llama-01")
    store.finish_message(chat, grown(partial, "cut at the limit, then ended"))
    assert store.message(partial.id).content == "cut at the limit, then ended"


def test_an_answer_deleted_while_it_runs_stays_deleted(store: Store) -> None:
    chat, partial = begun(store)
    store.delete_message(partial.id)
    store.save_partial(chat, grown(partial, "Quantum", finish_reason=None), attempt_id="t1", node="llama-01")
    store.finish_message(chat, grown(partial, "Quantum computing"))

    assert texts(store.active_path(chat)) == ["What is quantum computing?"]
    assert store.message(partial.id).deleted_at is not None
