"""The figures of `benchmarks engine` as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS: Final = {"llamachat": "#667eea", "C++ server": "#ed8936", "Python server": "#48bb78", "bare loop": "#a0aec0"}
"""Each server keeps its colour in all pictures."""

# Text stays text, and the same figures give the same file.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "llamachat", "font.size": 9})


def draw(figures: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Writes an SVG: a row for each model; speeds, pauses, and how soon later turns begin.

    `figures` are those of `benchmarks.engine`: by model and measurement, by what is on the axis, by server.
    """
    columns = {
        "decode": "tokens per second",
        "beside": "tokens per second",
        "long": "tokens per second",
        "gaps": "pauses, in usual ones",
        "turns": "ms to the first token",
    }
    picture = Figure(figsize=(17, 3.2 * len(figures)), layout="constrained")
    grid = picture.subplots(len(figures), len(columns), squeeze=False)
    for row, (model, measured) in zip(grid, figures.items(), strict=True):
        for axes, (name, label) in zip(row, columns.items(), strict=True):
            axes.set_title(f"{model}: {name}")
            axes.set_ylabel(label)
            if name in measured:
                _bars(axes, measured[name])
            else:
                axes.set_axis_off()
    named = {bars.get_label(): bars for axes in picture.axes for bars in axes.containers}
    picture.legend(named.values(), named.keys(), loc="outside upper center", ncols=len(named), frameon=False)
    picture.savefig(path, format="svg", metadata={"Date": None})


def _bars(axes: Axes, groups: Mapping[str, Mapping[str, float]]) -> None:
    servers = list(dict.fromkeys(server for group in groups.values() for server in group))
    width = 0.8 / len(servers)
    for place, server in enumerate(servers):
        heights = [group.get(server, 0.0) for group in groups.values()]
        lefts = [number + place * width for number in range(len(groups))]
        bars = axes.bar(lefts, heights, width, label=server, color=COLOURS[server])
        axes.bar_label(bars, [_short(height) if height else "" for height in heights], fontsize=6)
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(groups))], list(groups))
    axes.spines[["top", "right"]].set_visible(False)


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
