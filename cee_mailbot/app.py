"""The composition root: configuration in, running program out; the only module that names every rim class."""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

from cee_mailbot import intake as line
from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.checkup import Finding, check_clock, check_packages, look
from cee_mailbot.config import Config, MailboxConfig
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.routing import PROGRAM_TEAM, Mailbox, shipped_centers
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import CeeMailbotError, NotAllowedError, UserError
from cee_mailbot.explain import explain
from cee_mailbot.intake import Intake, PollReport
from cee_mailbot.interfaces import BlobStore, Clock, Handle, Mailer, RawMail, Source
from cee_mailbot.ledger import KeptMessage
from cee_mailbot.log import fields
from cee_mailbot.mailers import mailer_class
from cee_mailbot.mailers.files import FilesSettings
from cee_mailbot.mailers.smtp import SmtpSettings
from cee_mailbot.outbox import Outbox, SendingReport, send_due
from cee_mailbot.outcome import Subject
from cee_mailbot.rendering import TemplateComposer
from cee_mailbot.sandbox import InProcessReader
from cee_mailbot.schedule import run_until
from cee_mailbot.site import Site
from cee_mailbot.sources import source_class
from cee_mailbot.sources.imap_settings import ImapSettings
from cee_mailbot.sources.mail_files import read_mail_files
from cee_mailbot.sources.maildir import MaildirSettings
from cee_mailbot.store.database import SqlStore
from parsers.documents import Document
from parsers.headers import MailRefused

logger = logging.getLogger(__name__)

DEFAULT_ACTIVATION = timedelta(days=3)
SENDING_INTERVAL = timedelta(seconds=5)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """As the interface says."""
        return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetClock:
    """A clock that stands still at a given instant (`--now`)."""

    instant: datetime

    def now(self) -> datetime:
        """As the interface says."""
        return self.instant


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """The program, put together."""

    config: Config
    store: SqlStore
    blobs: BlobStore
    site: Site
    intake: Intake
    outbox: Outbox
    mailer: Mailer
    sources: Mapping[str, Source]


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxResult:
    """How one pass over one mailbox went: its report, or why there is none."""

    mailbox: str
    listed: int = 0
    taken_in: int = 0
    error: str | None = None
    exit_code: int = 0


@contextmanager
def opened(config: Config, *, now: datetime | None = None) -> Iterator[App]:
    """The program on this configuration, its database at this version's schema; `now` stops the clock there."""
    app = build(config, now=now)
    app.store.migrate()
    try:
        yield app
    finally:
        app.store.close()


def build(config: Config, *, now: datetime | None = None) -> App:
    """The program on this configuration; touches nothing outside yet."""
    clock: Clock = SetClock(instant=now) if now else SystemClock()
    store = SqlStore(config.storage.database)
    blobs = FolderBlobs(Path(config.storage.blobs))
    site = site_of(config, clock)
    mailer = mailer_of(config)
    return App(
        config=config,
        store=store,
        blobs=blobs,
        site=site,
        intake=Intake(
            site=site, store=store, blobs=blobs, reader=InProcessReader(), set_bytes=config.polling.set_bytes
        ),
        outbox=Outbox(store=store, mailers={one.name: mailer for one in config.mailboxes}, clock=clock),
        mailer=mailer,
        sources={one.name: source_of(one, config, until=clock.now if now else None) for one in config.mailboxes},
    )


def site_of(config: Config, clock: Clock) -> Site:
    """What is fixed for the site that this configuration describes."""
    return Site(
        mailboxes=tuple(one.mailbox for one in config.mailboxes),
        policies={one.name: one.policy for one in config.mailboxes},
        centers=config.centers,
        composer=TemplateComposer(
            folder=config.replies.templates,
            agency_text=config.replies.agency_text,
            attachment_limit=config.policy.attachment_limit,
            message_limit=config.policy.message_limit,
        ),
        clock=clock,
        new_message_id=_new_message_id(config),
    )


def _new_message_id(config: Config) -> Callable[[], str]:
    """Ids at the domain of the first mailbox with 160 random bits: nobody guesses one to thread into a submission."""
    domain = config.mailboxes[0].address.rpartition("@")[2]
    return lambda: f"<{secrets.token_hex(20)}@{domain}>"


def source_of(mailbox: MailboxConfig, config: Config, *, until: Callable[[], datetime] | None) -> Source:
    """The source of one mailbox."""
    settings = _maildir(mailbox) if mailbox.source == "maildir" else _imap(mailbox, config)
    extra = {"until": until} if mailbox.source == "maildir" else {}
    source: Source = source_class(mailbox.source)(settings, **extra)
    return source


def _maildir(mailbox: MailboxConfig) -> MaildirSettings:
    return MaildirSettings(path=mailbox.path or Path(), processed=f".{mailbox.processed_folder}")


def _imap(mailbox: MailboxConfig, config: Config) -> ImapSettings:
    if mailbox.password is None:
        raise UserError(f"mailbox {mailbox.name} has no password; set password_file or password_env")
    return ImapSettings(
        host=mailbox.host,
        tcp_port=mailbox.tcp_port,
        tls=mailbox.tls,
        user=mailbox.user,
        password=mailbox.password,
        ca_file=mailbox.ca_file,
        folder=mailbox.folder,
        processed_folder=mailbox.processed_folder,
        deadline=config.polling.deadline.total_seconds(),
    )


