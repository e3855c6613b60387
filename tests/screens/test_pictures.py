"""Every screen in three sizes and two themes, and every state, as pictures; and what must hold of all of them.

Look at a picture before accepting it: `make test ARGS="tests/screens/test_pictures.py --snapshot-update"`.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension
from rich.color import ColorSystem
from syrupy import SnapshotAssertion

from tests.screens.drawn import faint, lost_in, widths
from tests.screens.pictures import DOCS, NORMAL, SHOWN, SIZES, Picture, for_docs, taken
from tests.screens.scenes import SCREENS, STATES, THEMED

_IMAGE = re.compile(r"!\[([^]]*)\]\(([^)]*\.svg)\)")
CONTRAST = "high-contrast"
THEMES = ("llamachat", CONTRAST)
OTHERS = ("llamachat-light", "ansi")


@pytest.fixture(scope="module", params=[(name, theme) for name in SCREENS for theme in THEMES], ids="-".join)
def screen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Picture]:
    """One screen in one theme, in every size."""
    name, theme = request.param
    return asyncio.run(taken(SCREENS[name], tmp_path_factory.mktemp("home"), [theme], SIZES))


@pytest.fixture(scope="module", params=STATES)
def state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Picture]:
    """One state in both themes."""
    return asyncio.run(taken(STATES[request.param], tmp_path_factory.mktemp("home"), THEMES, [NORMAL]))


@pytest.fixture(scope="module", params=[(name, theme) for name in THEMED for theme in OTHERS], ids="-".join)
def themed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Picture]:
    """One state in a theme that the others are not pictured in; `ansi` takes the terminal's own 16 colours."""
    name, theme = request.param
    return asyncio.run(taken(STATES[name], tmp_path_factory.mktemp("home"), [theme], [NORMAL]))


def accepted(picture: Picture, snapshot: SnapshotAssertion) -> bool:
    return bool(snapshot(name=picture.name, extension_class=SVGImageExtension) == picture.svg)


def test_a_screen_looks_as_accepted(screen: list[Picture], snapshot: SnapshotAssertion):
    assert [picture.name for picture in screen if not accepted(picture, snapshot)] == []


def test_a_state_looks_as_accepted(state: list[Picture], snapshot: SnapshotAssertion):
    assert [picture.name for picture in state[:1] if not accepted(picture, snapshot)] == []


def test_a_state_looks_as_accepted_in_other_themes(themed: list[Picture], snapshot: SnapshotAssertion):
    assert [picture.name for picture in themed if not accepted(picture, snapshot)] == []


def test_a_screen_can_be_read(screen: list[Picture]):
    for picture in screen:
        can_be_read(picture)


def test_a_state_can_be_read(state: list[Picture]):
    for picture in state:
        can_be_read(picture)


def test_a_state_can_be_read_in_other_themes(themed: list[Picture]):
    for picture in themed:
        can_be_read(picture)


@pytest.mark.parametrize(
    ("screen", "name"), [((at, "llamachat"), name) for name, (at, _) in SHOWN.items()], ids=SHOWN, indirect=["screen"]
)
def test_the_docs_show_the_program_as_it_is(screen: list[Picture], name: str):
    [picture] = [picture for picture in screen if picture.size == SHOWN[name][1]]
    assert (DOCS / "pictures" / f"{name}.svg").read_text() == for_docs(picture.svg), "run `make pictures`"


def test_the_docs_have_no_other_pictures_and_say_in_words_what_each_shows():
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    shown = {path: words for page in pages for words, path in _IMAGE.findall(page.read_text())}
    screens = {Path(path).stem for path in shown if "pictures/" in path}
    assert screens == set(SHOWN) == {file.stem for file in DOCS.glob("pictures/*")}
    assert [path for path, words in shown.items() if len(words.split()) < 4] == []


def can_be_read(picture: Picture) -> None:
    """Every line takes the width of the terminal, no more and no less; no text has the colour of what is behind it, in
    256 colours or in 16; and with high contrast all text can be told from it well."""
    assert widths(picture.drawn) == {picture.size[0]}
    assert lost_in(ColorSystem.EIGHT_BIT, picture.drawn) == []
    assert lost_in(ColorSystem.STANDARD, picture.drawn) == []
    if picture.theme == CONTRAST:
        assert faint(picture.drawn) == []
