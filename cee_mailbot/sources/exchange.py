"""A mailbox on an Exchange server of one's own, read by Exchange Web Services.

An item gets a new id when it is moved ("EWS identifiers in Exchange"), so that an id means a delivery to the inbox and
nothing else: what a person moves away is gone under it, and what is put back is known by its content.
"""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from cee_mailbot import crash
from cee_mailbot.exchange_calls import ExchangeCalls, ExchangeDoor, RefusedCallError
from cee_mailbot.interfaces import Handle, Listed, RawMail, Sighting
from cee_mailbot.sources.exchange_folder import changes
from cee_mailbot.sources.folder_view import FolderView, MessageFacts
from cee_mailbot.sources.web_mailbox import WebMailboxSettings, check_clocks

log = logging.getLogger(__name__)

_INBOX = "INBOX"
_ID = re.compile(r"[A-Za-z0-9+/=_-]{4,1024}")
_UNREADABLE = ""  # the digest of what Exchange can't give: it is there, and no row has it
# Of one call: small messages go together, and what is held at once stays small.
_FETCHED_AT_ONCE, _BYTES_AT_ONCE, _MOVED_AT_ONCE = 20, 4_000_000, 50


class ExchangeSource:
    """One mailbox at Exchange. What it last saw of the inbox is remembered here, so that a poll asks for changes."""

    def __init__(self, settings: WebMailboxSettings, door: ExchangeDoor) -> None:
        self._settings = settings
        self._door = door
        self._view = FolderView()

    def check(self) -> str:
        """As `Source.check`; that messages may be moved too is seen when the first one is."""
        with self._door.calls() as calls:
            inbox = calls.inbox()
            there = calls.folder_called(self._settings.processed_folder)
            check_clocks(calls.who, calls.clock_skew())
            advice = f"; {calls.advice}" if calls.advice else ""
            return (
                f"EWS, {calls.who}, Exchange {calls.version or 'of no told version'}: the inbox holds {inbox.count} "
                f"messages; folder {self._settings.processed_folder} {'is there' if there else 'will be created'}"
                f"{advice}"
            )

    @contextmanager
    def session(self) -> Iterator["ExchangeSession"]:
        """As `Source.session`."""
        with self._door.calls() as calls:
            yield ExchangeSession(calls, self._settings, self._view, calls.inbox().id)


class ExchangeSession:
    """Calls to one mailbox whose inbox has been found."""

    def __init__(self, calls: ExchangeCalls, settings: WebMailboxSettings, view: FolderView, inbox: str) -> None:
        self._calls = calls
        self._settings = settings
        self._view = view
        self._inbox = inbox
        self._target = ""

    def listing(self, since: datetime) -> Iterator[Listed]:
        """As `SourceSession.listing`: what lay there before and what changed since."""
        self._view.refresh(lambda state: changes(self._calls, self._inbox, state), self._inbox, since)
        rows = sorted((facts.arrived_at, uid) for uid, facts in self._view.messages.items())
        for _, uid in rows:
            yield _listed(_INBOX, self._inbox, uid, self._view.messages[uid])

    def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
        """As `SourceSession.fetch`, a few small ones in one call."""
        for some in _calls_for([each for each in wanted if self._is_ours(each.handle)]):
            contents = self._calls.contents([each.handle.uid for each in some])
            for each, raw in zip(some, contents, strict=True):
                if isinstance(raw, RefusedCallError):
                    # One message that the server can't give must not hold up the rest.
                    log.error("message %s stays where it is: %s", each.handle.uid, raw)
                elif raw is not None:
                    crash.here("C1")
                    yield RawMail(
                        handle=each.handle, raw=raw, arrived_at=each.arrived_at, submitted_at=each.submitted_at
                    )

    def stream(self, wanted: Listed) -> Iterator[bytes]:
        """As `SourceSession.stream`."""
        if not self._is_ours(wanted.handle):
            return
        begun = False
        try:
            for piece in self._calls.stream(wanted.handle.uid):
                begun = True
                yield piece
        except RefusedCallError as error:
            if begun:
                raise
            log.error("message %s stays where it is: %s", wanted.handle.uid, error)  # noqa: TRY400 - the words say it

    def settle(self, handles: Sequence[Handle]) -> None:
        """As `SourceSession.settle`."""
        ours = list(dict.fromkeys(handle.uid for handle in handles if self._is_ours(handle)))
        if len(ours) < len(handles):
            log.warning("%d stale handles of %s not settled", len(handles) - len(ours), self._calls.who)
        for start in range(0, len(ours), _MOVED_AT_ONCE):
            some = ours[start : start + _MOVED_AT_ONCE]
            self._target = self._target or self._processed()
            self._calls.move(some, self._target)
            crash.here("C9")
            self._view.forget(some)

    def sightings(self) -> Iterator[Sighting]:
        """As `SourceSession.sightings`; by changes too, since a plain list skips what moves under it."""
        yield from self._in_folder(_INBOX, self._inbox, settled=False)
        name = self._settings.processed_folder
        processed = self._calls.folder_called(name)
        if processed:
            yield from self._in_folder(name, processed, settled=True)

    def digest(self, handle: Handle) -> str | None:
        """As `SourceSession.digest`."""
        folders = {_INBOX: self._inbox}
        if handle.folder == self._settings.processed_folder:
            folders[handle.folder] = self._calls.folder_called(handle.folder) or ""
        if not handle.validity or folders.get(handle.folder) != handle.validity or not _ID.fullmatch(handle.uid):
            return None
        sha256, length = hashlib.sha256(), 0
        try:
            for piece in self._calls.stream(handle.uid):
                sha256.update(piece)
                length += len(piece)
        except RefusedCallError as error:
            log.error("message %s can't be read: %s", handle.uid, error)  # noqa: TRY400 - the words say it
            return _UNREADABLE
        return sha256.hexdigest() if length else None

    def _in_folder(self, name: str, folder: str, *, settled: bool) -> Iterator[Sighting]:
        for page in changes(self._calls, folder):
            for uid, facts in page.there.items():
                listed = _listed(name, folder, uid, facts)
                yield Sighting(listed=listed, settled=settled, message_id=facts.message_id, exact_size=False)

    def _is_ours(self, handle: Handle) -> bool:
        """Whether this is a handle that we gave."""
        return (handle.folder, handle.validity) == (_INBOX, self._inbox) and bool(_ID.fullmatch(handle.uid))

    def _processed(self) -> str:
        """The id of the processed folder, which is created when it is missing."""
        name = self._settings.processed_folder
        found = self._calls.folder_called(name)
        if found:
            return found
        try:
            return self._calls.create_folder(name)
        except RefusedCallError:
            # Somebody else may have made it at this moment.
            found = self._calls.folder_called(name)
            if found:
                return found
            raise


def _listed(folder: str, validity: str, uid: str, facts: MessageFacts) -> Listed:
    return Listed(
        handle=Handle(folder=folder, validity=validity, uid=uid),
        size=facts.size,
        arrived_at=facts.arrived_at,
        sender=facts.sender,
        submitted_at=facts.sent_at,
    )


def _calls_for(wanted: Sequence[Listed]) -> Iterator[list[Listed]]:
    """Runs of messages for one call each, bounded in number and bytes."""
    some: list[Listed] = []
    for each in wanted:
        if some and (len(some) >= _FETCHED_AT_ONCE or sum(one.size for one in some) + each.size > _BYTES_AT_ONCE):
            yield some
            some = []
        some.append(each)
    if some:
        yield some
