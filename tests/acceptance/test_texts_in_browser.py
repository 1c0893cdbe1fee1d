"""Two colons list the approved texts in a real browser: by keyboard, never in ordinary prose."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support import mails
from tests.support.axe import violations
from tests.support.browser import Enter
from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop

WRITTEN = "document.querySelector('#reply').value"
FIELD = "[[what is missing]]"
SELECT_FIELD = f"""(({{value}}) => {{
  const at = value.indexOf({FIELD!r});
  document.activeElement.setSelectionRange(at, at + {len(FIELD)});
}})(document.activeElement)"""
SELECTED = (
    "(({value, selectionStart, selectionEnd}) => value.slice(selectionStart, selectionEnd))(document.activeElement)"
)


@pytest.fixture
def staff(shop: Workshop) -> StaffPage:
    return StaffPage(shop)


@pytest.fixture
def page(shop: Workshop, enter: Enter) -> Page:
    """The item of one message, with the message to the filer begun."""
    shop.receive(mails.mail(subject="DR,NokiaInc,345-67890123,2704", documents=[b"Invoice"]))
    page = enter("kim")
    page.goto(f"{page.url.rstrip('/')}/items/{shop.items()[0].tracking}")
    page.keyboard.press("r")
    return page


def write_ordinary_prose(page: Page, listed: Locator) -> None:
    """What asks for no text: two colons that were pasted, or that do not begin a word."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('Pasted ::')")
    page.keyboard.press("Control+v")
    assert page.evaluate(WRITTEN) == "Pasted ::"
    assert listed.count() == 0, "what is pasted asks for nothing"
    page.keyboard.press("Control+a")
    page.keyboard.type("Dear Dana, see note:: and 10::30.\n")
    assert listed.count() == 0, "ordinary prose"


def test_two_colons_put_a_text_in_at_the_caret_and_a_macro_is_one_act(shop: Workshop, page: Page) -> None:
    listed = page.get_by_role("listbox", name="Approved texts")
    write_ordinary_prose(page, listed)
    page.keyboard.type("::")
    expect(listed.get_by_role("option")).to_have_count(4)
    assert violations(page) == []
    page.keyboard.type("page")
    expect(listed.get_by_role("option")).to_have_count(1)
    assert page.locator("#reply").get_attribute("aria-activedescendant") == listed.get_by_role("option").get_attribute(
        "id"
    )
    expect(page.locator("div.unseen[role=status]")).to_contain_text("A page is missing, version 1")
    page.keyboard.press("Escape")
    assert listed.count() == 0
    page.keyboard.type(" x")
    assert page.evaluate(WRITTEN).endswith("::page x"), "nothing that was typed is lost"
    for _ in range(len("::page x")):
        page.keyboard.press("Backspace")
    page.keyboard.type("::")
    for key in ("ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    begin = "Dear Dana, see note:: and 10::30.\n"
    assert page.evaluate(WRITTEN).startswith(
        f"{begin}Of the documents that you sent for entry 345-67890123 we can't find"
    )
    assert page.evaluate(SELECTED) == FIELD, "the first field is ready to be written over"
    page.keyboard.press("Control+z")
    assert page.evaluate(WRITTEN) == f"{begin}::"
    page.keyboard.press("Control+Shift+z")
    page.evaluate(SELECT_FIELD)
    page.keyboard.type("page 2")
    expect(page.get_by_text('"A page is missing" also sets the item aside until Mon Mar 9, 2026')).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Send and set item aside").click()
    expect(page.get_by_text("was answered and set aside")).to_be_visible()
    (item,) = shop.items()
    assert item.state == "waiting"
    with page.expect_navigation():
        page.get_by_role("button", name="Undo send").click()
    shop.clock.advance(timedelta(minutes=1))
    shop.send()
    assert shop.items()[0].state == "new"
    assert [letter.to for letter in shop.mailer.letters] == ["broker@filer.example"], "the receipt alone"
