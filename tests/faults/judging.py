"""Whether a turn did what is promised, whatever happened to the nodes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llamachat.fleet.events import Delta, Failed, Finished, Rerouted, TurnEvent

Timed = tuple[float, TurnEvent]
"""When an event came, in seconds of any clock, and the event."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """The answer to a question when nothing happens: its text, and how many tokens it has."""

    text: str
    tokens: int


def broken_promises(events: Sequence[TurnEvent], undisturbed: Undisturbed) -> list[str]:
    """What is wrong with a turn, in sentences; empty when it kept all promises."""
    wrong = []
    text = ""
    for event in events:
        if isinstance(event, Delta):
            if event.offset != len(text):
                wrong.append(f"a piece begins at {event.offset}, where {len(text)} characters were written")
            text += event.text
        elif isinstance(event, Rerouted) and event.offset != len(text):
            wrong.append(f"it went on elsewhere from {event.offset}, where {len(text)} characters were written")
    endings = [event for event in events if isinstance(event, Finished | Failed)]
    if len(endings) != 1 or endings[-1] is not events[-1]:
        return [*wrong, f"it has {len(endings)} endings, and the last event is {events[-1:]!r}"]
    ending = endings[0]
    if isinstance(ending, Failed):
        return [*wrong, f"it failed: {ending.code}: {ending.message}"]
    if ending.text != text:
        wrong.append(f"its pieces are not its text: {difference(text, ending.text)}")
    if ending.text != undisturbed.text:
        wrong.append(f"its text is not the undisturbed one: {difference(ending.text, undisturbed.text)}")
    if ending.usage.completion_tokens != undisturbed.tokens:
        wrong.append(f"it counts {ending.usage.completion_tokens} tokens, the undisturbed one {undisturbed.tokens}")
    offsets = [seam.offset for seam in ending.seams]
    if offsets != sorted(set(offsets)) or any(not 0 < offset <= len(text) for offset in offsets):
        wrong.append(f"its seams are at {offsets} of {len(text)} characters")
    return wrong


def difference(found: str, expected: str) -> str:
    """Where two texts part, with what stands there."""
    at = next((i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), None)
    if at is None:
        return f"{len(found)} characters instead of {len(expected)}, the same as far as both go"
    return f"from character {at} on {found[at : at + 40]!r} instead of {expected[at : at + 40]!r}"


def longest_pause(events: Sequence[Timed], struck_at: float) -> float:
    """The longest time without more of the answer, from the fault on, in seconds; 0 when it had ended before."""
    longest, last = 0.0, struck_at
    for when, event in events:
        if when >= struck_at and isinstance(event, Delta | Finished | Failed):
            longest = max(longest, when - last)
            last = when
    return longest
