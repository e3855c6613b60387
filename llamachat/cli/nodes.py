"""`llamachat nodes`: the state of the fleet."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Final

import click

from llamachat.cli.interrupts import watched
from llamachat.cli.invocation import EXIT_NO_NODE, NO_NODE, Invocation, NoNodeError, UsageProblem, node_options

if TYPE_CHECKING:
    from llamachat.config.context import AppContext
    from llamachat.fleet import Fleet, NodeSnapshot

REDRAW_S: Final = 0.5
"""Shortest time between two tables of `--watch`: a slow terminal must keep up."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list, with --watch one list a line.")
@click.option("--watch", is_flag=True, help="Show every change until Ctrl+C.")
@node_options
@click.pass_obj
def nodes(invocation: Invocation, as_json: bool, watch: bool) -> None:
    """Show how the nodes are. Exit status 3 when none takes work."""
    if watch and not as_json and not sys.stdout.isatty():
        raise UsageProblem("--watch needs a terminal; for a program there is --watch --json.")
    context = invocation.configured()
    if not context.addresses:
        raise NoNodeError(NO_NODE)
    sys.exit(asyncio.run(_watch(context, as_json) if watch else _once(context, as_json)))


async def _once(context: AppContext, as_json: bool) -> int:
    from llamachat.cli.settling import is_silent, settled
    from llamachat.fleet import Fleet

    async with Fleet(context.addresses) as fleet:
        await settled(fleet, is_silent)
        snapshots = fleet.snapshots()
    if as_json:
        click.echo(_json(snapshots, indent=2))
    else:
        from rich.console import Console

        from llamachat.cli.node_table import table

        Console().print(table(snapshots, time.time()))
    return 0 if any(node.usable for node in snapshots) else EXIT_NO_NODE


async def _watch(context: AppContext, as_json: bool) -> int:
    from llamachat.fleet import Fleet

    with watched() as interrupts:
        async with Fleet(context.addresses) as fleet:
            showing = asyncio.create_task(_show_lines(fleet) if as_json else _show_table(fleet))
            ended = asyncio.create_task(interrupts.wait())
            try:
                await asyncio.wait((showing, ended), return_when=asyncio.FIRST_COMPLETED)
                if showing.done():
                    showing.result()  # it ends only by an error
            finally:
                for task in (showing, ended):
                    task.cancel()
                await asyncio.gather(showing, ended, return_exceptions=True)
    return 0


async def _show_table(fleet: Fleet) -> None:
    from rich.live import Live

    from llamachat.cli.node_table import table

    with Live(table(fleet.snapshots(), time.time()), auto_refresh=False) as live:
        while True:
            live.update(table(fleet.snapshots(), time.time()), refresh=True)
            await asyncio.sleep(REDRAW_S)  # the seconds to the next try count down even when nothing else changes


async def _show_lines(fleet: Fleet) -> None:
    from llamachat.cli.output import on_stdout

    changed = asyncio.Event()
    unsubscribe = fleet.subscribe(changed.set)
    output = on_stdout()
    try:
        while True:
            changed.clear()
            await output.write(_json(fleet.snapshots()) + "\n")
            await changed.wait()
    except BrokenPipeError:
        return
    finally:
        unsubscribe()


def _json(snapshots: tuple[NodeSnapshot, ...], indent: int | None = None) -> str:
    from llamachat.cli.node_table import as_json

    return json.dumps([as_json(node, time.time()) for node in snapshots], indent=indent)
