"""A mailbox kept as a Maildir (https://cr.yp.to/proto/maildir.html, Maildir++ for the processed folder)."""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from imapclient.imap_utf7 import encode

from cee_mailbot.errors import PermanentError, UnreachableError, UserError
from cee_mailbot.interfaces import Handle, Listed, RawMail, Sighting
from parsers.headers import HEADER_BLOCK_LIMIT
from parsers.mail import message_id_of

log = logging.getLogger(__name__)

_FOLDER = "INBOX"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PIECE = 4 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class MaildirSettings:
    """Where the Maildir lies, and the Maildir++ folder beside `new` and `cur` that takes what was kept."""

    path: Path
    processed: str = ".Processed"

    def __post_init__(self) -> None:
        """Refuses a folder that would lie elsewhere."""
        if not re.fullmatch(r"\.[^./\0][^/\0]*", self.processed):
            raise UserError(f"{self.processed!r} is no folder of a Maildir: it starts with a dot and has no slash")


class MaildirSource:
    """One mailbox in a Maildir. A message that arrived after `until()` is not there yet (`--now`)."""

    def __init__(self, settings: MaildirSettings, until: Callable[[], datetime] | None = None) -> None:
        self._settings = settings
        self._until = until

    def check(self) -> str:
        """As `Source.check`."""
        path = self._settings.path
        count = len(_scan(path))
        if not all(os.access(path / name, os.W_OK) for name in ("", "new", "cur")):
            raise PermanentError(f"Maildir {path} can't be written to, so nothing can be settled; correct its rights")
        there = _processed(self._settings).is_dir()
        return (
            f"Maildir {path} holds {count} messages; "
            f"folder {self._settings.processed} {'is there' if there else 'will be created'}"
        )

    @contextmanager
    def session(self) -> Iterator["MaildirSession"]:
        """As `Source.session`."""
        _scan(self._settings.path)
        session = MaildirSession(self._settings, self._until)
        try:
            yield session
            session.complain()
        finally:
            session.end()


class MaildirSession:
    """A look at a Maildir. Touches nothing in `tmp`, follows no link, and leaves flags as they are."""

    def __init__(self, settings: MaildirSettings, until: Callable[[], datetime] | None) -> None:
        self._settings = settings
        self._until = until
        self._ended = False
        self._unread: dict[str, str] = {}

    def listing(self, since: datetime) -> Iterator[Listed]:
        """As `SourceSession.listing`; a message arrived when its file was last changed."""
        until = self._until() if self._until else None
        rows = [row for uid, path in self._found().items() if (row := _row(uid, path))]
        for arrived_at, uid, size in sorted(rows):
            if since <= arrived_at and (until is None or arrived_at <= until):
                handle = Handle(folder=_FOLDER, validity="", uid=uid)
                yield Listed(handle=handle, size=size, arrived_at=arrived_at)

    def sightings(self) -> Iterator[Sighting]:
        """As `SourceSession.sightings`; only the names of files are held at once."""
        until = self._until() if self._until else None
        for folder, path in self._places():
            for uid, file in (self._found() if folder == _FOLDER else _scan(path)).items():
                row, settled = _row(uid, file), folder != _FOLDER
                if row and (settled or until is None or row[0] <= until):
                    listed = Listed(
                        handle=Handle(folder=folder, validity="", uid=row[1]), size=row[2], arrived_at=row[0]
                    )
                    yield Sighting(listed=listed, settled=settled, message_id=_message_id(file))

    def digest(self, handle: Handle) -> str | None:
        """As `SourceSession.digest`."""
        self._found()
        path = dict(self._places()).get(handle.folder)
        file = _scan(path).get(_name_in(handle)) if path else None
        try:
            with _open(file or Path()) as stored:
                if _identity(os.fstat(stored.fileno())) != _identity_in(handle):
                    return None
                sha256 = hashlib.sha256()
                while piece := stored.read(_PIECE):
                    sha256.update(piece)
                return sha256.hexdigest()
        except OSError:
            return None

    def _places(self) -> list[tuple[str, Path]]:
        """The names and paths of the folders of which there is one."""
        processed = _processed(self._settings)
        return [(_FOLDER, self._settings.path), *([(processed.name, processed)] if processed.is_dir() else [])]

    def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
        """As `SourceSession.fetch`. A file that can't be read is reported, left out, and stays."""
        found = self._found()
        for each in wanted:
            try:
                with self._open(_name_in(each.handle), found) as file:
                    if _identity(os.fstat(file.fileno())) != _identity_in(each.handle):
                        continue
                    raw = file.read()
            except FileNotFoundError:
                continue
            except OSError as error:
                self._leave_out(each.handle, error)
                continue
            yield RawMail(handle=each.handle, raw=raw, arrived_at=each.arrived_at)

    def stream(self, wanted: Listed) -> Iterator[bytes]:
        """As `SourceSession.stream`."""
        found, begun = self._found(), False
        try:
            with self._open(_name_in(wanted.handle), found) as file:
                while piece := file.read(_PIECE):
                    begun = True
                    yield piece
        except FileNotFoundError:
            return
        except OSError as error:
            if not begun:
                self._leave_out(wanted.handle, error)
                return
            self._ended = True
            raise UnreachableError(f"can't read message {_name_in(wanted.handle)}: {error.strerror}") from error

    def settle(self, handles: Sequence[Handle]) -> None:
        """As `SourceSession.settle`: each file keeps its name."""
        found = self._found()
        paths = [found[_name_in(h)] for h in handles if h.folder == _FOLDER and _is_still(h, found)]
        if not paths:
            return
        try:
            cur = _make_folder(_processed(self._settings)) / "cur"
            for path in paths:
                _move(path, cur)
            for folder in (cur, self._settings.path / "new", self._settings.path / "cur"):
                _fsync(folder)
        except OSError as error:
            message = (
                f"can't move messages to {self._settings.processed} of Maildir {self._settings.path}: "
                f"{error.strerror}; check its rights and the room on the disk"
            )
            if isinstance(error, PermissionError):
                raise PermanentError(message) from error
            self._ended = True
            raise UnreachableError(message) from error

    def _leave_out(self, handle: Handle, error: OSError) -> None:
        _report(_name_in(handle), error)
        self._unread[_name_in(handle)] = error.strerror or type(error).__name__

    def complain(self) -> None:
        """Once all else is served, raises `PermanentError` when there were messages that can't be read."""
        if self._unread:
            name, why = next(iter(self._unread.items()))
            others = f" and {len(self._unread) - 1} more" if len(self._unread) > 1 else ""
            raise PermanentError(
                f"message {name}{others} of Maildir {self._settings.path} can't be read: {why}; "
                "give the user that runs this program the right to read it"
            )

    def end(self) -> None:
        """As the contract of a session: nothing more can be done through it."""
        self._ended = True

    def _found(self) -> dict[str, Path]:
        if self._ended:
            raise UnreachableError(f"the session with Maildir {self._settings.path} has ended; open another")
        try:
            return _scan(self._settings.path)
        except UnreachableError:
            self._ended = True
            raise

    def _open(self, uid: str, found: dict[str, Path]) -> BinaryIO:
        try:
            return _open(found[uid])
        except KeyError:
            raise FileNotFoundError(uid) from None
        except FileNotFoundError:
            # A mail reader renames the file when it sets a flag: look once more.
            found.update(self._found())
            return _open(found[uid])


