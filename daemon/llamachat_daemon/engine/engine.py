"""A model made ready: loaded, with its cache, its template and its sizes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from llamachat.protocol import PromptMessage
from llamachat_daemon.engine import llama
from llamachat_daemon.engine.answers import Answers
from llamachat_daemon.engine.cache import AppendOnlyCache, DividedCache, SharedCache
from llamachat_daemon.engine.fingerprint import fingerprint, read_model
from llamachat_daemon.engine.gguf_header import BrokenFile, Header
from llamachat_daemon.engine.passes import weights_in_cells
from llamachat_daemon.engine.rendering import Renderer, TemplateFailed
from llamachat_daemon.engine.scheduler import BATCH_ROWS, EXACT_BATCH_ROWS
from llamachat_daemon.engine.short import WORTH_IT_BELOW, ShortContext
from llamachat_daemon.engine.speeds import Steps
from llamachat_daemon.engine.template import ChatTemplate, Special, Specials
from llamachat_daemon.engine.threads import default_threads, learn_threads, thread_candidates
from llamachat_daemon.pipe.frames import Load, Loaded

DEFAULT_CONTEXT: Final = 8192
"""Most tokens of context that a sequence gets when nobody says how many: memory grows with it."""

SEQUENCES_PER_SLOT: Final = 4
"""Sequences beyond the slots keep finished conversations warm."""

MIN_SEQUENCES: Final = 64
"""At least so many, where all they cost is a row of logits each, and not a state of their own."""

PLAIN_ATTENTION_BYTES: Final = 512 << 20
"""Room for attention without flash attention. Only what the conversations fill of it becomes real memory."""

MIN_PLAIN_ATTENTION_ROWS: Final = 64
"""With smaller batches, prompts are read slowly."""

WARM_CACHES: Final = 2
"""Conversations that are put aside may take so many times the cache's memory; what begins alike is in each of them."""

LEARNING_STREAMS: Final = 4
"""Answers at once (or as many as there are slots) for which the best number of threads is looked for."""

EXACT_SEQUENCES: Final = 64
"""Sequences of an append-only cache before it starts over."""


class CannotLoad(Exception):
    """The model cannot be used; the text is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A model ready to decode.

    Where every sequence has cells of its own, `weights_in_cells` is what a pass costs (see `passes`), and `short` is
    where the answers of short conversations are written, if anywhere; otherwise all rows of a step go together, and
    both are None. In an exact engine, `companion` is a sequence that no attempt gets (see `Worker`), and `answers` is
    None: a conversation is read in the same ids by whichever worker goes on with it.
    """

    model: llama.Model
    context: llama.Context
    cache: SharedCache | AppendOnlyCache
    template: ChatTemplate
    answers: Answers | None
    slots: int
    sequence_tokens: int
    target_gap: float
    weights_in_cells: int | None
    short: ShortContext | None
    companion: int | None
    loaded: Loaded


def load(request: Load, renderer: Renderer, progress: Callable[[int, int], None]) -> Engine:
    """Loads the model; `progress` is told the bytes done and in all.

    Raises:
        CannotLoad: the file, the template or the memory does not do.
    """
    path = Path(request.path)
    if request.slots < 1 or (request.context is not None and request.context < 1) or request.threads < 0:
        raise CannotLoad(f"slots and context must be at least 1 and threads at least 0 for {path.name}.")
    try:
        files = read_model(path)
        identity = fingerprint(files)
    except BrokenFile as error:
        raise CannotLoad(f"{path.name} {error}.") from error
    except OSError as error:
        raise CannotLoad(f"{path.name} cannot be read: {error}.") from error
    size = sum(header.file_size for _, header in files)
    progress(0, size)
    llama.initialise()
    try:
        model = llama.Model.load(
            path,
            gpu_layers=request.gpu_layers,
            repack=request.repack,
            progress=lambda share: progress(int(share * size), size),
        )
        if not model.has_decoder:
            raise CannotLoad(f"{path.name} does not write text: it is not a model to chat with.")
        return _ready(request, model, files[0][1], identity, size, renderer)
    except llama.LoadError as error:
        raise CannotLoad(str(error)) from error


