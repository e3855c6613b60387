"""A short run of the kills, one history for each kind of work."""

from __future__ import annotations

from tests.kills import report
from tests.kills.plan import KINDS, plan
from tests.kills.running import play
from tests.kills.scenario import Outcome

SEED = 7 * len(KINDS)


def _told(outcome: Outcome) -> None:
    if outcome.wrong:
        print(report.failure(outcome))


async def test_nothing_acknowledged_is_lost_whatever_is_killed() -> None:
    outcomes = await play([plan(SEED + number) for number in range(len(KINDS))], lanes=1, tell=_told)
    assert [report.failure(outcome) for outcome in outcomes if outcome.wrong] == []
    assert {outcome.plan.kind for outcome in outcomes} == set(KINDS)
    assert all(outcome.acknowledged for outcome in outcomes if outcome.plan.kind != "migrate")