def _row(uid: str, path: Path) -> tuple[datetime, str, int] | None:
    """When the file's message arrived, its uid and its size; a file that has gone is reported and left out."""
    try:
        status = path.lstat()
    except OSError as error:
        _report(uid, error)
        return None
    arrived_at = _EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)
    return arrived_at, f"{uid}:{_identity(status)}", status.st_size


def _message_id(path: Path) -> str | None:
    try:
        with _open(path) as file:
            return message_id_of(file.read(HEADER_BLOCK_LIMIT))
    except OSError:
        return None


def _name_in(handle: Handle) -> str:
    """The unique name, which has no colon: flags stand behind one (maildir(5))."""
    return handle.uid.partition(":")[0]


def _identity_in(handle: Handle) -> str:
    return handle.uid.partition(":")[2]


def _identity(status: os.stat_result) -> str:
    """What tells a file from another that gets its name later; flags and folders may change meanwhile."""
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"


def _is_still(handle: Handle, found: dict[str, Path]) -> bool:
    try:
        return _identity(found[_name_in(handle)].lstat()) == _identity_in(handle)
    except (KeyError, FileNotFoundError):
        return False


def _open(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")


def _scan(path: Path) -> dict[str, Path]:
    """The messages by unique name. `new` first: what moves to `cur` meanwhile is seen twice, not never."""
    found = {}
    try:
        for name in ("new", "cur"):
            with os.scandir(path / name) as entries:
                for entry in entries:
                    if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                        found[entry.name.partition(":")[0]] = Path(entry.path)
    except OSError as error:
        raise UnreachableError(
            f"can't read Maildir {path}: {error.strerror}; path must name a folder with new, cur and tmp"
        ) from error
    return found


def _processed(settings: MaildirSettings) -> Path:
    # Dovecot and Courier keep folder names on disk as IMAP writes them.
    name: bytes = encode(settings.processed)
    return settings.path / name.decode("ascii")


def _make_folder(folder: Path) -> Path:
    for part in (folder, *(folder / name for name in ("tmp", "new", "cur"))):
        part.mkdir(mode=0o700, exist_ok=True)
    (folder / "maildirfolder").touch(mode=0o600)
    _fsync(folder)
    _fsync(folder.parent)
    return folder


def _move(path: Path, cur: Path) -> None:
    """Renames without ever writing over another message of the same name."""
    target, number = cur / path.name, 0
    unique, colon, flags = path.name.partition(":")
    while target.exists():
        number += 1
        target = cur / f"{unique}.{number}{colon}{flags}"
    try:
        path.rename(target)
    except FileNotFoundError:
        log.info("message %s was moved or renamed by somebody else", unique)


def _fsync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _report(uid: str, error: OSError) -> None:
    log.error("message %s can't be read and stays where it is: %s", uid, error.strerror)
