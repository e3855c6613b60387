"""The network: a llama of 5.2 million parameters, in the layout that llama.cpp computes.

Pre-norm blocks with RMSNorm, rotary positions in the interleaved form (neighbouring dimensions make a pair, llama.cpp's
``LLAMA_ROPE_TYPE_NORM``), SwiGLU feed-forward, and an embedding that also serves as the output matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from train.packing import CONTEXT
from train.tokenizer import VOCABULARY


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network."""

    vocabulary: int = VOCABULARY
    context: int = CONTEXT
    width: int = 256
    layers: int = 6
    heads: int = 4
    feed_forward: int = 704
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        """Dimensions of one attention head."""
        return self.width // self.heads


SPELLED_OUT_ATTENTION = 512
"""Up to this length, attention by plain matrix products: on a CPU three times as fast as the fused kernel at 128
positions, and slower only beyond this length."""


class Attention(nn.Module):
    """Causal self-attention; queries, keys and values come from one matrix, in this order."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, hidden: Tensor | None) -> Tensor:
        rows, length, width = x.shape
        q, k, v = self.qkv(x).view(rows, length, 3, self.heads, width // self.heads).unbind(2)
        q = rotate(q, cos, sin).transpose(1, 2)
        k = rotate(k, cos, sin).transpose(1, 2)
        mixed = attend(q, k, v.transpose(1, 2), hidden)
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(rows, length, width))
        return out


class FeedForward(nn.Module):
    """SwiGLU; gate and up come from one matrix, in this order."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_up = nn.Linear(shape.width, 2 * shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        out: Tensor = self.down(F.silu(gate) * up)
        return out


class Block(nn.Module):
    """One layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.attention = Attention(shape)
        self.feed_forward_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.feed_forward = FeedForward(shape)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, hidden: Tensor | None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), cos, sin, hidden)
        out: Tensor = x + self.feed_forward(self.feed_forward_norm(x))
        return out


class Guide(nn.Module):
    """Token ids ``[rows, length]`` to logits ``[rows, length, vocabulary]``.

    Where ``pieces`` is given, a number for each token, tokens attend only to those of the same number. Rotary positions are
    relative, so that a piece is computed as it would be at the beginning of a row.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        cos, sin = rotations(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._initialise()

    def forward(self, ids: Tensor, pieces: Tensor | None = None) -> Tensor:
        length = ids.shape[1]
        hidden = None if length > SPELLED_OUT_ATTENTION and pieces is None else hidden_pairs(length, pieces)
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, self.cos[:length], self.sin[:length], hidden)
        return F.linear(self.norm(x), self.embedding.weight)

    def _initialise(self) -> None:
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, parameter in self.blocks.named_parameters():
            if parameter.dim() == 2:
                # By the width of the input, and not the usual 0.02: at this small width that is a third of it, attention
                # then stays even for long, and copying a number from the question takes thousands of steps to learn.
                scale = 1 / math.sqrt(parameter.shape[1])
                if name.endswith(("attention.out.weight", "feed_forward.down.weight")):
                    scale /= math.sqrt(2 * self.shape.layers)
                nn.init.normal_(parameter, std=scale)


def attend(q: Tensor, k: Tensor, v: Tensor, hidden: Tensor | None) -> Tensor:
    """Attention over ``[rows, heads, length, head width]``: past ``hidden`` pairs, or plainly causal without them."""
    if hidden is None:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    return scores.masked_fill(hidden, -torch.inf).softmax(-1).to(v.dtype) @ v


def hidden_pairs(length: int, pieces: Tensor | None) -> Tensor:
    """Which position (second last dimension) must not see which (last): the future, and other pieces."""
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    if pieces is None:
        return future
    return (future | (pieces[:, :, None] != pieces[:, None, :]))[:, None]


def rotations(shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosine and sine of every position's angles, each ``[context, 1, head width / 2]`` (RoFormer, eq. 15)."""
    pairs = torch.arange(0, shape.head_width, 2, dtype=torch.float64)
    frequencies = shape.rope_base ** (-pairs / shape.head_width)
    angles = torch.arange(shape.context, dtype=torch.float64)[:, None] * frequencies
    return angles.cos().float()[:, None, :], angles.sin().float()[:, None, :]


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate neighbouring dimensions of ``[rows, length, heads, head width]`` by their position's angles."""
    pairs = x.view(*x.shape[:-1], -1, 2)
    even, odd = pairs[..., 0], pairs[..., 1]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return turned.flatten(-2).to(x.dtype)
