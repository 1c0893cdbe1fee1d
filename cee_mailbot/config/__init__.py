"""The configuration as one checked, frozen value, read from a TOML file and the environment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import ValidationError

from cee_mailbot.config.checks import faults_between, kind_of, team_of
from cee_mailbot.config.environment import read_environment
from cee_mailbot.config.errors import ConfigError, Fault
from cee_mailbot.config.file import ConfigFile, read_file
from cee_mailbot.config.official_tables import IdentifierTable
from cee_mailbot.config.signing_in import graph_root_of, graph_scope_of, graph_token_url_of
from cee_mailbot.config.staff_tables import OpenidTable, WebTable
from cee_mailbot.config.tables import (
    AlarmsConfig,
    DirectoriesConfig,
    GraphKeys,
    LogConfig,
    MailboxTable,
    MonitoringConfig,
    OauthKeys,
    PolicyTable,
    PollingConfig,
    ReadingConfig,
    RepliesTable,
    ScannerConfig,
    SecretKeys,
    Settings,
    StorageConfig,
    read_settings,
)
from cee_mailbot.config.values import Secret, is_loopback, secret_in_file, secret_in_text, secret_in_variable
from cee_mailbot.config.wording import error_lines, faults_of
from cee_mailbot.domain.groups import GroupRule
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.routing import PROGRAM_TEAM, Center, Mailbox, shipped_centers
from parsers.addresses import address_key

VARIABLE = "CEE_MAILBOT_CONFIG"
USUAL_PLACE = Path("config/mailboxes.toml")
SYSTEM_PLACE = Path("/etc/cee-mailbot/mailboxes.toml")

_IMAP_PORTS = {"implicit": 993, "starttls": 143, "none": 143}
_SMTP_PORTS = {"implicit": 465, "starttls": 587, "none": 25}
_DOMAIN_KEYS = frozenset({"border_hosts", "own_domains", "public_mail_domains"})
_DEFAULTS = Policy()

ExchangeAuth = Literal["basic", "ntlm", "oauth2"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OauthConfig:
    """Where tokens come from, and who asks for them, with a secret or a certificate."""

    token_url: str
    client_id: str
    scope: str
    client_secret: Secret | None = None
    certificate_file: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RepliesConfig:
    """How replies leave: by a mail server, by Exchange at `endpoint`, by Graph at `graph_root`, or into `dir`."""

    transport: Literal["smtp", "exchange", "graph", "files"]
    host: str
    tcp_port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str | None = None
    password: Secret | None = None
    oauth: OauthConfig | None = None
    ca_file: Path | None = None
    graph_root: str = ""
    endpoint: str = ""
    auth: ExchangeAuth = "ntlm"
    dir: Path | None = None
    templates: Path | None = None
    agency_text: str = ""
    answer_timeout: timedelta = timedelta(minutes=5)
    letter_timeout: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxConfig:
    """One mailbox and how it is read; `host` to `folder` belong to `imap`, `path` to `maildir`.

    A mailbox of `graph` has `oauth`, `ca_file` and `graph_root`; one of `exchange` has `endpoint`, `auth`, `ca_file`,
    and `user` with `password`, or `oauth`.
    """

    name: str
    address: str
    team: str
    kind: Literal["center", "program"]
    source: Literal["imap", "exchange", "graph", "maildir"]
    activation: datetime | None
    processed_folder: str
    policy: Policy
    host: str = ""
    tcp_port: int = 993
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    user: str = ""
    password: Secret | None = None
    oauth: OauthConfig | None = None
    ca_file: Path | None = None
    folder: str = "INBOX"
    graph_root: str = ""
    endpoint: str = ""
    auth: ExchangeAuth = "ntlm"
    path: Path | None = None
    credential_ends: datetime | None = None

    @property
    def mailbox(self) -> Mailbox:
        """What the rules need to know of it."""
        return Mailbox(name=self.name, address=self.address, team=self.team, kind=self.kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Everything that is configured; `centers` is the whole directory by team code, overrides applied."""

    path: Path
    storage: StorageConfig
    replies: RepliesConfig
    policy: Policy
    polling: PollingConfig
    reading: ReadingConfig
    log: LogConfig
    monitoring: MonitoringConfig
    alarms: AlarmsConfig
    web: WebTable
    openid: OpenidTable
    identifier: IdentifierTable
    groups: tuple[GroupRule, ...]
    directories: DirectoriesConfig
    scanner: ScannerConfig
    mailboxes: tuple[MailboxConfig, ...]
    centers: Mapping[str, Center]