def _ready(request: Load, model: llama.Model, header: Header, identity: str, size: int, renderer: Renderer) -> Engine:
    per_sequence = request.context or min(model.training_context, DEFAULT_CONTEXT)
    if per_sequence > model.training_context:
        sys.stderr.write(
            f"warning: {model.path.name} was trained on {model.training_context} tokens of context; "
            f"beyond them, its answers in a context of {per_sequence} will be poor\n"
        )
    rows = EXACT_BATCH_ROWS if request.exact_batches else BATCH_ROWS
    if request.slots >= min(rows, EXACT_SEQUENCES if request.exact_batches else llama.MAX_SEQUENCES):
        raise CannotLoad(f"{request.slots} slots are too many; use fewer for {model.path.name}.")
    cells = request.slots * per_sequence
    if request.exact_batches:
        cells += per_sequence
    token_bytes = kv_bytes_per_token(header)
    plain_rows = 0
    if llama.computes_on_cpu(request.gpu_layers):
        check_memory(cells * token_bytes, psutil.virtual_memory().available, cells)
        if request.attention != "flash" and not request.exact_batches and model.can_drop_parts:
            plain_rows = plain_attention_rows(header, per_sequence)
            if not plain_rows and request.attention == "plain":
                sys.stderr.write(
                    f"warning: a context of {per_sequence} tokens is too large for plain attention; "
                    "flash attention is used\n"
                )
    divided = plain_rows > 0
    if request.exact_batches:
        sequences = EXACT_SEQUENCES
    elif divided:
        sequences = request.slots
    else:
        sequences = request.slots * SEQUENCES_PER_SLOT
        if model.can_drop_parts:
            sequences = max(MIN_SEQUENCES, sequences)
        sequences = min(llama.MAX_SEQUENCES, sequences)
    context = llama.Context(
        model,
        llama.ContextOptions(
            cells=cells,
            sequences=sequences,
            batch_rows=plain_rows or rows,
            threads=request.threads or default_threads(),
            unified=not divided,
            plain_attention=divided,
        ),
    )
    drops_parts = warm_up(context) and model.can_drop_parts
    # Workers that are to agree bit for bit must not choose for themselves.
    if not (request.threads or request.exact_batches) and llama.computes_on_cpu(request.gpu_layers):
        find_threads(context, streams=min(request.slots, LEARNING_STREAMS))
    cache: SharedCache | AppendOnlyCache
    if request.exact_batches:
        cache = AppendOnlyCache(context, sequences - 1)
    else:
        cache = (DividedCache if divided else SharedCache)(
            context,
            sequences,
            can_drop_parts=drops_parts,
            warm_bytes=warm_bytes(request.warm_bytes, cells * token_bytes, psutil.virtual_memory().available),
            isolate=request.isolate_principals,
        )
    weights = weights_in_cells(model.size, token_bytes)
    short = _short_context(context) if divided and weights < WORTH_IT_BELOW else None
    loaded = Loaded(
        name=model.metadata("general.name") or model.path.stem,
        architecture=header.architecture,
        parameters=model.parameters,
        quantization=model.quantization,
        size=size,
        context=per_sequence,
        vocabulary=model.vocabulary.size,
        fingerprint=identity,
        slots=request.slots,
        model_bytes=model.size,
        kv_bytes=(context.cells + (short.context.cells if short else 0)) * token_bytes,
        kv_tokens=context.cells,
        threads=context.threads,
        system_info=f"llama.cpp {llama.library_version()}; {llama.system_info()}",
    )
    return Engine(
        model=model,
        context=context,
        cache=cache,
        template=_template(model, renderer),
        answers=None if request.exact_batches else Answers(context.cells),
        slots=request.slots,
        sequence_tokens=per_sequence,
        target_gap=request.target_gap,
        weights_in_cells=weights if divided else None,
        short=short,
        companion=sequences - 1 if request.exact_batches else None,
        loaded=loaded,
    )


