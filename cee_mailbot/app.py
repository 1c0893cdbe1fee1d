"""The composition root: configuration in, running program out; with `connections` it names every rim class."""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cee_mailbot.accounts import Limits
from cee_mailbot.blobs import DiskReserve, FolderBlobs
from cee_mailbot.config import Config
from cee_mailbot.connections import Doors, mailers_of, source_of, watchers_of
from cee_mailbot.desk.bulk_worker import BulkWorker
from cee_mailbot.directories import Directories, read_directories
from cee_mailbot.domain.official_site import official_domain
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.routing import PROGRAM_TEAM, Mailbox, shipped_centers
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.gathering import Resting
from cee_mailbot.identity_provider import IdentityProvider
from cee_mailbot.intake import Intake
from cee_mailbot.interfaces import BlobStore, Clock, Mailer, Scanner, Source, Watcher
from cee_mailbot.journal import FolderJournal
from cee_mailbot.outbox import Outbox
from cee_mailbot.rendering import TemplateComposer, approved_texts
from cee_mailbot.sandbox import ChildReader, ReadingLimits
from cee_mailbot.scanner import ClamdScanner, ClamdSettings
from cee_mailbot.site import Site
from cee_mailbot.store.database import SqlStore

if TYPE_CHECKING:
    from cee_mailbot.web.parts import Settings

logger = logging.getLogger(__name__)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """As the interface says."""
        return datetime.now(UTC)


@dataclass(kw_only=True, slots=True)
class SetClock:
    """A clock that stands still at a given instant (`--now`) until it is set anew."""

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
    journal: FolderJournal
    site: Site
    reader: ChildReader
    intake: Intake
    outbox: Outbox
    mailer: Mailer
    mailers: Mapping[str, Mailer]
    sources: Mapping[str, Source]
    watchers: Mapping[str, Watcher]
    directories: Directories
    started_at: datetime
    resting: Resting = field(default_factory=dict)


@contextmanager
def opened(
    config: Config, *, now: datetime | None = None, clock: SetClock | None = None, reader: ChildReader | None = None
) -> Iterator[App]:
    """The program on this configuration, its database at this version's schema.

    `now` stops the clock there; with `clock` it goes as that one is set. A `reader` that is given is not closed.
    """
    app = build(config, now=now, clock=clock, reader=reader)
    for fault in app.directories.faults:
        logger.warning("directory: %s", fault)
    for fault in app.site.texts.faults:
        logger.warning("approved texts: %s", fault)
    app.store.migrate()
    try:
        yield app
    finally:
        if reader is None:
            app.reader.close()
        app.store.close()


@contextmanager
def looked_at(config: Config, *, now: datetime | None = None) -> Iterator[tuple[App, CeeMailbotError | None]]:
    """The program on this configuration whatever state it is in, and what keeps its database from being used."""
    app = build(config, now=now)
    try:
        yield app, _fault_of(app.store)
    finally:
        app.reader.close()
        app.store.close()


def _fault_of(store: SqlStore) -> CeeMailbotError | None:
    try:
        store.migrate()
    except CeeMailbotError as error:
        return error
    return None


def build(
    config: Config, *, now: datetime | None = None, clock: SetClock | None = None, reader: ChildReader | None = None
) -> App:
    """The program on this configuration; touches nothing outside yet."""
    clock = SetClock(instant=now) if now else clock
    until = clock.now if clock else None
    store = SqlStore(config.storage.database)
    blobs = FolderBlobs(Path(config.storage.blobs))
    journal = FolderJournal(config.storage.journal or Path(config.storage.blobs) / "journal")
    directories = directories_of(config)
    site = site_of(config, clock or SystemClock(), directories)
    doors = Doors()
    mailers = mailers_of(config, doors)
    reader = reader or reader_of(config)
    return App(
        config=config,
        store=store,
        blobs=blobs,
        journal=journal,
        site=site,
        reader=reader,
        intake=Intake(
            site=site,
            store=store,
            blobs=blobs,
            reader=reader,
            journal=journal,
            reserve=DiskReserve(Path(config.storage.blobs), config.alarms.disk_reserve),
            scanner=scanner_of(config),
            set_bytes=config.polling.set_bytes,
        ),
        outbox=Outbox(store=store, mailers=mailers, clock=site.clock, journal=journal),
        mailer=mailers[config.mailboxes[0].name],
        mailers=mailers,
        sources={one.name: source_of(one, config, doors, until=until) for one in config.mailboxes},
        watchers=watchers_of(config),
        directories=directories,
        started_at=site.clock.now(),
    )


def site_of(config: Config, clock: Clock, directories: Directories | None = None) -> Site:
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
        directory=(directories or directories_of(config)).directory,
        texts=approved_texts(config.replies.templates),
    )


