"""Who was given what a sender wrote: in the history where the site wants it, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cee_mailbot import desk
from cee_mailbot.domain.facts import HistoryFacts
from cee_mailbot.domain.item_history import lines_of
from cee_mailbot.domain.roles import Scope
from cee_mailbot.errors import UnreachableError
from cee_mailbot.web.routes import EVERY_DOOR
from tests.support.api import token
from tests.support.mails import mail
from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop

NO_VIEW = {"/messages/{message}/release"}  # a form
FACTS_ALONE = {"/messages/{message}", "/messages/{message}/documents"}  # of the API: what is known, not what it says


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    made.receive(mail(documents=[b"plain words"]))
    yield made
    made.store.close()


def views(shop: Workshop) -> list[HistoryFacts]:
    with shop.store.read() as ask:
        (item,) = shop.items()
        return [one for one in ask.story(item.tracking).history if one.event.endswith("-viewed")]


def test_whatever_hands_out_what_a_sender_wrote_says_so_in_the_table() -> None:
    """A route that is added below a message is a view, until somebody says here why it is none."""
    for door in EVERY_DOOR:
        given = door.method == "GET" and door.path.startswith("/messages/{message}") and door.path not in NO_VIEW
        given = given and not (door.scope and door.path in FACTS_ALONE)
        assert bool(door.hands_out) == given, door.path


def test_each_time_somebody_is_given_something_is_a_line(shop: Workshop) -> None:
    page = StaffPage(shop, record_views=True)
    browser = page.person("kim")
    (item,) = shop.items()
    number = item.messages[0]
    for path in ("", "/raw", "/documents/1", "/documents/1/shown", "/documents/1"):
        assert browser.get(f"/messages/{number}{path}").status_code == 200, path
    bearer = {"authorization": f"Bearer {token(page, 'kim', [Scope.READ])}"}
    assert page.browser().get(f"/api/v1/messages/{number}/documents/1", headers=bearer).status_code == 200
    found = views(shop)
    assert {one.actor for one in found} == {"kim"}
    assert [(one.event, one.detail) for one in found] == [
        ("message-viewed", {"how": "read"}),
        ("message-viewed", {"how": "downloaded"}),
        ("document-viewed", {"document": 1, "how": "downloaded"}),
        ("document-viewed", {"document": 1, "how": "shown"}),
        ("document-viewed", {"document": 1, "how": "downloaded"}),
        ("document-viewed", {"document": 1, "how": "downloaded"}),
    ]
    with shop.store.read() as ask:
        says = lines_of(ask.story(item.tracking))[-1].says
    assert says == f"a document of message {number} was given to this person (document 1; how downloaded)"


def test_who_asks_for_the_head_alone_is_given_nothing(shop: Workshop) -> None:
    page = StaffPage(shop, record_views=True)
    (item,) = shop.items()
    path = f"/messages/{item.messages[0]}/documents/1"
    answer = page.person("kim").head(path)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "11")
    bearer = {"authorization": f"Bearer {token(page, 'kim', [Scope.READ])}"}
    assert page.browser().head(f"/api/v1{path}", headers=bearer).status_code == 200
    assert views(shop) == []


def test_what_was_not_given_is_no_view_and_neither_are_lists(shop: Workshop) -> None:
    browser = StaffPage(shop, record_views=True).person("kim")
    (item,) = shop.items()
    number = item.messages[0]
    for path in (
        "/",
        f"/items/{item.tracking}",
        "/unprocessed",
        f"/messages/{number}/documents/9",
        f"/messages/{number}/html",
    ):
        browser.get(path)
    assert views(shop) == []


def test_without_the_setting_nothing_is_written(shop: Workshop) -> None:
    browser = StaffPage(shop).person("kim")
    assert browser.get(f"/messages/{shop.items()[0].messages[0]}/raw").status_code == 200
    assert views(shop) == []


def test_a_view_makes_no_act_stale_and_nothing_harder_to_undo(shop: Workshop) -> None:
    browser = StaffPage(shop, record_views=True).person("kim")
    (item,) = shop.items()
    with shop.store.read() as ask:
        version = ask.story(item.tracking).version
    desk.claim(shop.intake, item.tracking, actor="kim", version=version)
    browser.get(f"/messages/{item.messages[0]}/documents/1")
    desk.undo(shop.intake, item.tracking, actor="kim", version=version + 1)
    assert shop.items()[0].assignee is None


def test_what_cannot_be_written_down_is_not_handed_out(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: object, **_named: object) -> None:
        raise UnreachableError("the disk is full")

    browser = StaffPage(shop, record_views=True).person("kim")
    monkeypatch.setattr(desk, "note_view", fails)
    answer = browser.get(f"/messages/{shop.items()[0].messages[0]}/documents/1/shown")
    assert answer.status_code == 503
    assert "plain words" not in answer.text
