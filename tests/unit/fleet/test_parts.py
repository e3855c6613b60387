"""The small pure parts of the fleet: pauses, clock, cooldowns, health, verdicts, estimates, waiting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.fleet import Estimate, FleetLimits, Turn
from llamachat.fleet.backoff import pause
from llamachat.fleet.clock import RunningClock
from llamachat.fleet.cooldown import Cooldowns
from llamachat.fleet.estimates import Estimates, slowness
from llamachat.fleet.health import Facts, judge
from llamachat.fleet.mailbox import Mailbox
from llamachat.fleet.routing import Decision, Excluded, Refusal
from llamachat.fleet.setbacks import Setbacks
from llamachat.fleet.verdict import Verdict
from llamachat.fleet.verdict import judge as judge_error
from llamachat.fleet.waiting import hopeless, waiting_for
from llamachat.protocol import BackendStatus, Error, ErrorCode, Memory, PromptMessage, QueueState, SlotState
from tests.unit.fleet.test_routing import node

LIMITS = FleetLimits()


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_a_pause_lies_between_its_bounds(failures: int, luck: float) -> None:
    assert 0.5 <= pause(failures, luck, 0.5, 30) <= 30


def test_pauses_double_up_to_the_cap() -> None:
    assert [pause(n, 1, 0.5, 30) for n in range(1, 9)] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert pause(5, 0, 0.5, 30) == 0.5


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=50))
def test_the_running_clock_never_goes_back_and_skips_what_was_not_run(steps: list[tuple[float, bool]]) -> None:
    time = [0.0]
    clock = RunningClock(0.25, lambda: time[0])
    last = 0.0
    for seconds, ticks in steps:
        time[0] += seconds
        now = clock.now()
        assert last <= now <= last + min(seconds, 0.5) + 1e-9
        last = now
        if ticks:
            clock.tick()


def test_the_running_clock_keeps_time_while_it_ticks() -> None:
    time = [50.0]
    clock = RunningClock(0.25, lambda: time[0])
    for _ in range(40):
        time[0] += 0.25
        clock.tick()
    assert clock.now() == pytest.approx(10)


def test_cooldowns_double_end_and_are_forgotten() -> None:
    cooldowns = Cooldowns(5, 60)
    assert [cooldowns.failed("a", "m", 0) for _ in range(6)] == [5, 10, 20, 40, 60, 60]
    assert cooldowns.until("a", "m", 59.9) == 60
    assert cooldowns.until("a", "m", 60) is None
    assert cooldowns.until("a", "other", 0) is None
    assert cooldowns.until("b", "m", 0) is None
    cooldowns.succeeded("a", "m")
    assert cooldowns.until("a", "m", 0) is None
    assert cooldowns.failed("a", "m", 0) == 5
    cooldowns.forget("a")
    assert cooldowns.until("a", "m", 0) is None


def _status(**more: Any) -> BackendStatus:
    facts: dict[str, Any] = {"state": "ready", "load": 0.2, "memory": Memory(1, 10, 0, 0, 0, 0)}
    return BackendStatus(node="n", time=0, queue=QueueState(0, 1), slots=SlotState(0, 1), **(facts | more))


@pytest.mark.parametrize(
    ("facts", "state", "word"),
    [
        (Facts("connecting"), "connecting", ""),
        (Facts("waiting", "Nothing listens."), "offline", "Nothing listens."),
        (Facts("refused", "No token."), "refused", "No token."),
        (Facts("connected"), "online", ""),
        (Facts("connected", status=_status()), "online", ""),
        (Facts("connected", silence_s=4.9), "online", ""),
        (Facts("connected", silence_s=5), "warning", "5 s"),
        (Facts("connected", silence_s=9.9), "warning", "heard"),
        (Facts("connected", silence_s=10), "offline", "10 s"),
        (Facts("connected", rtt_ms=999), "online", ""),
        (Facts("connected", rtt_ms=1000), "warning", "1000 ms"),
        (Facts("connected", status=_status(state="busy")), "online", ""),
        (Facts("connected", status=_status(state="degraded")), "warning", "degraded"),
        (Facts("connected", status=_status(load=0.95)), "warning", "95%"),
        (Facts("connected", status=_status(memory=Memory(96, 100, 0, 0, 0, 0))), "warning", "96%"),
        (Facts("connected", status=_status(memory=Memory(0, 0, 0, 0, 0, 0))), "online", ""),
        (Facts("connected", status=_status(state="draining", load=1.0)), "draining", "no new work"),
        (Facts("connected", silence_s=10, status=_status(state="draining")), "offline", "heard"),
        (Facts("connected", silence_s=6, rtt_ms=2000, status=_status(load=1)), "warning", "load is 100%, a round trip"),
    ],
)
def test_the_state_follows_from_the_facts(facts: Facts, state: str, word: str) -> None:
    health = judge(facts, LIMITS)
    assert health.state == state
    assert word in health.reason
    assert bool(health.reason) == bool(word)


@pytest.mark.parametrize(
    ("error", "attaching", "sent_tokens", "expected"),
    [
        ({"code": "not_found"}, True, False, Verdict("anew")),
        ({"code": "invalid_params"}, True, True, Verdict("anew")),
        ({"code": "forbidden"}, True, False, Verdict("anew")),
        ({"code": "not_found"}, False, False, Verdict("cool")),
        ({"code": "invalid_params", "detail": {"field": "prefix_tokens"}}, False, True, Verdict("from_text")),
        ({"code": "invalid_params", "detail": {"field": "fingerprint"}}, False, True, Verdict("from_text")),
        ({"code": "invalid_params", "detail": {"field": "prefix_tokens"}}, False, False, Verdict("end")),
        ({"code": "invalid_params", "detail": {"field": "params.top_p"}}, False, True, Verdict("end")),
        ({"code": "invalid_params", "detail": {"field": 7}}, False, True, Verdict("end")),
        ({"code": "bad_frame"}, False, False, Verdict("end")),
        ({"code": "unknown_type"}, False, False, Verdict("end")),
        ({"code": "too_large"}, False, False, Verdict("end")),
        ({"code": "queue_full", "retry_after": 3.0}, False, False, Verdict("later", wait_s=3.0)),
        ({"code": "queue_full"}, False, False, Verdict("later", wait_s=1.0)),
        ({"code": "rate_limited", "retry_after": 1e9}, False, False, Verdict("later", wait_s=60.0)),
        ({"code": "rate_limited", "retry_after": -5.0}, False, False, Verdict("later", wait_s=0.1)),
        ({"code": "draining"}, False, False, Verdict("later", wait_s=1.0)),
        ({"code": "context_overflow", "detail": {"context": 2048}}, False, False, Verdict("larger", context=2048)),
        ({"code": "context_overflow", "detail": {"context": "big"}}, False, False, Verdict("larger")),
        ({"code": "unknown_model"}, False, False, Verdict("elsewhere")),
        ({"code": "worker_failed"}, False, False, Verdict("cool")),
        ({"code": "id_conflict"}, False, False, Verdict("cool")),
        ({"code": "never heard of"}, False, False, Verdict("cool")),
    ],
)
def test_each_error_has_its_consequence(
    error: dict[str, Any], attaching: bool, sent_tokens: bool, expected: Verdict
) -> None:
    frame = Error(id="a", message="m", **error)
    assert judge_error(frame, LIMITS, attaching=attaching, sent_tokens=sent_tokens) == expected


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_of_the_wire_has_a_consequence(code: ErrorCode) -> None:
    judge_error(Error(id="a", code=code, message="m"), LIMITS, attaching=False, sent_tokens=False)


def test_estimates_keep_the_newest_and_say_how_far_off_they_were() -> None:
    estimates = Estimates(3)
    for number, (name, expected, actual) in enumerate([("a", 10, 99), ("a", 10, 20), ("b", 10, 5), ("a", 10, 40)]):
        estimates.add(Estimate(name, "m", number, expected, actual))
    assert [estimate.at for estimate in estimates.of()] == [1, 2, 3]
    assert slowness(estimates.of("a")) == 3
    assert slowness(estimates.of("b")) == 0.5
    assert slowness(estimates.of("c")) is None


TURN = Turn("m", "c", (PromptMessage("user", "x"),), model="guide")
ERROR = Error(id="a", code="worker_failed", message="It died.")


def _nobody(*excluded: tuple[str, str]) -> Decision:
    return Decision(None, None, "reasons", None, excluded=tuple(Excluded(name, why, "r") for name, why in excluded))  # type: ignore[arg-type]


def _told(**refusals: Refusal) -> Setbacks:
    setbacks = Setbacks()
    setbacks.last_error = ERROR
    setbacks.refusals.update(refusals)
    return setbacks


@pytest.mark.parametrize(
    ("excluded", "waits", "in_grace", "told", "code"),
    [
        ([("a", "offline")], True, False, False, None),
        ([("a", "offline")], False, False, False, "no_node"),
        ([("a", "offline")], False, True, False, None),
        ([("a", "connecting")], False, False, False, None),
        ([("a", "busy"), ("b", "failed")], False, False, True, None),
        ([("a", "cooling")], False, False, False, None),
        ([("a", "draining")], False, False, False, "no_node"),
        ([("a", "refused")], True, False, False, None),
        ([("a", "failed"), ("b", "offline")], True, False, True, "worker_failed"),
        ([("a", "context")], True, False, True, "worker_failed"),
        ([("a", "model_failed")], True, False, False, "model_failed"),
        ([("a", "unknown_model")], True, False, False, "unknown_model"),
        ([("a", "unknown_model"), ("b", "connecting")], True, False, False, None),
        ([], True, False, False, None),
        ([], False, False, False, "no_node"),
    ],
)
def test_waiting_ends_when_it_cannot_help(
    excluded: list[tuple[str, str]], waits: bool, in_grace: bool, told: bool, code: str | None
) -> None:
    turn = Turn("m", "c", TURN.messages, model="other", wait_for_node=waits)
    nodes = (node("a"), node("b", "offline"))
    result = hopeless(turn, _nobody(*excluded), nodes, _told() if told else Setbacks(), in_grace=in_grace)
    assert (result and result[0]) == code


@pytest.mark.parametrize(
    ("refusal", "context_above", "waits", "code"),
    [
        (None, 0, True, None),
        (Refusal("It died.", 9.0, failed=True), 0, True, None),
        (Refusal("Too small.", None, failed=True), 0, True, "worker_failed"),
        (None, 4096, True, "worker_failed"),
        (None, 0, False, "worker_failed"),
    ],
)
def test_when_all_have_failed_a_node_that_is_away_and_could_answer_is_waited_for(
    refusal: Refusal | None, context_above: int, waits: bool, code: str | None
) -> None:
    setbacks = _told(**({"b": refusal} if refusal else {}))
    setbacks.context_above = context_above
    turn = Turn("m", "c", TURN.messages, model="guide", wait_for_node=waits)
    decision = _nobody(("a", "failed"), ("b", "offline"))
    result = hopeless(turn, decision, (node("a"), node("b", "offline")), setbacks, in_grace=False)
    assert (result and result[0]) == code


def test_a_model_of_a_node_that_is_away_is_waited_for() -> None:
    decision = _nobody(("a", "unknown_model"), ("b", "offline"))
    assert hopeless(TURN, decision, (node("a", models=[]), node("b", "offline")), Setbacks(), in_grace=False) is None


def test_the_next_thing_to_wait_for_is_the_earliest() -> None:
    away = node("a", "offline")
    later = Decision(None, None, "", None, excluded=(Excluded("b", "busy", "r", until=107.0),))
    assert waiting_for(later, (away,), 100.0, 5000.0) == 107.0
    assert waiting_for(later, (_retried(away, 5003.0),), 100.0, 5000.0) == 103.0
    assert waiting_for(_nobody(), (away,), 100.0, 5000.0) is None


def _retried(snapshot: Any, at: float) -> Any:
    return type(snapshot)(snapshot.name, snapshot.url, "offline", 0.0, retry_at=at)


@pytest.mark.parametrize(
    "wrong",
    [
        {"message_id": "no spaces"},
        {"chat_id": ""},
        {"chat_id": "x" * 65},
        {"messages": ()},
        {"prefix_tokens": (1,)},
    ],
)
def test_a_turn_that_the_wire_cannot_carry_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\."):
        Turn(**({"message_id": "m", "chat_id": "c", "messages": TURN.messages} | wrong))


async def test_a_mailbox_wakes_for_items_pokes_and_time() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)
    mailbox.put(2)
    await mailbox.wait(None)
    assert mailbox.take_all() == [1, 2]
    mailbox.poke()
    await mailbox.wait(None)
    assert mailbox.take_all() == []
    await mailbox.wait(0.001)
    waiting = asyncio.create_task(mailbox.wait(None))
    await asyncio.sleep(0)
    mailbox.put(3)
    await waiting
    assert mailbox.take_all() == [3]
