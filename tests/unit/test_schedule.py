"""Jobs run at once, at their interval, never beside themselves, until they are told to stop."""

import threading
from datetime import datetime, timedelta, tzinfo

import apscheduler.schedulers.base
import pytest

from cee_mailbot import schedule
from cee_mailbot.schedule import run_until

SOON = timedelta(milliseconds=10)
NEVER = timedelta(days=1)
PATIENCE = 60


def test_every_job_runs_at_once_and_stop_ends_all() -> None:
    stop, ran = threading.Event(), [threading.Event(), threading.Event()]

    def last() -> None:
        ran[1].set()
        assert ran[0].wait(PATIENCE)
        stop.set()

    run_until(stop, {"first": (NEVER, ran[0].set), "last": (NEVER, last)})
    assert all(event.is_set() for event in ran)


def test_a_job_runs_again_at_its_interval() -> None:
    stop, runs = threading.Event(), []

    def job() -> None:
        runs.append(1)
        if len(runs) == 3:
            stop.set()

    run_until(stop, {"job": (SOON, job)})
    assert len(runs) >= 3


def test_a_job_that_overruns_is_not_started_beside_itself(caplog: pytest.LogCaptureFixture) -> None:
    """Another job keeps time meanwhile: its runs show that the first one's turns were skipped."""
    stop, ticks, running, most = threading.Event(), threading.Semaphore(0), [0], [0]

    def slow() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        for _ in range(5):
            assert ticks.acquire(timeout=PATIENCE)
        running[0] -= 1
        stop.set()

    run_until(stop, {"slow": (SOON, slow), "tick": (SOON, ticks.release)})
    assert most == [1]
    assert any("maximum number of running instances" in record.getMessage() for record in caplog.records)


def test_f86_hung_jobs_keep_no_other_job_waiting() -> None:
    """Twelve mailboxes whose servers do not answer, and replies still go out."""
    stop, sent, in_time = threading.Event(), threading.Event(), []

    def hung() -> None:
        in_time.append(sent.wait(PATIENCE))
        stop.set()

    run_until(stop, {**{f"poll {number}": (NEVER, hung) for number in range(12)}, "send": (NEVER, sent.set)})
    assert in_time == [True] * 12


def test_stopping_waits_for_what_is_under_way() -> None:
    stop, ended = threading.Event(), []

    def job() -> None:
        stop.set()
        ended.append(1)

    run_until(stop, {"job": (NEVER, job)})
    assert ended == [1]


def test_a_job_that_raises_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    stop, runs = threading.Event(), []

    def bad() -> None:
        runs.append(1)
        if len(runs) == 2:
            stop.set()
        raise ValueError("bug")

    run_until(stop, {"bad": (SOON, bad)})
    assert len(runs) >= 2
    assert any(record.levelname == "ERROR" for record in caplog.records)


def test_without_jobs_it_only_waits_to_be_stopped() -> None:
    stop = threading.Event()
    stop.set()
    run_until(stop, {})


def test_f86_a_job_that_hangs_keeps_nothing_from_ending() -> None:
    """What has not come to its end within the grace is told, not waited for."""
    stop, hangs = threading.Event(), threading.Event()

    def hung() -> None:
        stop.set()
        hangs.wait(PATIENCE)

    assert not run_until(stop, {"job": (NEVER, hung)}, grace=SOON)
    hangs.set()


def test_jobs_that_come_to_their_end_are_waited_for() -> None:
    stop = threading.Event()
    assert run_until(stop, {"job": (NEVER, stop.set)})


@pytest.mark.parametrize("jump", [timedelta(days=-365), timedelta(days=365 * 26)])
def test_a_clock_that_jumps_stops_no_timer(jump: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it have a job make up for every turn of the years that it left out."""
    stop, runs, ahead = threading.Event(), [], [timedelta()]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return super().now(tz) + ahead[0]

    def job() -> None:
        runs.append(1)
        ahead[0] = jump
        if len(runs) == 3:
            stop.set()

    for module in (apscheduler.schedulers.base, schedule):
        monkeypatch.setattr(module, "datetime", Clock)
    monkeypatch.setattr(schedule, "CLOCK_LOOKED_AT_EVERY", SOON)
    in_vain = threading.Timer(PATIENCE, stop.set)
    in_vain.start()
    run_until(stop, {"job": (SOON, job)})
    in_vain.cancel()
    assert len(runs) >= 3
