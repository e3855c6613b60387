"""Pictures of the running program: taken for the tests, and for the docs with `make pictures`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.screens.drawn import Drawn, drawn
from tests.screens.scenes import SCREENS
from tests.screens.scenes.scene import Scene, played, still

Size = tuple[int, int]

NORMAL: Final[Size] = (80, 24)
NARROW: Final[Size] = (60, 20)
WIDE: Final[Size] = (120, 40)
SIZES: Final = (NORMAL, NARROW, WIDE)
DOCS: Final = Path(__file__).parents[2] / "docs"
SHOWN: Final[Mapping[str, tuple[str, Size]]] = {
    "chat": ("live", WIDE),
    "first-run": ("first-run", NORMAL),
    "conversation": ("chat-settings", NORMAL),
    "waiting": ("waiting-list", NORMAL),
    "message": ("menu-of-an-answer", NORMAL),
    "search": ("search", NORMAL),
    "files": ("files-attached", NORMAL),
    "nodes": ("nodes", WIDE),
    "node": ("node-charts", WIDE),
    "settings": ("settings-look", NORMAL),
    "keys": ("settings-keys", NORMAL),
}
"""The pictures in the docs: which screen each shows, and in which size."""

_WEB_FONTS: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_FONT: Final = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen in one size and one theme, as a picture and as it was drawn."""

    theme: str
    size: Size
    svg: str
    drawn: Drawn

    @property
    def name(self) -> str:
        """Its size."""
        return f"{self.size[0]}x{self.size[1]}"


async def taken(scene: Scene, path: Path, themes: Sequence[str], sizes: Sequence[Size]) -> list[Picture]:
    """Pictures in all these themes and sizes, with home directories below `path`. They come from one run of the program
    with the terminal resized and the theme changed, unless the scene is a fresh one each time."""
    looks = [(theme, size) for theme in themes for size in sizes]
    runs = [[look] for look in looks] if scene.fresh else [looks]
    pictures = []
    for number, run in enumerate(runs):
        home = path / str(number)
        home.mkdir()
        async with played(scene, home, theme=run[0][0], size=run[0][1]) as pilot:
            for theme, size in run:
                if (pilot.app.theme, pilot.app.size) != (theme, size):
                    pilot.app.theme = theme
                    await pilot.resize_terminal(*size)
                    await still(pilot)
                pictures.append(Picture(theme, size, pilot.app.export_screenshot(simplify=True), drawn(pilot.app)))
    return pictures


def for_docs(svg: str) -> str:
    """A picture that needs nothing from the web: with a font of the reader's own."""
    return _WEB_FONTS.sub("", svg).replace("font-family: Fira Code, monospace", f"font-family: {_FONT}")


def main() -> None:
    """Makes the pictures of the docs again."""
    folder = DOCS / "pictures"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for name, (screen, size) in SHOWN.items():
        with tempfile.TemporaryDirectory() as home:
            pictures = asyncio.run(taken(SCREENS[screen], Path(home), ["llamachat"], SIZES))
        [shown] = [picture for picture in pictures if picture.size == size]
        (folder / f"{name}.svg").write_text(for_docs(shown.svg))


if __name__ == "__main__":
    main()
