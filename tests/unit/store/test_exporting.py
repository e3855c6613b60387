from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamachat.base.text import printable
from llamachat.protocol import Attachment, Chat, Cost, Seam, Timings, Usage
from llamachat.store import (
    OwnSettings,
    Store,
    StoredAttachment,
    StoredMessage,
    Transcript,
    TransferError,
    TransferLimits,
    attached,
    read_export,
    to_json,
    to_markdown,
)
from llamachat.store.own_settings import with_settings
from tests.unit.store.building import NOW, HandClock, answer, question

IDS = st.text("abcXYZ019_-", min_size=1, max_size=6)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TIMES = st.floats(0, NOW)
STAMPS = st.builds(lambda ms, n: f"{ms:013d}-{n:04d}-box", st.integers(0, int(NOW * 1000)), st.integers(0, 9999))
MESSAGES = st.builds(
    StoredMessage,
    id=IDS,
    parent_id=st.none() | IDS,
    role=st.sampled_from(["system", "user", "assistant"]),
    content=TEXTS,
    created_at=TIMES,
    deleted_at=st.none() | TIMES,
    model=st.none() | TEXTS,
    seams=st.lists(st.builds(Seam, TEXTS, st.integers(0, 10**6)), max_size=3),
    attachments=st.lists(st.builds(Attachment, TEXTS, st.just("ab" * 32), st.integers(0, 99)), max_size=2),
    usage=st.none() | st.builds(Usage, *[st.integers(0, 10**6)] * 4),
    timings=st.none() | st.builds(Timings, *[st.floats(0, 1e9)] * 6),
    finish_reason=st.sampled_from([None, "stop", "length", "cancelled", "deadline", "interrupted"]),
    stamps=st.dictionaries(st.just("deleted_at"), STAMPS),
    state=st.sampled_from(["complete", "failed"]),
    error=st.none() | TEXTS,
    cost=st.none() | st.builds(Cost, st.floats(0, 1e6), st.just("EUR")),
)
SETTINGS = st.builds(
    OwnSettings,
    model=st.none() | TEXTS.filter(bool),
    system_prompt=st.none() | TEXTS,
    sampling=st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(0, 5),
            "top_k": st.integers(0, 10**6),
            "seed": st.none() | st.integers(0, 2**53 - 1),
            "stop": st.lists(TEXTS.filter(bool), max_size=3),
        },
    ),
).filter(lambda own: own != OwnSettings())


@st.composite
def chats(draw: st.DrawFn) -> list[Chat]:
    """Up to three chats, some with settings; ids of chats and of messages are unique, parents may be anything."""
    own_settings = st.none() | SETTINGS
    messages = draw(st.lists(MESSAGES, max_size=8, unique_by=lambda message: message.id))
    made = []
    for number in range(draw(st.integers(0, 3))):
        own = [message for place, message in enumerate(messages) if place % 3 == number]
        chat = Chat(
            id=f"chat{number}",
            title=draw(TEXTS),
            folder=draw(st.none() | TEXTS),
            pinned=draw(st.booleans()),
            active_leaf=draw(st.none() | IDS),
            created_at=draw(TIMES),
            deleted_at=draw(st.none() | TIMES),
            stamps=draw(st.dictionaries(st.sampled_from(["title", "folder", "deleted_at"]), STAMPS)),
            messages=sorted(own, key=lambda message: (message.created_at, message.id)),
        )
        settings = draw(own_settings)
        made.append(chat if settings is None else with_settings(chat, settings))
    return sorted(made, key=lambda chat: (chat.created_at, chat.id))


def everything(store: Store) -> str:
    """The store as JSON."""
    found = [transcript.chat for transcript in store.transcripts([c.id for c in store.list_chats(shown="all")])]
    return to_json(found, [file for each in attached(found) if (file := store.attachment(each.sha256))])


def bring(store: Store, text: str) -> None:
    """Imports all that is in the text of a file."""
    found = read_export(text.encode(), NOW)
    assert found.unreadable == ()
    for file in found.attachments:
        store.put_attachment(file.content, file.text)
    for chat in found.chats:
        store.import_chat(chat)


@given(chats())
@settings(max_examples=60, deadline=None)
def test_what_is_exported_as_json_is_read_back_exactly(made: list[Chat]) -> None:
    assert list(read_export(to_json(made).encode(), NOW).chats) == made


@given(chats())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_store_filled_from_an_export_exports_the_same_bytes_and_importing_again_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, made: list[Chat]
) -> None:
    text = to_json(made)
    with Store.open(tmp_path_factory.mktemp("store") / "history.db", now=HandClock()) as store:
        bring(store, text)
        assert everything(store) == text
        seq = store.changes_since(0).seq
        assert [store.import_chat(chat).changed for chat in made] == [False] * len(made)
        assert store.changes_since(0).seq == seq
        assert everything(store) == text


