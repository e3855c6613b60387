"""The only module that calls llama.cpp: a thin typed layer that checks what would end the process in C.

llama.cpp answers many mistakes with an abort that no caller can catch (a batch larger than `n_batch`, a sequence id out
of range, logits of a row that asked for none, a token that its grammar forbids). Each is checked here first, and is an
exception instead. A context belongs to one thread; a vocabulary may be used from any.
"""

from __future__ import annotations

import ctypes
import json
import sys
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import llama_cpp.llama_cpp as c
import numpy as np
import numpy.typing as npt
from llama_cpp.llama_grammar import json_schema_to_gbnf

from llamachat_daemon.engine.sampling import likeliest

Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
State = npt.NDArray[np.uint8]

MAX_SEQUENCES: Final = 256
"""Most sequence ids that a context can have (LLAMA_MAX_SEQ)."""

MAX_CELLS: Final = 1 << 24
"""Most cells of a cache. llama.cpp keeps about a hundred bytes of accounts for each, whatever the model."""

_LOG_WARN, _LOG_ERROR, _LOG_CONTINUED = 3, 4, 5
# llama.cpp warns when a cache for several sequences together is larger than the context of one.
_CELLS_TAKEN_FOR_CONTEXT: Final = "possible training context overflow"
_INITIAL_PIECE_BYTES: Final = 128
_INT32_MAX: Final = 2**31 - 1


class LlamaError(Exception):
    """llama.cpp refused; the text is a sentence."""


class LoadError(LlamaError):
    """A model or its cache could not be made."""


class GrammarError(LlamaError):
    """A grammar or a JSON schema that cannot be used, or a token that the grammar forbids."""


class DecodeFailed(LlamaError):
    """`llama_decode` failed for good; nothing in this context can be trusted any more."""


class Decoded(Enum):
    """How a decode ended when it did not fail."""

    DONE = 0
    NO_ROOM = 1
    """No cells free for the whole batch; the cache is as before."""
    ABORTED = 2
    """Stopped on request; parts may have been fed: read the positions back."""


# ── log ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_recent_errors: deque[str] = deque(maxlen=8)
_last_level = 0
_abort_wanted = False  # an abort that was asked for is logged as several errors


def _log(level: int, text: bytes | None, _: Any) -> None:
    """Warnings and errors go to stderr, the worker's log; the many lines of information do not."""
    global _last_level
    if level != _LOG_CONTINUED:
        _last_level = level
    if _last_level in (_LOG_WARN, _LOG_ERROR) and text:
        line = text.decode("utf-8", "replace")
        if _abort_wanted or _CELLS_TAKEN_FOR_CONTEXT in line:
            return
        sys.stderr.write(line)
        if _last_level == _LOG_ERROR and line.strip():
            _recent_errors.append(line.strip())


_log_callback = c.llama_log_callback(_log)  # must stay referenced as long as the library may log


def initialise() -> None:
    """Prepares the library; once per process, before anything else here."""
    c.llama_log_set(_log_callback, ctypes.c_void_p(0))
    c.llama_backend_init()


def system_info() -> str:
    """The instruction sets and backends that this build uses."""
    return str(c.llama_print_system_info().decode("utf-8", "replace")).strip()


def computes_on_cpu(gpu_layers: int) -> bool:
    """Whether the cache will lie in this machine's own memory."""
    return gpu_layers == 0 or not c.llama_supports_gpu_offload()


def library_version() -> str:
    """The version of llama.cpp."""
    return str(c.llama_version().decode("utf-8", "replace"))


# ── model and vocabulary ────────────────────────────────────────────────────────────────────────────────────────────


