"""Tasks that end before what started them goes on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from llamachat.base.tasks import cancel_and_wait, run_apart, run_until


async def test_cancelled_tasks_have_cleaned_up_and_tell_what_they_came_to() -> None:
    ended = []

    async def work() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("working")
        return "never"

    async def failed() -> str:
        raise ValueError("broken")

    async def ready() -> str:
        return "done"

    tasks = [asyncio.create_task(side) for side in (work(), failed(), ready())]
    await asyncio.wait(tasks[1:])
    await asyncio.sleep(0)  # the first has begun
    cancelled, error, result = await cancel_and_wait(*tasks)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert (str(error), result, ended) == ("broken", "done", ["working"])


async def test_work_that_ends_first_ends_the_wait() -> None:
    end = asyncio.Event()
    assert await run_until(asyncio.sleep(0), end.wait())


async def test_work_is_ended_when_the_end_comes_first() -> None:
    begun, end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(run_until(work(), end.wait()))
    await begun.wait()
    end.set()
    assert not await running
    assert ended.is_set()


async def test_an_error_of_the_work_is_raised() -> None:
    async def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await run_until(work(), asyncio.Event().wait())


async def test_work_apart_gives_its_result_or_its_error() -> None:
    assert await run_apart(lambda: threading.current_thread().name) == "apart"

    def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await run_apart(fail)


async def test_work_apart_that_blocks_holds_nobody_who_is_cancelled() -> None:
    held, ended = threading.Event(), threading.Event()

    def block() -> None:
        held.wait()
        ended.set()

    waiting = asyncio.create_task(run_apart(block))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    held.set()
    await run_apart(ended.wait)


def test_work_apart_that_never_ends_does_not_hold_the_end_of_the_program() -> None:
    code = (
        "import asyncio, threading\nfrom llamachat.base.tasks import run_apart\n"
        "async def main():\n    try:\n        async with asyncio.timeout(0.01):\n"
        "            await run_apart(threading.Event().wait)\n    except TimeoutError:\n        print('left')\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "left\n"
