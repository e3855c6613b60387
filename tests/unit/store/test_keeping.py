from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from llamachat.protocol import Attachment
from llamachat.store import Store, StoreError, StoreLimits
from tests.unit.store.building import HandClock, question


def test_drafts_are_kept_per_chat_over_a_restart(path: Path, clock: HandClock) -> None:
    with Store.open(path, now=clock) as store:
        store.set_draft("one", "half a thou")
        store.set_draft("two", "another")
        store.set_draft("one", "half a thought")
        store.set_draft("two", "")
    with Store.open(path, now=clock) as store:
        assert (store.get_draft("one"), store.get_draft("two")) == ("half a thought", "")
        assert store.drafts() == ["one"]


def test_an_attachment_is_stored_once_under_its_hash(store: Store) -> None:
    content = b"%PDF-1.7 \x00\xff" * 100_000
    digest = store.put_attachment(content)
    before = store.path.with_name("history.db-wal").stat().st_size
    assert store.put_attachment(content) == digest
    assert store.path.with_name("history.db-wal").stat().st_size == before
    assert store.put_attachment(content, "the text") == digest == hashlib.sha256(content).hexdigest()
    assert store.put_attachment(content, "another text") == digest

    found = store.attachment(digest)
    assert found is not None
    assert (found.content, found.size, found.text) == (content, len(content), "the text")
    assert store.attachment("00" * 32) is None


def test_an_attachment_over_the_limit_is_refused(path: Path) -> None:
    with Store.open(path, limits=StoreLimits(attachment_bytes=10)) as store:
        store.put_attachment(b"x" * 10)
        with pytest.raises(StoreError, match="at most 10") as caught:
            store.put_attachment(b"x" * 11)
    assert caught.value.state == "too_large"


def test_attachments_that_nothing_has_any_more_are_purged(store: Store, clock: HandClock) -> None:
    used, queued, unused = (store.put_attachment(content) for content in (b"used", b"queued", b"unused"))
    chat = store.create_chat()
    store.add_message(question(attachments=[Attachment("a.txt", used, 4)]), chat)
    store.outbox_enqueue(chat, "with a file", attachments=[Attachment("b.txt", queued, 6)])
    clock.now += 10
    fresh = store.put_attachment(b"just added, not sent yet")

    assert store.purge_attachments(before=clock.now - 5) == 1
    assert [store.attachment(digest) is None for digest in (used, queued, unused, fresh)] == [False, False, True, False]


def test_the_texts_of_the_files_that_messages_name_are_found_by_hash(store: Store) -> None:
    read = store.put_attachment(b"%PDF", "what it says")
    plain = store.put_attachment("grüß".encode())
    attachments = [Attachment("a.pdf", read, 4), Attachment("b.txt", plain, 6), Attachment("gone", "0" * 64, 1)]
    found = store.attachment_texts([question(attachments=attachments), question()])
    assert found == {read: "what it says", plain: "grüß"}
