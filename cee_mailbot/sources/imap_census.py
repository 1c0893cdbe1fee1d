"""What lies in the folders of a mailbox on an IMAP server, for the census: read-only, a set at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cee_mailbot.errors import PermanentError, UnreachableError
from cee_mailbot.interfaces import Handle, Listed, Sighting
from cee_mailbot.sources.imap_connection import Connection, OpenFolder
from cee_mailbot.sources.imap_ranges import portions, windows
from cee_mailbot.sources.imap_settling import digest_of
from parsers.mail import message_id_of

_ITEMS = ["INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]


def sightings(connection: Connection) -> Iterator[Sighting]:
    """As `SourceSession.sightings`; a processed folder that is not there yet holds nothing."""
    source, processed = connection.settings.folder, connection.settings.processed_folder
    yield from _in_folder(connection, source, settled=False)
    place = connection.place(processed)
    if connection.run("list folders", lambda client: client.folder_exists(place)):
        yield from _in_folder(connection, processed, settled=True)


def digest(connection: Connection, handle: Handle) -> str | None:
    """As `SourceSession.digest`."""
    if not handle.uid.isdecimal() or _open(connection, handle.folder).validity != handle.validity:
        return None
    return digest_of(connection, int(handle.uid))


def _in_folder(connection: Connection, name: str, *, settled: bool) -> Iterator[Sighting]:
    folder = _open(connection, name)
    for low, high in windows(folder):
        _reopen(connection, name, folder)
        found = connection.run("search", partial(_search, criteria=["UID", f"{low}:{high or '*'}"]))
        for uids in portions(sorted(uid for uid in found if uid >= low)):
            _reopen(connection, name, folder)
            answer = connection.run("list messages", partial(_fetch, uids=uids))
            for uid, said in answer.items():
                if b"RFC822.SIZE" in said:
                    handle = Handle(folder=name, validity=folder.validity, uid=str(uid))
                    yield _sighting(connection, handle, said, settled=settled)


def _search(client: Any, criteria: list[str]) -> list[int]:
    return list(client.search(criteria))


def _fetch(client: Any, uids: list[int]) -> dict[int, dict[bytes, Any]]:
    answer: dict[int, dict[bytes, Any]] = client.fetch(uids, _ITEMS)
    return answer


def _sighting(connection: Connection, handle: Handle, said: dict[bytes, Any], *, settled: bool) -> Sighting:
    arrived_at = said.get(b"INTERNALDATE")
    if not isinstance(arrived_at, datetime) or arrived_at.tzinfo is None:
        raise PermanentError(f"{connection.who} gives message {handle.uid} no arrival time that can be read")
    head = next((part for name, part in said.items() if name.startswith(b"BODY[") and isinstance(part, bytes)), b"")
    listed = Listed(handle=handle, size=said[b"RFC822.SIZE"], arrived_at=arrived_at.astimezone(UTC))
    return Sighting(listed=listed, settled=settled, message_id=message_id_of(head))


def _open(connection: Connection, name: str) -> OpenFolder:
    """The folder, open read-only; not opened again when it is open already."""
    opened, place = connection.opened, connection.place(name)
    if opened is not None and opened.readonly and opened.name == place:
        return opened
    return connection.open_folder(place, readonly=True)


def _reopen(connection: Connection, name: str, folder: OpenFolder) -> None:
    """Opens the folder again where a digest was asked for in another one meanwhile."""
    if _open(connection, name).validity != folder.validity:
        raise UnreachableError(f"folder {name} of {connection.who} was made anew while it was counted; count again")
