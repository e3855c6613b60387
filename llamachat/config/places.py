"""Where the client's files are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

_APP: Final = "llamachat"
CONFIG_VARIABLE: Final = "LLAMACHAT_CONFIG"
DATA_DIR_VARIABLE: Final = "LLAMACHAT_DATA_DIR"


@dataclass(frozen=True, slots=True)
class Places:
    """The settings file, the directory of the conversations, and that of the log. None need exist yet.

    `config_named` says that the person named the settings file, so that a missing one is an error.
    """

    config_file: Path
    config_named: bool
    data_dir: Path
    state_dir: Path

    @property
    def history_file(self) -> Path:
        """The conversations."""
        return self.data_dir / "history.db"

    @property
    def themes_dir(self) -> Path:
        """The person's own themes."""
        return themes_beside(self.config_file)


def themes_beside(config_file: Path) -> Path:
    """The directory of the themes that belong to a settings file."""
    return config_file.parent / "themes"


def find(env: Mapping[str, str], config: Path | None = None, data_dir: Path | None = None) -> Places:
    """Where files are: by the options `config` and `data_dir`, else by the environment, else where the platform keeps
    such files. A data directory that was named holds the log as well. An empty variable counts as unset."""
    if config is None and env.get(CONFIG_VARIABLE):
        config = Path(env[CONFIG_VARIABLE])
    if data_dir is None and env.get(DATA_DIR_VARIABLE):
        data_dir = Path(env[DATA_DIR_VARIABLE])
    return Places(
        config_file=_absolute(config or platformdirs.user_config_path(_APP, appauthor=False) / "config.toml"),
        config_named=config is not None,
        data_dir=_absolute(data_dir) if data_dir else platformdirs.user_data_path(_APP, appauthor=False),
        state_dir=_absolute(data_dir) if data_dir else platformdirs.user_state_path(_APP, appauthor=False),
    )


def _absolute(path: Path) -> Path:
    return Path.cwd() / path.expanduser()
