"""A mailbox of Microsoft 365, read by Microsoft Graph.

Ids are immutable ("Obtain immutable identifiers for Outlook resources"): a message keeps its id when it is moved within
its mailbox, and with the id of its folder as validity a handle means one message for ever.
"""

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from cee_mailbot import crash
from cee_mailbot.errors import PermanentError, UnreachableError
from cee_mailbot.graph_calls import AT_ONCE, Answer, Call, GraphCalls, GraphDoor, RefusedCallError
from cee_mailbot.interfaces import Handle, Listed, RawMail, Sighting
from cee_mailbot.sources.folder_view import FolderView, MessageFacts
from cee_mailbot.sources.graph_folder import changes
from cee_mailbot.sources.web_mailbox import WebMailboxSettings, check_clocks

log = logging.getLogger(__name__)

_INBOX = "INBOX"
_ID = re.compile(r"[A-Za-z0-9_=+-]{8,1024}")
_FAILED = range(400, 500)
_GONE = 404


class GraphSource:
    """One mailbox at Graph. What it last saw of the inbox is remembered here, so that a poll asks for changes alone."""

    def __init__(self, settings: WebMailboxSettings, door: GraphDoor) -> None:
        self._settings = settings
        self._door = door
        self._view = FolderView()

    def check(self) -> str:
        """As `Source.check`; that the app may move messages too is seen when the first one is."""
        with self._door.calls() as calls:
            inbox = calls.get(f"{calls.user}/mailFolders/inbox?$select=id,totalItemCount")
            there = _folder_called(calls, self._settings.processed_folder)
            check_clocks(calls.who, calls.clock_skew())
            return (
                f"Graph, {calls.who}, by the app's own token: the inbox holds {inbox.get('totalItemCount')} messages; "
                f"folder {self._settings.processed_folder} {'is there' if there else 'will be created'}"
            )

    @contextmanager
    def session(self) -> Iterator["GraphSession"]:
        """As `Source.session`."""
        with self._door.calls() as calls:
            inbox = _text(calls.get(f"{calls.user}/mailFolders/inbox?$select=id"), "id")
            yield GraphSession(calls, self._settings, self._view, inbox)


