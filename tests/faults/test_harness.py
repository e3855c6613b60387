"""The harness itself: that its plans repeat, its proxy does what it says, and its judge sees what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from llamachat.fleet.events import Delta, Failed, Finished, Rerouted, TurnEvent
from llamachat.protocol import Seam, Timings, Usage
from tests.faults import report
from tests.faults.frames import FrameCutter, close_frame, payload
from tests.faults.judging import Timed, Undisturbed, broken_promises, longest_pause
from tests.faults.plan import KINDS, NODES, is_for_good, plan
from tests.faults.proxy import Proxy
from tests.faults.scenario import Outcome

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
PATIENCE_S = 20.0


# ── plans ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(0, 2**31))
def test_a_plan_follows_from_its_seed_alone(seed: int) -> None:
    assert plan(seed) == plan(seed)


@given(st.integers(0, 2**31))
def test_seeds_that_follow_each_other_have_every_kind_of_fault(seed: int) -> None:
    assert {plan(seed + number).kind for number in range(len(KINDS))} == set(KINDS)


@given(st.integers(0, 2**31))
def test_every_plan_leaves_a_node_alive(seed: int) -> None:
    assert sum(is_for_good(strike.fault) for strike in plan(seed).strikes) < NODES


# ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _frame(body: bytes, *, mask: bool) -> bytes:
    return Frame(Opcode.BINARY, body).serialize(mask=mask)


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 125, 126, 127, 300]), st.booleans()), max_size=4),
    st.lists(st.integers(1, 400), min_size=1, max_size=6),
)
def test_a_stream_is_cut_into_its_frames_however_it_arrives(bodies: list[tuple[int, bool]], steps: list[int]) -> None:
    frames = [_frame(b"x" * size, mask=mask) for size, mask in bodies]
    stream, cutter = HEAD + b"".join(frames), FrameCutter()
    found: list[bytes] = []
    while stream:
        step = steps[len(found) % len(steps)]
        found += cutter.feed(stream[:step])
        stream = stream[step:]
    assert found == [HEAD, *frames]
    assert [payload(frame) for frame in found[1:]] == [b"x" * size for size, _ in bodies]


@pytest.mark.parametrize("mask", [False, True])
def test_a_long_frame_is_one_frame(mask: bool) -> None:
    cutter, frame = FrameCutter(), _frame(b"x" * 65_536, mask=mask)
    assert cutter.feed(HEAD + frame[:5]) == [HEAD]
    assert cutter.feed(frame[5:40_000]) == []
    assert cutter.feed(frame[40_000:] + frame[:1]) == [frame]


# ── the judge ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _delta(offset: int, text: str) -> Delta:
    return Delta("a", "guide", offset, text, 1)


def _finished(text: str, **more: Any) -> Finished:
    facts: dict[str, Any] = {"usage": Usage(1, 0, 2), "timings": Timings(0, 0, 0, 0, 0, 0), "seams": ()} | more
    return Finished(text, "a", "guide", "length", 1, cost=None, **facts)


GOOD = Undisturbed("one two", 2)
KEPT: list[TurnEvent] = [_delta(0, "one "), Rerouted("a", "b", 4, "it died"), _delta(4, "two"), _finished("one two")]


def test_a_turn_that_kept_all_promises_is_not_blamed() -> None:
    assert broken_promises(KEPT, GOOD) == []


@pytest.mark.parametrize(
    ("events", "blamed"),
    [
        ([_delta(0, "one "), _delta(5, "two"), _finished("one two")], "begins at 5, where 4"),
        ([_delta(0, "one "), _delta(0, "one "), _delta(8, "two"), _finished("one two")], "begins at 0, where 4"),
        ([_delta(0, "one "), _finished("one two")], "its pieces are not its text"),
        ([_delta(0, "one tow"), _finished("one tow")], "from character 5 on 'ow' instead of 'wo'"),
        ([_delta(0, "one"), _finished("one")], "3 characters instead of 7"),
        ([Rerouted("a", "b", 3, ""), *KEPT[2:]], "went on elsewhere from 3, where 0"),
        ([_delta(0, "one two"), _finished("one two", usage=Usage(1, 0, 3))], "counts 3 tokens"),
        ([_delta(0, "one two"), _finished("one two", seams=(Seam("b", 9),))], "seams are at [9] of 7"),
        ([*KEPT, _finished("one two")], "it has 2 endings"),
        (KEPT[:-1], "it has 0 endings"),
        ([*KEPT, _delta(7, "")], "it has 1 endings, and the last event is"),
        ([_delta(0, "one"), Failed("no_node", "None left.")], "it failed: no_node"),
        ([], "it has 0 endings"),
    ],
)
def test_every_broken_promise_is_seen(events: list[TurnEvent], blamed: str) -> None:
    assert any(blamed in sentence for sentence in broken_promises(events, GOOD)), broken_promises(events, GOOD)


def test_the_pause_begins_at_the_fault_and_is_the_longest_one() -> None:
    events: list[Timed] = [(1.0, KEPT[0]), (2.0, KEPT[1]), (5.0, KEPT[2]), (6.0, KEPT[3])]
    assert longest_pause(events, 3.0) == 2.0
    assert longest_pause(events, 5.5) == 0.5
    assert longest_pause(events, 7.0) == 0.0


def test_the_table_has_a_row_for_each_kind_played_and_failures_name_their_seed() -> None:
    cut = Outcome(plan(0), (), struck=1, failovers=1, attaches=2, pause_s=0.5, seconds=1.0)
    failed = replace(cut, plan=plan(len(KINDS)), wrong=("a character was lost",), pause_s=1.5)
    lines = report.table([cut, failed]).splitlines()
    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == [
        "cut", "2", "2", "1", "2", "4", "1.00 s", "1.50 s",
    ]  # fmt: skip
    assert len(lines) == 4
    assert f"--seed {len(KINDS)} " in report.failure(failed)
    assert "a character was lost" in report.failure(failed)


# ── the proxy ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Both:
    """A client's and a daemon's end of one connection through the proxy, past their HTTP heads."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.taken: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def connect(self) -> None:
        self.from_daemon, self.to_daemon = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        self.from_client, self.to_client = await self.taken.get()
        for writer, reader in ((self.to_daemon, self.from_client), (self.to_client, self.from_daemon)):
            writer.write(HEAD)
            assert await reader.readexactly(len(HEAD)) == HEAD


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    port = 0
    async with asyncio.timeout(PATIENCE_S), Proxy(lambda: port) as proxy:
        ends = Both(proxy)

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ends.taken.put_nowait((reader, writer))

        daemon = await asyncio.start_server(take, "127.0.0.1", 0)
        port = daemon.sockets[0].getsockname()[1]
        await ends.connect()
        yield ends
        for writer in (ends.to_client, ends.to_daemon):
            writer.close()
        daemon.close()


