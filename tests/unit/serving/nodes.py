"""A node with a scripted worker, for tests of what clients see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llamachat.protocol import Codec, Principal
from llamachat_daemon.config import DaemonConfig, ModelFile, ModelsConfig, QueueConfig
from llamachat_daemon.serving.node import Node
from llamachat_daemon.serving.telemetry import Telemetry
from tests.unit.serving.scripted_client import ScriptedClient
from tests.unit.serving.scripted_worker import ScriptedLauncher, ScriptedWorker

MODEL = "tiny"
ADMIN = Principal("root", admin=True)


def config(directory: Path, **changes: Any) -> DaemonConfig:
    """Settings with one model of four slots; `queue` and the like replace whole tables."""
    file = ModelFile(MODEL, directory / "tiny.gguf")
    base = DaemonConfig(
        name="box",
        data_dir=directory,
        default_model=MODEL,
        models=ModelsConfig(files=(file,)),
        queue=QueueConfig(limit=64, parallel=64),
    )
    return replace(base, **changes)


@dataclass
class Rig:
    """A running node, its launcher and its first worker."""

    node: Node
    launcher: ScriptedLauncher
    worker: ScriptedWorker

    def client(self, principal: Principal | None = None, codec: Codec = Codec.MSGPACK) -> ScriptedClient:
        return ScriptedClient(self.node, principal, codec)


@asynccontextmanager
async def running_node(settings: DaemonConfig, *, slots: int = 4) -> AsyncIterator[Rig]:
    """A node whose model is loaded."""
    launcher = ScriptedLauncher()
    node = Node(settings, Telemetry(), launch=launcher)
    starting = asyncio.create_task(node.start())
    worker = await launcher.next()
    await worker.load(slots=slots)
    await starting
    try:
        yield Rig(node, launcher, worker)
    finally:
        await node.stop()
    assert launcher.running == 0


async def holds(condition: Callable[[], bool], patience_s: float = 20.0) -> None:
    """Returns once the condition holds, for what has no event of its own."""
    async with asyncio.timeout(patience_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
