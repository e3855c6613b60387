from __future__ import annotations

from pathlib import Path

import pytest

from llamachat.config.places import find


def test_options_win_over_the_environment_and_that_over_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    env = {"LLAMACHAT_CONFIG": str(tmp_path / "env.toml"), "LLAMACHAT_DATA_DIR": str(tmp_path / "env")}
    platform = find({})
    assert platform.config_file == tmp_path / "config" / "llamachat" / "config.toml"
    assert platform.history_file == tmp_path / "data" / "llamachat" / "history.db"
    assert not platform.config_named
    assert find(env).config_file == tmp_path / "env.toml"
    assert find(env).config_named
    assert find(env).data_dir == tmp_path / "env"
    named = find(env, tmp_path / "x.toml", tmp_path / "y")
    assert (named.config_file, named.data_dir, named.state_dir) == (tmp_path / "x.toml", tmp_path / "y", tmp_path / "y")


def test_an_empty_variable_counts_as_unset() -> None:
    assert find({"LLAMACHAT_CONFIG": "", "LLAMACHAT_DATA_DIR": ""}) == find({})
