"""Load and memory of the machine and its graphics cards, as the operating system and the driver tell them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import psutil

from llamachat.base.text import one_line
from llamachat.protocol import Gpu

SAMPLE_SECONDS: Final = 0.5
"""A reading younger than this is given again: load over a shorter time means little, and many may watch a node."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MachineMemory:
    """Bytes: `used` and `total` of the machine, `process` resident in the asked processes."""

    used: int
    total: int
    process: int


class Machine:
    """The machine this process runs on."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._load = 0.0
        self._load_at = self._clock()
        psutil.cpu_percent(interval=None)  # the first reading only marks the start of the next one
        self._cards: list[Any] | None = None
        self._gpus: list[Gpu] = []
        self._gpus_at = float("-inf")

    def load(self) -> float:
        """Mean load of all processors since the last reading, 0 to 1."""
        now = self._clock()
        if now - self._load_at >= SAMPLE_SECONDS:
            self._load = min(max(psutil.cpu_percent(interval=None) / 100, 0.0), 1.0)
            self._load_at = now
        return self._load

    def memory(self, pids: Iterable[int]) -> MachineMemory:
        """Memory in use; a process that is gone counts nothing."""
        machine = psutil.virtual_memory()
        resident = 0
        for pid in pids:
            try:
                resident += psutil.Process(pid).memory_info().rss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return MachineMemory(machine.total - machine.available, machine.total, resident)

    def gpus(self) -> list[Gpu]:
        """Every NVIDIA card; what a card does not tell is None."""
        if self._cards is None:
            self._cards = _find_cards()
        now = self._clock()
        if self._cards and now - self._gpus_at >= SAMPLE_SECONDS:
            self._gpus = [_read_card(card) for card in self._cards]
            self._gpus_at = now
        return list(self._gpus)


def _find_cards() -> list[Any]:
    """Handles of the cards. No library, driver or card is the ordinary case on a machine without one: none are found,
    and it is asked only once."""
    try:
        import pynvml

        pynvml.nvmlInit()
        return [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except ImportError as error:
        _log.debug("no readings of graphics cards: %s", error)
    except pynvml.NVMLError as error:
        _log.debug("no readings of graphics cards: %s", error)
    return []


def _read_card(card: Any) -> Gpu:
    import pynvml

    def ask(question: Callable[[Any], Any]) -> Any:
        try:
            return question(card)
        except pynvml.NVMLError:  # some cards do not tell everything, a card can fall off the bus
            return None

    name, rates, memory = (
        ask(question)
        for question in (
            pynvml.nvmlDeviceGetName,
            pynvml.nvmlDeviceGetUtilizationRates,
            pynvml.nvmlDeviceGetMemoryInfo,
        )
    )
    return Gpu(
        name=one_line(name.decode(errors="replace") if isinstance(name, bytes) else name or "unknown card"),
        load=None if rates is None else rates.gpu / 100,
        memory_used=None if memory is None else int(memory.used),
        memory_total=None if memory is None else int(memory.total),
    )