class GraphSession:
    """Calls to one mailbox whose inbox has been found."""

    def __init__(self, calls: GraphCalls, settings: WebMailboxSettings, view: FolderView, inbox: str) -> None:
        self._calls = calls
        self._settings = settings
        self._view = view
        self._inbox = inbox

    def listing(self, since: datetime) -> Iterator[Listed]:
        """As `SourceSession.listing`: what lay there before and has changed since, by a delta query."""
        self._view.refresh(lambda link: changes(self._calls, self._inbox, link), self._inbox, since)
        rows = sorted((facts.arrived_at, uid) for uid, facts in self._view.messages.items())
        for arrived_at, uid in rows:
            if arrived_at >= since:
                yield self._listed(_INBOX, self._inbox, uid, self._view.messages[uid])

    def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
        """As `SourceSession.fetch`, as many at once as a mailbox allows; the length that is announced is held to."""
        own = [each for each in wanted if self._is_ours(each.handle)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(own), AT_ONCE):
                some = own[start : start + AT_ONCE]
                for each, raw in zip(some, pool.map(self._whole, some), strict=True):
                    if raw is not None:
                        crash.here("C1")
                        yield _mail(each, raw)

    def stream(self, wanted: Listed) -> Iterator[bytes]:
        """As `SourceSession.stream`."""
        if not self._is_ours(wanted.handle):
            return
        try:
            yield from self._calls.stream(self._content(wanted.handle))
        except RefusedCallError as error:
            # As in `_whole`; what is refused is so before the first piece.
            if not error.gone:
                log.error("message %s stays where it is: %s", wanted.handle.uid, error)  # noqa: TRY400 - as there

    def settle(self, handles: Sequence[Handle]) -> None:
        """As `SourceSession.settle`.

        An id is good in any folder, so it is looked first which messages still lie in the inbox: what a person or a
        run that was cut off has moved stays where it is.
        """
        ours = list(dict.fromkeys(handle.uid for handle in handles if self._is_ours(handle)))
        if len(ours) < len(handles):
            log.warning("%d stale handles of %s not settled", len(handles) - len(ours), self._calls.who)
        here = self._in_inbox(ours)
        target = self._processed() if here else ""
        for some in _runs(here):
            self._move(some, target)
            crash.here("C9")
        self._view.forget(ours)

    def sightings(self) -> Iterator[Sighting]:
        """As `SourceSession.sightings`; delta queries of their own, since a plain list skips what moves under it."""
        yield from self._in_folder(_INBOX, self._inbox, settled=False)
        processed = _folder_called(self._calls, self._settings.processed_folder)
        if processed:
            yield from self._in_folder(self._settings.processed_folder, processed, settled=True)

    def digest(self, handle: Handle) -> str | None:
        """As `SourceSession.digest`."""
        folders = {_INBOX: self._inbox}
        if handle.folder == self._settings.processed_folder:
            folders[handle.folder] = _folder_called(self._calls, handle.folder) or ""
        if not handle.validity or folders.get(handle.folder) != handle.validity or not _ID.fullmatch(handle.uid):
            return None
        sha256 = hashlib.sha256()
        try:
            for piece in self._calls.stream(self._content(handle)):
                sha256.update(piece)
        except RefusedCallError as error:
            if error.gone:
                return None
            raise
        return sha256.hexdigest()

    def _in_folder(self, name: str, folder: str, *, settled: bool) -> Iterator[Sighting]:
        for page in changes(self._calls, folder):
            for uid, facts in page.there.items():
                delivered = Handle(folder=_INBOX, validity=self._inbox, uid=uid)
                yield Sighting(
                    listed=self._listed(name, folder, uid, facts),
                    settled=settled,
                    message_id=facts.message_id,
                    delivered_as=delivered,
                )

    def _listed(self, name: str, folder: str, uid: str, facts: MessageFacts) -> Listed:
        handle = Handle(folder=name, validity=folder, uid=uid)
        return Listed(
            handle=handle,
            size=facts.size,
            arrived_at=facts.arrived_at,
            sender=facts.sender,
            submitted_at=facts.sent_at,
        )

    def _is_ours(self, handle: Handle) -> bool:
        """Whether this is a handle that we gave, so that nothing else comes into an address."""
        return (handle.folder, handle.validity) == (_INBOX, self._inbox) and bool(_ID.fullmatch(handle.uid))

    def _content(self, handle: Handle) -> str:
        """Where the exact MIME content is ("Get MIME content of a message")."""
        return f"{self._calls.user}/messages/{handle.uid}/$value"

    def _whole(self, wanted: Listed) -> bytes | None:
        try:
            return b"".join(self._calls.stream(self._content(wanted.handle)))
        except RefusedCallError as error:
            if error.gone:
                return None
            # One message that the server can't give must not hold up the rest.
            log.error("message %s stays where it is: %s", wanted.handle.uid, error)  # noqa: TRY400 - the words say it
            return None

    def _in_inbox(self, uids: Sequence[str]) -> list[str]:
        found = []
        for some in _runs(uids):
            paths = (f"{self._calls.user}/messages/{uid}?$select=parentFolderId" for uid in some)
            answers = self._calls.batch([Call(method="GET", path=path) for path in paths])
            for uid, answer in zip(some, answers, strict=True):
                self._refuse_unless_gone(answer)
                if answer.body.get("parentFolderId") == self._inbox:
                    found.append(uid)
        return found

    def _move(self, uids: Sequence[str], target: str) -> None:
        """One that went in the meantime is none of ours any more ("message: move")."""
        calls = [
            Call(method="POST", path=f"{self._calls.user}/messages/{uid}/move", body={"destinationId": target})
            for uid in uids
        ]
        for answer in self._calls.batch(calls):
            self._refuse_unless_gone(answer)

    def _refuse_unless_gone(self, answer: Answer) -> None:
        if answer.status in _FAILED and answer.status != _GONE:
            error = answer.body.get("error")
            said = error if isinstance(error, Mapping) else {}
            raise PermanentError(
                f"{self._calls.who}: messages can't be moved to {self._settings.processed_folder}: {answer.status} "
                f"{said.get('code')} {said.get('message')}; the app needs Mail.ReadWrite, the mailbox room "
                "(docs/exchange.md)"
            )

    def _processed(self) -> str:
        """The id of the processed folder, which is created when it is missing ("Create MailFolder")."""
        name = self._settings.processed_folder
        found = _folder_called(self._calls, name)
        if found:
            return found
        try:
            return _text(self._calls.post(f"{self._calls.user}/mailFolders", {"displayName": name}), "id")
        except RefusedCallError:
            # Somebody else may have made it at this moment.
            found = _folder_called(self._calls, name)
            if found:
                return found
            raise


def _mail(listed: Listed, raw: bytes) -> RawMail:
    return RawMail(handle=listed.handle, raw=raw, arrived_at=listed.arrived_at, submitted_at=listed.submitted_at)


def _folder_called(calls: GraphCalls, name: str) -> str | None:
    """The id of the folder of this name at the root of the mailbox ("List mailFolders"); None when there is none."""
    where = f"{calls.user}/mailFolders?$select=id,displayName"
    while where:
        said = calls.get(where, page=100)
        for folder in said.get("value", ()):
            if str(folder.get("displayName", "")).casefold() == name.casefold():
                return _text(folder, "id")
        where = str(said.get("@odata.nextLink", ""))
    return None


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise UnreachableError(f"Graph gave no {key} that can be one; is graph_root right?")
    return value


def _runs(uids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (uids[start : start + AT_ONCE] for start in range(0, len(uids), AT_ONCE))
