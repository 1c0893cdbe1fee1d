"""A job that is woken while it runs runs once more; a refused sign-in is not repeated at every poll."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest

from cee_mailbot.errors import SignInError, UnreachableError
from cee_mailbot.sources.imap_idle import pause_after
from cee_mailbot.waking import LONGEST_PAUSE, PatientSource, Wakeable

PATIENCE = 60


def test_who_wakes_a_job_that_runs_has_it_run_once_more() -> None:
    """However often it is woken meanwhile, once more is enough: it looks at everything each time."""
    under_way, go_on, runs = threading.Event(), threading.Event(), []

    def job() -> None:
        runs.append(threading.current_thread())
        under_way.set()
        assert go_on.wait(PATIENCE)

    wakeable = Wakeable(job)
    thread = threading.Thread(target=wakeable.run)
    thread.start()
    assert under_way.wait(PATIENCE)
    for _ in range(3):
        wakeable.run()
    go_on.set()
    thread.join(PATIENCE)
    assert runs == [thread, thread]
    wakeable.run()
    assert len(runs) == 3


def test_a_job_that_broke_can_run_again() -> None:
    runs = []

    def job() -> None:
        runs.append(1)
        raise ValueError("bug")

    wakeable = Wakeable(job)
    for _ in range(2):
        with pytest.raises(ValueError, match="bug"):
            wakeable.run()
    assert len(runs) == 2


class Refusing:
    """A server that refuses the sign-in until it is told otherwise."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = SignInError("refused")

    def check(self) -> str:
        return "checked"

    @contextmanager
    def session(self) -> Iterator[Any]:
        self.asked += 1
        if self.error:
            raise self.error
        yield "session"


def open_once(source: PatientSource) -> None:
    with source.session():
        pass


def test_F81_a_refused_sign_in_is_spaced_out() -> None:
    """A day of polls, one a minute, asks the server some fifty times and not 1,440 times."""
    now, server = [0.0], Refusing()
    source = PatientSource(server, lambda: now[0])
    asked_at = []
    for minute in range(24 * 60):
        now[0] = minute * 60.0
        before = server.asked
        with pytest.raises(SignInError):
            open_once(source)
        if server.asked > before:
            asked_at.append(minute)
    assert asked_at[:5] == [0, 1, 3, 7, 15]
    assert len(asked_at) < 60
    assert max(later - earlier for earlier, later in pairwise(asked_at)) == LONGEST_PAUSE / 60


def test_after_a_good_sign_in_patience_begins_anew() -> None:
    now, server = [0.0], Refusing()
    source = PatientSource(server, lambda: now[0])
    with pytest.raises(SignInError, match="refused"):
        open_once(source)
    with pytest.raises(SignInError, match="tried again in 1 min"):
        open_once(source)
    now[0], server.error = 61.0, None
    open_once(source)
    server.error = SignInError("refused")
    with pytest.raises(SignInError):
        open_once(source)
    now[0] += 61
    server.error = None
    open_once(source)
    assert server.asked == 4
    assert source.check() == "checked"


def test_a_server_that_is_away_is_asked_at_every_poll() -> None:
    """Nothing is locked by that."""
    server = Refusing()
    server.error = UnreachableError("away")
    source = PatientSource(server, lambda: 0.0)
    for _ in range(5):
        with pytest.raises(UnreachableError):
            open_once(source)
    assert server.asked == 5


@pytest.mark.parametrize(("error", "longest"), [(UnreachableError("x"), 375), (SignInError("x"), 4500)])
def test_pauses_grow_and_have_an_end(error: Exception, longest: float) -> None:
    pauses = [pause_after(failures, error) for failures in range(1, 40)]
    assert min(pauses) >= 3
    assert max(pauses) <= longest
    assert pauses[-1] > pauses[0]
