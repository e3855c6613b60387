"""What the front and a worker say to each other: msgpack maps with a `type`, each behind its length.

The front alone decides *whether* an attempt runs (admission, order, retention); the worker alone knows *how* (tokens,
template, sampling, cache). Everything about one attempt is named by `key`, which the front makes and never reuses.
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import msgspec

from llamachat.protocol import FinishReason, Params, PromptMessage


class ToWorker(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What the front sends."""


Attention = Literal["auto", "flash", "plain"]
"""How attention is computed on a processor."""

ATTENTIONS: Final[tuple[Attention, ...]] = get_args(Attention)


DEFAULT_TARGET_GAP: Final = 2.5
"""Longest duration of a step that reads prompts, in plain steps."""


class FromWorker(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What a worker sends."""


class Load(ToWorker, frozen=True, kw_only=True, tag="load"):
    """The first frame: load the GGUF at `path`.

    `slots` sequences decode together at most; `context` is the length of each in tokens (None: the model's own, within
    reason); `gpu_layers` -1 is all; `threads` 0 lets the engine choose. `exact_batches` keeps CPU batches at 63 rows.
    `target_gap`, at least 1, is how long a step that also reads prompts may take, in plain decode steps.
    `attention` "plain" does without flash attention on a processor, where there is room and not with `exact_batches`;
    "auto" does the same and says nothing where there is no room. `warm_bytes` of finished conversations are kept for
    their next turns (None: twice those of the cache).
    `isolate_principals` keeps a prompt from being served from what another principal's left in the cache. `repack`
    False keeps the weights as they are in the file instead of laying them out for the processor's own extensions (AMX
    and others): slower, and works where those are broken.
    """

    path: str
    slots: int = 4
    context: int | None = None
    gpu_layers: int = -1
    threads: int = 0
    exact_batches: bool = False
    target_gap: float = DEFAULT_TARGET_GAP
    isolate_principals: bool = False
    attention: Attention = "auto"
    repack: bool = True
    warm_bytes: int | None = None


class Generate(ToWorker, frozen=True, kw_only=True, tag="generate"):
    """Start an answer, or go on with one.

    `prefix` is text that its readers already have; what the worker releases comes after it. `prefix_tokens` are its ids
    in this model's vocabulary where they are known (they may stand for more text than `prefix`); otherwise the worker
    tokenises `prefix` on its own. `params.seed` is always set. `principal` and `chat` tell the cache whose prompt it
    is.
    """

    key: int
    messages: list[PromptMessage]
    params: Params
    prefix: str = ""
    prefix_tokens: list[int] | None = None
    principal: str = ""
    chat: str = ""


class Cancel(ToWorker, frozen=True, kw_only=True, tag="cancel"):
    """Stop this attempt within a decode step; `finished` follows with `reason` (unless it has already ended)."""

    key: int
    reason: FinishReason = "cancelled"


class Snapshot(ToWorker, frozen=True, kw_only=True, tag="snapshot"):
    """Ask for `stats` now."""


class Stop(ToWorker, frozen=True, kw_only=True, tag="stop"):
    """End the process; what runs is dropped without a word."""


class LoadProgress(FromWorker, frozen=True, kw_only=True, tag="progress"):
    """Bytes of the model loaded so far."""

    done: int
    total: int


class Loaded(FromWorker, frozen=True, kw_only=True, tag="loaded"):
    """The model is ready. `context` is what llama.cpp really gave each sequence; `model_bytes` are the weights,
    `kv_bytes` the whole cache, which has room for `kv_tokens` tokens of conversations."""

    name: str
    architecture: str
    parameters: int
    quantization: str
    size: int
    context: int
    vocabulary: int
    fingerprint: str
    slots: int
    model_bytes: int
    kv_bytes: int
    kv_tokens: int
    threads: int
    system_info: str = ""


class LoadFailed(FromWorker, frozen=True, kw_only=True, tag="load_failed"):
    """The model cannot be loaded; the process ends. `message` says what to do."""

    message: str


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """The prompt of `key` is tokenised and has a sequence. `prefix_tokens` are the ids of the prefix as used."""

    key: int
    prompt_tokens: int
    cached_tokens: int
    dropped_messages: int
    prefix_tokens: list[int]


class Prefilled(msgspec.Struct, frozen=True, kw_only=True):
    """So many of the prompt's tokens (cached ones included) are read."""

    key: int
    done: int
    total: int


class Produced(msgspec.Struct, frozen=True, kw_only=True):
    """New ids of an answer, and the text that may be shown now; either may be empty."""

    key: int
    tokens: list[int]
    text: str


class Step(FromWorker, frozen=True, kw_only=True, tag="step"):
    """Everything that one decode step brought, for all sequences; `step_ms` is how long it took."""

    started: list[Started] = []
    prefilled: list[Prefilled] = []
    produced: list[Produced] = []
    step_ms: float = 0.0


class Finished(FromWorker, frozen=True, kw_only=True, tag="finished"):
    """The attempt has ended; everything it produced was sent before. Times are milliseconds."""

    key: int
    reason: FinishReason
    prefill_ms: float
    decode_ms: float
    prefill_tokens: int
    decode_tokens: int


class Failed(FromWorker, frozen=True, kw_only=True, tag="failed"):
    """The attempt cannot be served; `code` is one of protocol.md's."""

    key: int
    code: str
    message: str
    detail: dict[str, Any] = {}


class Stats(FromWorker, frozen=True, kw_only=True, tag="stats"):
    """How the worker is, about once a second while it works, and when asked. `resident` maps (principal, chat) pairs to
    warm tokens; rates are tokens per second over the last seconds of work, None before the first."""

    busy: int
    waiting: int
    kv_tokens_used: int
    decode_tokens_per_second: float | None = None
    prefill_tokens_per_second: float | None = None
    resident: list[tuple[str, str, int]] = []


AnyToWorker = Load | Generate | Cancel | Snapshot | Stop
AnyFromWorker = LoadProgress | Loaded | LoadFailed | Step | Finished | Failed | Stats
