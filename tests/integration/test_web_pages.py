"""The list and the item: what they show, and what is done from them."""

import re
from datetime import date, timedelta
from html import escape, unescape
from threading import Thread

import pytest
from fastapi.testclient import TestClient

from cee_mailbot import desk
from cee_mailbot.domain.facts import ItemStory
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import Closing
from tests.support.mails import EXACT, mail, numbered
from tests.support.staff_page import PASSWORD, StaffPage, form, rows
from tests.support.workshop import CHEMICALS, Workshop


@pytest.fixture
def page(shop: Workshop) -> StaffPage:
    return StaffPage(shop, page_rows=10)


def story(shop: Workshop, tracking: str) -> ItemStory:
    with shop.store.read() as ask:
        return ask.story(tracking)


def one_item(shop: Workshop) -> str:
    shop.receive(mail())
    return shop.items()[0].tracking


def test_pages_follow_each_other_without_gap_or_overlap(shop: Workshop, kim: TestClient) -> None:
    """With and without due dates, both ways round: every item once, in the order of the whole."""
    shop.receive(*(numbered(number) for number in range(1, 24)))
    shop.receive(*(numbered(number, subject=f"PR,Nokia,345-{number:07}0,2704") for number in range(30, 42)))
    for sort in ("due", "-due", "presented", "-presented", "received", "changed"):
        seen: list[str] = []
        address = f"/?sort={sort}"
        while address and len(seen) < 100:
            text = kim.get(address).text
            seen += rows(text)
            following = re.search(r'href="([^"]*)" rel="next"', text)
            address = unescape(following[1]) if following else ""
        assert len(seen) == len(set(seen)) == 35, sort
    dated = [item.tracking for item in shop.items() if item.due]
    assert set(rows(kim.get("/").text)) <= set(dated), "items with a due date come first"


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("code:DR", 2), ("code:PR", 1), ("team:007", 3), ("team:001", 0), ("is:unclaimed", 3), ("is:closed", 0),
        ("account:NokiaInc", 1), ("from:@filer.example", 3), ("from:@other.example", 0), ("due:none", 2),
        ("entry:345-00000020", 1), ("has:over-limit", 0), ("is:new", 3), ("paper-1", 3), ("no such words", 0),
        ("is:mine", 0), ("port:2704 code:DR", 2), ("assignee:lee", 0),
    ],
)  # fmt: skip
def test_tokens_find_what_they_say(shop: Workshop, kim: TestClient, q: str, found: int) -> None:
    shop.receive(
        numbered(1), numbered(2, subject="DR,Acme,345-00000020,2704"), numbered(3, subject="PR,Acme,345-00000030,2704")
    )
    assert len(rows(kim.get("/", params={"q": q}).text)) == found


def test_an_address_is_a_list_and_a_view_counts_its_rows(shop: Workshop, page: StaffPage, kim: TestClient) -> None:
    """Whoever opens the address sees the same rows; the number beside a view is how many there are then."""
    shop.receive(*(numbered(number) for number in range(1, 5)))
    shop.receive(numbered(9, subject="DR,NokiaInc,345-00000090,2704 1 of 3"))
    desk.claim(shop.intake, shop.items()[0].tracking, actor="kim")
    lee = page.person("lee")
    text = kim.get("/").text
    views = re.findall(r'<a href="([^"]*)"[^>]*><span>[^<]*</span> <span class="count">(\d+)</span>', text)
    assert len(views) > 8
    for address, count in views:
        found = rows(kim.get(unescape(address)).text)
        assert len(found) == int(count), address
        if "mine" not in address:
            assert rows(lee.get(unescape(address)).text) == found


def test_a_token_that_means_nothing_is_told(kim: TestClient) -> None:
    assert '"color:red" means nothing here' in kim.get("/", params={"q": "color:red"}).text


