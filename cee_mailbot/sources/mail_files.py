"""Mail that lies in files: .eml, .mbox and Maildir, for `ingest`."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cee_mailbot.errors import UserError
from cee_mailbot.interfaces import Handle, RawMail

# The line that opens a message in an mbox: "From sender Fri Nov 20 13:52:10 2026" (RFC 4155, appendix A).
_OPENING = re.compile(rb"^From \S+ +(?:\w{3} )?(\w{3} [ \d]\d \d\d:\d\d(?::\d\d)? \d{4})")


def read_mail_files(path: Path, *, arrived_at: datetime | None = None) -> Iterator[RawMail]:
    """Every message in a file or folder, in the order of the names, as exact bytes.

    The arrival time is `arrived_at`, else an mbox's own line, else the file's time. Quoting of `From ` inside an
    mbox is left as it is: which of its dialects wrote it can't be known. Raises `UserError` for what can't be read.
    """
    try:
        for file in _files(path):
            yield from _messages(file, arrived_at)
    except OSError as error:
        raise UserError(f"can't read {error.filename or path}: {error.strerror}") from error


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise UserError(f"there is no file or folder {path}")
    if path.is_file():
        yield path
    else:
        yield from sorted(file for file in path.rglob("*") if file.is_file() and "tmp" not in file.parts[-2:-1])


def _messages(file: Path, arrived_at: datetime | None) -> Iterator[RawMail]:
    changed_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if file.suffix != ".mbox":
        yield _mail(file, 0, file.read_bytes(), arrived_at or changed_at)
        return
    for number, (noted_at, raw) in enumerate(_split_mbox(file)):
        yield _mail(file, number, raw, arrived_at or noted_at or changed_at)


def _mail(file: Path, number: int, raw: bytes, arrived_at: datetime) -> RawMail:
    """The same file taken in again is known by its path and number; other bytes there are another message."""
    place = Handle(folder=f"file:{file.resolve()}", validity=str(len(raw)), uid=str(number))
    return RawMail(handle=place, raw=raw, arrived_at=arrived_at)


def _split_mbox(file: Path) -> Iterator[tuple[datetime | None, bytes]]:
    lines: list[bytes] = []
    noted_at: datetime | None = None
    started = False
    blank = True
    with file.open("rb") as stored:
        for line in stored:
            if blank and line.startswith(b"From "):
                if started:
                    yield noted_at, _without_last_blank(lines)
                lines, started, noted_at = [], True, _opening_time(line)
            else:
                lines.append(line)
            blank = line in (b"\n", b"\r\n")
    if started or lines:
        yield noted_at, _without_last_blank(lines)


def _without_last_blank(lines: list[bytes]) -> bytes:
    """An mbox adds one blank line to every message."""
    return b"".join(lines[:-1] if lines and lines[-1] in (b"\n", b"\r\n") else lines)


def _opening_time(line: bytes) -> datetime | None:
    """The time of the opening line, which is in UTC (RFC 4155, appendix A)."""
    found = _OPENING.match(line)
    if found is None:
        return None
    text = " ".join(found.group(1).decode("ascii").split())
    for form in ("%b %d %H:%M:%S %Y", "%b %d %H:%M %Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
