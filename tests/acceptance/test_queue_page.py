"""The queue page in a real browser: by mouse, by keyboard alone, by two people at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from cee_mailbot import desk
from tests.support import mails
from tests.support.axe import violations
from tests.support.browser import Enter
from tests.support.staff_page import PASSWORD, StaffPage
from tests.support.workshop import Workshop


def numbered(number: int) -> bytes:
    """One of many messages, with a text for a paper: the viewer of PDFs takes its time, and has a suite of its own."""
    return mails.numbered(number, documents=(f"Invoice {number}".encode(),))


# A person reads the first item with `C` and each later one with `c`, and closes it with `1`.
TEN = 10
FOCUSED = "document.activeElement.closest('tr[data-row]')?.dataset.row ?? null"


@pytest.fixture
def staff(shop: Workshop) -> StaffPage:
    return StaffPage(shop, claim_expires=timedelta(hours=4))


def states(shop: Workshop) -> dict[str, tuple[str, str | None]]:
    return {item.tracking: (item.state, item.assignee) for item in shop.items()}


def heading(page: Page) -> str:
    return page.locator(".tracking").first.inner_text()


def press_and_go(page: Page, key: str) -> None:
    """Presses a key that leads to another page, and waits until that page knows its keys."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_claim_next_close_and_undo(shop: Workshop, enter: Enter) -> None:
    """The way of every day, by mouse: claimed, closed, and put back."""
    shop.receive(numbered(1), numbered(2))
    page = enter("kim")
    page.get_by_role("button", name="Claim next item").click()
    first = heading(page)
    assert states(shop)[first] == ("assigned", "kim")
    page.get_by_role("button", name="Close as done, go to next").click()
    expect(page.get_by_text(f"{first} was closed.")).to_be_visible()
    assert states(shop)[first][0] == "closed"
    assert heading(page) != first
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("was put back as it was")).to_be_visible()
    assert states(shop)[first] == ("assigned", "kim")


def test_ten_items_are_claimed_read_and_closed_by_two_keys_each(shop: Workshop, enter: Enter) -> None:
    shop.receive(*(numbered(number) for number in range(1, TEN + 1)))
    page = enter("kim")
    pressed = 0
    for number in range(TEN):
        press_and_go(page, "C" if number == 0 else "c")
        expect(page.get_by_role("heading", name="Documents (1)")).to_be_visible()
        press_and_go(page, "1")
        pressed += 2
    assert pressed == 2 * TEN
    assert {state for state, _ in states(shop).values()} == {"closed"}
    expect(page.get_by_role("heading", name="All open items")).to_be_visible()


def test_a_list_is_walked_by_keys_and_comes_back_with_its_row_in_hand(shop: Workshop, enter: Enter) -> None:
    shop.receive(*(numbered(number) for number in range(1, 6)))
    page = enter("kim")
    rows = page.eval_on_selector_all("tr[data-row]", "found => found.map(one => one.dataset.row)")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert page.evaluate(FOCUSED) == rows[1]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "one sees where one is"
    page.keyboard.press("x")
    assert page.eval_on_selector_all("input[name=item]:checked", "found => found.map(one => one.value)") == [rows[1]]
    assert page.evaluate(FOCUSED) == rows[1]
    press_and_go(page, "Enter")
    assert heading(page) == rows[1]
    press_and_go(page, "Escape")
    assert page.evaluate(FOCUSED) == rows[1]


def test_the_way_back_leads_to_the_page_of_the_list_that_was_left(shop: Workshop, enter: Enter) -> None:
    """Not to its beginning, also after an act on the item."""
    shop.receive(*(numbered(number) for number in range(1, 54)))
    page = enter("kim")
    with page.expect_navigation():
        page.get_by_role("link", name="Next page").click()
    second = page.url
    for key in ("j", "j"):
        page.keyboard.press(key)
    row = page.evaluate(FOCUSED)
    press_and_go(page, "Enter")
    press_and_go(page, "c")
    press_and_go(page, "Escape")
    assert page.url == second
    assert page.evaluate(FOCUSED) == row


