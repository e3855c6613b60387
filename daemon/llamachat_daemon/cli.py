"""The commands of `llamachat-daemon`.

Everything that needs the extra `daemon` is imported inside its command, so that `--help`, `--version` and the tokens
work without it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click

import llamachat
from llamachat.base.problems import ConfigError
from llamachat_daemon.config import TOKENS_NAME, DaemonConfig, ModelFile, data_directory
from llamachat_daemon.config_loading import LOG_LEVELS, load
from llamachat_daemon.model_files import ModelFileError, summarise
from llamachat_daemon.serving.tokens import TokenError, add_token, read_tokens, revoke_token

EXTRA: Final = ("llama_cpp", "numpy", "jinja2", "psutil", "prometheus_client")
"""What the extra `daemon` brings and serving cannot do without."""

_Function = TypeVar("_Function", bound=Callable[..., Any])
_PATH: Final = click.Path(path_type=Path)

_data_dir = click.option("--data-dir", type=_PATH, metavar="DIR", help="Where tokens and other data are kept.")
_config = click.option("--config", type=_PATH, metavar="FILE", help="The settings (daemon.toml).")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(llamachat.__version__, prog_name="llamachat-daemon")
def main() -> None:
    """Serves the models of this machine to llamachat."""


def _serve_options(command: _Function) -> _Function:
    """The options of `serve`; each is None or empty where it was not given."""
    options = (
        click.option("--host", metavar="ADDR", help="Address to listen on (127.0.0.1)."),
        click.option("--port", type=int, metavar="PORT", help="Port to listen on (13000); 0 picks a free one."),
        click.option("--name", metavar="NAME", help="What this node is called (the host's name)."),
        click.option("--model", "model", multiple=True, metavar="PATH|ID", help="A GGUF file, or a configured model."),
        click.option("--models-dir", metavar="DIR", help="A directory of GGUF files."),
        click.option("--default-model", metavar="ID", help="The model to serve."),
        click.option("--slots", type=int, metavar="N", help="Answers written at the same time (4)."),
        click.option("--context", type=int, metavar="N", help="Tokens of each conversation (the model's own)."),
        click.option("--gpu-layers", type=int, metavar="N", help="Layers on the graphics card (-1: all)."),
        click.option("--threads", type=int, metavar="N", help="Threads to compute with (0: chosen)."),
        click.option("--queue", type=int, metavar="N", help="Requests that may wait (64)."),
        click.option("--peer", multiple=True, metavar="URL", help="Another daemon to show in /api/nodes."),
        _data_dir,
        _config,
        click.option("--no-auth", is_flag=True, help="Let everybody in who can reach the port."),
        click.option("--allow-origin", multiple=True, metavar="ORIGIN", help="A web page's origin to let in."),
        click.option("--archive", is_flag=True, default=None, help="Keep the conversations that clients push."),
        click.option("--exact-batches", is_flag=True, default=None, help="Same text whatever runs beside (slower)."),
        click.option("--log-level", type=click.Choice(LOG_LEVELS), help="How much to log (info)."),
        click.option("--log-json", is_flag=True, default=None, help="Log JSON lines."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@_serve_options
@click.option("--stop-with-stdin", is_flag=True, help="Stop at once when standard input ends, for programs.")
def serve(stop_with_stdin: bool, **given: Any) -> None:
    """Serve a model; without one, the bundled guide."""
    _need_extra()
    from llamachat_daemon import running
    from llamachat_daemon.serving import logs
    from llamachat_daemon.serving.node import StartError
    from llamachat_daemon.serving.server import ListenError

    config = _load(given)
    book = logs.start(config.log)
    work = running.serve(
        config,
        book,
        announce=click.echo,
        read_config=partial(load, *_sources(given)),
        stop_with_stdin=stop_with_stdin,
    )
    try:
        asyncio.run(work)
    except (TokenError, ModelFileError, ListenError, StartError) as error:
        _fail(str(error))


@main.command()
@_serve_options
def check(**given: Any) -> None:
    """Tell what would happen at serve: settings, port, model, memory."""
    _need_extra()
    from llamachat_daemon.checking import findings

    config = _load(given)
    found = findings(config)
    for finding in found:
        click.echo(f"{'ok     ' if finding.fine else 'problem'}  {finding.text}")
    if not all(finding.fine for finding in found):
        sys.exit(1)


@main.command()
@_serve_options
def bench(**given: Any) -> None:
    """Measure how fast the model runs here; suggest slots and threads."""
    _need_extra()
    from llamachat_daemon.measuring import MeasuringFailed, report

    config = _load(given)
    try:
        for line in report(config.served_model):
            click.echo(line)
    except MeasuringFailed as error:
        _fail(str(error))


@main.group()
def token() -> None:
    """Who may use this daemon."""


@token.command("add")
@click.argument("name")
@click.option("--admin", is_flag=True, help="May also read logs and load models.")
@_data_dir
def token_add(name: str, admin: bool, data_dir: Path | None) -> None:
    """Make a token for NAME and print it, this once."""
    with _told():
        click.echo(add_token(_tokens_file(data_dir), name, admin=admin))
    click.echo("Keep it: it is not stored and cannot be shown again.", err=True)


@token.command("list")
@_data_dir
def token_list(data_dir: Path | None) -> None:
    """List whose tokens there are."""
    with _told():
        for known in read_tokens(_tokens_file(data_dir)):
            kind = "admin" if known.admin else "user"
            click.echo(f"{known.name}\t{kind}\t{known.created.isoformat()}")


@token.command("revoke")
@click.argument("name")
@_data_dir
def token_revoke(name: str, data_dir: Path | None) -> None:
    """Forget the token of NAME and close its connections."""
    with _told():
        revoke_token(_tokens_file(data_dir), name)


@main.group()
def models() -> None:
    """The model files of this daemon."""


@models.command("list")
@click.option("--models-dir", metavar="DIR", help="A directory of GGUF files.")
@_data_dir
@_config
def models_list(**given: Any) -> None:
    """List the bundled model and those configured."""
    config = _load(given)
    for file in config.models.files:
        mark = "*" if file.id == config.default_model else " "
        click.echo(f"{mark} {file.id}\t{_described(file)}\t{file.path}")


def _described(file: ModelFile) -> str:
    try:
        model = summarise(file.path)
    except ModelFileError as error:
        return str(error)
    context = f", {model.context} tokens" if model.context else ""
    return f"{model.architecture}, {model.size / 1e6:.0f} MB{context}"


@contextmanager
def _told() -> Iterator[None]:
    """Turns a failure inside into one sentence on stderr and exit status 1."""
    try:
        yield
    except TokenError as error:
        _fail(str(error))


def _tokens_file(data_dir: Path | None) -> Path:
    return data_directory(data_dir) / TOKENS_NAME


def _sources(given: dict[str, Any]) -> tuple[Path | None, Path | None, dict[str, Any]]:
    """Arguments for `load`: the file, the data directory, and the options by the dotted keys that they override."""
    given = dict(given)
    keys = {
        "models_dir": "models.directory",
        "queue": "queue.limit",
        "peer": "peers",
        "allow_origin": "allow_origins",
        "archive": "archive.enabled",
        "exact_batches": "engine.exact_batches",
        "log_level": "log.level",
        "log_json": "log.json",
    }
    config, data_dir = given.pop("config"), given.pop("data_dir")
    auth = not given.pop("no_auth", False)
    return config, data_dir, {**{keys.get(name, name): value for name, value in given.items()}, "auth": auth}


def _load(given: dict[str, Any]) -> DaemonConfig:
    try:
        return load(*_sources(given))
    except ConfigError as error:
        only_options = all(problem.file is None for problem in error.problems)
        _fail(f"wrong settings:\n{error}", status=2 if only_options else 1)


def _need_extra() -> None:
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        _fail(f"{', '.join(missing)} missing. Install what serving needs: pip install 'llamachat[daemon]'")


def _fail(sentence: str, status: int = 1) -> NoReturn:
    click.echo(f"llamachat-daemon: {sentence}", err=True)
    sys.exit(status)
