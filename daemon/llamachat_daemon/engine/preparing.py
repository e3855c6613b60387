"""From a request to an attempt that can be decoded: template, tokens, prefix, grammar. Done on a thread of its own, so
that a long prompt of one does not hold up the tokens of the others."""

from __future__ import annotations

import functools
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final

import numpy as np

from llamachat.protocol import ErrorCode, PromptMessage, ProtocolError, params
from llamachat_daemon.engine.answers import Answers, splice
from llamachat_daemon.engine.attempt import Attempt
from llamachat_daemon.engine.grammar import compile_grammar
from llamachat_daemon.engine.llama import Candidates, GrammarError, Ids, LlamaError, Truncation, Vocabulary
from llamachat_daemon.engine.prefixes import Owner
from llamachat_daemon.engine.prompt import ContextOverflow, answer_room, lay_out
from llamachat_daemon.engine.rendering import TemplateFailed
from llamachat_daemon.engine.sampling import Sampler, Truncate
from llamachat_daemon.engine.template import ChatTemplate
from llamachat_daemon.engine.text import TextStream, decode
from llamachat_daemon.pipe.frames import Failed, Generate

STACK_BYTES: Final = 512 << 20
"""Stack of the preparing thread. llama.cpp splits texts with regular expressions that, for some vocabularies, recurse
once per character. Only what is touched of this becomes real memory."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An attempt that waits for a slot."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that cannot be served, and what its front is told."""

    failed: Failed


