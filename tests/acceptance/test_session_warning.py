"""The warning before a session ends, in a real browser whose clock goes as the test says."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.acceptance.test_accessibility import violations
from tests.support.browser import Enter
from tests.support.workshop import Workshop


def pass_time(shop: Workshop, page: Page, seconds: int) -> None:
    """On the server and in the browser."""
    shop.clock.advance(timedelta(seconds=seconds))
    page.clock.run_for(seconds * 1000)


def test_two_minutes_before_the_end_a_person_is_asked_and_stays_with_one_key(shop: Workshop, enter: Enter) -> None:
    page = enter("kim")
    page.clock.install()
    page.goto(page.url)
    dialog = page.get_by_role("dialog", name="Your session is about to end")
    pass_time(shop, page, 12 * 60)
    expect(dialog).to_be_hidden()
    pass_time(shop, page, 61)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text("It ends in less than 2 minutes.")
    pass_time(shop, page, 60)
    expect(dialog.get_by_role("status")).to_have_text("It ends in less than 1 minute.")
    expect(dialog.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    pass_time(shop, page, 13 * 60 + 1)
    expect(dialog).to_be_visible()
    pass_time(shop, page, 3 * 60)
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_what_another_window_does_keeps_this_one_quiet(shop: Workshop, enter: Enter) -> None:
    page = enter("lee")
    page.clock.install()
    page.goto(page.url)
    shop.clock.advance(timedelta(minutes=12))
    page.request.get(page.url)  # another window of the same browser
    with page.expect_response("**/session/left.json"):
        pass_time(shop, page, 61)
        page.clock.run_for(12 * 60 * 1000)
    page.clock.run_for(1000)
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_axe_finds_nothing_in_the_notice_and_the_line(enter: Enter) -> None:
    """The demonstration, on whose pages axe looks otherwise, has no sessions."""
    page = enter("ann")
    page.evaluate("document.querySelector('#session-warning').showModal()")
    assert violations(page) == []
    page.evaluate("document.querySelector('#session-warning').close()")
    assert violations(page) == []
