from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llamachat.protocol import Seam
from llamachat.store import QueryError, SearchHit, Store, StoreLimits
from tests.unit.store.building import answer, question


def stored(store: Store, *contents: str, title: str = "", folder: str | None = None, **fields: Any) -> list[str]:
    """A chat with answers of these texts; returns the messages' ids."""
    chat = store.create_chat(title)
    store.set_folder(chat, folder)
    messages = [answer(content, **fields) for content in contents]
    for message in messages:
        store.add_message(message, chat)
    return [message.id for message in messages]


def found(store: Store, text: str, **options: Any) -> set[str | None]:
    return {hit.message_id for hit in store.search(text, **options)}


def marked(hit: SearchHit) -> str:
    return "".join(f"[{part.text}]" if part.match else part.text for part in hit.snippet)


def test_every_word_must_occur_in_any_order(store: Store) -> None:
    both, _ = stored(store, "The quick brown fox", "The quick one")
    assert found(store, "fox quick") == {both}


@pytest.mark.parametrize("typed", ["cafe", "CAFÉ", "Café", "cafe\u0301"])
@pytest.mark.parametrize("written", ["café", "CAFE\u0301", "Cafe"])
def test_case_and_diacritics_do_not_matter_and_the_match_is_marked(store: Store, typed: str, written: str) -> None:
    stored(store, f"the {written} there")
    (hit,) = store.search(typed)
    assert marked(hit) == f"the [{written}] there"


def test_a_phrase_must_occur_as_written(store: Store) -> None:
    right, _ = stored(store, "add a node, please", "a node to add")
    assert found(store, '"add a node"') == {right}
    assert found(store, '"add a no"*') == {right}
    assert found(store, '"add a node') == {right}


def test_a_star_finds_what_begins_so(store: Store) -> None:
    one, two, _ = stored(store, "quantum", "Quantität", "equant")
    assert found(store, "quant*") == {one, two}
    assert found(store, "quant") == set()
    with pytest.raises(QueryError, match="one more letter"):
        store.search("q*")


def test_while_typing_the_last_word_may_go_on_and_an_unfinished_filter_is_left_out(store: Store) -> None:
    (one,) = stored(store, "quantum computing")
    assert found(store, "quantum comp") == set()
    assert found(store, "quantum comp", typing=True) == {one}
    assert found(store, "quantum comp ", typing=True) == set()
    assert found(store, "quantum co", typing=True) == set()
    assert found(store, "quantum role:as", typing=True) == {one}
    assert found(store, "quantum before:20", typing=True) == {one}


@pytest.mark.parametrize("typed", ["计算", "量子计", "量子 力学", "力学*", "ひらがな", "ภาษา"])
def test_scripts_without_spaces_are_searched_by_any_part(store: Store, typed: str) -> None:
    hit, _ = stored(store, "量子计算和量子力学, also ひらがなです and ภาษาไทย here", "完全不同的东西")
    assert found(store, typed) == {hit}


def test_a_match_in_a_script_without_spaces_is_marked(store: Store) -> None:
    stored(store, "关于量子计算的说明")
    assert marked(store.search("计算")[0]) == "关于量子[计算]的说明"


def test_titles_are_found_too_and_come_first(store: Store) -> None:
    (message,) = stored(store, "about lisbon in spring", title="Trip to Lisbon")
    hits = store.search("lisbon")
    assert [hit.message_id for hit in hits] == [None, message]
    assert marked(hits[0]) == "Trip to [Lisbon]"
    assert found(store, "lisbon role:assistant") == {message}


def test_a_word_of_many_titles_leaves_room_for_messages(store: Store) -> None:
    for number in range(20):
        stored(store, f"lisbon {number}", title=f"Lisbon {number}")
    hits = store.search("lisbon", 20)
    assert len(hits) == 20
    assert sum(hit.message_id is None for hit in hits) == 5


def test_while_typing_two_letters_are_enough_to_find_a_title(store: Store) -> None:
    stored(store, "else", title="Quantum computing")
    assert [hit.title for hit in store.search("quantum co", typing=True)] == ["Quantum computing"]


def test_a_renamed_chat_is_found_by_its_new_title_only(store: Store) -> None:
    chat = store.create_chat("before")
    store.rename(chat, "after")
    assert store.search("before") == []
    assert [hit.chat_id for hit in store.search("after")] == [chat]


def test_the_text_that_is_more_about_it_ranks_first(store: Store) -> None:
    stored(store, "a long text that mentions llamas once " + "and many other things " * 40)
    (about,) = stored(store, "llamas: llamas live with llamas")
    assert store.search("llamas")[0].message_id == about


