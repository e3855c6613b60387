"""Files in questions, through the real program: `ask -f`, `/attach`, and what later turns are sent."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from llamachat.store import Store
from tests.integration.daemons import start_daemon
from tests.integration.programs import Home, ending
from tests.unit.documents.building import pdf
from tests.unit.fleet.scripted_node import ANSWER, Plan, ScriptedNode

SLOW = pdf("short", b"BT " + b"(aaaaaaaaaaaaaaaa) Tj " * 1_000_000 + b"ET", deflate=True)
NOTES = "File: notes.txt\n```\nllamas\n```"
PAPER = "File: paper.pdf\n```\n[page 1 of 2]\nFirst page\n\n[page 2 of 2]\nSecond page\n```"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "notes.txt").write_text("llamas\n")
    (tmp_path / "paper.pdf").write_bytes(pdf("First page", "Second page"))
    (tmp_path / "long.txt").write_text("one line of a long file\n" * 5000)
    return Home(tmp_path)


@pytest.fixture
async def node() -> AsyncIterator[ScriptedNode]:
    async with ScriptedNode(name="alpha") as one:
        yield one


def asked(node: ScriptedNode, number: int = 0) -> list[tuple[str, str]]:
    """What the node was sent."""
    return [(message.role, message.content) for message in node.asked[number].messages]


def in_home(home: Home, *names: str) -> list[str]:
    """`-f` for each of these files."""
    return [argument for name in names for argument in ("-f", str(home.directory / name))]


async def test_files_follow_the_prompt_and_the_pipe_each_in_its_frame(home: Home, node: ScriptedNode) -> None:
    ended = await home.run(
        "ask", "Sum up:", *in_home(home, "notes.txt", "paper.pdf"), "--node", node.url, stdin=b"in\n"
    )
    assert (ended.status, ended.stdout, ended.stderr) == (0, ANSWER + "\n", "")
    assert asked(node) == [("user", f"Sum up:\n\nin\n\n{NOTES}\n\n{PAPER}")]


async def test_a_file_alone_is_a_question_and_names_its_chat(home: Home, node: ScriptedNode) -> None:
    await home.run("ask", *in_home(home, "paper.pdf"), "--node", node.url)
    assert asked(node) == [("user", PAPER)]
    listed = json.loads((await home.run("chats", "list", "--json")).stdout)
    assert [chat["title"] for chat in listed] == ["paper.pdf"]


async def test_kept_files_are_named_where_a_chat_is_shown(home: Home, node: ScriptedNode) -> None:
    await home.run("ask", "One?", *in_home(home, "notes.txt"), "--node", node.url)
    [chat] = json.loads((await home.run("chats", "list", "--json")).stdout)
    assert "\n[Attached: notes.txt (7 B)]\nOne?\n" in (await home.run("chats", "show", chat["id"])).stdout
    opened = await home.run("--plain", "--node", node.url, stdin=b"/open 1\n")
    assert "you> [Attached: notes.txt (7 B)] One?\n" in opened.stdout


async def test_later_turns_are_sent_the_same_text_even_when_the_file_has_changed(
    home: Home, node: ScriptedNode
) -> None:
    await home.run("ask", "One?", *in_home(home, "paper.pdf"), "--node", node.url)
    (home.directory / "paper.pdf").write_bytes(pdf("Other"))
    await home.run("ask", "Two?", "--continue", *in_home(home, "notes.txt"), "--node", node.url)
    await home.run("ask", "Three?", "--continue", "--node", node.url)
    first = asked(node)[0]
    assert asked(node, 2) == [
        first,
        ("assistant", ANSWER),
        ("user", f"Two?\n\n{NOTES}"),
        ("assistant", ANSWER),
        ("user", "Three?"),
    ]
    assert first == ("user", f"One?\n\n{PAPER}")


async def test_a_file_is_stored_once_under_its_hash_beside_what_was_typed(home: Home, node: ScriptedNode) -> None:
    for question in ("One?", "Two?"):
        await home.run("ask", question, *in_home(home, "paper.pdf"), "--node", node.url)
    content = (home.directory / "paper.pdf").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    with Store.open(home.data_dir / "history.db") as store:
        [first, second] = [store.active_path(chat.id)[0] for chat in store.list_chats()]
        assert [first.content, second.content] == ["Two?", "One?"]
        assert first.attachments == second.attachments
        [attachment] = first.attachments
        assert (attachment.name, attachment.sha256, attachment.size) == ("paper.pdf", digest, len(content))
        kept = store.attachment(digest)
        assert kept is not None
        assert (kept.content, kept.text) == (content, PAPER.split("```\n")[1].removesuffix("```"))


async def test_a_chat_with_files_goes_on_on_another_machine_after_an_export(
    home: Home, node: ScriptedNode, tmp_path: Path
) -> None:
    await home.run("ask", "One?", *in_home(home, "paper.pdf"), "--node", node.url)
    export = tmp_path / "chats.json"
    assert (await home.run("chats", "export", "--all", "-o", str(export))).status == 0
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Home(tmp_path / "elsewhere")
    assert (await elsewhere.run("chats", "import", str(export))).status == 0
    await elsewhere.run("ask", "Two?", "--continue", "--node", node.url)
    assert asked(node, 1) == [("user", f"One?\n\n{PAPER}"), ("assistant", ANSWER), ("user", "Two?")]


async def test_a_failed_node_is_replaced_by_one_that_is_sent_the_same(home: Home) -> None:
    async with ScriptedNode(name="alpha") as alpha, ScriptedNode(name="beta") as beta:
        for one in (alpha, beta):
            one.plans.append(Plan(refuse="internal"))
        ended = await home.run("ask", "One?", *in_home(home, "paper.pdf"), "--node", alpha.url, "--node", beta.url)
        assert ended.status == 1
        assert asked(alpha) == asked(beta) == [("user", f"One?\n\n{PAPER}")]


async def test_without_history_files_are_sent_and_not_kept(home: Home, node: ScriptedNode) -> None:
    await home.run("ask", "Hi", *in_home(home, "notes.txt"), "--no-history", "--node", node.url)
    assert asked(node) == [("user", f"Hi\n\n{NOTES}")]
    assert not home.data_dir.exists()


async def test_json_says_what_was_attached_before_anything_else(home: Home, node: ScriptedNode) -> None:
    ended = await home.run("ask", "Hi", *in_home(home, "paper.pdf"), "--json", "--node", node.url)
    first, *rest = [json.loads(line) for line in ended.stdout.splitlines()]
    assert first["event"] == "attached"
    assert first["tokens_counted_by"] == "counting 4 bytes a token, a rule of thumb"
    [file] = first["files"]
    assert (file["name"], file["kind"], file["pages"], file["notes"]) == ("paper.pdf", "pdf", 2, [])
    assert file["sha256"] == hashlib.sha256((home.directory / "paper.pdf").read_bytes()).hexdigest()
    assert rest[-1]["event"] == "finished"


async def test_a_terminal_is_told_what_was_attached(home: Home, node: ScriptedNode) -> None:
    arguments = ("ask", "Hi", *in_home(home, "paper.pdf"), "--node", node.url)
    async with home.at_terminal(*arguments, stdin=asyncio.subprocess.DEVNULL) as (process, terminal):
        await terminal.to_the_end()
        assert await ending(process) == 0
    assert "paper.pdf: 2 pages, 52 B of text, about 13 tokens (counting 4 bytes a token, a rule of thumb)" in (
        terminal.screen
    )


async def test_every_file_that_cannot_be_used_is_told_and_nothing_is_asked(home: Home, node: ScriptedNode) -> None:
    (home.directory / "scan.pdf").write_bytes(pdf(None, None))
    (home.directory / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    ended = await home.run("ask", "Hi", *in_home(home, "none.txt", "scan.pdf", "photo.png"), "--node", node.url)
    assert (ended.status, ended.stdout) == (2, "")
    assert f"There is no file {home.directory}/none.txt." in ended.stderr
    assert "scan.pdf has no text: its 2 pages are probably scanned" in ended.stderr
    assert "photo.png is a picture" in ended.stderr
    assert not node.asked


async def test_files_too_long_for_the_model_are_usage_errors_that_say_what_would_fit(
    home: Home, node: ScriptedNode
) -> None:
    ended = await home.run("ask", "Hi", *in_home(home, "notes.txt", "long.txt"), "--node", node.url)
    assert (ended.status, ended.stdout) == (2, "")
    assert "The 2 files would take about 30 " in ended.stderr
    assert "This would fit: notes.txt; long.txt (lines 1–" in ended.stderr
    assert "Add --trim to send that." in ended.stderr
    assert not node.asked
    assert json.loads((await home.run("chats", "list", "--json")).stdout) == []


async def test_trim_sends_and_keeps_the_beginning_and_says_so_to_the_model(home: Home, node: ScriptedNode) -> None:
    ended = await home.run("ask", "Hi", "--trim", *in_home(home, "long.txt"), "--node", node.url, "--json")
    assert ended.status == 0, ended.stderr
    [(_, sent)] = asked(node)
    assert sent.startswith("Hi\n\nFile: long.txt (lines 1–")
    assert sent.endswith(" of 5 000]\n```")
    assert "[left out here: lines " in sent
    [file] = json.loads(ended.stdout.splitlines()[0])["files"]
    assert file["notes"][0].startswith("long.txt: lines ")
    await home.run("ask", "And?", "--continue", "--node", node.url)
    assert asked(node, 1)[0] == ("user", sent)


async def test_a_context_that_was_too_small_after_all_is_a_usage_error_with_files(
    home: Home, node: ScriptedNode
) -> None:
    node.plans += [Plan(refuse="context_overflow"), Plan(refuse="context_overflow")]
    ended = await home.run("ask", "Hi", *in_home(home, "notes.txt"), "--node", node.url)
    assert ended.status == 2
    assert "context_share" in ended.stderr


async def test_a_signal_while_a_file_is_read_ends_it_at_once(home: Home, node: ScriptedNode) -> None:
    (home.directory / "slow.pdf").write_bytes(SLOW)
    arguments = ("ask", "Hi", *in_home(home, "slow.pdf"), "--node", node.url)
    async with home.at_terminal(*arguments, stdin=asyncio.subprocess.DEVNULL) as (process, terminal):
        await terminal.until("page 1 of 2")
        process.send_signal(signal.SIGINT)
        assert await ending(process) == 130
    assert not node.asked


async def test_limits_of_the_settings_hold(home: Home, node: ScriptedNode) -> None:
    home.config.write_text("[attachments]\nmax_file_bytes = 5\nmax_files = 1\n")
    ended = await home.run("ask", "Hi", *in_home(home, "notes.txt", "long.txt"), "--node", node.url)
    assert ended.status == 2
    assert "notes.txt has 7 B; files of at most 5 B are read" in ended.stderr
    assert "long.txt was left out: a question takes at most 1 file." in ended.stderr


async def test_in_the_line_mode_files_are_attached_listed_dropped_and_forgotten(home: Home, node: ScriptedNode) -> None:
    paper, notes = home.directory / "paper.pdf", home.directory / "notes.txt"
    script = f"/attach {paper}\n/attach\nOne?\nTwo?\n/attach {notes}\n/detach\n/attach none\n/trim\nThree?\n"
    ended = await home.run("--plain", "--node", node.url, stdin=script.encode())
    assert ended.status == 0, ended.stderr
    assert "[Attached paper.pdf: 2 pages, 52 B of text" in ended.stdout
    assert "[Nothing is attached any more.]" in ended.stdout
    assert "[There is no file none.]" in ended.stdout
    assert asked(node)[0] == ("user", f"One?\n\n{PAPER}")
    assert asked(node, 2) == [
        ("user", f"One?\n\n{PAPER}"),
        ("assistant", ANSWER),
        ("user", "Two?"),
        ("assistant", ANSWER),
        ("user", "Three?"),
    ]


async def test_in_the_line_mode_what_is_too_long_is_not_sent_before_it_is_trimmed(
    home: Home, node: ScriptedNode
) -> None:
    script = f"/attach {home.directory / 'long.txt'}\nOne?\n/trim\nTwo?\n"
    ended = await home.run("--plain", "--node", node.url, stdin=script.encode())
    assert "/trim keeps that, /detach forgets what is attached.]" in ended.stdout
    assert "[The question was not sent. long.txt would take about 30 " in ended.stdout
    assert len(node.asked) == 1
    assert asked(node)[0][1].startswith("Two?\n\nFile: long.txt (lines 1–")


async def test_at_a_terminal_a_dropped_file_is_attached(home: Home, node: ScriptedNode) -> None:
    async with home.at_terminal("--plain", "--node", node.url, env={"TERM": "dumb"}) as (process, terminal):
        await terminal.until("you> ")
        terminal.type(f"'{home.directory / 'notes.txt'}' \n")
        await terminal.until("[Attached notes.txt")
        terminal.type("Hi\n")
        await terminal.until(ANSWER)
        await terminal.until("you> ", times=3)
        terminal.type("/quit\n")
        assert await ending(process) == 0
    assert asked(node) == [("user", f"Hi\n\n{NOTES}")]


async def test_a_real_node_answers_about_a_file(home: Home) -> None:
    with start_daemon() as daemon:
        arguments = ["--node", daemon.url, "--json", "--temperature", "0", "--max-tokens", "8"]
        ended = await home.run("ask", "What is in it?", *in_home(home, "paper.pdf"), *arguments)
        assert ended.status == 0, ended.stderr
        events = [json.loads(line) for line in ended.stdout.splitlines()]
        assert [events[0]["event"], events[-1]["event"]] == ["attached", "finished"]
        assert events[-1]["usage"]["prompt_tokens"] > 20
        again = await home.run("ask", "And?", "--continue", *arguments)
        assert json.loads(again.stdout.splitlines()[-1])["usage"]["cached_tokens"] > 20
        too_long = await home.run("ask", "Hi", *in_home(home, "long.txt"), *arguments)
        assert too_long.status == 2
        trimmed = await home.run("ask", "Hi", "--trim", *in_home(home, "long.txt"), *arguments)
        assert trimmed.status == 0, trimmed.stderr
