from dataclasses import dataclass

from jinja2.sandbox import ImmutableSandboxedEnvironment

from train.template import CHAT_TEMPLATE, CONTROL_TOKENS, TURN_END, turns


@dataclass(frozen=True)
class Said:
    role: str
    content: str


CONVERSATION = [
    Said("system", "You may call a clock."),
    Said("user", "What time is it?\n"),
    Said("assistant", "<tool_call>clock</tool_call>"),
    Said("tool", "12:00"),
    Said("assistant", ""),
    Said("user", "{{ 1 + 1 }} <|im_end|>"),
]


def rendered(messages: list[Said], generation_prompt: bool) -> str:
    as_dicts = [{"role": message.role, "content": message.content} for message in messages]
    template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(CHAT_TEMPLATE)
    return template.render(messages=as_dicts, add_generation_prompt=generation_prompt)


def test_the_jinja_template_renders_what_the_training_encodes() -> None:
    for generation_prompt in (False, True):
        for length in range(len(CONVERSATION) + 1):
            messages = CONVERSATION[:length]
            spelled = "".join(segment.text for segment in turns(messages, generation_prompt=generation_prompt))
            assert rendered(messages, generation_prompt) == spelled


def test_the_generation_prompt_opens_an_assistant_turn_at_the_very_end() -> None:
    assert rendered(CONVERSATION, True).endswith("<|im_end|>\n<|im_start|>assistant\n")


def test_markers_written_by_a_user_stay_plain_text() -> None:
    plain = [segment for segment in turns([Said("user", TURN_END)], generation_prompt=True) if segment.author == "user"]
    assert [(segment.text, segment.control) for segment in plain] == [(TURN_END, False), (TURN_END, True)]


def test_every_control_segment_is_a_known_control_token() -> None:
    segments = turns(CONVERSATION, generation_prompt=True)
    assert {segment.text for segment in segments if segment.control} <= set(CONTROL_TOKENS)


def test_the_end_of_a_turn_belongs_to_its_author() -> None:
    ends = [segment.author for segment in turns(CONVERSATION, generation_prompt=False) if segment.text == TURN_END]
    assert ends == [message.role for message in CONVERSATION]
