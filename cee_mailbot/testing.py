"""Honest stand-ins in memory for the world outside: they obey the contracts and pass the same tests."""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from cee_mailbot.domain.scanning import ScanVerdict
from cee_mailbot.errors import (
    DamagedBlobError,
    NotFoundError,
    RefusedReplyError,
    TemporaryError,
    UncertainError,
    UnreachableError,
)
from cee_mailbot.interfaces import Handle, Letter, Listed, RawMail, Sighting, StoredBlob
from parsers.mail import message_id_of

_FROM = re.compile(rb"(?m)^From:[^\r\n]*?([!-;=?-~]+@[A-Za-z0-9.-]+)>?\r?$")


class FixedClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock needs a time with a zone")
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """As `Clock.now`."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Moves the clock, forward or back, and gives its new time."""
        self._now += by
        return self._now


class MemoryScanner:
    """A scanner that knows malware by bytes and gives it a name; with `answers` false it is down."""

    def __init__(self, known: Mapping[bytes, str], *, largest: int = 100_000_000) -> None:
        self._known = dict(known)
        self._largest = largest
        self.answers = True

    def scan(self, raw: bytes) -> ScanVerdict:
        """As `Scanner.scan`."""
        if not self.answers:
            return ScanVerdict(state="not-scanned", detail="the scanner is down")
        if len(raw) > self._largest:
            return ScanVerdict(state="not-scanned", detail="the message is too large for the scanner")
        name = next((name for mark, name in self._known.items() if mark in raw), None)
        return ScanVerdict(state="malware", detail=name) if name else ScanVerdict(state="clean")

    def check(self) -> str:
        """As `Scanner.check`."""
        if not self.answers:
            raise UnreachableError("the scanner is down; set `answers`")
        return f"a scanner in memory that knows {len(self._known)}"


class MemorySource:
    """A mailbox in memory. `inbox` and `processed` hold messages by their uid, for tests to look at."""

    def __init__(self, folder: str = "INBOX") -> None:
        self.folder = folder
        self.validity = "1"
        self.inbox: dict[str, RawMail] = {}
        self.processed: dict[str, RawMail] = {}
        # The next call of any session raises this error once, as if the connection had failed there.
        self.failure: Exception | None = None
        self._last_uid = 0

    def deliver(self, raw: bytes, arrived_at: datetime) -> Handle:
        """Puts a message into the inbox, as a mail server would."""
        self._last_uid += 1
        handle = Handle(folder=self.folder, validity=self.validity, uid=str(self._last_uid))
        self.inbox[handle.uid] = RawMail(handle=handle, raw=raw, arrived_at=arrived_at)
        return handle

    def make_anew(self) -> None:
        """Deletes and creates the folder: it is empty, and every handle given so far is stale (F13)."""
        self.validity = str(int(self.validity) + 1)
        self.inbox.clear()
        self._last_uid = 0

    def check(self) -> str:
        """As `Source.check`."""
        self.fail_once()
        return f"in memory; {self.folder} holds {len(self.inbox)} messages"

    @contextmanager
    def session(self) -> Iterator["MemorySession"]:
        """As `Source.session`."""
        self.fail_once()
        session = MemorySession(self)
        try:
            yield session
        finally:
            session.ended = True

    def fail_once(self) -> None:
        """Raises the failure that was ordered, if one was."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure


class MemorySession:
    """A session with a `MemorySource`."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source
        self.ended = False

    def listing(self, since: datetime) -> Iterator[Listed]:
        """As `SourceSession.listing`."""
        self._begin()
        mails = sorted(self._source.inbox.values(), key=lambda mail: (mail.arrived_at, int(mail.handle.uid)))
        for mail in mails:
            if mail.arrived_at >= since:
                sender = _FROM.search(mail.raw)
                yield Listed(
                    handle=mail.handle,
                    size=len(mail.raw),
                    arrived_at=mail.arrived_at,
                    sender=sender[1].decode().lower() if sender else "",
                )

    def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
        """As `SourceSession.fetch`."""
        for each in wanted:
            self._begin()
            mail = self._find(each.handle)
            if mail is not None:
                yield mail

    def stream(self, wanted: Listed) -> Iterator[bytes]:
        """As `SourceSession.stream`."""
        self._begin()
        mail = self._find(wanted.handle)
        rest = mail.raw if mail else b""
        while rest:
            yield rest[:65536]
            rest = rest[65536:]

    def settle(self, handles: Sequence[Handle]) -> None:
        """As `SourceSession.settle`."""
        self._begin()
        for handle in handles:
            mail = self._find(handle)
            if mail is not None:
                del self._source.inbox[handle.uid]
                self._source.processed[f"{handle.validity}/{handle.uid}"] = mail

    def sightings(self) -> Iterator[Sighting]:
        """As `SourceSession.sightings`."""
        self._begin()
        for uid, mail in [*self._source.inbox.items(), *self._source.processed.items()]:
            settled = uid in self._source.processed
            handle = Handle(folder="Processed", validity="1", uid=uid) if settled else mail.handle
            listed = Listed(handle=handle, size=len(mail.raw), arrived_at=mail.arrived_at)
            yield Sighting(listed=listed, settled=settled, message_id=message_id_of(mail.raw))

    def digest(self, handle: Handle) -> str | None:
        """As `SourceSession.digest`."""
        self._begin()
        settled = self._source.processed.get(handle.uid) if handle.folder == "Processed" else None
        mail = settled or self._find(handle)
        return hashlib.sha256(mail.raw).hexdigest() if mail else None

    def _find(self, handle: Handle) -> RawMail | None:
        mail = self._source.inbox.get(handle.uid)
        return mail if mail is not None and mail.handle == handle else None

    def _begin(self) -> None:
        if self.ended:
            raise UnreachableError("the session has ended; open another")
        try:
            self._source.fail_once()
        except TemporaryError:
            self.ended = True
            raise


