"""A worker that is stopped by a signal, which nothing of its own can notice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.config import DaemonConfig, EngineConfig, ModelsConfig, guide_file
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.supervisor import Supervisor
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.nodes import holds
from tests.unit.serving.scripted_client import ScriptedClient

TOUR = [PromptMessage("user", "Give me the tour.")]
GREEDY = Params(temperature=0.0, seed=1, max_tokens=200, ignore_eos=True)


async def test_a_stopped_worker_is_replaced_and_its_answer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Supervisor.__init__.__kwdefaults__, "silence_s", 2.0)
    settings = DaemonConfig(
        name="box",
        data_dir=tmp_path,
        models=ModelsConfig(files=(guide_file(),)),
        engine=EngineConfig(exact_batches=True),
    )
    node = Node(settings, Telemetry())
    await node.start()
    try:
        async with ScriptedClient(node) as client:
            client.ask("whole", messages=TOUR, params=GREEDY)
            whole = await client.follow("whole")
            client.ask("stopped", messages=TOUR, params=GREEDY)
            await holds(lambda: node.attempts.knows("ann", "stopped"))
            generation = node.attempts.find("ann", "stopped")
            [pid] = node.pool.pids()

            def stop() -> None:
                if generation.record.token_count == 30 and pid in node.pool.pids():
                    os.kill(pid, signal.SIGSTOP)

            generation.watch(stop)
            answer = await client.follow("stopped")
        assert node.pool.pids() != [pid]
        assert any("said nothing" in event.text for event in node.telemetry.events_since(0)[1])
        assert (answer.text, answer.tokens) == (whole.text, whole.tokens)
    finally:
        await node.stop()
