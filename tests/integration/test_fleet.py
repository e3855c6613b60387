"""The fleet among real daemons with the bundled model: answers, and what happens to them when daemons die."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llamachat.fleet import Fleet, FleetLimits, NodeAddress, Turn
from llamachat.fleet.events import Delta, Failed, Finished, Rerouted, Routed, TurnEvent
from llamachat.fleet.recording import RecordedTurn, abandoned, add_question, record
from llamachat.protocol import Params, PromptMessage
from llamachat.store import StoreThread
from tests.integration.daemons import RunningDaemon, eventually, start_daemon

PATIENCE_S = 90.0
LONG = Params(temperature=0, max_tokens=400, ignore_eos=True)
QUESTION = (PromptMessage("user", "Give me the tour of llamachat."),)
OPTIONS = ("--exact-batches", "--slots", "2", "--context", "1024")

_numbers = itertools.count()


@pytest.fixture
def two_daemons() -> Iterator[tuple[RunningDaemon, RunningDaemon]]:
    with start_daemon("--name", "a", *OPTIONS) as first, start_daemon("--name", "b", *OPTIONS) as second:
        yield first, second


@contextlib.asynccontextmanager
async def _fleet(*daemons: RunningDaemon, limits: FleetLimits | None = None) -> AsyncIterator[Fleet]:
    addresses = [NodeAddress(name, daemon.url) for name, daemon in zip("abc", daemons, strict=False)]
    async with Fleet(addresses, policy="priority", limits=limits) as fleet:
        yield fleet


def _turn(**more: Any) -> Turn:
    number = next(_numbers)
    return Turn(f"message-{number}", f"chat-{number}", QUESTION, params=more.pop("params", LONG), **more)


async def _collect(fleet: Fleet, turn: Turn, react: Callable[[TurnEvent], Any] | None = None) -> list[TurnEvent]:
    events: list[TurnEvent] = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in fleet.ask(turn):
            events.append(event)
            if react is not None:
                react(event)
    return events


def _text(events: list[TurnEvent], prefix: str = "") -> str:
    """The answer from its pieces, each of which must follow the one before; and one ending, which says the same."""
    text = prefix
    for event in events:
        if isinstance(event, Delta):
            assert event.offset == len(text)
            text += event.text
    assert [event for event in events if isinstance(event, Finished | Failed)] == events[-1:]
    ending = events[-1]
    assert isinstance(ending, Finished), ending
    assert ending.text == text
    return text


def _when_written(characters: int, act: Callable[[], None]) -> Callable[[TurnEvent], None]:
    """Acts once, when so much of the answer has come."""
    done = False

    def react(event: TurnEvent) -> None:
        nonlocal done
        if not done and isinstance(event, Delta) and event.offset + len(event.text) >= characters:
            done = True
            act()

    return react


async def test_an_answer_streams_from_a_real_daemon(two_daemons: tuple[RunningDaemon, RunningDaemon]) -> None:
    async with _fleet(*two_daemons) as fleet:
        events = await _collect(fleet, _turn(params=Params(temperature=0, max_tokens=60)))
        assert _text(events)
        assert isinstance(events[0], Routed)
        end = events[-1]
        assert isinstance(end, Finished)
        assert end.node == "a"
        assert end.usage.completion_tokens > 0
        snapshot = fleet.snapshots()[0]
        assert snapshot.hello is not None
        assert snapshot.hello.node.name == "a"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=lambda how: how.name)
async def test_the_answer_of_a_lost_daemon_goes_on_elsewhere_as_if_nothing_had_happened(
    two_daemons: tuple[RunningDaemon, RunningDaemon], how: signal.Signals
) -> None:
    first, second = two_daemons
    limits = FleetLimits(stream_silence_s=0.5, probe_s=0.5)
    async with _fleet(first, second, limits=limits) as fleet:
        undisturbed = _text(await _collect(fleet, _turn(node="b")))
        events = await _collect(fleet, _turn(), _when_written(200, lambda: first.signal(how)))
        assert _text(events) == undisturbed
        (rerouted,) = [event for event in events if isinstance(event, Rerouted)]
        assert (rerouted.from_node, rerouted.to_node) == ("a", "b")
        assert rerouted.offset >= 200
        end = events[-1]
        assert isinstance(end, Finished)
        assert [(seam.node, seam.offset) for seam in end.seams] == [("b", rerouted.offset)]
        if how is signal.SIGSTOP:
            assert fleet.snapshots()[0].state != "online"
            first.signal(signal.SIGCONT)


async def test_a_sampled_answer_of_a_lost_daemon_goes_on_with_the_draws_it_would_have_had(
    two_daemons: tuple[RunningDaemon, RunningDaemon],
) -> None:
    first, second = two_daemons
    sampled = Params(temperature=0.8, seed=11, max_tokens=200, ignore_eos=True)
    async with _fleet(first, second) as fleet:
        undisturbed = _text(await _collect(fleet, _turn(node="b", params=sampled)))
        events = await _collect(fleet, _turn(params=sampled), _when_written(150, lambda: first.signal(signal.SIGKILL)))
        assert [event.to_node for event in events if isinstance(event, Rerouted)] == ["b"]
        assert _text(events) == undisturbed


async def test_a_draining_daemon_hands_its_answers_on(two_daemons: tuple[RunningDaemon, RunningDaemon]) -> None:
    first, second = two_daemons
    async with _fleet(first, second) as fleet:
        undisturbed = _text(await _collect(fleet, _turn(node="b")))

        def stop_now() -> None:
            first.signal(signal.SIGTERM)
            eventually(lambda: first.request("/readyz").status == 503)  # two signals that wait are one
            first.signal(signal.SIGTERM)

        events = await _collect(fleet, _turn(), _when_written(200, stop_now))
        assert _text(events) == undisturbed
        assert [event.to_node for event in events if isinstance(event, Rerouted)] == ["b"]


async def test_a_cancelled_answer_stops_at_the_daemon(two_daemons: tuple[RunningDaemon, RunningDaemon]) -> None:
    async with _fleet(*two_daemons) as fleet:
        turn = _turn()
        cancelling: list[asyncio.Task[None]] = []
        events = await _collect(
            fleet,
            turn,
            _when_written(50, lambda: cancelling.append(asyncio.create_task(fleet.cancel(turn.message_id)))),
        )
        end = events[-1]
        assert isinstance(end, Finished)
        assert (end.finish_reason, end.node) == ("cancelled", "a")
        assert end.usage.completion_tokens < 400
        assert _text(events)


async def test_a_client_that_was_restarted_attaches_to_the_answer_that_still_runs(
    two_daemons: tuple[RunningDaemon, RunningDaemon], tmp_path: Path
) -> None:
    async with StoreThread(tmp_path / "history.db") as store:
        chat_id = await store.run(lambda s: s.create_chat())
        question = await store.run(lambda s: add_question(s, chat_id, QUESTION[0].content, time.time()))
        turn = replace(_turn(), chat_id=chat_id)
        async with _fleet(*two_daemons) as fleet:
            undisturbed = _text(await _collect(fleet, _turn()))
            recorded = RecordedTurn(turn, question.id, time.time())
            async with contextlib.aclosing(record(fleet, store, recorded)) as events:
                async for event in events:
                    if isinstance(event, Delta) and event.offset > 100:
                        break
        async with _fleet(*two_daemons) as fleet:
            (again,) = await store.run(lambda s: abandoned(s, time.time()))
            assert len(again.turn.prefix) > 100
            async with asyncio.timeout(PATIENCE_S), contextlib.aclosing(record(fleet, store, again)) as events:
                rest = [event async for event in events]
            assert _text(rest, again.turn.prefix) == undisturbed
            totals = [node.status.totals.requests for node in fleet.snapshots() if node.status is not None]
            assert sum(totals) == 2, "the undisturbed answer and this one: nothing was generated twice"
        message = await store.read(lambda s: s.message(turn.message_id))
        assert (message.content, message.state) == (undisturbed, "complete")


async def test_with_every_daemon_killed_the_turn_waits_until_one_is_there_again(tmp_path: Path) -> None:
    with start_daemon(*OPTIONS) as only:
        port, data_dir = only.port, only.data_dir
        async with _fleet(only) as fleet:
            undisturbed = _text(await _collect(fleet, _turn()))
            restarted = contextlib.ExitStack()
            loop = asyncio.get_running_loop()

            def kill_and_restart() -> None:
                only.signal(signal.SIGKILL)
                only.wait()
                # The fixture asks for a free port; the later option wins.
                start = start_daemon(*OPTIONS, "--port", str(port), data_dir=tmp_path / data_dir.name)
                starting.append(loop.run_in_executor(None, restarted.enter_context, start))

            starting: list[asyncio.Future[RunningDaemon]] = []
            with restarted:
                events = await _collect(fleet, _turn(), _when_written(200, kill_and_restart))
                await asyncio.gather(*starting)
                assert _text(events) == undisturbed
