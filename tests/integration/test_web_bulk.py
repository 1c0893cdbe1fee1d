"""Many items at once, with a preview and a result for each; lists that are saved."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from cee_mailbot import accounts, desk
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.staff_ledger import SavedView
from cee_mailbot.web.pages.saved import MOST_OF_A_PERSON
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import mail, numbered
from tests.support.staff_page import PASSWORD, StaffPage, form, rows
from tests.support.workshop import CHEMICALS, Workshop, invariants_kept


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path)) as made:
        made.receive(*(numbered(number) for number in range(1, 5)))
        yield made


@pytest.fixture
def sue(page: StaffPage) -> TestClient:
    return page.person("sue", Role.SUPERVISOR, teams=["007"])


def previewed(browser: TestClient, **fields: Any) -> str:
    """The address of the preview that this form leads to."""
    answer = browser.post("/bulk/preview", data=fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def start(browser: TestClient, place: str, **fields: str) -> Response:
    """Sends the form of a preview."""
    hidden = form(browser.get(place).text, f"{place}/start")
    return browser.post(f"{place}/start", data=hidden | fields)


def results(page: str) -> dict[str, str]:
    """What a page says of each item, in its order."""
    row = r'<tr><th scope="row">(?:<a [^>]*>)?(CEE-[^<]*).*?<td[^>]*>[^<]*</td><td[^>]*>(.*?)</td></tr>'
    lines = re.findall(row, page)
    return {tracking: unescape(words) for tracking, words in lines}


def test_a_preview_tells_what_will_change_and_what_can_not(shop: Workshop, page: StaffPage, sue: TestClient) -> None:
    first, second, third, fourth = (item.tracking for item in shop.items())
    desk.claim(shop.intake, first, actor="Lee")
    desk.close(shop.intake, second, Closing.DONE, actor="sue")
    before = shop.everything()
    shown = sue.get(previewed(sue, act="close", item=[first, second, third, fourth])).text
    assert "4 items: 2 will change, 2 cannot (1 claimed by Lee, 1 it is closed)." in shown
    assert results(shown) == {
        first: "Cannot change: claimed by Lee",
        second: "Cannot change: it is closed",
        third: "Will change",
        fourth: "Will change",
    }
    page.work()
    changed = [name for name, found in shop.everything().items() if found != before[name]]
    assert set(changed) <= {"session", "bulk_job", "bulk_row", "sqlite_sequence"}, "nothing was done"


def test_what_fails_for_one_item_hinders_no_other(shop: Workshop, page: StaffPage, sue: TestClient) -> None:
    numbers = [item.tracking for item in shop.items()]
    place = previewed(sue, act="close", all="1", q="code:DR")
    fields = form(sue.get(place).text, f"{place}/start") | {"outcome": "no-action", "reason": "test mail"}
    desk.note(shop.intake, numbers[0], "wait", actor="lee")
    for _ in range(2):
        answer = sue.post(f"{place}/start", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, place), "a form that is sent twice acts once"
        page.work()
    done = sue.get(place).text
    assert "Finished: 4 items: 3 changed, 1 not." in done
    assert next(iter(results(done).items())) == (numbers[0], "Not changed: changed since by lee"), (
        "what failed comes first"
    )
    assert list(results(done).values())[1:] == ["Changed"] * 3
    assert [item.state for item in shop.items()] == ["new", "closed", "closed", "closed"]
    with shop.store.read() as ask:
        history = ask.story(numbers[1]).history
    assert [line.event for line in history].count("closed") == 1


def test_items_of_another_team_are_none_of_it(shop: Workshop, sue: TestClient) -> None:
    shop.receive(
        mail(subject="DR,Acme,346-67890128,2704", to=TO_CHEMICALS, message_id="<9@filer.example>", body="Other."),
        mailbox=CHEMICALS,
    )
    foreign = next(item.tracking for item in shop.items() if item.team == "001")
    assert sue.post("/bulk/preview", data={"act": "claim", "item": [foreign]}).status_code == 404
    assert "4 items: 4 will change" in sue.get(previewed(sue, act="claim", all="1")).text


def test_a_list_that_is_written_too_long_to_be_read_again_is_no_other_list(shop: Workshop, sue: TestClient) -> None:
    """The filters beside the search box make it longer: its last words were lost, and more was closed than shown."""
    wanted = f"{'-' * 470} {shop.items()[0].entry_number}"
    shown = sue.get("/", params={"q": wanted, "team": "007", "state": "new", "code": "DR"}).text
    assert "<caption>1 item. " in shown
    written = unescape(shown.partition('id="bulk"')[2].partition('name="q" value="')[2].partition('"')[0])
    answer = sue.post("/bulk/preview", data={"q": written, "act": "close", "all": "1"})
    assert answer.status_code == 422, "what would be read of it finds four"
    assert "so the list is longer than you asked for" in answer.text


@pytest.mark.parametrize("fields", [{}, {"act": "claim"}, {"act": "join", "all": "1"}, {"act": "return", "all": "1"}])
def test_what_is_no_bulk_act_is_refused(sue: TestClient, fields: dict[str, str]) -> None:
    assert sue.post("/bulk/preview", data={"a": "b", **fields}).status_code == 422


def test_of_many_reasons_the_rest_is_told_as_one(shop: Workshop, sue: TestClient) -> None:
    """Every item is counted, however many reasons there are."""
    shop.receive(*(numbered(number) for number in range(5, 8)))
    for number, item in enumerate(shop.items()):
        desk.claim(shop.intake, item.tracking, actor=f"Lee{number}")
    shown = sue.get(previewed(sue, act="close", all="1")).text
    assert "7 items: 0 will change, 7 cannot (1 claimed by Lee0," in shown
    assert "1 claimed by Lee4, 2 for other reasons)." in shown


def test_a_start_in_other_words_is_no_second_start(shop: Workshop, page: StaffPage, sue: TestClient) -> None:
    """A page that the browser brought back must not be told that what it now says was done."""
    place = previewed(sue, act="note", all="1")
    start(sue, place, text="first")
    hidden = {"key": "another", "text": "second"}
    answer = sue.post(f"{place}/start", data=hidden)
    assert answer.status_code == 409
    assert "started already" in answer.text
    page.work()
    with shop.store.read() as ask:
        notes = [note.text for item in shop.items() for note in ask.story(item.tracking).notes]
    assert notes == ["first"] * 4


def test_a_job_is_its_persons_and_the_administrators(shop: Workshop, page: StaffPage, sue: TestClient) -> None:
    """An administrator may stop it, and does not act in another's name."""
    ann, root = page.person("ann", Role.SUPERVISOR), page.person("root2", Role.ADMINISTRATOR)
    place = previewed(sue, act="claim", all="1")
    assert [one.get(place).status_code for one in (sue, ann, root)] == [200, 404, 200]
    assert [place in one.get("/bulk").text for one in (sue, ann, root)] == [True, False, True]
    assert root.post(f"{place}/start", data={"key": "k"}).status_code == 409
    assert ann.post(f"{place}/stop", data={"key": "k"}).status_code == 404
    start(sue, place)
    page.worker.turn()
    assert root.post(f"{place}/stop", data={"key": "k"}).status_code == 303
    page.work()
    assert "Stopped by root2; what was done stays: 4 items: 1 changed, 3 not." in sue.get(place).text
    assert [item.assignee for item in shop.items()] == ["sue", None, None, None]


