"""The program between a mailbox at the tests' Graph, read and answered there, and what must be true in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

from tests.servers.graph import TENANT, GraphServer
from tests.servers.graph_mailbox import GraphBox
from tests.servers.token_endpoint import CLIENT, SECRET
from tests.support.bot import Bot
from tests.support.broker_mail import ACTIVATION, MAILBOXES, Delivery
from tests.support.invariants import check_all_done, check_copies, check_invariants, check_nothing_lost

MAILBOX = "CEE-Electronics"


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphSite:
    """One mailbox and the program at it."""

    bot: Bot
    box: GraphBox
    sent: tuple[Delivery, ...]

    def folder(self, name: str) -> list[bytes]:
        """The messages in a folder."""
        return [one.raw for one in self.box.lying_in(name)]

    def taken(self) -> list[str]:
        """The Message-ID of every letter that left, copies included."""
        return [message_from_bytes(raw)["Message-ID"] for raw in self.box.sent]

    def check_now(self) -> None:
        """Right after a crash or a fault: nothing is lost and nothing stands twice."""
        check_nothing_lost(self.bot, self.sent, self.folder("Inbox"))
        check_invariants(self.bot, self.taken())

    def check(self) -> None:
        """Everything is done, every message lies in the processed folder once, and every reply went out."""
        check_all_done(self.bot, self.sent)
        assert self.folder("Inbox") == []
        assert sorted(self.folder("Processed")) == sorted(one.raw for one in self.sent)
        check_copies(self.bot, self.taken())
        check_invariants(self.bot, self.taken(), orphans=False)

    def go_on(self) -> None:
        """Polls when the claim on what was under way has run out."""
        self.bot.ask("poll", "--now", (datetime.now(UTC) + timedelta(hours=1)).isoformat())


def graph_keys(folder: Path, server: GraphServer) -> dict[str, Any]:
    """The keys with which a configuration reaches this server."""
    (folder / "graph-secret").write_text(SECRET, encoding="utf-8")
    return {
        "tenant": TENANT,
        "client_id": CLIENT,
        "client_secret_file": str(folder / "graph-secret"),
        "authority": f"http://127.0.0.1:{server.tokens.port}",
        "graph_root": server.root,
    }


def make_graph_site(folder: Path, server: GraphServer, sent: Sequence[Delivery], **tables: Any) -> GraphSite:
    """A mailbox that all of `sent` have come to, and the configuration for it."""
    address, team = MAILBOXES[MAILBOX]
    site = GraphSite(bot=Bot(folder=folder), box=server.box(address), sent=tuple(sent))
    keys = graph_keys(folder, server)
    table = {"name": MAILBOX, "address": address, "team": team, "source": "graph", "activation": ACTIVATION}
    site.bot.configure([table | keys], **{"replies": {"transport": "graph"} | keys, **tables})
    for one in sent:
        site.box.deliver(one.raw, one.arrived_at)
    site.bot.make_database()
    return site
