#!/usr/bin/env python3
"""Requests for each message and memory of the sources: a mailbox is listed, fetched in sets of 16 MB, and settled.

Usage: bench/sources.py [WAY...]      (needs Dovecot for IMAP; Exchange and Graph are the tests' own servers)

Memory is the peak of a process that does nothing else, above what it had before it listed: it must not grow with the
mailbox. Every process reads 100 messages before, so that what is imported late is not counted.
"""

import imaplib
import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cee_mailbot.exchange_web import ExchangeSettings, ExchangeWeb
from cee_mailbot.graph_web import GraphSettings, GraphWeb
from cee_mailbot.interfaces import Listed, Source
from cee_mailbot.sources.exchange import ExchangeSource
from cee_mailbot.sources.graph import GraphSource
from cee_mailbot.sources.imap import ImapSource
from cee_mailbot.sources.maildir import MaildirSettings, MaildirSource
from cee_mailbot.sources.web_mailbox import WebMailboxSettings
from cee_mailbot.tokens import ClientCredentials, TokenSettings
from tests.servers.dovecot import Dovecot
from tests.servers.ews import PASSWORD, USER, EwsServer
from tests.servers.graph import GraphServer
from tests.servers.token_endpoint import CLIENT, SECRET
from tests.support.needs import found

COUNTS = (250, 1000)
ARRIVED = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
SET_BYTES = 16_000_000
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_KB = 1024

Put = Callable[[str, bytes], object]
Make = Callable[[str], Source]


def message(number: int) -> bytes:
    """100 KB."""
    head = b"From: papers@broker.example\r\nMessage-ID: <%d@broker.example>\r\nSubject: %d\r\n\r\n" % (number, number)
    return head + b"0123456789abcdef0123456789abcdef0123456789abcdef\r\n" * 2000


def read_all(source: Source) -> int:
    """How many messages were there; all of them are settled then."""
    with source.session() as session:
        listed = list(session.listing(LONG_AGO))
        for some in sets(listed):
            handles = [mail.handle for mail in session.fetch(some)]
            session.settle(handles)
    return len(listed)


def sets(listed: list[Listed]) -> Iterator[list[Listed]]:
    """Runs of messages within the bytes of a set."""
    some: list[Listed] = []
    for one in listed:
        if some and sum(each.size for each in some) + one.size > SET_BYTES:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def measure(make: Make, warm: str, name: str, told: Any) -> None:
    """In a process of its own: how many were read, by how many KB the peak rose, and IMAP commands in all."""
    commands = count_commands()
    read_all(make(warm))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = read_all(make(name))
    told.send((count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, len(commands)))


def count_commands() -> list[str]:
    """Every command of IMAP has a tag of its own (RFC 9051 section 2.2.1)."""
    tags: list[str] = []
    new_tag = imaplib.IMAP4._new_tag  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other door

    def counted(connection: imaplib.IMAP4) -> Any:
        tag = new_tag(connection)
        tags.append(str(tag))
        return tag

    imaplib.IMAP4._new_tag = counted  # type: ignore[attr-defined]  # noqa: SLF001 - in a process that ends soon
    return tags


@contextmanager
def graph() -> Iterator[tuple[Put, Make, Callable[[], int]]]:
    """Mailboxes at the tests' Graph."""
    with GraphServer() as server:
        scope = server.tokens.scope
        tokens = ClientCredentials(
            TokenSettings(token_url=server.tokens.url, client_id=CLIENT, scope=scope, client_secret=lambda: SECRET)
        )

        def make(name: str) -> Source:
            settings = GraphSettings(root=server.root, address=f"{name}@agency.example", tokens=tokens)
            return GraphSource(WebMailboxSettings(), GraphWeb(settings))

        def asked() -> int:
            within = sum(server.asked.count(name) for name in ("get message", "move"))  # parts of a batch
            return len(server.asked) - within

        yield lambda name, raw: server.box(f"{name}@agency.example").deliver(raw, ARRIVED), make, asked
        if server.faults:
            sys.exit("\n".join(server.faults))


@contextmanager
def exchange() -> Iterator[tuple[Put, Make, Callable[[], int]]]:
    """Mailboxes at the tests' Exchange."""
    with EwsServer() as server:

        def make(name: str) -> Source:
            address = f"{name}@agency.example"
            settings = ExchangeSettings(
                endpoint=server.endpoint, address=address, auth="basic", user=USER, password=lambda: PASSWORD
            )
            return ExchangeSource(WebMailboxSettings(), ExchangeWeb(settings))

        yield (
            lambda name, raw: server.box(f"{name}@agency.example").deliver(raw, ARRIVED),
            make,
            lambda: len(server.asked),
        )
        if server.faults:
            sys.exit("\n".join(server.faults))


@contextmanager
def imap() -> Iterator[tuple[Put, Make, None]]:
    """Mailboxes on Dovecot."""
    dovecot = Dovecot()
    dovecot.start()
    try:
        known: set[str] = set()

        def put(name: str, raw: bytes) -> None:
            if name not in known:
                dovecot.add_user(name)
                known.add(name)
            dovecot.append(name, raw, ARRIVED)

        yield put, lambda name: ImapSource(dovecot.settings(name)), None
    finally:
        dovecot.stop()


@contextmanager
def maildir() -> Iterator[tuple[Put, Make, None]]:
    """Folders."""
    with tempfile.TemporaryDirectory() as folder:

        def put(name: str, raw: bytes) -> None:
            for part in ("new", "cur", "tmp"):
                (Path(folder) / name / part).mkdir(parents=True, exist_ok=True)
            path = Path(folder) / name / "new" / f"{os.urandom(8).hex()}.host"
            path.write_bytes(raw)

        yield put, lambda name: MaildirSource(MaildirSettings(path=Path(folder) / name)), None


def main() -> None:
    """Prints a row for each way and number of messages."""
    print("| way | messages | requests a message | peak MB above the start |\n|---|---|---|---|")
    ways = (maildir, graph, exchange, *([imap] if found("dovecot") else []))
    for way in [one for one in ways if one.__name__ in sys.argv[1:] or len(sys.argv) == 1]:
        with way() as (put, make, asked):
            for count in COUNTS:
                name, warm = f"box{count}", f"warm{count}"
                for number in range(count):
                    put(name, message(number))
                for number in range(100):
                    put(warm, message(number))
                before = asked() if asked else 0
                here, there = multiprocessing.get_context("fork").Pipe()
                child = multiprocessing.get_context("fork").Process(target=measure, args=(make, warm, name, there))
                child.start()
                read, grown, commands = here.recv()
                child.join()
                calls = asked() - before if asked else commands
                requests = f"{calls / (read + 100):.2f}" if calls else ""
                print(f"| {way.__name__} | {read} | {requests} | {grown / _KB:.1f} |", flush=True)


if __name__ == "__main__":
    main()
