"""Settings: one schema for defaults, checks and documentation; places of files; TOML with its comments kept."""

from llamachat.config.context import AppContext
from llamachat.config.schema import Settings

__all__ = ["AppContext", "Settings"]
