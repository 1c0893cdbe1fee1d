"""The program between a mailbox at a server of Microsoft's kind, read and answered there, and what must be true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any, Literal

from tests.servers.ews import PASSWORD, USER, EwsServer
from tests.servers.ews_mailbox import ExchangeBox
from tests.servers.graph import TENANT, GraphServer
from tests.servers.graph_mailbox import GraphBox
from tests.servers.token_endpoint import CLIENT, SECRET
from tests.support.bot import Bot
from tests.support.broker_mail import ACTIVATION, MAILBOXES, Delivery
from tests.support.invariants import check_all_done, check_copies, check_invariants, check_nothing_lost

MAILBOX = "CEE-Electronics"
Way = Literal["exchange", "graph"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedSite:
    """One mailbox and the program at it."""

    bot: Bot
    box: GraphBox | ExchangeBox
    sent: tuple[Delivery, ...]

    def deliver(self, some: Sequence[Delivery]) -> None:
        """These come into the inbox."""
        for one in some:
            self.box.deliver(one.raw, one.arrived_at)

    def folder(self, name: str) -> list[bytes]:
        """The messages in a folder."""
        return [one.raw for one in self.box.lying_in(name)]

    def taken(self) -> list[str]:
        """The Message-ID of every letter that left, copies included."""
        return [message_from_bytes(raw)["Message-ID"] for raw in self.box.sent]

    def check_now(self, delivered: int | None = None) -> None:
        """Right after a crash or a fault: nothing is lost and nothing stands twice."""
        check_nothing_lost(self.bot, self.sent[:delivered], self.folder("Inbox"))
        check_invariants(self.bot, self.taken())

    def check(self) -> None:
        """Everything is done, every message lies in the processed folder once, and every reply went out."""
        check_all_done(self.bot, self.sent)
        assert self.folder("Inbox") == []
        assert sorted(self.folder("Processed")) == sorted(one.raw for one in self.sent)
        check_copies(self.bot, self.taken())
        check_invariants(self.bot, self.taken(), orphans=False)

    def go_on(self, hours: int = 1) -> None:
        """Polls when the claim on what was under way has run out."""
        self.bot.ask("poll", "--now", in_hours(hours))


def in_hours(hours: int) -> str:
    """A time to come, as `--now` takes it."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def graph_keys(folder: Path, server: GraphServer) -> dict[str, Any]:
    """The keys with which a configuration reaches this server."""
    (folder / "graph-secret").write_text(SECRET, encoding="utf-8")
    return {
        "tenant": TENANT,
        "client_id": CLIENT,
        "client_secret_file": str(folder / "graph-secret"),
        "authority": f"http://127.0.0.1:{server.tokens.tcp_port}",
        "graph_root": server.root,
    }


def exchange_keys(folder: Path, server: EwsServer) -> dict[str, Any]:
    """The keys with which a configuration reaches this server."""
    (folder / "exchange-password").write_text(PASSWORD, encoding="utf-8")
    return {
        "endpoint": server.endpoint,
        "auth": "basic",
        "user": USER,
        "password_file": str(folder / "exchange-password"),
    }


def make_site(folder: Path, server: GraphServer | EwsServer, sent: Sequence[Delivery], **tables: Any) -> ServedSite:
    """A mailbox that `sent` will come to, and the configuration for it."""
    address, team = MAILBOXES[MAILBOX]
    server.boxes.clear()
    site = ServedSite(bot=Bot(folder=folder), box=server.box(address), sent=tuple(sent))
    way = "exchange" if isinstance(server, EwsServer) else "graph"
    keys = exchange_keys(folder, server) if isinstance(server, EwsServer) else graph_keys(folder, server)
    table = {"name": MAILBOX, "address": address, "team": team, "source": way, "activation": ACTIVATION}
    site.bot.configure([table | keys], **{"replies": {"transport": way} | keys, **tables})
    site.bot.make_database()
    return site
