"""Callers of the API of a workshop, each with a token of its own."""

from collections.abc import Collection
from datetime import timedelta

from fastapi.testclient import TestClient

from cee_mailbot import accounts
from cee_mailbot.account_ledger import Account
from cee_mailbot.domain.roles import Role, Scope
from tests.support.staff_page import StaffPage


def caller(
    page: StaffPage,
    name: str = "robot",
    *,
    role: Role = Role.ADMINISTRATOR,
    teams: Collection[str] | None = None,
    scopes: Collection[Scope] = tuple(Scope),
) -> TestClient:
    """A program with a new account and a token of it; it is no browser, and sends nothing that one would."""
    shop = page.shop
    made = Account(
        name=name,
        password="",  # no hash: nobody signs in with it
        role=role,
        teams=None if teams is None else frozenset(teams),
        disabled=False,
        created_at=shop.clock.now(),
    )
    with shop.store.begin(made.created_at) as unit:
        unit.add_account(made, actor="root")
    return with_token(page, token(page, name, scopes))


def token(page: StaffPage, name: str, scopes: Collection[Scope] = tuple(Scope), *, days: int = 90) -> str:
    """The secret of a new token of an account."""
    shop, lasts = page.shop, timedelta(days=days)
    secret, _ = accounts.add_token(
        shop.store, shop.clock, name=name, label="", scopes=frozenset(scopes), lasts=lasts, actor="root"
    )
    return secret


def with_token(page: StaffPage, secret: str) -> TestClient:
    """A program with this token."""
    headers = {"authorization": f"Bearer {secret}"}
    return TestClient(page.application, base_url="http://127.0.0.1:8400", headers=headers, follow_redirects=False)
