"""What one mailbox of `tests.servers.graph` holds, and what changed in it."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any


@dataclass(kw_only=True, slots=True, eq=False)
class Folder:
    """A folder; its changes are by number, each naming a message."""

    id: str
    name: str
    changes: list[str] = field(default_factory=list)


@dataclass(kw_only=True, slots=True, eq=False)
class Message:
    """A message and the folder that it lies in."""

    id: str
    raw: bytes
    arrived_at: datetime
    folder: Folder
    read: bool = False


@dataclass(kw_only=True, slots=True)
class Round:
    """How far a client has come with a folder's changes: those still to be told, and where the next round begins."""

    folder: Folder
    select: str
    left: list[str]
    until: int


@dataclass(kw_only=True, slots=True)
class GraphBox:
    """One mailbox; `sent` are the letters that left from it."""

    address: str = "box@agency.example"
    folders: dict[str, Folder] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    rounds: dict[str, Round] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    ids_change: bool = False  # with each move, as where nobody asks for immutable ones, or a mailbox was migrated

    def __post_init__(self) -> None:
        for name in ("Inbox", "Drafts", "Sent Items"):
            self.add_folder(name)

    def add_folder(self, name: str) -> Folder:
        """A new folder at the root."""
        made = Folder(id=f"AAMkAD{secrets.token_urlsafe(60)}=", name=name)
        self.folders[made.id] = made
        return made

    def folder(self, wanted: str) -> Folder | None:
        """By its id, or one of the well-known names ("mailFolder resource type")."""
        known = {"inbox": "Inbox", "sentitems": "Sent Items"}.get(wanted.casefold())
        if known:
            return next(one for one in self.folders.values() if one.name == known)
        return self.folders.get(wanted)

    def deliver(self, raw: bytes, arrived_at: datetime) -> Message:
        """A message comes into the inbox."""
        inbox = self.folder("inbox")
        assert inbox is not None
        new = Message(id=f"AAkALg{secrets.token_urlsafe(60)}=", raw=raw, arrived_at=arrived_at, folder=inbox)
        self.messages[new.id] = new
        inbox.changes.append(new.id)
        return new

    def move(self, message: Message, target: Folder) -> None:
        """Both folders change."""
        message.folder.changes.append(message.id)
        if self.ids_change:
            del self.messages[message.id]
            message.id = f"AAkALg{secrets.token_urlsafe(60)}="
            self.messages[message.id] = message
        message.folder = target
        target.changes.append(message.id)

    def touch(self, message: Message) -> None:
        """A person reads it, or puts a category on it."""
        message.folder.changes.append(message.id)
        self.touched.add(message.id)

    def remove(self, message: Message) -> None:
        """Gone for good."""
        del self.messages[message.id]
        message.folder.changes.append(message.id)

    def lying_in(self, name: str) -> list[Message]:
        """The messages in the folder of this name."""
        return [one for one in self.messages.values() if one.folder.name == name]

    def shown_folder(self, folder: Folder) -> dict[str, Any]:
        """See "mailFolder resource type"."""
        count = sum(one.folder is folder for one in self.messages.values())
        return {"id": folder.id, "displayName": folder.name, "totalItemCount": count}

    def shown(self, message: Message) -> dict[str, Any]:
        """See "message resource type"; times to the second, in UTC."""
        head = message_from_bytes(message.raw[:100_000], policy=compat32)
        name, address = parseaddr(str(head.get("From", "")))
        return {
            "id": message.id,
            "receivedDateTime": _written(message.arrived_at),
            "sentDateTime": _written(_sent_at(str(head.get("Date", ""))) or message.arrived_at),
            "internetMessageId": str(head["Message-ID"]) if head["Message-ID"] else None,
            "from": {"emailAddress": {"name": name, "address": address}} if address else None,
            "parentFolderId": message.folder.id,
        }

    def begin_round(self, folder: Folder, select: str) -> Round:
        """All that lies in the folder now."""
        left = [one.id for one in self.messages.values() if one.folder is folder]
        return Round(folder=folder, select=select, left=left, until=len(folder.changes))

    def resume_round(self, token: str) -> Round | None:
        """The round that goes on behind this token; None when it has expired."""
        return self.rounds.get(token)

    def next_page(self, round_: Round, page: int) -> tuple[list[dict[str, Any]], str, bool]:
        """Entries, the token behind them, and whether there are more in this round.

        See "Use delta query to track changes in Microsoft Graph data": of one that has changed, and was told of before,
        nothing but its id is sure to be told.
        """
        some, left = round_.left[:page], round_.left[page:]
        token = secrets.token_urlsafe(24)
        news = round_.folder.changes[round_.until :]
        changed = list(dict.fromkeys(news))
        known = {uid for uid in self.touched if uid not in some and news.count(uid) == 1}
        if left:
            after = Round(folder=round_.folder, select=round_.select, left=left, until=round_.until)
        else:
            after = Round(folder=round_.folder, select=round_.select, left=[], until=len(round_.folder.changes))
            some += [one for one in changed if one not in some]
        self.rounds[token] = after
        return [self._entry(uid, round_, known) for uid in some], token, bool(left)

    def _entry(self, uid: str, round_: Round, known: set[str]) -> dict[str, Any]:
        """See "Get incremental changes to messages in a folder", "singleValueLegacyExtendedProperty resource type"."""
        message = self.messages.get(uid)
        kind = {"@odata.type": "#microsoft.graph.message"}
        if message is None or message.folder is not round_.folder:
            return {**kind, "@removed": {"reason": "deleted"}, "id": uid}
        kind["@odata.etag"] = f'W/"CQAAABYAAAA{len(message.folder.changes)}"'
        if uid in known:
            return {**kind, "id": uid}
        size = {"id": "Integer 0xe08", "value": str(len(message.raw) * 3 // 4)}
        chosen = {name: value for name, value in self.shown(message).items() if name in round_.select.split(",")}
        return {**kind, "id": uid, **chosen, "singleValueExtendedProperties": [size]}


def _written(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _sent_at(date: str) -> datetime | None:
    try:
        sent_at = parsedate_to_datetime(date)
    except ValueError:
        return None
    return sent_at if sent_at.tzinfo else None
