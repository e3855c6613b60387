from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from queue import SimpleQueue

import pytest

from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.pipe.codec import PipeError, pack
from llamachat_daemon.pipe.frames import AnyToWorker, Cancel, Generate, Produced, Snapshot, Step
from llamachat_daemon.pipe.front_end import PipeFds, WorkerGone, WorkerPipe
from llamachat_daemon.pipe.worker_end import WorkerEnd

WAIT = 20.0


class Ends:
    """Both ends in one process."""

    def __init__(self, fds: PipeFds, front: WorkerPipe) -> None:
        self.fds = fds
        self.front = front
        self.delivered: SimpleQueue[AnyToWorker] = SimpleQueue()
        self.gone: SimpleQueue[str] = SimpleQueue()
        self.worker = WorkerEnd(fds.worker_read, fds.worker_write, deliver=self.delivered.put, on_gone=self.gone.put)

    async def next_delivered(self) -> AnyToWorker:
        return await asyncio.to_thread(self.delivered.get, True, WAIT)

    async def why_gone(self) -> str:
        return await asyncio.to_thread(self.gone.get, True, WAIT)


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    fds = PipeFds.make()
    pair = Ends(fds, await WorkerPipe.open(fds.front_read, fds.front_write))
    pair.worker.start()
    yield pair
    await pair.front.close()
    await pair.why_gone()
    for descriptor in (fds.worker_read, fds.worker_write):
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test has closed it


def long_step(tokens: int) -> Step:
    return Step(produced=[Produced(key=1, tokens=list(range(tokens)), text="x" * tokens)])


async def test_frames_arrive_in_order_in_both_directions(ends: Ends) -> None:
    for key in range(50):
        await ends.front.send(Cancel(key=key))
        ends.worker.send(Step(produced=[Produced(key=key, tokens=[key], text="")]))
    assert [await ends.next_delivered() for _ in range(50)] == [Cancel(key=key) for key in range(50)]
    frames = aiter(ends.front)
    keys = [(await anext(frames)).produced[0].key for _ in range(50)]  # type: ignore[union-attr]
    assert keys == list(range(50))


async def test_a_frame_larger_than_the_pipes_buffer_arrives_whole(ends: Ends) -> None:
    request = Generate(key=1, messages=[PromptMessage("user", "ü" * 2_000_000)], params=Params(seed=1))
    await ends.front.send(request)
    assert await ends.next_delivered() == request
    step = long_step(200_000)
    writing = asyncio.create_task(asyncio.to_thread(ends.worker.send, step))
    assert await anext(aiter(ends.front)) == step
    await writing


async def test_a_worker_waits_while_the_front_does_not_read(ends: Ends) -> None:
    done = threading.Event()

    def write() -> None:
        for _ in range(40):
            ends.worker.send(long_step(20_000))
        done.set()

    writing = asyncio.create_task(asyncio.to_thread(write))
    frames = aiter(ends.front)
    await anext(frames)
    assert not done.is_set()  # 4 MB cannot be on their way: a pipe holds 64 KiB, the reader a little more
    for _ in range(39):
        await anext(frames)
    await writing


async def test_iterating_ends_with_the_worker(ends: Ends) -> None:
    ends.worker.send(long_step(3))
    os.close(ends.fds.worker_write)
    assert [frame async for frame in ends.front] == [long_step(3)]


async def test_a_frame_cut_off_in_the_middle_is_the_end(ends: Ends) -> None:
    os.write(ends.fds.worker_write, pack(long_step(100))[:50])
    os.close(ends.fds.worker_write)
    assert [frame async for frame in ends.front] == []


async def test_nonsense_from_a_worker_is_an_error(ends: Ends) -> None:
    os.write(ends.fds.worker_write, b"\x00\x00\x00\x03abc")
    with pytest.raises(PipeError):
        await anext(aiter(ends.front))


async def test_the_worker_learns_once_that_the_front_is_gone(ends: Ends) -> None:
    await ends.front.send(Snapshot())
    await ends.front.close()
    assert await ends.next_delivered() == Snapshot()
    assert "closed" in await ends.why_gone()
    ends.gone.put("end of the test")  # what the fixture waits for


@pytest.fixture
def half_open() -> Iterator[tuple[int, SimpleQueue[str]]]:
    """The writing side of a worker's incoming pipe, and what `on_gone` is told."""
    read, write = os.pipe()
    gone: SimpleQueue[str] = SimpleQueue()
    WorkerEnd(read, -1, deliver=lambda _: None, on_gone=gone.put).start()
    yield write, gone
    os.close(read)


def test_nonsense_from_the_front_ends_the_work(half_open: tuple[int, SimpleQueue[str]]) -> None:
    write, gone = half_open
    os.write(write, b"\x00\x00\x00\x03abc")
    assert "not a frame" in gone.get(timeout=WAIT)
    os.close(write)


def test_a_front_that_dies_in_the_middle_of_a_frame_ends_the_work(half_open: tuple[int, SimpleQueue[str]]) -> None:
    write, gone = half_open
    os.write(write, pack(Snapshot())[:6])
    os.close(write)
    assert "middle of a frame" in gone.get(timeout=WAIT)


async def test_sending_to_a_worker_that_is_gone_says_so() -> None:
    fds = PipeFds.make()
    front = await WorkerPipe.open(fds.front_read, fds.front_write)
    fds.close_worker_side()
    assert [frame async for frame in front] == []
    with pytest.raises(WorkerGone):
        await send_many(front)
    await front.close()


async def send_many(front: WorkerPipe) -> None:
    """The system may still take a first write; it does not take them all."""
    for _ in range(1000):
        await front.send(Snapshot())
        await asyncio.sleep(0)
