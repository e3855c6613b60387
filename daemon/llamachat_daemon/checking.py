"""What `check` finds: whether serving would work with these settings, and what it would take."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import psutil

from llamachat.base.text import one_line
from llamachat_daemon.config import DaemonConfig, ModelFile
from llamachat_daemon.model_files import ModelFileError, ModelSummary, summarise
from llamachat_daemon.serving.access import refuse_bind
from llamachat_daemon.serving.archive.errors import ArchiveError
from llamachat_daemon.serving.archive.inspecting import inspect
from llamachat_daemon.serving.server import why_not_listen
from llamachat_daemon.serving.tokens import TokenError, read_tokens


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    fine: bool
    text: str


def findings(config: DaemonConfig) -> list[Finding]:
    """Everything that `serve` would find out, without serving."""
    return [
        Finding(True, f"settings: node {config.name}, data in {config.data_dir}"),
        _access(config),
        _port(config),
        *([_archive(config)] if config.archive.enabled else []),
        *_model(config),
    ]


def _access(config: DaemonConfig) -> Finding:
    try:
        known = read_tokens(config.tokens_file) if config.auth else ()
    except TokenError as error:
        return Finding(False, f"access: {error}")
    if refused := refuse_bind(config.host, has_tokens=bool(known), auth=config.auth):
        return Finding(False, f"access: {refused}")
    if known:
        return Finding(True, f"access: with a token ({', '.join(token.name for token in known)})")
    return Finding(True, f"access: everybody who can reach {config.host}, without a token")


def _port(config: DaemonConfig) -> Finding:
    try:
        places = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(places):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                probe.listen(1)
    except OSError as error:
        return Finding(False, f"port: {why_not_listen(config.host, config.port, error)}")
    return Finding(True, f"port: {config.port or 'any free one'} on {config.host} can be listened on")


def _archive(config: DaemonConfig) -> Finding:
    path, settings = config.archive_file, config.archive
    try:
        found = inspect(path)
    except ArchiveError as error:
        return Finding(False, f"archive: {error} Until then the daemon serves without it.")
    kept = f"{settings.retain_days} days" if settings.retain_days else "for ever"
    rules = f"kept {kept}, {_megabytes(settings.quota)} for each user"
    if found is None:
        return Finding(True, f"archive: none yet in {path}; {rules}")
    chats, users = _counted(found.chats, "chat"), _counted(found.principals, "user")
    contents = f"{chats} of {users}, {_megabytes(found.size)} in {path}"
    return Finding(True, f"archive: {contents}; {rules}")


def _engine() -> Finding:
    try:
        from llamachat_daemon.engine import llama

        return Finding(True, f"engine: llama.cpp {llama.library_version()}")
    except (ImportError, OSError, RuntimeError) as error:
        return Finding(False, f"engine: llama.cpp cannot be used here: {one_line(str(error))}. Install it again.")


def _model(config: DaemonConfig) -> list[Finding]:
    file = config.served_model
    try:
        model = summarise(file.path)
    except ModelFileError as error:
        return [Finding(False, f"model {file.id}: {error}")]
    engine = _engine()
    told = Finding(True, f"model {file.id}: {model.architecture}, {_megabytes(model.size)}")
    return [engine, told, _memory(file, model)] if engine.fine else [engine, told]


def _memory(file: ModelFile, model: ModelSummary) -> Finding:
    """Whether the weights and the caches fit into what is free now; cards are not looked at, they may take a part."""
    from llamachat_daemon.engine.engine import DEFAULT_CONTEXT, kv_bytes_per_token

    context = file.context or min(model.context or DEFAULT_CONTEXT, DEFAULT_CONTEXT)
    cache = kv_bytes_per_token(model.header) * context * file.slots
    free = psutil.virtual_memory().available
    needs = f"about {_megabytes(model.size + cache)} for {file.slots} slots of {context} tokens"
    if model.size + cache > free:
        return Finding(
            False, f"memory: {needs} are needed, {_megabytes(free)} are free. Give fewer slots or less context."
        )
    return Finding(True, f"memory: {needs}, of {_megabytes(free)} free")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"
