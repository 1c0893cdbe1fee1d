"""One item, one Center: the others that were written to see it as a link, and no more of it than they were sent."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import desk
from cee_mailbot.domain.facts import to_json
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.questions import ElsewhereQuery
from tests.support.api import caller
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import ELECTRONICS as TO_ELECTRONICS
from tests.support.mails import mail
from tests.support.staff_page import StaffPage, rows
from tests.support.workshop import CHEMICALS, ELECTRONICS, Workshop

BOTH_ORDERS = pytest.mark.parametrize(
    "order", [(ELECTRONICS, CHEMICALS), (CHEMICALS, ELECTRONICS)], ids=["owner first", "owner last"]
)


def send_to(shop: Workshop, order: tuple[Mailbox, ...], **changes: Any) -> str:
    """One message to team 007, then to 001, in mailboxes polled in this order: the number of its item."""
    raw = mail(to=f"{TO_ELECTRONICS}, {TO_CHEMICALS}", **changes)
    for mailbox in order:
        shop.receive(raw, mailbox=mailbox)
    return shop.items()[-1].tracking


def links(shop: Workshop, team: str, **filters: Any) -> list[str]:
    """The numbers that this team's list shows as links."""
    others = tuple(one for one in shop.site.centers if one != team)
    with shop.store.read() as ask:
        query = ElsewhereQuery(teams=others, mailboxes=shop.site.mailboxes_of([team]), through=(team,), **filters)
        return [one.tracking for one in ask.elsewhere(query)]


@BOTH_ORDERS
def test_the_other_center_sees_a_link_whichever_mailbox_was_polled_first(
    shop: Workshop, order: tuple[Mailbox, ...]
) -> None:
    tracking = send_to(shop, order)
    assert [item.team for item in shop.items()] == ["007"]
    assert links(shop, "001") == [tracking]
    assert links(shop, "007") == [], "it is no link for the Center that works it"
    assert links(shop, "003") == [], "nor for one that has no copy"


def test_a_copy_that_names_no_mailbox_is_a_link_for_the_one_that_was_polled_later(shop: Workshop) -> None:
    raw = mail(to="undisclosed@filer.example")
    for mailbox in (CHEMICALS, ELECTRONICS):
        shop.receive(raw, mailbox=mailbox)
    (item,) = shop.items()
    assert item.team == "001"
    assert (links(shop, "007"), links(shop, "001")) == ([item.tracking], [])


def test_what_was_handed_on_stays_in_sight_of_those_who_had_it(shop: Workshop) -> None:
    tracking = send_to(shop, (ELECTRONICS, CHEMICALS))
    desk.transfer(shop.intake, tracking, team="001", reason="Theirs.", actor="kim")
    assert (links(shop, "001"), links(shop, "007")) == ([], [tracking])
    desk.transfer(shop.intake, tracking, team="009", reason="Theirs.", actor="kim")
    assert (links(shop, "001"), links(shop, "007"), links(shop, "009")) == ([tracking], [tracking], [])


def test_every_center_that_handed_an_item_on_can_follow_it(shop: Workshop) -> None:
    shop.receive(mail(to=TO_CHEMICALS), mailbox=CHEMICALS)
    (item,) = shop.items()
    for team in ("007", "009"):
        desk.transfer(shop.intake, item.tracking, team=team, reason="Theirs.", actor="kim")
    assert [links(shop, team) for team in ("001", "007", "009", "003")] == [[item.tracking], [item.tracking], [], []]
    desk.undo(shop.intake, item.tracking, actor="kim")
    assert [links(shop, team) for team in ("001", "007", "009")] == [[item.tracking], [], []]


def test_a_closed_item_is_a_link_for_those_who_ask_for_closed_ones(shop: Workshop) -> None:
    tracking = send_to(shop, (ELECTRONICS, CHEMICALS))
    desk.close(shop.intake, tracking, Closing.DONE, actor="kim")
    assert links(shop, "001") == []
    assert links(shop, "001", state="closed") == [tracking]


def test_links_are_found_by_what_they_show(shop: Workshop) -> None:
    tracking = send_to(shop, (ELECTRONICS, CHEMICALS))
    found: dict[str, str] = {"code": "DR", "entry": "345-67890123", "tracking": tracking, "state": "new"}
    missed = {"code": "CE", "entry": "345-67890124", "tracking": "CEE-007-26-000009-0", "state": "waiting"}
    for name, value in found.items():
        assert links(shop, "001", **{name: value}) == [tracking], name
        assert links(shop, "001", **{name: missed[name]}) == [], name
    send_to(shop, (ELECTRONICS, CHEMICALS), subject="DR,Acme,346-67890128,2704", message_id="<2@filer.example>")
    assert len(links(shop, "001", limit=1)) == 1


