"""What a wheel built from this tree holds and asks for."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel, built without isolation so that nothing is fetched."""
    target = tmp_path_factory.mktemp("wheel")
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(target)], cwd=ROOT, check=True, capture_output=True)
    (path,) = target.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_both_packages_and_the_model(wheel: zipfile.ZipFile):
    sizes = {info.filename: info.file_size for info in wheel.infolist()}
    assert "llamachat/cli/__init__.py" in sizes
    assert "llamachat_daemon/cli.py" in sizes
    assert 1_000_000 < sizes["llamachat_daemon/models/guide.gguf"] <= 6_000_000
    assert wheel.open("llamachat_daemon/models/guide.gguf").read(4) == b"GGUF"
    assert "llamachat_daemon/models/MODEL_CARD.md" in sizes


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile):
    rooms = {name.split("/")[0] for name in wheel.namelist()}
    assert {room for room in rooms if not room.endswith(".dist-info")} == {"llamachat", "llamachat_daemon"}


def test_the_core_asks_for_nothing_that_compiles_llama_cpp(wheel: zipfile.ZipFile):
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    required = HeaderParser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist") or []
    core = {re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in required if "extra ==" not in line}
    assert core == {
        "charset-normalizer", "click", "markdown-it-py", "msgpack", "msgspec", "platformdirs", "pypdf", "rich",
        "textual", "textual-plotext", "tomlkit", "websockets",
    }  # fmt: skip