def test_a_role_that_an_agency_gave_holds_as_long_as_the_session_may_last(shop: Workshop) -> None:
    """There is no account to be asked; twelve hours after the sign-in nobody is believed to have the role still."""
    page, ann = StaffPage(shop, sign_in="openid"), Person(name="ann", role=Role.SUPERVISOR, teams=frozenset({"007"}))
    browser = page.browser()
    secret = accounts.open_session(shop.store, shop.clock.now(), ann, by_account=False)
    browser.cookies.set("cee-session", secret)
    shop.clock.advance(timedelta(minutes=10))
    start(browser, place := previewed(browser, act="claim", all="1"))
    page.worker.turn()
    shop.clock.advance(timedelta(hours=11, minutes=50))
    page.work()
    assert [item.assignee for item in shop.items()] == ["ann", None, None, None]
    with shop.store.read() as ask:
        (reason,) = ask.bulk_reasons(int(place.rpartition("/")[2]), limit=9)
    assert (reason.why, reason.items) == ("the sign-in of ann with which it was started is over", 3)


def test_in_the_demonstration_many_items_are_changed_without_an_account(shop: Workshop) -> None:
    page = StaffPage(shop, sign_in="demo")
    browser = page.browser()
    start(browser, place := previewed(browser, act="claim", all="1"))
    page.work()
    assert "Finished: 4 items: 4 changed, 0 not." in browser.get(place).text


