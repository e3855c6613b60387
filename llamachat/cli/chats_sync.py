"""`llamachat chats sync`: the history brought in step with the archives of the nodes, once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from llamachat.base.text import one_line
from llamachat.cli.invocation import (
    EXIT_FAILED,
    NO_NODE,
    CommandError,
    Invocation,
    NoNodeError,
    UsageProblem,
    node_options,
)

if TYPE_CHECKING:
    from llamachat.config.context import AppContext
    from llamachat.fleet.sync_archive import ArchiveSync

_OFF = "The setting privacy.archive is false, so nothing is pushed and nothing pulled."
_NO_ARCHIVE = (
    "No node that can be reached keeps an archive; `llamachat nodes` shows how they are. An operator switches one on "
    "with `llamachat-daemon serve --archive`."
)


@click.command()
@node_options
@click.pass_obj
def sync(invocation: Invocation) -> None:
    """Bring the history in step with every node that keeps an archive.

    While the chat runs, this happens by itself. Exit status 1 when something was refused, 3 when there is no archive.
    """
    context = invocation.configured()
    if not context.settings.privacy.archive:
        raise UsageProblem(_OFF)
    if not context.addresses:
        raise NoNodeError(NO_NODE)
    sys.exit(asyncio.run(_sync(context)))


async def _sync(context: AppContext) -> int:
    from llamachat.cli.settling import is_connecting, settled
    from llamachat.fleet import Fleet
    from llamachat.fleet.sync import archives
    from llamachat.store import StoreError, StoreThread

    try:
        async with (
            StoreThread(context.places.history_file) as store,
            Fleet(context.addresses, limits=context.limits) as fleet,
        ):
            await settled(fleet, is_connecting)
            found = list(archives(fleet, store).values())
            if not found:
                raise NoNodeError(_NO_ARCHIVE)
            return await _rounds(found)
    except StoreError as error:
        raise CommandError(str(error)) from None


async def _rounds(found: Sequence[ArchiveSync]) -> int:
    from llamachat.fleet.sync_requests import ArchiveLostError, ArchiveRefusedError

    failures: dict[str, str] = {}
    for archive in found:
        try:
            await archive.round()
        except (ArchiveLostError, ArchiveRefusedError) as error:
            failures[archive.state.node] = str(error)
    for archive in found:  # what came from a later one goes to those before it, too
        if archive.state.node not in failures:
            try:
                await archive.push()
            except (ArchiveLostError, ArchiveRefusedError) as error:
                failures[archive.state.node] = str(error)
    for archive in found:
        _tell(archive, failures.get(archive.state.node))
    return EXIT_FAILED if failures or any(archive.state.left_out for archive in found) else 0


def _tell(archive: ArchiveSync, failure: str | None) -> None:
    state = archive.state
    node = one_line(state.node, 64)
    click.echo(f"{node}: pushed {_chats(state.pushed)}, pulled {_chats(state.pulled)}.")
    if state.left_out:
        click.echo(f"{node}: {_chats(state.left_out)} not taken: {one_line(state.reason, 300)}", err=True)
    if failure is not None:
        click.echo(f"{node}: {one_line(failure, 300)} What is left is synced the next time.", err=True)


def _chats(number: int) -> str:
    return f"{number} {'chat' if number == 1 else 'chats'}"