def warm_up(context: llama.Context) -> bool:
    """Decodes something once, so that the weights are in memory and the first question does not wait for them. Returns
    whether the cache can drop a part of a sequence.

    Raises:
        CannotLoad: not even that works.
    """
    context.batch.clear()
    context.batch.add(np.zeros(2, dtype=np.int32), 0, 0, logits=True)
    try:
        context.decode()
    except llama.DecodeFailed as error:
        raise CannotLoad(f"{context.model.path.name} cannot be computed here: {error}.") from error
    drops_parts = context.forget(0, 1)
    context.forget(0)
    return drops_parts


def _short_context(home: llama.Context) -> ShortContext | None:
    """A context for short conversations beside this one; None where that does not work or has no memory."""
    try:
        short = ShortContext(home, home.threads)
    except llama.LoadError as error:
        sys.stderr.write(f"warning: short conversations get no context of their own: {error}\n")
        return None
    if short.works():
        return short
    short.free()
    return None


def find_threads(context: llama.Context, streams: int) -> None:
    """Has the context compute with the thread count that decodes so many answers fastest."""

    trial = Steps(context, streams)

    def try_out(threads: int) -> float:
        context.use_threads(threads)
        return trial.seconds(steps=2)

    context.use_threads(learn_threads(thread_candidates(), try_out, time.monotonic))
    trial.forget()


def check_memory(kv_bytes: int, available: int, cells: int) -> None:
    """Raises `CannotLoad` when a cache of `kv_bytes` would not fit into the memory that is free: the system grants it
    all the same, and kills somebody when it is used."""
    if kv_bytes > available:
        raise CannotLoad(
            f"A cache of {cells} tokens takes {kv_bytes / 1e9:.1f} GB of memory, and "
            f"{available / 1e9:.1f} GB are free; ask for less context or fewer slots."
        )


def warm_bytes(wanted: int | None, kv_bytes: int, available: int) -> int:
    """Bytes for conversations that are put aside: as many as are wanted, else `WARM_CACHES` times those of the cache,
    but never more than half of the memory that is left."""
    return min(WARM_CACHES * kv_bytes if wanted is None else wanted, available // 2)


def plain_attention_rows(header: Header, cells: int) -> int:
    """Rows of a batch for which attention over so many cells, without flash attention, fits into
    `PLAIN_ATTENTION_BYTES`; 0 where too few would, for prompts to be read quickly."""
    layers = header.number(f"{header.architecture}.block_count") or 1
    heads = header.numbers(f"{header.architecture}.attention.head_count", layers) or (1,)
    rows = PLAIN_ATTENTION_BYTES // (cells * max(1, *heads) * 4)
    return min(BATCH_ROWS, rows) if rows >= MIN_PLAIN_ATTENTION_ROWS else 0


def kv_bytes_per_token(header: Header) -> int:
    """Bytes of keys and values (half precision) that one token takes in all layers, from the model's sizes."""
    prefix = header.architecture

    def size(name: str, default: int = 0) -> int:
        return header.number(f"{prefix}.{name}") or default

    layers = size("block_count")
    heads = header.numbers(f"{prefix}.attention.head_count", layers) or (1,) * layers
    key_value_heads = header.numbers(f"{prefix}.attention.head_count_kv", layers) or heads
    head_width = size("embedding_length") // max(1, *heads)
    width = size("attention.key_length", head_width) + size("attention.value_length", head_width)
    return 2 * width * sum(key_value_heads)


def _template(model: llama.Model, renderer: Renderer) -> ChatTemplate:
    """The model's own template; a plain transcript where there is none or it does not work at all."""
    vocabulary = model.vocabulary
    specials = Specials(
        Special(
            token, vocabulary.text(token), bool(vocabulary.strips_left[token]), bool(vocabulary.strips_right[token])
        )
        for token in np.flatnonzero(vocabulary.special).tolist()
    )
    source = model.chat_template
    if source is None:
        return ChatTemplate(None, specials)
    beginning, end = vocabulary.text_of_special("bos"), vocabulary.text_of_special("eos")

    def render(messages: Sequence[PromptMessage]) -> str:
        return renderer.render(source, messages, beginning=beginning, end=end, generation_prompt=True)

    try:
        render([PromptMessage("user", "Hello")])
    except TemplateFailed as error:
        sys.stderr.write(f"warning: the chat template of {model.path.name} is not used: {error}\n")
        return ChatTemplate(None, specials)
    return ChatTemplate(render, specials)
