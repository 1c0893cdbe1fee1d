"""What a visitor may send so that others can't get in, or their pages can't be made."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cee_mailbot.domain.roles import Role
from cee_mailbot.web.tries import TRIES_OF_A_NAME, Tries
from tests.support.mails import mail
from tests.support.staff_page import PASSWORD, StaffPage, form
from tests.support.workshop import Workshop

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    made.receive(mail())
    yield made
    made.store.close()


@pytest.fixture
def page(shop: Workshop) -> StaffPage:
    return StaffPage(shop)


def test_asking_for_many_names_does_not_make_the_wrong_tries_forgotten() -> None:
    tries = Tries()
    for _ in range(TRIES_OF_A_NAME):
        assert tries.begin("kim", "10.0.0.1", NOW)
    for number in range(20_000):
        tries.begin(f"nobody{number}", "10.0.0.2", NOW)
    assert not tries.begin("kim", "10.0.0.3", NOW)


def test_tries_at_the_same_time_count_before_they_are_decided() -> None:
    """Each waits for its hash; what was begun must count against the next."""
    tries = Tries()
    assert [tries.begin("kim", "10.0.0.1", NOW) for _ in range(TRIES_OF_A_NAME + 2)].count(True) == TRIES_OF_A_NAME
    tries.succeeded("kim", "10.0.0.1")
    assert tries.begin("kim", "10.0.0.1", NOW)


def test_a_name_with_characters_that_the_store_drops_is_nobodys(page: StaffPage) -> None:
    """Else each spelling would have tries of its own."""
    page.person("kim")
    browser = page.browser()
    answer = browser.post("/sign-in", data={"name": "k\0im", "password": PASSWORD})
    assert answer.status_code == 401


def test_a_name_that_the_proxy_passed_on_beside_its_own_is_not_believed(shop: Workshop) -> None:
    """A proxy that adds its header leaves the browser's in front of it."""
    StaffPage(shop).person("kim")
    browser = StaffPage(shop, sign_in="proxy", proxy_addresses=("testclient",)).browser()
    assert browser.get("/", headers=[("X-Remote-User", "kim")]).status_code == 200
    twice = [("X-Remote-User", "kim"), ("X-Remote-User", "lee")]
    assert browser.get("/", headers=twice).status_code == 401


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("set-presentation", {"at": "0001-01-01T00:00", "zone": "UTC"}),
        ("set-presentation", {"at": "0001-01-01T00:00", "zone": "Pacific/Guam"}),
        ("wait", {"until": "9999-12-31T23:59", "zone": "UTC"}),
        ("wait", {"until": "9999-12-31T23:59", "zone": "Pacific/Honolulu"}),
    ],
)
def test_a_time_that_no_clock_can_show_is_refused(
    shop: Workshop, page: StaffPage, act: str, fields: dict[str, str]
) -> None:
    """It would break the item's page, and with it the list of everybody."""
    kim, path = page.person(), f"/items/{shop.items()[0].tracking}"
    hidden = form(kim.get(path).text, f"{path}/{act}")
    assert kim.post(f"{path}/{act}", data={**hidden, **fields, "reason": "wrong year"}).status_code == 422
    assert kim.get(path).status_code == 200
    assert kim.get("/").status_code == 200


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_saved_list_of_an_impossible_day_breaks_no_page(page: StaffPage, day: str) -> None:
    kim = page.person(role=Role.SUPERVISOR)
    hidden = form(kim.get("/").text, "/views")
    kim.post("/views", data={**hidden, "name": "Never", "team": "007", "q": f"due:{day}"})
    assert kim.get("/").status_code == 200
    assert kim.get(f"/?q=due:{day}").status_code == 200


def _mark(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "mark",
    [
        "[" * 20_000,
        json.dumps(["2026-11-20T12:00:00+00:00", 2**70]),
        json.dumps(["0001-01-01T00:00:00+23:59", 1]),
    ],
    ids=["deep", "large", "early"],
)
def test_a_mark_that_no_page_wrote_is_as_none(page: StaffPage, mark: str) -> None:
    assert page.person().get("/", params={"sort": "received", "after": _mark(mark)}).status_code == 200
