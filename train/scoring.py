"""Whether an answer is right, by the key facts that it must contain; figures of a set of questions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.corpus import Message, Question


@dataclass(frozen=True, slots=True)
class Result:
    """A question, the model's answer, and the verdict."""

    question: Question
    answer: str
    ended: bool
    right: bool
    refused: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What one set of questions came to; ``refused`` counts refusals of questions that have an answer."""

    name: str
    questions: int
    right: int
    ended: int
    refused: int

    @property
    def right_share(self) -> float:
        """Share of right answers."""
        return self.right / self.questions


def judge(question: Question, answer: str, ended: bool, is_refusal: Callable[[str], bool]) -> Result:
    """Score one answer; ``ended`` tells whether the model ended it itself.

    Right is: for a question outside the guide's knowledge, a refusal; for a question with an exact answer, that answer
    byte for byte; else an answer that is no refusal and contains every expected item, ignoring case (alternatives
    inside an item are separated by ``|``). Where nothing is expected, any answer that ends by itself is right.
    """
    refused = is_refusal(answer)
    if question.refuse:
        right = refused
    elif question.exact is not None:
        right = answer == question.exact
    elif not question.expect:
        right = ended
    else:
        right = not refused and contains_all(answer, question.expect)
    return Result(question, answer, ended, right, refused)


def _answerable(question: Question) -> bool:
    return bool(question.expect) or question.exact is not None


def contains_all(answer: str, expected: Iterable[str]) -> bool:
    """Whether every item, or one of its alternatives, occurs in the answer, ignoring case and line breaks."""
    text = " ".join(answer.casefold().split())
    return all(any(option.strip().casefold() in text for option in item.split("|")) for item in expected)


def figures(name: str, results: Sequence[Result]) -> Figures:
    """Sum up a set."""
    return Figures(
        name,
        len(results),
        sum(result.right for result in results),
        sum(result.ended for result in results),
        sum(result.refused and _answerable(result.question) for result in results),
    )


def read_blind(directory: Path) -> list[Question]:
    """The questions of all ``*.json`` files of a directory, each a list of ``{"question", "expect", "refuse"}``.

    Raises:
        ValueError: a file that is not of this form; names the file and what is wrong.
    """
    questions: list[Question] = []
    for path in sorted(directory.glob("*.json")):
        try:
            for entry in json.loads(path.read_text(encoding="utf-8")):
                refuse = bool(entry.get("refuse", False))
                expect = tuple(str(item) for item in entry.get("expect", ()))
                if not refuse and not expect:
                    raise ValueError(f"{entry['question']!r} expects nothing: every wrong answer would be right")
                message = Message("user", str(entry["question"]))
                kind = "refuse" if refuse else "known"
                questions.append(Question((message,), kind=kind, expect=expect, refuse=refuse))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from error
    return questions


def confusions(results: Iterable[Result], nearest: Callable[[str], str]) -> list[tuple[str, str, int]]:
    """For the wrong answers: the key facts asked for, what was answered, how often; the most frequent first."""
    pairs = Counter((" + ".join(r.question.expect), nearest(r.answer)) for r in results if not r.right)
    return [(asked, answered, count) for (asked, answered), count in pairs.most_common()]


def nearest_known(known: Mapping[str, str]) -> Callable[[str], str]:
    """A function that gives the label of the known answer (text to label) sharing most words with an answer."""
    words = [(frozenset(text.casefold().split()), label) for text, label in known.items()]

    def nearest(answer: str) -> str:
        if answer in known:
            return known[answer]
        mine = frozenset(answer.casefold().split())
        return max(words, key=lambda entry: len(mine & entry[0]) / max(1, len(mine | entry[0])))[1]

    return nearest
