"""The times to a first token that were expected, and those that came true."""

from __future__ import annotations

from llamachat.store.connection import Part
from llamachat.store.records import Estimate


class Estimates(Part):
    """Methods of the store about estimates."""

    def keep_estimate(self, estimate: Estimate) -> None:
        """Keeps one more; of each node, the newest `kept_estimates`."""
        with self._db.write():
            self._db.run(
                "INSERT INTO estimates (node, model, at, expected_ms, actual_ms) VALUES (?, ?, ?, ?, ?)",
                estimate.node,
                estimate.model,
                estimate.at,
                estimate.expected_ms,
                estimate.actual_ms,
            )
            self._db.run(
                "DELETE FROM estimates WHERE node = ? AND row NOT IN"
                " (SELECT row FROM estimates WHERE node = ? ORDER BY row DESC LIMIT ?)",
                estimate.node,
                estimate.node,
                self._db.limits.kept_estimates,
            )

    def estimates(self, node: str) -> list[Estimate]:
        """Those of one node, by the name that its client gives it; oldest first."""
        rows = self._db.all(
            "SELECT node, model, at, expected_ms, actual_ms FROM estimates WHERE node = ? ORDER BY row", node
        )
        return [Estimate(*row) for row in rows]