class Vocabulary:
    """The tokens of a model. `attributes` and `end_of_generation` have one entry per id."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.size = int(c.llama_vocab_n_tokens(handle))
        every = range(self.size)
        self.attributes: Ids = np.fromiter((c.llama_vocab_get_attr(handle, i) for i in every), np.int32, self.size)
        self.end_of_generation: npt.NDArray[np.bool_] = np.fromiter(
            (c.llama_vocab_is_eog(handle, i) for i in every), np.bool_, self.size
        )
        control = c.LLAMA_TOKEN_ATTR_CONTROL | c.LLAMA_TOKEN_ATTR_UNKNOWN
        self.special: npt.NDArray[np.bool_] = (self.attributes & control) != 0
        self.ordinary: npt.NDArray[np.bool_] = ~(self.special | self.end_of_generation)
        self.strips_left: npt.NDArray[np.bool_] = (self.attributes & c.LLAMA_TOKEN_ATTR_LSTRIP) != 0
        self.strips_right: npt.NDArray[np.bool_] = (self.attributes & c.LLAMA_TOKEN_ATTR_RSTRIP) != 0
        self._pieces: dict[int, bytes] = {}

    @property
    def beginning(self) -> int | None:
        """The id that texts begin with, where the model wants one."""
        token = int(c.llama_vocab_bos(self.handle))
        return token if token >= 0 and c.llama_vocab_get_add_bos(self.handle) else None

    def text_of_special(self, name: str) -> str:
        """The text of the `bos`, `eos` or `eot` token, as templates name it; empty where there is none."""
        token = int({"bos": c.llama_vocab_bos, "eos": c.llama_vocab_eos, "eot": c.llama_vocab_eot}[name](self.handle))
        return self.text(token) if token >= 0 else ""

    def text(self, token: int) -> str:
        """The token as the vocabulary spells it (control tokens too).

        Raises:
            LlamaError: no such id.
        """
        self._check(token)
        return str(c.llama_vocab_get_text(self.handle, token).decode("utf-8", "replace"))

    def piece(self, token: int) -> bytes:
        """The bytes that the token stands for in a text; empty for control tokens. Not always UTF-8 by itself.

        Raises:
            LlamaError: no such id.
        """
        known = self._pieces.get(token)
        if known is None:
            self._check(token)
            known = self._pieces[token] = self._read_piece(token)
        return known

    def tokenise(self, text: str) -> Ids:
        """The ids of `text` alone: nothing is added, and control tokens that are spelled out in it stay plain text.

        Raises:
            LlamaError: the text is too long to count.
        """
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 16  # every token stands for a byte at least; some vocabularies put a space in front
        while True:
            if room > _INT32_MAX:
                raise LlamaError("The text is too long to be read.")
            ids: Ids = np.empty(room, dtype=np.int32)
            pointer = ids.ctypes.data_as(c.llama_token_p)
            count = int(c.llama_tokenize(self.handle, raw, len(raw), pointer, room, False, False))
            if count >= 0:
                return ids[:count].copy()
            room = -count

    def _check(self, token: int) -> None:
        if not 0 <= token < self.size:
            raise LlamaError(f"Token {token} is not in the vocabulary of {self.size}.")

    def _read_piece(self, token: int) -> bytes:
        room = _INITIAL_PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(room)
            count = int(c.llama_token_to_piece(self.handle, token, buffer, room, 0, False))
            if count >= 0:
                return buffer.raw[:count]
            room = -count


class Model:
    """A loaded GGUF. Free it after its contexts."""

    def __init__(self, handle: Any, path: Path) -> None:
        self.handle = handle
        self.path = path
        self.vocabulary = Vocabulary(c.llama_model_get_vocab(handle))
        self.training_context = int(c.llama_model_n_ctx_train(handle))
        self.parameters = int(c.llama_model_n_params(handle))
        self.size = int(c.llama_model_size(handle))  # bytes of the tensors
        self.layers = int(c.llama_model_n_layer(handle))
        self.has_decoder = bool(c.llama_model_has_decoder(handle)) and not c.llama_model_has_encoder(handle)
        # What is not plain attention over all positions cannot forget a part of a sequence.
        self.can_drop_parts = not (
            c.llama_model_is_recurrent(handle) or c.llama_model_is_hybrid(handle) or c.llama_model_n_swa(handle) > 0
        )

    @classmethod
    def load(cls, path: Path, *, gpu_layers: int, progress: Callable[[float], None], repack: bool = True) -> Model:
        """Maps the file into memory and loads it; `progress` is told the share that is done, 0 to 1. `repack` lets
        llama.cpp lay the weights out for the processor's own extensions.

        Raises:
            LoadError: llama.cpp cannot use the file.
        """

        def report(share: float, _: Any) -> bool:
            progress(share)
            return True

        parameters = c.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers
        parameters.load_mode = c.LLAMA_LOAD_MODE_MMAP
        parameters.use_extra_bufts = repack
        callback = c.llama_progress_callback(report)  # referenced until the load is over
        parameters.progress_callback = callback
        _recent_errors.clear()
        handle = c.llama_model_load_from_file(str(path).encode(), parameters)
        if not handle:
            raise LoadError(f"llama.cpp cannot load {path.name}: {_reason()}")
        return cls(handle, path)

    def metadata(self, key: str) -> str | None:
        """A value of the file's metadata as text."""
        room = 256
        while True:
            buffer = ctypes.create_string_buffer(room)
            length = int(c.llama_model_meta_val_str(self.handle, key.encode(), buffer, room))
            if length < 0:
                return None
            if length < room:
                return buffer.value.decode("utf-8", "replace")
            room = length + 1

    @property
    def chat_template(self) -> str | None:
        """The model's own Jinja template."""
        text = c.llama_model_chat_template(self.handle, None)
        return text.decode("utf-8", "replace") if text else None

    @property
    def quantization(self) -> str:
        """How the weights are stored, as llama.cpp names it."""
        name = c.llama_ftype_name(c.llama_model_ftype(self.handle))
        return str(name.decode()) if name else "unknown"

    def free(self) -> None:
        """Releases the memory; nothing made from this model may be used afterwards."""
        c.llama_model_free(self.handle)


