"""The history, opened for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llamachat.cli.invocation import CommandError, Invocation

if TYPE_CHECKING:
    from llamachat.store import Store


@contextmanager
def opened_store(invocation: Invocation) -> Iterator[Store]:
    """The history of this invocation.

    Raises:
        CommandError: it cannot be opened, or what is done with it fails.
    """
    from llamachat.store import Store, StoreError

    try:
        with Store.open(invocation.places().history_file) as store:
            yield store
    except StoreError as error:
        raise CommandError(str(error)) from None
