from __future__ import annotations

from llamachat.protocol import Cost, Usage
from llamachat.store import Store, UsageTotals
from tests.unit.store.building import answer, question


def test_what_answers_used_and_cost_is_summed_by_chat_and_by_time(store: Store) -> None:
    chat, other = store.create_chat(), store.create_chat()
    for place, at, cost in ((chat, 100.0, Cost(0.5, "EUR")), (chat, 200.0, None), (other, 300.0, Cost(2.0, "USD"))):
        asked = question(created_at=at)
        store.add_message(asked, place)
        given = answer(parent_id=asked.id, created_at=at, usage=Usage(10, 4, 3))
        store.finish_message(place, given, cost=cost)

    assert store.usage_totals(chat_id=chat) == UsageTotals(2, 20, 8, 6, (("EUR", 0.5),))
    assert store.usage_totals(since=200.0) == UsageTotals(2, 20, 8, 6, (("USD", 2.0),))
    assert store.usage_totals(chat_id=other, since=301.0) == UsageTotals()


def test_a_deleted_answer_was_paid_for(store: Store) -> None:
    chat = store.create_chat()
    given = answer(usage=Usage(10, 4, 3))
    store.add_message(given, chat)
    store.delete_message(given.id)
    assert store.usage_totals().answers == 1
