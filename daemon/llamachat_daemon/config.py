"""The daemon's settings as values, and the places of its files. `config_loading` reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import platformdirs

from llamachat.protocol import DEFAULT_PORT
from llamachat_daemon.pipe.frames import DEFAULT_TARGET_GAP, Attention

GUIDE: Final = "guide"
"""Id of the bundled model."""

CONFIG_NAME: Final = "daemon.toml"
TOKENS_NAME: Final = "tokens.toml"
ARCHIVE_NAME: Final = "archive.db"


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """Another daemon whose state `/api/nodes` shows; `token_file` holds the token to ask it with."""

    url: str
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A GGUF and how to run it. `context` is tokens per slot (None: the model's own); `gpu_layers` -1 is all;
    `threads` 0 lets the engine choose; prices are per million tokens."""

    id: str
    path: Path
    slots: int = 4
    context: int | None = None
    gpu_layers: int = -1
    threads: int = 0
    price_in: float = 0.0
    price_out: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelsConfig:
    """`files` is every model the daemon knows: those listed, then those of `directory`, or else the bundled guide."""

    directory: Path | None = None
    files: tuple[ModelFile, ...] = ()
    memory_budget: str = "80%"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """`limit` attempts may wait; `parallel` is how many answers of one principal may run at once, more wait;
    `requests_per_minute` is how many one principal may ask for, 0 any number."""

    limit: int = 64
    parallel: int = 8
    requests_per_minute: int = 0


@dataclass(frozen=True, slots=True)
class RecordsConfig:
    """How long (seconds) and up to how many bytes in all ended attempts are kept."""

    retain_seconds: float = 86_400.0
    retain_bytes: int = 256_000_000


@dataclass(frozen=True, slots=True)
class ArchiveConfig:
    """The archive of conversations; `quota` is bytes per principal, `retain_days` 0 keeps them for ever."""

    enabled: bool = False
    retain_days: int = 0
    quota: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """`target_gap` is how long a step that also reads prompts may take, in plain decode steps; `isolate_principals`
    shares no warm prompts between principals; `attention` is how attention is computed on a processor;
    `warm_bytes` of finished conversations are kept for their next turns (None: twice those of the cache);
    `drain_seconds` is how long running answers may finish at the end."""

    exact_batches: bool = False
    target_gap: float = DEFAULT_TARGET_GAP
    isolate_principals: bool = False
    attention: Attention = "auto"
    warm_bytes: int | None = None
    drain_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What is logged and how; `clients_may_read` opens the `logs` frame to principals that are not admin."""

    level: str = "info"
    json: bool = False
    clients_may_read: bool = False


@dataclass(frozen=True, slots=True)
class DaemonConfig:
    """All settings. `default_model` is always the id of one of `models.files`; `auth` is False with `--no-auth`."""

    name: str
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    default_model: str = GUIDE
    peers: tuple[PeerConfig, ...] = ()
    allow_origins: tuple[str, ...] = ()
    auth: bool = True
    models: ModelsConfig = field(default_factory=ModelsConfig)
    queue: QueueConfig = QueueConfig()
    records: RecordsConfig = RecordsConfig()
    archive: ArchiveConfig = ArchiveConfig()
    engine: EngineConfig = EngineConfig()
    log: LogConfig = LogConfig()

    @property
    def served_model(self) -> ModelFile:
        """The one model that this version serves at a time."""
        return next(file for file in self.models.files if file.id == self.default_model)

    @property
    def tokens_file(self) -> Path:
        """Where the access tokens' hashes are kept."""
        return self.data_dir / TOKENS_NAME

    @property
    def archive_file(self) -> Path:
        """Where the archive keeps conversations, if it is enabled."""
        return self.data_dir / ARCHIVE_NAME


def guide_file() -> ModelFile:
    """The model that comes with the daemon."""
    return ModelFile(GUIDE, Path(__file__).parent / "models" / "guide.gguf")


def data_directory(data_dir: Path | None, env: Mapping[str, str] = os.environ) -> Path:
    """`--data-dir`, else `LLAMACHAT_DATA_DIR`, else the user's data directory; absolute."""
    named = data_dir or (Path(env["LLAMACHAT_DATA_DIR"]) if env.get("LLAMACHAT_DATA_DIR") else None)
    return (named or platformdirs.user_data_path("llamachat", appauthor=False)).expanduser().absolute()


def config_file(config: Path | None, data_dir: Path | None, env: Mapping[str, str] = os.environ) -> Path:
    """`--config`, else `daemon.toml` in a data directory that was named, else in the user's configuration directory."""
    if config is not None:
        return config.expanduser().absolute()
    if data_dir is not None or env.get("LLAMACHAT_DATA_DIR"):
        return data_directory(data_dir, env) / CONFIG_NAME
    return platformdirs.user_config_path("llamachat", appauthor=False).absolute() / CONFIG_NAME
