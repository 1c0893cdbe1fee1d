"""The same sixty messages give the same queue, documents, times and replies, whichever way they come."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.ews import EwsServer
from tests.servers.graph import GraphServer
from tests.support.bot import Bot
from tests.support.broker_mail import ACTIVATION, BORDER, MAILBOXES, MESSAGE_LIMIT, Delivery, sixty
from tests.support.invariants import rows
from tests.support.served_site import exchange_keys, graph_keys

WAYS = ("maildir", "imap", "exchange", "graph")
# When the program did something, and what the database calls a row: of no concern to where mail came from.
OF_THE_RUN = {"created_at", "updated_at", "id", "messages", "sent_at"}
DOCUMENTS = """
    select m.sha256, d.section, d.name, d.type, d.size, d.sha256, d.path, d.status
    from document d join message m on m.id = d.message_row order by 1, 2
"""
CLOCKS = """
    select sha256, arrived_at, sent_at, presented_at, zone, basis, strength, observed_at, sender, line
    from message order by sha256, arrived_at
"""


class Sites:
    """Puts one program after the other between the same mail and a folder of replies."""

    def __init__(self, folder: Path, dovecot: Dovecot, graph: GraphServer, ews: EwsServer) -> None:
        self.folder = folder
        self.dovecot = dovecot
        self.graph = graph
        self.ews = ews
        self._found: dict[str, dict[str, Any]] = {}
        (folder / "password").write_text(PASSWORD)

    def bot(self, way: str) -> Bot:
        """The program that polled mailboxes kept in this way."""
        self.found(way)
        return Bot(folder=self.folder / way)

    def found(self, way: str) -> dict[str, Any]:
        """What became of the sixty, with every mailbox kept in this way, or (`mixed`) in one after the other."""
        if way not in self._found:
            self.graph.boxes.clear()
            self.ews.boxes.clear()
            self._found[way] = self._run(way, (lambda n: WAYS[n % len(WAYS)]) if way == "mixed" else (lambda _: way))
        return self._found[way]

    def _run(self, name: str, way_of: Callable[[int], str]) -> dict[str, Any]:
        bot = Bot(folder=self.folder / name)
        bot.folder.mkdir()
        ways = {mailbox: way_of(number) for number, mailbox in enumerate(MAILBOXES)}
        bot.configure(
            [self._table(bot, mailbox, way) for mailbox, way in ways.items()],
            replies={"transport": "files", "dir": str(bot.folder / "replies")},
            policy={"message_limit": MESSAGE_LIMIT, "trusted_authserv_ids": [BORDER]},
        )
        for number, one in enumerate(sixty()):
            self._deliver(bot, ways[one.mailbox], number, one)
        bot.ask("poll")
        assert bot.ask("census")["clean"]
        told = {what: _of_mail(bot.ask(what, "list", "--limit", "100")) for what in ("queue", "messages", "replies")}
        return {**told, "documents": rows(bot, DOCUMENTS), "clocks": rows(bot, CLOCKS)}

    def _table(self, bot: Bot, mailbox: str, way: str) -> dict[str, Any]:
        address, team = MAILBOXES[mailbox]
        table = {"name": mailbox, "address": address, "team": team, "source": way, "activation": ACTIVATION}
        if way == "graph":
            return table | graph_keys(bot.folder, self.graph)
        if way == "exchange":
            return table | exchange_keys(bot.folder, self.ews)
        if way == "imap":
            self.dovecot.add_user(self._user(bot, mailbox))
            where = {"host": "127.0.0.1", "tcp_port": self.dovecot.port, "tls": "none"}
            return table | where | {"user": self._user(bot, mailbox), "password_file": str(self.folder / "password")}
        for name in ("new", "cur", "tmp"):
            (bot.folder / mailbox / name).mkdir(parents=True)
        return table | {"path": str(bot.folder / mailbox)}

    def _user(self, bot: Bot, mailbox: str) -> str:
        return f"{self.folder.name}-{bot.folder.name}-{mailbox}".lower()

    def _deliver(self, bot: Bot, way: str, number: int, one: Delivery) -> None:
        if way in {"exchange", "graph"}:
            server = self.graph if way == "graph" else self.ews
            server.box(MAILBOXES[one.mailbox][0]).deliver(one.raw, one.arrived_at)
        elif way == "imap":
            self.dovecot.append(self._user(bot, one.mailbox), one.raw, one.arrived_at)
        else:
            path = bot.folder / one.mailbox / "new" / f"{number:03d}.host"
            path.write_bytes(one.raw)
            os.utime(path, (one.arrived_at.timestamp(),) * 2)


def _of_mail(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [{key: value for key, value in one.items() if key not in OF_THE_RUN} for one in listed]
    return sorted(({**one, "message_id": ""} if "in_reply_to" in one else one for one in kept), key=str)


@pytest.fixture(scope="module")
def sites(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    with GraphServer() as graph, EwsServer() as ews:
        yield Sites(tmp_path_factory.mktemp("ways"), dovecot, graph, ews)
    assert graph.faults == ews.faults == []


@pytest.mark.parametrize("way", ["imap", "exchange", "graph", "mixed"])
def test_the_same_mail_comes_to_the_same(way: str, sites: Sites) -> None:
    """Held against what comes out of Maildirs, where no server has a say."""
    assert len(sites.found(way)["messages"]) == 60
    for what, told in sites.found(way).items():
        assert told == sites.found("maildir")[what], what


@pytest.mark.parametrize("way", ["exchange", "graph"])
def test_both_clocks_of_the_server_are_kept(way: str, sites: Sites) -> None:
    """The time of submission stands beside the Date header as evidence; which of them counts is the policy's."""
    told = rows(sites.bot(way), "select submitted_at, json_extract(evidence, '$.submitted') from message")
    assert len(told) == 60
    for submitted_at, in_evidence in told:
        assert submitted_at
        assert in_evidence is None or in_evidence.startswith(submitted_at[:10])
    assert any(in_evidence for _, in_evidence in told)