def test_an_item_that_one_no_longer_sees_is_named_without_a_link(page: StaffPage, sue: TestClient) -> None:
    place = previewed(sue, act="transfer", all="1")
    assert sue.get(place).text.count('href="/items/') == 4
    start(sue, place, team="001", reason="chemicals")
    page.work()
    done = sue.get(place).text
    assert list(results(done).values()) == ["Changed"] * 4
    assert 'href="/items/' not in done


def test_what_is_wrong_with_the_form_is_said_once_and_not_of_each_item(page: StaffPage, sue: TestClient) -> None:
    wrong: tuple[tuple[str, dict[str, str], str], ...] = (
        ("close", {"outcome": "gone"}, "choose with which outcome"),
        ("transfer", {"team": "099", "reason": "there"}, "choose a team"),
        ("transfer", {"team": "001"}, "the reason"),
        ("transfer", {"team": "001", "reason": "for [[account]]"}, "not filled in"),
        ("note", {"text": " "}, "the text of the note is missing"),
        ("tag", {"tag": ""}, "tag"),
        ("wait", {"until": "some day"}, "is no time"),
    )
    for act, fields, words in wrong:
        place = previewed(sue, act=act, all="1")
        answer = start(sue, place, **fields)
        assert answer.status_code == 422, act
        assert words in unescape(answer.text)
        page.work()
        assert "4 items: 4 will change" in sue.get(place).text, "it can be started still"


def test_a_page_asks_how_far_a_job_is_until_it_is_over(page: StaffPage, sue: TestClient) -> None:
    place = previewed(sue, act="claim", all="1")
    start(sue, place)
    page.worker.turn()
    under_way = sue.get(f"{place}/progress").text
    assert "Under way: 1 of 4 items done: 1 changed, 0 not." in under_way
    assert f'hx-get="{place}/progress' in under_way
    page.work()
    over = sue.get(f"{place}/progress").text
    assert "Finished: 4 items: 4 changed, 0 not." in over
    assert "hx-get" not in over
    assert list(results(over).values()) == ["Changed"] * 4


def test_a_page_of_a_job_that_there_is_none_of_is_the_nearest(sue: TestClient) -> None:
    place = previewed(sue, act="claim", all="1")
    answers = [sue.get(f"{place}?page={number}").status_code for number in ("0", "999999999999999999", "x")]
    assert answers == [200, 200, 404]


def test_a_page_of_the_list_is_chosen_as_a_whole(shop: Workshop, sue: TestClient) -> None:
    """Those that it showed, whatever came since."""
    shown = sue.get("/?q=code:DR").text
    fields = {"page": "1", "shown": re.findall(r'<input type="hidden" name="shown" value="([^"]*)"', shown)}
    assert fields["shown"] == rows(shown)
    shop.receive(numbered(5))
    assert "4 items: 4 will change" in sue.get(previewed(sue, act="claim", **fields)).text


def test_the_jobs_are_found_from_a_list_in_which_nothing_is_left(sue: TestClient) -> None:
    assert 'href="/bulk"' in sue.get("/?q=is:waiting").text


def test_specialists_have_no_bulk_acts(page: StaffPage) -> None:
    kim = page.person("kim")
    assert 'id="bulk"' not in kim.get("/").text
    assert kim.post("/bulk/preview", data={"act": "claim", "all": "1"}).status_code == 403


