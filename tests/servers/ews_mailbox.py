"""What one mailbox of `tests.servers.ews` holds, and what changed in it."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from typing import Literal

Change = tuple[Literal["Create", "Update", "Delete", "ReadFlagChange"], str]


@dataclass(kw_only=True, slots=True, eq=False)
class Folder:
    """A folder, shown by the element `kind`; its changes are by number, each naming an item."""

    id: str
    name: str
    kind: str = "Folder"
    changes: list[Change] = field(default_factory=list)


@dataclass(kw_only=True, slots=True, eq=False)
class Item:
    """An item under the id that it has in this folder; `kind` is the element that shows it."""

    id: str
    raw: bytes
    arrived_at: datetime | None
    folder: Folder
    kind: str = "Message"
    read: bool = False


@dataclass(kw_only=True, slots=True)
class ExchangeBox:
    """One mailbox; `sent` are the letters that left from it."""

    address: str
    folders: dict[str, Folder] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    states: dict[str, tuple[Folder, int, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("Inbox", "Drafts", "Sent Items"):
            self.add_folder(name)

    def add_folder(self, name: str, kind: str = "Folder") -> Folder:
        """A new folder at the root."""
        made = Folder(id=_new_id(), name=name, kind=kind)
        self.folders[made.id] = made
        return made

    def known_folder(self, name: str) -> Folder:
        """By its well-known name ("DistinguishedFolderId")."""
        known = {"inbox": "Inbox", "sentitems": "Sent Items"}[name]
        return next(one for one in self.folders.values() if one.name == known)

    def deliver(self, raw: bytes, arrived_at: datetime | None, kind: str = "Message") -> Item:
        """An item comes into the inbox; without a time of arrival it was put there by hand."""
        return self._place(Item(id="", raw=raw, arrived_at=arrived_at, folder=self.known_folder("inbox"), kind=kind))

    def move(self, item: Item, target: Folder) -> Item:
        """It gets a new id ("EWS identifiers in Exchange": an item is copied, and the one that was is deleted)."""
        self.remove(item)
        return self._place(
            Item(id="", raw=item.raw, arrived_at=item.arrived_at, folder=target, kind=item.kind, read=item.read)
        )

    def _place(self, item: Item) -> Item:
        item.id = _new_id()
        self.items[item.id] = item
        item.folder.changes.append(("Create", item.id))
        return item

    def remove(self, item: Item) -> None:
        """Gone for good."""
        del self.items[item.id]
        item.folder.changes.append(("Delete", item.id))

    def mark_read(self, item: Item) -> None:
        """A person opened it."""
        item.read = True
        item.folder.changes.append(("ReadFlagChange", item.id))

    def touch(self, item: Item) -> None:
        """A person put a category on it."""
        item.folder.changes.append(("Update", item.id))

    def lying_in(self, name: str) -> list[Item]:
        """The items in the folder of this name."""
        return [one for one in self.items.values() if one.folder.name == name]

    def changed(self, folder: Folder, state: str, most: int) -> tuple[list[Change], str, bool] | None:
        """Changes since a state, the state behind them, and whether these are the last; None for a state of nobody's.

        The first round tells of what lies there ("SyncFolderItems operation"); later ones of each item once.
        """
        if not state:
            waiting = tuple(one.id for one in self.items.values() if one.folder is folder)
            until = len(folder.changes)
        elif state in self.states and self.states[state][0] is folder:
            _, until, waiting = self.states[state]
        else:
            return None
        told: list[Change] = [("Create", uid) for uid in waiting[:most] if uid in self.items]
        left = waiting[most:]
        if not left:
            later = dict.fromkeys(folder.changes[until:])
            told += [one for one in later if one[0] == "Delete" or one[1] in self.items][: most - len(told) or None]
            until = len(folder.changes)
        after = base64.b64encode(secrets.token_bytes(90)).decode()
        self.states[after] = (folder, until, left)
        return told, after, not left


def _new_id() -> str:
    """Of the length and the letters of Exchange's, the slash among them."""
    return base64.b64encode(b"\0\x01\xff" + secrets.token_bytes(111)).decode()


def written(instant: datetime) -> str:
    """As Exchange writes a time: to the second, in UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def shown(item: Item, field_uri: str) -> str | tuple[str, str]:
    """The value of a field, empty where there is none; of `message:From` name and address."""
    head = message_from_bytes(item.raw[:100_000], policy=compat32)
    arrived_at = item.arrived_at
    if field_uri == "message:From":
        return parseaddr(str(head.get("From", "")))
    values = {
        "item:DateTimeCreated": written(arrived_at or datetime(2026, 3, 1, tzinfo=UTC)),
        "item:DateTimeReceived": written(arrived_at) if arrived_at else "",
        "item:DateTimeSent": written(sent) if (sent := _sent_at(str(head.get("Date", ""))) or arrived_at) else "",
        "item:Size": str(len(item.raw) * 3 // 4 + 400),
        "message:InternetMessageId": str(head.get("Message-ID") or ""),
    }
    return values[field_uri]


def _sent_at(date: str) -> datetime | None:
    try:
        sent_at = parsedate_to_datetime(date)
    except ValueError:
        return None
    return sent_at if sent_at.tzinfo else None
