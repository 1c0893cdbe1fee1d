"""Killed at each named moment, between a mailbox at Graph and its replies, the program loses and doubles nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cee_mailbot import crash
from tests.servers.graph import GraphServer, Trouble
from tests.support.broker_mail import sixty
from tests.support.graph_site import MAILBOX, GraphSite, make_graph_site
from tests.support.invariants import rows

KINDS = ("good DR", "good PR", "unknown code", "sent once", "copy of sent once", "two From headers", "bounce")
# C9b belongs to IMAP, C13 to sets, C16 to SMTP; the rest are no moments of a poll.
MOMENTS = ("C1:4", "C6", "C7:2", "C8", "C8:2", "C9", "C10", "C11", "C12", "C14", "C15", "C17", "C18", "C18:3")


@pytest.fixture
def server() -> Iterator[GraphServer]:
    with GraphServer() as running:
        yield running
    assert running.faults == []
    assert running.tokens.faults == []


@pytest.fixture
def site(server: GraphServer, tmp_path: Path) -> GraphSite:
    sent = [replace(one, mailbox=MAILBOX, owner=MAILBOX) for one in sixty() if one.name in KINDS]
    # Sets of two or three messages, so that a crash comes between them too.
    return make_graph_site(tmp_path, server, sent, polling={"set_bytes": "6KB"})


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_a_named_moment_it_goes_on_where_it_was(moment: str, site: GraphSite) -> None:
    code, _ = site.bot.run("poll", environment={crash.VARIABLE: moment})
    assert code == -9, (moment, site.bot.log())
    site.check_now()
    site.go_on()
    site.check()
    before = rows(site.bot, "select * from history")
    site.bot.ask("poll")
    site.check()
    assert rows(site.bot, "select * from history") == before


@pytest.mark.parametrize(
    ("call", "trouble"),
    [
        ("get content", Trouble(cut_after=50)),
        ("delta", Trouble(status=429, code="TooManyRequests", retry_after="1")),
        ("get folder", Trouble(status=503, code="ServiceUnavailable", retry_after="1")),
        ("batch", Trouble(cut_after=0)),
        ("send", Trouble(cut_after=0)),
        ("get content", Trouble(status=404, code="ErrorItemNotFound")),
        ("delta", Trouble(status=401, code="InvalidAuthenticationToken")),
    ],
)
def test_after_a_fault_the_next_poll_does_the_rest(
    call: str, trouble: Trouble, server: GraphServer, site: GraphSite
) -> None:
    server.troubles[call].append(trouble)
    site.bot.run("poll")
    site.check_now()
    site.go_on()
    site.check()


def test_the_census_is_clean_without_reading_what_was_moved(server: GraphServer, site: GraphSite) -> None:
    """A message that keeps its id is known in the processed folder without being fetched again."""
    site.bot.ask("poll")
    server.asked.clear()
    census = site.bot.ask("census")
    assert census["clean"]
    assert census["mailboxes"][0]["accounted"] == len(site.sent)
    assert "get content" not in server.asked


def test_check_says_what_it_found(site: GraphSite) -> None:
    found = site.bot.ask("check")
    words = str(found)
    assert "replies leave by Graph" in words
    assert f"the inbox holds {len(site.sent)} messages" in words
