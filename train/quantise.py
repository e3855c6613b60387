"""The network's weights as named GGUF tensors, in the number format of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import gguf
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from train.network import Block, Guide

FORMAT = gguf.GGMLQuantizationType.Q8_0


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor as it stands in the file: matrices in Q8_0 (``data`` holds the packed blocks), vectors in float32."""

    name: str
    data: npt.NDArray[np.generic]
    quantised: bool


def stored(model: Guide) -> list[StoredTensor]:
    """All tensors of the file. The output matrix is absent: llama.cpp then uses the embedding, as the network does."""
    result: list[StoredTensor] = []
    for name, tensor in _named(model):
        values = tensor.detach().float().numpy()
        quantised = tensor.dim() == 2
        result.append(StoredTensor(name, gguf.quants.quantize(values, FORMAT) if quantised else values, quantised))
    return result


def rounded(model: Guide) -> Guide:
    """A copy of the network whose matrices hold the values that the file holds."""
    copy = Guide(model.shape)
    copy.load_state_dict(model.state_dict())
    copy.eval()
    for parameter in copy.parameters():
        if parameter.dim() == 2:
            packed = gguf.quants.quantize(parameter.detach().numpy(), FORMAT)
            parameter.data = torch.from_numpy(gguf.quants.dequantize(packed, FORMAT))
    return copy


def _named(model: Guide) -> Iterator[tuple[str, Tensor]]:
    yield "token_embd.weight", model.embedding.weight
    for i, block in enumerate(model.blocks):
        assert isinstance(block, Block)
        query, key, value = block.attention.qkv.weight.chunk(3)
        gate, up = block.feed_forward.gate_up.weight.chunk(2)
        yield f"blk.{i}.attn_norm.weight", block.attention_norm.weight
        yield f"blk.{i}.attn_q.weight", query
        yield f"blk.{i}.attn_k.weight", key
        yield f"blk.{i}.attn_v.weight", value
        yield f"blk.{i}.attn_output.weight", block.attention.out.weight
        yield f"blk.{i}.ffn_norm.weight", block.feed_forward_norm.weight
        yield f"blk.{i}.ffn_gate.weight", gate
        yield f"blk.{i}.ffn_up.weight", up
        yield f"blk.{i}.ffn_down.weight", block.feed_forward.down.weight
    yield "output_norm.weight", model.norm.weight
