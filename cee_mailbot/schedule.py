"""When to poll and when to send: APScheduler timers around plain functions."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

logger = logging.getLogger(__name__)


GRACE = timedelta(seconds=15)
CLOCK_LOOKED_AT_EVERY = timedelta(seconds=5)


class _After(BaseTrigger):  # type: ignore[misc]
    """One interval after the turn before, or after now where turns were missed: a clock set ahead makes up for none."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """As APScheduler asks of a trigger."""
        return max(previous_fire_time or now, now) + self.interval


def run_until(
    stop: Event, jobs: Mapping[str, tuple[timedelta, Callable[[], None]]], *, grace: timedelta = GRACE
) -> bool:
    """Runs each job at its interval, at once for the first time, until `stop` is set; then waits for those running.

    It waits no longer than `grace`: whether all have come to their end by then. What has not may be ended as it
    stands, since nothing is lost or doubled by that.

    A job that overruns is not started again beside itself. A job must not raise: what it can't do, it logs. The timers
    go by the clock of the machine; when that is set back, no job waits until it has caught up.
    """
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max(1, len(jobs)))},  # so that no hung job keeps another waiting
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for name, (interval, job) in jobs.items():
        scheduler.add_job(job, _After(interval), id=name, next_run_time=datetime.now(UTC))
    scheduler.start()
    try:
        while not stop.wait(CLOCK_LOOKED_AT_EVERY.total_seconds()):
            _mend_turns(scheduler, datetime.now(UTC))
    finally:
        logger.info("stopping: waiting for what is under way")
        ending = Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
        ending.start()
        ending.join(grace.total_seconds())
    return not ending.is_alive()


def _mend_turns(scheduler: BackgroundScheduler, now: datetime) -> None:
    """Calls at once each job whose next turn is further away than its interval: a clock that was ahead has set it."""
    for job in scheduler.get_jobs():
        if job.next_run_time is not None and job.next_run_time - now > job.trigger.interval:
            logger.warning("the clock was set back; %s runs now", job.id)
            job.modify(next_run_time=now)
