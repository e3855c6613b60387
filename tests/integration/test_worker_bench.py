"""`llamachat-daemon bench`, as an operator runs it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.integration.daemons import run_daemon
from tests.random_models import tiny_model


def test_bench_measures_a_model_and_says_what_to_run_it_with(tmp_path_factory, tmp_path: Path) -> None:
    model = tiny_model(tmp_path_factory)
    done = run_daemon("bench", "--model", model, "--data-dir", tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^suggested: --threads \d+ --slots \d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^1 thread +\d+( +[\d.]+){5}$", done.stdout, re.MULTILINE)


def test_with_a_number_of_threads_only_that_is_measured(tmp_path_factory, tmp_path: Path) -> None:
    done = run_daemon("bench", "--model", tiny_model(tmp_path_factory), "--threads", "1", "--data-dir", tmp_path)
    assert "suggested: --threads 1 " in done.stdout
    assert len(re.findall(r"^\d+ threads? ", done.stdout, re.MULTILINE)) == 1


def test_a_file_that_is_no_model_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    done = run_daemon("bench", "--model", broken, "--data-dir", tmp_path)
    assert done.returncode == 1
    assert "broken cannot be measured: llama.cpp cannot load broken.gguf" in done.stderr
    assert "Traceback" not in done.stderr
