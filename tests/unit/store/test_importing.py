from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from llamachat.protocol import Chat, ChatMessage
from llamachat.store import (
    Imported,
    Store,
    StoredMessage,
    StoreError,
    TransferError,
    TransferLimits,
    read_export,
    to_json,
)
from tests.unit.store.building import NOW, answer, question

T = 1_700_000_000.0


def read(value: object) -> Imported:
    return read_export(json.dumps(value).encode(), NOW)


def node(parent: str | None, role: str = "", *parts: object, **fields: Any) -> dict[str, Any]:
    """A node of ChatGPT's mapping; without a role, one that says nothing."""
    if not role:
        return {"parent": parent, "message": None, "children": []}
    message = {
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": fields.pop("at", None),
        "content": fields.pop("content", {"content_type": "text", "parts": list(parts)}),
        "status": fields.pop("status", "finished_successfully"),
        "recipient": fields.pop("recipient", "all"),
        "metadata": fields.pop("metadata", {}),
    }
    assert not fields
    return {"parent": parent, "message": message, "children": []}


def conversation(mapping: dict[str, Any], **fields: Any) -> dict[str, Any]:
    base = {"title": "Saturn", "create_time": T, "update_time": T + 500, "conversation_id": "conv-1"}
    return {**base, "mapping": mapping, **fields}


def chatgpt(mapping: dict[str, Any], **fields: Any) -> tuple[Chat, dict[str, int]]:
    found = read([conversation(mapping, **fields)])
    assert found.source == "ChatGPT"
    assert found.unreadable == ()
    [chat] = found.chats
    return chat, dict(found.left_out)


def shape(chat: Chat) -> dict[str, str | None]:
    """Every message's text with that of the message before it; texts are unique."""
    texts = {message.id: message.content for message in chat.messages}
    return {message.content: texts.get(message.parent_id or "") for message in chat.messages}


BRANCHES = {
    "client-created-root": node(None),
    "s": node("client-created-root", "system", "", metadata={"is_visually_hidden_from_conversation": True}),
    "q": node("s", "user", "How many rings?", at=T + 1),
    "a1": node("q", "assistant", "Seven.", at=T + 2, metadata={"model_slug": "gpt-4o"}),
    "a2": node("q", "assistant", "Many.", at=T + 3, metadata={"finish_details": {"type": "max_tokens"}}),
    "q2": node("a2", "user", "Sure?", at=T + 4),
    "q2b": node("a2", "user", "Really?", at=T + 5),
    "a3": node("q2b", "assistant", "Yes", at=T + 6, status="in_progress"),
}


def test_a_conversation_of_chatgpt_keeps_its_branches_its_end_and_its_times() -> None:
    chat, left_out = chatgpt(BRANCHES, current_node="q2")
    assert shape(chat) == {
        "How many rings?": None,
        "Seven.": "How many rings?",
        "Many.": "How many rings?",
        "Sure?": "Many.",
        "Really?": "Many.",
        "Yes": "Really?",
    }
    assert left_out == {}
    assert (chat.title, chat.created_at) == ("Saturn", T)
    by_text = {message.content: message for message in chat.messages}
    assert chat.active_leaf == by_text["Sure?"].id
    assert (by_text["Seven."].model, by_text["Seven."].created_at) == ("gpt-4o", T + 2)
    ends = {text: message.finish_reason for text, message in by_text.items()}
    assert (ends["Seven."], ends["Many."], ends["Yes"], ends["Sure?"]) == ("stop", "length", "interrupted", None)


def test_calls_of_tools_become_part_of_the_answer_that_they_led_to() -> None:
    code = {"content_type": "code", "language": "python", "text": "print(7)"}
    output = {"content_type": "execution_output", "text": "7 ``` 7"}
    mapping = {
        "q": node(None, "user", "Count."),
        "call": node("q", "assistant", content=code, recipient="python"),
        "out": node("call", "tool", content=output),
        "a": node("out", "assistant", "Seven."),
        "again": node("out", "assistant", "It is seven."),
        "next": node("a", "user", "Thanks"),
    }
    chat, left_out = chatgpt(mapping, current_node="next")
    working = "```python\nprint(7)\n```\n\n````\n7 ``` 7\n````"
    assert shape(chat) == {
        "Count.": None,
        f"{working}\n\nSeven.": "Count.",
        f"{working}\n\nIt is seven.": "Count.",
        "Thanks": f"{working}\n\nSeven.",
    }
    assert left_out == {}


