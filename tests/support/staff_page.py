"""The queue page of a workshop, and browsers of people who have signed in."""

import re
from collections.abc import Collection
from html import unescape
from typing import Any

from fastapi.testclient import TestClient

from cee_mailbot import accounts
from cee_mailbot.desk.bulk_worker import BulkWorker
from cee_mailbot.domain.groups import GroupRule
from cee_mailbot.domain.roles import Role
from cee_mailbot.identity_provider import IdentityProvider
from cee_mailbot.web.application import build_application
from cee_mailbot.web.parts import Parts, Settings
from tests.support.workshop import Workshop

OWN = {"sec-fetch-site": "same-origin"}
PASSWORD = "a long enough password"


class StaffPage:
    """The page on a workshop; `settings` are its own, `provider` and `groups` for those who sign in elsewhere."""

    def __init__(
        self,
        shop: Workshop,
        provider: IdentityProvider | None = None,
        groups: tuple[GroupRule, ...] = (),
        **settings: Any,
    ) -> None:
        self.shop = shop
        checks = {"database": shop.store.check, "blobs": shop.blobs.check}
        self.worker = BulkWorker(shop.intake)
        parts = Parts(
            intake=shop.intake,
            settings=Settings(**settings),
            ready=checks,
            provider=provider,
            groups=groups,
            ring_bulk=self.worker.ring,
        )
        self.application = build_application(parts)

    def work(self) -> None:
        """Carries out what bulk jobs there are, to their end."""
        while self.worker.turn():
            pass

    def browser(self) -> TestClient:
        """A browser that shows our pages, and has not signed in."""
        return TestClient(self.application, base_url="http://127.0.0.1:8400", headers=OWN, follow_redirects=False)

    def person(
        self, name: str = "kim", role: Role = Role.SPECIALIST, teams: Collection[str] | None = None
    ) -> TestClient:
        """The browser of somebody who has just signed in."""
        accounts.add_account(
            self.shop.store,
            self.shop.clock,
            name=name,
            password=PASSWORD,
            role=role,
            teams=None if teams is None else frozenset(teams),
            actor="root",
        )
        browser = self.browser()
        answer = browser.post("/sign-in", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser


def form(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the first form of a page that goes to `action`."""
    found = re.search(rf'<form action="{re.escape(action)}" method="post"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found, f"the page has no form for {action}"
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', found[1])
    return {name: unescape(value) for name, value in fields}


def rows(page: str) -> list[str]:
    """The tracking numbers of the list, in order."""
    return re.findall(r'<tr data-row="([^"]*)"', page)
