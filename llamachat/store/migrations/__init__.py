"""The schema by number: each migration is a module that brings the tables from one version to the next."""

from __future__ import annotations

from dataclasses import dataclass

from llamachat.store.migrations import m0001_first, m0002_refused, m0003_estimates, m0004_own_settings


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema; `statements` run in order."""

    number: int
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(1, m0001_first.STATEMENTS),
    Migration(2, m0002_refused.STATEMENTS),
    Migration(3, m0003_estimates.STATEMENTS),
    Migration(4, m0004_own_settings.STATEMENTS),
)
"""All steps, by number from 1. A step that was released is never edited; add the next one."""
