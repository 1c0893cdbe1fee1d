"""What is kept of a password, and what trying one costs."""

from datetime import UTC, datetime
from pathlib import Path

from argon2 import Type, extract_parameters

from cee_mailbot.accounts import add_account, person_of
from cee_mailbot.domain.roles import Role
from cee_mailbot.testing import FixedClock
from tests.support.new_database import new_store

PASSWORD = "correct horse battery staple"


def test_a_password_is_kept_as_rfc_9106_recommends_and_known_again(tmp_path: Path) -> None:
    store, clock = new_store(tmp_path), FixedClock(datetime(2026, 3, 2, tzinfo=UTC))
    add_account(store, clock, name="kim", password=PASSWORD, role=Role.VIEWER, teams=frozenset(), actor="root")
    with store.read() as ask:
        account = ask.account("kim")
    assert account is not None
    kept = extract_parameters(account.password)
    assert (kept.type, kept.memory_cost, kept.time_cost) == (Type.ID, 64 * 1024, 3)
    assert PASSWORD not in account.password
    assert person_of(store, name="kim", password=PASSWORD) is not None
    assert person_of(store, name="kim", password=PASSWORD + "r") is None
    store.close()