@pytest.mark.parametrize("typed", ["team:7", "team:001 team:007", 'code:DR tag:"b!d"'])
def test_nothing_is_done_with_all_of_a_list_that_was_not_wholly_understood(page: StaffPage, typed: str) -> None:
    """A mistyped token limits nothing: the whole list would be claimed from, closed, exported or saved."""
    one_item(page.shop)
    sue = page.person("sue", Role.SUPERVISOR)
    before = page.shop.everything()["history"]
    shown = sue.get("/", params={"q": typed}).text
    assert "until the search is corrected" in shown
    typed_again = escape(form(shown, "/views")["q"])
    assert shown.count(f'type="hidden" name="q" value="{typed_again}"') == shown.count('type="hidden" name="q"') > 3
    refused = [sue.get("/export.csv", params={"q": typed}).status_code]
    for action, fields in (
        ("/claim-next", {}),
        ("/views", {"name": "Mine"}),
        ("/views/first", {}),
        ("/bulk/preview", {"act": "claim", "all": "1"}),
    ):
        answer = sue.post(action, data=form(shown, "/views") | fields)
        assert "correct it" in answer.text, action
        refused.append(answer.status_code)
    assert set(refused) == {422}
    assert page.shop.everything()["history"] == before


@pytest.mark.parametrize("after", ["x", "bnVsbA", "WzFd", "e30", "W251bGwsIG51bGwsIDFd", "%00"])
def test_a_broken_place_in_the_list_is_its_beginning(shop: Workshop, kim: TestClient, after: str) -> None:
    one_item(shop)
    assert len(rows(kim.get(f"/?after={after}").text)) == 1


def test_a_number_alone_opens_its_item(shop: Workshop, kim: TestClient) -> None:
    tracking = one_item(shop)
    for typed in (tracking, tracking.lower(), EXACT.split(",")[2], "34567890123"):
        assert kim.get("/", params={"q": typed}).headers["location"] == f"/items/{tracking}"


def test_claim_next_and_close_need_two_requests_an_item(shop: Workshop, kim: TestClient) -> None:
    shop.receive(*(numbered(number) for number in range(1, 4)))
    for number in range(3):
        opened = kim.post("/claim-next", data=form(kim.get("/").text, "/claim-next")).headers["location"]
        action = opened.partition("?")[0] + "/close"
        answer = kim.post(action, data=form(kim.get(opened).text, action))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/items/" if number < 2 else "/?")
    assert {item.outcome for item in shop.items()} == {"done"}
    assert (
        kim.post("/claim-next", data=form(kim.get("/").text, "/claim-next")).headers["location"] == "/?sort=due&none=1"
    )


LEADS = {"next": "/items/{second}?", "list": "/?", "stay": "/items/{first}?"}


@pytest.mark.parametrize("chosen", LEADS)
def test_where_an_act_leads_is_a_choice_of_each_person(
    shop: Workshop, page: StaffPage, kim: TestClient, chosen: str
) -> None:
    """To the next item until one chooses otherwise; what a page promised holds for the page."""
    shop.receive(*(numbered(number) for number in range(1, 4)))
    first, second, third = (item.tracking for item in shop.items())
    opened = f"/items/{first}?q=is:new&sort=presented"
    before = form(kim.get(opened).text, f"/items/{first}/close")
    assert before["then"] == "next"
    assert kim.post("/keys/after-act", data={"after": chosen}).status_code == 303
    assert f'value="{chosen}" checked' in kim.get("/keys").text
    action = f"/items/{first}/return"
    fields = form(kim.get(opened).text, action) | {"reason": "Page 2 is missing."}
    answer = kim.post(action, data=fields)
    assert answer.headers["location"].startswith(LEADS[chosen].format(first=first, second=second))
    assert "q=is%3Anew&sort=presented&done=return" in answer.headers["location"]
    assert f"{first}</a> was returned" in kim.get(answer.headers["location"]).text
    noted = kim.post(f"/items/{second}/note", data={"version": story(shop, second).version, "text": "x", "key": "n"})
    assert noted.headers["location"].startswith(f"/items/{second}?"), "an act that is not done with the item stays"
    lee = page.person("lee")
    fields = form(lee.get(f"/items/{second}").text, f"/items/{second}/close")
    led = lee.post(f"/items/{second}/close", data=fields).headers["location"]
    assert led.startswith(f"/items/{third}?"), "it is nobody else's choice"