# --- on the page ----------------------------------------------------------------------------------------------


def beside(page: str) -> str:
    """What the page says beside the list."""
    return page.partition('class="elsewhere"')[2].partition("</section>")[0]


@pytest.fixture
def page(shop: Workshop) -> StaffPage:
    send_to(shop, (ELECTRONICS, CHEMICALS))
    return StaffPage(shop)


def counts(page: str) -> list[str]:
    return [part.partition("<")[0] for part in page.split('<span class="count">')[1:]]


def test_a_link_is_in_no_row_and_no_count_and_says_whose_it_is(shop: Workshop, page: StaffPage) -> None:
    (item,) = shop.items()
    text = page.person("lee", teams=["001"]).get("/").text
    assert rows(text) == []
    assert set(counts(text)) == {"0"}
    assert item.tracking in beside(text)
    assert "007 Electronics" in beside(text)
    assert "<a " not in beside(text), "nobody is led where nobody is let in"


def test_the_item_itself_stays_closed_to_those_who_see_its_link(shop: Workshop, page: StaffPage) -> None:
    (item,) = shop.items()
    lee = page.person("lee", Role.SUPERVISOR, teams=["001"])
    addresses = [f"/items/{item.tracking}", *(f"/messages/{message}" for message in item.messages)]
    for address in addresses:
        assert lee.get(address).status_code == 404, address
    own = {"key": "k", "version": "1"}
    assert lee.post(f"/items/{item.tracking}/claim", data=own).status_code == 404


def test_who_sees_both_centers_opens_the_item_and_never_meets_it_twice(shop: Workshop, page: StaffPage) -> None:
    (item,) = shop.items()
    both = page.person("kim", teams=["001", "007"])
    whole = both.get("/").text
    assert rows(whole) == [item.tracking]
    assert not beside(whole)
    of_one = both.get("/", params={"q": "team:001"}).text
    assert rows(of_one) == []
    assert f'<a href="/items/{item.tracking}"' in beside(of_one)
    assert both.get(f"/items/{item.tracking}").status_code == 200


@pytest.mark.parametrize(
    ("q", "shown"),
    [
        ("", True), ("code:DR", True), ("code:CE", False), ("entry:345-67890123", True), ("is:new", True),
        ("345-67890123", True), ("NUMBER", True), ("is:closed", False),
        # What follows is true of the item, and is for those who may see it to know.
        ("papers", False), ("is:unclaimed", False), ("from:@filer.example", False), ("account:NokiaInc", False),
        ("port:2704", False), ("age:0-1", False), ("due:overdue", False), ("due:none", False),
        ("flag:check-digit", False), ("assignee:kim", False), ("NUMBER assignee:kim", False), ("is:mine", False),
    ],
)  # fmt: skip
def test_a_search_tells_of_another_centers_item_what_its_link_shows(
    shop: Workshop, page: StaffPage, q: str, *, shown: bool
) -> None:
    (item,) = shop.items()
    text = page.person("lee", teams=["001"]).get("/", params={"q": q.replace("NUMBER", item.tracking)}).text
    assert (item.tracking in beside(text)) == shown


# --- for programs ---------------------------------------------------------------------------------------------


def links_by_api(robot: TestClient, **query: str) -> list[dict[str, Any]]:
    answer = robot.get("/api/v1/elsewhere", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_programs_are_told_of_their_own_teams_links(shop: Workshop, page: StaffPage) -> None:
    (item,) = shop.items()
    robot = caller(page, "robot", teams=["001"])
    (told,) = links_by_api(robot)
    names = ("tracking", "team", "state", "code", "entry_number", "presented_at", "presented_local", "zone")
    assert told == {name: to_json(getattr(item, name)) for name in (*names, "received_at")}
    assert links_by_api(robot, team="001") == [told]
    assert links_by_api(robot, team="007") == [], "the links of a team that is not one's own"
    assert robot.get("/api/v1/queue").json() == []


def test_whoever_sees_all_teams_asks_for_one(page: StaffPage) -> None:
    robot = caller(page, "robot")
    assert links_by_api(robot) == []
    assert len(links_by_api(robot, team="001")) == 1
