"""A turn as a state machine, among nodes made of values: any order of faults ends in one whole answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.fleet import FleetLimits, NodeSnapshot, Turn
from llamachat.fleet.asking import Asking
from llamachat.fleet.clock import RunningClock
from llamachat.fleet.cooldown import Cooldowns
from llamachat.fleet.estimates import Estimates
from llamachat.fleet.events import Delta, Failed, Finished, TurnEvent
from llamachat.fleet.link import Incoming, Lost, Sink
from llamachat.fleet.surroundings import Surroundings
from llamachat.protocol import (
    AiResponse,
    Attach,
    Cancel,
    ClientFrame,
    Error,
    Params,
    Progress,
    PromptMessage,
    Queued,
    UserMessage,
)
from tests.unit.fleet.test_routing import node as snapshot_of

ANSWER = "One answer, naïve 🦙, that many nodes write in turns and nobody may write twice."
CODES = ("queue_full", "rate_limited", "draining", "worker_failed", "internal", "model_failed")


class ManualClock(RunningClock):
    """Goes on when it is told to."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self.time = 1000.0

    def now(self) -> float:
        return self.time


@dataclass
class Record:
    """An attempt at a node: the ids it had as prefix, and how far the stream to the client has come."""

    question: UserMessage
    offset: int
    ids: int
    open: bool = True


@dataclass
class ValueNode:
    """A node without a network; `fingerprint` decides its ids."""

    snapshot: NodeSnapshot
    fingerprint: str
    clock: ManualClock
    sinks: dict[str, Sink] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)  # attempts to be told that they are not known
    cancels: set[str] = field(default_factory=set)
    heard_at: float = 0.0
    refuse_next: str | None = None

    @property
    def shift(self) -> int:
        return sum(map(ord, self.fingerprint))

    def ids(self, text: str) -> list[int]:
        return [ord(character) + self.shift for character in text]

    # what a turn uses

    def open(self, attempt_id: str, sink: Sink) -> None:
        self.sinks[attempt_id] = sink

    def release(self, attempt_id: str) -> None:
        self.sinks.pop(attempt_id, None)

    def post(self, frame: ClientFrame) -> bool:
        if not self.snapshot.connected:
            return False
        match frame:
            case UserMessage():
                assert ANSWER.startswith(frame.prefix)
                ids = 0
                if frame.fingerprint == self.fingerprint:
                    meant = "".join(chr(token - self.shift) for token in frame.prefix_tokens or [])
                    assert meant.startswith(frame.prefix)
                    assert ANSWER.startswith(meant)
                self.records[frame.id] = Record(frame, len(frame.prefix), ids)
            case Attach():
                if frame.id in self.records:
                    record = self.records[frame.id]
                    record.offset, record.ids, record.open = frame.offset, frame.token_offset, True
                else:
                    self.pending.append(frame.id)
            case Cancel():
                self.cancels.add(frame.id)
        return True

    def cancel(self, attempt_id: str) -> None:
        self.cancels.add(attempt_id)

    def probe(self) -> None:
        pass

    # what a test does with it

    def send(self, attempt_id: str, frame: Incoming) -> None:
        if attempt_id in self.sinks:
            self.sinks[attempt_id](frame)

    def step(self, size: int, ahead: int) -> None:
        """The next frame of every attempt that is listened to."""
        for attempt_id in self.pending:
            self.send(attempt_id, Error(id=attempt_id, code="not_found", message="Not known here."))
        self.pending.clear()
        for attempt_id, record in list(self.records.items()):
            if record.open and attempt_id in self.sinks:
                if self.refuse_next is not None:
                    error = Error(id=attempt_id, code=self.refuse_next, message="No.", retry_after=2.0, final=True)
                    self.refuse_next = None
                    del self.records[attempt_id]
                    self.send(attempt_id, error)
                    continue
                self.send(attempt_id, self.next_frame(record, size, ahead))

    def next_frame(self, record: Record, size: int, ahead: int) -> AiResponse:
        at, ids = record.offset, record.ids
        if ids < len(record.question.prefix):  # the ids of the prefix come first, with empty text
            end, last = at, len(record.question.prefix)
        else:
            last = min(ids + size, len(ANSWER))
            end = len(ANSWER) if last == len(ANSWER) else max(at, last - ahead)
        record.offset, record.ids = end, last
        done: dict[str, Any] = {}
        if end == len(ANSWER):
            record.open = False
            done = {"done": True, "finish_reason": "stop", "message": ANSWER, "seed": 1}
        return AiResponse(
            id=record.question.id, message_id="m", node="peer", model="guide", fingerprint=self.fingerprint, offset=at,
            text=ANSWER[at:end], token_offset=ids, tokens=self.ids(ANSWER[ids:last]), **done,
        )  # fmt: skip

    def lose(self, *, silent: bool, gone: bool) -> None:
        self.snapshot = replace(self.snapshot, state="offline", gone=gone)
        for record in self.records.values():
            record.open = False
        sinks, self.sinks = self.sinks, {}
        for sink in sinks.values():
            sink(Lost("lost", silent))

    def come_back(self, *, with_records: bool) -> None:
        if not self.snapshot.connected:
            self.snapshot = replace(self.snapshot, state="online", gone=False)
            if not with_records:
                self.records.clear()


