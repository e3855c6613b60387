"""The daemon's commands as an operator types them: what they print, where, and how they end."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import llamachat
from tests.integration.daemons import daemon_command, run_daemon


def one_sentence(run: subprocess.CompletedProcess[str], status: int = 1) -> str:
    """What a refused command says: one line on stderr, nothing on stdout."""
    assert run.returncode == status, run.stderr
    assert run.stdout == ""
    [line] = run.stderr.strip().splitlines()
    return line


def without_extra(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command where nothing of the extra `daemon` can be imported."""
    blocked = ("llama_cpp", "numpy", "jinja2", "psutil", "pynvml", "prometheus_client", "huggingface_hub")
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nfor name in {blocked!r}:\n    sys.modules[name] = None\n")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    command = daemon_command(*arguments)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_version_and_help():
    run = run_daemon("--version")
    assert (run.returncode, run.stdout.strip()) == (0, f"llamachat-daemon, version {llamachat.__version__}")
    assert "serve" in run_daemon("--help").stdout


def test_the_module_and_the_script_are_the_same_command():
    script = Path(sys.executable).with_name("llamachat-daemon")
    run = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout == run_daemon("--help").stdout


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["check"]])
def test_without_the_extra_a_command_says_what_to_install(tmp_path: Path, command: list[str]):
    sentence = one_sentence(without_extra(tmp_path, *command, "--data-dir", str(tmp_path / "data")))
    assert "pip install 'llamachat[daemon]'" in sentence
    assert "llama_cpp" in sentence


@pytest.mark.parametrize(
    "command", [["--version"], ["--help"], ["serve", "--help"], ["models", "list"], ["token", "list"]]
)
def test_what_needs_nothing_of_the_extra_works_without_it(tmp_path: Path, command: list[str]):
    run = without_extra(tmp_path, *command)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--nonsense"], "No such option '--nonsense'"),
        (["serve", "extra"], "unexpected extra argument"),
        (["nonsense"], "No such command 'nonsense'"),
        (["serve", "--port", "many"], "'many' is not a valid integer"),
        (["serve", "--port", "99999"], "--port: found 99999"),
        (["serve", "--slots", "0"], "--slots: found 0"),
        (["serve", "--log-level", "loud"], "'loud' is not one of"),
        (["serve", "--model", "nope"], '--model: found "nope"'),
        (["serve", "--config", "/no/such/file.toml"], "no such file"),
        (["token", "add"], "Missing argument 'NAME'"),
    ],
)
def test_a_command_typed_wrong_is_a_usage_error(tmp_path: Path, arguments: list[str], said: str):
    run = run_daemon(*arguments)
    assert run.returncode == (1 if "--config" in arguments else 2)
    assert said in run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr


def test_wrong_settings_are_all_reported_with_file_line_and_key(tmp_path: Path):
    path = tmp_path / "daemon.toml"
    path.write_text('prot = 1\n[queue]\nlimit = "many"\n[models]\nmemory_budget = "50%"\n')
    run = run_daemon("serve", "--data-dir", tmp_path)
    assert run.returncode == 1
    assert f'{path}:1: prot: found an unknown key; allowed: did you mean "port"?' in run.stderr
    assert f'{path}:3: queue.limit: found "many"; allowed: a whole number' in run.stderr
    assert f'{path}:5: models.memory_budget: found "50%"' in run.stderr
    assert "not available in this version" in run.stderr
    assert run.stdout == ""


def test_a_missing_model_is_one_sentence(tmp_path: Path):
    sentence = one_sentence(run_daemon("serve", "--data-dir", tmp_path, "--model", tmp_path / "none.gguf"))
    assert str(tmp_path / "none.gguf") in sentence
    assert "does not exist" in sentence


def test_a_file_that_is_no_model_is_one_sentence(tmp_path: Path):
    path = tmp_path / "page.gguf"
    path.write_text("<!DOCTYPE html>" * 100)
    sentence = one_sentence(run_daemon("serve", "--data-dir", tmp_path, "--model", path))
    assert "is not a GGUF file" in sentence


def test_a_port_in_use_is_one_sentence(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = one_sentence(run_daemon("serve", "--data-dir", tmp_path, "--port", str(port)))
    assert f"Port {port} on 127.0.0.1 is in use" in sentence
    assert "--port" in sentence


def test_another_bind_without_tokens_is_one_sentence_with_both_ways_out(tmp_path: Path):
    sentence = one_sentence(run_daemon("serve", "--data-dir", tmp_path, "--host", "0.0.0.0", "--port", "0"))
    assert "llamachat-daemon token add" in sentence
    assert "--no-auth" in sentence


def test_a_broken_token_file_is_one_sentence(tmp_path: Path):
    (tmp_path / "tokens.toml").write_text("tokens = [")
    assert "tokens.toml" in one_sentence(run_daemon("serve", "--data-dir", tmp_path, "--port", "0"))


def test_a_token_is_printed_once_and_kept_as_a_hash(tmp_path: Path):
    run = run_daemon("token", "add", "alice", "--admin", "--data-dir", tmp_path)
    assert run.returncode == 0
    token = run.stdout.strip()
    assert re.fullmatch(r"lc_[A-Za-z0-9_-]{43}", token)
    assert token not in run.stderr
    path = tmp_path / "tokens.toml"
    assert token not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listed = run_daemon("token", "list", "--data-dir", tmp_path).stdout
    assert listed.startswith("alice\tadmin\t")
    assert token not in listed
    assert "revoke" in one_sentence(run_daemon("token", "add", "alice", "--data-dir", tmp_path))
    assert run_daemon("token", "revoke", "alice", "--data-dir", tmp_path).returncode == 0
    assert run_daemon("token", "list", "--data-dir", tmp_path).stdout == ""
    assert "no token for alice" in one_sentence(run_daemon("token", "revoke", "alice", "--data-dir", tmp_path))


def test_models_lists_the_bundled_and_the_configured(tmp_path: Path):
    assert re.match(r"\* guide\tllama, ", run_daemon("models", "list", "--data-dir", tmp_path).stdout)
    (tmp_path / "daemon.toml").write_text(
        'default_model = "guide"\n[models]\nfiles = [{id = "other", path = "gone.gguf"}]\n'
    )
    listed = run_daemon("models", "list", "--data-dir", tmp_path).stdout.splitlines()
    assert listed[0].startswith("  other\t")
    assert "does not exist" in listed[0]
    assert listed[1].startswith("* guide\t")


def test_check_tells_what_serve_would_do(tmp_path: Path):
    run = run_daemon("check", "--data-dir", tmp_path, "--port", "0")
    assert run.returncode == 0, run.stdout
    assert [line.split()[1].rstrip(":") for line in run.stdout.splitlines()] == [
        "settings", "access", "port", "engine", "model", "memory",
    ]  # fmt: skip


def test_check_finds_everything_that_would_stop_serve(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = run_daemon("check", "--data-dir", tmp_path, "--port", str(port), "--model", tmp_path / "none.gguf")
    assert run.returncode == 1
    problems = [line for line in run.stdout.splitlines() if line.startswith("problem")]
    assert len(problems) == 2
    assert "in use" in problems[0]
    assert "does not exist" in problems[1]


def test_check_finds_a_model_that_does_not_fit(tmp_path: Path):
    run = run_daemon("check", "--data-dir", tmp_path, "--port", "0", "--slots", "64", "--context", "16777216")
    assert run.returncode == 1
    assert "Give fewer slots or less context" in run.stdout
