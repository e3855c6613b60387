"""The process that renders chat templates: `python -m llamachat_daemon.engine.render_child CPU_SECONDS MEMORY_BYTES`.

Requests on stdin, answers on stdout, each a msgpack value behind a 4-byte length. The processor time of one rendering
is limited by a timer whose signal ends the process, and the memory by the system. It ends when stdin does.
"""

from __future__ import annotations

import datetime
import functools
import json
import resource
import signal
import struct
import sys
from typing import IO, Any, Final, NoReturn

import jinja2
import jinja2.ext
import jinja2.sandbox
import msgspec

from llamachat.protocol import PromptMessage

HEADER: Final = struct.Struct(">I")

OUTPUT_FACTOR: Final = 16
OUTPUT_EXTRA: Final = 1 << 20
"""A rendering may have this many characters more than `OUTPUT_FACTOR` times its messages."""

ROUNDING_SECONDS: Final = 0.1  # one rendering's share of a timer tick must not end the next one


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A conversation to render with a template."""

    template: str
    messages: list[PromptMessage]
    beginning: str
    end: str
    generation_prompt: bool


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """The text, or why there is none."""

    text: str = ""
    error: str | None = None


def render(request: Request) -> Answer:
    """Renders, in Jinja's sandbox and with the names that chat templates expect."""
    limit = OUTPUT_EXTRA + OUTPUT_FACTOR * sum(len(message.content) for message in request.messages)
    parts: list[str] = []
    size = 0
    try:
        pieces = _compile(request.template).generate(
            messages=[msgspec.to_builtins(message) for message in request.messages],
            add_generation_prompt=request.generation_prompt,
            bos_token=request.beginning,
            eos_token=request.end,
            tools=None,
        )
        for piece in pieces:
            parts.append(piece)
            size += len(piece)
            if size > limit:
                return Answer(error=f"its output passes {limit} characters")
    except jinja2.TemplateError as error:
        return Answer(error=f"{error.message or type(error).__name__}")
    except Exception as error:  # noqa: BLE001 - a template is a program, and fails in every way that programs do
        return Answer(error=f"{type(error).__name__}: {error}")
    return Answer("".join(parts))


@functools.lru_cache(maxsize=4)
def _compile(template: str) -> jinja2.Template:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = _now
    return environment.from_string(template)


def _to_json(value: Any, indent: int | None = None) -> str:
    """Plain JSON; Jinja's own filter escapes for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _now(form: str) -> str:
    return datetime.datetime.now().astimezone().strftime(form)


def main() -> None:
    """Serves requests until stdin ends."""
    cpu_seconds, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the front alone
    if sys.platform == "linux":  # elsewhere this limit is refused or ignored
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while header := requests.read(HEADER.size):
        body = requests.read(HEADER.unpack(header)[0])
        request = msgspec.msgpack.decode(body, type=Request)
        signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds + ROUNDING_SECONDS)  # its signal ends this process
        answer = render(request)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        _send(answers, answer)


def _send(stream: IO[bytes], answer: Answer) -> None:
    body = msgspec.msgpack.encode(answer)
    stream.write(HEADER.pack(len(body)) + body)
    stream.flush()


if __name__ == "__main__":
    main()