def test_a_history_that_was_lived_in_comes_back_byte_for_byte_after_a_wipe(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    chat = store.create_chat("Rings\nof Saturn\x1b[2J")
    first = question("How many?")
    store.add_message(first, chat)
    store.add_message(answer("Seven.", parent_id=first.id, seams=[Seam("a", 0), Seam("b", 3)]), chat)
    store.add_message(answer("Many.", parent_id=first.id), chat)
    failed = answer("Well", parent_id=first.id, finish_reason=None)
    store.finish_message(chat, failed, state="failed", error="The node is gone.", cost=Cost(0.5, "EUR"))
    store.choose_branch(store.siblings(failed.id)[0].id)
    store.delete_message(failed.id)
    store.set_folder(chat, "space")
    store.set_pinned(chat, True)
    digest = store.put_attachment(b"\x00\xffbytes", "read out of it")
    other = store.create_chat("Other")
    store.add_message(question(attachments=[Attachment("a.bin", digest, 7)]), other)
    gone = store.create_chat("Gone")
    store.delete_chat(gone)
    before = everything(store)
    with Store.open(tmp_path / "fresh" / "history.db", now=clock) as fresh:
        bring(fresh, before)
        assert everything(fresh) == before
        assert fresh.active_path(chat) == store.active_path(chat)
        assert fresh.message(failed.id) == store.message(failed.id)
        assert fresh.attachment(digest) == store.attachment(digest)
        assert [found.id for found in fresh.list_chats(shown="deleted")] == [gone]
        assert fresh.integrity_check() == []


def test_an_answer_that_is_still_being_written_is_exported_as_one_that_failed_with_its_text(store: Store) -> None:
    chat = store.create_chat()
    store.save_partial(chat, answer("So f", finish_reason=None), attempt_id="t1", node="n")
    [read] = read_export(everything(store).encode(), NOW).chats
    [message] = read.messages
    assert isinstance(message, StoredMessage)
    assert (message.state, message.content) == ("failed", "So f")


def test_json_has_nothing_that_a_terminal_obeys() -> None:
    hostile = "\x1b]0;x\x07\x7f\x9b2J\u202e\u2028"
    text = to_json([Chat(id="c", title=hostile, created_at=1.0, messages=[question(hostile)])])
    assert printable(text) == text
    assert json.loads(text)["chats"][0]["title"] == hostile


def test_an_export_over_the_limit_is_refused_with_what_to_do() -> None:
    big = Chat(id="c", created_at=1.0, messages=[question("x" * 500)])
    with pytest.raises(TransferError, match="Export fewer chats at once"):
        to_json([big], limits=TransferLimits(file_bytes=400))
    files = [Attachment("a", "0" * 64, 300), Attachment("b", "1" * 64, 300)]
    holder = Chat(id="c", created_at=1.0, messages=[question(attachments=files)])
    with pytest.raises(TransferError, match="more than 400 bytes"):
        attached([holder], TransferLimits(file_bytes=400))


def test_an_attached_file_is_exported_once_however_often_it_is_attached() -> None:
    content = b"same"
    file = Attachment("a.txt", hashlib.sha256(content).hexdigest(), 4)
    holders = [Chat(id=f"c{n}", created_at=n, messages=[question(attachments=[file])]) for n in (1, 2)]
    assert attached(holders) == [file]
    stored = StoredAttachment(file.sha256, 4, content, None)
    assert read_export(to_json(holders, [stored]).encode(), NOW).attachments == (stored,)


def transcript(*messages: StoredMessage, hidden: int = 0, **fields: Any) -> Transcript:
    others = [said("user", "elsewhere", id=f"h{number}") for number in range(hidden)]
    chat = Chat(**{"id": "c1", "title": "Rings", "created_at": NOW, "messages": [*messages, *others], **fields})
    return Transcript(chat, messages)


def said(role: str, content: str, **fields: Any) -> StoredMessage:
    return StoredMessage(**{"id": "m", "role": role, "content": content, "created_at": NOW, **fields})


GOLDEN_ONE = """\
---
title: "Rings"
id: "c1"
created: "2025-06-15T15:06:40Z"
updated: "2025-06-15T15:07:40Z"
folder: "space"
pinned: true
models: ["llama3-8b"]
messages_on_other_branches: 2
---

# Rings

## You, 2025-06-15 15:06 UTC

Attached: a\\_b.txt (12 bytes)

How *many*?

## Assistant (llama3-8b), 2025-06-15 15:07 UTC — cut at the token limit

Seven:

- one

Answered by llama-01, then llama-02.
"""

GOLDEN_TWO = """\
---
chats: 2
---

# Rings

```yaml
title: "Rings"
id: "c1"
created: "2025-06-15T15:06:40Z"
updated: "2025-06-15T15:06:40Z"
```

## You, 2025-06-15 15:06 UTC

One?

# (untitled)

```yaml
title: ""
id: "c2"
created: "2025-06-15T15:06:40Z"
updated: "2025-06-15T15:06:40Z"
```
"""


def test_one_chat_as_markdown_has_its_facts_in_front_and_the_active_path_below() -> None:
    shown = transcript(
        said("user", "How *many*?", id="q", attachments=[Attachment("a_b.txt", "0" * 64, 12)]),
        said(
            "assistant",
            "Seven:\n\n- one\n",
            id="a",
            created_at=NOW + 60,
            model="llama3-8b",
            finish_reason="length",
            seams=[Seam("llama-01", 0), Seam("llama-02", 3)],
        ),
        hidden=2,
        folder="space",
        pinned=True,
    )
    assert to_markdown([shown]) == GOLDEN_ONE


def test_several_chats_as_markdown_are_chapters_with_their_facts_in_a_block() -> None:
    second = Transcript(Chat(id="c2", created_at=NOW), ())
    assert to_markdown([transcript(said("user", "One?")), second]) == GOLDEN_TWO


@pytest.mark.parametrize(
    "title",
    [
        'a\n---\nevil: "1"',
        "tab\tand \x1b[2J\x00",
        "quote \" and \\ and 'x'",
        "\u2028\x85\ufeff\u202e",
        ": # - [x] 🦙 é",
    ],
)
def test_a_title_cannot_break_the_front_matter_or_the_heading(title: str) -> None:
    lines = to_markdown([transcript(said("user", "x"), title=title)]).split("\n")
    assert lines[0] == lines[5] == "---"
    name, _, value = lines[1].partition(": ")
    assert (name, json.loads(value)) == ("title", title)
    assert [line.partition(":")[0] for line in lines[2:5]] == ["id", "created", "updated"]
    assert [line for line in lines if line.startswith("# ")] == [lines[7]]
    assert lines[8:10] == ["", "## You, 2025-06-15 15:06 UTC"]
    assert all(printable(line) == line for line in lines)


def test_markup_in_a_title_is_shown_and_not_followed() -> None:
    text = to_markdown([transcript(title="<script> [a](http://x) `b` *c*")])
    assert "# \\<script\\> \\[a\\](http://x) \\`b\\` \\*c\\*\n" in text


@pytest.mark.parametrize(
    ("content", "closing"),
    [
        ("```py\nprint(1)", "```"),
        ("````\n```\nx", "````"),
        ("~~~\n```", "~~~"),
        ("```\nx\n```", ""),
        ("inline ``` is none", ""),
        ("``` a ` b", ""),
    ],
)
def test_a_code_block_ends_where_its_message_does(content: str, closing: str) -> None:
    text = to_markdown([transcript(said("user", content), said("assistant", "after", id="a"))])
    expected = f"{content}\n{closing}\n\n## Assistant" if closing else f"{content}\n\n## Assistant"
    assert expected in text


def test_control_characters_of_a_message_do_not_reach_the_markdown() -> None:
    text = to_markdown([transcript(said("assistant", "a\x1b[31mb\x9b", state="failed", error="x\x1b", model="m\x1b"))])
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "Assistant (m\ufffd), 2025-06-15 15:06 UTC — failed\n\na\ufffd[31mb\ufffd\n\nError: x\ufffd\n" in text


def test_times_beyond_every_calendar_do_not_stop_an_export() -> None:
    text = to_markdown([transcript(said("user", "x", created_at=1e300), created_at=-1e300)])
    assert '"-1e+300"' in text


def test_deleted_messages_and_other_branches_are_not_in_the_markdown_of_a_store(store: Store) -> None:
    chat = store.create_chat("T")
    first = question("kept")
    store.add_message(first, chat)
    gone = answer("removed", parent_id=first.id)
    store.add_message(gone, chat)
    store.delete_message(gone.id)
    text = to_markdown(store.transcripts([chat]))
    assert "kept" in text
    assert "removed" not in text
    assert "other_branches" not in text


def test_messages_of_a_transcript_carry_what_only_this_machine_knows(store: Store) -> None:
    chat = store.create_chat()
    store.finish_message(chat, answer("x"), state="failed", error="why")
    [found] = store.transcripts([chat])
    assert [msgspec.structs.asdict(message)["error"] for message in found.chat.messages] == ["why"]
