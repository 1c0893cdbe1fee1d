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
from tests.support.workshop import Workshop, invariants_kept

HOLD = timedelta(seconds=20)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path, undo_send=HOLD)) as made:
        made.receive(mail())
        made.send()
        yield made


@pytest.fixture
def tracking(shop: Workshop) -> str:
    return shop.items()[0].tracking


def story(shop: Workshop) -> ItemStory:
    with shop.store.read() as ask:
        return ask.story(shop.items()[0].tracking)


def written_in(page: str, field: str) -> str:
    """What stands in a field of a page."""
    return page.partition(f'<textarea id="{field}"')[2].partition("</textarea>")[0].rpartition(">")[2]


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
    item = kim.get(f"/items/{tracking}").text
    assert "wrote to the filer" in item
    signature = unescape(item.partition("Under it stands: <strong>")[2].partition("</strong>")[0])
    text = next(part for part in sent.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    assert isinstance(text, bytes)
    assert signature in " ".join(text.decode().split()), "the form showed it"
    assert "team 007" in signature


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
    shop.clock.advance(timedelta(seconds=6))
    place = f"/items/{tracking}?done=reply&of={tracking}"
    assert kim.get(place).text.count("The letter leaves in 14 seconds.") == 2, (
        "beside the item's button and the notice's"
    )
    shop.clock.advance(HOLD)
    shop.send()
    told = kim.get(place).text
    assert "The letter has left" in told
    assert f"/items/{tracking}/undo" not in told, "no button that would be refused"
    undo = form(told, f"/items/{tracking}/note")
    assert kim.post(f"/items/{tracking}/undo", data=undo).status_code == 409
    assert shop.replies()[-1].state == "sent"


def test_undo_says_beforehand_what_it_undoes(shop: Workshop, page: StaffPage, kim: TestClient, tracking: str) -> None:
    path = f"/items/{tracking}"
    assert f"{path}/undo" not in kim.get(path).text, "nothing was done yet"
    kim.post(f"{path}/close", data=form(kim.get(path).text, f"{path}/close") | {"outcome": "done"})
    assert "Undo: closed by you at 7:01 AM PST</button>" in kim.get(path).text
    lee = page.person("lee")
    lee.post(f"{path}/note", data=form(lee.get(path).text, f"{path}/note") | {"text": "Seen"})
    assert "Undo: closed by kim at 7:01 AM PST</button>" in lee.get(path).text, "a note is passed over"
    lee.post(f"{path}/undo", data=form(lee.get(path).text, f"{path}/undo"))
    assert f"{path}/undo" not in lee.get(path).text
    assert story(shop).item.state == "new"


def test_an_approved_text_is_filled_in_and_a_missing_field_blocks_sending(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/reply")
    put = {"text": "Dear Dana,", "put_in": "1", "put": "page-missing"}
    place = kim.post(f"/items/{tracking}/drafts/reply", data=fields | put).headers["location"]
    shown = unescape(kim.get(place).text)
    begun = written_in(shown, "reply")
    assert begun.startswith("Dear Dana,\n\n"), "what was written before stays"
    assert begun.count("[[what is missing]]") == written_in(unescape(kim.get(place).text), "reply").count("[[") == 1
    assert "sent for entry 345-67890123 we can't find [[what is missing]]" in shown
    assert "Fill in before it can be sent: what is missing" in shown
    assert write(kim, tracking, "We can't find [[what is missing]].") == 422
    assert write(kim, tracking, "We can't find page 2.") == 303
    unknown = kim.post(f"/items/{tracking}/drafts/reply", data=put | {"put": "none"})
    assert unknown.status_code == 422
    assert "Dear Dana" in unknown.text
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


def test_item_and_list_say_who_else_is_there_and_who_writes(
    shop: Workshop, page: StaffPage, kim: TestClient, tracking: str
) -> None:
    """So that two people do not write the same letter; what is written is its writer's alone."""
    lee = page.person("lee")
    assert "is viewing" not in kim.get("/").text
    lee.get(f"/items/{tracking}")
    for path in ("/", f"/items/{tracking}", f"/items/{tracking}/viewing"):
        assert "lee is viewing" in kim.get(path).text, path
    lee.post(f"/items/{tracking}/drafts/note", data={"text": "for ourselves"})
    assert "lee is viewing" in kim.get("/").text, "a note is no letter"
    lee.post(f"/items/{tracking}/drafts/return", data={"reason": "half a thought"})
    for path in ("/", f"/items/{tracking}", f"/items/{tracking}/viewing"):
        text = kim.get(path).text
        assert "lee is writing to the filer" in text, path
        assert "half a thought" not in text
    assert "lee is" not in lee.get("/").text
    shop.clock.advance(STILL_THERE + timedelta(seconds=1))
    assert "lee is" not in kim.get("/").text


@pytest.mark.parametrize("kind", ["transfer", "transfer-to-port", "return"])
def test_what_was_begun_of_a_reason_is_there_again(kim: TestClient, tracking: str, kind: str) -> None:
    """Whoever hands over writes as much as whoever returns; the form itself says where its draft is kept."""
    text = kim.get(f"/items/{tracking}").text
    assert f'hx-post="/items/{tracking}/drafts/{kind}"' in text
    assert text.count(f'formaction="/items/{tracking}/drafts/{kind}" formnovalidate>Keep as draft') == 1
    kim.post(f"/items/{tracking}/drafts/{kind}", data={"reason": "half a thought"})
    assert kim.get(f"/items/{tracking}").text.count("half a thought</textarea>") == 1


def test_other_words_under_the_same_key_are_not_taken_for_the_first(
    shop: Workshop, kim: TestClient, tracking: str
) -> None:
    """The browser's way back shows a form that was sent; what is written there next must not be dropped as done."""
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/note")
    place = kim.post(f"/items/{tracking}/note", data=fields | {"text": "First."}).headers["location"]
    assert kim.post(f"/items/{tracking}/note", data=fields | {"text": "First."}).headers["location"] == place
    second = kim.post(f"/items/{tracking}/note", data=fields | {"text": "Second."})
    assert second.status_code == 409
    assert "Second." in second.text
    assert [one.text for one in story(shop).notes] == ["First."]


def test_what_was_written_in_vain_is_shown_so_that_it_can_be_kept(
    page: StaffPage, kim: TestClient, tracking: str
) -> None:
    lee = page.person("lee", teams=["007"])
    fields = form(lee.get(f"/items/{tracking}").text, f"/items/{tracking}/note")
    write(kim, tracking, "Not ours.", "note")
    again = lee.post(f"/items/{tracking}/note", data=fields | {"text": "<b>Long thoughts."})
    assert again.status_code == 409
    kim.post(
        f"/items/{tracking}/transfer",
        data=form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/transfer")
        | {"team": "001", "reason": "Theirs."},
    )
    gone = lee.post(f"/items/{tracking}/note", data=fields | {"text": "<b>Long thoughts."})
    assert gone.status_code == 404
    assert "&lt;b&gt;Long thoughts." in gone.text


def hand_over(browser: TestClient, tracking: str, **more: str) -> str:
    fields = form(browser.get(f"/items/{tracking}").text, f"/items/{tracking}/transfer")
    sent = fields | {"team": "001", "reason": "It is theirs."} | more
    return browser.post(f"/items/{tracking}/transfer", data=sent).headers["location"]


@pytest.mark.parametrize("then", ["next", "stay", "list"])
def test_who_hands_an_item_over_is_told_and_can_take_it_back(
    shop: Workshop, page: StaffPage, tracking: str, then: str
) -> None:
    """Most work for one Center, and do not see what they have handed over: neither notice nor undo may depend on it."""
    lee = page.person("lee", teams=["007"])
    told = lee.get(hand_over(lee, tracking, then=then))
    assert told.status_code == 200
    assert f"{tracking} was handed over." in told.text
    fields = form(told.text, "/handed-over/undo")
    places = [lee.post("/handed-over/undo", data=fields).headers["location"] for _ in range(2)]
    assert len(set(places)) == 1
    assert "was put back as it was" in lee.get(places[0]).text
    assert shop.items()[0].team == "007"
    shop.clock.advance(HOLD)
    shop.send()
    assert [(reply.kind, reply.state) for reply in shop.replies()][-1] == ("transfer", "cancelled")


def test_what_was_handed_over_is_taken_back_by_nobody_else_and_not_after_the_other_center_began(
    shop: Workshop, page: StaffPage, tracking: str
) -> None:
    lee, max_, chemist = (
        page.person(name, teams=[team]) for name, team in (("lee", "007"), ("max", "007"), ("cy", "001"))
    )
    place = hand_over(lee, tracking)
    fields = form(lee.get(place).text, "/handed-over/undo")
    assert max_.post("/handed-over/undo", data=fields).status_code == 404
    assert "was handed over" not in max_.get(place).text
    assert lee.post("/handed-over/undo", data={**fields, "version": "1"}).status_code == 409
    chemist.post(
        f"/items/{tracking}/claim", data=form(chemist.get(f"/items/{tracking}").text, f"/items/{tracking}/claim")
    )
    assert lee.post("/handed-over/undo", data=fields).status_code == 404
    assert "was handed over" not in lee.get(place).text
    assert shop.items()[0].team == "001"


def test_the_notice_of_an_act_takes_back_nothing_that_came_after_it(
    page: StaffPage, kim: TestClient, tracking: str
) -> None:
    """A page that stands open, or is loaded again, would else undo what somebody else did since."""
    place = kim.post(
        f"/items/{tracking}/claim", data=form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/claim")
    ).headers["location"]
    assert 'data-key="z"' in kim.get(place).text
    write(page.person("lee"), tracking, "Nothing to do.", "close", "reason")
    assert 'data-key="z"' not in kim.get(place).text


@pytest.mark.parametrize("act", ["return", "transfer", "transfer-to-port"])
def test_a_reason_is_kept_as_a_draft_and_reaches_the_filer_whole_or_not_at_all(
    shop: Workshop, kim: TestClient, tracking: str, act: str
) -> None:
    """What is longer than a letter takes would be cut, and its writer would not know."""
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/{act}")
    kim.post(f"/items/{tracking}/drafts/{act}", data={"reason": "Begun."})
    assert ">Begun.</textarea>" in kim.get(f"/items/{tracking}").text
    for reason in ("word " * 2001, "See [[what is missing]]."):
        answer = kim.post(f"/items/{tracking}/{act}", data=fields | {"team": "001", "reason": reason})
        assert answer.status_code == 422
        assert reason.strip() in answer.text
    assert [reply.kind for reply in shop.replies()] == ["acknowledgement"]
    assert kim.post(f"/items/{tracking}/{act}", data=fields | {"team": "001", "reason": "Short."}).status_code == 303
    kim.post(f"/items/{tracking}/undo", data=fields | {"version": story(shop).version})
    assert "Begun." not in kim.get(f"/items/{tracking}").text
