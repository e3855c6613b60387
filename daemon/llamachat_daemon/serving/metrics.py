"""The daemon's figures for Prometheus, in its text format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from llamachat.protocol import BackendStatus, NodeInfo, NodeState
from llamachat_daemon.serving.telemetry import TTFT_BUCKETS_MS, Histogram

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_STATES: Final[tuple[NodeState, ...]] = ("ready", "loading", "busy", "draining", "degraded")


def render(node: NodeInfo, status: BackendStatus, ttft: Histogram) -> bytes:
    """The figures as text, UTF-8."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(node, status, ttft))
    return generate_latest(registry)


class _Snapshot(Collector):
    """One moment of the node, told once."""

    def __init__(self, node: NodeInfo, status: BackendStatus, ttft: Histogram) -> None:
        self._node = node
        self._status = status
        self._ttft = ttft

    def collect(self) -> Iterator[Metric]:
        status = self._status
        info = GaugeMetricFamily(
            "llamachat_node_info", "Which daemon this is; always 1.", labels=["id", "name", "version"]
        )
        info.add_metric([self._node.id, self._node.name, self._node.version], 1)
        yield info
        yield _gauge("start_time_seconds", "When the daemon started (Unix time).", self._node.started_at)
        state = GaugeMetricFamily("llamachat_state", "1 for the state that the node is in.", labels=["state"])
        for name in _STATES:
            state.add_metric([name], float(status.state == name))
        yield state
        yield from self._requests()
        yield from self._machine()
        yield _gauge("queue_depth", "Attempts that wait.", status.queue.depth)
        yield _gauge("queue_limit", "Attempts that may wait.", status.queue.limit)
        yield _gauge("slots_busy", "Sequences at work.", status.slots.busy)
        yield _gauge("slots", "Sequences decoded together at most.", status.slots.total)
        if status.tokens_per_second is not None:
            yield _gauge("decode_tokens_per_second", "Speed of decoding, all sequences.", status.tokens_per_second)
        if status.prefill_tokens_per_second is not None:
            yield _gauge("prefill_tokens_per_second", "Speed of reading prompts.", status.prefill_tokens_per_second)
        loaded = GaugeMetricFamily("llamachat_model_loaded", "1 where the model is loaded.", labels=["model"])
        for model in status.models:
            loaded.add_metric([model.id], float(model.state == "loaded"))
        yield loaded

    def _requests(self) -> Iterator[Metric]:
        totals = self._status.totals
        yield _counter("requests", "Requests for an answer that were accepted.", totals.requests)
        ended = CounterMetricFamily("llamachat_answers", "Answers that ended, by how.", labels=["outcome"])
        for outcome in ("completed", "failed", "cancelled"):
            ended.add_metric([outcome], getattr(totals, outcome))
        yield ended
        yield _counter("prompt_tokens", "Tokens of prompts.", totals.prompt_tokens)
        yield _counter("cached_tokens", "Tokens of prompts that were in memory already.", totals.cached_tokens)
        yield _counter("completion_tokens", "Tokens of answers.", totals.completion_tokens)
        yield _counter("cost", "What the answers cost, in the operator's currency.", totals.cost)
        reached, buckets = 0, []
        for bound, count in zip([*(ms / 1000 for ms in TTFT_BUCKETS_MS), float("inf")], self._ttft.counts, strict=True):
            reached += count
            buckets.append(("+Inf" if bound == float("inf") else f"{bound:g}", float(reached)))
        histogram = HistogramMetricFamily("llamachat_time_to_first_token_seconds", "From request to first token.")
        histogram.add_metric([], buckets, self._ttft.sum_ms / 1000)
        yield histogram

    def _machine(self) -> Iterator[Metric]:
        memory = self._status.memory
        yield _gauge("load_ratio", "Load of the processors, 0 to 1.", self._status.load)
        yield _gauge("memory_used_bytes", "Memory in use on the machine.", memory.used)
        yield _gauge("memory_bytes", "Memory of the machine.", memory.total)
        yield _gauge("process_memory_bytes", "Memory of the daemon with its workers.", memory.process)
        yield _gauge("model_bytes", "Weights in memory.", memory.model)
        yield _gauge("kv_used_bytes", "Keys and values in use.", memory.kv_used)
        yield _gauge("kv_bytes", "Room for keys and values.", memory.kv_total)
        yield from self._cards()

    def _cards(self) -> Iterator[Metric]:
        load = _per_card("gpu_load_ratio", "Load of the card, 0 to 1.")
        used = _per_card("gpu_memory_used_bytes", "Memory in use on the card.")
        total = _per_card("gpu_memory_bytes", "Memory of the card.")
        for index, card in enumerate(self._status.gpus):
            for family, value in ((load, card.load), (used, card.memory_used), (total, card.memory_total)):
                if value is not None:
                    family.add_metric([str(index), card.name], value)
        yield from (load, used, total)


def _per_card(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"llamachat_{name}", text, labels=["gpu", "name"])


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"llamachat_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"llamachat_{name}", text, value=value)
