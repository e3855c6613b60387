"""Small models with random weights, written once per test run and shared by its processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.random_gguf import SHAPES, Shape, write

GUIDE = Path(__file__).parent.parent / "daemon" / "llamachat_daemon" / "models" / "guide.gguf"
"""The bundled model."""

SLOW_SHAPE = Shape(512, 8192, 512, 12, 8, 8, 1536, tied=False)
"""About 37 million parameters: a long prompt takes it seconds, so that there is time to cancel."""


def shared_model(factory: pytest.TempPathFactory, name: str, shape: Shape, *, seed: int = 1) -> Path:
    """The model of that shape. Test processes that want it at the same moment each write it; the bytes are the same."""
    root = factory.getbasetemp()
    if root.name.startswith("popen-"):  # under xdist each process has a folder of its own inside the run's
        root = root.parent
    path = root / f"{name}.gguf"
    if not path.exists():
        write(root / f"{name}.{os.getpid()}.part", shape, seed=seed).rename(path)
    return path


def tiny_model(factory: pytest.TempPathFactory) -> Path:
    """A model of 0.2 million parameters whose greedy answers wander and hold bytes of every kind."""
    return shared_model(factory, "tiny", SHAPES["tiny"])


def slow_model(factory: pytest.TempPathFactory) -> Path:
    """A model of `SLOW_SHAPE`."""
    return shared_model(factory, "slow", SLOW_SHAPE)
