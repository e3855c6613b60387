"""`llamachat doctor`: looks at the terminal, the files and every node, and says what to change."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
from typing import TYPE_CHECKING

import click

from llamachat import __version__
from llamachat.base.problems import ConfigError
from llamachat.cli.interrupts import exits_on_signals
from llamachat.cli.invocation import EXIT_FAILED, Invocation, UsageProblem, node_options

if TYPE_CHECKING:
    from llamachat.cli.doctor_findings import Finding
    from llamachat.config.schema import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--keys", is_flag=True, help="Only show what arrives here for each key that you press.")
@node_options
@click.pass_obj
def doctor(invocation: Invocation, as_json: bool, keys: bool) -> None:
    """Look at the terminal, the settings, the history and every node, and say which line to change for what is wrong.
    Exit status 1 when something keeps llamachat from working."""
    from llamachat.cli import doctor_findings

    if keys and as_json:
        raise UsageProblem("--keys and --json each stand alone.")
    if keys:
        _try_keys()
        return
    with exits_on_signals():
        findings = _findings(invocation)
        if as_json:
            versions = {"llamachat": __version__, "python": platform.python_version()}
            click.echo(json.dumps({"versions": versions, **doctor_findings.as_json(findings)}, indent=2))
        else:
            click.echo(f"llamachat {__version__}, Python {platform.python_version()}\n")
            click.echo(doctor_findings.as_text(findings))
        sys.exit(0 if doctor_findings.is_well(findings) else EXIT_FAILED)


def _try_keys() -> None:
    from llamachat.cli import doctor_keys

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageProblem("--keys needs a terminal.")
    click.echo(f"{doctor_keys.INTRODUCTION}\n")
    # In raw mode a new line does not begin at the left by itself.
    doctor_keys.try_keys(sys.stdin.fileno(), lambda line: click.echo(f"{line}\r"))


def _findings(invocation: Invocation) -> list[Finding]:
    from llamachat.cli import doctor_files, doctor_probe, doctor_terminal

    places = invocation.places()
    settings = _settings(invocation)
    findings = doctor_terminal.check_terminal(doctor_probe.look(os.environ))
    findings += doctor_files.check_settings(places, settings)
    findings += doctor_files.check_history(places)
    findings += doctor_files.check_log(places)
    # With settings that cannot be read there are no nodes to look at, unless the command line names some.
    if not isinstance(settings, ConfigError):
        findings += _nodes(invocation, settings)
    return findings


def _settings(invocation: Invocation) -> Settings | ConfigError:
    from llamachat.config import loading

    places = invocation.places()
    file = places.config_file
    try:
        return loading.load(file if places.config_named or file.exists() else None)
    except ConfigError as error:
        return error


def _nodes(invocation: Invocation, settings: Settings) -> list[Finding]:
    from llamachat.base.toml_documents import read_text
    from llamachat.base.toml_lines import key_lines
    from llamachat.cli import doctor_nodes, offering
    from llamachat.cli.status_line import on_stderr
    from llamachat.config.tokens import TOKEN_VARIABLE
    from llamachat.fleet.discovery import offers

    file = invocation.places().config_file
    lines = doctor_nodes.Lines(file, {} if invocation.nodes else key_lines(read_text(file, required=False)))
    context = invocation.configured()
    known = [node.url for node in settings.nodes]
    status = on_stderr()
    status.show("looking at the nodes")
    try:
        snapshots, here = asyncio.run(offering.survey(context.addresses, known, context.limits))
    finally:
        status.clear()
    return doctor_nodes.check_nodes(
        context.settings,
        snapshots,
        offers(snapshots, here, known),
        lines,
        token_for_all=bool(os.environ.get(TOKEN_VARIABLE)),
    )
