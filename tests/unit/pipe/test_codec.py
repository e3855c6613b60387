from __future__ import annotations

import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.protocol import Params, PromptMessage
from llamachat_daemon.pipe import codec
from llamachat_daemon.pipe.codec import PipeError, body_length, pack, unpack_from_worker, unpack_to_worker
from llamachat_daemon.pipe.frames import (
    Cancel,
    Failed,
    Finished,
    FromWorker,
    Generate,
    Load,
    Prefilled,
    Produced,
    Snapshot,
    Started,
    Stats,
    Step,
    Stop,
    ToWorker,
)

TO_WORKER: list[ToWorker] = [
    Load(path="/models/x.gguf", slots=8, context=4096, exact_batches=True),
    Generate(
        key=7,
        messages=[PromptMessage("user", "Grüße 😀", "ann")],
        params=Params(seed=3, stop=["\n"], json_schema={"type": "object"}),
        prefix="a",
        prefix_tokens=[1, 2],
        principal="p",
        chat="c",
    ),
    Cancel(key=7, reason="deadline"),
    Snapshot(),
    Stop(),
]
FROM_WORKER: list[FromWorker] = [
    Step(
        started=[Started(key=1, prompt_tokens=5, cached_tokens=2, dropped_messages=0, prefix_tokens=[9])],
        prefilled=[Prefilled(key=1, done=3, total=5)],
        produced=[Produced(key=1, tokens=[4], text="é")],
        step_ms=1.5,
    ),
    Finished(key=1, reason="stop", prefill_ms=1, decode_ms=2, prefill_tokens=3, decode_tokens=4),
    Failed(key=1, code="invalid_params", message="No.", detail={"field": "x"}),
    Stats(busy=1, waiting=0, kv_tokens_used=10, resident=[("p", "c", 10)]),
]


@pytest.mark.parametrize("frame", TO_WORKER, ids=lambda frame: type(frame).__name__)
def test_a_frame_to_a_worker_comes_back_equal(frame: ToWorker) -> None:
    data = pack(frame)
    assert body_length(data[:4]) == len(data) - 4
    assert unpack_to_worker(data[4:]) == frame


@pytest.mark.parametrize("frame", FROM_WORKER, ids=lambda frame: type(frame).__name__)
def test_a_frame_from_a_worker_comes_back_equal(frame: FromWorker) -> None:
    assert unpack_from_worker(pack(frame)[4:]) == frame


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_a_pipe_error(body: bytes) -> None:
    for unpack in (unpack_to_worker, unpack_from_worker):
        try:
            assert isinstance(unpack(body), msgspec.Struct)
        except PipeError:
            continue


def test_a_frame_of_the_other_direction_is_refused() -> None:
    with pytest.raises(PipeError):
        unpack_to_worker(pack(FROM_WORKER[0])[4:])


def test_an_announced_length_over_the_limit_is_refused() -> None:
    with pytest.raises(PipeError, match="announced"):
        body_length(struct.pack(">I", codec.MAX_PIPE_FRAME_BYTES + 1))


def test_a_frame_over_the_limit_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "MAX_PIPE_FRAME_BYTES", 100)
    with pytest.raises(PipeError, match="Load"):
        pack(Load(path="x" * 200))
