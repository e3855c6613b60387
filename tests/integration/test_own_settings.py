"""What a chat has of its own and the library of prompts, in `ask`, in the line mode and in exports, as processes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from llamachat.store import OwnSettings, Store
from tests.integration.programs import Home
from tests.unit.fleet.scripted_node import ScriptedNode

FILE = """[chat]
system_prompt = "Be kind."
[chat.sampling]
temperature = 1.5
seed = 7
[prompts]
"Code review" = "Name every defect."
Poet = '''
Write verse.
No prose.'''
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def node(home: Home) -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode("Foxes jump.", name="alpha") as one:
        home.config.write_text(f"[[nodes]]\nname = 'box'\nurl = '{one.url}'\n{FILE}")
        yield one


def system(node: ScriptedNode, number: int = -1) -> list[str]:
    return [message.content for message in node.asked[number].messages if message.role == "system"]


def give(home: Home, own: OwnSettings) -> str:
    """Gives the chat that was used last these settings; returns its id."""
    with Store.open(home.data_dir / "history.db") as store:
        (chat,) = store.list_chats(1)
        store.set_own_settings(chat.id, own)
        return chat.id


async def test_a_prompt_is_chosen_by_its_name(home: Home, node: ScriptedNode) -> None:
    ended = await home.run("ask", "Hi", "--prompt", "poet")
    assert ended.status == 0, ended.stderr
    assert system(node) == ["Write verse.\nNo prose."]
    both = await home.run("ask", "Hi", "--prompt", "Poet", "--system", "Sing.")
    assert (both.status, both.stdout) == (2, "")
    assert "not both" in both.stderr


async def test_a_name_that_no_prompt_has_is_wrong_usage_and_asks_nothing(home: Home, node: ScriptedNode) -> None:
    ended = await home.run("ask", "Hi", "--prompt", "Code revue")
    assert (ended.status, ended.stdout) == (2, "")
    assert 'There is no prompt "Code revue" in the settings: did you mean "Code review"?' in ended.stderr
    other = await home.run("ask", "Hi", "--prompt", "xyz")
    assert 'there are "Code review", "Poet".' in other.stderr
    assert not node.asked


async def test_the_command_line_goes_before_the_chat_and_the_chat_before_the_settings(
    home: Home, node: ScriptedNode
) -> None:
    await home.run("ask", "One?")
    chat = give(home, OwnSettings(system_prompt="Count.", sampling={"temperature": 0.25, "top_k": 3}))
    for options in (["--continue"], ["--chat", chat[:8]], ["--chat", chat, "--system", "Sing.", "--temperature", "0"]):
        ended = await home.run("ask", "And now?", *options)
        assert ended.status == 0, ended.stderr
    assert [system(node, number) for number in range(4)] == [["Be kind."], ["Count."], ["Count."], ["Sing."]]
    sent = [question.params for question in node.asked]
    assert [(one.temperature, one.top_k, one.seed) for one in sent] == [
        (1.5, 40, 7),
        (0.25, 3, 7),
        (0.25, 3, 7),
        (0.0, 3, 7),
    ]


async def test_a_chats_model_that_no_node_has_is_told_of_with_those_that_there_are_and_the_question_is_kept(
    home: Home, node: ScriptedNode
) -> None:
    await home.run("ask", "One?")
    chat = give(home, OwnSettings(model="gone"))
    ended = await home.run("ask", "Two?", "--continue")
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.stderr == "llamachat: No node has the model gone. Offered: guide.\n"
    with Store.open(home.data_dir / "history.db") as store:
        assert [message.content for message in store.active_path(chat)][:3] == ["One?", "Foxes jump.", "Two?"]


async def test_the_line_mode_gives_the_chat_its_own_settings_which_last(home: Home, node: ScriptedNode) -> None:
    script = (
        b"/system Code review\n/set temperature 0.25\n/set stop END\nOne?\n"
        b"/set temperature 99\n/set nonsense 1\n/set model gone\n/settings\n/set model default\n"
        b"/system Sing to me\nTwo?\n/new\nThree?\n"
    )
    ended = await home.run("--plain", stdin=script)
    assert ended.status == 0, ended.stderr
    said = ended.stdout.splitlines()
    for line in (
        "[The system prompt of this chat: Code review: Name every defect.]",
        "[The temperature of this chat: 0.25.]",
        '[The stop of this chat: "END".]',
        "[temperature cannot be 99. Allowed: a number, 0 to 5.]",
        "[The model of this chat: gone; no connected node has it now.]",
        "[model: gone (no connected node has it), for this chat]",
        "[temperature: 0.25, for this chat]",
        "[seed: 7]",
        "[Prompts in your library: Code review, Poet.]",
        "[The model of this chat: each node's default.]",
        "[The system prompt of this chat: Sing to me.]",
    ):
        assert line in said, ended.stdout
    assert any(line.startswith("[/set wants one of model, system_prompt, temperature,") for line in said)
    assert [system(node, number) for number in range(3)] == [["Name every defect."], ["Sing to me"], ["Be kind."]]
    assert [(question.params.temperature, question.params.stop) for question in node.asked] == [
        (0.25, ["END"]),
        (0.25, ["END"]),
        (1.5, []),
    ]
    again = await home.run(
        "--plain", stdin=b"/chats\n/open 2\n/system\nFour?\n/system none\nFive?\n/system default\nSix?\n"
    )
    assert "[The system prompt of this chat: Sing to me.]" in again.stdout.splitlines()
    assert [system(node, number) for number in (3, 4, 5)] == [["Sing to me"], [], ["Be kind."]]


async def test_an_export_brings_a_chat_with_its_settings_byte_for_byte_after_a_wipe(
    home: Home, node: ScriptedNode, tmp_path: Path
) -> None:
    await home.run("ask", "One?")
    give(home, OwnSettings(model="guide", system_prompt="Count.", sampling={"temperature": 0.25, "seed": None}))
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert (await home.run("chats", "export", "--all", "-o", str(first))).status == 0
    for file in home.data_dir.glob("history.db*"):
        file.unlink()
    assert (await home.run("chats", "import", str(first))).status == 0
    assert (await home.run("chats", "export", "--all", "-o", str(second))).status == 0
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_text())["chats"][0]["settings"]["system_prompt"] == "Count."
    await home.run("ask", "Two?", "--continue")
    assert (system(node), node.asked[-1].params.temperature, node.asked[-1].model) == (["Count."], 0.25, "guide")


async def test_what_holds_names_the_library(home: Home, node: ScriptedNode) -> None:
    shown = await home.run("config", "show")
    assert '[prompts]\n"Code review" = "Name every defect."\n"Poet" = """\nWrite verse.\nNo prose."""' in shown.stdout
    home.config.write_text("[prompts]\nnone = 'x'\n")
    wrong = await home.run("config", "validate")
    assert wrong.status == 2
    assert 'the name "none"' in wrong.stderr
