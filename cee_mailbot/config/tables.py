"""The tables of the configuration file as they may be written: every key, its type and its default."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cee_mailbot.config.fields import (
    Address,
    Children,
    Codes,
    Count,
    DocumentTypes,
    Duration,
    Hours,
    Instant,
    Line,
    Lines,
    Name,
    Place,
    Size,
    Table,
    TcpPort,
    Team,
    Tls,
)
from cee_mailbot.config.official_tables import IdentifierTable
from cee_mailbot.config.staff_tables import GroupTable, OpenidTable, WebTable
from cee_mailbot.domain.alarms import Thresholds


class StorageConfig(Table):
    """`[storage]`: where rows and bytes are kept."""

    database: Line = "sqlite:///var/cee-mailbot.db"
    blobs: Line = "var/blobs"
    journal: Place | None = None


class PollingConfig(Table):
    """`[polling]`: how often mailboxes are asked, the bytes of one set, how long a pass may last, IDLE beside it."""

    interval: Duration = timedelta(minutes=1)
    set_bytes: Size = 16_000_000
    deadline: Duration = timedelta(minutes=10)
    idle: Literal["on", "off"] = "on"


class ReadingConfig(Table):
    """`[reading]`: what reading one message may take, in how many processes."""

    children: Children = 2
    memory: Size = 768_000_000
    cpu: Duration = timedelta(seconds=10)
    wall: Duration = timedelta(seconds=30)
    answer: Size = 160_000_000
    second_reading: Count = 50


class DirectoriesConfig(Table):
    """`[directories]`: the CSV files of accounts and filers."""

    accounts: Place | None = None
    filers: Place | None = None


class MonitoringConfig(Table):
    """`[monitoring]`: where `/livez`, `/readyz` and `/metrics` are served."""

    tcp_port: TcpPort | None = None


class AlarmsConfig(Table):
    """`[alarms]`: who is told, and from when on something is an alarm."""

    to: Lines = []
    no_poll: Duration = timedelta(minutes=15)
    outbox_age: Duration = timedelta(hours=1)
    disk_reserve: Size = 1_000_000_000
    clock_skew: Duration = timedelta(minutes=2)
    credential_end: Duration = timedelta(days=14)
    census_age: Duration = timedelta(days=2)
    undeliverable: Count = 1
    held_for: Duration = timedelta(days=1)

    @property
    def thresholds(self) -> Thresholds:
        """As the rules take them."""
        return Thresholds(**self.model_dump(exclude={"to"}))


class ScannerConfig(Table):
    """`[scanner]`: where clamd listens; with neither `host` nor `socket` nothing is scanned."""

    host: Line | None = None
    tcp_port: TcpPort = 3310
    socket: Place | None = None
    timeout: Duration = timedelta(seconds=30)

    @property
    def configured(self) -> bool:
        """Whether there is a scanner."""
        return self.host is not None or self.socket is not None


class LogConfig(Table):
    """`[log]`: the form of the log and how much of it."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class SecretKeys(Table):
    """The three ways to name a password; one of them at most."""

    password: Annotated[Line | None, Field(repr=False)] = None
    password_file: Place | None = None
    password_env: Line | None = None


class OauthKeys(SecretKeys):
    """How to sign in, and for `oauth2` where tokens come from and who asks for them."""

    auth: Literal["password", "oauth2", "basic", "ntlm"] | None = None
    token_url: Line | None = None
    client_id: Line | None = None
    client_secret_file: Place | None = None
    certificate_file: Place | None = None
    scope: Line | None = None


class ExchangeKeys(OauthKeys):
    """Which Exchange server: both ways, reading and sending, need the same."""

    endpoint: Line | None = None


class GraphKeys(OauthKeys):
    """Which Microsoft cloud and tenant: both ways, reading and sending, need the same."""

    tenant: Line | None = None
    authority: Line | None = None
    graph_root: Line | None = None


class RepliesTable(GraphKeys, ExchangeKeys):
    """`[replies]`: how replies leave."""

    transport: Literal["smtp", "exchange", "graph", "files"] = "smtp"
    host: Line = "localhost"
    tcp_port: TcpPort | None = None
    tls: Tls | None = None
    user: Line | None = None
    ca_file: Place | None = None
    answer_timeout: Duration = timedelta(minutes=5)
    letter_timeout: Duration = timedelta(minutes=10)
    dir: Place | None = None
    templates: Place | None = None
    agency_text: str = ""


