"""Tokens: printed once, kept as hashes, seen as soon as the file changes."""

from __future__ import annotations

import hmac
import stat
import tomllib
from pathlib import Path

import pytest

from llamachat_daemon.serving import tokens as tokens_module
from llamachat_daemon.serving.tokens import TokenBook, TokenError, add_token, read_tokens, revoke_token


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tokens.toml"


def test_a_token_is_found_again_and_only_its_hash_is_kept(path: Path):
    token = add_token(path, "alice", admin=True)
    assert token not in path.read_text()
    assert len(token) > 40
    found = TokenBook(path).find(token)
    assert found is not None
    assert (found.principal.name, found.principal.admin) == ("alice", True)


def test_the_file_is_for_its_owner_alone_and_valid_toml(path: Path):
    add_token(path, "alice", admin=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    [entry] = tomllib.loads(path.read_text())["tokens"]
    assert entry["name"] == "alice"
    assert entry["admin"] is False


def test_two_tokens_never_equal(path: Path):
    assert add_token(path, "alice", admin=False) != add_token(path, "bob", admin=False)
    assert [token.name for token in read_tokens(path)] == ["alice", "bob"]


def test_a_name_has_one_token_and_must_be_plain(path: Path):
    add_token(path, "alice", admin=False)
    with pytest.raises(TokenError, match="revoke alice"):
        add_token(path, "alice", admin=True)
    for name in ("", 'a"b', "a b", "\n", "x" * 65, "-a"):
        with pytest.raises(TokenError, match="cannot be a name"):
            add_token(path, name, admin=False)


def test_revoking_forgets_one_and_names_the_known_ones_otherwise(path: Path):
    alice, bob = add_token(path, "alice", admin=False), add_token(path, "bob", admin=False)
    revoke_token(path, "alice")
    book = TokenBook(path)
    assert book.find(alice) is None
    assert book.find(bob) is not None
    with pytest.raises(TokenError, match="Known: bob"):
        revoke_token(path, "alice")


@pytest.mark.parametrize("wrong", ["", "lc_", "x" * 100_000, "ü\ud800", "\0"])
def test_any_other_text_is_not_a_token(path: Path, wrong: str):
    add_token(path, "alice", admin=False)
    assert TokenBook(path).find(wrong) is None


def test_every_entry_is_compared_whichever_one_fits(path: Path, monkeypatch: pytest.MonkeyPatch):
    held = [add_token(path, name, admin=False) for name in ("a", "b", "c")]
    book = TokenBook(path)
    compared: list[str] = []
    compare = hmac.compare_digest

    def counting(one: str, other: str) -> bool:
        compared.append(one)
        return compare(one, other)

    monkeypatch.setattr(tokens_module.hmac, "compare_digest", counting)
    for token in (*held, "wrong"):
        compared.clear()
        book.find(token)
        assert len(compared) == 3


def test_no_file_means_that_no_token_is_needed(path: Path):
    book = TokenBook(path)
    assert not book.needed
    assert book.still_valid(None)


def test_a_change_is_seen_once(path: Path):
    book = TokenBook(path)
    assert not book.refresh()
    token = add_token(path, "alice", admin=False)
    assert book.find(token) is None
    assert book.refresh()
    assert book.find(token) is not None
    assert not book.refresh()


def test_whoever_came_without_a_token_loses_the_right_when_the_first_is_made(path: Path):
    book = TokenBook(path)
    add_token(path, "alice", admin=False)
    book.refresh()
    assert book.needed
    assert not book.still_valid(None)


@pytest.mark.parametrize("how", ["revoked", "deleted"])
def test_losing_the_last_token_opens_nothing(path: Path, how: str):
    token = add_token(path, "alice", admin=False)
    book = TokenBook(path)
    entry = book.find(token)
    if how == "revoked":
        revoke_token(path, "alice")
    else:
        path.unlink()
    book.refresh()
    assert book.needed
    assert not book.still_valid(entry)
    assert not book.still_valid(None)


def test_a_new_token_under_an_old_name_does_not_revive_the_old_one(path: Path):
    token = add_token(path, "alice", admin=False)
    book = TokenBook(path)
    book_entry = book.find(token)
    revoke_token(path, "alice")
    add_token(path, "alice", admin=False)
    book.refresh()
    assert not book.still_valid(book_entry)
    assert book.find(token) is None


def test_a_file_that_cannot_be_read_opens_nothing_and_throws_nobody_out(path: Path):
    token = add_token(path, "alice", admin=False)
    book = TokenBook(path)
    entry, sound = book.find(token), path.read_text()
    path.write_text("tokens = [")
    assert book.refresh()
    assert book.needed
    assert book.find(token) is None
    assert book.still_valid(entry)
    path.write_text(sound + "\n")
    assert book.refresh()
    assert book.find(token) is not None


@pytest.mark.parametrize(
    "text",
    ["tokens = [", "tokens = 3", "[[tokens]]\nname = 'a'", "\xff", "[[tokens]]\nname='a'\nadmin=false\nsha256='x'"],
)
def test_a_daemon_does_not_start_on_a_broken_file(path: Path, text: str):
    path.parent.mkdir()
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TokenError, match=r"tokens\.toml"):
        TokenBook(path)


def test_with_auth_off_the_file_is_not_even_read(path: Path):
    path.parent.mkdir()
    path.write_text("tokens = [")
    book = TokenBook(path, auth=False)
    assert not book.needed
    assert not book.refresh()
