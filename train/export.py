"""From a checkpoint to the bundled GGUF, which replaces the old one only when the gate lets it pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import gguf

from train.corpus import Question
from train.gate import check
from train.network import Guide, Shape
from train.quantise import FORMAT, rounded, stored
from train.record import Export
from train.runner import Runner
from train.template import CHAT_TEMPLATE, CONTROL_TOKENS, PAD, TURN_END, TURN_START
from train.tokenizer import GGUF_PRETOKENIZER, GuideTokenizer
from train.training import TOKENIZER, load

SIZE_LIMIT = 6_000_000
"""Largest file, in bytes: it travels in every installation."""

NAME = "llamachat guide"
DESCRIPTION = "A tiny model that answers questions about llamachat and nothing else."


class TooLarge(Exception):
    """The file exceeds ``SIZE_LIMIT``."""


def export(run: Path, target: Path, questions: Sequence[Question], *, say: Callable[[str], None]) -> Export:
    """Write the run's last checkpoint to ``target`` as Q8_0, pass it through the gate, and record the outcome.

    The file is complete and checked before it takes its name, so that readers of ``target`` never meet a partial one.

    Raises:
        TooLarge, GateFailed: ``target`` is then left as it was.
    """
    model, training = load(run)
    tokenizer = GuideTokenizer.load(run / TOKENIZER)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        write(model, tokenizer, temporary)
        size = temporary.stat().st_size
        if size > SIZE_LIMIT:
            raise TooLarge(f"the file has {size:,} bytes, the limit is {SIZE_LIMIT:,}: make the network smaller")
        runner = Runner(temporary)
        try:
            outcome = check(rounded(model), tokenizer, runner, questions)
        finally:
            runner.close()
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    say(
        f"{target.name}: {size:,} bytes after {training.steps} steps; the gate compared {outcome.prompts} answers "
        f"({outcome.tokens} tokens, {outcome.ties} ties)"
    )
    record = Export(
        training,
        sum(p.numel() for p in model.parameters()),
        size,
        outcome.prompts,
        outcome.tokens,
        outcome.ties,
    )
    record.save(run)
    return record


def write(model: Guide, tokenizer: GuideTokenizer, path: Path) -> None:
    """Write the GGUF."""
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.LLAMA])
    _describe(writer, model.shape)
    _vocabulary(writer, tokenizer)
    for tensor in stored(model):
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=FORMAT if tensor.quantised else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(NAME)
    writer.add_description(DESCRIPTION)
    writer.add_license("mit")
    writer.add_languages(["en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocabulary)


def _vocabulary(writer: gguf.GGUFWriter, tokenizer: GuideTokenizer) -> None:
    tokens = tokenizer.tokens
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(GGUF_PRETOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types([control if token in CONTROL_TOKENS else normal for token in tokens])
    writer.add_token_merges([f"{left} {right}" for left, right in tokenizer.merges])
    # Never prepended, but named: llama.cpp would otherwise take token 11 for the beginning of a text.
    writer.add_bos_token_id(tokenizer.control(TURN_START))
    writer.add_eos_token_id(tokenizer.control(TURN_END))
    writer.add_eot_token_id(tokenizer.control(TURN_END))
    writer.add_pad_token_id(tokenizer.control(PAD))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
