from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llamachat_daemon.engine import llama
from tests.random_models import tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory)


@pytest.fixture(scope="session")
def model(tiny: Path) -> Iterator[llama.Model]:
    llama.initialise()
    loaded = llama.Model.load(tiny, gpu_layers=0, progress=lambda _: None)
    yield loaded
    loaded.free()
