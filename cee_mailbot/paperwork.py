"""What is read of papers after the commit, and what follows for their items: advice, never a decision.

An item never waits for this. A document is read where a hostile one harms nobody else; one that breaks its reader is
tried once more and then left, and costs only itself.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from cee_mailbot.desk.clock import in_force, move_due
from cee_mailbot.domain.cross_check import PAPER_FLAGS, CheckedItem, CrossCheck, cross_check
from cee_mailbot.domain.item_clock import due_of, is_entry_date
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.errors import DamagedBlobError, NotFoundError, TemporaryError
from cee_mailbot.intake import Intake
from cee_mailbot.ledger import UnitOfWork
from cee_mailbot.log import fields
from cee_mailbot.paper_ledger import ItemPapers, UnreadMessage
from cee_mailbot.site import Site
from parsers.papers import Paper, text_to_keep

logger = logging.getLogger(__name__)

AT_ONCE = 20
LEASE = timedelta(minutes=15)
TRIES = 2
# Of one message so many papers are read, of so many characters, in so long, and so many that broke their reader; what
# comes after stays unread.
PAPERS = 300
CHARACTERS = 10_000_000
LONGEST = timedelta(minutes=5)
LOST = 3
BODY = 200_000  # characters of a body that are kept for the search

BROKE = Paper(status="unreadable", why="reader-broke")
UNREADABLE = "document-unreadable"
_Write = Callable[[UnitOfWork], None]
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
            _read(intake, one)
            messages += 1
        # Between sets: an item's advice does not wait for all the papers of a long queue.
        items = compare_items(intake)
        logger.info("papers read", extra=fields(messages=len(unread), items=items))
    return PapersRead(messages=messages, items=compare_items(intake))


def _claim(intake: Intake) -> tuple[UnreadMessage, ...]:
    now = intake.site.clock.now()
    with intake.store.begin(now) as unit:
        return unit.claim_unread(limit=AT_ONCE, lease_until=now + LEASE)


def _read(intake: Intake, unread: UnreadMessage) -> None:
    """Reads what a message says, and writes each result in the transaction that notes the next try.

    So no more than one paper is held, and what takes the process with it is found to have been tried. A second
    reader of the same message, after the claim of the first ran out, finds and writes the same.
    """
    write: _Write = _nothing
    raw = _raw(intake, unread)
    for what, read in _steps(_Stored(intake=intake, unread=unread, raw=raw)) if raw is not None else ():
        now = intake.site.clock.now()
        with intake.store.begin(now) as unit:
            write(unit)
            tries = unit.note_try(unread.message, what, lease_until=now + LEASE)
        write = read() if tries <= TRIES else _given_up(what)
    with intake.store.begin(intake.site.clock.now()) as unit:
        write(unit)
        unit.end_reading(unread.message)


def _raw(intake: Intake, unread: UnreadMessage) -> bytes | None:
    """The bytes of a message; None where nothing of it is read, as its own decision has said already."""
    if unread.size > intake.site.policies[intake.site.home(unread.mailbox).name].message_limit:
        return None
    try:
        return intake.blobs.get(unread.sha256)
    except (DamagedBlobError, NotFoundError):
        return None


def _nothing(_unit: UnitOfWork) -> None:
    """What there is to be written before the first step."""


def _given_up(what: str | None) -> _Write:
    """A document that took the process with it is unreadable; of a body what was read of it by then stays."""
    return _nothing if what is None else lambda unit: unit.write_paper(what, BROKE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stored:
    """A message whose body and documents are read, each giving what is to be written of it."""

    intake: Intake
    unread: UnreadMessage
    raw: bytes

    def body(self) -> _Write:
        """One that can't be read says nothing, and costs the documents nothing."""
        try:
            text = text_to_keep(self.intake.reader.body(self.raw).text)[:BODY]
        except TemporaryError:
            raise
        except Exception as error:  # noqa: BLE001 - of a reader in this process; one in a child refuses
            logger.warning("body not read", extra=fields(message=self.unread.message, error=type(error).__name__))
            return _nothing
        return lambda unit: unit.write_body(self.unread.message, text)

    def paper(self, sha256: str, effort: "_Effort") -> _Write:
        try:
            paper = self.intake.reader.read_paper(self.raw, sha256)
        except TemporaryError:
            raise
        except Exception:
            logger.exception("the reader broke", extra=fields(message=self.unread.message, document=sha256))
            paper = BROKE
        effort.add(paper)
        return lambda unit: unit.write_paper(sha256, paper)


@dataclass(kw_only=True, slots=True)
class _Effort:
    """What the papers of one message have taken of what they may, since others wait behind it."""

    until: datetime
    papers: int = 0
    lost: int = 0
    characters: int = 0

    def add(self, paper: Paper) -> None:
        self.papers += 1
        self.lost += paper.why in _LOST
        self.characters += sum(map(len, paper.pages))

    def is_spent(self, now: datetime) -> bool:
        return self.papers >= PAPERS or self.lost >= LOST or self.characters >= CHARACTERS or now >= self.until


def _steps(stored: _Stored) -> Iterator[tuple[str | None, Callable[[], _Write]]]:
    """What of a message is to be read, one after the other: its body (None), then the documents not read before."""
    yield None, stored.body
    intake, unread = stored.intake, stored.unread
    with intake.store.begin(intake.site.clock.now()) as unit:
        known = unit.papers_known(unread.documents)
    effort = _Effort(until=intake.site.clock.now() + LONGEST)
    for one in [one for one in unread.documents if one not in known]:
        if effort.is_spent(intake.site.clock.now()):
            logger.warning("papers left unread", extra=fields(message=unread.message, read=effort.papers))
            return
        yield one, partial(stored.paper, one, effort)


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
