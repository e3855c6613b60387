"""What only the screen would find wrong with the settings: keys that no action can have, and theme files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llamachat.base.problems import Problem

if TYPE_CHECKING:
    from llamachat.config.places import Places
    from llamachat.config.schema import Settings


def wrong_for_the_screen(settings: Settings, places: Places) -> list[Problem]:
    """Every problem, those of the settings file first. The file is one that could be read as `settings`."""
    # Loads Textual, which commands that do not ask for this have no need of.
    from llamachat.base.toml_documents import parse_document, read_text
    from llamachat.config.themes import read_themes
    from llamachat.tui import keymap

    file = places.config_file
    document = parse_document(read_text(file, required=False), file)
    found = []
    for name, problem in keymap.problems(settings.keys).items():
        path = (name,) if ("keys", name) in document.lines else tuple(name.split("."))
        found.append(Problem(file, document.line(("keys", *path)), f"keys.{name}", problem.found, problem.allowed))
    _themes, of_themes = read_themes(places.themes_dir)
    return [*found, *of_themes]
