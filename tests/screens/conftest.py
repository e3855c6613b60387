"""Holds tests to what they say of the actions that they cover."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.screens.covering import claimed, watched


def pytest_configure(config: pytest.Config) -> None:
    """Makes the mark known."""
    config.addinivalue_line("markers", "covers(*actions): starts these actions of the table and checks what they do")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fails a test in which an action that it covers has not run."""
    if not (names := claimed(list(pyfuncitem.iter_markers()))):
        return (yield)
    with watched() as ran:
        result = yield
    if missing := names - ran:
        pytest.fail(f"it covers {', '.join(sorted(missing))}, which it never started")
    return result
