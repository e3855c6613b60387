"""One message's text as a single widget, whether it still grows or not."""

from __future__ import annotations

from typing import Final

from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import RenderOptions
from textual.widget import Widget

from llamachat.tui.finding import spans
from llamachat.tui.markdown import Block, BlockSplitter, CodeLayout, language_of, layout_block

CURSOR: Final = "▊"


def marked(line: Content, needle: str) -> Content:
    """The line with every place where `needle` stands made visible, without relying on colours."""
    for start, end in spans(line.plain, needle) if needle else ():
        line = line.stylize("bold reverse", start, end)
    return line


def _is_same(one: Content, other: Content) -> bool:
    """Whether two lines look alike. (Contents are equal when their text is.)"""
    return one is other or (one.plain == other.plain and one.spans == other.spans)


class MarkdownView(Widget):
    """Markdown that can be appended to. Its lines are laid out per width, block by block, and drawn one at a time.

    This is the boundary behind which the text of a message is shown: `append`, `show_cursor`, `finish`, `text` and
    `code_blocks` are all that a message knows of it.
    """

    DEFAULT_CSS = """
    MarkdownView { width: 1fr; height: auto; }
    """

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._splitter = BlockSplitter(text)
        self._cursor = False
        self._width = 0  # the width that everything below is laid out for
        self._block_lines: list[list[Content]] = []  # of the blocks from the first on that are laid out
        self._lines: list[Content] = []
        self._strips: dict[int, Strip] = {}
        self._stale = True
        self._needle = ""
        self._growing: tuple[int, CodeLayout] | None = None  # of the code that the text ends with, and its first line

    @property
    def text(self) -> str:
        """The Markdown source so far."""
        return self._splitter.text

    @property
    def code_blocks(self) -> list[str]:
        """The source of each code block, in order; block n is shown with the number n + 1."""
        return [block.code for block in self._splitter.blocks if block.code is not None]

    @property
    def code_languages(self) -> list[str]:
        """What each code block says its language is, "" for nothing."""
        return [language_of(block.tokens[0].info) for block in self._splitter.blocks if block.code is not None]

    def append(self, text: str) -> None:
        """Adds text at the end."""
        if text:
            self._changed_from(self._splitter.append(text))

    def finish(self) -> None:
        """Says that nothing more will come."""
        self._cursor = False
        self._changed_from(self._splitter.finish())

    def show_cursor(self, on: bool) -> None:
        """Shows a mark at the end that says more is to come."""
        if on != self._cursor:
            self._cursor = on
            self._changed_from(max(0, len(self._splitter.blocks) - 1))

    def mark(self, needle: str) -> None:
        """Marks where `needle` stands in a line, without regard to case and diacritics; "" for nothing."""
        if needle != self._needle:
            self._needle = needle
            self._strips.clear()
            self.refresh()

    @property
    def first_mark(self) -> int | None:
        """The first line with something marked."""
        if not self._needle:
            return None
        return next((y for y, line in enumerate(self._lines) if spans(line.plain, self._needle)), None)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as it may be."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at this width."""
        self._lay_out(width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line, from the cache unless it is part of a selection."""
        width = self.content_size.width
        self._lay_out(width)
        selection = self.text_selection
        if selection is None and y in self._strips:
            return self._strips[y]
        base = self.visual_style
        if y >= len(self._lines):
            return Strip.blank(width, base.rich_style)
        line = marked(self._lines[y], self._needle)
        if selection is not None and (span := selection.get_span(y)) is not None:
            start, end = span
            line = line.stylize("reverse", start, len(line) if end == -1 else end)
        options = RenderOptions(self._get_style, {})
        drawn = line.render_strips(width, 1, base, options) or [Strip.blank(width, base.rich_style)]
        strip = drawn[0].adjust_cell_length(width, base.rich_style).apply_offsets(0, y)
        if selection is None:
            self._strips[y] = strip
        return strip

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, without the padding that fills a frame."""
        return selection.extract("\n".join(line.plain.rstrip() for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draws the lines again."""
        self.refresh()

    def notify_style_update(self) -> None:
        """A theme or a class changed: the layout stands, the drawn lines do not."""
        super().notify_style_update()
        self._strips.clear()

    def _changed_from(self, block: int) -> None:
        before = self._lines
        del self._block_lines[block:]
        self._stale = True
        self._lay_out(self._width)
        if self.is_mounted:
            self._draw_anew(before)

    def _draw_anew(self, before: list[Content]) -> None:
        """Has those lines drawn that are not what they were: over a slow link the whole text is much."""
        if len(self._lines) != len(before):
            self.refresh(layout=True)
            return
        changed = [y for y, (old, new) in enumerate(zip(before, self._lines, strict=True)) if not _is_same(old, new)]
        if changed:
            first, last = changed[0], changed[-1]
            left, top = self.gutter.left, self.gutter.top
            self.refresh(Region(left, top + first, self.content_size.width, last - first + 1))

    def _lay_out(self, width: int) -> None:
        """Brings `_lines` up to date for `width`, laying out only the blocks that have changed."""
        if width != self._width:
            self._width, self._stale = width, True
            self._block_lines.clear()
            self._strips.clear()
            self._growing = None
        if not self._stale or not width:
            return
        blocks = self._splitter.blocks
        first = len(self._block_lines)
        number = sum(block.code is not None for block in blocks[:first])
        for index, block in enumerate(blocks[first:], first):
            number += block.code is not None
            lines = self._block(block, number, is_last=index == len(blocks) - 1)
            self._block_lines.append([Content(""), *lines] if index and block.is_apart else lines)
        before = self._lines
        self._lines = [line for lines in self._block_lines for line in lines]
        if self._cursor:
            self._add_cursor(width)
        self._strips = {
            y: strip
            for y, strip in self._strips.items()
            if y < min(len(before), len(self._lines)) and _is_same(before[y], self._lines[y])
        }
        self._stale = False

    def _block(self, block: Block, number: int, *, is_last: bool) -> list[Content]:
        if block.code is None:
            return layout_block(block, self._width)
        if self._growing is None or self._growing[0] != block.start:
            if not is_last:
                return layout_block(block, self._width, number)
            self._growing = block.start, CodeLayout(language_of(block.tokens[0].info), self._width, number)
        return self._growing[1].lines(block.code)

    def _add_cursor(self, width: int) -> None:
        """Puts the cursor behind the last line, or on one of its own where that one is full or part of a frame."""
        mark = Content.styled(CURSOR, "$primary")
        in_frame = bool(self._splitter.blocks) and self._splitter.blocks[-1].code is not None
        if self._lines and not in_frame and self._lines[-1].cell_length < width:
            self._lines[-1] = self._lines[-1] + mark
        else:
            self._lines.append(mark)
