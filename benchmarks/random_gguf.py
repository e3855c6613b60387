"""Writes llama-architecture GGUFs with random weights: real shapes, a usable tokenizer, a chat template, no meaning.

Speed depends on the shapes, not on the values, so these stand in for downloaded models in benchmarks; a tiny one loads
in milliseconds for tests. The same shape, format and seed give the same bytes.

    python benchmarks/random_gguf.py 135m.gguf --shape 135m --format q8_0
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np

CONTROL_TOKENS: Final = ("<|pad|>", "<|im_start|>", "<|im_end|>")
PADDING, START_OF_TURN, END_OF_TURN = range(3)
"""Their ids."""
CHAT_TEMPLATE: Final = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
FORMATS: Final = {
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
}
Q8_BLOCK: Final = 32
"""Weights that share a scale in Q8_0; rows must be multiples of it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a network. `gain` widens the weights of the blocks: at 1, a tied network only repeats its input."""

    vocabulary: int
    context: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    rope_base: float = 10_000.0
    tied: bool = True
    gain: float = 3.0

    @property
    def head_width(self) -> int:
        """Dimensions of one attention head."""
        return self.width // self.heads


SHAPES: Final = {
    # Small enough for a test to write, load and run in a moment.
    "tiny": Shape(512, 4096, 64, 3, 4, 2, 160, tied=False),
    # As the llama2.c models that were trained on children's stories.
    "15m": Shape(32_000, 2048, 288, 6, 6, 6, 768),
    # As SmolLM-135M.
    "135m": Shape(49_152, 2048, 576, 30, 9, 3, 1536),
    # As Llama-3.2-1B.
    "1b": Shape(128_256, 131_072, 2048, 16, 32, 8, 8192, rope_base=500_000.0),
}


def write(path: Path, shape: Shape | str, *, file_format: str = "q8_0", seed: int = 1) -> Path:
    """Writes the model to `path` and returns it. `shape` may be a name of `SHAPES`.

    Raises:
        OSError: it cannot be written.
        KeyError: no such shape or format.
    """
    sizes = SHAPES[shape] if isinstance(shape, str) else shape
    tensor_type, file_type = FORMATS[file_format]
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.LLAMA])
    _describe(writer, sizes, file_type)
    _vocabulary(writer, sizes.vocabulary)
    generator = np.random.default_rng(seed)
    for name, dimensions, deviation in _tensors(sizes):
        if len(dimensions) == 1:
            writer.add_tensor(name, np.ones(dimensions, dtype=np.float32))
        elif tensor_type is gguf.GGMLQuantizationType.Q8_0:
            writer.add_tensor(name, _random_q8(generator, dimensions, deviation), raw_dtype=tensor_type)
        else:
            weights = generator.standard_normal(dimensions, dtype=np.float32) * np.float32(deviation)
            writer.add_tensor(name, weights.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: Any, shape: Shape, file_type: gguf.LlamaFileType) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("random weights")
    writer.add_description("Random weights for tests and benchmarks. Its answers mean nothing.")
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocabulary)


def _tensors(shape: Shape) -> Iterator[tuple[str, tuple[int, ...], float]]:
    """Name, dimensions (rows first) and standard deviation of every tensor."""
    inner, kv_width = shape.gain / shape.width**0.5, shape.kv_heads * shape.head_width
    yield "token_embd.weight", (shape.vocabulary, shape.width), 0.1
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", (shape.width,), 0
        yield block + "attn_q.weight", (shape.width, shape.width), inner
        yield block + "attn_k.weight", (kv_width, shape.width), inner
        yield block + "attn_v.weight", (kv_width, shape.width), inner
        yield block + "attn_output.weight", (shape.width, shape.width), inner
        yield block + "ffn_norm.weight", (shape.width,), 0
        yield block + "ffn_gate.weight", (shape.feed_forward, shape.width), inner
        yield block + "ffn_up.weight", (shape.feed_forward, shape.width), inner
        yield block + "ffn_down.weight", (shape.width, shape.feed_forward), shape.gain / shape.feed_forward**0.5
    yield "output_norm.weight", (shape.width,), 0
    if not shape.tied:
        yield "output.weight", (shape.vocabulary, shape.width), 3 / shape.width**0.5


def _random_q8(generator: np.random.Generator, dimensions: tuple[int, ...], deviation: float) -> np.ndarray[Any, Any]:
    """Q8_0 rows drawn directly: blocks of a half-precision scale and 32 uniform bytes, without a detour over floats."""
    rows, columns = dimensions
    blocks = np.empty((rows, columns // Q8_BLOCK, 2 + Q8_BLOCK), dtype=np.uint8)
    scale = np.array([deviation * 3**0.5 / 127], dtype=np.float16)  # a uniform variable of ±1 deviates by 1/√3
    blocks[:, :, :2] = scale.view(np.uint8)
    blocks[:, :, 2:] = generator.integers(-127, 128, blocks[:, :, 2:].shape, dtype=np.int8).view(np.uint8)
    return blocks.reshape(rows, -1)


def _vocabulary(writer: Any, size: int) -> None:
    tokens, merges = _byte_pairs(size - len(CONTROL_TOKENS))
    tokens = [*CONTROL_TOKENS, *tokens]
    types = [gguf.TokenType.CONTROL] * len(CONTROL_TOKENS)
    types += [gguf.TokenType.NORMAL] * (size - len(CONTROL_TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(START_OF_TURN)
    writer.add_eos_token_id(END_OF_TURN)
    writer.add_eot_token_id(END_OF_TURN)
    writer.add_pad_token_id(PADDING)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _byte_pairs(size: int) -> tuple[list[str], list[str]]:
    """`size` tokens of a byte-level BPE, the 256 bytes first, and the merges that make the others.

    Pairs of letters come first, then what a space, a letter or another pair in front of or behind them gives: English
    text comes out at two to four characters a token.
    """
    tokens = list(_byte_characters())
    if size < len(tokens):
        raise ValueError(f"a vocabulary needs at least {len(tokens) + len(CONTROL_TOKENS)} tokens")
    merges: list[str] = []
    known = set(tokens)
    letters = "etaoinshrdlucmfwygpbvkxqjz"
    pairs = ["".join(pair) for pair in itertools.product(letters, repeat=2)]
    candidates = itertools.chain(
        ((left, right) for left, right in itertools.product(letters, repeat=2)),
        (("Ġ", letter) for letter in letters),
        (("Ġ", pair) for pair in pairs),
        ((pair, letter) for pair, letter in itertools.product(pairs, letters)),
        (("Ġ" + pair, letter) for pair, letter in itertools.product(pairs, letters)),
        ((left, right) for left, right in itertools.product(pairs, repeat=2)),
    )
    for left, right in candidates:
        if len(tokens) == size:
            break
        if left + right not in known:
            known.add(left + right)
            tokens.append(left + right)
            merges.append(f"{left} {right}")
    return tokens, merges


def _byte_characters() -> Iterator[str]:
    """The printable stand-ins of the 256 bytes in byte-level BPE vocabularies (from GPT-2)."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    stand_in = itertools.count(256)
    for byte in range(256):
        yield chr(byte) if byte in printable else chr(next(stand_in))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write a GGUF with random weights.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="135m")
    parser.add_argument("--format", choices=FORMATS, default="q8_0", dest="file_format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--context", type=int, help="claim another training context")
    arguments = parser.parse_args()
    shape = SHAPES[arguments.shape]
    if arguments.context:
        shape = replace(shape, context=arguments.context)
    path = write(arguments.path, shape, file_format=arguments.file_format, seed=arguments.seed)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
