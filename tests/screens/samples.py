"""What the nodes of the tests are and say: the same for what is pressed and for what is pictured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from llamachat.fleet import NodeSnapshot
from llamachat.fleet.events import Delta, Routed
from llamachat.protocol import (
    BackendStatus,
    Gpu,
    Hello,
    Limits,
    Memory,
    ModelInfo,
    NodeInfo,
    Principal,
    QueueState,
    SlotState,
)
from tests.screens.scripted import NOON, finished, snapshot

HERE = "ws://127.0.0.1:13000/chat"
ROUTED = Routed("llama-01", "llama3-8b", "free", 40.0)
CODE = "Run:\n\n```sh\nls -l\n```\n\nor\n\n```python\nimport os\n```\n"
ALL_LOST = (snapshot("llama-01", "offline", retry_at=NOON + 4), snapshot("llama-02", "offline", retry_at=NOON + 9))


def delta(offset: int, text: str, node: str = "llama-01") -> Delta:
    """A piece of an answer."""
    return Delta(node, "llama3-8b", offset, text, 1)


WAITING = (ROUTED, delta(0, "One"), None, finished("One"))
"""An answer that comes to its end when the test says so."""


def offering(name: str, *models: str, context: int | None = None) -> NodeSnapshot:
    """A node with these models, all loaded."""
    offered = [ModelInfo(id=model, name=model, state="loaded", context=context) for model in models]
    status = BackendStatus(
        node=name, time=NOON, state="ready", load=0.1, memory=Memory(34, 100, 5, 5, 1, 2), queue=QueueState(0, 64),
        slots=SlotState(1, 4), models=offered,
    )  # fmt: skip
    hello = Hello(
        protocol=1, node=NodeInfo(name, name, "0.1.0", NOON), models=offered, default_model=models[0],
        limits=Limits(4 << 20, 64, 8), principal=Principal("ada", admin=False),
    )  # fmt: skip
    return snapshot(name, status=status, hello=hello)


MODELS = [
    ModelInfo(
        id="llama3-8b", name="Llama 3 8B", size=4_900_000_000, context=8192, quantization="Q4_K_M", state="loaded",
        slots=4,
    ),
    ModelInfo(id="guide", name="Guide", size=19_000_000, context=2048),
    ModelInfo(id="broken", name="Broken", state="failed", error="The file is cut short."),
]  # fmt: skip


def at_work(name: str, state: str = "online", *, peers: Sequence[str] = (), **facts: Any) -> NodeSnapshot:
    """A node with models, at work."""
    hello = Hello(
        protocol=1, node=NodeInfo(name, name, "0.1.0", NOON - 7200), models=MODELS, default_model="llama3-8b",
        limits=Limits(4 << 20, 64, 8), principal=Principal("ada", admin=True), peers=list(peers),
    )  # fmt: skip
    plain = snapshot(name, state, **{"hello": hello, "status_at": NOON - 30, **facts})
    if plain.status is None:
        return plain
    status = msgspec.structs.replace(
        plain.status, models=MODELS, requests_per_second=1.2, latency_ms=243.0, tokens_per_second=31.4, load=0.45,
        memory=Memory(67, 100, 5, 5, 1, 2), queue=QueueState(2, 64), slots=SlotState(3, 8),
        gpus=[Gpu("NVIDIA L4", 0.81, 18_000_000_000, 24_000_000_000)],
    )  # fmt: skip
    return replace(plain, status=status)


LOST = at_work(
    "llama-03", "offline", retry_at=NOON + 12, reason="Nothing listens at llama-03:13000. Is the daemon running?"
)
REFUSED = at_work(
    "llama-05", "refused", hello=None, status=None, reason="The node refuses the token. Check token there."
)
THREE = (at_work("llama-01"), at_work("llama-02"), at_work("llama-03"))
EVERY_STATE = (
    at_work("llama-01"),
    at_work("llama-02", "warning", reason="Its memory is 97% full."),
    LOST,
    at_work("llama-04", "draining", reason="It finishes what it has and takes no new work."),
)
SEVERAL_MODELS = (offering("llama-01", "llama3-8b"), offering("llama-02", "llama3-8b", "qwen2.5-coder-32b"))
SETTINGS = """# my settings
[[nodes]]
name = "llama-01"
url = "ws://10.0.0.5:13000/chat"  # in the cellar

[chat]
model = "llama3"

[look]
motion = false
"""