FRAME = _frame(b"some of the answer", mask=False)


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What still comes before the connection ends, however it ends."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while data := await reader.read(65536):
            found += data
    return found


async def test_it_passes_frames_on_both_ways(both: Both) -> None:
    both.to_client.write(FRAME)
    assert await both.from_daemon.readexactly(len(FRAME)) == FRAME
    both.to_daemon.write(FRAME)
    assert await both.from_client.readexactly(len(FRAME)) == FRAME


async def test_a_cut_resets_both_ends(both: Both) -> None:
    both.proxy.cut()
    with pytest.raises(ConnectionResetError):
        await both.from_daemon.read(1)
    with pytest.raises(ConnectionResetError):
        await both.from_client.read(1)


async def test_a_half_close_ends_one_stream_and_the_other_goes_on(both: Both) -> None:
    both.proxy.half_close("client")
    assert await both.from_daemon.read() == b""
    both.to_client.write(FRAME)
    both.to_daemon.write(FRAME)
    assert await both.from_client.readexactly(len(FRAME)) == FRAME


async def test_a_close_is_said_twice(both: Both) -> None:
    both.proxy.close_twice(1001)
    assert await both.from_daemon.read() == close_frame(1001) * 2


@pytest.mark.parametrize(("share", "passed"), [(0.0, 1), (0.5, len(FRAME) // 2), (0.999, len(FRAME) - 1)])
async def test_a_truncated_frame_ends_inside(both: Both, share: float, passed: int) -> None:
    both.proxy.truncate("client", share)
    both.to_client.write(FRAME * 2)
    assert FRAME.startswith(found := await _rest(both.from_daemon))
    assert len(found) <= passed  # a reset may overtake what was written


async def test_a_stall_holds_everything_until_it_ends(both: Both) -> None:
    both.proxy.weather.flowing.clear()
    both.to_client.write(FRAME)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await both.from_daemon.read(1)
    both.proxy.weather.flowing.set()
    assert await both.from_daemon.readexactly(len(FRAME)) == FRAME


async def test_delayed_and_throttled_frames_arrive_whole_and_in_order(both: Both) -> None:
    both.proxy.weather.delay_s, both.proxy.weather.bytes_per_s = 0.05, 400
    frames = b"".join(_frame(bytes([number]) * 10, mask=False) for number in range(5))
    began = asyncio.get_running_loop().time()
    both.to_client.write(frames)
    assert await both.from_daemon.readexactly(len(frames)) == frames
    assert asyncio.get_running_loop().time() - began >= 0.05 + len(frames) / 400 / 2


async def test_while_it_refuses_nothing_listens_and_afterwards_the_port_is_the_same(both: Both) -> None:
    both.proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", both.proxy.port)
    await both.proxy.clear()
    await both.connect()


async def test_a_daemon_that_is_gone_resets_the_client(both: Both) -> None:
    async with Proxy(lambda: 1) as lonely:
        reader, writer = await asyncio.open_connection("127.0.0.1", lonely.port)
        assert await _rest(reader) == b""
        writer.close()
