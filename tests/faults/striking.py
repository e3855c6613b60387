"""Makes faults happen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import assert_never

from tests.faults.kinds import (
    Cut,
    Delay,
    DoubleClose,
    Fault,
    Flap,
    HalfClose,
    Kill,
    KillAll,
    KillWorker,
    Refuse,
    Restart,
    Stall,
    Stop,
    Throttle,
    Truncate,
)
from tests.faults.nodes import FaultyNode


async def strike_with(fault: Fault, node: FaultyNode, nodes: Sequence[FaultyNode]) -> None:
    """Strikes at once, and stays until the fault has passed; one that lasts for good ends with `node.revive`."""
    proxy = node.proxy
    weather = proxy.weather
    match fault:
        case Cut():
            proxy.cut()
        case HalfClose(towards=towards):
            proxy.half_close(towards)
        case DoubleClose(code=code):
            proxy.close_twice(code)
        case Truncate(towards=towards, share=share):
            proxy.truncate(towards, share)
        case Delay(by_s=by, lasting_s=lasting):
            weather.delay_s = by
            await asyncio.sleep(lasting)
            weather.delay_s = 0.0
        case Throttle(bytes_per_s=rate, lasting_s=lasting):
            weather.bytes_per_s = rate
            await asyncio.sleep(lasting)
            weather.bytes_per_s = None
        case Stall(lasting_s=lasting_s):
            weather.flowing.clear()
            if lasting_s is not None:
                await asyncio.sleep(lasting_s)
                weather.flowing.set()
        case Flap(every_s=every, times=times):
            for _ in range(times):
                proxy.cut()
                await asyncio.sleep(every)
        case Refuse(lasting_s=lasting):
            proxy.refuse()
            await asyncio.sleep(lasting)
            await node.revive()
        case Kill(back_after_s=back_after):
            node.kill()
            if back_after is not None:
                await asyncio.sleep(back_after)
                await node.revive()
        case KillWorker():
            node.kill_worker()
        case Stop(lasting_s=lasting_s):
            node.stop()
            if lasting_s is not None:
                await asyncio.sleep(lasting_s)
                node.resume()
        case Restart(at_once=at_once):
            await node.restart(at_once=at_once)
        case KillAll():
            for each in nodes:
                each.kill()
            await node.revive()
        case _:
            assert_never(fault)
