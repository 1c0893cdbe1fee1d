"""Banner, identifier and help in a real browser: axe finds nothing, and nothing needs a script."""

from typing import TYPE_CHECKING

import pytest

from tests.support.axe import violations
from tests.support.official import IDENTIFIER
from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def staff(shop: Workshop) -> StaffPage:
    """A page that says whose it is."""
    return StaffPage(shop, banner="gov", identifier=IDENTIFIER, help="help@example.gov")


def test_a_page_that_says_whose_it_is_is_no_worse(browser: "Browser", home: str) -> None:
    """In light and dark, wide and narrow, shut and open."""
    for scheme, width in (("light", 1280), ("dark", 320)):
        context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 640})
        page = context.new_page()
        page.goto(f"{home}/sign-in")
        assert violations(page) == []
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("means you\u2019ve safely connected to the .gov website").wait_for()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        context.close()


def test_the_banner_opens_without_scripts(browser: "Browser", home: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{home}/sign-in")
    page.get_by_text("Here\u2019s how you know").click()
    page.get_by_text("Official websites use .gov").wait_for()
    context.close()
