"""Whatever happens to connections and workers, in whatever order: no character lost or twice, one end."""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from llamachat.protocol import AiResponse, Attach, Codec, Detach
from llamachat_daemon.pipe.frames import Generate
from llamachat_daemon.serving import supervisor, workload
from tests.unit.serving.nodes import Rig, config, holds, running_node
from tests.unit.serving.scripted_client import Followed

TEXT = "Grüße, 👋🏽 zero\u200dwidth, Ελλάδα and plain words. " * 2

happenings = st.lists(
    st.one_of(
        st.integers(1, 9),  # so many characters are produced
        st.sampled_from(["worker dies", "reconnect", "sent again", "detach", "reader stops", "read a frame"]),
    ),
    max_size=16,
)


async def play(directory: Path, events: list[int | str], codec: Codec) -> None:
    async with running_node(config(directory)) as rig:
        seen = Followed("", [])
        client = rig.client(codec=codec)
        await client.__aenter__()
        asked = client.ask("a")
        worker, request = rig.worker, await rig.worker.expect(Generate)
        worker.start(request)
        made = 0
        for event in events:
            if isinstance(event, int):
                for character in TEXT[made : made + event]:
                    worker.produce(request, character)
                made = min(made + event, len(TEXT))
                await holds(partial(has, rig, made))
            elif event == "worker dies":
                worker.die()
                worker = await rig.launcher.next()
                await worker.load()
                request = await worker.expect(Generate)
                assert request.prefix == TEXT[:made]
                worker.start(request)
            elif event == "reconnect":
                await client.__aexit__()
                client = rig.client(codec=codec)
                await client.__aenter__()
                client.send(Attach(id="a", offset=len(seen.text), token_offset=len(seen.tokens)))
            elif event == "sent again":
                await client.__aexit__()
                client = rig.client(codec=codec)
                await client.__aenter__()
                client.send(asked)
                seen = Followed("", [])
            elif event == "detach":
                client.send(Detach(id="a"))
                client.send(Attach(id="a", offset=0))
                # What was sent before is still on its way; a new beginning is not to be mixed up with it.
                await client.__aexit__()
                client = rig.client(codec=codec)
                await client.__aenter__()
                client.send(Attach(id="a", offset=len(seen.text), token_offset=len(seen.tokens)))
            elif event == "reader stops":
                client.connection.gate.clear()
            else:
                client.connection.gate.set()
                if made > len(seen.text):
                    await take_one(client, seen)
        client.connection.gate.set()
        for character in TEXT[made:]:
            worker.produce(request, character)
        worker.finish(request)
        while not seen.over:
            await take_one(client, seen)
        check(rig, seen)
        await client.__aexit__()


def has(rig: Rig, length: int) -> bool:
    """Whether the record has come so far."""
    return rig.node.attempts.find("ann", "a").record.length == length


async def take_one(client, seen: Followed) -> None:
    """The next piece of the answer, which must begin where the last one ended."""
    while not isinstance(frame := await client.take(), AiResponse):
        pass
    seen.add(frame)


def check(rig: Rig, seen: Followed) -> None:
    assert seen.text == seen.last.message == TEXT
    assert seen.tokens == [ord(character) for character in TEXT]
    totals = rig.node.telemetry.totals()
    assert (totals.requests, totals.completed, totals.failed) == (1, 1, 0)


@settings(max_examples=40, deadline=None)
@given(happenings, st.sampled_from(list(Codec)))
def test_no_character_is_lost_or_comes_twice_whatever_happens(events, codec):
    with (
        tempfile.TemporaryDirectory() as directory,
        mock.patch.object(supervisor, "RESTART_DELAYS_S", (0.0,)),
        mock.patch.object(workload, "MAX_LOSSES", 99),
    ):
        asyncio.run(play(Path(directory), events, codec))
