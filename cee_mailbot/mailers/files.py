"""Replies as files in a folder, one .eml each: for demonstrations, and for sites that send by other means."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from pathlib import Path

from cee_mailbot.errors import PermanentError, UnreachableError, what_the_system_says
from cee_mailbot.interfaces import Letter, MailerSession

_ID_DIGITS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesSettings:
    """The folder that replies are written to; it is created when missing."""

    dir: Path


class FilesMailer:
    """Writes each reply's exact bytes to a file of its own; the same Message-ID again replaces its file."""

    def __init__(self, settings: FilesSettings) -> None:
        """Touches nothing yet."""
        self._dir = settings.dir

    def check(self) -> str:
        """As the interface says."""
        existing = next(path for path in (self._dir.absolute(), *self._dir.absolute().parents) if path.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise PermanentError(f"replies can't be written to {self._dir}: make {existing} a folder we may write to")
        return f"replies go to the folder {self._dir}"

    @contextmanager
    def session(self) -> Iterator[MailerSession]:
        """As the interface says; creates the folder."""
        try:
            self._dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnreachableError(
                f"the folder {self._dir} for replies can't be made: {what_the_system_says(error)}"
            ) from error
        yield _FilesSession(self._dir)


class _FilesSession:
    """Sending here is putting a whole file in its place: a crash leaves the old state or the new one."""

    def __init__(self, folder: Path) -> None:
        self._dir = folder

    def send(self, letter: Letter) -> None:
        """As the interface says; a letter that was written twice is one file."""
        target = self._dir / _file_name(letter.raw)
        try:
            _write_durably(target, letter.raw)
        except OSError as error:
            raise UnreachableError(f"the reply could not be written: {what_the_system_says(error)}") from error


def _file_name(raw: bytes) -> str:
    """From the letter alone, never from the clock: a retry must find the file of the first try."""
    headers = BytesHeaderParser(policy=compat32).parsebytes(raw)
    identity = str(headers["Message-ID"] or "").strip().encode() or raw
    return f"{_written_at(headers)}-{hashlib.sha256(identity).hexdigest()[:_ID_DIGITS]}.eml"


def _written_at(headers: Message) -> str:
    try:
        at: datetime = parsedate_to_datetime(str(headers["Date"]))
    except ValueError:
        return "undated"
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _write_durably(target: Path, content: bytes) -> None:
    """File, its bytes on the disk, its name, the name on the disk: in this order."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