class Refusal(Exception):
    """Why a request cannot be served."""

    def __init__(self, code: ErrorCode, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


class Desk:
    """Prepares requests for one model. With `answers`, what this worker wrote is read as it wrote it."""

    def __init__(
        self, vocabulary: Vocabulary, template: ChatTemplate, *, context: int, answers: Answers | None = None
    ) -> None:
        self._vocabulary = vocabulary
        self._template = template
        self._context = context
        self._answers = answers
        self._candidates = Candidates(vocabulary.size)
        special = np.flatnonzero(~vocabulary.ordinary).astype(np.int32)
        # An answer holds ordinary ids only, so that it can always be continued; ends of generation end it.
        self._never: Ids = special[~vocabulary.end_of_generation[special]]
        self._never_and_no_end: Ids = special

    def prepare(self, frame: Generate) -> Prepared | Refused:
        """The attempt, or the reason that there is none."""
        try:
            return Prepared(self._attempt(frame))
        except Refusal as refusal:
            return _refused(frame, refusal.code, refusal.message, refusal.detail)
        except ProtocolError as error:
            return _refused(frame, error.code, error.message, error.detail)
        except GrammarError as error:
            field = "params.grammar" if frame.params.json_schema is None else "params.json_schema"
            return _refused(frame, ErrorCode.INVALID_PARAMS, str(error), {"field": field})
        except TemplateFailed as error:
            message = f"The model's chat template cannot write this conversation: {error}."
            return _refused(frame, ErrorCode.MODEL_FAILED, message, {})
        except LlamaError as error:
            return _refused(frame, ErrorCode.INTERNAL, str(error), {})

    def _attempt(self, frame: Generate) -> Attempt:
        params.check(frame.params)
        if not frame.messages or frame.messages[-1].role != "user":
            raise params.invalid("messages", "The last message must have the role user.", "a user message at the end")
        if frame.params.seed is None:
            raise params.invalid("params.seed", "The request reached the engine without a seed.", "an integer")
        prefix = self._prefix_ids(frame)
        owner = Owner(frame.principal, frame.chat)
        grammar = compile_grammar(frame.params, self._vocabulary)
        try:
            layout = lay_out(
                frame.messages,
                self._tokeniser(owner),
                context=self._context,
                room=answer_room(frame.params.max_tokens, self._context),
            )
        except ContextOverflow as overflow:
            raise Refusal(
                ErrorCode.CONTEXT_OVERFLOW,
                f"The last message has {overflow.prompt_tokens} tokens with its system prompt, and the context holds "
                f"{overflow.context}. Shorten it, or use a model with a larger context.",
                prompt_tokens=overflow.prompt_tokens,
                context=overflow.context,
            ) from overflow
        sampler = Sampler(
            frame.params,
            seed=frame.params.seed,
            forbidden=self._never_and_no_end if frame.params.ignore_eos else self._never,
            truncate=self._truncation(frame),
            rules=grammar,
        )
        text = TextStream([*frame.params.stop, *self._template.stops], skip=len(frame.prefix))
        try:
            sampler.accept_all(prefix.tolist())
        except GrammarError as error:
            raise Refusal(
                ErrorCode.INVALID_PARAMS, "The prefix does not follow the grammar.", field="prefix_tokens"
            ) from error
        if frame.prefix_tokens is None:
            released = text.feed(frame.prefix.encode())
        else:
            released = text.feed_all(map(self._vocabulary.piece, frame.prefix_tokens))
        return Attempt(
            key=frame.key,
            owner=owner,
            prompt=layout.ids,
            prefix=prefix,
            dropped_messages=layout.dropped_messages,
            context=self._context,
            max_tokens=frame.params.max_tokens,
            sampler=sampler,
            text=text,
            released=released,
        )

    def _tokeniser(self, owner: Owner) -> Callable[[Sequence[PromptMessage]], Ids]:
        """Messages to ids. Finding out how much fits asks for ends of the same conversation several times, so each
        text is tokenised once."""
        vocabulary = self._vocabulary
        tokenise = functools.cache(vocabulary.tokenise)
        tokenise_behind_ids = functools.cache(lambda text: text_ids(text, vocabulary))

        def ids_of(messages: Sequence[PromptMessage]) -> Ids:
            rendered = self._template.pieces(messages)
            beginning = vocabulary.beginning
            if beginning is not None and (not rendered or rendered[0] != beginning):
                rendered.insert(0, beginning)
            pieces: list[int | str | Ids] = list(rendered)
            if self._answers is not None:
                pieces = splice(rendered, messages, functools.partial(self._answers.find, owner))
            parts: list[Ids] = []
            behind_ids = False
            for piece in pieces:
                if isinstance(piece, str):
                    parts.append(tokenise_behind_ids(piece) if behind_ids else tokenise(piece))
                else:
                    parts.append(np.atleast_1d(np.asarray(piece, dtype=np.int32)))
                behind_ids = isinstance(piece, np.ndarray)
            return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

        return ids_of

    def _prefix_ids(self, frame: Generate) -> Ids:
        if frame.prefix_tokens is None:
            return text_ids(frame.prefix, self._vocabulary)
        check_prefix(frame.prefix_tokens, frame.prefix, self._vocabulary)
        return np.array(frame.prefix_tokens, dtype=np.int32)

    def _truncation(self, frame: Generate) -> Truncate | None:
        asked = frame.params
        if asked.temperature == 0 or (asked.top_k == 0 and asked.top_p >= 1 and asked.min_p == 0):
            return None
        truncation = Truncation(asked.top_k, asked.top_p, asked.min_p)
        return lambda logits: self._candidates.truncate(logits, truncation)


def text_ids(text: str, vocabulary: Vocabulary) -> Ids:
    """The ids of an answer's text, tokenised on its own.

    Some vocabularies put a space in front of every text. An answer's first token has it or has it not, so that is tried
    until the ids stand for exactly this text; where nothing does, the plain way has to do.
    """
    if not text:
        return np.empty(0, dtype=np.int32)
    plain = vocabulary.tokenise(text)
    candidates = [plain]
    if text.startswith(" "):
        candidates.append(vocabulary.tokenise(text[1:]))
    anchored = vocabulary.tokenise("\n" + text)
    # The newline comes first, or behind the space that the vocabulary adds.
    newlines = (place for place in range(min(3, len(anchored))) if vocabulary.piece(int(anchored[place])) == b"\n")
    candidates.extend(anchored[place + 1 :] for place in newlines)
    for ids in candidates:
        if decode(map(vocabulary.piece, ids.tolist())) == text:
            return ids
    return plain


def check_prefix(tokens: Sequence[int], prefix: str, vocabulary: Vocabulary) -> None:
    """Checks that `tokens` are ordinary ids that stand for `prefix` and perhaps more.

    Raises:
        ProtocolError: `invalid_params`.
    """
    for token in tokens:
        if not 0 <= token < vocabulary.size or not vocabulary.ordinary[token]:
            raise params.invalid(
                "prefix_tokens",
                f"prefix_tokens holds {token}, which is not an ordinary token of this model.",
                f"ordinary ids below {vocabulary.size}",
            )
    if not decode(map(vocabulary.piece, tokens)).startswith(prefix):
        raise params.invalid(
            "prefix_tokens",
            "prefix_tokens stand for another text than prefix; send both as they were received.",
            "ids whose text starts with prefix",
        )


def _refused(frame: Generate, code: ErrorCode, message: str, detail: dict[str, Any]) -> Refused:
    return Refused(Failed(key=frame.key, code=code.value, message=message, detail=detail))


class PreparingThread:
    """Prepares one request after another; `deliver` gets each outcome, on that thread."""

    def __init__(
        self, prepare: Callable[[Generate], Prepared | Refused], deliver: Callable[[Prepared | Refused], None]
    ) -> None:
        self._prepare = prepare
        self._deliver = deliver
        self._requests: SimpleQueue[Generate] = SimpleQueue()

    def start(self) -> None:
        """Starts the thread; it lives as long as the process."""
        before = threading.stack_size(STACK_BYTES)
        try:
            threading.Thread(target=self._run, name="preparing", daemon=True).start()
        finally:
            threading.stack_size(before)

    def submit(self, frame: Generate) -> None:
        """Queues a request."""
        self._requests.put(frame)

    def _run(self) -> None:
        while True:
            frame = self._requests.get()
            try:
                outcome = self._prepare(frame)
            except Exception:  # noqa: BLE001 - a fault of ours must not leave this request and all later ones waiting
                traceback.print_exc()
                message = "The request could not be prepared; the daemon's log says why."
                outcome = _refused(frame, ErrorCode.INTERNAL, message, {})
            self._deliver(outcome)
