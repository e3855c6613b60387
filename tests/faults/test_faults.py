"""A short run of the fault harness over real daemons, a scenario for each kind of fault."""

from __future__ import annotations

import pytest

from tests.faults import report
from tests.faults.plan import KINDS
from tests.faults.running import play
from tests.faults.scenario import QUICK, Outcome

SEED = 3 * len(KINDS)
HALF = len(KINDS) // 2


def _told(outcome: Outcome) -> None:
    if outcome.wrong:
        print(report.failure(outcome))


@pytest.mark.parametrize(
    "seeds", [range(SEED, SEED + HALF), range(SEED + HALF, SEED + len(KINDS))], ids=["network", "processes"]
)
async def test_every_answer_is_the_undisturbed_one_whatever_happens_to_the_nodes(seeds: range) -> None:
    outcomes = await play(seeds, lanes=1, limits=QUICK, tell=_told)
    assert [report.failure(outcome) for outcome in outcomes if outcome.wrong] == []
    assert [outcome.plan.kind for outcome in outcomes if not outcome.struck] == []
    assert sum(outcome.failovers + outcome.attaches for outcome in outcomes) > 0
