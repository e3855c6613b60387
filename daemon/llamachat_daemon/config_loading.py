"""Reads `daemon.toml` with the command line over it.

Every wrong setting is collected, so that one look at the report is enough. Settings whose feature is not in this
version are refused by name; none is silently without effect.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from llamachat.base.problems import ConfigError, shown
from llamachat.protocol import DEFAULT_PORT
from llamachat_daemon import checks
from llamachat_daemon.config import (
    GUIDE,
    ArchiveConfig,
    DaemonConfig,
    EngineConfig,
    LogConfig,
    ModelFile,
    ModelsConfig,
    PeerConfig,
    QueueConfig,
    RecordsConfig,
    config_file,
    data_directory,
    guide_file,
)
from llamachat_daemon.pipe.frames import ATTENTIONS, DEFAULT_TARGET_GAP
from llamachat_daemon.toml_tables import Source, Table

LOG_LEVELS: Final = ("debug", "info", "warning", "error")

_OPTION_NAMES: Final = {
    "peers": "peer",
    "models.directory": "models-dir",
    "queue.limit": "queue",
    "archive.enabled": "archive",
    "engine.exact_batches": "exact-batches",
    "log.level": "log-level",
    "log.json": "log-json",
}
_SLOTS: Final = checks.whole(1, 64)
_CONTEXT: Final = checks.whole(64, 16_777_216)
_GPU_LAYERS: Final = checks.whole(-1, 10_000)
_THREADS: Final = checks.whole(0, 1024)
_LATER_PART: Final = re.compile(r".*-(?!00001)\d{5}-of-\d{5}\.gguf")


def load(
    config: Path | None = None,
    data_dir: Path | None = None,
    options: Mapping[str, Any] | None = None,
    env: Mapping[str, str] = os.environ,
) -> DaemonConfig:
    """The settings of the file with the command line's over them.

    `options` maps dotted keys of the file, and `auth`, `model` (paths or ids), `slots`, `context`, `gpu_layers` and
    `threads` (for every model), to values; an option that was not given is absent, None or an empty sequence.

    Raises:
        ConfigError: with every wrong setting of the file and the command line.
    """
    given = {key: value for key, value in (options or {}).items() if value is not None and value != ()}
    source = Source(config_file(config, data_dir, env), given, _OPTION_NAMES)
    top = source.read(required=config is not None)
    if not source.problems:
        loaded = _daemon(top, data_directory(data_dir, env))
    if source.problems:
        raise ConfigError(source.problems)
    return loaded


def _daemon(top: Table, data_dir: Path) -> DaemonConfig:
    models, default = _models(top)
    queue, records, archive = top.table("queue"), top.table("records"), top.table("archive")
    engine, log = top.table("engine"), top.table("log")
    loaded = DaemonConfig(
        name=top.take("name", "", checks.text(64, empty=True)) or socket.gethostname() or "llamachat",
        data_dir=data_dir,
        host=top.take("host", "127.0.0.1", checks.host),
        port=top.take("port", DEFAULT_PORT, checks.whole(0, 65535)),
        default_model=default,
        peers=_peers(top),
        allow_origins=top.take("allow_origins", (), checks.list_of(checks.origin)),
        auth=bool(top.source.options.get("auth", True)),
        models=models,
        queue=QueueConfig(
            limit=queue.take("limit", 64, checks.whole(1, 100_000)),
            parallel=queue.take("parallel", 8, checks.whole(1, 1024)),
            requests_per_minute=queue.take("requests_per_minute", 0, checks.whole(0, 1_000_000)),
        ),
        records=RecordsConfig(
            retain_seconds=records.take("retain_seconds", 86_400.0, checks.number(0, 10 * 366 * 86_400)),
            retain_bytes=records.take("retain_bytes", 256_000_000, checks.size(1_000_000)),
        ),
        archive=ArchiveConfig(
            enabled=archive.take("enabled", False, checks.yes_or_no),
            retain_days=archive.take("retain_days", 0, checks.whole(0, 36_500)),
            quota=archive.take("quota", 1_000_000_000, checks.size(1_000_000)),
        ),
        engine=EngineConfig(
            exact_batches=engine.take("exact_batches", False, checks.yes_or_no),
            target_gap=engine.take("target_gap", DEFAULT_TARGET_GAP, checks.number(1.0, 100.0)),
            isolate_principals=engine.take("isolate_principals", False, checks.yes_or_no),
            attention=engine.take("attention", "auto", checks.one_of(ATTENTIONS)),
            warm_bytes=engine.take("warm_bytes", None, checks.size(0)),
            drain_seconds=engine.take("drain_seconds", 30.0, checks.number(0.0, 3600.0)),
        ),
        log=LogConfig(
            level=log.take("level", "info", checks.one_of(LOG_LEVELS)),
            json=log.take("json", False, checks.yes_or_no),
            clients_may_read=log.take("clients_may_read", False, checks.yes_or_no),
        ),
    )
    if loaded.engine.exact_batches and loaded.engine.attention == "plain":
        engine.wrong("attention", '"plain", with exact_batches', '"auto" or "flash"')
    for table in (top, queue, records, archive, engine, log):
        table.close()
    return loaded


def _peers(top: Table) -> tuple[PeerConfig, ...]:
    if "peers" in top.source.options:
        urls: tuple[str, ...] = top.take("peers", (), checks.list_of(checks.peer_url))
        return tuple(PeerConfig(url) for url in urls)
    peers = []
    for table in top.tables("peers"):
        if "url" not in table:
            table.wrong("url", "nothing", 'an address like "ws://10.0.0.5:13000/chat"')
        url = table.take("url", "", checks.peer_url)
        token_file = table.take("token_file", "", checks.text(4096, empty=True))
        peers.append(PeerConfig(url, top.source.path(token_file) if token_file else None))
        table.close()
    return tuple(peers)


def _models(top: Table) -> tuple[ModelsConfig, str]:
    """The models, and which of them is the default."""
    source, table = top.source, top.table("models")
    named = table.take("directory", "", checks.text(4096, empty=True))
    from_option = "models.directory" in source.options
    directory = (Path(named).expanduser().absolute() if from_option else source.path(named)) if named else None
    files = [_model_file(entry) for entry in table.tables("files")]
    for repeated in sorted({file.id for file in files if [other.id for other in files].count(file.id) > 1}):
        table.wrong("files", f'the id "{repeated}" more than once', "a different id for each file")
    if directory is not None and directory.is_dir():
        files += [file for file in _files_in(directory) if file.path not in {other.path for other in files}]
    elif directory is not None:
        table.wrong("directory", shown(named), "an existing directory")
    chosen = [file for value in source.options.get("model", ()) for file in _asked_for(source, value, files)]
    default = _default_model(top, chosen, files)
    files = chosen or files or [guide_file()]
    if default == GUIDE and all(file.id != GUIDE for file in files):
        files.append(guide_file())
    files = [_run_as(source, file) for file in files]
    memory_budget = table.take(
        "memory_budget", "80%", checks.share_or_size, missing_feature="holding several models in memory"
    )
    currency = table.take("currency", "EUR", checks.text(8))
    table.close()
    return ModelsConfig(directory, tuple(files), memory_budget, currency), default


def _default_model(top: Table, chosen: Sequence[ModelFile], known: Sequence[ModelFile]) -> str:
    """The option's or the file's, which must be a model that is there; else the first model; else the guide."""
    named = top.take("default_model", "", checks.model_id)
    ids = [file.id for file in chosen or known]
    first = ids[0] if ids else GUIDE
    if named in (*ids, GUIDE) and not (chosen and named not in ids):
        return named
    from_option = "default_model" in top.source.options
    if named and from_option:
        top.source.wrong_option("default_model", shown(named), ", ".join(dict.fromkeys([*ids, GUIDE])))
    elif named and not chosen:
        top.wrong("default_model", shown(named), ", ".join(dict.fromkeys([*ids, GUIDE])))
    return first


def _model_file(table: Table) -> ModelFile:
    defaults = ModelFile("", Path())
    for key in ("id", "path"):
        if key not in table:
            table.wrong(key, "nothing", "each file needs an id and a path")
    path = table.take("path", "", checks.text(4096))
    file = ModelFile(
        id=table.take("id", "", checks.model_id),
        path=table.source.path(path),
        slots=table.take("slots", defaults.slots, _SLOTS),
        context=table.take("context", None, _CONTEXT),
        gpu_layers=table.take("gpu_layers", defaults.gpu_layers, _GPU_LAYERS),
        threads=table.take("threads", defaults.threads, _THREADS),
        price_in=table.take("price_in", defaults.price_in, checks.number(0.0, 1e6)),
        price_out=table.take("price_out", defaults.price_out, checks.number(0.0, 1e6)),
    )
    table.close()
    return file


def _run_as(source: Source, file: ModelFile) -> ModelFile:
    """The model with the options of the command line over its own."""
    options = Table(source, {}, ())
    return replace(
        file,
        slots=options.take("slots", file.slots, _SLOTS),
        context=options.take("context", file.context, _CONTEXT),
        gpu_layers=options.take("gpu_layers", file.gpu_layers, _GPU_LAYERS),
        threads=options.take("threads", file.threads, _THREADS),
    )


def _files_in(directory: Path) -> list[ModelFile]:
    """A model for each GGUF, by name; of one split over several files, the first."""
    paths = sorted(path for path in directory.glob("*.gguf") if path.is_file())
    return [_named_after(path) for path in paths if not _LATER_PART.fullmatch(path.name)]


def _named_after(path: Path) -> ModelFile:
    stem = re.sub(r"-00001-of-\d{5}$", "", path.stem)
    return ModelFile(re.sub(r"[^A-Za-z0-9._:+-]", "-", stem).lstrip("._:+-")[:128] or "model", path)


def _asked_for(source: Source, value: str, known: Sequence[ModelFile]) -> list[ModelFile]:
    """The model that `--model` names by its id or its path."""
    for file in known:
        if value == file.id:
            return [file]
    if value == GUIDE:
        return [guide_file()]
    path = Path(value).expanduser().absolute()
    if path.suffix == ".gguf" or "/" in value or path.exists():
        return [next((file for file in known if file.path == path), _named_after(path))]
    ids = ", ".join(dict.fromkeys([*(file.id for file in known), GUIDE]))
    source.wrong_option("model", shown(value), f"the path of a GGUF, or one of {ids}")
    return []
