"""Moving messages on an IMAP server so that no crash in between loses or doubles one."""

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from cee_mailbot import crash
from cee_mailbot.errors import PermanentError
from cee_mailbot.sources.imap_connection import Connection, OpenFolder, RefusedCommandError

log = logging.getLogger(__name__)

# What may stand in a SEARCH unquoted whatever the server; any other Message-ID is not looked for.
_PLAIN_MESSAGE_ID = re.compile(rb"message-id:\s*(<[A-Za-z0-9.@_=+$/-]{3,200}>)\s*", re.IGNORECASE)
_PIECE = 4 << 20


@dataclass(frozen=True, slots=True)
class _Likeness:
    """What a message and its copy have in common and the server can tell quickly."""

    message_id: str
    size: int
    arrived_at: datetime


def can_settle(connection: Connection) -> bool:
    """Whether the server can move exactly the messages that are named."""
    return connection.can("MOVE") or connection.can("UIDPLUS")


def settle(connection: Connection, folder: OpenFolder, uids: list[int], target: str) -> None:
    """Moves `uids` of `folder`, which is open for writing, to `target`; creates it when it is missing."""
    if connection.can("MOVE"):
        _into(connection, target, lambda client: client.move(uids, target))
        crash.here("C9")
    elif connection.can("UIDPLUS"):
        _copy_and_expunge(connection, folder, uids, target)
    else:
        # A bare EXPUNGE would remove what other people have marked as deleted.
        raise PermanentError(
            f"{connection.who} offers neither MOVE nor UIDPLUS; messages can't be moved there: ask its administrator"
        )


def _into(connection: Connection, target: str, command: Callable[[Any], Any]) -> None:
    doing = f"move messages to folder {target}"
    try:
        try:
            connection.run(doing, command)
        except RefusedCommandError:
            # [TRYCREATE] says that the folder is missing, but not every server says it.
            if connection.run("list folders", lambda client: client.folder_exists(target)):
                raise
            _create(connection, target)
            connection.run(doing, command)
    except RefusedCommandError as error:
        if error.code == "OVERQUOTA":
            raise PermanentError(f"{error}; {connection.who} is over quota: make room in it") from error
        raise


def _create(connection: Connection, target: str) -> None:
    try:
        connection.run(f"create folder {target}", lambda client: client.create_folder(target))
    except RefusedCommandError as error:
        if error.code != "ALREADYEXISTS":
            raise
    try:
        connection.run(f"subscribe to folder {target}", lambda client: client.subscribe_folder(target))
    except RefusedCommandError as error:
        log.warning("%s", error)


def _copy_and_expunge(connection: Connection, folder: OpenFolder, uids: list[int], target: str) -> None:
    here = _likenesses(connection, uids)
    if not here:
        return
    copied = _already_copied(connection, folder, here, target)
    missing = [uid for uid in here if uid not in copied]
    if missing:
        _into(connection, target, lambda client: client.copy(missing, target))
    crash.here("C9b")
    present = list(here)
    connection.run("mark messages", lambda client: client.delete_messages(present, silent=True))
    connection.run("remove messages", lambda client: client.uid_expunge(present))


def _likenesses(connection: Connection, uids: list[int]) -> dict[int, _Likeness]:
    """The likeness of each message still there; its Message-ID is empty when it can't be searched for."""
    items = ["RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]
    answer = connection.run("look at messages", lambda client: client.fetch(uids, items))
    found = {}
    for uid, said in answer.items():
        if b"RFC822.SIZE" in said:
            header = next((v for k, v in said.items() if k.startswith(b"BODY[") and isinstance(v, bytes)), b"")
            plain = _PLAIN_MESSAGE_ID.fullmatch(header)
            message_id = plain[1].decode("ascii") if plain else ""
            found[uid] = _Likeness(message_id, said[b"RFC822.SIZE"], said[b"INTERNALDATE"])
    return found


def _already_copied(
    connection: Connection, folder: OpenFolder, here: dict[int, _Likeness], target: str
) -> frozenset[int]:
    """Those that a run cut off between COPY and EXPUNGE has left in the target folder (C9b), byte for byte.

    Anybody can send a message with the Message-ID and the size of another: only equal bytes are a copy.
    """
    try:
        connection.open_folder(target, readonly=True)
        there = {uid: _digests_like(connection, likeness) for uid, likeness in here.items() if likeness.message_id}
    except RefusedCommandError:
        there = {}  # no such folder yet
    again = connection.open_folder(folder.name, readonly=False)
    if again.validity != folder.validity:
        raise PermanentError(f"folder {folder.name} of {connection.who} was made anew while messages were moved")
    return frozenset(uid for uid, digests in there.items() if digests and digest_of(connection, uid) in digests)


def _digests_like(connection: Connection, likeness: _Likeness) -> set[str]:
    """The digests of the messages in the open folder that look like this one."""
    criteria = ["HEADER", "Message-ID", likeness.message_id]
    found = connection.run("search", lambda client: client.search(criteria))
    alike = [uid for uid, other in _likenesses(connection, found).items() if other == likeness] if found else []
    return {digest for uid in alike if (digest := digest_of(connection, uid))}


def digest_of(connection: Connection, uid: int) -> str | None:
    """The SHA-256 of a message in the open folder, read in pieces; None when it has gone."""
    sha256, offset = hashlib.sha256(), 0
    while True:
        item = f"BODY.PEEK[]<{offset}.{_PIECE}>"
        said = connection.run("fetch", partial(_fetch, uid=uid, item=item)).get(uid, {})
        piece = next((v for k, v in said.items() if k.startswith(b"BODY[]") and isinstance(v, bytes)), b"")
        if not piece:
            return sha256.hexdigest() if offset else None
        sha256.update(piece)
        offset += len(piece)


def _fetch(client: Any, uid: int, item: str) -> dict[int, dict[bytes, Any]]:
    answer: dict[int, dict[bytes, Any]] = client.fetch([uid], [item])
    return answer
