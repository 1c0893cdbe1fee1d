"""What the page tells beside what one looks at: what a cell stands for, and how long a letter can be taken back yet."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.axe import violations
from tests.support.browser import Enter
from tests.support.mails import numbered
from tests.support.workshop import Workshop, invariants_kept

HOLD = 20


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path, undo_send=timedelta(seconds=HOLD))) as made:
        made.receive(*(numbered(number, documents=(b"Invoice",)) for number in (1, 2)))
        yield made


def test_what_a_cell_stands_for_is_told_to_pointer_and_keys(enter: Enter) -> None:
    """WCAG 1.4.13: it stays while the pointer is on it, Esc puts it away, and no row moves; screen readers have it."""
    page = enter("kim")
    first, second = page.locator("tr[data-row]").all()
    due, code = first.locator(".due .tip"), first.locator(".code .tip")
    link = first.locator("a.open")
    expect(link).to_have_accessible_description(re.compile("^The day of entry is not known yet. Docs Required"))
    expect(due).to_be_hidden()
    below = second.bounding_box()
    first.locator(".due").hover()
    expect(due).to_be_visible()
    due.hover()
    expect(due).to_be_visible()
    page.keyboard.press("Escape")
    expect(due).to_be_hidden()
    page.mouse.move(0, 0)
    page.keyboard.press("j")
    expect(link).to_be_focused()
    expect(code).to_have_text("Docs Required")
    expect(code).to_be_visible()
    expect(due).to_be_visible()
    assert second.bounding_box() == below
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(due).to_be_hidden()
    page.keyboard.press("j")
    expect(second.locator(".due .tip")).to_be_visible()
    expect(due).to_be_hidden()


def test_how_long_a_letter_can_be_taken_back_is_counted_and_then_there_is_no_button(enter: Enter) -> None:
    page = enter("kim")
    page.clock.install()
    with page.expect_navigation():
        page.locator("a.open").first.click()
    page.locator("summary", has_text="Message to filer").click()
    page.get_by_label("Message, which the filer will read").fill("Which page is the invoice?")
    with page.expect_navigation():
        page.get_by_role("button", name="Send message to filer").click()
    notice = page.locator(".alert.done")
    expect(notice.get_by_role("timer")).to_have_text(f"The letter leaves in {HOLD} seconds.")
    expect(notice.get_by_role("button", name="Undo send")).to_be_visible()
    page.clock.run_for(1000 * (HOLD - 5))
    expect(notice.get_by_role("timer")).to_have_text("The letter leaves in 5 seconds.")
    page.clock.run_for(6000)
    expect(notice).to_contain_text("it is on its way")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
