"""The log: one line for each event, for people or as JSON, in which nothing that a sender wrote can act.

Fields are bound with `bind`, or handed to one call as `extra=fields(mailbox=...)`. What a message says is
never logged; names, numbers and digests are.
"""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

OURS = ("cee_mailbot", "parsers")
"""The loggers that the chosen level is for: below a warning, libraries log protocol lines and mail."""

_LONGEST = 4000
_HANDLER = "cee_mailbot"
_PARTS = ("at", "level", "logger", "event")


def configure_logging(level: str, format: Literal["text", "json"], stream: TextIO | None = None) -> None:  # noqa: A002 - the key's name
    """Send the log to `stream` (standard error); calling it again replaces what was set before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(_JsonLines() if format == "json" else _TextLines())
    root = logging.getLogger()
    for former in [former for former in root.handlers if former.get_name() == _HANDLER]:
        root.removeHandler(former)
    root.addHandler(handler)
    chosen = getattr(logging, level.upper())
    root.setLevel(max(chosen, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(chosen)


def fields(**values: object) -> dict[str, dict[str, object]]:
    """The `extra` of one logging call: `log.info("kept", extra=fields(mailbox=name, message=7))`."""
    return {"fields": values}


def bind(logger: logging.Logger, **values: object) -> "BoundLogger":
    """A logger that adds these fields to each of its events."""
    return BoundLogger(logger, fields(**values))


class BoundLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger with fields; those of a call are added to its own."""

    def process(self, msg: object, kwargs: MutableMapping[str, Any]) -> tuple[object, MutableMapping[str, Any]]:
        """Join the bound fields and those of the call."""
        own = _fields_of(self.extra)
        kwargs["extra"] = fields(**{**own, **_fields_of(kwargs.get("extra"))})
        return msg, kwargs


def _fields_of(extra: Mapping[str, object] | None) -> Mapping[str, object]:
    found = (extra or {}).get("fields")
    return found if isinstance(found, Mapping) else {}


class _JsonLines(logging.Formatter):
    """One JSON document a line, in ASCII, so that no character in it can act on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        parts = {**_fields_of(record.__dict__), **_error(self, record)}
        parts = {**_parts(record), **{name: value for name, value in parts.items() if name not in _PARTS}}
        plain = {name: _plain(value) for name, value in parts.items()}
        return json.dumps(plain, ensure_ascii=True).replace("\x7f", "\\u007f")


class _TextLines(logging.Formatter):
    """Time, level, logger and event, then `name=value` for each field."""

    def format(self, record: logging.LogRecord) -> str:
        parts = _parts(record)
        more = {**_fields_of(record.__dict__), **_error(self, record)}
        pairs = "".join(f" {escaped(name)}={_value(value)}" for name, value in more.items())
        event = escaped(str(_plain(parts["event"])))
        return f"{parts['at']} {parts['level']:<8} {escaped(record.name)}: {event}{pairs}"


def _parts(record: logging.LogRecord) -> dict[str, object]:
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"at": at, "level": record.levelname.lower(), "logger": record.name, "event": record.getMessage()}


def _error(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, object]:
    if not record.exc_info:
        return {}
    return {"error": formatter.formatException(record.exc_info)}


def _plain(value: object) -> object:
    """The value as JSON can hold it; of long text the end is kept, since a traceback ends with the error."""
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _LONGEST else f"...{text[-_LONGEST:]}"


def _value(value: object) -> str:
    """The value of a field; in quotes where it could be taken for the next field."""
    text = str(_plain(value))
    shown = escaped(text)
    is_word = shown == text and text and not any(mark in text for mark in ' "=\\')
    return shown if is_word else '"{}"'.format(escaped(text.replace("\\", "\\\\").replace('"', '\\"')))


def escaped(text: str) -> str:
    r"""The text with every control, bidirectional, invisible or unassigned character as `\n`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(mark if mark.isprintable() else _escape(mark) for mark in text)


def _escape(mark: str) -> str:
    return mark.encode("unicode_escape", "surrogatepass").decode("ascii")
