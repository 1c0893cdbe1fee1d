"""The pages of pictures: their numbers are those of the lists that they lead to, and of one's own teams alone."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import accounts, desk
from cee_mailbot.domain.alarms import Alarm
from cee_mailbot.domain.pictures import LATE_AFTER, Outage
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.web.application import build_application
from cee_mailbot.web.parts import Parts, Settings
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import numbered
from tests.support.staff_page import StaffPage, rows
from tests.support.workshop import ARRIVED, CHEMICALS, ELECTRONICS, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    made.receive(*(numbered(number) for number in range(1, 4)), numbered(9, subject="DR,NokiaInc,345-6,2704"))
    made.receive(numbered(5, to=TO_CHEMICALS), mailbox=CHEMICALS)
    yield made
    made.store.close()


def test_the_numbers_are_those_of_the_lists(shop: Workshop, page: StaffPage) -> None:
    """Each number of the table leads to a list with as many rows."""
    kim = page.person()
    text = kim.get("/pictures").text
    linked = re.findall(r'<td[^>]*><a href="(/\?q=[^"]*)">(\d+)</a></td>', text)
    assert {"age", "due"} <= {unescape(address).partition("+")[2].partition("%3A")[0] for address, _ in linked}
    drawn = re.findall(r'<a href="(/\?q=[^"]*)" aria-label="[^"]*: (\d+)">\s*<rect', text)
    assert len(drawn) == 2, "the pieces of the bars lead there too"
    linked += drawn
    for address, number in linked:
        assert len(rows(kim.get(unescape(address)).text)) == int(number), address
    with shop.store.read() as ask:
        counted = ask.due_counts(["007", "001"])
        refused = ask.refusals(["electronics"], shop.clock.now() - timedelta(days=1))
    assert sum(one.items for one in counted) == len(shop.items()) == 4
    assert sum(one.unclaimed for one in counted) == 4
    assert refused == {("entry-invalid", "filer.example"): 1}
    assert "entry-invalid (1 of 1)" in text


def test_a_waiting_set_is_in_the_picture_of_split_submissions(shop: Workshop, page: StaffPage) -> None:
    shop.receive(numbered(7, subject="DR,NokiaInc,345-00000070,2704 1 of 3"))
    with shop.store.read() as ask:
        assert [one.team for one in ask.waiting_sets(["007"])] == ["007"]
    assert "1 submission waits for parts" in page.person().get("/pictures").text


def test_pictures_and_operations_are_of_ones_own_teams(page: StaffPage) -> None:
    lee = page.person("lee", Role.SUPERVISOR, teams=["001"])
    pictures, operations = lee.get("/pictures").text, lee.get("/operations").text
    assert "Chemicals" in pictures
    assert "Electronics" not in pictures
    assert "entry-invalid" not in pictures
    assert CHEMICALS.name in operations
    assert ELECTRONICS.name not in operations
    assert "Outbox" not in operations, "it is everybody's"
    boss = page.person("boss", Role.ADMINISTRATOR).get("/operations").text
    assert "Outbox" in boss
    assert ELECTRONICS.name in boss


def test_hours_in_which_a_mailbox_was_not_read_stay_marked_when_it_is_read_again(
    shop: Workshop, page: StaffPage
) -> None:
    """From its last good poll until the next; a poll that took long is none, nor are failures soon made good."""
    began = shop.clock.now()
    shop.clock.advance(LATE_AFTER)
    shop.poll()
    with shop.store.read() as ask:
        assert ask.outages(["electronics"], began) == (), "the next poll came in time"
    last = shop.clock.now()
    with shop.store.begin(last + timedelta(hours=1)) as unit:
        unit.begin_poll("electronics", team="007", activation=ARRIVED)
        unit.end_poll("electronics", error="no answer")
    shop.clock.advance(timedelta(hours=3))
    shop.poll()
    with shop.store.begin(shop.clock.now() + timedelta(hours=1)) as unit:
        unit.end_poll("electronics", error=None, began=shop.clock.now())
    with shop.store.read() as ask:
        (found,) = ask.outages(["electronics", "chemicals"], began)
        assert ask.outages(["electronics"], found.ended + timedelta(seconds=1)) == ()
    assert found == Outage(mailbox="electronics", began=last, ended=last + timedelta(hours=3))
    shop.clock.advance(timedelta(minutes=70))  # the poll above ended ten minutes ago: the mailbox is up
    kim, lee = page.person("kim"), page.person("lee", teams=["001"])
    assert kim.get("/pictures").text.count("electronics could not be read</td>") == 4
    assert "electronics could" not in lee.get("/pictures").text


def test_single_keys_are_a_choice_of_each_person(shop: Workshop, page: StaffPage) -> None:
    """WCAG 2.1.4; switching twice changes nothing more, and it is nobody else's."""
    kim, lee = page.person("kim"), page.person("lee")
    for _ in range(2):
        assert kim.post("/keys", data={"single": "off"}).status_code == 303
    assert 'data-single-keys="off"' in kim.get("/").text
    assert 'data-single-keys="on"' in lee.get("/").text
    assert not accounts.single_keys(shop.store, "kim")
    kim.post("/keys", data={"single": "on"})
    assert 'data-single-keys="on"' in kim.get("/").text


