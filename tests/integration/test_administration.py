"""What a person has one node do, and its log, with a real daemon."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import pytest

from llamachat.fleet import Fleet, NodeAddress, NodeSnapshot
from llamachat.fleet.requests import RequestError
from llamachat.fleet.trying import look_at
from llamachat.protocol import Drain, LoadModel, UnloadModel
from tests.integration.daemons import start_daemon

PATIENCE_S = 60.0


async def _until_it_is(fleet: Fleet, state: str) -> NodeSnapshot:
    changed = asyncio.Event()
    unsubscribe = fleet.subscribe(changed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                (node,) = fleet.snapshots()
                if node.state == state or (state == "usable" and node.usable and node.status is not None):
                    return node
                changed.clear()
                await changed.wait()
    finally:
        unsubscribe()


async def test_a_node_is_drained_its_models_changed_and_its_log_followed():
    with start_daemon("--name", "a") as daemon:
        async with Fleet([NodeAddress("a", daemon.url)]) as fleet:
            await _until_it_is(fleet, "usable")
            assert fleet.preview().node == "a"
            log = fleet.log("a", 100)
            async with asyncio.timeout(PATIENCE_S), contextlib.aclosing(log):
                texts = [line.text for line in await anext(log)]
                assert any("is loaded" in text for text in texts)

                await fleet.administer("a", Drain(on=True))
                await _until_it_is(fleet, "draining")
                assert fleet.preview().node is None
                await fleet.administer("a", Drain(on=False))
                await _until_it_is(fleet, "usable")

                await fleet.administer("a", UnloadModel(model=daemon.model))
                await fleet.administer("a", LoadModel(model=daemon.model))
                assert any("is loaded" in line.text for line in await anext(log))
                with pytest.raises(RequestError, match="nonsense"):
                    await fleet.administer("a", LoadModel(model="nonsense"))

                daemon.signal(signal.SIGKILL)
                with pytest.raises(RequestError):
                    [lines async for lines in log]
            with pytest.raises(RequestError, match="no connection"):
                await fleet.administer("a", Drain(on=True))
            with pytest.raises(RequestError, match="no node b"):
                await fleet.administer("b", Drain(on=True))


async def test_a_look_at_an_address_tells_how_the_node_there_is():
    with start_daemon("--name", "a") as daemon:
        seen = await look_at(NodeAddress("it", daemon.url), PATIENCE_S)
        assert (seen.connected, seen.hello is not None) == (True, True)
    gone = await look_at(NodeAddress("it", daemon.url), PATIENCE_S)
    assert (gone.state, gone.gone) == ("offline", True)
