"""The commands. Importing this room loads nothing of the screen and no network."""

from llamachat.cli.main import main

__all__ = ["main"]
