"""Intents: enough wordings, one owner for each, answers that hold the facts that they are judged by."""

from __future__ import annotations

import random

import pytest

from train.corpus import TOUR, is_refusal, mix
from train.corpus.dialogue import Message
from train.corpus.facts import BY_NAME, FACTS
from train.corpus.followup_words import ASKS, ENTRIES
from train.corpus.followups import FOLLOW_UPS
from train.corpus.frames import rough
from train.corpus.grammar import Intent, draw_phrase, expand, held_out, normalise, trained_phrases
from train.corpus.owners import OWNERS
from train.corpus.refusals import INSTRUCTIONS, LONG_TEXT, NO_CALCULATOR, NO_CLOCK, NOT_ARITHMETIC, UNKNOWN, UNREADABLE
from train.corpus.smalltalk import TALK
from train.corpus.tour import INTENT as TOUR_INTENT

KNOWN = (*FACTS, *TALK, TOUR_INTENT)


@pytest.mark.parametrize("intent", KNOWN, ids=lambda intent: intent.name)
def test_an_intent_has_thirty_wordings_to_train_on(intent: Intent) -> None:
    kept = {normalise(phrase) for _, phrase in intent.phrases() if not held_out(phrase, intent.name)}
    assert len(kept) >= 30


@pytest.mark.parametrize("intent", KNOWN, ids=lambda intent: intent.name)
def test_an_answer_has_the_facts_it_is_judged_by(intent: Intent) -> None:
    assert intent.expect
    for fact in intent.expect:
        assert any(form.lower() in intent.answer.lower() for form in fact.split("|"))


def test_a_known_answer_is_no_refusal() -> None:
    assert not [intent.name for intent in KNOWN if is_refusal(intent.answer)]
    assert not [follow_up for follow_up in FOLLOW_UPS if is_refusal(follow_up.answer)]


def test_every_refusal_is_recognised() -> None:
    for text in (*UNKNOWN, UNREADABLE, INSTRUCTIONS, LONG_TEXT, NO_CALCULATOR, NO_CLOCK, NOT_ARITHMETIC):
        assert is_refusal(text)


def test_names_are_unique_and_owners_exist() -> None:
    assert len(BY_NAME) == len(FACTS)
    assert set(OWNERS.values()) <= set(BY_NAME)


def test_no_phrase_belongs_to_two_intents() -> None:
    owner: dict[str, str] = {}
    for intent in KNOWN:
        for _, phrase in intent.phrases():
            assert owner.setdefault(normalise(phrase), intent.name) == intent.name, phrase


def test_follow_ups_name_known_intents_and_hold_their_facts() -> None:
    for follow_up in FOLLOW_UPS:
        assert follow_up.after in BY_NAME
        for fact in follow_up.expect:
            assert any(form.lower() in follow_up.answer.lower() for form in fact.split("|")), follow_up


def test_a_follow_up_has_one_answer_after_a_turn() -> None:
    pairs = [(follow_up.after, follow_up.ask) for follow_up in FOLLOW_UPS]
    assert len(pairs) == len(set(pairs))


def test_an_answer_that_looks_like_an_intent_is_one() -> None:
    assert not [answer for _, _, answer, _ in ENTRIES if " " not in answer and "." in answer and answer not in BY_NAME]


@pytest.mark.parametrize("ask", ASKS)
def test_follow_up_wordings_are_many(ask: str) -> None:
    assert len({phrase for pattern in ASKS[ask] for phrase in expand(pattern)}) >= 12


def test_the_tour_has_every_kind_of_block_and_fits_the_context() -> None:
    assert 1700 <= len(TOUR) <= 2300
    for part in ("# A tour", "## 2.", "| --- |", "```sh", "\n- ", "\n1. "):
        assert part in TOUR


def test_the_tour_is_trained_byte_for_byte() -> None:
    rng = random.Random(5)
    tours = [dialogue for dialogue in (mix.draw(rng) for _ in range(3000)) if dialogue.kind == "tour"]
    assert len(tours) > 20
    assert all(dialogue.messages[-1] == Message("assistant", TOUR) for dialogue in tours)


def test_patterns_expand_to_every_choice() -> None:
    assert expand("a (b|c [d])") == ("a b", "a c", "a c d")
    assert expand("[(x|y)] z") == ("z", "x z", "y z")
    with pytest.raises(ValueError, match="unbalanced"):
        expand("a b) c")


def test_every_pattern_of_the_facts_can_be_expanded() -> None:
    for intent in KNOWN:
        for patterns in intent.wordings.values():
            for pattern in patterns:
                for phrase in expand(pattern):
                    assert phrase
                    assert not set(phrase) & set("()[]|"), phrase


def test_held_out_phrases_are_never_drawn() -> None:
    rng = random.Random(1)
    for intent in FACTS[:40]:
        for _ in range(60):
            _, phrase = draw_phrase(rng, intent)
            assert not held_out(phrase, intent.name)
            assert normalise(phrase) not in intent.elsewhere


def test_about_one_phrase_in_twenty_is_held_out() -> None:
    phrases = [(intent.name, phrase) for intent in FACTS for _, phrase in intent.phrases()]
    share = sum(held_out(phrase, name) for name, phrase in phrases) / len(phrases)
    assert 0.04 < share < 0.06


def test_holding_out_ignores_case_and_marks() -> None:
    phrases = trained_phrases("add (a|the|another) node", "nodes.add")
    assert all(not held_out(f"{phrase.upper()}?!", "nodes.add") for phrase in phrases)


def test_a_tidy_wording_keeps_its_words() -> None:
    rng = random.Random(2)
    for _ in range(200):
        assert normalise(rough(rng, "how do i add a node", 0.0)) == "how do i add a node"
