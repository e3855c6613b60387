"""What is said while the first words are awaited."""

from __future__ import annotations

from llamachat.base.text import one_line, sentence
from llamachat.fleet.events import Loading, Prefilling, Queued, Routed, TurnEvent
from llamachat.tui.formatting import duration, number, percent


def phase(event: TurnEvent) -> str | None:
    """A few words about an event that comes before the text; None when it changes nothing."""
    match event:
        case Routed(node=node):
            return f"asking {one_line(node, 40)} …"
        case Queued(node=None, retry_in_s=wait, reason=reason):
            why = f": {sentence(one_line(reason, 160))}" if reason else ""
            again = f" Next try in {duration(wait)}." if wait is not None else ""
            return f"waiting for a node{why}{again}"
        case Queued(position=position, depth=depth, eta_ms=eta):
            about = f", about {duration(eta / 1000)}" if eta is not None else ""
            return f"queued {position} of {depth}{about}"
        case Loading(done=done, total=total):
            return f"loading model {percent(done, total)}"
        case Prefilling(done=done, total=total):
            return f"reading prompt {number(done)} of {number(total)} tokens"
    return None
