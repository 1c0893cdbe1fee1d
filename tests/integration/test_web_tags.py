"""Staff's tags on the page and in the API: shown, found by, put on one item or many, and taken off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import desk
from cee_mailbot.domain.roles import Role
from tests.support.api import caller
from tests.support.mails import numbered
from tests.support.staff_page import StaffPage, form, rows
from tests.support.workshop import Workshop, invariants_kept


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path)) as made:
        made.receive(*(numbered(number) for number in range(1, 4)))
        yield made


def tags(shop: Workshop) -> list[tuple[str, ...]]:
    return [item.tags for item in shop.items()]


def test_a_tag_is_put_on_and_taken_off_on_the_item(shop: Workshop, kim: TestClient) -> None:
    tracking = shop.items()[0].tracking
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/tag")
    answer = kim.post(f"/items/{tracking}/tag", data=fields | {"tag": "FTA-Claim"})
    assert answer.headers["location"].startswith(f"/items/{tracking}?")
    shown = kim.get(answer.headers["location"]).text
    assert "was tagged" in shown
    assert '<span class="label">tag:fta-claim</span>' in shown
    assert "Take off fta-claim" in shown
    refused = kim.post(f"/items/{tracking}/tag", data=form(shown, f"/items/{tracking}/tag") | {"tag": "no, not this"})
    assert refused.status_code == 422
    assert "such as fta-claim" in refused.text
    kim.post(f"/items/{tracking}/untag", data=form(shown, f"/items/{tracking}/untag"))
    assert tags(shop)[0] == ()


def test_a_list_is_found_by_token_and_by_field_and_counted_when_saved(shop: Workshop, kim: TestClient) -> None:
    first, second, _ = (item.tracking for item in shop.items())
    for tracking in (first, second):
        desk.tag(shop.intake, tracking, "fta-claim", actor="lee")
    by_token = kim.get("/", params={"q": "tag:FTA-claim is:new"}).text
    assert rows(by_token) == rows(kim.get("/", params={"tag": "fta-claim"}).text) == [first, second]
    assert "tag:fta-claim" in by_token
    kim.post("/views", data=form(by_token, "/views") | {"name": "Claims"})
    assert 'Claims</span> <span class="count">2</span>' in kim.get("/").text
    assert rows(kim.get("/", params={"q": "tag:urgent"}).text) == []
    assert "means nothing here" in kim.get("/", params={"tag": "b!d"}).text


def test_who_may_only_look_sees_tags_and_no_buttons(shop: Workshop, page: StaffPage) -> None:
    tracking = shop.items()[0].tracking
    desk.tag(shop.intake, tracking, "fta-claim", actor="lee")
    vera = page.person("vera", Role.VIEWER)
    shown = vera.get(f"/items/{tracking}").text
    assert "tag:fta-claim" in shown
    assert "/untag" not in shown
    assert vera.post(f"/items/{tracking}/tag", data={"tag": "mine", "version": "2", "key": "k"}).status_code == 403


def test_many_items_are_tagged_at_once(shop: Workshop, page: StaffPage) -> None:
    """One that has the tag already is told by itself."""
    first = shop.items()[0].tracking
    desk.tag(shop.intake, first, "audit", actor="lee")
    sue = page.person("sue", Role.SUPERVISOR)
    place = sue.post("/bulk/preview", data={"act": "tag", "all": "1", "q": ""}).headers["location"]
    shown = sue.get(place).text
    assert '<option value="audit">' in shown
    sue.post(f"{place}/start", data=form(shown, f"{place}/start") | {"tag": "Audit"})
    page.work()
    assert "it has the tag audit already" in sue.get(place).text
    assert tags(shop) == 3 * [("audit",)]


def test_programs_tag_and_find_by_the_same_rules(shop: Workshop, page: StaffPage) -> None:
    robot, tracking = caller(page), shop.items()[0].tracking
    version = robot.get(f"/api/v1/queue/{tracking}").json()["version"]
    told = robot.post(f"/api/v1/queue/{tracking}/tag", json={"tag": "FTA-Claim", "version": version}).json()
    assert (told["tags"], told["version"]) == (["fta-claim"], version + 1)
    found = robot.get("/api/v1/queue", params={"tag": "Fta-claim"}).json()
    assert [one["tracking"] for one in found] == [tracking]
    assert robot.post(f"/api/v1/queue/{tracking}/tag", json={"tag": "urgent", "version": version}).status_code == 409
    again = robot.post(f"/api/v1/queue/{tracking}/tag", json={"tag": "fta-claim"})
    assert (again.status_code, again.json()["type"]) == (409, "/api/docs#not-allowed")
    for wrong in ({"tag": "not this"}, {"tag": ""}, {}):
        assert robot.post(f"/api/v1/queue/{tracking}/tag", json=wrong).status_code == 422
    assert robot.get("/api/v1/queue", params={"tag": "not this"}).status_code == 422
    assert robot.post(f"/api/v1/queue/{tracking}/untag", json={"tag": "fta-claim"}).json()["tags"] == []
    assert tags(shop)[0] == ()
