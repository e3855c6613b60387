"""The client core that hides many nodes behind one call, *ask*. Runs without a screen."""

from llamachat.fleet.address import NodeAddress
from llamachat.fleet.fleet import Fleet
from llamachat.fleet.limits import FleetLimits
from llamachat.fleet.rate_limits import RateLimited
from llamachat.fleet.routing import Policy
from llamachat.fleet.snapshot import LinkState, NodeSnapshot
from llamachat.fleet.sync import Syncing
from llamachat.fleet.sync_state import SyncState
from llamachat.fleet.turn import Held, OpenAttempt, Turn
from llamachat.store import Estimate

__all__ = [
    "Estimate", "Fleet", "FleetLimits", "Held", "LinkState", "NodeAddress", "NodeSnapshot", "OpenAttempt", "Policy",
    "RateLimited", "SyncState", "Syncing", "Turn",
]  # fmt: skip
