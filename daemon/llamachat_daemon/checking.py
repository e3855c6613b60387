"""What `check` finds: whether serving would work with these settings, and what it would take."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import psutil

from llamachat_daemon.config import DaemonConfig
from llamachat_daemon.model_files import ModelFileError, ModelSummary, read_model
from llamachat_daemon.serving.access import refuse_bind
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


def _model(config: DaemonConfig) -> list[Finding]:
    file = config.served_model
    try:
        model = read_model(file.path)
    except ModelFileError as error:
        return [Finding(False, f"model {file.id}: {error}")]
    context = file.context or model.context
    room = f", {context} tokens" if context else ""
    return [
        Finding(
            True,
            f"model {file.id}: {model.architecture}, {_megabytes(model.size)}{room} for each of {file.slots} slots",
        ),
        _memory(model, (context or 0) * file.slots),
    ]


def _memory(model: ModelSummary, tokens: int) -> Finding:
    """Whether the weights and the caches fit into what is free now; cards are not looked at, they may take a part."""
    cache = (model.kv_bytes or 0) * tokens
    free = psutil.virtual_memory().available
    needs = f"about {_megabytes(model.size + cache)} ({_megabytes(cache)} of it for keys and values)"
    if model.size + cache > free:
        return Finding(
            False, f"memory: {needs} are needed, {_megabytes(free)} are free. Give fewer slots or less context."
        )
    return Finding(True, f"memory: {needs} of {_megabytes(free)} free")


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"
