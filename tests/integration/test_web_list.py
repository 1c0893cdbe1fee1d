"""What the list says of itself, how each person wants it, and the list as a file."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from itertools import product

import pytest
from fastapi.testclient import TestClient

from cee_mailbot.domain.export import COLUMNS
from cee_mailbot.domain.roles import Role
from cee_mailbot.list_look import Column
from cee_mailbot.questions import Mark
from cee_mailbot.web.views import write_mark
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import mail, numbered
from tests.support.staff_page import OWN, StaffPage, rows
from tests.support.workshop import CHEMICALS, Workshop

SORTS = ("due", "-due", "presented", "-presented", "received", "changed", "-changed")


@pytest.fixture
def page(shop: Workshop) -> StaffPage:
    return StaffPage(shop, page_rows=4)


@pytest.fixture
def kim(page: StaffPage) -> TestClient:
    return page.person("kim", Role.SUPERVISOR)


def fill(shop: Workshop) -> None:
    """Seven items of a team with a due date, five without, and three of another team."""
    shop.receive(*(numbered(number) for number in range(1, 8)))
    shop.receive(*(numbered(number, subject=f"PR,Nokia,345-{number:07}0,2704") for number in range(20, 25)))
    others = [numbered(number, to=TO_CHEMICALS) for number in range(30, 33)]
    shop.receive(*others, mailbox=CHEMICALS)


def caption(page: str) -> str:
    found = re.search(r"<caption>(.*?)\. As of", page)
    assert found
    return found[1]


def walk(person: TestClient, address: str) -> list[tuple[str, list[str]]]:
    """What each page of a list says of its place, and its rows."""
    found = []
    while address:
        text = person.get(address).text
        found.append((caption(text), rows(text)))
        following = re.search(r'href="([^"]*)" rel="next"', text)
        address = unescape(following[1]) if following else ""
    return found


def exported(person: TestClient, **query: str) -> list[dict[str, str]]:
    answer = person.get("/export.csv", params=query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_each_page_says_which_items_of_how_many_it_shows(shop: Workshop, kim: TestClient) -> None:
    """In every order, with and without due dates, over several teams."""
    fill(shop)
    for sort in SORTS:
        said = [words for words, _ in walk(kim, f"/?sort={sort}")]
        assert said == [f"15 items, {first} to {min(first + 3, 15)} shown" for first in (1, 5, 9, 13)], sort


def test_a_list_on_one_page_says_how_many_it_has(shop: Workshop, kim: TestClient) -> None:
    shop.receive(numbered(1))
    assert caption(kim.get("/").text) == "1 item"
    assert caption(kim.get("/?q=is:closed").text) == "0 items"
    beyond = write_mark(Mark(at=(None, shop.clock.now() + timedelta(days=1)), row=9))
    assert caption(kim.get(f"/?after={beyond}").text) == "1 item, none on this page", "what followed was closed since"


def test_what_would_cost_much_is_not_counted(shop: Workshop, kim: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most that is counted neither the size nor the place is told as if it were known."""
    monkeypatch.setattr("cee_mailbot.web.list_size.MOST_COUNTED", 6)
    fill(shop)
    assert [words for words, _ in walk(kim, "/?sort=presented")] == [
        "More than 6 items, 1 to 4 shown",
        "More than 6 items, 5 to 8 shown",
        "More than 6 items; 4 shown, beyond the first 6",
        "More than 6 items; 3 shown, beyond the first 6",
    ]


