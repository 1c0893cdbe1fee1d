"""Mail that lies in files: .eml, .mbox and Maildir, for `ingest`."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cee_mailbot.errors import UserError, what_the_system_says
from cee_mailbot.interfaces import Handle, RawMail

# The line that opens a message in an mbox: "From sender Fri Nov 20 13:52:10 2026" (RFC 4155, appendix A).
_OPENING = re.compile(
    rb"^From \S+ +(?:\w{3} +)?(\w{3} +\d{1,2} +\d\d:\d\d(?::\d\d)?) +(?:[A-Z]{1,5} +|[+-]\d{4} +)?(\d{4})\b"
)


def read_mail_files(path: Path, *, arrived_at: datetime | None = None) -> Iterator[RawMail]:
    """Every message in a file or folder, in the order of the names, as exact bytes.

    The arrival time is `arrived_at`, else an mbox's own line, else the file's time. Quoting of `From ` inside an
    mbox is left as it is: which of its dialects wrote it can't be known. Raises `UserError` for what can't be read.
    """
    try:
        for file in _files(path):
            yield from _messages(file, arrived_at)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise UserError(f"can't read {what_the_system_says(error)}") from error


def _files(path: Path) -> Iterator[Path]:
    """The files that hold mail: of a Maildir what its folders hold, of another folder everything."""
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file() and _holds_mail(file, path))
    else:
        raise UserError(f"{path} is no file and no folder; check the path")


def _holds_mail(file: Path, root: Path) -> bool:
    is_maildir = (root / "new").is_dir() and (root / "cur").is_dir()
    return file.parent.name in ("new", "cur") if is_maildir else file.parent.name != "tmp"


def _messages(file: Path, arrived_at: datetime | None) -> Iterator[RawMail]:
    changed_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if not _is_mbox(file):
        yield _mail(file, 0, file.read_bytes(), arrived_at or changed_at)
        return
    for number, (noted_at, raw) in enumerate(_split_mbox(file)):
        yield _mail(file, number, raw, arrived_at or noted_at or changed_at)


def _is_mbox(file: Path) -> bool:
    with file.open("rb") as stored:
        return _OPENING.match(stored.readline(1000)) is not None


def _mail(file: Path, number: int, raw: bytes, arrived_at: datetime) -> RawMail:
    """The same file taken in again is known by its path and bytes; other bytes there are another message."""
    place = Handle(folder=f"file:{file.resolve()}", validity=sha256(raw).hexdigest(), uid=str(number))
    return RawMail(handle=place, raw=raw, arrived_at=arrived_at)


def _split_mbox(file: Path) -> Iterator[tuple[datetime | None, bytes]]:
    """A message begins after a blank line at a line that carries a sender and a time: prose begins with From too."""
    lines: list[bytes] = []
    noted_at: datetime | None = None
    blank = True
    with file.open("rb") as stored:
        for line in stored:
            if blank and _OPENING.match(line):
                if noted_at is not None or lines:
                    yield noted_at, _without_last_blank(lines)
                lines, noted_at = [], _opening_time(line)
            else:
                lines.append(line)
            blank = line in (b"\n", b"\r\n")
    yield noted_at, _without_last_blank(lines)


def _without_last_blank(lines: list[bytes]) -> bytes:
    """An mbox adds one blank line to every message."""
    return b"".join(lines[:-1] if lines and lines[-1] in (b"\n", b"\r\n") else lines)


def _opening_time(line: bytes) -> datetime | None:
    """The time of the opening line, which is in UTC (RFC 4155, appendix A)."""
    found = _OPENING.match(line)
    if found is None:
        return None
    text = " ".join(b" ".join(found.groups()).decode("ascii").split())
    for form in ("%b %d %H:%M:%S %Y", "%b %d %H:%M %Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
