"""Questions for the calculator and the clock, with the tools offered and without.

A call is plain text and the whole message. It may only be made when the system prompt has a ``Tools:`` line that names
the tool. Numbers are copied from the question digit by digit.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from .dialogue import Dialogue, Message, Question
from .frames import rough
from .grammar import held_out
from .refusals import NO_CALCULATOR, NO_CLOCK, NOT_ARITHMETIC
from .systems import tools_system

ZONES: Final = {
    "Lisbon": "Europe/Lisbon",
    "London": "Europe/London",
    "Paris": "Europe/Paris",
    "Berlin": "Europe/Berlin",
    "Madrid": "Europe/Madrid",
    "Rome": "Europe/Rome",
    "Vienna": "Europe/Vienna",
    "Moscow": "Europe/Moscow",
    "New York": "America/New_York",
    "Chicago": "America/Chicago",
    "Los Angeles": "America/Los_Angeles",
    "Toronto": "America/Toronto",
    "Tokyo": "Asia/Tokyo",
    "Shanghai": "Asia/Shanghai",
    "Singapore": "Asia/Singapore",
    "Dubai": "Asia/Dubai",
    "Sydney": "Australia/Sydney",
    "Cairo": "Africa/Cairo",
    "UTC": "UTC",
}
_INFIX: Final = {
    "+": (
        "{} + {}",
        "{}+{}",
        "{} plus {}",
        "{} plus {}",
        "{} and {} together",
        "the sum of {} and {}",
        "{} added to {}",
    ),
    "-": (
        "{} - {}",
        "{}-{}",
        "{} minus {}",
        "{} minus {}",
        "{} take away {}",
        "the difference between {} and {}",
        "{} less {}",
    ),
    "*": (
        "{} * {}",
        "{}*{}",
        "{} times {}",
        "{} times {}",
        "{} x {}",
        "{}x{}",
        "{} multiplied by {}",
        "the product of {} and {}",
    ),
    "/": (
        "{} / {}",
        "{}/{}",
        "{} divided by {}",
        "{} divided by {}",
        "{} over {}",
        "{} : {}",
        "the quotient of {} and {}",
    ),
}
_COMMANDS: Final = {
    "+": (
        "add {} and {}",
        "add {} to {}",
        "sum {} and {}",
        "sum up {} and {}",
        "add {} {}",
        "add up {} and {}",
        "add {} + {}",
    ),
    "-": (
        "take {1} from {0}",
        "subtract {1} from {0}",
        "take {1} away from {0}",
        "subtract {} - {}",
        "deduct {1} from {0}",
    ),
    "*": ("multiply {} by {}", "multiply {} and {}", "multiply {} with {}", "multiply {} times {}", "take {} times {}"),
    "/": ("divide {} by {}", "split {} by {}", "divide {} / {}", "divide {} into {} parts", "share {} among {}"),
}
_STORIES: Final = {
    "+": (
        "i have {} apples and get {} more, how many do i have",
        "there are {} men and {} women, how many people is that",
        "i paid {} euros and then {} euros, how much in all",
        "one file has {} lines and another {} lines, how many lines in all",
        "i walked {} km and then {} km, how far is that",
    ),
    "-": (
        "i had {} euros and spent {}, how much is left",
        "there were {} birds and {} flew away, how many are left",
        "a disk has {} gb and {} gb are used, how much is free",
        "from {} tickets {} are sold, how many are left",
    ),
    "*": (
        "there are {} boxes with {} eggs each, how many eggs",
        "{} people pay {} euros each, how much is that",
        "{} rows with {} seats each, how many seats",
        "i work {} days for {} euros a day, how much do i get",
    ),
    "/": (
        "{} euros shared by {} people, how much does each get",
        "{} eggs go into {} boxes, how many in each",
        "i drive {} km in {} hours, how fast is that",
        "{} pages in {} days, how many pages a day",
    ),
}
_ASK: Final = (
    *("what is {}", "what's {}", "{}", "{}?", "calculate {}", "how much is {}", "whats {}", "compute {}") * 2,
    "{} =",
    "{}=",
    "{} = ?",
    "can you work out {}",
    "work out {}",
    "tell me {}",
    "please calculate {}",
    "i need {}",
    "do you know what {} is",
    "{} equals",
    "what does {} make",
    "what does {} equal",
    "give me {}",
    "solve {}",
    "please compute {}",
    "can you calculate {}",
    "could you calculate {} for me",
    "what do i get for {}",
    "quick, what is {}",
    "hi, what is {}",
    "and {}",
    "what would {} be",
    "i want to know {}",
    "help me with {}",
    "evaluate {}",
    "what's the result of {}",
    "the result of {}",
    "how many is {}",
    "calc {}",
    "math: {}",
    "use the calculator: {}",
)
_ORDER: Final = (
    *("{}", "please {}", "can you {}", "{} please") * 2,
    "could you {}",
    "{} for me",
    "i want you to {}",
    "i need to {}",
    "now {}",
    "what do i get if i {}",
    "what is it if i {}",
    "what happens when i {}",
    "quick, {}",
    "let us {}",
    "help me to {}",
    "hey, {}",
)
_TERMS: Final = {
    "+": (" + ", "+", " plus "),
    "-": (" - ", "-", " minus "),
    "*": (" * ", "*", " times ", " x "),
    "/": (" / ", "/", " divided by "),
}
_TIME: Final = (
    "what time is it",
    "what is the time",
    "what's the time",
    "whats the time",
    "time",
    "time please",
    "the time",
    "tell me the time",
    "do you know what time it is",
    "do you know the time",
    "can you tell me the time",
    "could you tell me what time it is",
    "how late is it",
    "what is the current time",
    "current time",
    "what time do we have",
    "what time is it now",
    "time now",
    "what hour is it",
    "is it late",
    "check the clock",
    "look at the clock",
    "what does the clock say",
    "give me the time",
    "what day is it",
    "what day is it today",
    "what is the date",
    "what is today's date",
    "what's the date today",
    "today's date",
    "date",
    "the date please",
    "which day is today",
    "what is today",
    "what weekday is it",
    "which month is it",
    "what year is it",
    "which year do we have",
    "current date",
    "tell me the date",
    "is it monday today",
    "is it morning or evening",
    "what is the date and time",
    "i lost track of time, what time is it",
    "i have no watch, what time is it",
    "use the clock",
    "got the time",
)
_ZONED: Final = (
    *("what time is it in {}", "time in {}", "what is the time in {}") * 2,
    "what's the time in {}",
    "whats the time in {}",
    "current time in {}",
    "tell me the time in {}",
    "how late is it in {}",
    "what time is it now in {}",
    "can you tell me the time in {}",
    "do you know what time it is in {}",
    "what date is it in {}",
    "what day is it in {}",
    "{} time",
    "{} time now",
    "the time in {} please",
    "what does the clock say in {}",
    "what time do they have in {}",
    "is it night in {}",
    "what is the local time in {}",
    "i want to call somebody in {}, what time is it there",
)
_OTHER_MATH: Final = (
    "what is {} percent of {}",
    "{} percent of {}",
    "{} % of {}",
    "the square root of {}",
    "what is the square root of {}",
    "{} to the power of {}",
    "what is {} squared",
    "{} squared",
    "the logarithm of {}",
    "the sine of {}",
    "is {} prime",
    "is {} a prime number",
    "{} factorial",
    "what are the factors of {}",
    "{} in binary",
    "round {} to hundreds",
    "is {} bigger than {}",
    "how many digits has {}",
    "{} modulo {}",
    "half of {}",
    "what is the cube of {}",
    "{} in hex",
)
_SALT: Final = "tool"


def call(name: str, arguments: dict[str, str]) -> str:
    """The text of a tool call."""
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def _number(rng: random.Random) -> str:
    if rng.random() < 0.05:
        return f"{rng.randrange(1000)}.{rng.randint(1, 99)}"
    if rng.random() < 0.04:
        return str(rng.randrange(10_000, 1_000_000))
    digits = rng.choice((1, 2, 2, 3, 3, 4, 4))
    return str(rng.randrange(0 if digits == 1 else 10 ** (digits - 1), 10**digits))


def problem(rng: random.Random) -> tuple[str, str]:
    """A worded question, still tidy, and the expression that answers it: the numbers in the order of the expression."""
    dice = rng.random()
    if dice < 0.22:
        return _three_terms(rng)
    operator = rng.choice("+-*/")
    left, right = _number(rng), _number(rng)
    expression = f"{left} {operator} {right}"
    if dice < 0.30:
        return rng.choice(_STORIES[operator]).format(left, right), expression
    if dice < 0.52:
        return rng.choice(_ORDER).format(rng.choice(_COMMANDS[operator]).format(left, right)), expression
    return rng.choice(_ASK).format(rng.choice(_INFIX[operator]).format(left, right)), expression


def _three_terms(rng: random.Random) -> tuple[str, str]:
    a, b, c = (_number(rng) for _ in range(3))
    first, second = rng.choice("+-*/"), rng.choice("+-*/")
    if rng.random() < 0.2:
        shape = rng.choice(("({a} {f} {b}) {s} {c}", "{a} {f} ({b} {s} {c})"))
        expression = shape.format(a=a, b=b, c=c, f=first, s=second)
        return rng.choice(_ASK).format(expression), expression
    expression = f"{a} {first} {b} {second} {c}"
    if first == second == "+" and rng.random() < 0.3:
        worded = rng.choice(("add {}, {} and {}", "the sum of {}, {} and {}", "add {} {} {}", "sum up {}, {}, {}"))
        return worded.format(a, b, c), expression
    style = rng.randrange(4)
    left, right = _TERMS[first], _TERMS[second]
    worded = f"{a}{left[min(style, len(left) - 1)]}{b}{right[min(style, len(right) - 1)]}{c}"
    return rng.choice(_ASK).format(worded), expression


def evaluate(expression: str) -> str:
    """What a calculator answers: exact where it can, else rounded to 6 places; a division by zero as an error."""
    value = _fraction(expression)
    if value is None:
        return "error: division by zero"
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def _fraction(expression: str) -> Fraction | None:
    tokens = expression.replace("(", "( ").replace(")", " )").split()
    position = 0

    def atom() -> Fraction:
        nonlocal position
        token = tokens[position]
        position += 1
        if token == "(":
            value = total()
            position += 1
            return value
        return Fraction(token)

    def product() -> Fraction:
        nonlocal position
        value = atom()
        while position < len(tokens) and tokens[position] in "*/":
            operator = tokens[position]
            position += 1
            value = value * atom() if operator == "*" else value / atom()
        return value

    def total() -> Fraction:
        nonlocal position
        value = product()
        while position < len(tokens) and tokens[position] in "+-":
            operator = tokens[position]
            position += 1
            value = value + product() if operator == "+" else value - product()
        return value

    try:
        return total()
    except ZeroDivisionError:
        return None


def _calculation(rng: random.Random) -> list[Message]:
    while True:
        question, expression = problem(rng)
        if not held_out(expression, _SALT):
            break
    return calculation_turn(rng, question, expression)


def calculation_turn(rng: random.Random, question: str, expression: str) -> list[Message]:
    result = evaluate(expression)
    if result.startswith("error"):
        reply, told = result, "The calculator could not do that: division by zero."
    else:
        told = f"{expression} = {result}."
        reply = json.dumps({"result": result}) if rng.random() < 0.15 else result
    text = question if any(mark in question for mark in "=()") else rough(rng, question, 0.5)
    return [
        Message("user", _keep_digits(question, text)),
        Message("assistant", call("calculator", {"expression": expression})),
        Message("tool", reply),
        Message("assistant", told),
    ]


def _keep_digits(question: str, text: str) -> str:
    """Typos never change a number."""
    digits = [c for c in question if c.isdigit()]
    return text if [c for c in text if c.isdigit()] == digits else question


def _clock(rng: random.Random) -> list[Message]:
    while True:
        zone = rng.choice(list(ZONES)) if rng.random() < 0.4 else None
        wording = rng.choice(_ZONED).format(zone) if zone else rng.choice(_TIME)
        if not held_out(wording, _SALT):
            break
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(4 * 365 * 86_400))
    form = rng.choice(("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+00:00", "%A, %d %B %Y, %H:%M"))
    result = moment.strftime(form)
    told = f"It is {result} in {zone}." if zone else f"It is {result}."
    text = rough(rng, wording, 0.5)
    if zone and zone.lower() not in text.lower():
        text = wording
    return [
        Message("user", text),
        Message("assistant", call("clock", {"timezone": ZONES[zone]} if zone else {})),
        Message("tool", result),
        Message("assistant", told),
    ]


def _without(rng: random.Random, clock: bool) -> list[Message]:
    turn = _clock(rng) if clock else _calculation(rng)
    return [turn[0], Message("assistant", NO_CLOCK if clock else NO_CALCULATOR)]


def _other_math(rng: random.Random, calculator: bool) -> list[Message]:
    text = rng.choice(_OTHER_MATH).format(_number(rng), _number(rng))
    question = _keep_digits(text, rough(rng, text, 0.5))
    return [Message("user", question), Message("assistant", NOT_ARITHMETIC if calculator else NO_CALCULATOR)]


def turn(rng: random.Random, tools: frozenset[str]) -> list[Message]:
    """One question about numbers or the time and all that follows, for the tools on offer."""
    clock = rng.random() < 0.2
    if not clock and rng.random() < 0.04:
        return _other_math(rng, "calculator" in tools)
    if clock:
        return _clock(rng) if "clock" in tools else _without(rng, clock=True)
    return _calculation(rng) if "calculator" in tools else _without(rng, clock=False)


def dialogue(rng: random.Random) -> Dialogue:
    """A dialogue of kind tool: four in five with a ``Tools:`` line."""
    if rng.random() < 0.2:
        return Dialogue(tuple(turn(rng, frozenset())), "tool")
    system, tools = tools_system(rng)
    messages = [system, *turn(rng, tools)]
    while rng.random() < 0.15:
        messages += turn(rng, tools)
    return Dialogue(tuple(messages), "tool")


def questions(rng: random.Random, count: int = 120) -> list[Question]:
    """Evaluation: expressions and wordings never trained on, with tools and (one in six) without."""
    found: list[Question] = []
    while len(found) < count:
        clock = rng.random() < 0.2
        if clock:
            zone = rng.choice(list(ZONES)) if rng.random() < 0.5 else None
            text = rng.choice(_ZONED).format(zone) if zone else rng.choice(_TIME)
            key, exact = text, call("clock", {"timezone": ZONES[zone]} if zone else {})
        else:
            text, expression = problem(rng)
            if not all(
                part.isdigit() and len(part) <= 4 for part in expression.replace("(", "").replace(")", "").split()[::2]
            ):
                continue
            key, exact = expression, call("calculator", {"expression": expression})
        if not held_out(key, _SALT):
            continue
        if len(found) % 6 == 5:
            found.append(Question((Message("user", text),), "tool", (), refuse=True))
        else:
            system, _ = tools_system(rng, both=True)
            found.append(Question((system, Message("user", text)), "tool", (), exact=exact))
    return found
