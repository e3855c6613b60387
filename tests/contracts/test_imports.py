"""The import contracts of pyproject.toml hold, and each of them bites."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# For each contract, modules that break it: where to write them, and what they import.
VIOLATIONS = {
    "the client's rooms stand on each other in one direction": [("llamachat/store/bad.py", "llamachat.fleet")],
    "the client's core knows no terminal": [("llamachat/fleet/bad.py", "click")],
    "only tui knows Textual": [("llamachat/newroom/bad.py", "textual"), ("llamachat_daemon/serving/bad.py", "textual")],
    "the client speaks WebSockets only in fleet": [("llamachat/cli/bad.py", "websockets")],
    "PDFs are parsed in one module": [("llamachat/documents/bad.py", "pypdf")],
    "the client opens SQLite only in store": [("llamachat/fleet/bad.py", "sqlite3")],
    "the daemon opens SQLite only in its archive": [("llamachat_daemon/serving/bad.py", "sqlite3")],
    "llama.cpp is bound in one module": [("llamachat_daemon/engine/bad.py", "llama_cpp")],
    "the daemon shares only protocol and base with the client": [("llamachat_daemon/bad.py", "llamachat.config")],
    "the client never imports the daemon": [("llamachat/cli/bad.py", "llamachat_daemon.config")],
    "the engine knows no sockets, no asyncio and no front": [("llamachat_daemon/engine/bad.py", "asyncio")],
    "the front never imports the engine": [("llamachat_daemon/serving/bad.py", "llamachat_daemon.engine")],
}


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Runs the linter there, over the packages found there."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", str(directory / "pyproject.toml")],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": f"{directory}{os.pathsep}{directory / 'daemon'}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """Both packages with every module empty, under the project's own contracts."""
    for package in (ROOT / "llamachat", ROOT / "daemon" / "llamachat_daemon"):
        for module in package.rglob("*.py"):
            copy = tmp_path / module.relative_to(package.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text("")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


def test_the_project_keeps_its_contracts():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_every_contract_has_an_example_that_breaks_it():
    assert {contract["name"] for contract in CONTRACTS} == set(VIOLATIONS)


@pytest.mark.parametrize(
    ("contract", "place", "imported"),
    [(name, place, imported) for name, modules in VIOLATIONS.items() for place, imported in modules],
)
def test_the_contract_bites(skeleton: Path, contract: str, place: str, imported: str):
    module = skeleton / place
    if not module.parent.exists():
        module.parent.mkdir()
        (module.parent / "__init__.py").write_text("")
    module.write_text(f"import {imported}\n")
    result = lint(skeleton)
    assert f"{contract} BROKEN" in result.stdout, result.stdout


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import llamachat", ["textual", "websockets", "click"]),
        ("import llamachat.cli", ["textual"]),
        ("import llamachat.fleet, llamachat.store, llamachat.config", ["textual", "click", "rich"]),
        ("import llamachat.documents.attaching", ["pypdf", "charset_normalizer"]),
        ("import llamachat_daemon.serving.server, llamachat_daemon.serving.node", ["llama_cpp", "numpy", "jinja2"]),
        ("import llamachat_daemon.cli", ["llama_cpp"]),
    ],
)
def test_importing_stays_lazy(code: str, absent: list[str]):
    check = f"{code}\nimport sys\nfound = {absent!r} & sys.modules.keys()\nassert not found, found"
    check = check.replace(repr(absent), repr(set(absent)))
    subprocess.run([sys.executable, "-c", check], check=True)


def test_the_front_imports_where_llama_cpp_is_missing():
    blocked = "import sys; sys.modules.update(dict.fromkeys(['llama_cpp', 'numpy', 'jinja2']))\n"
    subprocess.run([sys.executable, "-c", blocked + "import llamachat_daemon.serving.server"], check=True)


@pytest.mark.parametrize("arguments", [["--version"], ["ask", "--help"], ["ask", "hello"]])
def test_llamachat_without_a_screen_never_imports_textual(arguments: list[str], tmp_path: Path):
    code = (
        "import sys\nfrom llamachat.cli import main\n"
        f"sys.argv = ['llamachat', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "assert 'textual' not in sys.modules"
    )
    environment = {**os.environ, "LLAMACHAT_CONFIG": str(tmp_path / "c.toml"), "LLAMACHAT_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, stdin=subprocess.DEVNULL)
