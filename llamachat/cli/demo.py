"""`llamachat demo`: the whole thing on this computer, with the built-in guide, nothing to set up."""

from __future__ import annotations

import sys

import click

from llamachat.cli.ask import ask
from llamachat.cli.interrupts import exits_on_signals
from llamachat.cli.invocation import Invocation
from llamachat.demo import DEMO_NODES

MAX_DEMO_NODES = 8


@click.group(invoke_without_command=True)
@click.option(
    "--nodes", "count", type=click.IntRange(1, MAX_DEMO_NODES), default=DEMO_NODES, show_default=True, metavar="N"
)
@click.option("--plain", is_flag=True, help="Chat line by line instead of on the whole screen.")
@click.pass_context
def demo(context: click.Context, count: int, plain: bool) -> None:
    """Try it here with a tiny built-in model.

    Starts N nodes on this computer, then the chat, or with `ask` one answer; stops them at the end. Nothing needs to
    be configured, and nothing is kept.
    """
    invocation = context.ensure_object(Invocation)
    invocation.demo_nodes = count
    invocation.plain = invocation.plain or plain
    if context.invoked_subcommand is None:
        from llamachat.cli.main import start

        with exits_on_signals():
            sys.exit(start(invocation))


demo.add_command(ask)
