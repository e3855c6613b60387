from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.random_gguf import SHAPES
from llamachat_daemon.engine.engine import (
    BATCH_ROWS,
    MIN_PLAIN_ATTENTION_ROWS,
    PLAIN_ATTENTION_BYTES,
    WARM_CACHES,
    CannotLoad,
    check_memory,
    kv_bytes_per_token,
    plain_attention_rows,
    warm_bytes,
)
from llamachat_daemon.engine.fingerprint import read_model


@pytest.mark.parametrize("cells", [1, 4096, 2**16, 2**20, 2**23, 2**30])
def test_attention_without_flash_attention_never_takes_more_than_its_room(tiny: Path, cells: int) -> None:
    [(_, header)] = read_model(tiny)
    rows = plain_attention_rows(header, cells)
    assert rows == 0 or MIN_PLAIN_ATTENTION_ROWS <= rows <= BATCH_ROWS
    assert rows * cells * SHAPES["tiny"].heads * 4 <= PLAIN_ATTENTION_BYTES


def test_attention_does_without_flash_attention_in_small_caches_and_not_in_huge_ones(tiny: Path) -> None:
    [(_, header)] = read_model(tiny)
    assert plain_attention_rows(header, 4096) == BATCH_ROWS
    assert plain_attention_rows(header, 2**24) == 0


def test_a_cache_is_counted_from_the_models_sizes(tiny: Path) -> None:
    [(_, header)] = read_model(tiny)
    shape = SHAPES["tiny"]
    assert kv_bytes_per_token(header) == 2 * 2 * shape.layers * shape.kv_heads * shape.head_width


def test_a_cache_that_does_not_fit_is_refused_with_what_to_do() -> None:
    check_memory(1000, 1000, 10)
    with pytest.raises(CannotLoad, match="ask for less context or fewer slots"):
        check_memory(1001, 1000, 10)


def test_warm_conversations_take_what_was_asked_for_or_some_caches_and_at_most_half_of_the_memory() -> None:
    assert warm_bytes(None, 1000, 10_000) == 1000 * WARM_CACHES
    assert warm_bytes(None, 9000, 10_000) == 5000
    assert warm_bytes(3000, 1000, 10_000) == 3000
    assert warm_bytes(0, 1000, 10_000) == 0
