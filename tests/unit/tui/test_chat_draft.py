from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamachat.config.holding import holding
from llamachat.config.schema import ChatSettings, SamplingSettings
from llamachat.store import OwnSettings
from llamachat.store.own_settings import checked
from llamachat.tui.chat_draft import NAMES, ChatDraft, fields
from llamachat.tui.chat_words import differences, model_trouble, prompt_name
from tests.screens.samples import offering
from tests.screens.scripted import snapshot

FILE = ChatSettings(model="llama3", system_prompt="Be kind.", sampling=SamplingSettings(seed=7, stop=("END",)))
MINE = OwnSettings(model="qwen", system_prompt="Sing.", sampling={"temperature": 0.2, "stop": ["a", "b"]})


def test_the_fields_are_those_of_the_settings_file_with_the_same_rules() -> None:
    assert [field.key.rpartition(".")[2] for field in fields().values()] == list(NAMES)
    assert str(fields()["temperature"].rule) == "a number, 0 to 5"


@pytest.mark.parametrize("own", [OwnSettings(), MINE, OwnSettings(system_prompt="", sampling={"seed": None})])
def test_what_is_not_touched_stays_as_it_was(own: OwnSettings) -> None:
    draft = ChatDraft(FILE, own)
    for name in NAMES:
        draft.write(name, draft.text(name))
    assert draft.own == own


def test_what_is_filled_in_is_the_chats_own_and_what_is_as_in_the_file_is_not() -> None:
    draft = ChatDraft(FILE, OwnSettings())
    draft.write("temperature", "0.25")
    draft.write("seed", "")
    draft.write("stop", "x\n\\n")
    assert draft.own == OwnSettings(sampling={"temperature": 0.25, "seed": None, "stop": ["x", "\n"]})
    assert draft.is_own("seed")
    for name, text in (("temperature", "0.7"), ("seed", "7"), ("stop", "END")):
        draft.write(name, text)
    assert draft.own == OwnSettings()
    assert not draft.is_own("seed")


def test_a_number_written_otherwise_is_still_as_in_the_file() -> None:
    draft = ChatDraft(FILE, OwnSettings())
    draft.write("temperature", "0.70")
    assert draft.own == OwnSettings()


def test_a_wrong_value_is_kept_in_its_field_with_the_reason_and_nowhere_else() -> None:
    draft = ChatDraft(FILE, MINE)
    draft.write("temperature", "9")
    assert (draft.text("temperature"), draft.reason("temperature")) == ("9", "Allowed: a number, 0 to 5.")
    assert draft.wrong == ("temperature",)
    assert "temperature" not in draft.own.sampling
    draft.reset("temperature")
    assert (draft.text("temperature"), draft.wrong) == ("0.7", ())


def test_a_chosen_model_stays_the_chats_even_where_the_file_says_the_same() -> None:
    draft = ChatDraft(FILE, OwnSettings())
    draft.choose_model("llama3")
    assert draft.own == OwnSettings(model="llama3")


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=8), max_size=6))
def test_whatever_is_typed_what_comes_out_can_be_kept_and_holds_as_it_is_shown(typed: dict[str, str]) -> None:
    draft = ChatDraft(FILE, MINE)
    for name, text in typed.items():
        draft.write(name, text)
    own = checked(draft.own)
    held = holding(FILE, own)
    again = ChatDraft(FILE, own)
    for name in set(NAMES) - set(draft.wrong):
        assert again.text(name) == draft.text(name)
    assert held.sampling.temperature == holding(FILE, draft.own).sampling.temperature


def test_differences_are_told_by_the_name_of_the_prompt_and_the_values() -> None:
    library = {"Poet": "Sing."}
    assert differences(MINE, library) == ["prompt Poet", "temperature 0.2", 'stop "a", "b"']
    assert differences(MINE, {})[0] == "own prompt"
    assert differences(OwnSettings(system_prompt="", sampling={"seed": None, "top_k": 3, "stop": []}), library) == [
        "no prompt",
        "top k 3",
        "seed not set",
        "stop none",
    ]
    assert differences(OwnSettings(model="qwen"), library) == []
    assert prompt_name("", {"x": "y"}) == ""


@pytest.mark.parametrize(
    ("model", "trouble"), [(None, ""), ("qwen", ""), ("llama3", ""), ("gone", "no connected node has it")]
)
def test_a_model_is_missed_only_where_nodes_tell_what_they_have(model: str | None, trouble: str) -> None:
    nodes = (offering("a", "llama3"), offering("b", "qwen"), snapshot("c", "offline"))
    assert model_trouble(model, nodes) == trouble
    assert model_trouble(model, (snapshot("c", "offline"),)) == ""


def test_the_line_mode_knows_these_fields_without_loading_the_screen() -> None:
    script = "import llamachat.cli.plain, sys; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
