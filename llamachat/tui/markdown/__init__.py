"""Markdown as lines of styled text, made block by block.

A message is one widget whose lines are computed for its width. While an answer streams, only its last block is parsed
and laid out again, of a list only its last items, and of code only its last lines; what stands before stays as it is.
That keeps the cost of a token independent of how long the answer has become, and makes a finished message as cheap as
its visible lines.
"""

from llamachat.tui.markdown.blocks import Block, BlockSplitter
from llamachat.tui.markdown.code import CodeLayout, language_of
from llamachat.tui.markdown.layout import layout_block

__all__ = ["Block", "BlockSplitter", "CodeLayout", "language_of", "layout_block"]
