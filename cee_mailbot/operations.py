"""What the commands do with the program put together."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from cee_mailbot import intake as line
from cee_mailbot.alarming import AlarmBell
from cee_mailbot.app import App, SystemClock, provider_of, reader_of, scanner_of, shipped_site, site_of
from cee_mailbot.checkup import Finding, check_clock, check_packages, checks_of_files, look
from cee_mailbot.config import Config, MailboxConfig
from cee_mailbot.desk import expire_claims, wake_due
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.domain.scanning import ScanVerdict
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.ways import other_ways
from cee_mailbot.errors import (
    BusyError,
    CeeMailbotError,
    NotAllowedError,
    NotFoundError,
    UserError,
    what_the_system_says,
)
from cee_mailbot.explain import explain, explain_in_words
from cee_mailbot.gathering import chase
from cee_mailbot.graph_calls import NOT_ONLINE
from cee_mailbot.interfaces import Handle, RawMail, Reader, Reading
from cee_mailbot.ledger import KeptMessage
from cee_mailbot.log import fields
from cee_mailbot.notify import Watchdog, notify
from cee_mailbot.outbox import SendingReport, send_due
from cee_mailbot.outcome import Subject
from cee_mailbot.paperwork import PAPERS, read_papers
from cee_mailbot.polling import PollReport, poll_mailbox
from cee_mailbot.reading import HEADER_BYTES
from cee_mailbot.sandbox import ChildReader
from cee_mailbot.schedule import run_until
from cee_mailbot.site import Site
from cee_mailbot.sources.mail_files import read_mail_files
from cee_mailbot.upkeep import take_daily_census
from cee_mailbot.waking import PatientSource, Wakeable
from cee_mailbot.watching import health_served
from parsers.addresses import address_key
from parsers.headers import MailRefused
from parsers.papers import Paper

logger = logging.getLogger(__name__)

DEFAULT_ACTIVATION = timedelta(days=3)
SENDING_INTERVAL = timedelta(seconds=5)
WATCHERS_END_WITHIN = timedelta(seconds=10)
UPKEEP_INTERVAL = timedelta(minutes=10)
ALARM_INTERVAL = timedelta(minutes=1)
READING_INTERVAL = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxResult:
    """How one pass over one mailbox went: its report, or why there is none."""

    mailbox: str
    listed: int = 0
    taken_in: int = 0
    error: str | None = None
    exit_code: int = 0


def poll(app: App, names: Sequence[str] = ()) -> Iterator[MailboxResult]:
    """One pass over the named mailboxes (all, when none is named); one that is down does not stop the others."""
    unknown = sorted(set(names) - {one.name for one in app.config.mailboxes})
    if unknown:
        known = ", ".join(one.name for one in app.config.mailboxes)
        raise UserError(f"no mailbox is called {unknown[0]}; there are: {known}")
    # In the order of the teams: a message to several mailboxes that names no Center is the lowest team's.
    for mailbox in sorted(app.config.mailboxes, key=lambda one: one.team):
        if not names or mailbox.name in names:
            yield poll_one(app, mailbox)


def poll_one(app: App, mailbox: MailboxConfig) -> MailboxResult:
    """One pass over one mailbox; never raises what another mailbox could do without."""
    activation = mailbox.activation or app.site.clock.now() - DEFAULT_ACTIVATION
    source = app.sources[mailbox.name]
    try:
        report = poll_mailbox(app.intake, mailbox.mailbox, source, activation=activation)
    except BusyError as error:
        logger.info("not polled: %s", error, extra=fields(mailbox=mailbox.name))
        return MailboxResult(mailbox=mailbox.name, error=str(error), exit_code=error.exit_code)
    except CeeMailbotError as error:
        logger.error("the poll failed: %s", error, extra=fields(mailbox=mailbox.name))  # noqa: TRY400 - no bug
        return MailboxResult(mailbox=mailbox.name, error=str(error), exit_code=getattr(error, "exit_code", 3))
    except OSError as error:
        logger.exception("the poll failed", extra=fields(mailbox=mailbox.name))
        return MailboxResult(mailbox=mailbox.name, error=what_the_system_says(error), exit_code=3)
    return _result(report)


def chase_sets(app: App) -> int:
    """Does what is due by now: split submissions whose time is up, items that wait for a date, claims that expire."""
    idle = app.config.web.claim_expires
    return (
        chase(app.store, app.site, app.resting)
        + wake_due(app.intake)
        + (expire_claims(app.intake, idle) if idle else 0)
    )


def _result(report: PollReport) -> MailboxResult:
    return MailboxResult(mailbox=report.mailbox, listed=report.listed, taken_in=report.taken_in)


def send(app: App) -> SendingReport:
    """Tries every reply that is due."""
    return send_due(app.outbox)


def read(app: App) -> int:
    """Reads what papers nobody has read, and compares items with them; how many messages had some to read."""
    return read_papers(app.intake).messages


def run(app: App, stop: Event) -> bool:
    """Polls, sends, reads papers and looks after itself until `stop` is set; whether all under way came to its end."""
    app = replace(app, sources={name: PatientSource(source) for name, source in app.sources.items()})
    watchdog = Watchdog([mailbox.name for mailbox in app.config.mailboxes], longest=app.config.polling.deadline * 2)
    polls = {
        one.name: Wakeable(_safely(f"poll {one.name}", _poller(app, one, watchdog))) for one in app.config.mailboxes
    }
    jobs: dict[str, tuple[timedelta, Callable[[], None]]] = {
        f"poll {name}": (app.config.polling.interval, poll.run) for name, poll in polls.items()
    }
    jobs["send replies"] = (SENDING_INTERVAL, _safely("send replies", lambda: send(app)))
    jobs["read papers"] = (READING_INTERVAL, _safely("read papers", lambda: read(app)))
    jobs["census"] = (UPKEEP_INTERVAL, _safely("census", lambda: take_daily_census(app)))
    jobs["alarms"] = (ALARM_INTERVAL, _safely("alarms", AlarmBell(app).sound))
    with health_served(app), watched(app, stop, polls):
        notify("READY=1")
        ended = run_until(stop, jobs)
    notify("STOPPING=1")
    return ended


@contextmanager
def watched(app: App, stop: Event, polls: Mapping[str, Wakeable]) -> Iterator[None]:
    """Has the mailboxes that can tell of new mail wake their polls; ends when `stop` is set."""
    threads = [
        Thread(
            target=_safely(f"watch {name}", partial(watcher.watch, stop, _unless(stop, polls[name].run))), daemon=True
        )
        for name, watcher in app.watchers.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ends = time.monotonic() + WATCHERS_END_WITHIN.total_seconds()  # one for all: many may hang
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))


def _unless(stop: Event, act: Callable[[], None]) -> Callable[[], None]:
    return lambda: None if stop.is_set() else act()


def _poller(app: App, mailbox: MailboxConfig, watchdog: Watchdog) -> Callable[[], object]:
    def poll_and_chase() -> None:
        poll_one(app, mailbox)
        watchdog.poll_ended(mailbox.name)
        chase_sets(app)

    return poll_and_chase


def _safely(name: str, job: Callable[[], object]) -> Callable[[], None]:
    """The job as the scheduler may run it: a failure is logged, and the next run comes."""

    def guarded() -> None:
        try:
            job()
        except CeeMailbotError as error:
            logger.error("%s: %s", name, error)  # noqa: TRY400 - known faults need no traceback
        except Exception:
            logger.exception("%s broke", name)

    return guarded


def ingest(
    app: App, paths: Sequence[Path], *, mailbox: str, arrived_at: datetime | None = None, answer: bool = True
) -> Iterator[KeptMessage]:
    """Sends the messages in these files down the line; the row of each, as it was before the decision."""
    target = next((one for one in app.config.mailboxes if one.name == mailbox), None)
    if target is None:
        known = ", ".join(one.name for one in app.config.mailboxes)
        raise UserError(f"no mailbox is called {mailbox}; there are: {known}")
    some: list[RawMail] = []
    weight = 0
    for mail in (mail for path in paths for mail in read_mail_files(path, arrived_at=arrived_at)):
        some.append(mail)
        weight += len(mail.raw)
        if weight > app.intake.set_bytes or len(some) >= app.intake.set_messages:
            yield from line.take_in_raw(app.intake, target.mailbox, some, answer=answer)
            some, weight = [], 0
    yield from line.take_in_raw(app.intake, target.mailbox, some, answer=answer)


def inspect_message(
    config: Config | Policy, raw: bytes, *, arrived_at: datetime, mailbox: str | None, reader: ChildReader | None = None
) -> dict[str, Any]:
    """What would become of one message in `mailbox` (the one it is addressed to, when None); see `explain`.

    Rules instead of a configuration are those of every Center. A `reader` that is given is not closed. Raises
    `UserError` when there is no such mailbox.
    """
    subject, site, refused, papers = _inspected(config, raw, arrived_at=arrived_at, mailbox=mailbox, reader=reader)
    return explain(subject, site, refused=refused, papers=papers)


def inspect_in_words(
    config: Config | Policy, raw: bytes, *, arrived_at: datetime, mailbox: str | None
) -> Iterator[str]:
    """The same for people, line by line: what was read, which rules spoke and why, and what would follow."""
    subject, site, refused, papers = _inspected(config, raw, arrived_at=arrived_at, mailbox=mailbox)
    return explain_in_words(subject, site, refused=refused, papers=papers)


def _papers_of(reader: Reader, raw: bytes, reading: Reading) -> dict[str, Paper]:
    """What was found in its documents, by the SHA-256 of their bytes, without the text that it was found in."""
    unread = list(dict.fromkeys(one.sha256 for one in reading.cut.documents if one.status == "unread"))
    return {sha256: replace(reader.read_paper(raw, sha256), pages=()) for sha256 in unread[:PAPERS]}


def _inspected(
    config: Config | Policy, raw: bytes, *, arrived_at: datetime, mailbox: str | None, reader: ChildReader | None = None
) -> tuple[Subject, Site, str | None, dict[str, Paper]]:
    """The message ready to be judged, at which site, why only its header could be read, and what its papers say."""
    site = site_of(config, SystemClock()) if isinstance(config, Config) else shipped_site(config)
    known = {one.name: one for one in site.mailboxes}
    own = nullcontext(reader) if reader else reader_of(config if isinstance(config, Config) else None)
    with own as reads:
        target = known.get(mailbox) if mailbox else _addressed(reads, raw, site)
        if target is None:
            raise UserError(f"no mailbox is called {mailbox}; there are: {', '.join(known)}")
        policy = site.policies[target.name]
        scan = _scanned(config, raw, limit=policy.message_limit)
        if scan is not None and scan.state == "malware":
            reading, refused = reads.read_header(raw), None
        else:
            reading, refused = _read(reads, raw, limit=policy.message_limit)
        papers = _papers_of(reads, raw, reading)
    kept = KeptMessage(
        id=0,
        mailbox=target.name,
        handle=Handle(folder="", validity="", uid=""),
        sha256=sha256(raw).hexdigest(),
        size=len(raw),
        arrived_at=arrived_at,
        first_seen_at=site.clock.now(),
        status=MessageStatus.RECEIVED,
        tracking=None,
        settled=False,
    )
    return Subject(kept=kept, reading=reading, mailbox=target, policy=policy, scan=scan), site, refused, papers


def _scanned(config: Config | Policy, raw: bytes, *, limit: int) -> ScanVerdict | None:
    """What the configured scanner says of a message; None where the intake would not ask one."""
    scanner = scanner_of(config) if isinstance(config, Config) else None
    return scanner.scan(raw) if scanner and len(raw) <= limit else None


def _addressed(reader: Reader, raw: bytes, site: Site) -> Mailbox:
    """The first of our mailboxes in To, then Cc; else the first there is."""
    mail = reader.read_header(raw[:HEADER_BYTES]).mail
    ours = {address_key(one.address): one for one in site.mailboxes}
    named = (ours.get(address_key(address.addr)) for address in (*mail.to, *mail.cc))
    return next((one for one in named if one is not None), site.mailboxes[0])


def _read(reader: Reader, raw: bytes, *, limit: int) -> tuple[Reading, str | None]:
    """What can be read of a message, and the code of the reason why it is its header alone, if it is held for that."""
    if len(raw) > limit:
        return reader.read_header(raw[:HEADER_BYTES]), None
    try:
        return reader.read(raw), None
    except MailRefused as refused:
        return reader.read_header(raw[:HEADER_BYTES]), refused.code


def documents_of(app: App, message_id: int, section: str | None = None) -> dict[str, bytes]:
    """The exact bytes of a stored message's documents by section, cut anew from it; with `section` that one alone.

    What was set aside as quarantined is given only when it is asked for by its section. Raises `NotFoundError`, or
    `NotAllowedError` when the message can't be read.
    """
    with app.store.read() as ask:
        digest, documents = ask.message(message_id).sha256, ask.documents(message_id)
    wanted = [doc for doc in documents if (doc.status != "quarantined" if section is None else doc.section == section)]
    if section is not None and not wanted:
        raise NotFoundError(f"message {message_id} has no document {section}; `messages documents` lists its documents")
    try:
        found = app.reader.documents(app.blobs.get(digest), wanted[0].sha256 if section is not None else None)
    except MailRefused as refused:
        raise NotAllowedError(f"message {message_id} can't be read: {refused.sentence}") from refused
    contents = {doc.sha256: doc.content for doc in found}
    return {doc.section: contents[doc.sha256] for doc in wanted if doc.sha256 in contents}


def _check_mailbox(mailbox: MailboxConfig, app: App) -> str:
    """What its source says. Raises `CeeMailbotError`; of a way that failed with what the other ways need."""
    try:
        return app.sources[mailbox.name].check()
    except CeeMailbotError as error:
        if mailbox.source == "maildir" or isinstance(error, UserError) or getattr(error, "code", "") in NOT_ONLINE:
            raise
        host = mailbox.host if mailbox.source == "imap" else urlsplit(mailbox.endpoint).hostname or ""
        raise CeeMailbotError(f"{error}; {other_ways(mailbox.source, host)}") from error


def check(app: App) -> Iterator[Finding]:
    """Whether everything that is needed can be reached, one finding each; changes nothing."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("packages", check_packages),
        ("configuration", lambda: f"{app.config.path}: {len(app.config.mailboxes)} mailboxes"),
        ("database", app.store.check),
        ("blobs", app.blobs.check),
        ("clock", lambda: check_clock(app.site.clock, app.store.last_written())),
        *(("replies", mailer.check) for mailer in dict.fromkeys(app.mailers.values())),
        ("reading", app.reader.check),
        ("templates", app.site.composer.check),
        *checks_of_files(app.directories.directory, app.directories.faults, app.site.texts),
        *([("scanner", app.intake.scanner.check)] if app.intake.scanner else []),
        *([("sign-in", provider.check)] if (provider := provider_of(app.config, app.site.clock)) else []),
        *((f"mailbox {one.name}", partial(_check_mailbox, one, app)) for one in app.config.mailboxes),
    ]
    with app.reader:  # what reads is started for this, and ends with it
        yield from look(checks)
