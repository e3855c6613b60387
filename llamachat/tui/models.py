"""The models of all nodes, as a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from llamachat.base.sizes import size_text
from llamachat.base.text import one_line
from llamachat.config.schema import AUTO_MODEL
from llamachat.fleet import NodeSnapshot
from llamachat.protocol import ModelInfo
from llamachat.tui.choices import Choice
from llamachat.tui.formatting import number

_NAME: Final = 48
_STATES: Final = (
    ("loaded", "loaded on"),
    ("loading", "loading on"),
    ("available", "not loaded on"),
    ("failed", "failed on"),
)


def model_choices(nodes: Sequence[NodeSnapshot]) -> tuple[Choice, ...]:
    """Each model once, with the nodes where it is loaded and those that would have to load it; the first choice leaves
    it to each node."""
    connected = [node for node in nodes if node.connected]
    ids = dict.fromkeys(model.id for node in connected for model in node.models)
    found = [Choice(AUTO_MODEL, "each node's default", detail=_defaults(connected))]
    for model_id in ids:
        offers = [(node, model) for node in connected if (model := node.model(model_id)) is not None]
        found.append(Choice(model_id, one_line(model_id, _NAME), detail=_where(offers)))
    return tuple(found)


def _defaults(nodes: Sequence[NodeSnapshot]) -> str:
    return ", ".join(dict.fromkeys(one_line(node.default_model, _NAME) for node in nodes if node.default_model))


def _where(offers: Sequence[tuple[NodeSnapshot, ModelInfo]]) -> str:
    parts = []
    for state, words in _STATES:
        names = [one_line(node.name, 24) for node, model in offers if model.state == state]
        if names:
            parts.append(f"{words} {', '.join(names)}")
    facts = offers[0][1]
    known = [facts.quantization or "", size_text(facts.size) if facts.size else ""]
    known += [f"context {number(facts.context)}"] if facts.context else []
    return " · ".join([*parts, *(one_line(word, 24) for word in known if word)])
