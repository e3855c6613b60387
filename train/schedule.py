"""The learning-rate schedule, as a function of how much of the training is done."""

from __future__ import annotations

import math

FINAL_SHARE = 0.03
"""The learning rate at the end, as a share of the peak."""


def learning_rate(step: int, progress: float, *, peak: float, warm_up: int) -> float:
    """Linear warm-up over the first ``warm_up`` steps, then a cosine down to ``FINAL_SHARE * peak``.

    ``progress`` is the share of the whole training that is done, 0 to 1: a share of the steps or of the time.
    """
    if step < warm_up:
        return peak * (step + 1) / warm_up
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
    return peak * (FINAL_SHARE + (1.0 - FINAL_SHARE) * cosine)


def progress(step: int, steps: int, seconds: float, budget: float | None) -> float:
    """Share of the training done after ``step`` of ``steps`` and ``seconds`` of ``budget`` (None: no limit)."""
    by_steps = step / steps
    return by_steps if budget is None else max(by_steps, seconds / budget)
