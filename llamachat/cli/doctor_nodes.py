"""How the nodes are, and which line of the settings to change for what is wrong with one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llamachat.base.hints import did_you_mean
from llamachat.base.text import one_line
from llamachat.base.toml_lines import KeyPath
from llamachat.cli.doctor_findings import Finding, Level
from llamachat.config.schema import AUTO_MODEL, NodeSettings, Settings
from llamachat.fleet.discovery import is_this_machine

if TYPE_CHECKING:
    from llamachat.fleet import NodeSnapshot
    from llamachat.fleet.discovery import Offer

TOKEN_KEYS: Final = ("token", "token_file", "token_command")
NO_NODES_CHANGE: Final = "llamachat nodes --add ws://HOST:13000/chat, or try `llamachat demo`"


class Lines:
    """Where the settings stand in their file: `keys` are its lines by key, empty for nodes of the command line."""

    def __init__(self, file: Path, keys: Mapping[KeyPath, int]) -> None:
        self._file = file
        self._keys = keys

    def first_of(self, *paths: KeyPath) -> str | None:
        """`file:line` of the first of these keys that the file has."""
        return next((f"{self._file}:{self._keys[path]}" for path in paths if path in self._keys), None)

    def of(self, *path: str | int) -> str | None:
        """`file:line` of a key, or of the table around it; None when the file has neither."""
        for length in range(len(path), 0, -1):
            if (line := self._keys.get(path[:length])) is not None:
                return f"{self._file}:{line}"
        return None


def check_nodes(
    settings: Settings,
    snapshots: Sequence[NodeSnapshot],
    offers: Sequence[Offer],
    lines: Lines,
    *,
    token_for_all: bool = False,
) -> list[Finding]:
    """What there is to say about nodes as they were a moment ago. `token_for_all`: the environment has a token for
    those that have none in the settings."""
    if not snapshots:
        findings = [Finding("nodes", "settings", "problem", "no node is configured", NO_NODES_CHANGE)]
    else:
        findings = [_node(number, node, lines) for number, node in enumerate(snapshots)]
        findings += _tokens(settings.nodes, lines, token_for_all)
        findings += _model(settings.chat.model, snapshots, lines)
        findings += _weights(snapshots)
        if not any(node.usable for node in snapshots):
            findings.append(Finding("nodes", "together", "problem", "none takes work; questions wait for one"))
    return [*findings, *_offers(offers)]


def _node(number: int, node: NodeSnapshot, lines: Lines) -> Finding:
    at = lines.of("nodes", number, "url")
    why = one_line(node.reason).rstrip(".")
    if node.usable:
        models = ", ".join(one_line(model.id, 64) for model in node.models) or "no model"
        rtt = "" if node.rtt_ms is None else f", {node.rtt_ms:.0f} ms away"
        level: Level = "note" if node.state == "warning" or not node.models else "ok"
        return Finding("nodes", node.name, level, f"{node.state}{rtt}: {models}{f'; {why}' if why else ''}")
    text = f"{node.state}{f': {why}' if why else ''}"
    if node.state == "draining":
        return Finding("nodes", node.name, "note", text)
    # Refused is most often a matter of the token; anything else of the address, or of the machine there.
    if node.state == "refused":
        at = lines.first_of(*(("nodes", number, key) for key in TOKEN_KEYS)) or at
        return Finding("nodes", node.name, "problem", text, at)
    return Finding("nodes", node.name, "problem", text, f"{at}, if the address is another one" if at else None)


def _tokens(nodes: Sequence[NodeSettings], lines: Lines, token_for_all: bool) -> Iterator[Finding]:
    for number, node in enumerate(nodes):
        has_token = token_for_all or any(getattr(node, key) is not None for key in TOKEN_KEYS)
        if has_token and node.url.startswith("ws://") and not is_this_machine(node.url):
            text = (
                "its token and your questions travel unencrypted; on a network that you do not trust, use wss:// or SSH"
            )
            yield Finding("nodes", node.name, "note", text, lines.of("nodes", number, "url"))


def _model(wanted: str, snapshots: Sequence[NodeSnapshot], lines: Lines) -> Iterator[Finding]:
    offered = {model.id for node in snapshots if node.usable for model in node.models}
    if wanted == AUTO_MODEL or wanted in offered or not offered:
        return
    hint = did_you_mean(wanted, offered) or f"they offer {', '.join(sorted(offered))}"
    at = lines.of("chat", "model")
    text = f"no node that takes work offers {one_line(wanted, 64)}: {one_line(hint)}"
    yield Finding("nodes", "model", "problem", text, at or "model under [chat]")


def _weights(snapshots: Sequence[NodeSnapshot]) -> Iterator[Finding]:
    """Nodes that have one model under the same name, but not with the same weights."""
    by_model: dict[str, dict[str, list[str]]] = {}
    for node in snapshots:
        for model in node.models if node.usable else ():
            if model.fingerprint is not None:
                by_model.setdefault(model.id, {}).setdefault(model.fingerprint, []).append(node.name)
    for name, kinds in by_model.items():
        if len(kinds) > 1:
            groups = "; ".join(", ".join(nodes) for nodes in kinds.values())
            text = (
                f"not the same weights on all nodes ({groups}): an answer that moves between them goes on less exactly"
            )
            yield Finding("nodes", one_line(name, 64), "note", text)


def _offers(offers: Sequence[Offer]) -> Iterator[Finding]:
    for offer in offers:
        where = f"named by {', '.join(offer.named_by)}" if offer.named_by else "runs on this machine"
        yield Finding("nodes", offer.url, "note", f"not in the settings; {where}", f"llamachat nodes --add {offer.url}")
