"""How long to wait before the next try."""

from __future__ import annotations


def pause(failures: int, luck: float, first: float, cap: float) -> float:
    """Seconds before the next try after `failures` failed ones (at least 1): from `first` to a bound that doubles with
    each failure up to `cap`, spread by `luck` (0 to 1) so that clients of one node do not come back all at once.

    The spread over the whole interval follows M. Brooker, "Exponential Backoff And Jitter", 2015.
    """
    # Ten doublings pass any sensible cap; more would only overflow.
    bound = min(cap, first * 2.0 ** min(max(failures, 1), 10))
    return first + luck * (max(bound, first) - first)
