"""How mailboxes are read and answered, as they are configured: every source and mailer is put together here."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from cee_mailbot.config import Config, MailboxConfig, OauthConfig, RepliesConfig
from cee_mailbot.errors import UserError
from cee_mailbot.exchange_calls import ExchangeDoor
from cee_mailbot.graph_calls import GraphDoor
from cee_mailbot.interfaces import Mailer, Source, Tokens, Watcher
from cee_mailbot.mailers import mailer_class
from cee_mailbot.mailers.files import FilesSettings
from cee_mailbot.mailers.smtp import SmtpSettings
from cee_mailbot.sources import source_class
from cee_mailbot.sources.imap_settings import ImapSettings
from cee_mailbot.sources.maildir import MaildirSettings
from cee_mailbot.sources.web_mailbox import WebMailboxSettings


class Doors:
    """Where mailboxes of Microsoft are reached: reading and sending share what one mailbox is allowed."""

    def __init__(self) -> None:
        """Knows none yet."""
        self._turns: dict[str, Any] = {}
        self._waits: dict[tuple[str, str], Any] = {}

    def exchange(self, address: str, keys: MailboxConfig | RepliesConfig, config: Config) -> ExchangeDoor:
        """The door to this mailbox, with the account of these keys."""
        from cee_mailbot.exchange_web import (  # noqa: PLC0415 - slow to import, seldom needed
            ExchangeSettings,
            ExchangeWeb,
            Waits,
        )

        settings = ExchangeSettings(
            endpoint=keys.endpoint,
            address=address,
            auth=keys.auth,
            user=keys.user or "",
            password=keys.password,
            tokens=tokens_of(keys.oauth, keys.ca_file),
            ca_file=keys.ca_file,
            deadline=config.polling.deadline.total_seconds(),
        )
        # What Exchange asks for holds for the account, whichever mailbox it looked at; an app goes as the mailbox.
        who = (keys.user or address).casefold()
        return ExchangeWeb(settings, self._waits.setdefault((keys.endpoint, who), Waits()))

    def graph(self, address: str, keys: MailboxConfig | RepliesConfig, config: Config) -> GraphDoor:
        """The door to this mailbox, with the tokens of these keys."""
        from cee_mailbot.graph_web import GraphSettings, GraphWeb, Turns  # noqa: PLC0415 - slow to import, seldom needed

        tokens = tokens_of(keys.oauth, keys.ca_file)
        if tokens is None:
            raise UserError(
                f"mailbox {address} is read or answered by Graph, and nothing says where its tokens come from"
            )
        settings = GraphSettings(
            root=keys.graph_root,
            address=address,
            tokens=tokens,
            ca_file=keys.ca_file,
            deadline=config.polling.deadline.total_seconds(),
        )
        return GraphWeb(settings, self._turns.setdefault(address.casefold(), Turns()))


def watchers_of(config: Config) -> dict[str, Watcher]:
    """Who tells of new mail, by the name of the mailbox, where that is possible and wanted."""
    wanted = [one for one in config.mailboxes if one.source == "imap" and config.polling.idle == "on"]
    if not wanted:
        return {}
    from cee_mailbot.sources.imap_idle import ImapWatcher  # noqa: PLC0415 - imported when first needed, as sources are

    return {one.name: ImapWatcher(_imap(one, config)) for one in wanted}


def source_of(mailbox: MailboxConfig, config: Config, doors: Doors, *, until: Callable[[], datetime] | None) -> Source:
    """The source of one mailbox."""
    if mailbox.source == "graph":
        return _graph_source(mailbox, config, doors)
    if mailbox.source == "exchange":
        return _exchange_source(mailbox, config, doors)
    settings = _maildir(mailbox) if mailbox.source == "maildir" else _imap(mailbox, config)
    extra = {"until": until} if mailbox.source == "maildir" else {}
    source: Source = source_class(mailbox.source)(settings, **extra)
    return source


def _graph_source(mailbox: MailboxConfig, config: Config, doors: Doors) -> Source:
    door = doors.graph(mailbox.address, mailbox, config)
    source: Source = source_class("graph")(WebMailboxSettings(processed_folder=mailbox.processed_folder), door)
    return source


def _exchange_source(mailbox: MailboxConfig, config: Config, doors: Doors) -> Source:
    door = doors.exchange(mailbox.address, mailbox, config)
    source: Source = source_class("exchange")(WebMailboxSettings(processed_folder=mailbox.processed_folder), door)
    return source


def _maildir(mailbox: MailboxConfig) -> MaildirSettings:
    return MaildirSettings(path=mailbox.path or Path(), processed=f".{mailbox.processed_folder}")


def _imap(mailbox: MailboxConfig, config: Config) -> ImapSettings:
    if mailbox.password is None and mailbox.oauth is None:
        raise UserError(f"mailbox {mailbox.name} has no password; set password_file or password_env")
    return ImapSettings(
        host=mailbox.host,
        tcp_port=mailbox.tcp_port,
        tls=mailbox.tls,
        user=mailbox.user,
        password=mailbox.password,
        tokens=tokens_of(mailbox.oauth, mailbox.ca_file),
        ca_file=mailbox.ca_file,
        folder=mailbox.folder,
        processed_folder=mailbox.processed_folder,
        deadline=config.polling.deadline.total_seconds(),
    )


def tokens_of(oauth: OauthConfig | None, ca_file: Path | None) -> Tokens | None:
    """Where the tokens of one account come from; None where it has a password."""
    if oauth is None:
        return None
    from cee_mailbot.tokens import ClientCredentials, TokenSettings  # noqa: PLC0415 - slow to import, seldom needed

    return ClientCredentials(
        TokenSettings(
            token_url=oauth.token_url,
            client_id=oauth.client_id,
            scope=oauth.scope,
            client_secret=oauth.client_secret,
            certificate_file=oauth.certificate_file,
            ca_file=ca_file,
        )
    )


def credential_end_of(mailbox: MailboxConfig) -> datetime | None:
    """When the credential of a mailbox ends: as it is set, or when its certificate does, whichever is first."""
    file = mailbox.oauth.certificate_file if mailbox.oauth else None
    if file is None:
        return mailbox.credential_ends
    from cee_mailbot.tokens import certificate_end  # noqa: PLC0415 - as above

    return min((end for end in (mailbox.credential_ends, certificate_end(file)) if end is not None), default=None)


def mailers_of(config: Config, doors: Doors) -> dict[str, Mailer]:
    """The way in which the replies of each mailbox leave: at Microsoft's each from its own, else all the same way."""
    to_mailbox: dict[str, Callable[..., object]] = {"graph": doors.graph, "exchange": doors.exchange}
    replies = config.replies
    if open_door := to_mailbox.get(replies.transport):
        by_mailbox = mailer_class(replies.transport)
        return {one.name: by_mailbox(open_door(one.address, replies, config)) for one in config.mailboxes}
    return dict.fromkeys([one.name for one in config.mailboxes], mailer_of(config))


def mailer_of(config: Config) -> Mailer:
    """The way in which replies leave, where it is the same for all mailboxes."""
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
            tokens=tokens_of(replies.oauth, replies.ca_file),
            ca_file=replies.ca_file,
            reply_timeout=replies.answer_timeout.total_seconds(),
            dot_timeout=replies.letter_timeout.total_seconds(),
        )
    )
    mailer: Mailer = mailer_class(replies.transport)(settings)
    return mailer