def test_calls_of_tools_that_no_answer_followed_are_kept_as_a_message_once() -> None:
    call = {"content_type": "code", "language": "unknown", "text": "search('x')"}
    mapping = {
        "q": node(None, "user", "Look."),
        "call": node("q", "assistant", content=call, recipient="browser"),
        "n1": node("call", "user", "Stop"),
        "n2": node("call", "user", "Go on"),
        "end": node("n2", "assistant", content=call, recipient="browser"),
    }
    chat, _ = chatgpt(mapping, current_node="end")
    texts = [message.content for message in chat.messages]
    assert sorted(texts) == ["Go on", "Look.", "Stop", *["```\nsearch('x')\n```"] * 2]
    parents = {message.content: message.parent_id for message in chat.messages if message.role == "user"}
    assert parents["Stop"] is not None
    assert parents["Go on"] == parents["Stop"]
    last = next(message for message in chat.messages if message.id == chat.active_leaf)
    assert (last.content, last.finish_reason) == ("```\nsearch('x')\n```", "interrupted")


def test_what_is_no_text_leaves_a_mark_and_is_counted() -> None:
    parts = [
        {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1", "size_bytes": 12},
        "What is this?",
        {"content_type": "audio_transcription", "text": "spoken words", "direction": "in"},
        {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_2"},
        {"content_type": "hologram\x1b[2J"},
    ]
    content = {"content_type": "multimodal_text", "parts": parts}
    files = {"attachments": [{"id": "file-3", "name": "rings\n.pdf", "mime_type": "application/pdf"}]}
    chat, left_out = chatgpt({"q": node(None, "user", content=content, metadata=files)})
    assert chat.messages[0].content == (
        "[image]\n\nWhat is this?\n\nspoken words\n\n[audio]\n\n[not imported]\n\n[file: rings .pdf]"
    )
    hologram = "part of a message: hologram\ufffd[2J"
    assert left_out == {"image": 1, "audio": 1, hologram: 1, "attached file": 1}


def test_what_is_left_out_of_a_chatgpt_export_is_counted_by_kind() -> None:
    hidden = {"is_visually_hidden_from_conversation": True}
    mapping = {
        "m": node(None, "user", content={"content_type": "user_editable_context", "user_profile": "I am"}),
        "h": node("m", "system", "You are hidden.", metadata=hidden),
        "q": node("h", "user", "Search."),
        "t": node("q", "assistant", content={"content_type": "thoughts", "thoughts": [{"summary": "hm"}]}),
        "w": node("t", "tool", content={"content_type": "tether_quote", "text": "a page", "url": "http://x"}),
        "w2": node("w", "tool", content={"content_type": "sonic_webpage", "text": "a page"}),
        "e": node("w2", "tool", content={"content_type": "system_error", "name": "Timeout", "text": "too slow"}),
        "n": node("e", "assistant", content={"content_type": "new_widget", "text": "its text"}, recipient="all"),
        "z": node("n", "assistant", content={"content_type": "empty_widget", "data": 1}),
        "c": node("z", "critic", "Hm."),
    }
    chat, left_out = chatgpt(mapping, is_archived=True)
    assert shape(chat) == {
        "Search.": None,
        "Timeout\n\ntoo slow\n\nits text": "Search.",
        "Hm.": "Timeout\n\ntoo slow\n\nits text",
    }
    assert left_out == {
        "hidden context": 2,
        "reasoning": 1,
        "web page that was read": 2,
        "content type new_widget, only its text kept": 1,
        "content type empty_widget": 1,
        "role of a message, taken as an answer: critic": 1,
        "mark: archived": 1,
    }


def test_messages_without_a_time_take_that_of_the_message_before() -> None:
    mapping = {"q": node(None, "user", "a"), "b": node("q", "assistant", "b", at=T + 9), "c": node("b", "user", "c")}
    chat, _ = chatgpt(mapping)
    assert {message.content: message.created_at for message in chat.messages} == {"a": T, "b": T + 9, "c": T + 9}


@pytest.mark.parametrize("time", [NOW + 10**6, -5, 1e300, float("nan"), float("inf"), 10**400, True, "soon", None, []])
def test_a_time_that_is_none_counts_as_undated(time: Any) -> None:
    chat, _ = chatgpt({"q": node(None, "user", "a", at=time)}, create_time=time, update_time=time)
    assert [chat.created_at, *(message.created_at for message in chat.messages)] == [0.0, 0.0]


def test_parents_in_a_circle_lose_no_message() -> None:
    mapping = {"a": node("c", "user", "A"), "b": node("a", "assistant", "B"), "c": node("b", "user", "C")}
    chat, _ = chatgpt({**mapping, "self": node("self", "user", "D"), "lost": node("gone", "user", "E")})
    assert shape(chat) == {"A": None, "B": "A", "C": "B", "D": None, "E": None}


def test_a_very_long_conversation_is_read() -> None:
    mapping = {str(n): node(str(n - 1), "user" if n % 2 else "assistant", f"text {n}") for n in range(5_000)}
    chat, _ = chatgpt(mapping, current_node="4999")
    assert len(chat.messages) == 5_000


def test_half_a_character_from_elsewhere_is_stored_as_a_replacement(store: Store) -> None:
    data = json.dumps([conversation({"q": node(None, "user", "a \ud83d b")}, title="\udc00")]).encode()
    [chat] = read_export(data, NOW).chats
    store.import_chat(chat)
    assert store.summary(chat.id).title == "\ufffd"
    assert [message.content for message in store.active_path(chat.id)] == ["a \ufffd b"]


def test_forked_conversations_that_share_their_messages_are_both_imported(store: Store) -> None:
    found = read([conversation(BRANCHES), conversation(BRANCHES, conversation_id="conv-2", title="Fork")])
    for chat in found.chats:
        assert store.import_chat(chat).is_new
    assert len(store.list_chats()) == 2


def test_importing_a_chatgpt_export_twice_changes_nothing(store: Store) -> None:
    [chat] = read([conversation(BRANCHES, current_node="a3")]).chats
    first = store.import_chat(chat)
    assert (first.is_new, first.new_messages, first.changed) == (True, 6, True)
    seq = store.changes_since(0).seq
    again = store.import_chat(read([conversation(BRANCHES, current_node="a3")]).chats[0])
    assert (again.is_new, again.new_messages, again.changed) == (False, 0, False)
    assert store.changes_since(0).seq == seq


def test_a_later_export_adds_what_is_new_and_leaves_what_was_renamed_and_pinned_here(store: Store) -> None:
    store.import_chat(read([conversation(BRANCHES, current_node="a3")]).chats[0])
    [summary] = store.list_chats()
    store.rename(summary.id, "Mine")
    store.set_pinned(summary.id, True)
    more = {**BRANCHES, "q9": node("a3", "user", "New", at=T + 900)}
    later = conversation(more, current_node="q9", update_time=T + 900, title="Theirs")
    outcome = store.import_chat(read([later]).chats[0])
    assert (outcome.is_new, outcome.new_messages, outcome.changed) == (False, 1, True)
    after = store.summary(summary.id)
    assert (after.title, after.pinned) == ("Mine", True)
    assert [message.content for message in store.active_path(summary.id)][-1] == "New"


OPEN_WEBUI = {
    "id": "ow-1",
    "title": "Hello",
    "pinned": True,
    "archived": False,
    "created_at": 1_700_000_000,
    "updated_at": 1_700_000_900,
    "meta": {"tags": ["greeting", "short"]},
    "folder_id": "f-1",
    "chat": {
        "title": "Hello",
        "models": ["llama3.2"],
        "system": "Be brief.",
        "history": {
            "currentId": "m2",
            "messages": {
                "m1": {"id": "m1", "parentId": None, "role": "user", "content": "Hi", "timestamp": 1_700_000_001},
                "m2": {
                    "id": "m2",
                    "parentId": "m1",
                    "role": "assistant",
                    "content": "Hello!",
                    "model": "llama3.2",
                    "done": True,
                    "timestamp": 1_700_000_002_000,
                    "sources": [{}, {}],
                },
                "m3": {"parentId": "m1", "role": "assistant", "content": "Hey", "done": False},
                "m4": {"parentId": "m1", "role": "assistant", "content": "", "error": {"content": "No model."}},
                "m5": {"parentId": "m2", "role": "function", "content": "x"},
                "m6": {
                    "parentId": "m5",
                    "role": "user",
                    "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "data:"}}],
                    "files": [{"type": "file", "name": "a.txt"}],
                },
            },
        },
    },
}


def test_a_chat_of_open_webui_keeps_its_branches_and_counts_the_rest() -> None:
    found = read([OPEN_WEBUI])
    [chat] = found.chats
    assert found.source == "Open WebUI"
    assert shape(chat) == {
        "Hi": None,
        "Hello!": "Hi",
        "Hey": "Hi",
        "": "Hi",
        "See\n\n[image]\n\n[file: a.txt]": "Hello!",
    }
    by_text = {message.content: message for message in chat.messages}
    assert (chat.title, chat.pinned, chat.created_at) == ("Hello", True, T)
    assert chat.active_leaf == by_text["Hello!"].id
    assert (by_text["Hello!"].model, by_text["Hello!"].created_at) == ("llama3.2", T + 2)
    assert (by_text["Hello!"].finish_reason, by_text["Hey"].finish_reason) == ("stop", "interrupted")
    failed = by_text[""]
    assert isinstance(failed, StoredMessage)
    assert (failed.state, failed.error) == ("failed", "No model.")
    assert dict(found.left_out) == {
        "source": 2,
        "message of the role function": 1,
        "image": 1,
        "attached file": 1,
        "folder, of which the file has no name": 1,
        "tag": 2,
        "system prompt of a chat": 1,
    }


def test_conversations_of_open_webui_without_their_wrapper_are_read_and_named_by_their_first_message() -> None:
    bare = OPEN_WEBUI["chat"]
    first, again = read([bare]).chats[0], read([bare]).chats[0]
    assert shape(first)["Hello!"] == "Hi"
    assert first == again


def test_importing_an_open_webui_export_twice_changes_nothing(store: Store) -> None:
    [chat] = read([OPEN_WEBUI]).chats
    assert store.import_chat(chat).new_messages == 5
    assert store.import_chat(chat).changed is False
    assert store.message(next(m.id for m in chat.messages if not m.content)).error == "No model."


def test_what_is_no_chat_among_chats_is_named_and_the_others_are_read() -> None:
    found = read([{"title": "odd\n"}, conversation(BRANCHES), conversation({}, conversation_id=None), 7])
    assert len(found.chats) == 1
    assert found.unreadable == (
        "Chat 1 (odd): it has no messages in the form of an export of ChatGPT.",
        "Chat 3 (Saturn): it has neither an id nor messages.",
        "Chat 4: it has no messages in the form of an export of ChatGPT.",
    )


def test_the_same_chat_twice_in_a_file_is_named() -> None:
    found = read([conversation(BRANCHES), conversation(BRANCHES)])
    assert len(found.chats) == 1
    assert found.unreadable == ("Chat 2 (Saturn): another chat in the file has the same id.",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b'[{"mapping": {}}', "not JSON, or not all of it"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"PK\x03\x04rest", "Unpack it, and import the conversations.json"),
        (b"[]", "holds no chats in a known format"),
        (b'{"a": 1}', "holds no chats in a known format"),
        (b'[{"role": "user", "content": "x"}]', "What can be imported: a file of `llamachat chats export"),
        (b'{"format": "llamachat-chats", "version": 2, "chats": []}', "newer llamachat"),
        (b'{"format": "llamachat-chats", "version": 1}', "not a whole export"),
        (b'{"format": "llamachat-chats", "version": 1, "chats": [', "not JSON, or not all of it"),
    ],
)
def test_a_file_that_cannot_be_imported_says_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(TransferError) as caught:
        read_export(data, NOW)
    assert message in str(caught.value)


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(TransferError, match="more than 10 bytes"):
        read_export(b" " * 11, NOW, TransferLimits(file_bytes=10))


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_export(b"\xef\xbb\xbf" + to_json([Chat(id="c", created_at=1.0)]).encode(), NOW).source == "llamachat"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "not an id"}, "Chat 1: "),
        ({"created_at": 1e300}, "Chat 1: a time in it"),
        ({"messages": [{"id": "m", "role": "critic", "content": "", "created_at": 1}]}, "Chat 1: "),
        ({"messages": [{"id": "m", "role": "user", "content": "", "created_at": -1}]}, "Chat 1: a time in it"),
        ({"messages": [{"id": "m", "role": "user", "content": "", "created_at": 1, "state": "odd"}]}, "Chat 1: "),
    ],
)
def test_a_broken_chat_of_our_own_is_named_and_the_others_are_read(change: dict[str, Any], reason: str) -> None:
    file = json.loads(to_json([Chat(id="a", created_at=1.0), Chat(id="b", created_at=2.0)]))
    file["chats"][0] |= change
    found = read(file)
    assert [chat.id for chat in found.chats] == ["b"]
    [sentence] = found.unreadable
    assert sentence.startswith(reason)


