"""Changes to a table of the settings file in which the person chooses the keys, before they are saved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class EntryChanges(Generic[T]):
    """What differs from the file, by name; None is an entry that is taken out.

    Args:
        table: what the table is called in the file.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        self._changes: dict[str, T | None] = {}

    def put(self, name: str, value: T | None, saved: Mapping[str, T]) -> None:
        """Takes a value over what the file has, which may be the same."""
        self._changes.pop(name, None)
        if value != saved.get(name):
            self._changes[name] = value

    def over(self, saved: Mapping[str, T]) -> dict[str, T]:
        """What the table would hold."""
        return {name: value for name, value in {**saved, **self._changes}.items() if value is not None}

    def compare(self, saved: Mapping[str, T]) -> None:
        """Drops the changes that the file holds by now."""
        for name, value in list(self._changes.items()):
            self.put(name, value, saved)

    def copy(self) -> dict[str, T | None]:
        """All changes, by name."""
        return dict(self._changes)

    def clear(self) -> None:
        """There are none any more."""
        self._changes.clear()

    @property
    def paths(self) -> tuple[str, ...]:
        """Where they stand in the file."""
        return tuple(f"{self.table}.{name}" for name in self._changes)

    def __contains__(self, name: object) -> bool:
        return name in self._changes

    def __iter__(self) -> Iterator[str]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)
