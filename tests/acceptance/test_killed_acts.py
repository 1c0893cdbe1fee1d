"""Killed amid an act of staff (C21): it is done or not done, and the form that is sent again acts once."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cee_mailbot import crash
from tests.support.bot import TIME_LIMIT, Bot
from tests.support.invariants import history_breaks, rows
from tests.support.mails import numbered
from tests.support.staff_page import OWN, PASSWORD, form

WORDS = "call them"


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    """A site with one item in its queue."""
    made = Bot(folder=tmp_path)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    mailbox = {"name": "electronics", "address": "CEE-Electronics@cbp.dhs.gov", "team": "007", "source": "maildir"}
    made.configure(
        [{**mailbox, "path": "mail"}], replies={"transport": "files", "dir": "sent"}, web={"tcp_port": free_port()}
    )
    (tmp_path / "mail" / "new" / "1.host").write_bytes(numbered(1))
    assert made.run("poll")[0] == 0, made.log()
    return made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def item_of(bot: Bot) -> str:
    [(tracking,)] = rows(bot, "select tracking from submission")
    return str(tracking)


def notes(bot: Bot) -> list[str]:
    return [text for (text,) in rows(bot, "select text from note")]


def test_C21_killed_amid_a_command_nothing_is_done_and_its_second_try_does_it_once(bot: Bot) -> None:
    before = rows(bot, "select * from history")
    words = ("queue", "note", item_of(bot), WORDS, "--as", "kim")
    assert bot.run(*words, environment={crash.VARIABLE: "C21"})[0] == -9
    assert (notes(bot), rows(bot, "select * from history")) == ([], before)
    assert bot.run(*words)[0] == 0, bot.log()
    assert notes(bot) == [WORDS]
    assert history_breaks(bot) == []


@contextmanager
def page(bot: Bot, moment: str = "") -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """A browser on the page, and the process that serves it, armed with a moment or not."""
    process = bot.start("serve", environment={crash.VARIABLE: moment} if moment else None)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split(" at ")[1].split()[0]
        with httpx.Client(base_url=address, headers=OWN, timeout=TIME_LIMIT, trust_env=False) as browser:
            yield browser, process
    finally:
        process.kill()
        process.communicate()


def test_C21_killed_amid_a_form_of_the_page_it_acts_once_when_it_is_sent_again(bot: Bot) -> None:
    """The browser has no answer and sends the same form to the program that was started again, twice."""
    (bot.folder / "secret").write_text(PASSWORD)
    added = ("users", "add", "kim", "--role", "specialist", "--password-file", str(bot.folder / "secret"))
    assert bot.run(*added, "--as", "root")[0] == 0, bot.log()
    action = f"/items/{item_of(bot)}/note"
    with page(bot, "C21") as (browser, process):
        assert browser.post("/sign-in", data={"name": "kim", "password": PASSWORD}).status_code == 303
        cookies = dict(browser.cookies)
        fields = form(browser.get(action.removesuffix("/note")).text, action) | {"text": WORDS}
        with pytest.raises(httpx.TransportError):
            browser.post(action, data=fields)
        assert process.wait(timeout=TIME_LIMIT) == -9
    assert notes(bot) == []
    with page(bot) as (browser, _):
        browser.cookies.update(cookies)
        answers = [browser.post(action, data=fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert notes(bot) == [WORDS]
    assert history_breaks(bot) == []