def test_an_attached_file_that_is_not_what_was_exported_is_named() -> None:
    file = json.loads(to_json([]))
    content = base64.b64encode(b"changed").decode()
    file["attachments"] = [{"sha256": "0" * 64, "size": 7, "content": content, "text": None}, {"sha256": 1}]
    found = read(file)
    assert found.attachments == ()
    assert found.unreadable[0] == "Attached file 1: its contents are not those that were exported."
    assert found.unreadable[1].startswith("Attached file 2: ")


def test_kinds_that_a_file_makes_up_are_bounded() -> None:
    mapping = {str(n): node(None, "user", {"content_type": f"kind {n}"}) for n in range(200)}
    _, left_out = chatgpt(mapping)
    assert len(left_out) <= 51
    assert sum(left_out.values()) == 200


def test_a_chat_deleted_here_stays_deleted_when_an_older_export_comes_in(store: Store) -> None:
    chat = store.create_chat("T")
    store.add_message(question(), chat)
    exported = store.transcripts([chat])[0].chat
    store.delete_chat(chat)
    outcome = store.import_chat(exported)
    assert (outcome.stays_deleted, outcome.is_new, outcome.changed) == (True, False, False)
    store.purge_chat(chat)
    outcome = store.import_chat(exported)
    assert (outcome.stays_deleted, outcome.new_messages) == (True, 0)
    assert store.list_chats() == []