def _reason() -> str:
    return _recent_errors[0] if _recent_errors else "it gives no reason; look at the log"


# ── batch and context ───────────────────────────────────────────────────────────────────────────────────────────────


class Batch:
    """Rows for one decode, in memory that numpy fills and C reads: filling 512 rows takes microseconds."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.rows = 0
        self.outputs = 0
        self._tokens: Ids = np.zeros(capacity, dtype=np.int32)
        self._positions: Ids = np.zeros(capacity, dtype=np.int32)
        self._sequences: Ids = np.zeros(capacity, dtype=np.int32)
        self._counts: Ids = np.ones(capacity, dtype=np.int32)
        self._wants_logits: npt.NDArray[np.int8] = np.zeros(capacity, dtype=np.int8)
        # One pointer per row, each to that row's only sequence id.
        first = self._sequences.ctypes.data
        self._pointers = first + np.arange(capacity, dtype=np.uintp) * self._sequences.itemsize
        self.struct = c.llama_batch(
            n_tokens=0,
            token=self._tokens.ctypes.data_as(c.llama_token_p),
            embd=None,
            pos=self._positions.ctypes.data_as(ctypes.POINTER(c.llama_pos)),
            n_seq_id=self._counts.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            seq_id=self._pointers.ctypes.data_as(ctypes.POINTER(ctypes.POINTER(c.llama_seq_id))),
            logits=self._wants_logits.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )

    def clear(self) -> None:
        """Forgets the rows."""
        self.rows = self.outputs = 0

    def add(self, ids: Ids, position: int, sequence: int, *, logits: bool) -> None:
        """Appends `ids` at `position` and after, in `sequence`. With `logits`, the last of them asks for logits.

        Raises:
            LlamaError: no room.
        """
        start, end = self.rows, self.rows + len(ids)
        if end > self.capacity or not len(ids):
            raise LlamaError(f"A batch of {self.capacity} rows cannot take {len(ids)} after {start}.")
        self._tokens[start:end] = ids
        self._positions[start:end] = np.arange(position, position + len(ids), dtype=np.int32)
        self._sequences[start:end] = sequence
        self._wants_logits[start:end] = 0
        self.rows = end
        if logits:
            self._wants_logits[end - 1] = 1
            self.outputs += 1

    def check(self, vocabulary: int, sequences: int) -> None:
        """Raises `LlamaError` when C would not survive this batch."""
        if not 0 < self.rows <= self.capacity:
            raise LlamaError(f"A batch must have 1 to {self.capacity} rows, not {self.rows}.")
        tokens, used = self._tokens[: self.rows], self._sequences[: self.rows]
        if tokens.min() < 0 or tokens.max() >= vocabulary:
            raise LlamaError("A batch holds a token that is not in the vocabulary.")
        if used.min() < 0 or used.max() >= sequences:
            raise LlamaError("A batch names a sequence that does not exist.")


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """What a context is made for. `cells` tokens in all sequences together; `unified` shares them freely, otherwise
    each sequence has an equal part of its own. `plain_attention` does without flash attention: on a processor it is
    several times as fast for batches of a few rows, and takes room for a number per row, head and cell (of one
    sequence, where each has its own)."""

    cells: int
    sequences: int
    batch_rows: int
    threads: int
    unified: bool
    plain_attention: bool = False


class Context:
    """A cache of keys and values, and decoding into it. For one thread."""

    def __init__(self, model: Model, options: ContextOptions) -> None:
        """Raises `LoadError` when there is no memory for it."""
        if not 1 <= options.sequences <= MAX_SEQUENCES:
            raise LoadError(f"A context can have 1 to {MAX_SEQUENCES} sequences, not {options.sequences}.")
        if not 1 <= options.cells <= MAX_CELLS:
            raise LoadError(
                f"A cache can hold 1 to {MAX_CELLS} tokens, not {options.cells}; ask for less context or fewer slots."
            )
        self.model = model
        self.sequences = options.sequences
        self._unified = options.unified
        # The abort callback is called hundreds of times in a decode, so it must not run Python. `strlen` has the shape
        # of one: it is given a C string of ours, and anything but an empty one means "stop".
        self._abort = ctypes.create_string_buffer(2)
        parameters = c.llama_context_default_params()
        parameters.n_ctx = options.cells
        parameters.n_batch = parameters.n_ubatch = options.batch_rows
        parameters.n_seq_max = options.sequences
        parameters.n_outputs_max = options.sequences  # one row of logits a sequence; llama.cpp aborts on less
        parameters.n_threads = parameters.n_threads_batch = options.threads
        parameters.kv_unified = options.unified
        if options.plain_attention:
            parameters.flash_attn_type = c.LLAMA_FLASH_ATTN_TYPE_DISABLED
        parameters.abort_callback = ctypes.cast(ctypes.CDLL(None).strlen, c.ggml_abort_callback)
        parameters.abort_callback_data = ctypes.cast(self._abort, ctypes.c_void_p)
        parameters.no_perf = True
        _recent_errors.clear()
        self.handle = c.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise LoadError(
                f"There is no memory for a cache of {options.cells} tokens; ask for less context or fewer slots "
                f"({_reason()})."
            )
        self._memory = c.llama_get_memory(self.handle)
        if not self._memory:
            raise LoadError(f"{model.path.name} keeps no cache of what it has read: it is not a model to chat with.")
        self.cells = int(c.llama_n_ctx(self.handle))
        self.sequence_cells = int(c.llama_n_ctx_seq(self.handle))
        self.batch = Batch(min(options.batch_rows, int(c.llama_n_batch(self.handle))))
        self._logits: Floats | None = None
        self._logits_address = 0

    @property
    def threads(self) -> int:
        """How many threads compute."""
        return int(c.llama_n_threads(self.handle))

    def use_threads(self, threads: int) -> None:
        """Computes with so many threads (at least 1) from now on."""
        c.llama_set_n_threads(self.handle, max(1, threads), max(1, threads))

    def decode(self) -> Decoded:
        """Feeds `batch`.

        Raises:
            LlamaError: the batch is not one that C survives.
            DecodeFailed: the computation failed.
        """
        self.batch.check(self.model.vocabulary.size, self.sequences)
        if self.batch.outputs > self.sequences:
            raise LlamaError(f"A batch may ask for {self.sequences} rows of logits, not {self.batch.outputs}.")
        self.batch.struct.n_tokens = self.batch.rows
        status = int(c.llama_decode(self.handle, self.batch.struct))
        if status < 0:
            raise DecodeFailed(f"llama_decode failed with {status}: {_reason()}")
        return Decoded(status)

    def logits(self) -> Floats:
        """The logits that the last decode was asked for, one row each, in batch order; valid until the next decode.
        They may be changed in place."""
        pointer = c.llama_get_logits(self.handle)
        address = ctypes.cast(pointer, ctypes.c_void_p).value
        if not address or not self.batch.outputs:
            raise LlamaError("The last decode was asked for no logits.")
        if self._logits is None or address != self._logits_address:
            shape = (self.sequences, self.model.vocabulary.size)
            self._logits = np.ctypeslib.as_array(pointer, shape=shape)
            self._logits_address = address
        return self._logits[: self.batch.outputs]

    def stop_decoding(self, stop: bool) -> None:
        """Makes a running decode end early, until set back. May be called from any thread."""
        global _abort_wanted
        _abort_wanted = stop
        self._abort[0] = b"\x01" if stop else b"\x00"

    def last_position(self, sequence: int) -> int:
        """The largest position that the sequence holds, or -1."""
        return int(c.llama_memory_seq_pos_max(self._memory, self._known(sequence)))

    def forget(self, sequence: int, start: int = 0) -> bool:
        """Drops positions from `start` on; False where the model cannot drop a part (the sequence is then as before).
        Dropping the whole never fails."""
        return bool(c.llama_memory_seq_rm(self._memory, self._known(sequence), start, -1))

    def save(self, sequence: int) -> State | None:
        """What the sequence holds, as bytes for `load` of the same context; None where llama.cpp cannot."""
        number = self._known(sequence)
        size = int(c.llama_state_seq_get_size(self.handle, number))
        state: State = np.empty(size, dtype=np.uint8)
        return state if size and c.llama_state_seq_get_data(self.handle, _bytes(state), size, number) == size else None

    def load(self, sequence: int, state: State) -> bool:
        """Has an empty sequence hold what was saved; False (and it is empty) where there is no room for that."""
        number = self._known(sequence)
        if c.llama_state_seq_set_data(self.handle, _bytes(state), state.nbytes, number) == state.nbytes:
            return True
        c.llama_memory_seq_rm(self._memory, number, -1, -1)
        return False

    def share(self, source: int, target: int, count: int) -> bool:
        """Lets an empty `target` hold the first `count` positions of `source`. In a unified cache that costs nothing;
        otherwise they are copied, and the result is False (and `target` empty) where llama.cpp cannot.

        Raises:
            LlamaError: `count` is not positive.
        """
        if count < 1:
            raise LlamaError("Nothing to share.")
        if self._unified:
            c.llama_memory_seq_cp(self._memory, self._known(source), self._known(target), 0, count)
            return True
        state = self.save(source)
        if state is None or not self.load(target, state):
            return False
        if self.forget(target, count):
            return True
        self.forget(target)
        return False

    def free(self) -> None:
        """Releases the memory."""
        c.llama_free(self.handle)

    def _known(self, sequence: int) -> int:
        if not 0 <= sequence < self.sequences:
            raise LlamaError(f"Sequence {sequence} does not exist; there are {self.sequences}.")
        return sequence


# ── sampling ────────────────────────────────────────────────────────────────────────────────────────────────────────

_CANDIDATE: Final = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Candidates:
    """A vocabulary's worth of candidates for one token, reused for every draw."""

    def __init__(self, size: int) -> None:
        self._every: Ids = np.arange(size, dtype=np.int32)
        self._rows = np.zeros(size, dtype=_CANDIDATE)
        self._pointer = self._rows.ctypes.data_as(c.llama_token_data_p)

    def truncate(self, logits: Floats, truncation: Truncation) -> tuple[Ids, Floats]:
        """The ids and logits that are left of `logits` (one per token of the vocabulary, no NaN among them)."""
        ids = likeliest(logits, truncation.top_k) if truncation.top_k > 0 else self._every
        rows = self._rows[: len(ids)]
        rows["id"] = ids
        rows["logit"] = logits[ids]
        array = c.llama_token_data_array(data=self._pointer, size=len(rows), selected=-1, sorted=False)
        c.llama_sampler_apply(truncation.handle, ctypes.byref(array))
        left = self._rows[: array.size]
        return left["id"].copy(), left["logit"].copy()


