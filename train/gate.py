"""The gate of the export: llama.cpp must compute what the training code computes.

A wrong rope, a wrong pre-tokeniser or a swapped tensor still gives a file that loads and speaks; only the comparison
shows it. The training code runs with the file's rounded weights, so that nothing but the computation can differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from train.corpus import Question
from train.network import Guide
from train.runner import Runner
from train.template import TURN_END
from train.tokenizer import GuideTokenizer

PROMPTS = 50
"""Questions whose whole greedy answers are compared."""

ANSWER_TOKENS = 600
"""Longest answer compared, in tokens."""

TIE = 0.25
"""Two tokens whose logits differ by less are a tie: llama.cpp also rounds the activations to 8 bits, which moves logits
by about so much, and either choice is then right."""

MOST_TIES = 5
"""Answers that may part at a tie."""


class GateFailed(Exception):
    """llama.cpp and the training code disagree."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was compared, and how many answers parted at a tie."""

    prompts: int
    tokens: int
    ties: int


def check(model: Guide, tokenizer: GuideTokenizer, runner: Runner, questions: Sequence[Question]) -> Outcome:
    """Compare tokenisation of every question, and the greedy answers to ``PROMPTS`` of them, evenly chosen.

    Raises:
        GateFailed: other tokens for a text, another choice where there is no tie, or too many ties.
    """
    for question in questions:
        for message in question.messages:
            ours, theirs = tokenizer.encode(message.content), runner.encode(message.content)
            if ours != theirs:
                raise GateFailed(f"{message.content!r} gives the tokens {theirs} where the training has {ours}")
    chosen = [questions[i * len(questions) // PROMPTS] for i in range(min(PROMPTS, len(questions)))]
    tokens = ties = 0
    for question in chosen:
        answer = runner.answer(question.messages, ANSWER_TOKENS)
        ids = list(answer.ids) + ([tokenizer.control(TURN_END)] if answer.ended else [])
        prompt = tokenizer.prompt(question.messages)
        tokens += len(ids)
        # Each token is the training code's choice after the same beginning: by induction the greedy texts are equal.
        with torch.no_grad():
            logits = model(torch.tensor([prompt + ids]))[0, len(prompt) - 1 : -1]
        differing = (logits.argmax(-1) != torch.tensor(ids)).nonzero().flatten()
        if not len(differing):
            continue
        at = int(differing[0])
        gap = float(logits[at].max() - logits[at, ids[at]])
        if gap >= TIE:
            raise GateFailed(
                f"after {question.messages[-1].content!r}, at token {at}: llama.cpp chose {tokenizer.decode([ids[at]])!r}, "
                f"the training code {tokenizer.decode([int(logits[at].argmax())])!r}, with a logit {gap:.2f} higher"
            )
        ties += 1
    if ties > MOST_TIES:
        raise GateFailed(f"{ties} of {len(chosen)} answers part at a tie, more than {MOST_TIES}: not a coincidence")
    return Outcome(len(chosen), tokens, ties)