def mailer_of(config: Config) -> Mailer:
    """The way in which replies leave."""
    replies = config.replies
    settings = (
        FilesSettings(dir=replies.dir or Path())
        if replies.transport == "files"
        else SmtpSettings(
            host=replies.host,
            tcp_port=replies.tcp_port,
            tls=replies.tls,
            user=replies.user,
            password=replies.password,
            ca_file=replies.ca_file,
        )
    )
    mailer: Mailer = mailer_class(replies.transport)(settings)
    return mailer


# --- what the commands do -------------------------------------------------------------------------------------


def poll(app: App, names: Sequence[str] = ()) -> Iterator[MailboxResult]:
    """One pass over the named mailboxes (all, when none is named); one that is down does not stop the others."""
    unknown = sorted(set(names) - {one.name for one in app.config.mailboxes})
    if unknown:
        known = ", ".join(one.name for one in app.config.mailboxes)
        raise UserError(f"no mailbox is called {unknown[0]}; there are: {known}")
    for mailbox in app.config.mailboxes:
        if not names or mailbox.name in names:
            yield poll_one(app, mailbox)


def poll_one(app: App, mailbox: MailboxConfig) -> MailboxResult:
    """One pass over one mailbox; never raises what another mailbox could do without."""
    activation = mailbox.activation or app.site.clock.now() - DEFAULT_ACTIVATION
    source = app.sources[mailbox.name]
    try:
        report = line.poll_mailbox(app.intake, mailbox.mailbox, source, activation=activation)
    except CeeMailbotError as error:
        logger.error("the poll failed: %s", error, extra=fields(mailbox=mailbox.name))  # noqa: TRY400 - no bug
        return MailboxResult(mailbox=mailbox.name, error=str(error), exit_code=getattr(error, "exit_code", 3))
    return _result(report)


def _result(report: PollReport) -> MailboxResult:
    return MailboxResult(mailbox=report.mailbox, listed=report.listed, taken_in=report.taken_in)


def send(app: App) -> SendingReport:
    """Tries every reply that is due."""
    return send_due(app.outbox)


def run(app: App, stop: Event) -> None:
    """Polls and sends until `stop` is set."""
    jobs: dict[str, tuple[timedelta, Callable[[], None]]] = {
        f"poll {mailbox.name}": (app.config.polling.interval, _safely(f"poll {mailbox.name}", _poller(app, mailbox)))
        for mailbox in app.config.mailboxes
    }
    jobs["send replies"] = (SENDING_INTERVAL, _safely("send replies", lambda: send(app)))
    run_until(stop, jobs)


def _poller(app: App, mailbox: MailboxConfig) -> Callable[[], object]:
    return lambda: poll_one(app, mailbox)


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


def inspect_message(config: Config | None, raw: bytes, *, arrived_at: datetime, mailbox: str | None) -> dict[str, Any]:
    """What would become of one message in `mailbox` (the first, when None); see `explain`.

    Without a configuration the shipped rules hold. Raises `UserError` when it can't be read or there is no such mailbox.
    """
    site = site_of(config, SystemClock()) if config else _shipped_site()
    known = {one.name: one for one in site.mailboxes}
    target = known.get(mailbox) if mailbox else site.mailboxes[0]
    if target is None:
        raise UserError(f"no mailbox is called {mailbox}; there are: {', '.join(known)}")
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
    policy = site.policies[target.name]
    reader = InProcessReader()
    try:
        reading = reader.read(raw) if len(raw) <= policy.message_limit else reader.read_header(raw[: line.HEADER_BYTES])
    except MailRefused as refused:
        raise NotAllowedError(f"the message would be held as {refused.code}: {refused.sentence}") from refused
    return explain(Subject(kept=kept, reading=reading, mailbox=target, policy=policy), site)


def _shipped_site() -> Site:
    """The ten Centers with their published mailboxes, under the default rules."""
    centers = shipped_centers()
    mailboxes = tuple(
        Mailbox(
            name=address.partition("@")[0],
            address=address,
            team=center.team,
            kind="program" if center.team == PROGRAM_TEAM else "center",
        )
        for center in sorted(centers.values(), key=lambda center: (center.team == PROGRAM_TEAM, center.team))
        for address in center.mailboxes
    )
    return Site(
        mailboxes=mailboxes,
        policies={one.name: Policy() for one in mailboxes},
        centers=centers,
        composer=TemplateComposer(),
        clock=SystemClock(),
        new_message_id=lambda: "<shown-only@cee-mailbot.invalid>",
    )


def documents_of(app: App, message_id: int) -> tuple[Document, ...]:
    """The documents of a stored message, cut anew from its bytes. Raises `NotFoundError` or `NotAllowedError`."""
    with app.store.read() as ask:
        sha256 = ask.message(message_id).sha256
    try:
        return app.intake.reader.read(app.blobs.get(sha256)).cut.documents
    except MailRefused as refused:
        raise NotAllowedError(f"message {message_id} can't be read: {refused.sentence}") from refused


def check(app: App) -> Iterator[Finding]:
    """Whether everything that is needed can be reached, one finding each; changes nothing."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("packages", check_packages),
        ("configuration", lambda: f"{app.config.path}: {len(app.config.mailboxes)} mailboxes"),
        ("database", app.store.check),
        ("blobs", app.blobs.check),
        ("clock", lambda: check_clock(app.site.clock, app.store.last_written())),
        ("replies", app.mailer.check),
        ("templates", app.site.composer.check),
        *((f"mailbox {name}", source.check) for name, source in app.sources.items()),
    ]
    return look(checks)