def test_saved_lists_are_ones_own_or_the_teams(page: StaffPage, sue: TestClient) -> None:
    def save(browser: TestClient, name: str, q: str, team: str = "") -> int:
        fields = form(browser.get("/", params={"q": q}).text, "/views")
        return browser.post("/views", data=fields | {"name": name, "team": team}).status_code

    kim, lee = page.person("kim", teams=["007"]), page.person("lee", teams=["001"])
    assert save(kim, "Mine alone", "entry:345-00000010") == 303
    assert save(sue, "Ours <b>", "code:DR is:unclaimed", team="007") == 303
    assert save(kim, "Not mine to give", "", team="007") == 403
    assert save(sue, "Not my team", "", team="001") == 404
    shown = kim.get("/").text
    assert 'Mine alone</span> <span class="count">1</span>' in shown
    assert "Ours &lt;b&gt;" in shown
    assert len(rows(kim.get("/?q=code:DR+is:unclaimed").text)) == 4
    assert "Mine alone" not in sue.get("/").text
    assert "Ours" not in lee.get("/").text


def test_a_list_is_forgotten_by_whoever_it_belongs_to(shop: Workshop, page: StaffPage, sue: TestClient) -> None:
    kim = page.person("kim", teams=["007"])
    kim.post("/views", data={"key": "k", "name": "Mine", "q": ""})
    sue.post("/views", data={"key": "k", "name": "Ours", "q": "", "team": "007"})
    with shop.store.read() as ask:
        mine, ours = (one.id for one in ask.saved_views(person="kim"))
    assert kim.post("/views/forget", data={"view": str(ours)}).status_code == 403
    assert sue.post("/views/forget", data={"view": str(mine)}).status_code == 404
    assert kim.post("/views/forget", data={"view": str(mine)}).status_code == 303
    assert sue.post("/views/forget", data={"view": str(ours)}).status_code == 303
    with shop.store.read() as ask:
        assert ask.saved_views(person="kim") == ()


def test_a_person_saves_so_many_lists_and_no_more(shop: Workshop, page: StaffPage) -> None:
    """Each is counted whenever the list is shown; others' are not one's own."""
    kim, lee = page.person("kim", role=Role.SUPERVISOR), page.person("lee")
    with shop.store.begin(shop.clock.now()) as unit:
        for number in range(MOST_OF_A_PERSON):
            view = SavedView(id=0, name=f"l{number}", person="kim", team="007", search="code:DR", sort="due")
            unit.save_view(view)
    fields = form(kim.get("/").text, "/views")
    answer = kim.post("/views", data={**fields, "name": "one more"})
    assert answer.status_code == 409
    assert "forget one first" in answer.text
    assert lee.post("/views", data={**form(lee.get("/").text, "/views"), "name": "mine"}).status_code == 303


def test_many_items_are_not_changed_without_a_key(shop: Workshop, page: StaffPage, sue: TestClient) -> None:
    """The next time would else be taken for this one, and said to be done."""
    place = previewed(sue, act="claim", item=shop.items()[0].tracking)
    answer = sue.post(f"{place}/start")
    page.work()
    assert "carries no key" in answer.text
    assert shop.items()[0].assignee is None


def test_a_list_of_a_team_is_no_longer_its_writers(shop: Workshop, sue: TestClient) -> None:
    sue.post("/views", data={"key": "k", "name": "Ours", "q": "", "team": "007"})
    with shop.store.read() as ask:
        (ours,) = (one.id for one in ask.saved_views(person="sue"))
    for role, teams, status in ((Role.SPECIALIST, "007", 403), (Role.SUPERVISOR, "001", 404)):
        accounts.set_role(shop.store, shop.clock, name="sue", role=role, teams=frozenset([teams]), actor="root")
        sue.post("/sign-in", data={"name": "sue", "password": PASSWORD})
        assert sue.post("/views/forget", data={"view": str(ours)}).status_code == status


def test_a_day_for_many_items_begins_in_the_morning_of_each_ones_port(
    shop: Workshop, page: StaffPage, sue: TestClient
) -> None:
    item = shop.items()[0]
    start(sue, previewed(sue, act="wait", item=item.tracking), until="2026-03-09")
    page.work()
    assert shop.items()[0].state == "waiting"
    shop.clock.advance(datetime(2026, 3, 9, 7, 59, tzinfo=ZoneInfo(item.zone)) - shop.clock.now())
    assert desk.wake_due(shop.intake) == 0
    shop.clock.advance(timedelta(minutes=1))
    assert desk.wake_due(shop.intake) == 1
