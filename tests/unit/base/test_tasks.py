"""Tasks that end before what started them goes on."""

from __future__ import annotations

import asyncio

import pytest

from llamachat.base.tasks import cancel_and_wait, run_until


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
