"""What is read of papers after the commit, and what follows for their items: advice, never a decision.

An item never waits for this. A document is read where a hostile one harms nobody else; one that breaks its reader is
tried once more and then left, and costs only itself.
"""

import logging
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from cee_mailbot.desk.clock import in_force, move_due
from cee_mailbot.domain.cross_check import PAPER_FLAGS, CheckedItem, CrossCheck, cross_check
from cee_mailbot.domain.item_clock import due_of, is_entry_date
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.errors import DamagedBlobError, NotFoundError, TemporaryError
from cee_mailbot.intake import Intake
from cee_mailbot.interfaces import Reading
from cee_mailbot.ledger import UnitOfWork
from cee_mailbot.log import fields
from cee_mailbot.paper_ledger import ItemPapers, MessageReading, UnreadMessage
from cee_mailbot.reading import HEADER_BYTES
from cee_mailbot.site import Site
from parsers.headers import MailRefused
from parsers.papers import Paper
from parsers.safe_html import text_of_html

logger = logging.getLogger(__name__)

AT_ONCE = 20
LEASE = timedelta(minutes=15)
TRIES = 2
PAPERS = 300  # of one message that are read; more stay unread, as do those after too many that broke their reader
LOST = 3
BODY = 200_000  # characters of a body that are kept for the search

BROKE = Paper(status="unreadable", why="reader-broke")
UNREADABLE = "document-unreadable"
# What says that a reader came to its end over a paper, each of which costs all that reading one may.
_LOST = frozenset({BROKE.why, "reading-limit"})


@dataclass(frozen=True, kw_only=True, slots=True)
class PapersRead:
    """How many messages were read, and how many items were compared with their papers."""

    messages: int
    items: int


def read_papers(intake: Intake) -> PapersRead:
    """Reads the papers of every message that nobody has read, and compares items with their papers.

    Raises what the store raises; what was read by then is written.
    """
    messages = 0
    while unread := _claim(intake):
        for one in unread:
            reading = _read(intake, one)
            with intake.store.begin(intake.site.clock.now()) as unit:
                unit.write_reading(reading)
            messages += 1
        # Between sets: an item's advice does not wait for all the papers of a long queue.
        items = compare_items(intake)
        logger.info("papers read", extra=fields(messages=len(unread), items=items))
    return PapersRead(messages=messages, items=compare_items(intake))


def _claim(intake: Intake) -> tuple[UnreadMessage, ...]:
    now = intake.site.clock.now()
    with intake.store.begin(now) as unit:
        return unit.claim_unread(limit=AT_ONCE, lease_until=now + LEASE)


def _read(intake: Intake, unread: UnreadMessage) -> MessageReading:
    """What a message says; nothing where it can't be read, as its own decision has said already."""
    try:
        raw = _raw(intake, unread)
        reading = intake.reader.read(raw) if unread.size == len(raw) else intake.reader.read_header(raw)
    except (MailRefused, DamagedBlobError, NotFoundError):
        return MessageReading(message=unread.message)
    except TemporaryError:
        raise
    except Exception:
        logger.exception("the reader broke", extra=fields(message=unread.message))
        return MessageReading(message=unread.message)
    papers = _papers(intake, unread, raw)
    return MessageReading(message=unread.message, body=body_text(reading)[:BODY], papers=papers)


def _raw(intake: Intake, unread: UnreadMessage) -> bytes:
    """The bytes of a message; of one too large to be read its beginning."""
    if unread.size > intake.site.policies[unread.mailbox].message_limit:
        with intake.blobs.open(unread.sha256) as stored:
            return stored.read(HEADER_BYTES)
    return intake.blobs.get(unread.sha256)


def body_text(reading: Reading) -> str:
    """The text of a body: the plain one, else that of its HTML."""
    if reading.cut.text is not None or reading.cut.html is None:
        return reading.cut.text or ""
    return " ".join(text_of_html(reading.cut.html).split())


def _papers(intake: Intake, unread: UnreadMessage, raw: bytes) -> dict[str, Paper]:
    """What is in those documents that were not read before, by their digests."""
    with intake.store.begin(intake.site.clock.now()) as unit:
        known = unit.papers_known(unread.documents)
    papers: dict[str, Paper] = {}
    lost = 0
    for one in [one for one in unread.documents if one not in known][:PAPERS]:
        if lost >= LOST:
            logger.warning("papers left unread", extra=fields(message=unread.message, read=len(papers)))
            break
        papers[one] = _paper(intake, unread, raw, one)
        lost += papers[one].why in _LOST
    return papers


def _paper(intake: Intake, unread: UnreadMessage, raw: bytes, sha256: str) -> Paper:
    # Written down before it is tried: a document that takes the process with it is found to have done so.
    with intake.store.begin(intake.site.clock.now()) as unit:
        tries = unit.note_try(unread.message, sha256)
    if tries > TRIES:
        return BROKE
    try:
        return intake.reader.read_paper(raw, sha256)
    except TemporaryError:
        raise
    except Exception:
        logger.exception("the reader broke", extra=fields(message=unread.message, document=sha256))
        return BROKE


# --- what follows for an item ---------------------------------------------------------------------------------


def compare_items(intake: Intake) -> int:
    """Compares every item that changed, or whose papers did, with its papers; how many there were."""
    compared = 0
    while True:
        with intake.store.begin(intake.site.clock.now()) as unit:
            waiting = unit.unchecked_items(limit=AT_ONCE)
            for submission in waiting:
                _compare(unit, intake.site, submission)
        compared += len(waiting)
        if not waiting:
            return compared


def _compare(unit: UnitOfWork, site: Site, submission: int) -> None:
    item = unit.item_papers(submission)
    if item.state == ItemState.CLOSED:
        unit.note_check(submission, raises=(), drops=())
        return
    found = cross_check(checked_item(item, site), item.papers)
    unreadable = {(UNREADABLE, one.message) for one in item.papers if one.paper.status == "unreadable"}
    wanted = {*found.flags, *unreadable}
    unit.note_check(
        submission,
        raises=sorted(wanted - item.flags),
        drops=sorted(one for one in item.flags - wanted if one[0] in PAPER_FLAGS),
    )
    _note_date(unit, item, found)


def checked_item(item: ItemPapers, site: Site) -> CheckedItem:
    """An item as its papers are compared with it."""
    clocked = item.clocked
    account = site.directory.account(item.account)
    return CheckedItem(
        code=clocked.code,
        entry_number=item.entry_number,
        port=clocked.port,
        presented_on=clocked.presented_at.astimezone(ZoneInfo(clocked.zone)).date(),
        joined=account.joined if account else None,
        is_whole=item.is_read,
    )


def _note_date(unit: UnitOfWork, item: ItemPapers, found: CrossCheck) -> None:
    """A day of entry that the papers say starts the clock of the item; a day that staff have set stands."""
    day = _plausible(found.entry_date)
    if item.staff_dated or day == item.clocked.entry_date:
        return
    known = in_force(unit.closures())
    unit.note_found_date(item.clocked.submission, day)
    dated = replace(item.clocked, entry_date=day)
    move_due(unit, item.clocked, due_of(item.clocked, known), due_of(dated, known), "entry-date-found")


def _plausible(day: date | None) -> date | None:
    return day if day is not None and is_entry_date(day) else None