def test_there_is_no_other_place_to_go_after_an_act(kim: TestClient) -> None:
    assert kim.post("/keys/after-act", data={"after": "//evil.example"}).status_code == 422
    assert 'value="next" checked' in kim.get("/keys").text


def test_two_people_never_claim_the_same(shop: Workshop, page: StaffPage) -> None:
    shop.receive(*(numbered(number) for number in range(1, 41)))
    claimed: dict[str, list[str]] = {"kim": [], "lee": []}

    def work(name: str, browser: TestClient) -> None:
        for number in range(20):
            answer = browser.post("/claim-next", data={"key": f"{name}-{number}"})
            claimed[name].append(answer.headers["location"].split("/items/")[1].partition("?")[0])

    threads = [Thread(target=work, args=(name, page.person(name))) for name in claimed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({*claimed["kim"], *claimed["lee"]}) == 40
    assert {item.assignee for item in shop.items()} == {"kim", "lee"}


def test_c21_a_form_that_is_sent_twice_acts_once(shop: Workshop, kim: TestClient) -> None:
    tracking = one_item(shop)
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/note") | {"text": "call them"}
    answers = [kim.post(f"/items/{tracking}/note", data=fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert [note.text for note in story(shop, tracking).notes] == ["call them"]


def test_a_stale_act_does_nothing_and_shows_what_changed(shop: Workshop, kim: TestClient) -> None:
    tracking = one_item(shop)
    action = f"/items/{tracking}/return"
    fields = form(kim.get(f"/items/{tracking}").text, action) | {"reason": "Page 2 is missing."}
    desk.claim(shop.intake, tracking, actor="lee")
    answer = kim.post(action, data=fields)
    assert answer.status_code == 409
    assert "lee</strong> claimed" in answer.text
    assert "Page 2 is missing." in answer.text, "what was typed is not lost"
    assert "broker@filer.example</strong>, who will read this" in answer.text
    assert story(shop, tracking).item.state == "assigned"
    assert shop.send().sent == 1, "the acknowledgement alone leaves"
    again = kim.post(action, data=form(answer.text, action) | {"reason": "Page 2 is missing."})
    assert again.status_code == 303
    assert story(shop, tracking).item.outcome == "returned"


def test_after_a_join_and_its_undo_a_stale_act_shows_what_was_not_seen(shop: Workshop, kim: TestClient) -> None:
    """A join puts lines of the other item's messages among those that were seen, and its undo takes them out."""
    first = one_item(shop)
    action = f"/items/{first}/note"
    shop.receive(numbered(2))
    other = next(one.tracking for one in shop.items() if one.tracking != first)
    desk.claim(shop.intake, first, actor="kim")

    def changes(page: str) -> list[str]:
        return re.findall(r"</strong> ([^<(]+?) *[(<]", page.partition('class="history"')[2].partition("</ol>")[0])

    fields = form(kim.get(f"/items/{first}").text, action) | {"text": "call them"}
    desk.join(shop.intake, first, other, actor="lee", reason="")
    stale = kim.post(action, data=fields).text
    assert changes(stale) == ["joined"]
    desk.undo(shop.intake, first, actor="lee")
    assert changes(kim.post(action, data=form(stale, action) | {"text": "call them"}).text) == ["undone"]


@pytest.mark.parametrize(
    ("body", "said"),
    [("line\n" * 50_000, True), ("line\n" * 1_000, False)],
)
def test_a_text_that_goes_on_says_so(shop: Workshop, kim: TestClient, body: str, said: bool) -> None:  # noqa: FBT001
    shop.receive(mail(body=body))
    page = kim.get(f"/messages/{shop.messages()[0].id}").text
    assert ("Only the beginning is shown" in page) is said


ACTS = {
    "claim": {}, "note": {"text": "call them"}, "wait": {"until": "2026-03-09", "zone": "America/Los_Angeles"},
    "close": {"outcome": "no-action"}, "return": {"reason": "Page 2 is missing."},
    "transfer": {"team": "009", "reason": "Textiles."}, "transfer-to-port": {"reason": "Quota."},
    "set-presentation": {"at": "2026-03-01T12:00", "zone": "America/Los_Angeles", "reason": "fax of that day"},
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_every_act_is_done_from_the_page_and_taken_back(shop: Workshop, kim: TestClient, act: str) -> None:
    tracking = one_item(shop)
    before = story(shop, tracking)
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/{act}") | ACTS[act]
    answer = kim.post(f"/items/{tracking}/{act}", data=fields)
    assert answer.status_code == 303, answer.text
    assert story(shop, tracking).history[-1].actor in ("kim", "system")
    told = kim.get(answer.headers["location"]).text
    assert f"{tracking}</a> was" in told
    if act != "note":
        assert kim.post(f"/items/{tracking}/undo", data=form(told, f"/items/{tracking}/undo")).status_code == 303
        assert story(shop, tracking).item.state == before.item.state
        assert story(shop, tracking).item.presented_at == before.item.presented_at


def test_a_wait_until_a_day_ends_in_its_morning_at_the_port(shop: Workshop, kim: TestClient) -> None:
    tracking = one_item(shop)
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/wait")
    kim.post(f"/items/{tracking}/wait", data=fields | {"until": "2026-03-09"})
    changes = story(shop, tracking).history[-1].detail["changes"]
    until = next(values[1] for place, values in changes.items() if place.endswith("waiting_until"))  # type: ignore[attr-defined]
    assert until == "2026-03-09T15:00:00+00:00"


def test_each_person_chooses_the_list_to_start_with(shop: Workshop, page: StaffPage, kim: TestClient) -> None:
    """The bare address alone leads there: every other list, all open items too, has an address of its own."""
    shop.receive(numbered(1), numbered(2, subject="PR,Acme,345-00000020,2704"))
    fields = form(kim.get("/", params={"q": "code:PR", "sort": "-due"}).text, "/views/first")
    assert kim.post("/views/first", data=fields).status_code == 303
    place = kim.get("/").headers["location"]
    assert len(rows(kim.get(place).text)) == 1
    assert "You start with this list." in kim.get(place).text
    everything = kim.get("/?q=is:open").text
    assert "You start with this list." not in everything
    assert len(rows(everything)) == 2
    assert page.person("lee").get("/").status_code == 200, "it is nobody else's"
    for broken in ({"q": "//evil.example", "sort": "//evil.example"}, {}):
        kim.post("/views/first", data=broken)
        assert kim.get("/").headers["location"].startswith("/?q="), broken
    kim.post("/views/first", data=fields | {"instead": "all"})
    assert kim.get("/").status_code == 200


def test_an_item_that_waited_says_why_it_is_back(shop: Workshop, page: StaffPage, kim: TestClient) -> None:
    """Until somebody does something about it; to look at it is nothing."""
    tracking = one_item(shop)
    until = shop.clock.now() + timedelta(days=1)
    desk.wait(shop.intake, tracking, actor="kim", until=until)
    assert "Back" not in kim.get("/?q=is:mine").text.partition("<tbody>")[2]
    shop.clock.advance(timedelta(days=1))
    desk.wake_due(shop.intake)
    kim.post("/sign-in", data={"name": "kim", "password": PASSWORD})
    assert "<strong>Back:</strong> its date has come" in kim.get("/?q=is:mine").text
    above = kim.get("/?q=code:PR").text.partition('<table class="list">')[0]
    assert f"/items/{tracking}" in above, "on top of every list, whatever is asked for"
    assert "Back from waiting: 1 of yours" in above
    assert "of yours" not in page.person("lee").get("/").text
    assert "Back from waiting since" in kim.get(f"/items/{tracking}").text
    desk.wait(shop.intake, tracking, actor="kim")
    shop.receive(mail(message_id="<2@filer.example>", documents=[b"%PDF-1.4 more"], body="More."))
    assert "<strong>Back:</strong> a message came (supplement)" in kim.get("/?q=is:mine").text
    desk.note(shop.intake, tracking, "looked at it", actor="kim")
    assert "Back" not in kim.get("/?q=is:mine").text
    assert "Back from waiting" not in kim.get(f"/items/{tracking}").text


def test_the_list_says_that_a_mailbox_is_not_read(shop: Workshop, page: StaffPage, kim: TestClient) -> None:
    """Else it would be believed to be all there is; of one's own teams alone."""
    pat = page.person("pat", teams=["001"])
    shop.poll()
    shop.poll(CHEMICALS)
    shop.clock.advance(timedelta(minutes=10))
    shop.poll(CHEMICALS)
    assert "was last read" not in kim.get("/").text
    shop.clock.advance(timedelta(minutes=6))
    text = kim.get("/").text
    assert "The mailbox electronics was last read on Mon Mar 2, 2026, 3:01 PM UTC" in text
    assert "The mailbox chemicals" not in text
    assert "was last read" not in pat.get("/").text
    shop.poll()
    assert "was last read" not in kim.get("/").text


def test_the_list_says_that_it_snows(shop: Workshop, kim: TestClient) -> None:
    """Today, where the port is: it is still the first of March in Los Angeles."""
    shop.clock.advance(timedelta(hours=-10))
    days = {"today": date(2026, 3, 1), "tomorrow": date(2026, 3, 2)}
    for name, one in days.items():
        desk.clock.add_closure(shop.intake, port="2704", first=one, last=one, reason=f"Snow {name}", actor="sue")
    desk.clock.add_closure(
        shop.intake, port=None, first=days["tomorrow"], last=days["tomorrow"], reason="Ice", actor="s"
    )
    text = kim.get("/").text
    assert "Snow day at port 2704: Snow today. It is no working day." in text
    assert "Snow tomorrow" not in text
    assert "Snow day at all ports: Ice." in text


def test_the_history_is_looked_through_by_kind(shop: Workshop, kim: TestClient) -> None:
    """The kind stands in the address; each line keeps the number, and so the address, that it has in the whole."""
    tracking = one_item(shop)
    desk.claim(shop.intake, tracking, actor="kim")
    desk.note(shop.intake, tracking, "call them", actor="kim")
    desk.close(shop.intake, tracking, Closing.DONE, actor="kim")

    def lines(text: str) -> list[str]:
        return re.findall(r'<li id="event-[^"]+" value="(\d+)"', text)

    text = kim.get(f"/items/{tracking}?q=is:closed").text
    every = lines(text)
    assert every == [str(number) for number in range(1, len(story(shop, tracking).history) + 1)]
    links = re.findall(r'<a href="([^"]*history=[^"]*)#history">[^<]*<span class="count">(\d+)', text)
    assert len(links) > 3
    found = []
    for address, count in links:
        of_kind = kim.get(unescape(address)).text
        assert len(lines(of_kind)) == int(count), address
        assert 'aria-current="page"' in of_kind
        assert "q=is%3Aclosed" in unescape(address), "the way back to the list is kept"
        found += lines(of_kind)
    assert sorted(found, key=int) == every, "each line is of one kind"
    notes = kim.get(f"/items/{tracking}?history=notes").text
    assert "call them" in notes
    assert "</strong> claimed" not in notes
    assert lines(kim.get(f"/items/{tracking}?history=<script>").text) == every


def test_a_link_to_a_line_of_the_history_stays_when_others_come_before_it(shop: Workshop, kim: TestClient) -> None:
    """A join puts the lines of the other item's messages among those that are there."""
    first = one_item(shop)
    shop.clock.advance(timedelta(minutes=1))
    shop.receive(numbered(2))
    desk.claim(shop.intake, first, actor="kim")
    links = dict(re.findall(r'href="(#event-[^"]+)".*?</strong> ([^<(]+)', kim.get(f"/items/{first}").text))
    assert len(links) == len(story(shop, first).history)
    other = next(one.tracking for one in shop.items() if one.tracking != first)
    desk.join(shop.intake, first, other, actor="kim", reason="")
    after = dict(re.findall(r'href="(#event-[^"]+)".*?</strong> ([^<(]+)', kim.get(f"/items/{first}").text))
    assert len(after) > len(links) + 1
    assert {one: after.get(one) for one in links} == links


def test_messages_are_split_off_moved_and_joined(shop: Workshop, kim: TestClient) -> None:
    shop.receive(mail(), mail(message_id="<2@filer.example>", documents=[b"%PDF-1.4 more"], body="More."))
    shop.receive(numbered(7))
    first, other = (item.tracking for item in shop.items())
    message = str(shop.items()[0].messages[1])

    def act(tracking: str, name: str, **given: str) -> int:
        fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/{name}")
        return kim.post(f"/items/{tracking}/{name}", data=fields | given).status_code

    assert act(first, "move", message=message, other=other) == 303
    assert len(story(shop, other).messages) == 2
    assert act(other, "split", message=message) == 303
    new = shop.items()[-1].tracking
    assert act(first, "join", other=new) == 303
    assert len(story(shop, first).messages) == 2
    assert story(shop, new).item.outcome == "duplicate"


def test_an_item_of_another_team_is_named_and_no_link(shop: Workshop, page: StaffPage) -> None:
    shop.receive(mail(), mail(message_id="<2@filer.example>", documents=[b"%PDF-1.4 more"], body="More."))
    (item,) = shop.items()
    other = desk.split(shop.intake, item.tracking, item.messages[1], actor="kim")
    desk.transfer(shop.intake, other, team="009", reason="Textiles.", actor="kim")
    assert f'<a href="/items/{other}">' in page.person("lee").get(f"/items/{item.tracking}").text
    text = page.person("pat", teams=["007"]).get(f"/items/{item.tracking}").text
    assert f"{other} (of another team)" in text
    assert f'href="/items/{other}"' not in text


def test_a_reason_that_is_missing_is_asked_for(shop: Workshop, kim: TestClient) -> None:
    tracking = one_item(shop)
    fields = form(kim.get(f"/items/{tracking}").text, f"/items/{tracking}/return") | {"reason": "  "}
    answer = kim.post(f"/items/{tracking}/return", data=fields)
    assert answer.status_code == 422
    assert "the reason, which the sender will read, is missing" in answer.text


def test_hostile_words_are_shown_as_words(shop: Workshop, kim: TestClient) -> None:
    """Threat 15 and 18: a subject, an account, a name and a text that would be markup, or turn the line around."""
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202egnp.exe"
    shop.receive(
        mail(subject=EXACT, sender='"<b>Broker</b>" <broker@filer.example>', body=evil).replace(
            b'filename="paper-1.pdf"', 'filename="\u202e<i>x</i>.pdf"'.encode()
        )
    )
    tracking = shop.items()[0].tracking
    message = shop.items()[0].messages[0]
    for path in ("/", f"/items/{tracking}", f"/messages/{message}"):
        text = kim.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "<b>Broker" not in text
        assert "<i>x</i>" not in text
    assert "\u202e" not in kim.get(f"/items/{tracking}").text


def test_documents_leave_as_bytes_to_keep_and_nothing_else(shop: Workshop, kim: TestClient) -> None:
    """Threat 17: no document is opened as what it claims to be."""
    content = b"Invoice 17\n<script>alert(1)</script>\n"
    shop.receive(mail(documents=[content]).replace(b"application/pdf", b"text/plain").replace(b"paper-1.pdf", b"a.txt"))
    message = shop.items()[0].messages[0]
    kept = kim.get(f"/messages/{message}/documents/1")
    assert kept.content == content
    assert kept.headers["content-type"] == "application/octet-stream"
    assert kept.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in kept.headers["content-security-policy"]
    shown = kim.get(f"/messages/{message}/documents/1/shown")
    assert "<script>" not in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]
    raw = kim.get(f"/messages/{message}/raw")
    assert raw.content == shop.blobs.get(shop.messages()[0].sha256)
    assert kim.get(f"/messages/{message}/documents/2").status_code == 404


def test_each_of_two_equal_copies_can_be_kept(shop: Workshop, kim: TestClient) -> None:
    shop.receive(mail(documents=[b"invoice"] * 2))
    message = shop.items()[0].messages[0]
    for position in (1, 2):
        kept = kim.get(f"/messages/{message}/documents/{position}")
        assert (kept.status_code, kept.content) == (200, b"invoice")
        assert f"paper-{position}.pdf" in kept.headers["content-disposition"]


def test_a_pdf_is_not_shown_as_text(shop: Workshop, kim: TestClient) -> None:
    one_item(shop)
    message = shop.items()[0].messages[0]
    assert kim.get(f"/messages/{message}/documents/1/shown").status_code == 409


def test_due_dates_are_words_that_say_how_they_were_found(shop: Workshop, kim: TestClient) -> None:
    shop.receive(numbered(3, subject="PR,Acme,345-00000030,2704"))
    assert "Due in" in kim.get("/").text
    assert "No due date" not in kim.get("/").text
    one_item(shop)
    assert "No due date" in kim.get("/").text


def test_the_demonstration_says_that_it_is_one(shop: Workshop) -> None:
    text = StaffPage(shop, sign_in="demo").browser().get("/").text
    assert "not an official site" in text
    assert "demo" in text


def test_what_entered_the_list_since_is_counted_and_nothing_else(shop: Workshop, kim: TestClient) -> None:
    """For the page that asks while it is open: new rows of this list, not those that were changed."""
    shop.receive(numbered(1), numbered(2))
    shown = kim.get("/?q=code:DR").text
    asking = re.search(r'hx-get="(/viewing[^"]*)"', shown)
    assert asking
    address = unescape(asking[1])
    assert kim.get(address).text == ""
    shop.clock.advance(timedelta(minutes=1))
    desk.claim(shop.intake, rows(shown)[0], actor="lee")
    shop.receive(numbered(3, subject="PR,Nokia,345-00000030,2704"))
    assert kim.get(address).text == "", "of another list, or an old one"
    shop.receive(numbered(4))
    told = kim.get(address).text
    assert "1 new item." in told
    assert len(rows(kim.get(unescape(re.findall(r'href="([^"]*)"', told)[0])).text)) == 3
    for broken in ("", "yesterday", "2026-03-02T15:00:00", "0001-01-01T00:00:00+14:00"):
        assert kim.get("/viewing", params={"since": broken}).text == ""


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://broker.example/a?b=1&c=%20", "broker.example"),
        ("javascript:alert(1)", None),
        ("https://cbp.gov@evil.example/", None),
        ("//evil.example/", None),
        ("https://evil.example/\u202e", None),
        ("data:text/html,x", None),
        ("https://evil.example/" + "x" * 3000, None),
        ("", None),
    ],
)
def test_a_link_of_a_mail_leads_to_a_page_that_says_where(kim: TestClient, address: str, host: str | None) -> None:
    """It goes nowhere by itself, and to nothing but a plain address of the web."""
    answer = kim.get("/leave", params={"to": address})
    assert answer.status_code == (200 if host else 422)
    assert ('rel="noopener noreferrer nofollow"' in answer.text) is bool(host)
    assert "location" not in answer.headers
    if host:
        assert f"This link leads to {host}" in answer.text
