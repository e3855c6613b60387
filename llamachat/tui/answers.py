"""An answer while it is being given, as a value: what has come, from where, and what is happening."""

from __future__ import annotations

from dataclasses import dataclass, replace

from llamachat.fleet.events import Delta, Failed, Finished, Rerouted, Routed, TurnEvent
from llamachat.protocol import Seam
from llamachat.tui.phases import phase


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """One turn as the screen sees it. `phase` says what happens before the first words; `ended` is how it ended;
    `question_id` is the message that it answers."""

    chat_id: str
    message_id: str
    created_at: float
    text: str = ""
    node: str = ""
    model: str = ""
    phase: str = "…"
    seams: tuple[Seam, ...] = ()
    ended: Finished | Failed | None = None
    question_id: str = ""

    @property
    def problem(self) -> str:
        """Why it failed; empty when it has not."""
        return self.ended.message if isinstance(self.ended, Failed) else ""

    @property
    def finish_reason(self) -> str:
        """How it finished, as the protocol has it; empty while it runs or when it failed."""
        return self.ended.finish_reason if isinstance(self.ended, Finished) else ""


def advance(answer: LiveAnswer, event: TurnEvent) -> LiveAnswer:
    """The answer after one more event."""
    match event:
        case Delta(node=node, model=model, offset=offset, text=text):
            return replace(answer, node=node, model=model, text=answer.text[:offset] + text, phase="")
        case Rerouted(to_node=node, offset=offset):
            seam = Seam(node, offset)
            return replace(answer, node=node, seams=(*answer.seams, seam), phase=_going_on(answer, node))
        case Routed(node=node, model=model):
            said = _going_on(answer, node) if answer.text else (phase(event) or "")
            return replace(answer, node=node, model=model or answer.model, phase=said)
        case Finished(text=text, node=node, model=model, seams=seams):
            return replace(answer, text=text, node=node, model=model, seams=seams, phase="", ended=event)
        case Failed():
            return replace(answer, phase="", ended=event)
        case _:
            return replace(answer, phase=phase(event) or answer.phase)


def _going_on(answer: LiveAnswer, node: str) -> str:
    return f"going on at {node} …" if answer.text else f"asking {node} …"
