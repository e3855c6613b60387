"""Ask the exported file every evaluation question, through llama.cpp, and report."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from train import corpus
from train.corpus import Question
from train.record import BLIND
from train.runner import Runner
from train.scoring import Figures, Result, confusions, figures, judge, nearest_known, read_blind

MISSES = "misses.txt"
CONFUSIONS_SHOWN = 25
KNOWN_ANSWERS_SAMPLED = 20_000
"""Corpus samples from which the answers are learned that wrong answers are compared with."""

LABEL_WORDS = 9
"""Words of a known answer that stand for it in the list of misses."""


def question_sets() -> dict[str, list[Question]]:
    """All evaluation sets by name, the empty ones left out."""
    sets = {
        "held-out": corpus.heldout(),
        "near-domain": corpus.near_domain(),
        "foreign": corpus.foreign(),
        "tools": corpus.tools(),
        "tour": corpus.tour(),
        "scripts": corpus.scripts(),
        "blind": read_blind(BLIND),
    }
    return {name: questions for name, questions in sets.items() if questions}


def evaluate(model: Path, run: Path, *, say: Callable[[str], None]) -> list[Figures]:
    """Answer and score all sets; the misses go to ``misses.txt`` in the run's directory, with a table of confusions."""
    runner = Runner(model)
    summary: list[Figures] = []
    everything: list[tuple[str, Result]] = []
    try:
        for name, questions in question_sets().items():
            results = []
            for question in questions:
                answer = runner.answer(question.messages)
                results.append(judge(question, answer.text, answer.ended, corpus.is_refusal))
            summary.append(figures(name, results))
            everything += [(name, result) for result in results]
            say(_line(summary[-1]))
    finally:
        runner.close()
    run.mkdir(parents=True, exist_ok=True)
    (run / MISSES).write_text(_misses(everything), encoding="utf-8")
    say(f"misses: {run / MISSES}")
    return summary


def known_answers() -> dict[str, str]:
    """Answers that the corpus gives, each with a label: its first words, or that it is a refusal."""
    rng = random.Random(0)
    answers: dict[str, str] = {}
    for _ in range(KNOWN_ANSWERS_SAMPLED):
        dialogue = corpus.sample(rng)
        answer = dialogue.messages[-1].content
        answers[answer] = "a refusal" if corpus.is_refusal(answer) else " ".join(answer.split()[:LABEL_WORDS])
    return answers


def _line(entry: Figures) -> str:
    return (
        f"{entry.name:12} {entry.right:4}/{entry.questions:<4} right {entry.right_share:6.1%}   "
        f"refused wrongly {entry.refused:3}   ended by itself {entry.ended / entry.questions:.1%}"
    )


def _misses(results: Sequence[tuple[str, Result]]) -> str:
    nearest = nearest_known(known_answers())
    known = [result for _, result in results if not result.question.refuse]
    lines = ["Confused most often (key facts asked for -> what was answered: times):"]
    lines += [f"  {a} -> {b}: {n}" for a, b, n in confusions(known, nearest)[:CONFUSIONS_SHOWN]]
    for name, result in results:
        if result.right and result.ended:
            continue
        question = result.question
        wanted = "a refusal" if question.refuse else "the exact text" if question.exact else str(question.expect)
        asked = " / ".join(f"{message.role}: {message.content!r}" for message in question.messages)
        lines += [
            "",
            f"[{name}] {question.kind}, answered: {nearest(result.answer)}{'' if result.ended else ', endless'}",
            f"  {asked[:600]}",
            f"  wanted: {wanted}",
            f"  answer: {result.answer[:600]!r}",
        ]
    return "\n".join(lines) + "\n"
