"""The log: one event is one line, whatever stands in it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cee_mailbot.log import bind, configure_logging, escaped, fields
from tests.support.logs import restored_log

LOGGER = logging.getLogger("cee_mailbot.test")
HOSTILE = "a\nb\r\x1b[31m\x9b\u202e\u2066\u2028\u200b\ufeff\x7f\ud800\U000e0041"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("", "cee_mailbot", "parsers")]
    levels, handlers = [logger.level for logger in loggers], list(loggers[0].handlers)
    yield
    loggers[0].handlers = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def configured(form: str, level: str = "info") -> io.StringIO:
    """The stream of a fresh log. pytest's own handlers would put the hostile text into its report."""
    stream, root = io.StringIO(), logging.getLogger()
    configure_logging(level, "json" if form == "json" else "text", stream)
    root.handlers = [handler for handler in root.handlers if handler.get_name() == "cee_mailbot"]
    return stream


def logged(form: str, event: str, /, **values: object) -> str:
    stream = configured(form)
    LOGGER.info("%s", event, extra=fields(**values))
    return stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_one_event_is_one_printable_line(form: str) -> None:
    line = logged(form, HOSTILE, mailbox=HOSTILE)
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@settings(deadline=None)
@given(event=st.text(st.characters()), value=st.text(st.characters()))
def test_no_text_makes_a_second_line_or_acts_on_a_terminal(event: str, value: str) -> None:
    for form in ("text", "json"):
        assert logged(form, event, subject=value)[:-1].isprintable()


@settings(deadline=None)
@given(value=st.text(st.characters(exclude_categories=["Cs"]), max_size=1000))
def test_json_gives_the_value_back(value: str) -> None:
    assert json.loads(logged("json", "kept", filename=value))["filename"] == value


def test_json_names_time_level_logger_event_and_fields() -> None:
    found = json.loads(logged("json", "kept", mailbox="CEE-Machinery", message=7))
    assert found.pop("at").endswith("Z")
    assert found == {
        "level": "info",
        "logger": "cee_mailbot.test",
        "event": "kept",
        "mailbox": "CEE-Machinery",
        "message": 7,
    }


def test_a_field_cannot_stand_in_for_the_event_or_its_level() -> None:
    found = json.loads(logged("json", "kept", event="forged"))
    assert found["event"] == "kept"


def test_text_puts_fields_behind_the_event_and_quotes_what_could_be_taken_for_another_field() -> None:
    line = logged("text", "kept", mailbox="CEE-Machinery", subject='x" mailbox=other')
    assert line.endswith('info     cee_mailbot.test: kept mailbox=CEE-Machinery subject="x\\" mailbox=other"\n')


def test_bound_fields_join_those_of_the_call() -> None:
    stream = configured("json")
    bind(LOGGER, mailbox="CEE-Machinery").info("kept", extra=fields(submission=3))
    found = json.loads(stream.getvalue())
    assert (found["mailbox"], found["submission"]) == ("CEE-Machinery", 3)


def test_an_exception_stays_on_the_line_of_its_event() -> None:
    stream = configured("text")
    try:
        int("disk\nfull")
    except ValueError:
        LOGGER.exception("not kept")
    assert stream.getvalue().count("\n") == 1
    assert "Traceback" in stream.getvalue()


def test_long_values_are_cut_at_their_beginning() -> None:
    found = json.loads(logged("json", "kept", error="x" * 10_000 + "the end"))
    assert len(found["error"]) < 5000
    assert found["error"].endswith("the end")


def test_the_level_is_for_our_loggers_and_libraries_stay_silent_below_a_warning() -> None:
    """Libraries such as imapclient log protocol lines, which hold mail and passwords."""
    stream = configured("text", "debug")
    logging.getLogger("imapclient").debug("secret")
    LOGGER.debug("seen")
    assert "secret" not in stream.getvalue()
    assert "seen" in stream.getvalue()


def test_configuring_again_replaces_what_was_set() -> None:
    former = configured("text")
    assert logged("text", "kept").count("kept") == 1
    assert former.getvalue() == ""


def test_printable_text_of_any_language_stays_as_it_is() -> None:
    assert escaped("Réponse 回复 é") == "Réponse 回复 é"


def test_the_log_that_a_test_sets_up_ends_with_it() -> None:
    """Its stream is closed then, and others that log in this process would be told of that."""
    before = (list(logging.getLogger().handlers), LOGGER.getEffectiveLevel())
    with restored_log():
        configure_logging("debug", "text", io.StringIO())
        assert (list(logging.getLogger().handlers), LOGGER.getEffectiveLevel()) != before
    assert (list(logging.getLogger().handlers), LOGGER.getEffectiveLevel()) == before
