"""A real browser on the queue page: the system's Chromium, driven through Playwright, with no way out but loopback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect, sync_playwright

from tests.support.needs import needed
from tests.support.staff_page import PASSWORD

_ARGUMENTS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
)

PATIENCE = 180_000  # milliseconds: a machine with much to do draws a page when it comes to it


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; skipped where there is none, which is a failure under CI=true."""
    found = needed("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        expect.set_options(timeout=PATIENCE)
        new_context = browser.new_context

        def patient_context(**options: Any) -> BrowserContext:
            context = new_context(**options)
            context.set_default_timeout(PATIENCE)
            return context

        browser.new_context = patient_context  # type: ignore[method-assign]
        yield browser
        browser.close()


Enter = Callable[[str], Page]


@dataclass(kw_only=True)
class Watch:
    """What a page did that it must not do: requests to elsewhere, dialogs, errors of its own scripts."""

    home: str
    elsewhere: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def assert_quiet(self) -> None:
        """Nothing of it happened."""
        assert (self.elsewhere, self.dialogs, self.errors) == ([], [], [])

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:", "about:")):
            self.elsewhere.append(request.url)

    def attach(self, context: BrowserContext) -> None:
        """Begins to watch every page of a context; what goes elsewhere is noted and does not get there."""
        context.on("request", self._note_request)
        context.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.route(lambda url: urlsplit(url).netloc != urlsplit(self.home).netloc, _nowhere)


def _nowhere(route: Route) -> None:
    route.abort()


def signed_in(context: BrowserContext, home: str, name: str) -> Page:
    """A page of somebody who has just signed in by the form."""
    page = context.new_page()
    page.goto(home)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page