class Truncation:
    """Cuts the unlikely off: top-k first (everything after it is cheap then), top-p, min-p."""

    def __init__(self, top_k: int, top_p: float, min_p: float) -> None:
        self.top_k = top_k
        self.handle = c.llama_sampler_chain_init(c.llama_sampler_chain_default_params())
        if top_k > 0:
            c.llama_sampler_chain_add(self.handle, c.llama_sampler_init_top_k(top_k))
        if top_p < 1:
            c.llama_sampler_chain_add(self.handle, c.llama_sampler_init_top_p(top_p, 1))
        if min_p > 0:
            c.llama_sampler_chain_add(self.handle, c.llama_sampler_init_min_p(min_p, 1))
        _free_with(self, self.handle)


class Grammar:
    """A GBNF grammar, and where in it the answer is."""

    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        """Raises `GrammarError` when llama.cpp cannot use it."""
        if not text.strip() or "\0" in text:
            raise GrammarError("The grammar is empty or holds a NUL character.")
        _recent_errors.clear()
        self.handle = c.llama_sampler_init_grammar(vocabulary.handle, text.encode("utf-8", "replace"), b"root")
        if not self.handle:  # a pointer object that holds NULL, never None
            raise GrammarError(f"The grammar cannot be used: {_reason()}")
        self._vocabulary = vocabulary
        _free_with(self, self.handle)

    def allowed(self, ids: Ids) -> npt.NDArray[np.bool_]:
        """Which of `ids` may come next (ends of generation where the grammar is complete)."""
        rows = np.zeros(len(ids), dtype=_CANDIDATE)
        rows["id"] = ids
        array = c.llama_token_data_array(
            data=rows.ctypes.data_as(c.llama_token_data_p), size=len(rows), selected=-1, sorted=False
        )
        c.llama_sampler_apply(self.handle, ctypes.byref(array))
        possible: npt.NDArray[np.bool_] = np.isfinite(rows["logit"])
        return possible

    def accept(self, token: int) -> None:
        """Goes on by `token`.

        Raises:
            GrammarError: it may not come next.
        """
        if self._vocabulary.end_of_generation[token] or not self.allowed(np.array([token], dtype=np.int32))[0]:
            raise GrammarError(f"The grammar does not allow token {token} here.")
        c.llama_sampler_accept(self.handle, token)


def _bytes(state: State) -> Any:
    return state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


def _free_with(owner: object, handle: Any) -> None:
    weakref.finalize(owner, c.llama_sampler_free, handle).atexit = False


def grammar_of_schema(schema: dict[str, Any]) -> str:
    """The GBNF grammar of the JSON values that `schema` describes.

    Raises:
        GrammarError: the schema is not one, or uses what llama.cpp's converter does not know.
    """
    try:
        return str(json_schema_to_gbnf(json.dumps(schema)))
    except Exception as error:  # the converter raises whatever its lookups happen to raise
        raise GrammarError(f"The JSON schema cannot be used: {type(error).__name__}: {error}") from error
