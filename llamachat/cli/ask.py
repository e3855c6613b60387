"""`llamachat ask`: one question, one answer on standard output."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llamachat.base.hints import did_you_mean
from llamachat.base.problems import shown
from llamachat.base.text import sentence
from llamachat.cli.interrupts import exits_on_signals
from llamachat.cli.invocation import Invocation, UsageProblem, node_options

if TYPE_CHECKING:
    from llamachat.config.schema import Settings
    from llamachat.store.own_settings import SamplingValue


@click.command()
@click.argument("prompt", nargs=-1)
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Put the text of this file into the question: PDF, text, Markdown, source. Repeat it for more.",
)
@click.option("--trim", is_flag=True, help="Of files too long for the model, send the beginning instead of failing.")
@click.option("--model", metavar="M", help="The model to ask, by its id; auto for each node's default.")
@click.option("--chat", "chat_id", metavar="ID", help="Go on with this chat; `llamachat chats list` shows the ids.")
@click.option("--continue", "go_on", is_flag=True, help="Go on with the chat that was used last.")
@click.option("--system", metavar="TEXT", help="What the model is told before the conversation.")
@click.option("--prompt", "named", metavar="NAME", help="The same by its name, out of [prompts] in the settings.")
@click.option("--temperature", type=float, metavar="T", help="How freely words are drawn; 0 takes the likeliest.")
@click.option("--seed", type=int, metavar="N", help="Draw the same words again for the same conversation.")
@click.option("--max-tokens", type=int, metavar="N", help="End the answer after this many tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each event.")
@click.option("--no-stream", is_flag=True, help="Print the answer when it is complete, not as it comes.")
@click.option("--no-history", is_flag=True, help="Do not keep the question and the answer.")
@node_options
@click.pass_obj
def ask(
    invocation: Invocation,
    prompt: tuple[str, ...],
    files: tuple[Path, ...],
    trim: bool,
    model: str | None,
    chat_id: str | None,
    go_on: bool,
    system: str | None,
    named: str | None,
    temperature: float | None,
    seed: int | None,
    max_tokens: int | None,
    as_json: bool,
    no_stream: bool,
    no_history: bool,
) -> None:
    """Print one answer, and nothing else, on standard output.

    What is piped in is put after PROMPT, and files after that. Control characters in an answer are replaced, as they
    could command your terminal; --json has the exact text. Exit status: 0 answered, 1 failed, 2 wrong usage, 3 no
    node, 130 interrupted.
    """
    if chat_id is not None and go_on:
        raise click.UsageError("Give --chat or --continue, not both.")
    if no_history and (chat_id is not None or go_on):
        raise click.UsageError("--no-history cannot go on with a chat.")
    if system is not None and named is not None:
        raise click.UsageError("Give --system or --prompt, not both.")
    settings = invocation.settings()
    question = _question(prompt, settings)
    if not question and not files:
        raise click.UsageError("There is no question. Give it as PROMPT, in a file with -f, or by a pipe.")
    with exits_on_signals(), invocation.context() as context:
        from llamachat.cli.answering import Request, answer
        from llamachat.config import attaching
        from llamachat.store import OwnSettings

        request = Request(
            question=question,
            chat=context.settings.chat,
            said=OwnSettings(
                model=model,
                system_prompt=system if named is None else _prompt(settings, named),
                sampling=_sampling({"temperature": temperature, "seed": seed, "max_tokens": max_tokens}),
            ),
            limits=attaching.limits(context.settings.attachments),
            files=files,
            trim=trim,
            chat_id=chat_id,
            go_on=go_on,
            keep=not no_history,
            archive=context.settings.privacy.archive,
            as_json=as_json,
            stream=not no_stream,
        )
        sys.exit(asyncio.run(answer(context, request)))


def _question(prompt: tuple[str, ...], settings: Settings) -> str:
    from llamachat.cli import question

    try:
        piped = _piped(settings.attachments.max_text_bytes) if question.is_piped() else ""
    except question.QuestionError as error:
        raise UsageProblem(str(error)) from None
    return question.compose(" ".join(prompt), piped)


def _piped(limit: int) -> str:
    from llamachat.cli.question import read_pipe
    from llamachat.cli.status_line import on_stderr

    status = on_stderr()
    status.show("reading standard input to its end")
    try:
        return read_pipe(sys.stdin.buffer, limit)
    finally:
        status.clear()


def _prompt(settings: Settings, name: str) -> str:
    from llamachat.config.holding import named_prompt

    text = named_prompt(settings.prompts, name)
    if text is None:
        known = ", ".join(shown(each) for each in settings.prompts)
        hint = f"there are {known}" if known else "there is none yet; write one as NAME = TEXT under [prompts]"
        hint = did_you_mean(name, settings.prompts) or hint
        raise UsageProblem(sentence(f"There is no prompt {shown(name)} in the settings: {hint}"))
    return text


def _sampling(given: dict[str, float | int | None]) -> dict[str, SamplingValue]:
    from llamachat.protocol import params

    values: dict[str, SamplingValue] = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        if value is not None and not params.RANGES[name].holds(value):
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is {value}; it must be {params.RANGES[name]}.")
    return values
