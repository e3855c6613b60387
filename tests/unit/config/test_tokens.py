from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.config.schema import NodeSettings
from llamachat.config.tokens import TokenError, token_source, warnings


def _token(node: NodeSettings, env: dict[str, str] | None = None) -> str | None:
    source = token_source(node, env or {})
    return None if source is None else source()


def test_a_nodes_own_token_wins_over_the_environment() -> None:
    env = {"LLAMACHAT_TOKEN": "common"}
    assert _token(NodeSettings(name="a", token="own"), env) == "own"
    assert _token(NodeSettings(name="a"), env) == "common"
    assert _token(NodeSettings(name="a")) is None


def test_a_changed_token_file_is_seen_on_the_next_call(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\nsecond line\n")
    source = token_source(NodeSettings(name="a", token_file=file), {})
    assert source is not None
    assert source() == "first"
    file.write_text("changed")
    assert source() == "changed"


def test_a_token_command_runs_once(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    source = token_source(NodeSettings(name="a", token_command=f"echo run >> '{runs}'; echo tok; echo more"), {})
    assert source is not None
    assert (source(), source()) == ("tok", "tok")
    assert runs.read_text() == "run\n"


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (NodeSettings(name="a", token_command="echo s3cret; exit 3"), "status 3"),
        (NodeSettings(name="a", token_command="exit 0"), "empty"),
        (NodeSettings(name="a", token_command="printf 's3\\033cret\\n'"), "not one line of plain characters"),
        (NodeSettings(name="a", token_file=Path("/no/such/file")), "cannot be read"),
    ],
)
def test_a_token_that_cannot_be_had_is_an_error_that_says_why_and_quotes_nothing(
    node: NodeSettings, reason: str
) -> None:
    with pytest.raises(TokenError, match=reason) as caught:
        _token(node)
    assert "cret" not in str(caught.value)


def test_a_token_command_that_hangs_is_given_up_even_when_its_children_hold_the_pipe() -> None:
    with pytest.raises(TokenError, match=r"within 0\.2 s"):
        _token(NodeSettings(name="a", token_command="sleep 7 | cat", token_timeout=0.2))


def test_no_repr_shows_a_token() -> None:
    node = NodeSettings(name="a", token="s3cret")
    assert "s3cret" not in repr(node)
    assert "s3cret" not in repr(token_source(node, {}))


def test_files_with_tokens_that_others_can_read_are_named(tmp_path: Path) -> None:
    config, file = tmp_path / "config.toml", tmp_path / "token"
    for each in (config, file):
        each.write_text("")
        each.chmod(0o644)
    nodes = (NodeSettings(name="a", token="x"), NodeSettings(name="b", token_file=file))
    assert [line.split()[0] for line in warnings(config, nodes)] == [str(config), str(file)]
    assert warnings(config, (NodeSettings(name="a"),)) == []
    file.chmod(0o600)
    assert len(warnings(config, nodes)) == 1
