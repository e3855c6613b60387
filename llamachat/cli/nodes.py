"""`llamachat nodes`: the state of the fleet."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from llamachat.base.tasks import run_until
from llamachat.cli import offering
from llamachat.cli.interrupts import watched
from llamachat.cli.invocation import EXIT_NO_NODE, NO_NODE, Invocation, NoNodeError, UsageProblem, node_options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from llamachat.config.context import AppContext
    from llamachat.fleet import Fleet, NodeSnapshot
    from llamachat.store import Estimate

    Kept = dict[str, list[Estimate]]

REDRAW_S: Final = 0.5
"""Shortest time between two tables of `--watch`: a slow terminal must keep up."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list, with --watch one list a line.")
@click.option("--watch", is_flag=True, help="Show every change until Ctrl+C.")
@click.option("--discover", is_flag=True, help="Only list nodes that could be added.")
@click.option("--add", metavar="URL", help="Write a node down in the settings file, as the last one.")
@node_options
@click.pass_obj
def nodes(invocation: Invocation, as_json: bool, watch: bool, discover: bool, add: str | None) -> None:
    """Show how the nodes are, and which could be added: one on this machine, and those that a node names as its peers.
    Exit status 3 when none takes work."""
    if watch + discover + (add is not None) > 1:
        raise UsageProblem("--watch, --discover and --add each stand alone.")
    if watch and not as_json and not sys.stdout.isatty():
        raise UsageProblem("--watch needs a terminal; for a program there is --watch --json.")
    if add is not None:
        click.echo(offering.add(invocation, add))
        return
    context = invocation.configured()
    known = [node.url for node in invocation.settings().nodes]
    if discover:
        asyncio.run(_discover(context, known, as_json))
        return
    if not context.addresses:
        if not as_json:
            asyncio.run(_discover(context, known, as_json, silently=True))
        raise NoNodeError(NO_NODE)
    sys.exit(asyncio.run(_watch(context, known, as_json) if watch else _once(context, known, as_json)))


async def _once(context: AppContext, known: Sequence[str], as_json: bool) -> int:
    snapshots, here = await offering.survey(context.addresses, known, context.limits)
    kept = _estimates(context)
    if as_json:
        click.echo(_json(snapshots, kept, indent=2))
    else:
        from rich.console import Console

        Console().print(_view(snapshots, kept, here, known))
    return 0 if any(node.usable for node in snapshots) else EXIT_NO_NODE


async def _discover(context: AppContext, known: Sequence[str], as_json: bool, *, silently: bool = False) -> None:
    """Prints what could be added; `silently` prints nothing when that is nothing."""
    from llamachat.fleet.discovery import offers

    found = offers(*await offering.survey(context.addresses, known, context.limits), known)
    if as_json:
        click.echo(json.dumps([offering.as_json(offer) for offer in found], indent=2))
    elif found or not silently:
        click.echo("\n".join(offering.lines(found) or [offering.NOTHING]))


async def _watch(context: AppContext, known: Sequence[str], as_json: bool) -> int:
    from llamachat.fleet import Fleet

    kept = _estimates(context)
    with watched() as interrupts:
        async with Fleet(context.addresses, limits=context.limits) as fleet:
            showing = _show_lines(fleet, kept) if as_json else _show_table(fleet, kept, known)
            await run_until(showing, interrupts.wait())
    return 0


def _estimates(context: AppContext) -> Kept:
    """What the history has of each node; nothing where there is none, or none that can be read."""
    from llamachat.store import Store, StoreError

    file = context.places.history_file
    if not file.exists():
        return {}
    try:
        with Store.open(file) as store:
            return {address.name: store.estimates(address.name) for address in context.addresses}
    except StoreError as error:
        click.echo(f"llamachat: {error}", err=True)
        return {}


def _view(
    snapshots: tuple[NodeSnapshot, ...], kept: Kept, here: NodeSnapshot | None, known: Sequence[str]
) -> RenderableType:
    """The table, and below it what there is to say of nodes, and what could be added."""
    from rich.console import Group
    from rich.text import Text

    from llamachat.cli.node_table import experience, reasons, table
    from llamachat.fleet.discovery import offers

    parts = (reasons(snapshots, time.time()), experience(kept), offering.lines(offers(snapshots, here, known)))
    lines = [line for part in parts if part for line in ("", *part)]
    return Group(table(snapshots), *(Text(line) for line in lines))


async def _show_table(fleet: Fleet, kept: Kept, known: Sequence[str]) -> None:
    from rich.live import Live

    from llamachat.fleet.discovery import to_look_at

    here = await offering.look_at(to_look_at([*(node.url for node in fleet.snapshots()), *known]))
    with Live(_view(fleet.snapshots(), kept, here, known), auto_refresh=False) as live:
        while True:
            live.update(_view(fleet.snapshots(), kept, here, known), refresh=True)
            await asyncio.sleep(REDRAW_S)  # the seconds to the next try count down even when nothing else changes


async def _show_lines(fleet: Fleet, kept: Kept) -> None:
    from llamachat.cli.output import on_stdout

    changed = asyncio.Event()
    unsubscribe = fleet.subscribe(changed.set)
    output = on_stdout()
    try:
        while True:
            changed.clear()
            await output.write(_json(fleet.snapshots(), kept) + "\n")
            await changed.wait()
    except BrokenPipeError:
        return
    finally:
        unsubscribe()


def _json(snapshots: tuple[NodeSnapshot, ...], kept: Kept, indent: int | None = None) -> str:
    from llamachat.cli.node_table import as_json

    now = time.time()
    return json.dumps([as_json(node, now, kept.get(node.name, ())) for node in snapshots], indent=indent)
