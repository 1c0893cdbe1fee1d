"""What is kept of a password, and what trying one costs."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Lock

import pytest
from argon2 import Type, extract_parameters
from argon2.exceptions import VerificationError

from cee_mailbot.accounts import HASHED_AT_ONCE, add_account, person_of
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


class _CountedHasher:
    """Counts how many try a password at once: each waits for one more than may, or until there is none to come."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock, self._crowd = Lock(), Barrier(HASHED_AT_ONCE + 1)

    def verify(self, _known: str, _password: str) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        with suppress(BrokenBarrierError):
            self._crowd.wait(timeout=0.3)
        with self._lock:
            self._now -= 1
        raise VerificationError


def test_however_many_strangers_try_at_once_memory_for_a_few_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, hasher = new_store(tmp_path), _CountedHasher()
    monkeypatch.setattr("cee_mailbot.accounts._hasher", lambda: hasher)
    monkeypatch.setattr("cee_mailbot.accounts._nobodys_hash", lambda: "")
    with ThreadPoolExecutor(2 * HASHED_AT_ONCE) as strangers:
        tries = [strangers.submit(person_of, store, name="kim", password=PASSWORD) for _ in range(2 * HASHED_AT_ONCE)]
    assert {one.result() for one in tries} == {None}
    assert hasher.most == HASHED_AT_ONCE
    store.close()
