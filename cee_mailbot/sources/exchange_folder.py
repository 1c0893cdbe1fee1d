"""What lies in a folder at Exchange, by SyncFolderItems: all of it once, then what changed."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cee_mailbot.errors import PermanentError
from cee_mailbot.exchange_calls import ExchangeCalls, Item, RefusedCallError
from cee_mailbot.sources.folder_view import ExpiredRoundError, MessageFacts, Page

_EXPIRED = "ErrorInvalidSyncStateData"


def changes(calls: ExchangeCalls, folder: str, state: str = "") -> Iterator[Page]:
    """All of a folder, or what changed since `state` was given ("SyncFolderItems operation").

    Raises `ExpiredRoundError` when Exchange does not know the state any more.
    """
    last = False
    while not last:
        try:
            page = calls.changes(folder, state)
        except RefusedCallError as error:
            if error.code == _EXPIRED:
                raise ExpiredRoundError(str(error)) from error
            raise
        state, last = page.state, page.last
        there = {item.uid: _facts(item) for item in page.there}
        yield Page(there=there, removed=page.removed, link=state if last else "")


def _facts(item: Item) -> MessageFacts:
    """An item that was put into the inbox by hand may never have been received: then its making counts."""
    arrived_at = _instant(item.received) or _instant(item.created)
    if arrived_at is None:
        raise PermanentError(f"Exchange gives item {item.uid} no arrival time that can be read")
    return MessageFacts(
        arrived_at=arrived_at,
        sent_at=_instant(item.sent),
        size=_size(item.size),
        sender=item.sender.lower() if "@" in item.sender else "",
        message_id=item.message_id or None,
    )


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None


def _size(text: str) -> int:
    """What the item takes in the store, where documents lie decoded: base64 makes three bytes four and breaks lines."""
    return int(text) * 3 // 2 + 1024 if text.isdecimal() and len(text) < 16 else 0  # noqa: PLR2004 - no size has more
