from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from llamachat.config.schema import SamplingSettings, members
from llamachat.protocol import Params
from llamachat.store import SAMPLING_NAMES, OwnSettings, Store, StoreError, read_export, to_json
from llamachat.store.migrations import MIGRATIONS
from tests.unit.store.building import NOW, HandClock, question, texts

MINE = OwnSettings(model="llama3-8b", system_prompt="Be brief.", sampling={"temperature": 0.2, "seed": None})


def exported(store: Store, chat_id: str) -> str:
    return to_json([transcript.chat for transcript in store.transcripts([chat_id])])


def test_a_chat_has_nothing_of_its_own_until_it_is_given_and_keeps_that_over_a_restart(path: Path) -> None:
    with Store.open(path) as store:
        chat, other = store.create_chat(), store.create_chat()
        assert store.own_settings(chat) == OwnSettings()
        store.set_own_settings(chat, MINE)
    with Store.open(path) as store:
        assert store.own_settings(chat) == MINE
        assert store.own_settings(other) == OwnSettings()
        store.set_own_settings(chat, OwnSettings(model="auto"))
        assert store.own_settings(chat) == OwnSettings(model="auto")


def test_a_prompt_of_no_words_is_another_thing_than_that_of_the_settings_file(store: Store) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, OwnSettings(system_prompt=""))
    assert store.own_settings(chat).system_prompt == ""


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (OwnSettings(sampling={"temperature": 9.0}), "temperature"),
        (OwnSettings(sampling={"top_k": 0.5}), "top_k"),
        (OwnSettings(sampling={"temperature": None}), "temperature"),
        (OwnSettings(sampling={"stop": [""]}), "stop"),
        (OwnSettings(model=""), "model"),
        (OwnSettings(system_prompt="x" * 100_001), "system_prompt"),
    ],
)
def test_a_value_that_no_node_takes_is_refused_by_its_name_and_changes_nothing(
    store: Store, wrong: OwnSettings, named: str
) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, MINE)
    with pytest.raises(StoreError, match=named) as caught:
        store.set_own_settings(chat, wrong)
    assert caught.value.state == "invalid"
    assert store.own_settings(chat) == MINE


def test_a_chat_that_is_not_there_has_no_settings_and_gets_none(store: Store) -> None:
    for attempt in (lambda: store.own_settings("none"), lambda: store.set_own_settings("none", MINE)):
        with pytest.raises(StoreError) as caught:
            attempt()
        assert caught.value.state == "missing"


def test_half_a_character_is_kept_as_a_mark(store: Store) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, OwnSettings(system_prompt="a\ud83db", sampling={"stop": ["c\udc00"]}))
    assert store.own_settings(chat) == OwnSettings(system_prompt="a\ufffdb", sampling={"stop": ["c\ufffd"]})


def test_the_names_are_those_of_the_protocol_and_of_the_settings_file() -> None:
    assert set(SAMPLING_NAMES) <= set(Params.__struct_fields__)
    assert tuple(name for name, _default, _schema in members(SamplingSettings)) == SAMPLING_NAMES


def test_a_file_of_the_third_schema_gets_the_table_and_loses_nothing(path: Path) -> None:
    with Store.open(path, migrations=MIGRATIONS[:3]) as store:
        chat = store.create_chat("from before")
        store.add_message(question("still here"), chat)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    with Store.open(path) as store:
        assert texts(store.active_path(chat)) == ["still here"]
        assert store.own_settings(chat) == OwnSettings()
        store.set_own_settings(chat, MINE)
        assert store.own_settings(chat) == MINE
        assert store.integrity_check() == []


def test_they_come_back_with_a_deleted_chat_and_are_forgotten_when_it_is_purged(store: Store, path: Path) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, OwnSettings(system_prompt="a secret role"))
    store.delete_chat(chat)
    store.restore_chat(chat)
    assert store.own_settings(chat).system_prompt == "a secret role"
    store.delete_chat(chat)
    store.purge_chat(chat)
    assert store.own_settings(chat) == OwnSettings()
    store.compact()
    assert all(b"a secret role" not in file.read_bytes() for file in path.parent.iterdir())


def test_no_other_machine_gets_them_and_none_takes_them_away(store: Store, clock: HandClock) -> None:
    chat = store.create_chat("Mine")
    before = store.changes_since(0)
    store.set_own_settings(chat, MINE)
    assert store.changes_since(before.seq).chats == ()
    assert not hasattr(store.chat(chat), "settings")
    store.merge_chat(store.chat(chat))
    assert store.own_settings(chat) == MINE


def test_an_export_brings_them_back_after_a_wipe(store: Store, tmp_path: Path) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, MINE)
    text = exported(store, chat)
    with Store.open(tmp_path / "new" / "history.db") as other:
        (found,) = read_export(text.encode(), NOW).chats
        assert other.import_chat(found).changed
        assert other.own_settings(chat) == MINE
        assert exported(other, chat) == text
        assert not other.import_chat(found).changed


def test_an_import_takes_nothing_from_a_chat_that_was_given_others_here_or_none_on_purpose(store: Store) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, MINE)
    (found,) = read_export(exported(store, chat).encode(), NOW).chats
    for here in (OwnSettings(model="another"), OwnSettings()):
        store.set_own_settings(chat, here)
        store.import_chat(found)
        assert store.own_settings(chat) == here


def test_an_export_from_before_there_were_any_is_imported_as_ever(store: Store, tmp_path: Path) -> None:
    chat = store.create_chat("old")
    text = exported(store, chat)
    assert "settings" not in json.loads(text)["chats"][0]
    with Store.open(tmp_path / "new" / "history.db") as other:
        (found,) = read_export(text.encode(), NOW).chats
        assert other.import_chat(found).is_new
        assert other.own_settings(chat) == OwnSettings()


def test_settings_that_cannot_be_are_told_of_by_the_number_of_their_chat(store: Store) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, MINE)
    text = exported(store, chat).replace("0.2", "77.0")
    found = read_export(text.encode(), NOW)
    assert found.chats == ()
    assert "temperature" in found.unreadable[0]


def test_names_that_only_a_newer_version_knows_are_left_out(store: Store) -> None:
    chat = store.create_chat()
    store.set_own_settings(chat, MINE)
    text = exported(store, chat).replace('"temperature"', '"temperament"')
    (found,) = read_export(text.encode(), NOW).chats
    assert found.settings.sampling == {"seed": None}  # type: ignore[attr-defined]
