"""A mailbox on an IMAP server (RFC 3501, RFC 9051)."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cee_mailbot import crash
from cee_mailbot.errors import PermanentError, UnreachableError
from cee_mailbot.interfaces import Handle, Listed, RawMail, Sighting
from cee_mailbot.sources import imap_census
from cee_mailbot.sources.imap_connection import Connection, OpenFolder, RefusedCommandError
from cee_mailbot.sources.imap_ranges import portions, windows
from cee_mailbot.sources.imap_settings import ImapSettings
from cee_mailbot.sources.imap_settling import can_settle, settle

__all__ = ["ImapSession", "ImapSettings", "ImapSource"]

log = logging.getLogger(__name__)

_PIECE = 4 << 20
_LONGEST_FROM = 2000
_FROM = "BODY.PEEK[HEADER.FIELDS (FROM)]"
_ADDRESS = re.compile(rb"[^\s<>,;:\"()@]{1,64}@[A-Za-z0-9.-]{1,255}")


class ImapSource:
    """One mailbox on an IMAP server, signed in to with a password."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings

    def check(self) -> str:
        """As `Source.check`: besides, refuses a server on which messages could be read but never moved."""
        with self._connected() as connection:
            folder = connection.open_folder(connection.place(self._settings.folder), readonly=True)
            if not can_settle(connection):
                raise PermanentError(f"{connection.who} offers neither MOVE nor UIDPLUS; messages can't be moved there")
            target = connection.place(self._settings.processed_folder)
            there = connection.run("list folders", lambda client: client.folder_exists(target))
        return (
            f"IMAP {self._settings.address} ({_protection(self._settings)}), "
            f"signed in as {self._settings.user}: "
            f"{folder.name} holds {folder.messages} messages; "
            f"folder {target} {'is there' if there else 'will be created'}"
        )

    @contextmanager
    def session(self) -> Iterator["ImapSession"]:
        """As `Source.session`."""
        with self._connected() as connection:
            session = ImapSession(connection)
            session.open()
            yield session

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        connection = Connection(self._settings)
        try:
            yield connection
        finally:
            connection.close()