def reader_of(config: Config | None) -> ChildReader:
    """What reads mail, within the configured limits; starts nothing yet, and is to be closed."""
    if config is None:
        return ChildReader(ReadingLimits())
    table = config.reading
    return ChildReader(
        ReadingLimits(
            children=table.children,
            memory=table.memory,
            cpu=table.cpu,
            wall=table.wall,
            answer=table.answer,
            second_reading=table.second_reading,
        )
    )


@contextmanager
def serving(
    app: App,
    *,
    demo: bool = False,
    tcp_port: int | None = None,
    status: Callable[[], Mapping[str, Any]] = dict,
) -> Iterator[str]:
    """Serves the queue page until the block is left: its address. `demo` lets everybody on this machine in.

    Whoever serves the page carries out the bulk jobs that are started on it.

    `status` is what the API tells of how the program fares.

    Raises `UnreachableError` when the TCP port can't be had.
    """
    from cee_mailbot.web.application import build_application  # noqa: PLC0415 - a third of a second, for few commands
    from cee_mailbot.web.parts import Parts  # noqa: PLC0415 - as above
    from cee_mailbot.web.server import serving as listening  # noqa: PLC0415 - as above

    web = app.config.web
    checks = {"database": app.store.check, "blobs": app.blobs.check}
    worker = BulkWorker(app.intake)
    parts = Parts(
        intake=app.intake,
        settings=_web_settings(app.config, demo=demo),
        ready=checks,
        status=status,
        provider=None if demo else provider_of(app.config, app.site.clock),
        groups=app.config.groups,
        ring_bulk=worker.ring,
    )
    application = build_application(parts)
    host = "127.0.0.1" if demo else web.host
    place = web.tcp_port if tcp_port is None else tcp_port
    with listening(application, host=host, tcp_port=place) as address, worker.working():
        logger.info("the queue page is at %s", web.public_url or address)
        yield web.public_url or address


def _web_settings(config: Config, *, demo: bool) -> "Settings":
    from cee_mailbot.web.parts import Settings  # noqa: PLC0415 - see `serving`

    web = config.web
    host = urlsplit(web.public_url or "").hostname or ""
    return Settings(
        sign_in="demo" if demo else web.sign_in,
        public_url=None if demo else web.public_url,
        banner=official_domain(host) if web.banner == "on" and not demo else None,
        identifier=None if demo else config.identifier.of(host),
        help=web.help,
        limits=Limits(idle=web.idle, absolute=web.absolute),
        proxy_header=web.proxy_header,
        proxy_addresses=tuple(web.proxy_addresses),
        record_views=web.record_views == "on",
        claim_expires=web.claim_expires,
    )


def provider_of(config: Config, clock: Clock) -> IdentityProvider | None:
    """Where staff sign in, None where they don't do so elsewhere."""
    if config.web.sign_in != "openid":
        return None
    from cee_mailbot.openid.provider import OpenidProvider  # noqa: PLC0415 - a tenth of a second, for few sites
    from cee_mailbot.openid.settings import OpenidSettings  # noqa: PLC0415 - as above

    table = config.openid
    settings = OpenidSettings(
        issuer=table.issuer or "",
        client_id=table.client_id or "",
        key_file=table.key_file or Path(),
        site=(config.web.public_url or "").rstrip("/"),
        scopes=tuple(table.scopes),
        name_claim=table.name_claim,
        groups_claim=table.groups_claim,
        acr_values=tuple(table.acr_values),
        ca_file=table.ca_file,
    )
    return OpenidProvider(settings, clock.now)


def scanner_of(config: Config) -> Scanner | None:
    """What looks for malware, None where nothing is to."""
    table = config.scanner
    if not table.configured:
        return None
    place = ClamdSettings(
        host=table.host or "", tcp_port=table.tcp_port, socket=table.socket, timeout=table.timeout.total_seconds()
    )
    return ClamdScanner(place)


def directories_of(config: Config) -> Directories:
    """The directories of accounts and filers as they are now, and what is wrong with them."""
    tables = config.directories
    return read_directories(tables.accounts, tables.filers, teams=config.centers)


def _new_message_id(config: Config) -> Callable[[], str]:
    """Ids at the domain of the first mailbox with 160 random bits: nobody guesses one to thread into a submission."""
    domain = config.mailboxes[0].address.rpartition("@")[2]
    return lambda: f"<{secrets.token_hex(20)}@{domain}>"


def shipped_site(policy: Policy) -> Site:
    """The ten Centers with their published mailboxes, all under the same rules."""
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
        policies=dict.fromkeys((one.name for one in mailboxes), policy),
        centers=centers,
        composer=TemplateComposer(),
        clock=SystemClock(),
        new_message_id=lambda: "<shown-only@cee-mailbot.invalid>",
    )