def test_a_part_that_is_drawn_anew_keeps_the_focus(shop: Workshop, enter: Enter) -> None:
    shop.receive(numbered(1))
    page = enter("kim")
    page.keyboard.press("j")
    press_and_go(page, "o")
    link = page.get_by_role("link", name="Show text")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".mail-text")).to_be_visible()
    assert page.evaluate("document.activeElement.textContent") == "Show text"


def test_keys_do_nothing_while_one_writes(shop: Workshop, enter: Enter) -> None:
    """`1` and `c` in a note are text; Esc leaves the field, and only the next one the page."""
    shop.receive(numbered(1))
    page = enter("kim")
    press_and_go(page, "C")
    page.keyboard.press("n")
    page.keyboard.type("1 c C z")
    assert page.locator("#note").input_value() == "1 c C z"
    here = page.url
    page.keyboard.press("Escape")
    assert page.url == here
    assert page.evaluate("document.activeElement.id") == "main"
    assert {state for state, _ in states(shop).values()} == {"assigned"}


def test_a_draft_that_is_not_kept_any_more_says_so(shop: Workshop, enter: Enter) -> None:
    """The last one that was kept stood there as if it were all; what was written is on the page that follows."""
    shop.receive(numbered(1))
    page = enter("kim")
    press_and_go(page, "C")
    page.keyboard.press("n")
    page.keyboard.type("The filer ")
    expect(page.locator("#draft-note")).to_contain_text("Draft kept")
    page.context.clear_cookies()
    page.keyboard.type("was called.")
    expect(page.locator("#draft-note")).to_have_text("Not kept: you are signed out; sign in again in another window.")
    with page.expect_navigation():
        page.get_by_role("button", name="Add internal note").click()
    assert page.locator("textarea").input_value() == "The filer was called."


