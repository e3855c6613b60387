"""The command `llamachat`: the screen, or one of the commands."""

from __future__ import annotations

import os
import sys

import click

from llamachat import __version__
from llamachat.cli.ask import ask
from llamachat.cli.chats import chats
from llamachat.cli.config import config
from llamachat.cli.demo import demo
from llamachat.cli.doctor import doctor
from llamachat.cli.interrupts import exits_on_signals
from llamachat.cli.invocation import CommandError, Invocation, UsageProblem, node_options
from llamachat.cli.nodes import nodes


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Without a command: the chat on the whole screen.",
)
@node_options
@click.option("--theme", metavar="NAME", help="The colours, as in [look] of the settings.")
@click.option(
    "--plain", is_flag=True, help="Chat line by line without redrawing, for screen readers and dumb terminals."
)
@click.version_option(__version__, "--version", prog_name="llamachat", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, theme: str | None, plain: bool) -> None:
    """Chat with the models on your own machines."""
    invocation = context.ensure_object(Invocation)
    invocation.theme, invocation.plain = theme, plain
    if context.invoked_subcommand is None:
        with exits_on_signals():
            sys.exit(start(invocation))


def start(invocation: Invocation) -> int:
    """Runs the screen, or the line mode where it was asked for or the terminal can do no more; the exit status."""
    plain = invocation.plain
    if not plain and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageProblem(
            "The screen needs a terminal. For a pipe or a script there are `llamachat ask` and `llamachat --plain`."
        )
    if not plain and os.environ.get("TERM", "dumb") == "dumb":
        click.echo("This terminal cannot draw a screen; chatting line by line.", err=True)
        plain = True
    from llamachat.store import StoreError

    with invocation.context() as context:
        if plain:
            from llamachat.cli.plain import run
        else:
            from llamachat.tui.app import run
        try:
            return run(context)
        except StoreError as error:
            raise CommandError(str(error)) from None


for command in (ask, nodes, chats, demo, config, doctor):
    main.add_command(command)
