"""What staff write from the page: drafts that are not lost, messages to the filer that can be taken back, fields."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cee_mailbot.domain.facts import ItemStory
from cee_mailbot.web.pages.drafts import STILL_THERE
from tests.support.mails import mail
from tests.support.staff_page import PASSWORD, StaffPage, form
from tests.support.workshop import Workshop, check_invariants

HOLD = timedelta(seconds=20)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path, undo_send=HOLD)
    made.receive(mail())
    made.send()
    yield made
    check_invariants(made)
    made.store.close()


@pytest.fixture
def page(shop: Workshop) -> StaffPage:
    return StaffPage(shop)


@pytest.fixture
def kim(page: StaffPage) -> TestClient:
    return page.person("kim")


@pytest.fixture
def tracking(shop: Workshop) -> str:
    return shop.items()[0].tracking


def story(shop: Workshop) -> ItemStory:
    with shop.store.read() as ask:
        return ask.story(shop.items()[0].tracking)


def write(kim: TestClient, tracking: str, text: str, act: str = "reply", field: str = "text") -> int:
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/{act}")
    return kim.post(f"/items/{tracking}/{act}", data=fields | {field: text}).status_code


def test_a_message_to_the_filer_waits_and_then_leaves_as_a_persons(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    """RFC 3834: what a person writes is not marked as a machine's."""
    assert write(kim, tracking, "Which page is the invoice?\n\nKim") == 303
    assert shop.send().sent == 0, "it can still be taken back"
    shop.clock.advance(HOLD)
    assert shop.send().sent == 1
    letter = shop.mailer.letters[-1]
    sent = message_from_bytes(letter.raw)
    assert sent["Auto-Submitted"] is None
    assert sent["X-CEE-Status"] is None
    assert letter.to == "broker@filer.example"
    assert b"Which page is the invoice?" in letter.raw
    assert b"machine-readable" not in letter.raw
    assert story(shop).item.state == "new", "the item stays where it is"
    assert "wrote to the filer" in kim.get(f"/items/{tracking}").text


@pytest.mark.parametrize(("act", "field"), [("reply", "text"), ("return", "reason")])
def test_undo_send_leaves_no_trace_at_the_mail_server(
    shop: Workshop, kim: TestClient, tracking: str, act: str, field: str
) -> None:
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/{act}")
    answer = kim.post(f"/items/{tracking}/{act}", data=fields | {field: "Page 2 is missing."})
    told = kim.get(answer.headers["location"]).text
    assert "Undo send" in told
    assert kim.post(f"/items/{tracking}/undo", data=form(told, f"/items/{tracking}/undo")).status_code == 303
    shop.clock.advance(HOLD)
    assert shop.send().sent == 0
    assert shop.replies()[-1].state == "cancelled"
    assert story(shop).item.state == "new"


def test_what_has_left_is_not_undone(shop: Workshop, kim: TestClient, tracking: str) -> None:
    write(kim, tracking, "Which page?")
    shop.clock.advance(HOLD)
    shop.send()
    undo = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/undo")
    assert kim.post(f"/items/{tracking}/undo", data=undo).status_code == 409
    assert shop.replies()[-1].state == "sent"


def test_an_approved_text_is_filled_in_and_a_missing_field_blocks_sending(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    shown = unescape(kim.get(f"/items/{tracking}", params={"put": "page-missing"}).text)
    assert "sent for entry 345-67890123 we can't find [[what is missing]]" in shown
    assert "Fill in before it can be sent: what is missing" in shown
    assert write(kim, tracking, "We can't find [[what is missing]].") == 422
    assert write(kim, tracking, "We can't find page 2.") == 303
    assert len(shop.replies()) == 2


def test_a_draft_survives_a_lost_sign_in_and_ends_with_its_act(
    shop: Workshop, page: StaffPage, kim: TestClient, tracking: str
) -> None:
    kept = kim.post(f"/items/{tracking}/drafts/reply", data={"text": "Dear broker"})
    assert kept.headers["location"] == f"/items/{tracking}?kept=reply"
    script = kim.post(f"/items/{tracking}/drafts/note", data={"text": "ask Lee"}, headers={"HX-Request": "true"})
    assert "Draft kept" in script.text
    shop.clock.advance(timedelta(hours=1))
    lost = kim.post(f"/items/{tracking}/note", data={"text": "ask Lee about it", "version": "1"})
    assert lost.status_code == 401
    assert "ask Lee about it" in lost.text, "what the refused request carried is shown"
    again = page.browser()
    again.post("/sign-in", data={"name": "kim", "password": PASSWORD})
    shown = again.get(f"/items/{tracking}").text
    assert ">Dear broker</textarea>" in shown
    assert ">ask Lee</textarea>" in shown
    assert write(again, tracking, "ask Lee about it", "note") == 303
    shown = again.get(f"/items/{tracking}").text
    assert ">ask Lee</textarea>" not in shown
    assert ">Dear broker</textarea>" in shown


def test_a_draft_is_its_writers_alone(page: StaffPage, kim: TestClient, tracking: str) -> None:
    kim.post(f"/items/{tracking}/drafts/note", data={"text": "half a thought"})
    assert "half a thought" not in page.person("lee").get(f"/items/{tracking}").text
    kim.post(f"/items/{tracking}/drafts/note", data={"text": ""})
    assert "half a thought" not in kim.get(f"/items/{tracking}").text


def test_who_else_looks_at_an_item_is_said(shop: Workshop, page: StaffPage, kim: TestClient, tracking: str) -> None:
    assert "viewing</span>" not in kim.get(f"/items/{tracking}").text
    lee = page.person("lee")
    assert "kim is viewing" in lee.get(f"/items/{tracking}").text
    assert "lee is viewing" in kim.get(f"/items/{tracking}/viewing").text
    shop.clock.advance(STILL_THERE + timedelta(seconds=1))
    assert "viewing</span>" not in kim.get(f"/items/{tracking}/viewing").text
