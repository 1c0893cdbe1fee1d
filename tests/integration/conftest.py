"""What holds for every test beside this file."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little() -> Iterator[None]:
    """Hundreds of people sign in here; what a password costs an attacker is tested among the units."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cee_mailbot.accounts._hasher", lambda: CHEAP)
        yield
