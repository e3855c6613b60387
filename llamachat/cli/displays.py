"""The events of one turn written to standard output, as text for people or as JSON for programs."""

from __future__ import annotations

from typing import Protocol

from llamachat.cli.output import Output
from llamachat.cli.rendering import PrintableStream, json_line, progress, seam, summary
from llamachat.cli.status_line import StatusLine
from llamachat.fleet.events import Delta, Failed, Finished, Rerouted, TurnEvent


class Display(Protocol):
    """Takes the events of one turn, one after another."""

    async def show(self, event: TurnEvent) -> None:
        """Writes what there is to say about `event`.

        Raises:
            BrokenPipeError: nobody reads any more.
        """


class TextDisplay:
    """The answer's text and nothing else on standard output, made safe for a terminal; the rest on the status line.

    The text is made safe even where standard output is no terminal: what goes into a pipe or a file reaches one in the
    end. `ask --json` has the exact text.

    Args:
        stream: write the text as it comes; False: the whole of it once it is complete.
        shared: text and status line are on one terminal, so that nothing may be said in the middle of the text.
    """

    def __init__(self, output: Output, status: StatusLine, *, stream: bool, shared: bool) -> None:
        self._output = output
        self._status = status
        self._streams = stream
        self._shared = shared
        self._text = PrintableStream()
        self._at_line_start = True
        self._begun = False
        self._seams: list[str] = []

    async def show(self, event: TurnEvent) -> None:
        match event:
            case Delta():
                if self._streams and event.text:
                    await self._write(self._text.feed(event.text))
            case Finished():
                await self._write(self._text.end() if self._streams else PrintableStream().feed(event.text))
                await self._end_line()
                for said in self._seams:
                    self._status.say(said)
                self._status.say(summary(event))
            case Failed():
                await self._write(self._text.end())
                await self._end_line()
            case _:
                self._wait(event)

    def _wait(self, event: TurnEvent) -> None:
        if isinstance(event, Rerouted):
            self._seams.append(seam(event))
        if (words := progress(event)) is not None and not (self._shared and self._begun):
            self._status.show(words)

    async def _write(self, text: str) -> None:
        if text:
            self._status.clear()
            await self._output.write(text)
            self._begun = True
            self._at_line_start = text.endswith("\n")

    async def _end_line(self) -> None:
        self._status.clear()
        if self._begun and not self._at_line_start:
            await self._write("\n")


class JsonDisplay:
    """One JSON object a line for each event.

    Args:
        stream: write `delta` events too.
        chat_id: of the conversation that the answer is kept in, for `finished`.
    """

    def __init__(self, output: Output, status: StatusLine, *, stream: bool, chat_id: str | None) -> None:
        self._output = output
        self._status = status
        self._streams = stream
        self._chat_id = chat_id

    async def show(self, event: TurnEvent) -> None:
        if isinstance(event, Delta) and not self._streams:
            return
        self._status.clear()
        await self._output.write(json_line(event, self._chat_id) + "\n")
