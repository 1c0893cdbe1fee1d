"""The queue page of a workshop in a real browser, for the suites that ask for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cee_mailbot import accounts
from cee_mailbot.domain.roles import Role
from cee_mailbot.web.server import serving
from tests.support.staff_page import PASSWORD, StaffPage
from tests.support.workshop import Workshop, invariants_kept

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.support.browser import Enter


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    from tests.support.browser import chromium  # only the suites that ask for a browser pay for it

    with chromium() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """A site with nothing in it; whatever a test does to it, what must always hold holds afterwards."""
    with invariants_kept(Workshop(tmp_path)) as made:
        yield made


@pytest.fixture
def staff(shop: Workshop) -> StaffPage:
    """Its page."""
    return StaffPage(shop)


@pytest.fixture
def home(staff: StaffPage) -> Iterator[str]:
    """Where the page is served."""
    with serving(staff.application, host="127.0.0.1", tcp_port=0) as address:
        yield address


@pytest.fixture
def enter(browser: "Browser", shop: Workshop, home: str) -> "Iterator[Enter]":
    """Signs somebody new in, in a browser of their own; in none of them anything may happen that must not."""
    from tests.support.browser import Watch, signed_in

    opened: list[tuple[BrowserContext, Watch]] = []

    def enter_as(name: str) -> "Page":
        accounts.add_account(
            shop.store, shop.clock, name=name, password=PASSWORD, role=Role.ADMINISTRATOR, teams=None, actor="root"
        )
        context, watch = browser.new_context(), Watch(home=home)
        watch.attach(context)
        opened.append((context, watch))
        return signed_in(context, home, name)

    yield enter_as
    for context, watch in opened:
        context.close()
        watch.assert_quiet()
