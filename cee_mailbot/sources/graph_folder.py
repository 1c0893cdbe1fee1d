"""What lies in a folder at Graph, by delta queries: all of it once, then what changed."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cee_mailbot.errors import PermanentError
from cee_mailbot.graph_calls import GraphCalls, RefusedCallError
from cee_mailbot.sources.folder_view import ExpiredRoundError, MessageFacts, Page

_PAGE = 200
_GONE_FOR_EVER = 410
# PidTagMessageSize ([MS-OXPROPS] 2.796): what the message takes in the store, where documents lie decoded.
_SIZE = 0x0E08
_FIELDS = "receivedDateTime,sentDateTime,internetMessageId,from"
_EXPAND = f"singleValueExtendedProperties($filter=id eq 'Integer 0x{_SIZE:04X}')"
_ID = re.compile(r"[A-Za-z0-9_=+-]{8,1024}")


def changes(calls: GraphCalls, folder: str, link: str = "") -> Iterator[Page]:
    """All of a folder, or what changed since `link` was given ("message: delta").

    Raises `ExpiredRoundError` when the link has expired.
    """
    where = link or f"{calls.user}/mailFolders/{folder}/messages/delta?$select={_FIELDS}&$expand={_EXPAND}"
    while where:
        said = _page(calls, where)
        entries = [one for one in said.get("value", ()) if isinstance(one, dict) and _ID.fullmatch(str(one.get("id")))]
        here = [one for one in entries if "@removed" not in one]
        # Of one that has changed the properties that have not may be left out ("Use delta query to track changes").
        touched = tuple(one["id"] for one in here if link and "receivedDateTime" not in one)
        yield Page(
            there={one["id"]: _facts(one) for one in here if one["id"] not in touched},
            removed=tuple(one["id"] for one in entries if "@removed" in one),
            link=str(said.get("@odata.deltaLink", "")),
            touched=touched,
        )
        where = str(said.get("@odata.nextLink", ""))


def _page(calls: GraphCalls, where: str) -> Mapping[str, Any]:
    try:
        return calls.get(where, page=_PAGE)
    except RefusedCallError as error:
        if error.status == _GONE_FOR_EVER:
            raise ExpiredRoundError(str(error)) from error
        raise


def _facts(said: Mapping[str, Any]) -> MessageFacts:
    arrived_at = _instant(said.get("receivedDateTime"))
    if arrived_at is None:
        raise PermanentError(f"Graph gives message {said['id']} no arrival time that can be read")
    message_id = said.get("internetMessageId")
    return MessageFacts(
        arrived_at=arrived_at,
        sent_at=_instant(said.get("sentDateTime")),
        size=_size(said.get("singleValueExtendedProperties")),
        sender=_sender(said.get("from")),
        message_id=message_id if isinstance(message_id, str) and message_id else None,
    )


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant and instant.tzinfo else None


def _size(properties: object) -> int:
    """Base64 makes three bytes four and breaks lines, so that half as much again holds what may come."""
    for one in properties if isinstance(properties, list) else ():
        kind, _, number = str(one.get("id", "")).partition(" ")
        if kind == "Integer" and number.lower().startswith("0x") and int(number, 16) == _SIZE:
            value = str(one.get("value", ""))
            return int(value) * 3 // 2 + 1024 if value.isdecimal() else 0
    return 0


def _sender(said: object) -> str:
    address = said.get("emailAddress", {}) if isinstance(said, dict) else {}
    return str(address.get("address", "")).lower() if isinstance(address, dict) else ""
