from __future__ import annotations

import subprocess
import sys

from llamachat_daemon.pipe import launch


def test_the_command_runs_the_engine_of_this_python_with_both_descriptors() -> None:
    argv = launch.command(5, 6)
    assert argv[0] == sys.executable
    assert argv[1:3] == ["-m", "llamachat_daemon.engine"]
    assert argv[3:] == ["--read-fd", "5", "--write-fd", "6"]


def test_the_environment_sets_what_is_unset_and_keeps_the_rest() -> None:
    environment = launch.environment({"PATH": "/bin", "GOMP_SPINCOUNT": "0"})
    assert environment["PATH"] == "/bin"
    assert environment["GOMP_SPINCOUNT"] == "0"
    assert environment["GGML_NO_BACKTRACE"] == "1"
    assert launch.environment({})["GOMP_SPINCOUNT"] == "2000"


def test_the_pipe_room_needs_no_llama_cpp() -> None:
    code = (
        "import sys, llamachat_daemon.pipe.front_end, llamachat_daemon.pipe.worker_end, llamachat_daemon.pipe.launch; "
        "sys.exit(any(name.split('.')[0] in ('llama_cpp', 'numpy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