class PolicyTable(Table):
    """`[policy]`: the settings of the specification; what is left out keeps its default."""

    subject: Literal["lenient", "strict"] | None = None
    reply_prefixes: Lines | None = None
    gateway_tags: Lines | None = None
    presentation: Literal["completing", "first"] | None = None
    disputed_time: Literal["sent", "observed"] | None = None
    assembly_deadline: Duration | None = None
    quiet_period: Duration | None = None
    undo_send: Duration | None = None
    split_threshold: Size | None = None
    attachment_limit: Size | None = None
    message_limit: Size | None = None
    oversize: Literal["accept", "reject"] | None = None
    documents_required: Codes | None = None
    accepted_types: DocumentTypes | None = None
    quarantined_types: DocumentTypes | None = None
    unscanned: Literal["enqueue", "hold"] | None = None
    entry_optional: Codes | None = None
    usvi: Literal["flag", "reject"] | None = None
    return_path: Literal["optional", "required"] | None = None
    reply_return_path: Literal["mailbox", "null"] | None = None
    border_hosts: Lines | None = None
    own_domains: Lines | None = None
    public_mail_domains: Lines | None = None
    reply_limit_hour: Count | None = None
    reply_limit_subject_day: Count | None = None
    breaker_floor: Count | None = None
    out_of_office_subjects: Lines | None = None
    date_future_tolerance: Duration | None = None
    date_past_tolerance: Duration | None = None
    trusted_authserv_ids: Lines | None = None
    office_hours: Hours = None


class MailboxTable(GraphKeys, ExchangeKeys, PolicyTable):
    """`[[mailbox]]`: one mailbox; a policy key may stand in it, or in its `[mailbox.policy]`."""

    name: Name
    address: Address
    team: Team | None = None
    kind: Literal["center", "program"] | None = None
    source: Literal["imap", "exchange", "graph", "maildir"]
    activation: Instant | None = None
    processed_folder: Line = "Processed"
    host: Line | None = None
    tcp_port: TcpPort | None = None
    tls: Tls | None = None
    user: Line | None = None
    ca_file: Place | None = None
    folder: Line | None = None
    path: Place | None = None
    credential_ends: Instant | None = None
    policy: PolicyTable = PolicyTable()


class CenterTable(Table):
    """`[[center]]`: a Center that differs from the shipped directory, or is not in it."""

    team: Team
    name: Line | None = None
    location: Line | None = None
    time_zone: Line | None = None
    phone: Line | None = None


class Settings(BaseSettings):
    """The whole configuration: the file, and the environment over it."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    storage: StorageConfig = StorageConfig()
    replies: RepliesTable = RepliesTable()
    policy: PolicyTable = PolicyTable()
    polling: PollingConfig = PollingConfig()
    reading: ReadingConfig = ReadingConfig()
    log: LogConfig = LogConfig()
    monitoring: MonitoringConfig = MonitoringConfig()
    alarms: AlarmsConfig = AlarmsConfig()
    web: WebTable = WebTable()
    openid: OpenidTable = OpenidTable()
    identifier: IdentifierTable = IdentifierTable()
    directories: DirectoriesConfig = DirectoriesConfig()
    scanner: ScannerConfig = ScannerConfig()
    mailbox: list[MailboxTable] = []
    center: list[CenterTable] = []
    group: list[GroupTable] = []


SECTIONS = (
    "storage",
    "replies",
    "policy",
    "polling",
    "reading",
    "log",
    "monitoring",
    "alarms",
    "directories",
    "web",
    "openid",
    "identifier",
    "scanner",
)
"""The tables that stand once, so that a variable of the environment can name a key of theirs."""


def read_settings(file: Mapping[str, Any], environment: Mapping[str, Any]) -> Settings:
    """The settings, the environment's keys before the file's. Raises pydantic's ValidationError.

    Both are handed in as tables read before, since the lines and variables of faults are known from there.
    """

    class Read(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del init_settings, env_settings, dotenv_settings, file_secret_settings
            both = (dict(environment), dict(file))
            return tuple(InitSettingsSource(settings_cls, init_kwargs=tables) for tables in both)

    return Read()
