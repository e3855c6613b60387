"""Random faults against real daemons: python -m tests.faults [--scenarios 500] [--seed N] [--jobs 2]

Every scenario follows from its seed; the seeds of a run follow each other. Exit status 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import time
from typing import Final

from tests.faults import report
from tests.faults.running import play
from tests.faults.scenario import QUICK, Outcome

TOLD_EVERY: Final = 50
EXIT_INTERRUPTED: Final = 130


def main(arguments: list[str]) -> int:
    """Plays the scenarios and prints the table."""
    options = _options(arguments)
    seed: int = options.seed if options.seed is not None else secrets.randbits(31)
    print(f"{options.scenarios} scenarios from --seed {seed}", flush=True)
    began = time.monotonic()
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if outcome.wrong:
            print(report.failure(outcome), flush=True)
        if options.verbose:
            print(_line(outcome), flush=True)
        elif len(outcomes) % TOLD_EVERY == 0:
            print(f"{len(outcomes)} of {options.scenarios}, {time.monotonic() - began:.0f} s", flush=True)

    status = 0
    try:
        asyncio.run(
            play(
                range(seed, seed + options.scenarios),
                lanes=min(options.jobs, options.scenarios),
                limits=QUICK if options.quick else None,
                tell=tell,
            )
        )
    except KeyboardInterrupt:
        print("interrupted")
        status = EXIT_INTERRUPTED
    print(
        f"\n{report.table(outcomes)}\n\n{len(outcomes)} scenarios from --seed {seed}, {time.monotonic() - began:.0f} s"
    )
    failed = sorted(outcome.plan.seed for outcome in outcomes if outcome.wrong)
    for number in failed:
        print(f"failed: --seed {number} --scenarios 1")
    return 1 if failed else status


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--scenarios", type=_at_least_one, default=500, metavar="N", help="how many [500]")
    parser.add_argument("--seed", type=int, metavar="N", help="of the first scenario [a random one]")
    parser.add_argument("--jobs", type=_at_least_one, default=2, metavar="N", help="scenarios at a time [2]")
    parser.add_argument("--quick", action="store_true", help="notice silences sooner than the program does")
    parser.add_argument("--verbose", action="store_true", help="a line for each scenario")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _line(outcome: Outcome) -> str:
    pause = "–" if outcome.pause_s is None else f"{outcome.pause_s:.2f} s"
    return (
        f"{outcome.plan.seed}: {outcome.plan.kind}, {len(outcome.plan.turns)} turns, {outcome.struck} struck, "
        f"{outcome.failovers} failovers, {outcome.attaches} attaches, pause {pause}, {outcome.seconds:.1f} s in all"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