def test_how_long_each_step_took_is_told_of_ones_own_items(shop: Workshop, page: StaffPage) -> None:
    """From the times that the store has: presented, acknowledged, claimed, decided."""
    shop.send()
    tracking = shop.items()[0].tracking
    shop.clock.advance(timedelta(hours=1))
    desk.claim(shop.intake, tracking, actor="kim")
    shop.clock.advance(timedelta(hours=1))
    desk.close(shop.intake, tracking, Closing.DONE, actor="kim", reason="")
    with shop.store.read() as ask:
        passages = ask.passages(["007"], ARRIVED - timedelta(days=1), 100)
        assert ask.passages(["007"], ARRIVED - timedelta(days=1), 2) != passages, "the newest alone"
        assert ask.acknowledged_after([ELECTRONICS.name], ARRIVED, 100) == (timedelta(minutes=1),) * 3
        assert ask.acknowledged_after([], ARRIVED, 100) == ()
        assert ask.database_bytes() > 0
    whole = [one for one in passages if one.decided]
    assert len(passages) == 3
    assert [(one.decided - one.claimed, one.claimed - one.acknowledged) for one in whole] == [(timedelta(hours=1),) * 2]  # type: ignore[operator]
    text = page.person().get("/pictures?team=007").text
    assert "1 of 3 items of 30 days are decided" in text
    assert "001 Chemicals, " not in text
    assert "were within 60 seconds" in page.person("boss", Role.ADMINISTRATOR).get("/operations").text.replace(
        "half were", "were"
    )


def test_sets_that_became_whole_are_in_the_histogram(shop: Workshop) -> None:
    for part in (1, 2):
        shop.receive(
            numbered(7, subject=f"DR,NokiaInc,345-00000070,2704 {part} of 2", message_id=f"<7-{part}@filer.example>")
        )
        shop.clock.advance(timedelta(hours=3))
    with shop.store.read() as ask:
        assert ask.completed_sets(["007"], ARRIVED - timedelta(days=1)) == (timedelta(hours=3),)
        assert ask.completed_sets(["001"], ARRIVED - timedelta(days=1)) == ()


def test_operations_tell_what_the_machine_knows(shop: Workshop) -> None:
    """Disk, database, credentials and alarms, as `status --json` has them; mailboxes that are late say since when."""
    status = {
        "mailboxes": [{"mailbox": ELECTRONICS.name, "credential_ends": ARRIVED + timedelta(days=9)}],
        "disk_free_bytes": 4_500_000_000,
        "database_bytes": 812_000,
        "alarms": [Alarm(reason="disk-low", subject="", words="less than <b>10 GB</b> is free")],
    }
    parts = Parts(intake=shop.intake, settings=Settings(sign_in="demo"), status=lambda: status)
    browser = TestClient(build_application(parts), base_url="http://127.0.0.1:8400")
    text = browser.get("/operations").text
    assert "Wed Mar 11, 2026, 3:00 PM UTC" in text
    assert ("4,500.0 MB" in text, "812.0 KB" in text) == (True, True)
    assert "less than &lt;b&gt;10 GB&lt;/b&gt; is free" in text
    assert "2 of 2 mailboxes are up" in text
    shop.clock.advance(timedelta(hours=1))
    assert "0 of 2 mailboxes are up" in (late := browser.get("/operations").text)
    assert "<strong>late</strong> since Mon Mar 2, 2026, 3:01 PM UTC" in late
    assert "electronics could not be read" in browser.get("/pictures").text
