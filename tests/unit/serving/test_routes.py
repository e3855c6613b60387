"""What GET answers: this node first, then its peers; readiness; metrics that Prometheus can read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from llamachat.protocol import (
    BackendStatus,
    Gpu,
    Memory,
    ModelInfo,
    NodeInfo,
    Principal,
    QueueState,
    SlotState,
    Totals,
)
from llamachat_daemon.config import PeerConfig
from llamachat_daemon.serving.archive.archive import Archive
from llamachat_daemon.serving.peers import Peers
from llamachat_daemon.serving.routes import Routes, own_entry
from llamachat_daemon.serving.telemetry import Telemetry

ALICE = Principal("alice", admin=False)
IDENTITY = NodeInfo("n0", "box", "1.2.3", 1000.0)
STATUS = BackendStatus(
    node="n0",
    time=2000.0,
    state="ready",
    load=0.256,
    memory=Memory(60, 100, 20, 10, 1, 4),
    gpus=[Gpu("Card", 0.5, 1, 2), Gpu("Other", None, None, None)],
    queue=QueueState(3, 64),
    slots=SlotState(1, 4),
    requests_per_second=0.12345,
    latency_ms=80.06,
    tokens_per_second=90.0,
    models=[ModelInfo(id="guide", name="guide", state="loaded"), ModelInfo(id="bad", name="bad", state="failed")],
    totals=Totals(requests=5, completed=3, failed=1, cancelled=1, prompt_tokens=50, completion_tokens=70, cost=0.5),
)


class FakeNode:
    identity = IDENTITY

    def __init__(self) -> None:
        self.archive: Archive | None = None
        self.reason: str | None = None
        self.now = STATUS

    def status(self, principal_name: str) -> BackendStatus:
        return self.now

    def not_ready(self) -> str | None:
        return self.reason


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def routes(node: FakeNode) -> Routes:
    return Routes(node, Telemetry(), Peers([PeerConfig("ws://10.0.0.6:13000/chat")]), "127.0.0.1:13000")


def get(routes: Routes, path: str, host: str | None = "box:13000") -> tuple[int, Any]:
    answer = asyncio.run(routes.answer(path, ALICE, host))
    assert answer.content_type == "application/json"
    return answer.status, json.loads(answer.body)


def test_nodes_are_this_one_and_then_the_peers(routes: Routes):
    status, body = get(routes, "/api/nodes")
    assert status == 200
    assert body["nodes"][0] == {
        "id": "n0", "name": "box", "url": "ws://box:13000/chat", "status": "healthy", "load": 25.6, "memory": 60.0,
        "requestsPerSecond": 0.123, "latencyMs": 80.1, "queue": 3, "models": ["guide"],
    }  # fmt: skip
    assert [entry["status"] for entry in body["nodes"][1:]] == ["offline"]
    assert set(body["nodes"][1]) == set(body["nodes"][0])


@pytest.mark.parametrize("host", [None, "a b", "x/y", "<script>", "a" * 300])
def test_a_host_that_is_none_is_not_echoed(routes: Routes, host: str | None):
    assert get(routes, "/api/nodes", host)[1]["nodes"][0]["url"] == "ws://127.0.0.1:13000/chat"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "healthy"),
        ({"state": "busy"}, "healthy"),
        ({"load": 1.0}, "healthy"),
        ({"state": "loading"}, "warning"),
        ({"state": "draining"}, "warning"),
        ({"state": "degraded"}, "warning"),
        ({"memory": Memory(95, 100, 0, 0, 0, 0)}, "warning"),
        ({"queue": QueueState(52, 64)}, "warning"),
    ],
)
def test_a_node_warns_before_it_refuses(change: dict[str, Any], status: str):
    assert own_entry(IDENTITY, msgspec.structs.replace(STATUS, **change), "ws://x/chat").status == status


def test_percents_stay_between_0_and_100():
    odd = msgspec.structs.replace(STATUS, load=1.7, memory=Memory(5, 0, 0, 0, 0, 0))
    entry = own_entry(IDENTITY, odd, "ws://x/chat")
    assert (entry.load, entry.memory) == (100.0, 0.0)


def test_ready_says_why_not(routes: Routes, node: FakeNode):
    assert get(routes, "/readyz") == (200, {"ready": True})
    node.reason = "The model guide is not loaded yet."
    assert get(routes, "/readyz") == (503, {"ready": False, "reason": "The model guide is not loaded yet."})
    assert get(routes, "/healthz")[0] == 200


def test_without_an_archive_there_are_no_chats(routes: Routes):
    assert get(routes, "/chats") == (200, {"chats": [], "cursor": None})
    assert get(routes, "/chat/abc")[0] == 404


@pytest.mark.parametrize("path", ["/", "", "/nope", "/api/nodes/", "/chats/", "/metrics/x", "//healthz"])
def test_unknown_paths_are_not_found(routes: Routes, path: str):
    status, body = get(routes, path)
    assert status == 404
    assert isinstance(body["error"], str)


def test_metrics_can_be_read_by_prometheus(routes: Routes, node: FakeNode):
    telemetry = Telemetry()
    telemetry.first_token(70)
    telemetry.first_token(700)
    answer = asyncio.run(Routes(node, telemetry, Peers([]), "x").answer("/metrics", ALICE, None))
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }
    assert samples["llamachat_requests_total",] == 5
    assert samples["llamachat_answers_total", ("outcome", "completed")] == 3
    assert samples["llamachat_completion_tokens_total",] == 70
    assert samples["llamachat_state", ("state", "ready")] == 1
    assert samples["llamachat_state", ("state", "draining")] == 0
    assert samples["llamachat_queue_depth",] == 3
    assert samples["llamachat_model_loaded", ("model", "guide")] == 1
    assert samples["llamachat_gpu_load_ratio", ("gpu", "0"), ("name", "Card")] == 0.5
    assert samples["llamachat_time_to_first_token_seconds_bucket", ("le", "0.1")] == 1
    assert samples["llamachat_time_to_first_token_seconds_bucket", ("le", "+Inf")] == 2
    assert samples["llamachat_time_to_first_token_seconds_sum",] == pytest.approx(0.77)
    assert samples["llamachat_node_info", ("id", "n0"), ("name", "box"), ("version", "1.2.3")] == 1
    assert all(name[0].startswith("llamachat_") for name in samples)
