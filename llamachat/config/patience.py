"""From the settings to the times and bounds that the fleet goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llamachat.config.schema import FleetSettings

if TYPE_CHECKING:
    from llamachat.fleet.limits import FleetLimits


def fleet_limits(settings: FleetSettings) -> FleetLimits:
    """The limits of the fleet with these settings; what they do not name keeps its default."""
    # Loads the network library, which looking at the settings does not need.
    from llamachat.fleet.limits import FleetLimits

    return FleetLimits(
        open_timeout_s=settings.open_timeout,
        offline_silence_s=settings.offline_after,
        grace_s=settings.grace,
        backoff_cap_s=settings.longest_pause,
        slow_ping_ms=settings.slow_ping,
        warn_load=settings.warn_load,
        warn_memory=settings.warn_memory,
    )
