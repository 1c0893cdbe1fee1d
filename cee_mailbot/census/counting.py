"""The count of one mailbox: each message on the server beside its row."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from cee_mailbot.census.findings import AT_ONCE, Findings, MailboxCensus, MissingMessage, RowSet
from cee_mailbot.census_ledger import CountedRow, PolledMailbox
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.interfaces import Handle, Sighting, Source, SourceSession
from cee_mailbot.ledger import Store

_IN_NO_MAILBOX = "file:"
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True, slots=True)
class _Tally:
    """The count of one mailbox while it goes on; `here` and `settled` are the rows met in either folder."""

    mailbox: str
    configured: Collection[str]
    polled: PolledMailbox
    here: RowSet
    settled: RowSet
    folders: dict[str, None] = field(default_factory=dict)
    on_server: int = 0
    accounted: int = 0
    pending: int = 0
    before_activation: int = 0
    missing: Findings = field(default_factory=Findings)
    extra: Findings = field(default_factory=Findings)


def count_mailbox(store: Store, source: Source, mailbox: str, configured: Collection[str]) -> MailboxCensus:
    """What lies in one of the mailboxes that are `configured`, or why that could not be seen.

    Raises what the store raises.
    """
    with store.read() as ask:
        polled = ask.polled(mailbox)
    try:
        return _counted(store, source, mailbox, polled, configured)
    except CeeMailbotError as error:
        return MailboxCensus(mailbox=mailbox, error=str(error))


def _counted(
    store: Store, source: Source, mailbox: str, polled: PolledMailbox | None, configured: Collection[str]
) -> MailboxCensus:
    # Before its first poll a mailbox has no activation time yet: all that lies in it is still to come.
    known = polled or PolledMailbox(activation=_EVER, polled_since=None, newest=0)
    tally = _Tally(
        mailbox=mailbox,
        configured=configured,
        polled=known,
        here=RowSet(known.newest),
        settled=RowSet(known.newest),
    )
    with source.session() as session:
        for some in _sets(session.sightings()):
            _take(tally, some, store, session)
    for row in _rows(store, mailbox):
        gone = row.id not in tally.here and row.id not in tally.settled
        if gone and row.id <= known.newest and not row.handle.folder.startswith(_IN_NO_MAILBOX):
            tally.extra.add(row.id)
    return MailboxCensus(
        mailbox=mailbox,
        folders=tuple(tally.folders),
        on_server=tally.on_server,
        accounted=tally.accounted,
        pending=tally.pending,
        before_activation=tally.before_activation,
        missing=tally.missing.first,
        extra=tally.extra.first,
        unlisted=tally.missing.unlisted + tally.extra.unlisted,
    )


def _take(tally: _Tally, sightings: Sequence[Sighting], store: Store, session: SourceSession) -> None:
    """Counts a set: by delivery in the source folder; by arrival, size and Message-ID in the processed one."""
    with store.read() as ask:
        fresh = [handle for one in sightings if (handle := _delivered_as(one))]
        delivered = ask.delivered(tally.mailbox, fresh)
        unknown = [one for one in sightings if _delivered_as(one) not in delivered]
        alike = ask.arrived(tally.mailbox, [one.listed.arrived_at for one in unknown])
    rows = _known_by_look(tally, [one for one in unknown if one.settled], alike)
    for one in sightings:
        tally.folders[one.listed.handle.folder] = None
        known = delivered.get(handle) if (handle := _delivered_as(one)) else None
        found = known or (next(rows.get(_look(one), iter(())), None) if one.settled else None)
        if found is None:
            _judge(tally, one, store, session)
        else:
            _account(tally, one, found)


def _delivered_as(sighting: Sighting) -> Handle | None:
    return sighting.delivered_as or (None if sighting.settled else sighting.listed.handle)


def _account(tally: _Tally, sighting: Sighting, row: CountedRow) -> None:
    (tally.settled if sighting.settled else tally.here).add(row.id)
    if not (sighting.settled and row.id in tally.here):  # else it was moved while we counted, and is counted already
        tally.on_server += 1
        tally.accounted += 1


_Look = tuple[object, ...]


def _look(sighting: Sighting) -> _Look:
    """What a message is known by at a glance; one without size needs a Message-ID for it."""
    size = sighting.listed.size if sighting.exact_size else None
    return (sighting.listed.arrived_at, size, sighting.message_id)


def _known_by_look(
    tally: _Tally, settled: Sequence[Sighting], rows: Iterable[CountedRow]
) -> Mapping[_Look, Iterator[CountedRow]]:
    """The rows for messages of the processed folder that look like theirs, each row for one message.

    Where more messages look alike than there are rows, none of them is known at a glance: one has no row, and only
    their bytes tell which.
    """
    alike: dict[_Look, list[CountedRow]] = {}
    for row in rows:
        if row.id not in tally.settled:
            alike.setdefault((row.arrived_at, row.size, row.message_id), []).append(row)
            if row.message_id:
                alike.setdefault((row.arrived_at, None, row.message_id), []).append(row)
    wanted = Counter(map(_look, settled))
    return {look: iter(found) for look, found in alike.items() if len(found) >= wanted[look]}


def _judge(tally: _Tally, sighting: Sighting, store: Store, session: SourceSession) -> None:
    """What a message is that no row was found for at a glance; only what would be missing is read whole."""
    listed, polled = sighting.listed, tally.polled
    if listed.arrived_at < polled.activation:
        tally.before_activation += 1
    elif polled.polled_since is None or listed.arrived_at >= polled.polled_since:
        tally.pending += 1
    else:
        digest = session.digest(listed.handle)
        if digest is None:
            return  # gone in the meantime
        rows = _rows_with(tally, listed.arrived_at, digest, store)
        if rows and sighting.settled:
            tally.accounted += 1
            tally.settled.add(next((row.id for row in rows if row.id not in tally.settled), rows[0].id))
        elif rows:
            tally.pending += 1  # a person put it back: the next poll takes it for what it is, a duplicate
        elif sighting.settled and _has_row_of_old(tally, listed.arrived_at, digest, store):
            tally.accounted += 1
        else:
            tally.missing.add(_missing(sighting))
    tally.on_server += 1


def _rows_with(tally: _Tally, arrived_at: datetime, digest: str, store: Store) -> list[CountedRow]:
    """The rows that have these bytes, or were rejoined from them."""
    with store.read() as ask:
        same = ask.with_digest(tally.mailbox, digest)
        return list(same) or [row for row in ask.arrived(tally.mailbox, [arrived_at]) if digest in row.fragments]


def _has_row_of_old(tally: _Tally, arrived_at: datetime, digest: str, store: Store) -> bool:
    """Whether the message was taken in under a name that the mailbox had before."""
    with store.read() as ask:
        return ask.was_elsewhere(digest, arrived_at, configured=tally.configured)


def _missing(sighting: Sighting) -> MissingMessage:
    listed = sighting.listed
    return MissingMessage(
        folder=listed.handle.folder,
        uid=listed.handle.uid,
        bytes=listed.size,
        arrived_at=listed.arrived_at,
        message_id=sighting.message_id,
    )


def _rows(store: Store, mailbox: str) -> Iterator[CountedRow]:
    after = 0
    while True:
        with store.read() as ask:
            some = ask.rows_after(mailbox, after=after, limit=AT_ONCE)
        if not some:
            return
        yield from some
        after = some[-1].id


def _sets(sightings: Iterable[Sighting]) -> Iterator[list[Sighting]]:
    coming = iter(sightings)
    while some := list(islice(coming, AT_ONCE)):
        yield some
