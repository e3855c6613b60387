"""The demo: daemons with the built-in guide on this computer, for as long as one run of the client."""

from typing import Final

DEMO_NODES: Final = 2
"""Daemons where nobody says how many: the fewest among which one can be lost."""
