"""Processes killed at random moments: python -m tests.kills [--kills 1000] [--seed N] [--jobs 2]

SIGKILL strikes processes that write, search, sync or upgrade a history, or take in an archive what clients push. After
each kill the file must be sound and hold everything that was acknowledged. Every four kills follow from one seed; the
seeds of a run follow each other. Exit status 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import time
from typing import Final

from tests.kills import report
from tests.kills.plan import KILLS_IN_A_ROW, plan
from tests.kills.running import play
from tests.kills.scenario import Outcome

TOLD_EVERY: Final = 25
EXIT_INTERRUPTED: Final = 130


def main(arguments: list[str]) -> int:
    """Plays the plans and prints the table."""
    options = _options(arguments)
    seed: int = options.seed if options.seed is not None else secrets.randbits(31)
    histories = -(-options.kills // KILLS_IN_A_ROW)
    print(f"{histories * KILLS_IN_A_ROW} kills from --seed {seed}", flush=True)
    began = time.monotonic()
    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if outcome.wrong:
            print(report.failure(outcome), flush=True)
        if len(outcomes) % TOLD_EVERY == 0:
            print(f"{len(outcomes) * KILLS_IN_A_ROW} kills, {time.monotonic() - began:.0f} s", flush=True)

    status = 0
    try:
        asyncio.run(play(map(plan, range(seed, seed + histories)), lanes=options.jobs, tell=tell))
    except KeyboardInterrupt:
        print("interrupted")
        status = EXIT_INTERRUPTED
    print(f"\n{report.table(outcomes)}\n\nfrom --seed {seed}, {time.monotonic() - began:.0f} s")
    failed = sorted(outcome.plan.seed for outcome in outcomes if outcome.wrong)
    for number in failed:
        print(f"failed: --seed {number} --kills {KILLS_IN_A_ROW}")
    return 1 if failed else status


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=_at_least_one, default=1000, metavar="N", help="how many [1000]")
    parser.add_argument("--seed", type=int, metavar="N", help="of the first history [a random one]")
    parser.add_argument("--jobs", type=_at_least_one, default=2, metavar="N", help="histories at a time [2]")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
