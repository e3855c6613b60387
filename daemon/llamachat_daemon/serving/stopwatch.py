"""Where the time of one attempt goes, over however many workers it takes."""

from __future__ import annotations

from collections.abc import Callable

from llamachat.protocol import Timings
from llamachat_daemon.pipe.frames import Finished


class Stopwatch:
    """Started when the request arrives. `clock` gives monotonic seconds.

    What a worker reports at the end of its run counts. A worker that died reported nothing: its share of the
    decoding is measured here, from its first token to its last.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.ttft_ms = 0.0
        self._clock = clock
        self._arrived_at = clock()
        self._dispatched_at: float | None = None
        self._loading_since: float | None = None
        self._load_s = 0.0
        self._first_token_at = 0.0
        self._last_token_at = 0.0
        self._run_tokens = 0
        self._lost_decode_s = 0.0
        self._lost_decode_tokens = 0

    @property
    def ran_s(self) -> float | None:
        """Seconds since it got its slot, None before."""
        return None if self._dispatched_at is None else self._clock() - self._dispatched_at

    @property
    def has_run(self) -> bool:
        """Whether the worker of now has produced a token."""
        return self._run_tokens > 0

    def dispatched(self) -> None:
        """It got its slot, and waits for the model."""
        self._dispatched_at = self._loading_since = self._clock()

    def sent(self) -> None:
        """A worker has it."""
        if self._loading_since is not None:
            self._load_s += self._clock() - self._loading_since
        self._loading_since = None
        self._run_tokens = 0

    def produced(self, tokens: int) -> bool:
        """So many tokens came, at least one; whether they are the first ones of all."""
        now = self._clock()
        if not self._run_tokens:
            self._first_token_at = now
        self._last_token_at = now
        self._run_tokens += tokens
        if self.ttft_ms:
            return False
        self.ttft_ms = 1000.0 * (now - self._arrived_at)
        return True

    def lost(self) -> None:
        """The worker died; it waits for the next one."""
        if self._run_tokens:
            self._lost_decode_s += self._last_token_at - self._first_token_at
            self._lost_decode_tokens += self._run_tokens - 1
        self._loading_since = self._clock()

    def timings(self, run: Finished | None) -> Timings:
        """Of an attempt that ends now; `run` are the figures of its last worker, if it had any."""
        now = self._clock()
        load_s = self._load_s + (0.0 if self._loading_since is None else now - self._loading_since)
        decode_ms = 1000.0 * self._lost_decode_s + (run.decode_ms if run else 0.0)
        decode_tokens = self._lost_decode_tokens + (run.decode_tokens if run else 0)
        waited_until = now if self._dispatched_at is None else self._dispatched_at
        return Timings(
            queued_ms=1000.0 * (waited_until - self._arrived_at),
            load_ms=1000.0 * load_s,
            prefill_ms=run.prefill_ms if run else 0.0,
            ttft_ms=self.ttft_ms,
            decode_ms=decode_ms,
            tokens_per_second=1000.0 * decode_tokens / decode_ms if decode_ms > 0 else 0.0,
        )