def find_config(option: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The configuration file: `option`, `$CEE_MAILBOT_CONFIG`, `./config/mailboxes.toml`, then `/etc`.

    A file that was named is taken as named, whether it exists or not: `load_config` says what is wrong with
    it. Raises ConfigError with every place that was looked in when none was named and none is found.
    """
    named = option or environ.get(VARIABLE)
    if named:
        return Path(named)
    places = (cwd / USUAL_PLACE, SYSTEM_PLACE)
    found = next((place for place in places if _may_be_there(place)), None)
    if found is None:
        looked = f"--config and ${VARIABLE} name none, and there is no {places[0]} and no {places[1]}"
        raise ConfigError([f"no configuration: {looked}; write one with: cee-mailbot init"])
    return found


def _may_be_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # its folder may not be entered: what is wrong is said when it is read
        return True


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Read and check the configuration; nothing outside the file and the environment is touched.

    Relative paths in it stay relative: they count from the directory the program is started in.
    Raises ConfigError with one line for each fault; those between keys are looked for once each key is right.
    """
    return _config(path, _settings(read_file(path), environ, faults_between), environ)


def load_policy(environ: Mapping[str, str]) -> Policy:
    """The rules where there is no configuration file: what the environment sets, else the defaults.

    Raises ConfigError as `load_config` does.
    """
    nothing = ConfigFile(path=Path(), tables={}, lines={})
    return _policy(_settings(nothing, environ, lambda _: []).policy)


def _settings(file: ConfigFile, environ: Mapping[str, str], between: Callable[[Settings], Iterable[Fault]]) -> Settings:
    environment = read_environment(environ)
    faults = list(environment.faults)
    try:
        settings = read_settings(file.tables, environment.tables)
    except ValidationError as error:
        raise ConfigError(error_lines([*faults, *faults_of(error)], file, environment)) from None
    faults += between(settings)
    if faults:
        raise ConfigError(error_lines(faults, file, environment))
    return settings


def _config(path: Path, settings: Settings, environ: Mapping[str, str]) -> Config:
    policy = _policy(settings.policy)
    return Config(
        path=path,
        storage=settings.storage,
        replies=_replies(settings.replies, environ),
        policy=policy,
        polling=settings.polling,
        reading=settings.reading,
        log=settings.log,
        monitoring=settings.monitoring,
        alarms=settings.alarms,
        web=settings.web,
        openid=settings.openid,
        identifier=settings.identifier,
        groups=tuple(table.rule for table in settings.group),
        directories=settings.directories,
        scanner=settings.scanner,
        mailboxes=tuple(_mailbox(table, settings.policy, environ) for table in settings.mailbox),
        centers=MappingProxyType(_centers(settings)),
    )


def _replies(table: RepliesTable, environ: Mapping[str, str]) -> RepliesConfig:
    tls = table.tls or ("none" if is_loopback(table.host) else "starttls")
    return RepliesConfig(
        transport=table.transport,
        host=table.host,
        tcp_port=table.tcp_port or _SMTP_PORTS[tls],
        tls=tls,
        user=table.user,
        password=_secret(table, environ),
        oauth=_oauth(table, environ, graph=table.transport == "graph"),
        ca_file=table.ca_file,
        graph_root=graph_root_of(table),
        endpoint=table.endpoint or "",
        auth=_exchange_auth(table),
        dir=table.dir,
        templates=table.templates,
        agency_text=table.agency_text,
        answer_timeout=table.answer_timeout,
        letter_timeout=table.letter_timeout,
    )


def _mailbox(table: MailboxTable, site: PolicyTable, environ: Mapping[str, str]) -> MailboxConfig:
    team = team_of(table) or PROGRAM_TEAM
    tls = table.tls or "implicit"
    return MailboxConfig(
        name=table.name,
        address=table.address,
        team=team,
        kind=kind_of(team),
        source=table.source,
        activation=table.activation,
        processed_folder=table.processed_folder,
        policy=_policy(site, table, table.policy),
        host=table.host or "",
        tcp_port=table.tcp_port or _IMAP_PORTS[tls],
        tls=tls,
        user=table.user or "",
        password=_secret(table, environ),
        oauth=_oauth(table, environ, graph=table.source == "graph"),
        ca_file=table.ca_file,
        folder=table.folder or "INBOX",
        graph_root=graph_root_of(table),
        endpoint=table.endpoint or "",
        auth=_exchange_auth(table),
        path=table.path,
        credential_ends=table.credential_ends,
    )


def _policy(*tables: PolicyTable) -> Policy:
    """The defaults, overlaid by each table in turn; half the attachment limit is the threshold of a split."""
    set_keys: dict[str, Any] = {}
    for table in tables:
        keys = table.model_fields_set & set(PolicyTable.model_fields)
        set_keys |= {key: _frozen(key, getattr(table, key)) for key in keys}
    if "attachment_limit" in set_keys:
        set_keys.setdefault("split_threshold", max(1, set_keys["attachment_limit"] // 2))
    return Policy(**set_keys)


def _frozen(key: str, value: object) -> object:
    """Lists as the tuples and sets that `Policy` holds; domains compare without regard to case."""
    if not isinstance(value, list):
        return value
    texts = [text.casefold() for text in value] if key in _DOMAIN_KEYS else value
    return frozenset(texts) if isinstance(getattr(_DEFAULTS, key), frozenset) else tuple(texts)


def _oauth(table: GraphKeys, environ: Mapping[str, str], *, graph: bool) -> OauthConfig | None:
    if table.auth != "oauth2" and not graph:
        return None
    secret = table.client_secret_file
    return OauthConfig(
        token_url=graph_token_url_of(table) if graph else table.token_url or "",
        client_id=table.client_id or "",
        scope=graph_scope_of(table) if graph else table.scope or "",
        client_secret=secret_in_file(secret, environ) if secret else None,
        certificate_file=table.certificate_file,
    )


def _exchange_auth(table: OauthKeys) -> ExchangeAuth:
    """Windows' own sign-in by default: it is what the EWS of a new server offers."""
    return "ntlm" if table.auth is None or table.auth == "password" else table.auth


def _secret(table: SecretKeys, environ: Mapping[str, str]) -> Secret | None:
    if table.password_file is not None:
        return secret_in_file(table.password_file, environ)
    if table.password_env is not None:
        return secret_in_variable(table.password_env, environ)
    return secret_in_text(table.password) if table.password is not None else None


def _centers(settings: Settings) -> dict[str, Center]:
    """The shipped directory with the overrides; of a team's addresses those configured come first."""
    centers = dict(shipped_centers())
    for table in settings.center:
        given = {key: getattr(table, key) for key in ("name", "location", "time_zone", "phone") if getattr(table, key)}
        known = centers.get(table.team)
        centers[table.team] = replace(known, **given) if known else Center(team=table.team, mailboxes=(), **given)
    for mailbox in reversed(settings.mailbox):
        center = centers[team_of(mailbox) or PROGRAM_TEAM]
        others = tuple(known for known in center.mailboxes if address_key(known) != address_key(mailbox.address))
        centers[center.team] = replace(center, mailboxes=(mailbox.address, *others))
    return centers