def test_a_key_shows_what_must_be_filled_in_and_sends_nothing(shop: Workshop, enter: Enter) -> None:
    shop.receive(numbered(1))
    page = enter("kim")
    press_and_go(page, "C")
    for key, field in (("3", "reason"), ("h", "until"), ("t", "team"), ("2", "other")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.name") == field, key
        page.keyboard.press("Escape")
    assert {state for state, _ in states(shop).values()} == {"assigned"}


def test_the_help_sheet_lists_the_keys_of_this_page_alone(shop: Workshop, enter: Enter) -> None:
    shop.receive(numbered(1))
    page = enter("kim")

    def sheet() -> set[str]:
        page.keyboard.press("?")
        page.wait_for_selector("#keys[open]")
        found = {cap.inner_text() for cap in page.locator("#keys kbd").all()}
        page.keyboard.press("Escape")
        page.wait_for_selector("#keys", state="detached")
        return found

    on_the_list = sheet()
    assert {"C", "j", "k", "/"} <= on_the_list
    assert not {"1", "c", "n", "."} & on_the_list
    press_and_go(page, "C")
    on_an_item = sheet()
    assert {"1", "n", "h", "t", "3", ".", "z"} <= on_an_item
    assert not {"C", "j", "c"} & on_an_item
    page.get_by_role("link", name="Show text").focus()
    page.keyboard.press("?")
    page.get_by_role("button", name="n Internal note").click()
    page.wait_for_selector("#keys", state="detached")
    assert page.evaluate("document.activeElement.id") == "note"


def test_every_act_of_a_page_is_in_the_palette(shop: Workshop, enter: Enter) -> None:
    """With a key or without: what a form does is found by its words, and what it asks for is filled in first."""
    shop.receive(numbered(1))
    page = enter("kim")
    press_and_go(page, "C")
    page.keyboard.press("Control+k")
    told = page.locator("#keys li").all_inner_texts()
    buttons = page.eval_on_selector_all(
        "main form button:not(.draft button, [hidden] button)", "all => all.map(one => one.textContent.trim())"
    )
    keyed = {"Close as done, go to next": "1", "Set item aside": "h", "Send message to filer": "r"}
    missing = [one for one in buttons if not any(line.endswith(one) for line in told)]
    assert missing == []
    assert {f"{key} {words}" for words, key in keyed.items()} <= set(told)
    assert len(set(told)) == len(told)
    assert all(told)
    page.get_by_label("Find an action").fill("presentation")
    assert page.locator("#keys li:visible").all_inner_texts() == ["Set presentation time"]
    page.keyboard.press("Enter")
    page.wait_for_selector("#keys", state="detached")
    assert page.evaluate("document.activeElement.name") == "at"
    assert {state for state, _ in states(shop).values()} == {"assigned"}
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_label("Find an action").fill("give item")
    press_and_go(page, "Enter")
    assert set(states(shop).values()) == {("new", None)}


def test_a_tag_is_put_on_by_keys_taken_back_and_taken_off(shop: Workshop, enter: Enter) -> None:
    shop.receive(numbered(1))
    page = enter("kim")
    press_and_go(page, "C")
    page.keyboard.press("l")
    page.keyboard.type("2nd-look")
    press_and_go(page, "Enter")
    expect(page.locator(".title").get_by_text("tag:2nd-look")).to_be_visible()
    assert violations(page) == []
    press_and_go(page, "z")
    assert shop.items()[0].tags == ()
    desk.tag(shop.intake, heading(page), "fta-claim", actor="lee")
    page.reload()
    with page.expect_navigation():
        page.get_by_role("button", name="Take off fta-claim").click()
    assert shop.items()[0].tags == ()


def test_single_keys_are_switched_off_for_one_person(shop: Workshop, enter: Enter) -> None:
    """WCAG 2.1.4; the choice is the person's and outlives the session, and Alt with the key still works."""
    shop.receive(numbered(1), numbered(2))
    kim, lee = enter("kim"), enter("lee")
    kim.get_by_role("link", name="Keys").click()
    kim.get_by_role("button", name="Switch single keys off").click()
    expect(kim.get_by_role("button", name="Switch single keys on")).to_be_visible()
    kim.get_by_role("button", name="Sign out").click()
    kim.get_by_label("Name").fill("kim")
    kim.get_by_label("Password").fill(PASSWORD)
    with kim.expect_navigation():  # a key pressed before the page knows its keys does nothing
        kim.get_by_role("button", name="Sign in").click()
    kim.keyboard.press("C")
    kim.keyboard.press("j")
    assert kim.evaluate(FOCUSED) is None
    press_and_go(kim, "Alt+Shift+c")
    assert [assignee for _, assignee in states(shop).values()].count("kim") == 1
    lee.keyboard.press("j")
    assert lee.evaluate(FOCUSED) is not None


def test_dots_copy_what_is_quoted_all_day(shop: Workshop, enter: Enter) -> None:
    """One the number; two, soon after each other, the subject too."""
    shop.receive(numbered(1))
    page = enter("kim")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press_and_go(page, "C")
    tracking = heading(page)
    page.keyboard.press(".")
    expect(page.locator("#told")).to_have_text(f"Copied: {tracking}")
    page.keyboard.press("g")  # which ends the row of dots
    page.keyboard.press(".")
    page.keyboard.press(".")
    wanted = f"{tracking} {shop.messages()[0].subject}"
    expect(page.locator("#told")).to_have_text(f"Copied: {wanted}")
    assert page.evaluate("navigator.clipboard.readText()") == wanted
    entry = shop.items()[0].entry_number
    page.get_by_role("button", name=f"Copy {entry}").click()
    expect(page.locator("#told")).to_have_text(f"Copied: {entry}")


def test_new_rows_are_said_and_move_nothing(shop: Workshop, enter: Enter) -> None:
    """The row in hand stays under the hand; the new ones come when they are asked for."""
    shop.receive(numbered(1), numbered(2))
    page = enter("kim")
    page.keyboard.press("j")
    before, place = page.evaluate(FOCUSED), page.locator("tr[data-row]").first.bounding_box()
    shop.clock.advance(timedelta(minutes=1))
    shop.receive(numbered(3))
    page.evaluate("htmx.ajax('GET', document.querySelector('.new-items').getAttribute('hx-get'), '.new-items')")
    told = page.locator(".new-items")
    expect(told).to_contain_text("1 new item.")
    assert page.evaluate(FOCUSED) == before
    assert page.locator("tr[data-row]").first.bounding_box() == place
    told.get_by_role("link", name="Show it").click()
    expect(page.locator("tr[data-row]")).to_have_count(3)


def test_a_bulk_job_says_how_far_it_is_until_it_is_over(shop: Workshop, staff: StaffPage, enter: Enter) -> None:
    """The page is loaded once: what follows is said in its place, and then what became of each."""
    shop.receive(*(numbered(number) for number in range(1, 4)))
    page = enter("kim")
    page.get_by_label("or with all that this list finds").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Show what would change").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Claim item: 3 items").click()
    page.get_by_role("button", name="Stop what is not done yet").focus()
    page.route("**/progress?*", lambda route: route.abort(), times=1)  # the program is just being started again
    page.wait_for_event("requestfailed")
    expect(page.get_by_role("status")).to_contain_text("Under way: 0 of 3 items done")
    staff.worker.turn()
    expect(page.get_by_role("status")).to_contain_text("Under way: 1 of 3 items done")
    expect(page.get_by_role("button", name="Stop what is not done yet")).to_be_focused()
    staff.work()
    expect(page.get_by_role("status")).to_contain_text("Finished: 3 items: 3 changed, 0 not")
    expect(page.get_by_role("cell", name="Changed")).to_have_count(3)
    expect(page.get_by_role("button", name="Stop what is not done yet")).to_have_count(0)


