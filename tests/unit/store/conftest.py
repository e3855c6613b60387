from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llamachat.store import Store
from tests.unit.store.building import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.db"


@pytest.fixture
def store(path: Path, clock: HandClock) -> Iterator[Store]:
    with Store.open(path, now=clock) as opened:
        yield opened
