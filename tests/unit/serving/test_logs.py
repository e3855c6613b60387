"""The log: printable, bounded, without secrets, as text or JSON."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from llamachat.protocol import LogLine
from llamachat_daemon.config import LogConfig
from llamachat_daemon.serving import logs
from llamachat_daemon.serving.logs import MAX_LINE_CHARACTERS, MAX_RECORD_LINES, LogBook


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    one = logging.Logger("test")
    yield one
    one.handlers.clear()


def book(logger: logging.Logger, **options: object) -> tuple[LogBook, io.StringIO]:
    stream = io.StringIO()
    made = LogBook(stream, **options)  # type: ignore[arg-type]
    logger.addHandler(made)
    return made, stream


def test_a_line_is_written_and_kept_with_its_source(logger: logging.Logger):
    made, stream = book(logger)
    logger.info("hello %s", "there")
    logger.warning("from a worker", extra={"source": "guide"})
    assert [(line.level, line.source, line.text) for line in made.last(9)] == [
        ("info", "daemon", "hello there"),
        ("warning", "guide", "from a worker"),
    ]
    assert stream.getvalue().splitlines()[1].endswith("Z warning guide: from a worker")


def test_json_lines_are_json(logger: logging.Logger):
    _, stream = book(logger, as_json=True)
    logger.error('quote " and \u202e')
    line = json.loads(stream.getvalue())
    assert line["level"] == "error"
    assert line["text"] == 'quote " and \ufffd'


def test_nothing_in_a_message_reaches_the_terminal_as_a_command(logger: logging.Logger):
    made, stream = book(logger)
    logger.info("a\x1b[2Jb\x07c\x9bd")
    assert made.last(1)[0].text == "a\ufffd[2Jb\ufffdc\ufffdd"
    assert "\x1b" not in stream.getvalue()


def test_a_message_cannot_forge_another_record(logger: logging.Logger):
    made, stream = book(logger)
    logger.info("first\n2026-01-01T00:00:00Z error daemon: forged")
    assert all(line.level == "info" for line in made.last(9))
    assert all(" info daemon: " in line for line in stream.getvalue().splitlines())


def test_lines_and_records_are_cut(logger: logging.Logger):
    made, _ = book(logger)
    logger.info("x" * (2 * MAX_LINE_CHARACTERS))
    assert len(made.last(1)[0].text) == MAX_LINE_CHARACTERS
    logger.info("y\n" * 1000)
    assert sum(line.text == "y" for line in made.last(5000)) == MAX_RECORD_LINES


def test_only_the_last_lines_are_kept(logger: logging.Logger):
    made, _ = book(logger, max_lines=3)
    for number in range(10):
        logger.info("%d", number)
    assert [line.text for line in made.last(100)] == ["7", "8", "9"]
    assert [line.text for line in made.last(1)] == ["9"]
    assert made.last(0) == []


def test_a_traceback_is_kept_a_line_each(logger: logging.Logger):
    made, _ = book(logger)
    try:
        raise ValueError("what")
    except ValueError:
        logger.exception("it failed")
    texts = [line.text for line in made.last(50)]
    assert texts[0] == "it failed"
    assert texts[-1] == "ValueError: what"


def test_followers_hear_lines_until_they_leave(logger: logging.Logger):
    made, _ = book(logger)
    heard: list[LogLine] = []
    leave = made.follow(heard.append)
    logger.info("one")
    leave()
    logger.info("two")
    assert [line.text for line in heard] == ["one"]


@pytest.mark.parametrize("level", ["debug", "info"])
def test_the_library_below_does_not_log_headers(monkeypatch: pytest.MonkeyPatch, level: str):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    library = logging.getLogger("websockets")
    monkeypatch.setattr(library, "level", library.level)
    stream = io.StringIO()
    try:
        logs.start(LogConfig(level=level), stream)
        logging.getLogger("websockets.server").debug("< Authorization: Bearer lc_secret")
        logging.getLogger("llamachat_daemon").info("shown")
    finally:
        logging.captureWarnings(False)
    assert "secret" not in stream.getvalue()
    assert "shown" in stream.getvalue()
