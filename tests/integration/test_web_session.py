"""How long a session lasts yet: told on every page, asked for by a script, and lengthened by whoever is there."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.support.staff_page import StaffPage, form
from tests.support.workshop import Workshop

JSON = {"accept": "application/json"}
IN_ANY_CASE = "You are signed out after 15 minutes without use, and on Tue Mar 3, 2026, 3:01 AM UTC"


@pytest.fixture
def kim(shop: Workshop) -> TestClient:
    return StaffPage(shop).person()


def left(browser: TestClient) -> tuple[int, bool]:
    said = browser.get("/session/left.json", headers=JSON).json()
    return said["seconds"], said["can_stay"]


def test_every_page_says_when_the_session_ends(kim: TestClient) -> None:
    for path in ("/", "/keys", "/pictures", "/nothing-here-at-all"):
        assert (IN_ANY_CASE in kim.get(path).text) == (path != "/nothing-here-at-all"), path
    assert 'data-session-left="900"' in kim.get("/").text


def test_asking_how_long_is_no_use_and_staying_is(shop: Workshop, kim: TestClient) -> None:
    shop.clock.advance(timedelta(minutes=14))
    assert left(kim) == (60, True)
    assert left(kim) == (60, True)
    assert kim.post("/session/stay", data={"back": "/keys"}, headers=JSON).json() == {"seconds": 900, "can_stay": True}
    shop.clock.advance(timedelta(minutes=14))
    assert left(kim) == (60, True)
    shop.clock.advance(timedelta(minutes=1))
    for answer in (
        kim.get("/session/left.json", headers=JSON),
        kim.post("/session/stay", data={"a": "b"}, headers=JSON),
    ):
        assert (answer.status_code, answer.text) == (401, "")


def test_without_scripts_a_button_goes_on_and_leads_back(shop: Workshop, kim: TestClient) -> None:
    shop.clock.advance(timedelta(minutes=10))
    fields = form(kim.get("/?q=code:DR").text, "/session/stay")
    assert kim.post("/session/stay", data=fields).headers["location"] == "/?q=code:DR"
    assert kim.post("/session/stay", data={"back": "//evil.example"}).headers["location"] == "/"


def test_shortly_before_the_whole_length_is_over_the_line_is_a_warning(shop: Workshop, kim: TestClient) -> None:
    """Nothing lengthens it then: the page says what to do, and offers no button that would not help."""
    for _ in range(59):
        shop.clock.advance(timedelta(minutes=12))
        assert kim.get("/keys").status_code == 200
    assert left(kim) == (720, True)
    shop.clock.advance(timedelta(minutes=10))
    text = kim.get("/keys").text
    assert "Your session ends at Tue Mar 3, 2026, 3:01 AM UTC" in text
    assert IN_ANY_CASE not in text
    assert left(kim) == (120, False)
    assert kim.post("/session/stay", data={"a": "b"}, headers=JSON).json() == {"seconds": 120, "can_stay": False}
    shop.clock.advance(timedelta(minutes=2))
    assert kim.get("/keys").status_code == 303


def test_where_another_says_who_asks_there_is_no_session_to_end(shop: Workshop) -> None:
    browser = StaffPage(shop, sign_in="demo").browser()
    assert "signed out after" not in browser.get("/").text
    assert browser.get("/session/left.json", headers=JSON).status_code == 404