class World:
    """Three nodes, of which two have the same weights, and one turn among them."""

    def __init__(self, turn: Turn) -> None:
        self.clock = ManualClock()
        self.nodes = [self._node("a", "f1"), self._node("b", "f1"), self._node("c", "f2")]
        limits = FleetLimits()
        self.around = Surroundings(
            limits, self.clock, Cooldowns(limits.cooldown_first_s, limits.cooldown_cap_s), Estimates(9), "fastest",
            nodes={node.snapshot.name: node for node in self.nodes},
        )  # fmt: skip
        self.inbox: list[tuple[str, Incoming]] = []
        self.asking = Asking(turn, self.around, lambda attempt_id, item: self.inbox.append((attempt_id, item)))
        self.events: list[TurnEvent] = []
        self.shown = ""

    def _node(self, name: str, fingerprint: str) -> ValueNode:
        model = snapshot_of(name).models[0]
        model = type(model)(**{f: getattr(model, f) for f in model.__struct_fields__} | {"fingerprint": fingerprint})
        return ValueNode(snapshot_of(name, models=[model]), fingerprint, self.clock)

    def settle(self) -> None:
        """Lets the turn see all that has come, and do what follows."""
        items, self.inbox[:] = list(self.inbox), []
        for attempt_id, item in items:
            self._show(self.asking.take(attempt_id, item))
        self._show(self.asking.advance())

    def _show(self, events: list[TurnEvent]) -> None:
        for event in events:
            assert not any(isinstance(earlier, Finished | Failed) for earlier in self.events), "something after the end"
            if isinstance(event, Delta):
                assert event.offset == len(self.shown)
                self.shown += event.text
            self.events.append(event)
        held = self.asking.held
        assert held.text == self.shown
        if held.fingerprint is not None:
            shift = sum(map(ord, held.fingerprint))
            assert "".join(chr(token - shift) for token in held.tokens).startswith(held.text)

    def heal(self) -> Iterator[None]:
        """From now on nothing goes wrong; steps until the turn must have ended."""
        for node in self.nodes:
            node.refuse_next = None
            node.come_back(with_records=True)
        for _ in range(500):
            self.clock.time += 1.0
            for node in self.nodes:
                node.heard_at = self.clock.time
                node.step(7, 0)
            self.settle()
            if self.asking.ended:
                return
            yield


NODE = st.integers(0, 2)
FAULTS = st.one_of(
    st.tuples(st.just("step"), NODE, st.integers(1, 9), st.integers(0, 3)),
    st.tuples(st.just("step"), NODE, st.integers(1, 9), st.integers(0, 3)),
    st.tuples(st.just("lose"), NODE, st.booleans(), st.booleans()),
    st.tuples(st.just("back"), NODE, st.booleans(), st.booleans()),
    st.tuples(st.just("refuse"), NODE, st.sampled_from(CODES), st.just(0)),
    st.tuples(st.just("interrupt"), NODE, st.just(0), st.just(0)),
    st.tuples(st.just("repeat"), NODE, st.integers(0, 80), st.integers(0, 80)),
    st.tuples(st.just("stray"), NODE, st.integers(0, 80), st.integers(0, 80)),
    st.tuples(st.just("time"), st.floats(0, 40), st.just(0), st.just(0)),
)


def _happen(world: World, fault: tuple[Any, ...]) -> None:
    kind, which, one, two = fault
    if kind == "time":
        world.clock.time += which
        return
    node = world.nodes[which]
    match kind:
        case "step":
            if node.snapshot.connected:
                node.heard_at = world.clock.time
                node.step(one, two)
        case "lose":
            if node.snapshot.connected:
                node.lose(silent=one, gone=two)
        case "back":
            node.come_back(with_records=one)
        case "refuse":
            node.refuse_next = one
        case "interrupt":
            for attempt_id, record in list(node.records.items()):
                if attempt_id in node.sinks and record.open:
                    frame = node.next_frame(record, 0, 0)
                    del node.records[attempt_id]
                    node.send(attempt_id, _with(frame, done=True, finish_reason="interrupted"))
        case "repeat" | "stray":
            for attempt_id in list(node.sinks):
                record = node.records.get(attempt_id)
                if record is not None:
                    start, end = min(one, two), max(one, two)
                    node.send(attempt_id, _with(node.next_frame(replace(record), 1, 0), offset=start, done=False,
                                                text=ANSWER[start:end], token_offset=start,
                                                tokens=node.ids(ANSWER[start:end])))  # fmt: skip
            for attempt_id in list(node.sinks):
                node.send(attempt_id, Queued(id=attempt_id, position=1, depth=1))
                node.send(attempt_id, Progress(id=attempt_id, phase="prefill", done=0, total=1))


def _with(frame: AiResponse, **changes: Any) -> AiResponse:
    return AiResponse(**{name: getattr(frame, name) for name in frame.__struct_fields__} | changes)


def _turn(**more: Any) -> Turn:
    return Turn("m", "c", (PromptMessage("user", "Write."),), **more)


