"""All intents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from . import (
    facts_about,
    facts_chat,
    facts_cli,
    facts_daemon,
    facts_history,
    facts_keys,
    facts_models,
    facts_nodes,
    facts_settings,
)
from .grammar import Intent, normalise
from .owners import OWNERS


def _settle(intents: Iterable[Intent]) -> tuple[Intent, ...]:
    """Each phrase to one intent only."""
    owners = dict(OWNERS)
    settled = []
    for intent in intents:
        mine = {normalise(phrase) for _, phrase in intent.phrases()}
        elsewhere = frozenset(phrase for phrase in mine if owners.setdefault(phrase, intent.name) != intent.name)
        settled.append(replace(intent, elsewhere=elsewhere))
    return tuple(settled)


_ALL: Final = (
    *facts_about.FACTS,
    *facts_keys.FACTS,
    *facts_chat.FACTS,
    *facts_history.FACTS,
    *facts_settings.FACTS,
    *facts_nodes.FACTS,
    *facts_daemon.FACTS,
    *facts_models.FACTS,
    *facts_cli.FACTS,
)
FACTS: Final = _settle(_ALL)
BY_NAME: Final = {intent.name: intent for intent in FACTS}
