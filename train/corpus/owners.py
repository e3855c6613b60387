"""Phrases that two intents could claim, and the one that gets each."""

from __future__ import annotations

from typing import Final

from .grammar import normalise, split

_OWNED: Final = {
    "models.download": "i have no model yet; add a model",
    "models.prices": "set a price for a model",
    "copy.code": "copy the code; get the code",
    "msg.continue": "get longer answers; have longer answers; get the whole answer",
    "chat.model": "i want another model",
    "keys.quit": "quit it",
    "cli.commands": "see all commands; commands; what commands are there",
    "history.list": "the left panel",
    "chat.live": "the right panel",
    "chat.markdown": "see the raw markdown; show the raw markdown; get the raw markdown",
    "doctor": "test my terminal; check my terminal",
    "daemon.tokens": "tokens; add a token",
    "daemon.bench": "measure the speed",
    "chat.resume": "resume an answer; resume the answer",
    "history.delete": "wipe this chat; clean up the history",
    "trouble.screen": "clean the screen",
    "models.context": "context size",
    "history.folders": "put my chats in another folder; group the history; group my chats; group chats; the folders",
    "config.datadir": "where is everything stored",
    "history.backup": "restore a backup",
    "config.edit": "open the config file; open config.toml; open the config; where are the settings",
    "daemon.logs": "where is the log; where is the log file",
    "daemon.config": "configure my node; configure my daemon; set up my daemon",
    "outbox": "all my nodes are offline",
    "models.slots": "slots 3/8; what does slots 3/8 mean",
    "nodes.detail": "open a node",
    "models.load": "load a model on a node; unload a model on a node",
    "route.fastest": "the policy fastest",
    "daemon.queue": "limit requests per minute",
    "models.run": "serve a model; host a model; load a model; how do i load a model; open a gguf file",
}
OWNERS: Final = {normalise(phrase): name for name, phrases in _OWNED.items() for phrase in split(phrases)}
"""The owner of a disputed phrase; one that is not here belongs to the first intent that has it."""
