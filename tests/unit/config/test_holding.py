from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.config import sampling
from llamachat.config.holding import holding, holding_for, named_prompt
from llamachat.config.schema import ChatSettings, SamplingSettings
from llamachat.store import OwnSettings, Store

FILE = ChatSettings(
    model="llama3", system_prompt="Be brief.", sampling=SamplingSettings(temperature=1.0, seed=7, stop=("END",))
)


def test_a_chat_without_settings_of_its_own_has_those_of_the_file() -> None:
    assert holding(FILE) == holding(FILE, OwnSettings()) == FILE


def test_what_a_chat_has_of_its_own_goes_before_the_file_and_the_rest_stays() -> None:
    own = OwnSettings(model="qwen", sampling={"temperature": 0.2, "stop": ["a"]})
    held = holding(FILE, own)
    assert (held.model, held.system_prompt) == ("qwen", "Be brief.")
    assert held.sampling == SamplingSettings(temperature=0.2, seed=7, stop=("a",))
    assert sampling.params(held.sampling).stop == ["a"]


def test_what_is_said_for_a_question_goes_before_the_chat() -> None:
    own = OwnSettings(model="qwen", system_prompt="Sing.", sampling={"temperature": 0.2, "top_k": 3})
    said = OwnSettings(system_prompt="Count.", sampling={"temperature": 0.0})
    held = holding(FILE, own, said)
    assert (held.model, held.system_prompt, held.sampling.temperature, held.sampling.top_k) == ("qwen", "Count.", 0, 3)


def test_no_prompt_and_no_seed_can_be_chosen_over_those_of_the_file() -> None:
    held = holding(FILE, OwnSettings(model="auto", system_prompt="", sampling={"seed": None, "stop": []}))
    assert sampling.model(held) is None
    assert (held.system_prompt, held.sampling.seed, held.sampling.stop) == ("", None, ())


def test_what_holds_for_a_stored_chat_is_read_with_it(tmp_path: Path) -> None:
    with Store.open(tmp_path / "history.db") as store:
        chat = store.create_chat()
        store.set_own_settings(chat, OwnSettings(model="qwen"))
        assert holding_for(store, chat, FILE).model == "qwen"
        assert holding_for(store, chat, FILE, OwnSettings(model="auto")).model == "auto"


@pytest.mark.parametrize(
    ("name", "found"), [("Poet", "verse"), ("poet", "verse"), ("ab", None), ("AB", "1"), ("Ab", "2"), ("", None)]
)
def test_a_prompt_is_found_by_its_name_however_it_is_capitalised(name: str, found: str | None) -> None:
    assert named_prompt({"Poet": "verse", "AB": "1", "Ab": "2"}, name) == found
