"""How long conversations are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llamachat.config.schema import PrivacySettings

if TYPE_CHECKING:
    from llamachat.store import Store

SECONDS_A_DAY: Final = 86_400


def delete_old(store: Store, privacy: PrivacySettings, now: float) -> list[str]:
    """Deletes the conversations that these settings keep no longer at `now` (Unix seconds); returns their ids.

    Raises:
        StoreError: the history cannot be written.
    """
    days = privacy.delete_after_days
    return store.delete_idle(now - days * SECONDS_A_DAY) if days else []


def told(count: int, privacy: PrivacySettings) -> str:
    """What was deleted, in a sentence."""
    what = "1 conversation was" if count == 1 else f"{count} conversations were"
    return f"{what} without a message for more than {privacy.delete_after_days} days, and deleted."
