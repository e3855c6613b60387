"""Graphics cards: read where there are some, absent without a fuss where there are none."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from llamachat_daemon.serving.machine import Machine


class FakeNvml(ModuleType):
    """Stands in for the driver's library: `cards` of them, or none that starts."""

    class NVMLError(Exception):
        """As the library has it."""

    def __init__(self, cards: int | None) -> None:
        super().__init__("pynvml")
        self.cards = cards
        self.asked = 0
        self.broken = False

    def nvmlInit(self) -> None:
        self.asked += 1
        if self.cards is None:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:
        return self.cards or 0

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, card: int) -> bytes | str:
        return b"Card \x1b[31m" if card == 0 else f"Card {card}"

    def nvmlDeviceGetUtilizationRates(self, card: int) -> SimpleNamespace:
        if self.broken or card == 1:
            raise self.NVMLError("Not Supported")
        return SimpleNamespace(gpu=25)

    def nvmlDeviceGetMemoryInfo(self, card: int) -> SimpleNamespace:
        if self.broken:
            raise self.NVMLError("GPU is lost")
        return SimpleNamespace(used=10, total=40)


def install(monkeypatch: pytest.MonkeyPatch, cards: int | None) -> FakeNvml:
    fake = FakeNvml(cards)
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    return fake


def test_cards_are_read_and_what_one_does_not_tell_is_none(monkeypatch: pytest.MonkeyPatch):
    install(monkeypatch, 2)
    first, second = Machine().gpus()
    assert (first.load, first.memory_used, first.memory_total) == (0.25, 10, 40)
    assert first.name.isprintable()
    assert (second.name, second.load) == ("Card 1", None)


def test_without_a_driver_there_are_no_cards_and_it_is_not_asked_again(monkeypatch: pytest.MonkeyPatch):
    fake = install(monkeypatch, None)
    machine = Machine()
    assert [machine.gpus(), machine.gpus()] == [[], []]
    assert fake.asked == 1


def test_without_the_library_there_are_no_cards(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Machine().gpus() == []


def test_a_card_that_is_lost_is_shown_without_figures(monkeypatch: pytest.MonkeyPatch):
    fake = install(monkeypatch, 1)
    fake.broken = True
    [card] = Machine().gpus()
    assert (card.load, card.memory_used) == (None, None)


def test_readings_a_moment_apart_are_the_same_reading(monkeypatch: pytest.MonkeyPatch):
    fake = install(monkeypatch, 1)
    now = 100.0
    machine = Machine(clock=lambda: now)
    before = machine.gpus()
    fake.broken = True
    assert machine.gpus() == before
    now += 10
    assert machine.gpus() != before