class ImapSession:
    """One signed-in session. Reads on a read-only folder; opens it for writing only to settle."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._name = connection.settings.folder
        # What is told of a UID never changes (RFC 9051 section 2.3.1.1): in a folder of many it is asked for once.
        self._validity = ""
        self._facts: dict[int, tuple[datetime, int, str]] = {}

    def open(self) -> OpenFolder:
        """Opens the source folder anew, read-only, and says how it stands now."""
        return self._connection.open_folder(self._connection.place(self._name), readonly=True)

    def listing(self, since: datetime) -> Iterator[Listed]:
        """As `SourceSession.listing`: by what lies in the folder now, never from a high-water mark (F07)."""
        folder = self.open()
        if folder.validity != self._validity:
            self._validity, self._facts = folder.validity, {}
        rows: list[tuple[datetime, int, int, str]] = []
        for window in windows(folder):
            found = self._search(window, since)
            for uids in portions([uid for uid in found if uid not in self._facts]):
                self._facts.update(self._dated(uids))
            known = ((uid, self._facts[uid]) for uid in found if uid in self._facts)
            rows.extend((facts[0], uid, *facts[1:]) for uid, facts in known if facts[0] >= since)
        for arrived_at, uid, size, sender in sorted(rows):
            handle = Handle(folder=self._name, validity=folder.validity, uid=str(uid))
            yield Listed(handle=handle, size=size, arrived_at=arrived_at, sender=sender)

    def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
        """As `SourceSession.fetch`, in the order of UIDs.

        The length that the server announced for the bytes is held to: a shorter answer ends the session (C1).
        RFC822.SIZE is not, since some servers only estimate it.
        """
        by_uid = {int(each.handle.uid): each for each in wanted if each.handle.uid.isdecimal()}
        for uids in portions(sorted(by_uid)):
            validity = self._reading().validity
            bodies = self._bodies([uid for uid in uids if by_uid[uid].handle.validity == validity])
            for uid in uids:
                raw = bodies.pop(uid, None)
                if raw is not None:
                    crash.here("C1")
                    yield _mail(by_uid[uid], raw)

    def stream(self, wanted: Listed) -> Iterator[bytes]:
        """As `SourceSession.stream`; ends at an empty piece, since a short one need not be the last."""
        offset = 0
        while True:
            piece = self._piece(wanted.handle, offset)
            if piece is None and offset:
                raise UnreachableError(f"message {wanted.handle.uid} of {self._connection.who} went while being read")
            if not piece:
                return
            yield piece
            offset += len(piece)

    def settle(self, handles: Sequence[Handle]) -> None:
        """As `SourceSession.settle`. A handle from before the folder was made anew is left alone (F13)."""
        folder = self._connection.open_folder(self._connection.place(self._name), readonly=False)
        fresh = [h for h in handles if (h.folder, h.validity) == (self._name, folder.validity) and h.uid.isdecimal()]
        if len(fresh) < len(handles):
            log.warning("%d stale handles of %s not settled", len(handles) - len(fresh), self._connection.who)
        target = self._connection.place(self._connection.settings.processed_folder)
        for uids in portions(sorted({int(handle.uid) for handle in fresh})):
            settle(self._connection, folder, uids, target)

    def sightings(self) -> Iterator[Sighting]:
        """As `SourceSession.sightings`."""
        return imap_census.sightings(self._connection)

    def digest(self, handle: Handle) -> str | None:
        """As `SourceSession.digest`."""
        return imap_census.digest(self._connection, handle)

    def _reading(self) -> OpenFolder:
        """The source folder, open read-only; opened again when something else was open in between."""
        opened = self._connection.opened
        if opened is not None and opened.readonly and opened.name == self._connection.place(self._name):
            return opened
        return self.open()

    def _search(self, window: tuple[int, int | None], since: datetime) -> list[int]:
        low, high = window
        criteria: list[str | date] = ["UID", f"{low}:{high or '*'}"]
        if since.astimezone(UTC).year > 1970:  # noqa: PLR2004 - before that every message is meant
            # SINCE looks at the date alone, in whatever zone the server keeps: a day early is early enough.
            criteria += ["SINCE", since.astimezone(UTC).date() - timedelta(days=1)]
        found = self._connection.run("search", lambda client: client.search(criteria))
        # `n:*` always names the last message, even one below n.
        return sorted(uid for uid in found if uid >= low)

    def _dated(self, uids: list[int]) -> Iterator[tuple[int, tuple[datetime, int, str]]]:
        items = ["INTERNALDATE", "RFC822.SIZE", _FROM]
        try:
            answer = self._connection.run("list messages", lambda client: client.fetch(uids, items))
        except RefusedCommandError as error:
            # One message that the server can't tell of must not hide the rest.
            if len(uids) == 1:
                log.error("message %d stays where it is: %s", uids[0], error)  # noqa: TRY400 - the words say it all
            else:
                half = len(uids) // 2
                yield from (*self._dated(uids[:half]), *self._dated(uids[half:]))
            return
        for uid, said in answer.items():
            size = said.get(b"RFC822.SIZE")
            if size is None:
                continue  # gone in the meantime
            arrived_at = said.get(b"INTERNALDATE")
            if arrived_at is None or arrived_at.tzinfo is None:
                raise PermanentError(f"{self._connection.who} gives message {uid} no arrival time that can be read")
            yield uid, (arrived_at.astimezone(UTC), size, _sender(said))

    def _bodies(self, uids: list[int]) -> dict[int, bytes]:
        try:
            answer = self._connection.run("fetch", lambda client: client.fetch(uids, ["BODY.PEEK[]"]))
        except RefusedCommandError as error:
            if len(uids) > 1:  # one message that the server can't give must not hold up the rest
                return {uid: raw for each in uids for uid, raw in self._bodies([each]).items()}
            log.error("message %d stays where it is: %s", uids[0], error)  # noqa: TRY400 - the words say it all
            return {}
        return {uid: raw for uid, said in answer.items() if (raw := _body(said)) is not None}

    def _piece(self, handle: Handle, offset: int) -> bytes | None:
        if not handle.uid.isdecimal() or handle.validity != self._reading().validity:
            return None
        uid = int(handle.uid)
        item = f"BODY.PEEK[]<{offset}.{_PIECE}>"
        return _body(self._connection.run("fetch", lambda client: client.fetch([uid], [item])).get(uid, {}))


def _sender(said: dict[bytes, Any]) -> str:
    """The last address in `From`, which stands behind the name that was chosen for it; empty when there is none."""
    header = next((v for k, v in said.items() if k.startswith(b"BODY[HEADER") and isinstance(v, bytes)), b"")
    found = _ADDRESS.findall(header[:_LONGEST_FROM])
    return found[-1].decode("ascii", "replace").lower() if found else ""


def _body(said: dict[bytes, Any]) -> bytes | None:
    """The literal of BODY[], whole or in part; None when the message has gone."""
    return next((v for k, v in said.items() if k.startswith(b"BODY[]") and isinstance(v, bytes)), None)


def _mail(listed: Listed, raw: bytes) -> RawMail:
    if len(raw) != listed.size:
        log.info("message %s has %d bytes, the server listed %d", listed.handle.uid, len(raw), listed.size)
    return RawMail(handle=listed.handle, raw=raw, arrived_at=listed.arrived_at)


def _protection(settings: ImapSettings) -> str:
    return "no TLS, loopback" if settings.tls == "none" else f"TLS {settings.tls}, certificate verified"
