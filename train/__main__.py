"""``python -m train``: train, export and evaluate the bundled guide model."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
from pathlib import Path

from train.record import CARD, MODEL, RUN, Export, corpus_fingerprint

STEPS = 7000
SEED = 20
TOKENIZER_DIALOGUES = 20_000
"""Dialogues that the tokeniser learns its merges from."""


def main() -> None:
    """Run one of the commands."""
    # Threads that wait by spinning are ruinous as soon as another process wants a core. Read when torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    options = _parser().parse_args()
    if options.command in ("train", "all"):
        _train(options)
    if options.command in ("export", "all"):
        _export(options)
    if options.command in ("evaluate", "all"):
        _evaluate(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    parser.add_argument("command", choices=("train", "export", "evaluate", "all"))
    parser.add_argument("--run", type=Path, default=RUN, help="directory of checkpoint, log and misses")
    parser.add_argument("--model", type=Path, default=MODEL, help="the GGUF to write or to evaluate")
    parser.add_argument("--card", type=Path, default=CARD, help="the model card to write")
    parser.add_argument("--no-card", action="store_true", help="only print the figures")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, help="time budget; the schedule is squeezed into it")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="forget the checkpoint")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


def _train(options: argparse.Namespace) -> None:
    import torch

    from train.corpus import sample
    from train.tokenizer import GuideTokenizer
    from train.training import TOKENIZER, Plan, planned, train

    torch.set_num_threads(options.threads)
    run: Path = options.run
    plan = Plan(options.steps, options.seed, corpus_fingerprint())
    if run.exists() and (options.fresh or planned(run) != plan):
        _say("beginning anew: " + ("as asked" if options.fresh else "the corpus, the steps or the seed have changed"))
        shutil.rmtree(run)
    run.mkdir(parents=True, exist_ok=True)
    path = run / TOKENIZER
    if not path.exists():
        rng = random.Random(f"{options.seed}/tokenizer")
        dialogues = (sample(rng) for _ in range(TOKENIZER_DIALOGUES))
        GuideTokenizer.fit(message.content for d in dialogues for message in d.messages).save(path)
    train(plan, sample, GuideTokenizer.load(path), run, minutes=options.minutes, say=_say)


def _export(options: argparse.Namespace) -> None:
    from train.evaluate import question_sets
    from train.export import TooLarge, export
    from train.gate import GateFailed

    questions = [question for members in question_sets().values() for question in members]
    try:
        export(options.run, options.model, questions, say=_say)
    except (GateFailed, TooLarge) as error:
        sys.exit(f"not exported, {options.model} is as it was: {error}")


def _evaluate(options: argparse.Namespace) -> None:
    from train.card import card
    from train.evaluate import evaluate

    summary = evaluate(options.model, options.run, say=_say)
    if not options.no_card:
        options.card.write_text(card(Export.load(options.run), summary), encoding="utf-8")


if __name__ == "__main__":
    main()
