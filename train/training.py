"""The training loop: seeded, resumable, within a time budget."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from train.network import Guide, Shape
from train.packing import Batch
from train.record import Training
from train.schedule import learning_rate, progress
from train.stream import Position, Sample, stream
from train.template import PAD
from train.tokenizer import GuideTokenizer

BETAS = (0.9, 0.95)
WEIGHT_DECAY = 0.1
PEAK_LEARNING_RATE = 2e-3
WARM_UP_STEPS = 80
GRADIENT_NORM = 1.0
CHECKPOINT_STEPS = 200
REPORT_STEPS = 20

CHECKPOINT = "checkpoint.pt"
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides the outcome of a training; ``corpus`` is the fingerprint of the corpus's sources."""

    steps: int
    seed: int
    corpus: str


def train(
    plan: Plan,
    sample: Sample,
    tokenizer: GuideTokenizer,
    run: Path,
    *,
    minutes: float | None,
    say: Callable[[str], None],
) -> None:
    """Train into the directory ``run``, from its checkpoint if there is one; the checkpoint is the result.

    Interrupted at any moment, the next call goes on from the last checkpoint. ``minutes`` is the time budget, earlier
    calls included; where it is too short for all steps, the schedule is squeezed into it. The caller clears the
    directory when the plan has changed.
    """
    torch.manual_seed(plan.seed)
    model = Guide(Shape())
    optimizer = _optimizer(model)
    step, tokens, seconds, position = 0, 0, 0.0, Position()
    path = run / CHECKPOINT
    if path.exists():
        state = torch.load(path, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, tokens, seconds = state["step"], state["tokens"], state["seconds"]
        position = Position(*state["position"])
        say(f"going on from step {step}")
    budget = None if minutes is None else minutes * 60
    batches = stream(sample, tokenizer, plan.seed, position)
    pad = tokenizer.control(PAD)
    reduced = bfloat16_pays()
    say(f"{sum(p.numel() for p in model.parameters()):,} parameters, {'bfloat16' if reduced else 'float32'}")
    recent: list[Tensor] = []
    reported = (time.monotonic(), tokens)
    before = time.monotonic() - seconds
    while (done := progress(step, plan.steps, seconds, budget)) < 1.0:
        position, batch = next(batches)
        rate = learning_rate(step, done, peak=PEAK_LEARNING_RATE, warm_up=WARM_UP_STEPS)
        for group in optimizer.param_groups:
            group["lr"] = rate
        ids, targets, weights, pieces = tensors(batch, pad)
        with torch.autocast("cpu", dtype=torch.bfloat16) if reduced else contextlib.nullcontext():
            logits = model(ids, pieces)
        losses = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none")
        loss = (losses * weights.flatten()).sum() / weights.sum().clamp(min=1.0)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
        optimizer.step()
        recent.append(loss.detach())
        step += 1
        tokens += sum(len(row) for row in batch.rows)
        seconds = time.monotonic() - before
        if step % REPORT_STEPS == 0:
            say(_report(step, plan.steps, recent, rate, reported, tokens, seconds))
            recent, reported = [], (time.monotonic(), tokens)
        if step % CHECKPOINT_STEPS == 0:
            _save(path, model, optimizer, step, tokens, seconds, position, plan, done=False)
    _save(path, model, optimizer, step, tokens, seconds, position, plan, done=True)


def load(run: Path) -> tuple[Guide, Training]:
    """The network of a run's last checkpoint, ready for inference, and how far it had come."""
    state = torch.load(run / CHECKPOINT, weights_only=True)
    model = Guide(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    model.eval()
    return model, Training(state["step"], state["tokens"], state["seconds"] / 60)


def planned(run: Path) -> Plan | None:
    """The plan of the checkpoint in a directory, None where there is none."""
    path = run / CHECKPOINT
    return Plan(**torch.load(path, weights_only=True)["plan"]) if path.exists() else None


def tensors(batch: Batch, pad: int) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Inputs, targets, loss weights and piece numbers of a batch, each ``[size, length]``.

    What the rows leave free is padding. The piece numbers are None where no row has more than one piece.
    """
    ids = torch.full((batch.size, batch.length + 1), pad, dtype=torch.long)
    weights = torch.zeros(batch.size, batch.length + 1)
    numbers = torch.zeros(batch.size, batch.length + 1, dtype=torch.long)
    for i, row in enumerate(batch.rows):
        start = 0
        for number, piece in enumerate(row.pieces, 1):
            end = start + len(piece)
            ids[i, start:end] = torch.tensor(piece.ids)
            weights[i, start + 1 : end] = torch.tensor(piece.weights[1:])
            numbers[i, start:end] = number
            start = end
    shared = any(len(row.pieces) > 1 for row in batch.rows)
    return ids[:, :-1], ids[:, 1:], weights[:, 1:], numbers[:, :-1] if shared else None


def bfloat16_pays() -> bool:
    """Whether this CPU multiplies bfloat16 matrices itself; emulated, they are slower than float32."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "sve_bf16"))


def _optimizer(model: Guide) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.dim() == 2]
    gains = [p for p in model.parameters() if p.dim() != 2]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": gains, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK_LEARNING_RATE, betas=BETAS, fused=True)


def _save(
    path: Path,
    model: Guide,
    optimizer: torch.optim.AdamW,
    step: int,
    tokens: int,
    seconds: float,
    position: Position,
    plan: Plan,
    *,
    done: bool,
) -> None:
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "shape": asdict(model.shape),
        "step": step,
        "tokens": tokens,
        "seconds": seconds,
        "position": (position.block, position.index),
        "plan": asdict(plan),
        "done": done,
    }
    temporary = path.with_suffix(".part")
    torch.save(state, temporary)
    os.replace(temporary, path)


def _report(
    step: int,
    steps: int,
    losses: list[Tensor],
    rate: float,
    reported: tuple[float, int],
    tokens: int,
    seconds: float,
) -> str:
    loss = torch.stack(losses).mean().item()
    speed = (tokens - reported[1]) / max(time.monotonic() - reported[0], 1e-9)
    left = seconds / step * (steps - step) / 60
    return (
        f"step {step}/{steps}  loss {loss:.4f}  rate {rate:.2e}  {speed:,.0f} tokens/s  "
        f"{seconds / 60:.1f} min, {left:.1f} min left"
    )
