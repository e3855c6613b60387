"""The daemons of `llamachat demo`, with how far they are on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llamachat.cli.invocation import CommandError
from llamachat.cli.status_line import on_stderr
from llamachat.config.context import AppContext
from llamachat.config.places import Places
from llamachat.config.schema import Settings
from llamachat.demo.running import Demo
from llamachat.demo.trouble import DemoError


@contextmanager
def running(count: int, settings: Settings, places: Places) -> Iterator[AppContext]:
    """Starts `count` daemons with the built-in guide; gives the context to use them in; stops and removes everything.

    Raises:
        CommandError: the daemons are not installed, or one does not start.
    """
    status = on_stderr()
    with Demo() as demo:
        try:
            context = demo.start(count, settings, places, status.show)
        except DemoError as error:
            raise CommandError(str(error)) from None
        finally:
            status.clear()
        yield context
