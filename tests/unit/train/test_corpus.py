"""The corpus as a whole: shares, determinism, and that nothing the evaluation asks is trained on."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from train import corpus
from train.corpus.dialogue import Dialogue, Question
from train.corpus.evaluation import heldout_wordings
from train.corpus.grammar import normalise
from train.corpus.mix import SHARES, users

DRAWS = 20_000


@pytest.fixture(scope="module")
def drawn() -> list[Dialogue]:
    rng = random.Random(7)
    return [corpus.sample(rng) for _ in range(DRAWS)]


def test_sampling_is_a_function_of_the_seed() -> None:
    first, second = (random.Random(3), random.Random(3))
    assert [corpus.sample(first) for _ in range(300)] == [corpus.sample(second) for _ in range(300)]
    assert corpus.sample(random.Random(3)) != corpus.sample(random.Random(4))


def test_kinds_come_in_their_shares(drawn: list[Dialogue]) -> None:
    counts = Counter(dialogue.kind for dialogue in drawn)
    assert set(counts) == set(SHARES)
    for kind, share in SHARES.items():
        assert counts[kind] / DRAWS == pytest.approx(share, rel=0.2, abs=0.003)


def test_no_wording_of_the_evaluation_is_trained_on(drawn: list[Dialogue]) -> None:
    kept = heldout_wordings()
    assert len(kept) > 450
    assert not [dialogue for dialogue in drawn if not kept.isdisjoint(users(dialogue))]


def test_every_dialogue_alternates_and_ends_with_the_assistant(drawn: list[Dialogue]) -> None:
    for dialogue in drawn:
        roles = [message.role for message in dialogue.messages]
        assert roles[-1] == "assistant"
        assert "system" not in roles[1:]
        spoken = [role for role in roles if role != "system"]
        assert spoken[0] == "user"
        followers = {"user": {"assistant"}, "assistant": {"user", "tool"}, "tool": {"assistant"}}
        assert all(later in followers[role] for role, later in pairwise(spoken))
        assert all(message.content for message in dialogue.messages)


def test_answers_keep_to_plain_characters(drawn: list[Dialogue]) -> None:
    told = {m.content for dialogue in drawn for m in dialogue.messages if m.role == "assistant"}
    assert all(text.isascii() for text in told)


def test_most_answers_are_short_and_long_dialogues_fill_the_context(drawn: list[Dialogue]) -> None:
    lengths = [len(d.messages[-1].content) for d in drawn if d.kind == "fact"]
    assert sum(length < 330 for length in lengths) > 0.85 * len(lengths)
    sizes = [sum(len(m.content) for m in d.messages) for d in drawn if d.kind == "long"]
    assert min(sizes) > 4000
    assert max(sizes) < 9000


QUESTION_SETS = {
    "fact": corpus.heldout,
    "near": corpus.near_domain,
    "foreign": corpus.foreign,
    "tool": corpus.tools,
    "tour": corpus.tour,
    "script": corpus.scripts,
}


@pytest.mark.parametrize("kind", QUESTION_SETS)
def test_questions_are_of_their_kind_the_same_each_time_and_end_with_the_user(kind: str) -> None:
    questions: list[Question] = QUESTION_SETS[kind]()
    assert questions == QUESTION_SETS[kind]()
    assert len(questions) >= 10
    assert {question.kind for question in questions} == {kind}
    assert all(question.messages[-1].role == "user" for question in questions)


def test_each_question_can_be_judged() -> None:
    for question in [*corpus.heldout(), *corpus.near_domain(), *corpus.foreign(), *corpus.tools(), *corpus.tour()]:
        assert question.expect or question.refuse or question.exact is not None


def test_unknown_things_are_to_be_refused() -> None:
    assert all(question.refuse for question in [*corpus.near_domain(), *corpus.foreign()])


def test_near_domain_questions_differ_from_each_other() -> None:
    texts = {normalise(question.messages[-1].content) for question in corpus.near_domain()}
    assert len(texts) > 90