@settings(max_examples=200, deadline=None)
@given(st.lists(FAULTS, max_size=60))
def test_any_faults_end_in_one_whole_answer_once_a_node_lives(faults: list[tuple[Any, ...]]) -> None:
    world = World(_turn())
    world.settle()
    for fault in faults:
        _happen(world, fault)
        world.settle()
        if world.asking.ended:
            break
    if not world.asking.ended:
        for _ in world.heal():
            pass
    assert world.asking.ended
    (ending,) = [event for event in world.events if isinstance(event, Finished | Failed)]
    assert ending.text == world.shown
    if isinstance(ending, Failed):
        # Only when every node is there and has refused it.
        assert ending.code in CODES
        assert all(node.snapshot.connected for node in world.nodes)
        assert ANSWER.startswith(world.shown)
    else:
        assert world.shown == ANSWER
    left_running = [
        attempt_id
        for node in world.nodes
        for attempt_id, record in node.records.items()
        if record.question.id not in node.cancels and record.offset < len(ANSWER)
    ]
    assert left_running == [], "every attempt that was left is cancelled"


@settings(max_examples=100, deadline=None)
@given(st.lists(FAULTS, max_size=30))
def test_cancelling_at_any_moment_ends_the_turn_and_every_attempt(faults: list[tuple[Any, ...]]) -> None:
    world = World(_turn())
    world.settle()
    for fault in faults:
        _happen(world, fault)
        world.settle()
    if world.asking.ended:
        return
    world.asking.cancel()
    world.settle()
    if not world.asking.ended:
        world.clock.time += FleetLimits().cancel_wait_s
        world.settle()
    ending = world.events[-1]
    assert isinstance(ending, Finished)
    assert ending.finish_reason == "cancelled"
    assert ending.text == world.shown
    for node in world.nodes:
        assert {record.question.id for record in node.records.values() if record.offset < len(ANSWER)} <= node.cancels


@given(st.lists(FAULTS, max_size=30))
def test_patience_is_never_negative_and_looking_early_changes_nothing(faults: list[tuple[Any, ...]]) -> None:
    world = World(_turn(params=Params(deadline_s=300)))
    world.settle()
    for fault in faults:
        _happen(world, fault)
        world.settle()
        if world.asking.ended:
            return
        patience = world.asking.patience()
        assert patience is not None
        assert patience > 0
        shown = len(world.events)
        world.settle()
        assert len(world.events) == shown, "nothing happened, so nothing follows"


def test_a_turn_that_a_failed_node_and_a_lost_one_share_waits_for_either() -> None:
    world = World(_turn())
    world.nodes[2].lose(silent=False, gone=True)
    world.settle()
    world.nodes[0].refuse_next = "worker_failed"
    world.nodes[0].step(5, 0)
    world.settle()
    world.nodes[1].lose(silent=False, gone=True)
    world.settle()
    assert not world.asking.ended
    world.clock.time += FleetLimits().cooldown_first_s
    world.settle()
    assert world.asking.running_at == "a"


def test_a_turn_refused_again_after_it_had_gone_on_is_still_answered() -> None:
    world = World(_turn())
    world.settle()
    for turn, node in enumerate(world.nodes):
        while len(world.shown) < 5 * (turn + 1):
            node.step(5, 0)
            world.settle()
        node.refuse_next = "worker_failed"
        node.step(5, 0)
        world.settle()
    assert not world.asking.ended, "each had written more since the one before it failed"
    for _ in world.heal():
        pass
    assert world.shown == ANSWER


def test_a_lost_node_is_given_its_grace_and_no_more() -> None:
    world = World(_turn())
    world.settle()
    world.nodes[0].step(5, 0)
    world.settle()
    world.nodes[0].lose(silent=False, gone=False)
    world.settle()
    world.clock.time += FleetLimits().grace_s - 0.01
    world.settle()
    assert world.asking.running_at is None
    assert world.asking.patience() is not None
    world.clock.time += 0.02
    world.settle()
    assert world.asking.running_at == "b"


def test_a_node_whose_daemon_is_gone_gets_no_grace() -> None:
    world = World(_turn())
    world.settle()
    world.nodes[0].step(5, 0)
    world.settle()
    world.nodes[0].lose(silent=False, gone=True)
    world.settle()
    assert world.asking.running_at == "b"


def test_a_silent_node_gets_no_grace() -> None:
    world = World(_turn())
    world.settle()
    world.nodes[0].lose(silent=True, gone=False)
    world.settle()
    assert world.asking.running_at == "b"


def test_an_answer_that_no_other_node_can_take_waits_for_its_own_beyond_the_grace() -> None:
    world = World(_turn(node="a"))
    world.settle()
    world.nodes[0].step(5, 0)
    world.settle()
    world.nodes[0].lose(silent=False, gone=False)
    world.settle()
    world.clock.time += 600
    world.settle()
    world.nodes[0].come_back(with_records=True)
    world.settle()
    assert world.asking.running_at == "a"
    assert len(world.nodes[0].records) == 1
    for _ in world.heal():
        pass
    assert world.shown == ANSWER
