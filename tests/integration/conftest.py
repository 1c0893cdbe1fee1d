"""What holds for every test beside this file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from tests.support.staff_page import StaffPage
from tests.support.workshop import Workshop, invariants_kept

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def _passwords_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of people sign in here; what a password costs an attacker is tested among the units."""
    monkeypatch.setattr("cee_mailbot.accounts._hasher", lambda: CHEAP)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A site with nothing in it; whatever a test does to it, what must always hold holds afterwards."""
    with invariants_kept(Workshop(tmp_path)) as made:
        yield made


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    """The same, under the name that tests of the page have for it."""
    return workshop


@pytest.fixture
def page(shop: Workshop) -> StaffPage:
    """The page and API of that site, and of whatever site a test has in its place."""
    return StaffPage(shop)


@pytest.fixture
def kim(page: StaffPage) -> TestClient:
    """The browser of a specialist who is signed in."""
    return page.person("kim")
