"""Killed at each named moment, between a mailbox at Exchange or Graph and its replies, the program loses nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cee_mailbot import crash
from tests.servers import ews, graph
from tests.support.broker_mail import Delivery, sixty
from tests.support.invariants import rows
from tests.support.served_site import MAILBOX, ServedSite, in_hours, make_site

KINDS = ("good DR", "good PR", "unknown code", "sent once", "copy of sent once", "two From headers", "bounce")
# One after the other at one site. C9b belongs to IMAP, C13 to sets, C16 to SMTP; the rest are no moments of a poll.
MOMENTS = ("C1:4", "C6", "C7", "C11", "C12", "C14", "C8", "C9", "C10", "C15", "C17", "C18", "C18:2")
SERVERS = {"exchange": ews.EwsServer, "graph": graph.GraphServer}
Server = ews.EwsServer | graph.GraphServer


@pytest.fixture(scope="module", params=SERVERS)
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    with SERVERS[request.param]() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    running.asked.clear()
    running.troubles.clear()
    yield running
    assert running.faults == []


def sent() -> list[Delivery]:
    """Those that are answered first, so that there is a reply to send after each of them."""
    ours = [replace(one, mailbox=MAILBOX, owner=MAILBOX) for one in sixty() if one.name in KINDS]
    return sorted(ours, key=lambda one: one.reply is None)


@pytest.fixture
def site(server: Server, tmp_path: Path) -> ServedSite:
    # Sets of two or three messages, so that a crash comes between them too.
    return make_site(tmp_path, server, sent(), polling={"set_bytes": "6KB"})


def test_killed_at_one_named_moment_after_the_other_it_goes_on_where_it_was(site: ServedSite) -> None:
    early = len(site.sent) - 2
    site.deliver(site.sent[:early])
    for hours, moment in enumerate(MOMENTS):
        if moment == "C10":  # all else lies in the processed folder by then
            site.deliver(site.sent[early:])
        # An hour later each time, when the claim on the replies that were under way has run out.
        code, _ = site.bot.run("poll", "--now", in_hours(hours), environment={crash.VARIABLE: moment})
        assert code == -9, (moment, site.bot.log())
        site.check_now(early if hours < MOMENTS.index("C10") else None)
    site.go_on(len(MOMENTS))
    site.check()
    before = rows(site.bot, "select * from history")
    site.go_on(len(MOMENTS))
    site.check()
    assert rows(site.bot, "select * from history") == before


FAULTS = {
    graph.GraphServer: [
        ("get content", graph.Trouble(cut_after=50)),
        ("send", graph.Trouble(cut_after=0)),
        ("delta", graph.Trouble(status=429, code="TooManyRequests", retry_after="1")),
        ("get folder", graph.Trouble(status=503, code="ServiceUnavailable", retry_after="1")),
        ("batch", graph.Trouble(cut_after=0)),
        ("get content", graph.Trouble(status=404, code="ErrorItemNotFound")),
        ("delta", graph.Trouble(status=401, code="InvalidAuthenticationToken")),
    ],
    ews.EwsServer: [
        ("GetItem", ews.Trouble(cut_after=900)),
        ("CreateItem", ews.Trouble(cut_after=0, done=True)),
        ("SyncFolderItems", ews.Trouble(fault=True, code="ErrorServerBusy", back_off=1000)),
        ("GetFolder", ews.Trouble(status=503, retry_after="1")),
        ("MoveItem", ews.Trouble(cut_after=0, done=True)),
        ("GetItem", ews.Trouble(code="ErrorItemNotFound")),
        ("SyncFolderItems", ews.Trouble(status=401)),
    ],
}


def test_after_each_fault_the_next_poll_does_the_rest(server: Server, site: ServedSite) -> None:
    """New mail comes before each fault, so that each has something to spoil."""
    faults = FAULTS[type(server)]
    for number, (call, trouble) in enumerate(faults):
        last = number == len(faults) - 1
        site.deliver(site.sent[number:] if last else site.sent[number : number + 1])
        server.troubles[call].append(trouble)
        site.bot.run("poll")
        assert not server.troubles[call], f"{call} was not asked"
        site.check_now(None if last else number + 1)
    site.go_on()
    site.check()


def test_the_census_is_clean_without_reading_what_was_moved(server: Server, site: ServedSite) -> None:
    """A message is known in the processed folder without being fetched again, whether or not it kept its id."""
    site.deliver(site.sent)
    words = str(site.bot.ask("check"))
    assert f"replies leave by {'EWS' if isinstance(server, ews.EwsServer) else 'Graph'}" in words
    assert f"the inbox holds {len(site.sent)} messages" in words
    site.bot.ask("poll")
    server.asked.clear()
    census = site.bot.ask("census")
    assert census["clean"]
    assert census["mailboxes"][0]["accounted"] == len(site.sent)
    assert not {"get content", "GetItem"} & set(server.asked)
