"""The last minutes of a node, drawn."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.events import Resize
from textual_plotext import PlotextPlot

from llamachat.tui.nodes_charts import KEYS, Chart
from llamachat.tui.nodes_history import KEPT_S

_BESIDE = 76
"""With fewer cells than this, the charts stand below each other."""

_LEAST_LINES = 9


class NodeCharts(ScrollableContainer):
    """One chart for each figure. They have the colours of the text around them, so that every theme can be read."""

    DEFAULT_CSS = f"""
    NodeCharts {{
        layout: grid; grid-size: 2; grid-rows: 1fr; grid-gutter: 0 1; overflow: hidden auto; height: 1fr;
        scrollbar-size-vertical: 1;
    }}
    NodeCharts.-narrow {{ grid-size: 1; grid-rows: {_LEAST_LINES}; }}
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: dict[str, Chart] = {}

    def compose(self) -> ComposeResult:
        """The charts, empty."""
        for key in KEYS:
            plot = PlotextPlot(id=f"chart-{key}")
            plot.theme = "clear"
            yield plot

    def on_resize(self, event: Resize) -> None:
        """Two beside each other need room."""
        self.set_class(event.size.width < _BESIDE, "-narrow")

    def show(self, charts: Sequence[Chart]) -> None:
        """Draws these."""
        for chart in charts:
            if self._shown.get(chart.key) == chart:
                continue
            self._shown[chart.key] = chart
            for widget in self.query(f"#chart-{chart.key}").results(PlotextPlot):
                widget.tooltip = chart.help
                plt = widget.plt
                plt.clear_figure()
                plt.title(chart.title)
                plt.xlim(-KEPT_S / 60, 0)
                plt.ylim(0, chart.top)
                plt.yticks([0, chart.top / 2, chart.top], ["0", f"{chart.top / 2:g}", f"{chart.top:g}"])
                plt.xticks([-5, -4, -3, -2, -1, 0], ["-5 min", "-4", "-3", "-2", "-1", "now"])
                if chart.values:
                    plt.plot(chart.ago, chart.values, marker="braille", color="default")
                widget.refresh()
