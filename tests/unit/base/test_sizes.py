"""Numbers of bytes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.base.sizes import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096),
        ("4096 B", 4096),
        ("512k", 512_000),
        ("512KiB", 524_288),
        ("256MB", 256_000_000),
        ("1.5 GiB", 1_610_612_736),
        (" 1.001kb ", 1001),
        ("0.3tib", 329_853_488_332),
        ("2Ti", 2_199_023_255_552),
        ("0.9", 0),
    ],
)
def test_a_size_is_read_exactly_in_decimal_and_binary_units(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "big", "-1MB", "5i", "5iB", "1 M B", "1.MB", ".5MB", "1e3", "1PB", "1,5MB", "٣MB"]
)
def test_what_is_not_a_size_is_none(text: str) -> None:
    assert parse_size(text) is None


@given(st.text("0123456789.kKmMgGtTiIbB -", max_size=40) | st.integers(min_value=0).map(str))
def test_any_text_is_a_size_or_none(text: str) -> None:
    size = parse_size(text)
    assert size is None or size >= 0