def test_the_timer_of_a_claim_goes_on_while_the_page_is_open(shop: Workshop, enter: Enter) -> None:
    """In the list by itself; on the item as the server has it, which may know of another end."""
    shop.receive(numbered(1))
    tracking = shop.items()[0].tracking
    desk.claim(shop.intake, tracking, actor="lee")
    page = enter("kim")
    page.clock.install()
    page.reload()
    row = page.locator(f"tr[data-row='{tracking}']")
    expect(row).to_contain_text("ends in 4 hours")
    page.clock.fast_forward("01:30:05")
    expect(row).to_contain_text("1 hour 30 minutes ago")
    expect(row).to_contain_text("ends in 2 hours 29 minutes")
    page.goto(page.url.rstrip("/") + f"/items/{tracking}")
    expect(page.locator("#claim")).to_contain_text("lee, under a minute ago")
    desk.unclaim(shop.intake, tracking, actor="lee")
    page.clock.fast_forward("00:31")
    expect(page.locator("#claim")).to_have_text("nobody")


def test_two_people_on_one_item(shop: Workshop, enter: Enter) -> None:
    """The later act changes nothing, says what has changed, and can be repeated knowingly."""
    shop.receive(numbered(1))
    tracking = shop.items()[0].tracking
    kim, lee = enter("kim"), enter("lee")
    for page in (kim, lee):
        page.keyboard.press("j")
        press_and_go(page, "Enter")
    kim.keyboard.press("n")
    kim.keyboard.type("The filer was called.")
    kim.get_by_role("button", name="Add internal note").click()
    expect(kim.get_by_text("was noted")).to_be_visible()
    with lee.expect_response(lambda answer: answer.request.method == "POST") as answered:
        lee.keyboard.press("c")
    assert answered.value.status == 409
    expect(lee.get_by_role("heading", name="Nothing was done")).to_be_visible()
    expect(lee.get_by_text("kim", exact=True)).to_be_visible()
    assert states(shop)[tracking][1] is None
    lee.get_by_role("button", name="Claim item all the same").click()
    expect(lee.get_by_text("was claimed")).to_be_visible()
    assert states(shop)[tracking] == ("assigned", "lee")


def test_two_hundred_items_are_claimed_by_two_people_without_one_claimed_twice(
    shop: Workshop, staff: StaffPage
) -> None:
    many = 200
    shop.receive(*(numbered(number) for number in range(1, many + 1)))

    def claim_until_nothing_is_left(name: str) -> list[str]:
        browser, found = staff.person(name), []
        for number in range(many + 1):
            place = browser.post("/claim-next", data={"key": f"{name} {number}", "q": ""}).headers["location"]
            if not place.startswith("/items/"):
                break
            found.append(place.split("?")[0].rsplit("/", 1)[1])
        return found

    with ThreadPoolExecutor(2) as people:
        kims, lees = people.map(claim_until_nothing_is_left, ("kim", "lee"))
    assert len(kims) + len(lees) == many
    assert not set(kims) & set(lees)
    assert {tracking: assignee for tracking, (_, assignee) in states(shop).items()} == dict.fromkeys(
        kims, "kim"
    ) | dict.fromkeys(lees, "lee")
