"""Claims that nobody uses end by themselves, where the site wants it; those that somebody uses never do."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cee_mailbot import desk, operations
from cee_mailbot.accounts import Limits
from cee_mailbot.app import SetClock, opened
from cee_mailbot.config import load_config
from cee_mailbot.domain.item_history import lines_of
from cee_mailbot.errors import ChangedError, NotAllowedError
from cee_mailbot.questions import ItemQuery
from cee_mailbot.sandbox import InProcessReader
from tests.support.mails import mail
from tests.support.staff_page import PASSWORD, StaffPage
from tests.support.workshop import ARRIVED, Workshop, invariants_kept
from tests.support.written_site import write_site

IDLE = timedelta(hours=4)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path)) as made:
        made.receive(mail())
        yield made


def claimed(shop: Workshop) -> str:
    tracking = shop.items()[0].tracking
    desk.claim(shop.intake, tracking, actor="kim")
    return tracking


def test_a_claim_that_nobody_uses_ends_with_a_line_of_history(shop: Workshop) -> None:
    tracking = claimed(shop)
    with shop.store.read() as ask:
        seen = ask.story(tracking).version
    shop.clock.advance(IDLE - timedelta(seconds=1))
    assert desk.expire_claims(shop.intake, IDLE) == 0
    shop.clock.advance(timedelta(seconds=1))
    assert desk.expire_claims(shop.intake, IDLE) == 1
    assert desk.expire_claims(shop.intake, IDLE) == 0
    (item,) = shop.items()
    assert (item.state, item.assignee) == ("new", None)
    with shop.store.read() as ask:
        line = lines_of(ask.story(tracking))[-1]
    assert (line.actor, line.says) == ("system", "nobody used the claim, and it ended (was kim)")
    with pytest.raises(ChangedError):  # who saw it claimed is told
        desk.close(shop.intake, tracking, "done", actor="kim", version=seen)
    desk.claim(shop.intake, tracking, actor="lee")
    with pytest.raises(NotAllowedError):  # which would make it kim's again
        desk.undo(shop.intake, tracking, actor="kim", version=seen)


@pytest.mark.parametrize("use", ["looks", "drafts", "notes"])
def test_whoever_uses_a_claim_keeps_it(shop: Workshop, use: str) -> None:
    browser = StaffPage(shop).person("kim")
    tracking = claimed(shop)
    shop.clock.advance(IDLE - timedelta(minutes=1))
    browser.post("/sign-in", data={"name": "kim", "password": PASSWORD})
    if use == "looks":
        assert browser.get(f"/items/{tracking}/viewing").status_code == 200
    elif use == "drafts":
        assert browser.post(f"/items/{tracking}/drafts/note", data={"text": "begun"}).status_code == 303
    else:
        desk.note(shop.intake, tracking, "still at it", actor="kim")
    shop.clock.advance(timedelta(minutes=2))
    assert desk.expire_claims(shop.intake, IDLE) == 0
    assert shop.items()[0].assignee == "kim"


def test_that_others_look_keeps_no_claim(shop: Workshop) -> None:
    browser = StaffPage(shop).person("lee")
    tracking = claimed(shop)
    shop.clock.advance(timedelta(minutes=10))
    assert browser.get(f"/items/{tracking}/viewing").status_code == 200
    assert desk.expire_claims(shop.intake, timedelta(minutes=9)) == 1


def told(page: str) -> str:
    """The words of a page, without what marks them up."""
    return " ".join(re.sub("<[^>]*>", "", page).split())


def test_item_and_list_say_how_long_a_claim_stands_yet(shop: Workshop) -> None:
    """To the second: until then it stands, and at that moment it ends."""
    page = StaffPage(shop, claim_expires=IDLE, limits=Limits(idle=2 * IDLE))
    tracking = claimed(shop)
    shop.clock.advance(timedelta(minutes=25))
    lee = page.person("lee")
    item = lee.get(f"/items/{tracking}").text
    assert "kim, 25 minutes ago" in told(item)
    assert "The claim ends by itself in 3 hours 35 minutes if kim does not use it" in told(item)
    assert "kim25 minutes agoends in 3 hours 35 minutes" in told(lee.get("/").text)
    seconds = int(re.findall(r'data-left="(\d+)"', item)[0])
    shop.clock.advance(timedelta(seconds=seconds - 1))
    assert "in under a minute" in told(lee.get(f"/items/{tracking}/viewing").text)
    assert desk.expire_claims(shop.intake, IDLE) == 0
    shop.clock.advance(timedelta(seconds=1))
    assert desk.expire_claims(shop.intake, IDLE) == 1
    assert "nobody" in lee.get(f"/items/{tracking}/viewing").text


def test_whoever_looks_sees_the_claim_begin_anew(shop: Workshop) -> None:
    kim = StaffPage(shop, claim_expires=IDLE).person("kim")
    tracking = claimed(shop)
    shop.clock.advance(timedelta(minutes=10))
    for path in (f"/items/{tracking}", f"/items/{tracking}/viewing"):
        words = told(kim.get(path).text)
        assert "kim, 10 minutes ago" in words, path
        assert "Your claim ends by itself in 4 hours if you do not use it" in words, path


def test_a_claim_that_does_not_end_by_itself_has_no_end(shop: Workshop) -> None:
    """Where the site wants none to, and while the item waits for the broker."""
    tracking = claimed(shop)
    lee = StaffPage(shop).person("lee")
    assert "kim, under a minute ago" in told(lee.get(f"/items/{tracking}").text)
    assert "data-left" not in lee.get(f"/items/{tracking}").text + lee.get("/").text
    kim = StaffPage(shop, claim_expires=IDLE).person("kim")
    desk.wait(shop.intake, tracking, actor="kim")
    assert "data-left" not in kim.get(f"/items/{tracking}").text + kim.get("/").text


def test_a_claim_is_as_old_as_its_last_change_of_hands(shop: Workshop) -> None:
    """Neither an older claim of the same person counts, nor an act that changed nothing of it."""
    tracking = claimed(shop)
    minute = timedelta(minutes=1)

    def since() -> datetime | None:
        shop.clock.advance(minute)
        with shop.store.read() as ask:
            found = ask.claims([tracking, "CEE-007-26-999999-X"])
        return found[tracking].since if tracking in found else None

    first = shop.clock.now()
    assert since() == first
    desk.note(shop.intake, tracking, "called", actor="lee")
    assert since() == first
    desk.unclaim(shop.intake, tracking, actor="kim")
    assert since() is None
    desk.undo(shop.intake, tracking, actor="kim")
    assert since() == first
    desk.unclaim(shop.intake, tracking, actor="kim")
    again = shop.clock.now()
    desk.wait(shop.intake, tracking, actor="kim")
    assert since() == again, "who sets an item aside that is nobody's has it"


@pytest.mark.parametrize(("web", "state"), [("", "assigned"), ('[web]\nclaim_expires = "4h"', "new")])
def test_the_running_program_does_it_where_it_is_configured(tmp_path: Path, web: str, state: str) -> None:
    """And nowhere else: a claim stands until somebody ends it."""
    config = load_config(write_site(tmp_path, web), {})
    (tmp_path / "1.eml").write_bytes(mail())
    clock, reader = SetClock(instant=ARRIVED), InProcessReader()
    with opened(config, clock=clock, reader=reader) as app:
        list(operations.ingest(app, [tmp_path / "1.eml"], mailbox="electronics", arrived_at=ARRIVED))
        with app.store.read() as ask:
            (item,) = ask.items(ItemQuery())
        desk.claim(app.intake, item.tracking, actor="kim")
        clock.instant += IDLE
        operations.chase_sets(app)
        with app.store.read() as ask:
            assert [one.state for one in ask.items(ItemQuery())] == [state]
