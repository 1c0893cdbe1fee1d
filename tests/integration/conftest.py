"""What holds for every test beside this file."""

import pytest
from argon2 import PasswordHasher

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def _passwords_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of people sign in here; what a password costs an attacker is tested among the units."""
    monkeypatch.setattr("cee_mailbot.accounts._hasher", lambda: CHEAP)
