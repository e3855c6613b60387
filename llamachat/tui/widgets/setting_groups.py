"""The list of groups, each marked when something in it is not saved or cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from llamachat.tui.settings_draft import Draft
from llamachat.tui.settings_fields import KEYS_GROUP, PROMPTS_GROUP, Group


class GroupList(OptionList):
    """What is lit is shown beside it; Enter goes there."""

    DEFAULT_CSS = """
    GroupList {
        width: 18; height: 1fr; border: round $secondary; background: $surface; padding: 0; scrollbar-size-vertical: 1;
    }
    GroupList:focus { border: heavy $primary; }
    """

    def __init__(self) -> None:
        super().__init__(id="groups", markup=False)

    def show(self, groups: Sequence[Group], draft: Draft) -> None:
        """Shows the groups with their marks."""
        wrong = draft.wrong
        lines = [Content(f"{_mark(group, draft, wrong)} {group.title}") for group in groups]
        if self.option_count != len(lines):
            self.set_options([Option(line, id=group.key) for line, group in zip(lines, groups, strict=True)])
        for place, line in enumerate(lines):
            if str(self.get_option_at_index(place).prompt) != str(line):
                self.replace_option_prompt_at_index(place, line)


def _mark(group: Group, draft: Draft, wrong: Sequence[str]) -> str:
    if group.key == KEYS_GROUP:
        is_wrong, is_changed = any(key.startswith("keys.") for key in wrong), draft.any_keys_changed
    elif group.key == PROMPTS_GROUP:
        is_wrong, is_changed = False, draft.any_prompts_changed
    else:
        is_wrong = any(field.key in wrong for field in group.fields)
        is_changed = any(draft.is_changed(field.key) for field in group.fields)
    return "✖" if is_wrong else "●" if is_changed else " "