def test_the_file_has_the_rows_of_all_pages_in_their_order(
    shop: Workshop, page: StaffPage, kim: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exported rows are filtered rows, of the teams that one may see; also where few are read at a time."""
    monkeypatch.setattr("cee_mailbot.web.pages.exporting._ROWS_AT_ONCE", 2)
    fill(shop)
    lee = page.person("lee", Role.VIEWER, {"007"})
    searches = ("team:007", "due:none", "paper-1", "no such words")
    cases = [*product((kim,), searches, ["due"]), *product((kim, lee), [""], ("due", "-due", "-changed"))]
    for person, q, sort in cases:
        seen = [tracking for _, some in walk(person, f"/?q={q or 'is:open'}&sort={sort}") for tracking in some]
        assert [row["tracking"] for row in exported(person, q=q, sort=sort)] == seen, (q, sort)
    assert len(exported(kim, q="345-00000010")) == 1, "alone it opens its item"
    assert (len(exported(kim)), len(exported(lee))) == (15, 12)


def test_the_file_says_in_the_heading_of_an_empty_column_which_list_it_is(shop: Workshop, kim: TestClient) -> None:
    """Whatever reads CSV finds the columns of `queue export` first."""
    fill(shop)
    [row, *_] = exported(kim, q="code:DR team:007", sort="-presented")
    *names, about = row
    assert tuple(names) == COLUMNS
    assert about.startswith("list: team:007 code:DR; by Presented, latest first; as of 20")
    assert "; for kim; teams 000 001" in about
    assert row[about] == ""


def test_the_file_has_a_name_and_a_size_and_no_browser_opens_it(shop: Workshop, kim: TestClient) -> None:
    shop.receive(numbered(1))
    answer = kim.get("/export.csv", params={"q": 'account:"=cmd|x" code:DR "; x'})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert re.fullmatch(
        r'attachment; filename="queue-\d{8}T\d{6}Z-[A-Za-z0-9-]+\.csv"', answer.headers["content-disposition"]
    )
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_cell_of_the_file_acts(shop: Workshop, kim: TestClient) -> None:
    """CWE-1236: what a filer names an account, and what was searched for."""
    shop.receive(mail(subject="DR,=cmd|' /C calc'!A0,345-67890123,2704"))
    [row] = exported(kim, q='=cmd"')
    assert not [one for pair in row.items() for one in pair if one.startswith(("=", "+", "-", "@", "|"))]


def test_a_list_that_is_too_long_is_refused_whole(
    shop: Workshop, kim: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cee_mailbot.web.pages.exporting.MOST_EXPORTED", 14)
    fill(shop)
    answer = kim.get("/export.csv")
    assert answer.status_code == 422
    assert "more than 14 items; narrow it" in answer.text
    assert len(exported(kim, q="team:007")) == 12


def test_one_list_is_written_at_a_time(shop: Workshop, page: StaffPage, kim: TestClient) -> None:
    """Each keeps the processor busy; whoever comes second is told, and nothing stays locked."""
    shop.receive(numbered(1))
    with page.application.state.exporting:
        answer = kim.get("/export.csv")
        assert answer.status_code == 503
        assert "another list is being exported" in answer.text
    assert len(exported(kim)) == 1


def headings(page: str) -> list[str]:
    table = page.split('<table class="list')[1].split("</thead>", maxsplit=1)[0]
    return re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', table)


def test_each_person_has_the_columns_and_the_density_that_one_chose(shop: Workshop, page: StaffPage) -> None:
    """On every list, until another choice is made; nobody else's list changes, and every row keeps its number."""
    shop.receive(numbered(1))
    kim, lee = page.person("kim"), page.person("lee")
    whole = ["Due", "Code", "Entry number", "Account", "Parts", "Presented", "Claimed by", "Flags, tags"]
    assert headings(kim.get("/").text) == whole
    chosen = {"q": "code:DR", "sort": "-due", "density": "compact", "column": ["due", "claimed"]}
    answer = kim.post("/list-look", data=chosen)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=code%3ADR&sort=-due")
    for address in ("/", "/?q=is:closed"):
        text = kim.get(address).text
        assert headings(text) == ["Due", "Entry number", "Claimed by"]
        assert '<table class="list compact">' in text
    assert kim.get("/").text.count("<td") == 2
    assert headings(lee.get("/").text) == whole
    assert [row["tracking"] for row in exported(kim)] == rows(lee.get("/").text), "a file has every column"
    kim.post("/list-look", data={"density": "comfortable", "column": [str(one) for one in Column]})
    assert headings(kim.get("/").text) == whole
    kim.post("/list-look", data={"density": "comfortable"})
    assert headings(kim.get("/").text) == ["Entry number"]


@pytest.mark.parametrize("data", [{"density": "tiny"}, {"density": "compact", "column": "secret"}, {}])
def test_what_there_is_not_is_refused(page: StaffPage, data: dict[str, str]) -> None:
    kim = page.person("kim")
    assert kim.post("/list-look", data=data, headers=OWN).status_code == 422
    assert len(headings(kim.get("/").text)) == 8


def test_a_column_that_is_no_more_hides_nothing(shop: Workshop, page: StaffPage) -> None:
    kim = page.person("kim")
    with shop.store.begin(shop.clock.now() + timedelta(days=1)) as unit:
        unit.set_preference("kim", "list-columns-hidden", "smell flags")
        unit.set_preference("kim", "list-density", "tiny")
    assert len(headings(kim.get("/").text)) == 7