class MemoryBlobs:
    """Bytes by digest in memory. `kept` may be damaged by a test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """As `BlobStore.put`."""
        return self.put_stream((content,)).sha256

    def put_stream(self, pieces: Iterable[bytes]) -> StoredBlob:
        """As `BlobStore.put_stream`."""
        content = b"".join(pieces)
        sha256 = hashlib.sha256(content).hexdigest()
        self.kept[sha256] = content
        return StoredBlob(sha256=sha256, size=len(content))

    def get(self, sha256: str) -> bytes:
        """As `BlobStore.get`."""
        with self.open(sha256) as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedBlobError(f"blob {sha256} is damaged")
        return content

    def open(self, sha256: str) -> BinaryIO:
        """As `BlobStore.open`."""
        try:
            return io.BytesIO(self.kept[sha256])
        except KeyError:
            raise NotFoundError(f"there is no blob {sha256!r} in memory") from None

    def digests(self) -> Iterator[str]:
        """As `BlobStore.digests`."""
        return iter(list(self.kept))

    def sweep(self, older_than: timedelta) -> int:
        """As `BlobStore.sweep`: nothing here is ever unfinished."""
        del older_than
        return 0

    def check(self) -> str:
        """As `BlobStore.check`."""
        return f"{len(self.kept)} blobs in memory, gone when the program ends"


class MemoryJournal:
    """A journal in memory; `kept` is for tests to look at."""

    def __init__(self) -> None:
        self.kept: dict[str, list[dict[str, Any]]] = {}

    def append(self, kind: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """As `Journal.append`."""
        self.kept.setdefault(kind, []).extend(json.loads(json.dumps(entry, default=str)) for entry in entries)

    def entries(self, kind: str) -> Iterator[dict[str, Any]]:
        """As `Journal.entries`."""
        return iter(list(self.kept.get(kind, ())))


class MemoryMailer:
    """Collects letters. Can be told to refuse an address, to lose answers, or to be down."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self._refused: set[str] = set()
        self._answers_to_lose = 0
        self._down = False

    def refuse(self, to: str) -> None:
        """From now on a letter to this address is refused for good."""
        self._refused.add(to)

    def lose_answers(self, count: int = 1) -> None:
        """Takes each of the next letters, but the sender never learns of it."""
        self._answers_to_lose += count

    def be_down(self, *, down: bool = True) -> None:
        """From now on the server does not answer; `down=False` brings it back."""
        self._down = down

    def check(self) -> str:
        """As `Mailer.check`."""
        self._answer()
        return f"in memory; {len(self.letters)} letters taken"

    @contextmanager
    def session(self) -> Iterator["MemoryMailer"]:
        """As `Mailer.session`."""
        self._answer()
        yield self

    def send(self, letter: Letter) -> None:
        """As `MailerSession.send`."""
        self._answer()
        if letter.to in self._refused:
            raise RefusedReplyError(f"550 no such user: {letter.to}")
        self.letters.append(letter)
        if self._answers_to_lose:
            self._answers_to_lose -= 1
            raise UncertainError("the connection ended before the server's answer")

    def _answer(self) -> None:
        if self._down:
            raise UnreachableError("the mail server does not answer")