def test_filters_narrow_by_folder_model_node_and_role(store: Store) -> None:
    (work,) = stored(store, "node", folder="Work", model="llama3-8b-instruct", seams=[Seam("llama-01", 0)])
    (home,) = stored(store, "node", folder="home", model="qwen3", seams=[Seam("box", 0), Seam('we"ird', 5)])
    chat = store.create_chat()
    asked = question("node")
    store.add_message(asked, chat)

    assert found(store, "node in:work") == {work}
    assert found(store, "node model:LLAMA3") == {work}
    assert found(store, "node node:llama-0") == {work}
    assert found(store, "node:box") == {home}
    assert found(store, "node:we") == {home}
    assert found(store, "node:node") == set()
    assert found(store, "node role:user") == {asked.id}
    assert found(store, 'in:"work" node role:assistant MODEL:llama') == {work}
    assert found(store, "node in:nowhere") == set()


def test_before_and_after_are_days_where_the_reader_is(store: Store) -> None:
    moment = datetime(2025, 3, 31, 23, 30, tzinfo=UTC).timestamp()
    (late,) = stored(store, "midnight", created_at=moment)
    east = timezone(timedelta(hours=1))

    assert found(store, "midnight after:2025-03-31", tz=UTC) == {late}
    assert found(store, "midnight after:2025-04", tz=UTC) == set()
    assert found(store, "midnight before:2025-04-01", tz=UTC) == {late}
    assert found(store, "midnight before:2025-03-31", tz=UTC) == set()
    assert found(store, "midnight after:2025-4-1", tz=east) == {late}
    assert found(store, "midnight before:2026 after:2025", tz=UTC) == {late}


def test_today_and_yesterday_are_days_too(store: Store) -> None:
    stored(store, "sooner", created_at=store._db.now() - 3 * 86_400)
    assert found(store, "sooner after:yesterday", tz=UTC) == set()
    assert len(found(store, "sooner before:today", tz=UTC)) == 1


def test_filters_alone_give_the_newest_messages(store: Store) -> None:
    first, second = stored(store, "one", "two", model="qwen3")
    assert [hit.message_id for hit in store.search("model:qwen3")] == [second, first]


def test_a_snippet_shows_the_match_in_a_long_text_on_one_line(store: Store) -> None:
    stored(store, "word " * 500 + "here\n\nis the needle\tindeed " + "word " * 500)
    (hit,) = store.search("needle")
    text = marked(hit)
    assert "here is the [needle] indeed" in text
    assert text.startswith("…word")
    assert text.endswith("word…")
    assert len(text) < 200
    assert "\n" not in text


def test_markup_in_a_message_stays_text(store: Store) -> None:
    stored(store, "[b]bold[/b] <b>needle</b> \x1b[31m")
    (hit,) = store.search("needle")
    assert [part.text for part in hit.snippet if part.match] == ["needle"]
    assert "".join(part.text for part in hit.snippet) == "[b]bold[/b] <b>needle</b> \x1b[31m"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "nothing to search for"),
        ("   ", "nothing to search for"),
        ("!!! ???", "nothing to search for"),
        ("role:robot", "no role"),
        ("before:soon", "no day"),
        ("after:2025-02-30", "no day"),
        ("after:0000", "no day"),
        ("x in:", "needs a folder"),
        ("in:a in:b", "twice"),
        ("x" * 1_001, "at most 1000"),
        ("ab " * 33, "at most 32"),
    ],
)
def test_what_cannot_be_searched_for_is_explained(store: Store, typed: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        store.search(typed)


one_store_for_all_examples = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SYNTAX = """
    " * ( ) AND OR NOT NEAR( ^ - + : { } body body: rowid ' -- % _ in: model: node: role:user before: after:2025 word 量
"""
syntax = st.lists(st.sampled_from([*SYNTAX.split(), " ", "\x00", "\ud800"]), max_size=12).map("".join)


@one_store_for_all_examples
@given(typed=syntax | st.text(st.characters(), max_size=60), typing=st.booleans())
@example(typed='"a" OR body:x) NEAR(', typing=True)
@example(typed="a\x00b", typing=False)
def test_any_text_at_all_gives_hits_or_says_why_not(store: Store, typed: str, typing: bool) -> None:
    try:
        hits = store.search(typed, typing=typing)
    except QueryError as error:
        assert str(error).endswith(".")
    else:
        assert hits == []


@one_store_for_all_examples
@given(content=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80), data=st.data())
def test_any_word_of_a_message_finds_it(store: Store, content: str, data: st.DataObject) -> None:
    words = [word for word in content.split() if word.isascii() and word.isalnum()]
    chat = store.create_chat()
    message = question(content)
    store.add_message(message, chat)
    if words:
        word = data.draw(st.sampled_from(words))
        assert message.id in {hit.message_id for hit in store.search(f'"{word}"', 100_000)}


def test_operators_are_words(store: Store) -> None:
    (hit,) = stored(store, "this AND that or not")
    assert found(store, "AND") == {hit}
    assert found(store, "this OR nothing") == set()
    assert found(store, "-that") == {hit}


def test_of_very_many_matches_the_latest_stored_are_ranked(path: Path) -> None:
    with Store.open(path, limits=StoreLimits(ranked_matches=3)) as store:
        ids = stored(store, *["same words"] * 5)
        assert found(store, "same") == set(ids[2:])