def test_a_message_that_another_chat_has_stops_that_import_alone(store: Store) -> None:
    chat = store.create_chat("T")
    mine = question("mine")
    store.add_message(mine, chat)
    before = store.changes_since(0)
    thief = Chat(id="thief", created_at=1.0, messages=[answer("new"), mine])
    with pytest.raises(StoreError, match="is in another chat"):
        store.import_chat(thief)
    assert store.changes_since(0) == before


def test_an_answer_of_ours_that_is_marked_as_being_written_comes_in_as_failed(store: Store) -> None:
    partial = StoredMessage(id="m", role="assistant", content="So", created_at=1.0, state="partial")
    store.import_chat(Chat(id="c", created_at=1.0, messages=[partial]))
    assert store.message("m").state == "failed"
    assert store.search("So")[0].message_id == "m"


def test_what_is_imported_can_be_searched(store: Store) -> None:
    store.import_chat(read([conversation(BRANCHES)]).chats[0])
    assert {hit.message_id is None for hit in store.search("Saturn")} == {True}
    assert len(store.search("rings")) == 1
    assert store.integrity_check() == []


def test_messages_are_plain_where_nothing_is_known_but_what_was_said() -> None:
    chat, _ = chatgpt(BRANCHES)
    assert {type(message) for message in chat.messages} == {ChatMessage}
