"""Killed at the n-th system call of a whole run, for n spread over it: writes, names, and words to servers."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.receiver import Receiver
from tests.support.broker_mail import sixty
from tests.support.imap_site import MAILBOX, make_site
from tests.support.needs import needed
from tests.support.strace import killing_at, seen, watching

CALLS = ("write", "pwrite64", "fsync", "fdatasync", "link", "linkat", "unlink", "rename", "sendto")
# What is durable or known to others when it is done: files of the site, and TCP sockets; neither the log nor a child.
MATTERS = re.compile(r"\(\d+<(?:/[^>]*/(?:mailbot\.db|blobs/)|TCP:|socket:)|\((?:AT_FDCWD[^,]*, )?\"/[^\"]*/blobs/")
KINDS = ("good DR", "unknown code", "good PR")
SENT = tuple(replace(one, mailbox=MAILBOX, owner=MAILBOX) for one in sixty() if one.name in KINDS)


def kills() -> int:
    """How many places are tried; `make kills KILLS=100` tries more."""
    return int(os.environ.get("KILLS", "2"))


def spread(calls: Sequence[str], number: int) -> list[int]:
    """The places of this many calls that matter, evenly spread over the run."""
    places = [place for place, call in enumerate(calls) if MATTERS.search(call)]
    assert len(places) > number
    return [places[int((step + 0.5) * len(places) / number)] for step in range(number)]


@pytest.fixture(scope="module")
def calls(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What an undisturbed poll does."""
    needed("strace")
    with Receiver() as receiver:
        site = make_site(tmp_path_factory.mktemp("spread"), dovecot, receiver, SENT)
        log = site.bot.folder / "strace"
        assert site.bot.run("poll", before=watching(log, CALLS))[0] == 0, site.bot.log()
        return seen(log)


def test_every_kind_of_call_is_among_those_that_are_killed_at(calls: list[str]) -> None:
    """With as many kills as there are calls, every step of durability and every word to a server has its turn."""
    killed_at = [call for call in calls if MATTERS.search(call)]
    for kind in (r"write", r"f(data)?sync", r"link(at)?\(", r"unlink", r"sendto.*UID MOVE", r"sendto.*(?i:mail from)"):
        assert any(re.search(kind, call) for call in killed_at), kind


@pytest.mark.parametrize("step", range(kills()))
def test_killed_at_the_nth_call_it_loses_and_doubles_nothing(
    step: int, calls: list[str], dovecot: Dovecot, tmp_path: Path
) -> None:
    place = spread(calls, kills())[step]
    with Receiver() as receiver:
        site = make_site(tmp_path, dovecot, receiver, SENT)
        code, _ = site.bot.run("poll", before=killing_at(calls, place, CALLS))
        assert code in (-9, 137), (calls[place], site.bot.log())
        site.check_now()
        site.go_on()
        site.check()
