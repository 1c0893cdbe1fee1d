"""The program between a mailbox on Dovecot and a mail server, and what must be true of all three in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.receiver import Receiver
from tests.support.bot import Bot
from tests.support.broker_mail import ACTIVATION, MAILBOXES, Delivery
from tests.support.invariants import check_all_done, check_copies, check_invariants, check_nothing_lost

MAILBOX = "CEE-Electronics"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImapSite:
    """One mailbox on Dovecot, a mail server for the replies, and the program between them."""

    bot: Bot
    dovecot: Dovecot
    receiver: Receiver
    user: str
    sent: tuple[Delivery, ...] = ()

    def folder(self, name: str) -> list[bytes]:
        """The messages in a folder of the mailbox, named as on the server."""
        return self.dovecot.messages(self.user, name)

    def taken(self) -> list[str]:
        """The Message-ID of every letter that the mail server took, copies included."""
        return [message_from_bytes(each.raw)["Message-ID"] for each in self.receiver.taken]

    def check_now(self) -> None:
        """Right after a crash or a fault: nothing is lost and nothing stands twice."""
        check_nothing_lost(self.bot, self.sent, self.folder("INBOX"))
        check_invariants(self.bot, self.taken())

    def check(self, processed: str = "Processed") -> None:
        """Everything is done, every message lies in the processed folder once, and every reply went out."""
        check_all_done(self.bot, self.sent)
        check_nothing_lost(self.bot, self.sent, [])
        assert self.folder("INBOX") == []
        assert sorted(self.folder(processed)) == sorted(one.raw for one in self.sent)
        check_copies(self.bot, self.taken())
        check_invariants(self.bot, self.taken(), orphans=False)

    def deliver(self, one: Delivery) -> None:
        """Puts a message into the mailbox."""
        self.dovecot.append(self.user, one.raw, one.arrived_at)

    def go_on(self) -> None:
        """Polls when the claim on what was under way has run out."""
        self.bot.ask("poll", "--now", (datetime.now(UTC) + timedelta(hours=1)).isoformat())


def make_site(
    folder: Path,
    dovecot: Dovecot,
    receiver: Receiver,
    sent: Sequence[Delivery],
    *,
    imap_port: int = 0,
    smtp_port: int = 0,
    **tables: dict[str, Any],
) -> ImapSite:
    """A mailbox that all of `sent` have come to, and the configuration for it; ports may be those of a proxy."""
    site = ImapSite(
        bot=Bot(folder=folder), dovecot=dovecot, receiver=receiver, user=f"site-{folder.name}".lower(), sent=tuple(sent)
    )
    dovecot.add_user(site.user)
    address, team = MAILBOXES[MAILBOX]
    (folder / "password").write_text(PASSWORD)
    table = {"name": MAILBOX, "address": address, "team": team, "source": "imap", "activation": ACTIVATION}
    where = {"host": "127.0.0.1", "tcp_port": imap_port or dovecot.port, "tls": "none", "user": site.user}
    replies = {"transport": "smtp", "host": "127.0.0.1", "tcp_port": smtp_port or receiver.tcp_port, "tls": "none"}
    mailbox = table | where | {"password_file": str(folder / "password")} | tables.pop("mailbox", {})
    site.bot.configure([mailbox], **{**tables, "replies": replies | tables.get("replies", {})})
    for one in sent:
        site.deliver(one)
    site.bot.make_database()
    return site
