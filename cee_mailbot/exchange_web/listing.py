"""Response messages to what they list: folders, changes, items."""

import re

from cee_mailbot.errors import UnreachableError
from cee_mailbot.exchange_calls import Changes, Inbox, Item
from cee_mailbot.exchange_web.answers import Node

_ID = re.compile(r"[A-Za-z0-9+/=_-]{4,1024}")
_STATE = re.compile(r"[A-Za-z0-9+/=\s]+")


def inbox_in(message: Node) -> Inbox:
    """The inbox ("GetFolder operation")."""
    count = message.words("Folders", "Folder", "TotalCount")
    return Inbox(id=id_in(message, "Folders"), count=int(count) if count.isdecimal() else 0)


def id_in(message: Node, container: str) -> str:
    """The id of the one folder that a message tells of."""
    container_node = message.first(container)
    for folder in container_node.children if container_node else ():
        if found := _id(folder, "FolderId"):
            return found
    raise UnreachableError("Exchange gave no id of a folder that can be one; is endpoint right?")


def folders_in(message: Node, offset: int) -> tuple[list[tuple[str, str]], int | None]:
    """Ids and names on a page of mail folders, and where the next begins ("FindFolder operation", "RootFolder").

    Folders of other things (`CalendarFolder`, `SearchFolder`) take no mail, whatever they are called.
    """
    root = message.first("RootFolder")
    holder = root.first("Folders") if root else None
    if root is None:
        raise UnreachableError("Exchange gave no folders that can be read; is endpoint right?")
    found = [(_id(one, "FolderId"), one.words("DisplayName")) for one in holder.all("Folder")] if holder else []
    following = root.attributes.get("IndexedPagingOffset", "")
    last = root.attributes.get("IncludesLastItemInRange", "") in {"true", "1"}
    more = following.isdecimal() and int(following) > offset and not last
    return [(uid, name) for uid, name in found if uid], int(following) if more else None


def changes_in(message: Node, before: str) -> Changes:
    """What changed in a folder, its state before being `before` ("SyncFolderItems operation").

    That somebody read an item is no change of ours. An item whose id can't be one ends the listing, rather than being
    passed over for ever.
    """
    state = message.words("SyncState")
    last = message.words("IncludesLastItemInRange") in {"true", "1"}
    if not _STATE.fullmatch(state) or (state == before and not last):
        raise UnreachableError("Exchange gave no state of the folder that leads on; is endpoint right?")
    there: dict[str, Item | None] = {}
    changes = message.first("Changes")
    for change in changes.children if changes else ():
        if change.tag in {"Create", "Update"} and change.children:
            item = _item(change.children[0])
            there[item.uid] = item
        elif change.tag == "Delete":
            there[_required(_id(change, "ItemId"))] = None
    return Changes(
        there=tuple(item for item in there.values() if item is not None),
        removed=tuple(uid for uid, item in there.items() if item is None),
        state=state,
        last=last,
    )


def _item(node: Node) -> Item:
    """Whatever kind of item it is: a meeting request in an inbox is mail too."""
    return Item(
        uid=_required(_id(node, "ItemId")),
        received=node.words("DateTimeReceived"),
        sent=node.words("DateTimeSent"),
        created=node.words("DateTimeCreated"),
        size=node.words("Size"),
        sender=node.words("From", "Mailbox", "EmailAddress"),
        message_id=node.words("InternetMessageId"),
    )


def _required(uid: str) -> str:
    if not uid:
        raise UnreachableError("Exchange lists an item without an id that can be one; is endpoint right?")
    return uid


def _id(node: Node, name: str) -> str:
    found = node.first(name)
    uid = found.attributes.get("Id", "") if found else ""
    return uid if _ID.fullmatch(uid) else ""
