"""What one turn was refused so far: by whom, why, and whether asking there again makes sense."""

from __future__ import annotations

from llamachat.fleet.routing import Refusal
from llamachat.protocol import Error


class Setbacks:
    """Attributes:
    refusals: by node, for the router.
    context_above: a context of so many tokens was too small.
    last_error: what a node said that another could have mended.
    left_because: why the last node was left, a sentence without its full stop.
    """

    def __init__(self) -> None:
        self.refusals: dict[str, Refusal] = {}
        self.context_above = 0
        self.last_error: Error | None = None
        self.left_because = ""

    def left(self, node: str, reason: str) -> None:
        """The answer has to go on elsewhere."""
        self.left_because = f"{node}: {reason}"

    def busy(self, node: str, reason: str, until: float) -> None:
        """The node may take the turn after `until`, by the fleet's clock."""
        self.left(node, reason)
        self.refusals[node] = Refusal(reason, until)

    def failed(self, node: str, reason: str, error: Error, until: float | None) -> None:
        """The node cannot do it, at least until then."""
        self.left(node, reason)
        self.refusals[node] = Refusal(reason, until, failed=True)
        self.last_error = error

    def went_on(self) -> None:
        """There is more of the answer than when they failed, so those may be asked again."""
        self.refusals = {name: refusal for name, refusal in self.refusals.items() if not refusal.failed}
