"""When to poll and when to send: APScheduler timers around plain functions."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

logger = logging.getLogger(__name__)


GRACE = timedelta(seconds=15)


def run_until(
    stop: Event, jobs: Mapping[str, tuple[timedelta, Callable[[], None]]], *, grace: timedelta = GRACE
) -> bool:
    """Runs each job at its interval, at once for the first time, until `stop` is set; then waits for those running.

    It waits no longer than `grace`: whether all have come to their end by then. What has not may be ended as it
    stands, since nothing is lost or doubled by that.

    A job that overruns is not started again beside itself. A job must not raise: what it can't do, it logs.
    """
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max(1, len(jobs)))},  # so that no hung job keeps another waiting
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for name, (interval, job) in jobs.items():
        scheduler.add_job(job, "interval", seconds=interval.total_seconds(), id=name, next_run_time=datetime.now(UTC))
    scheduler.start()
    try:
        stop.wait()
    finally:
        logger.info("stopping: waiting for what is under way")
        ending = Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
        ending.start()
        ending.join(grace.total_seconds())
    return not ending.is_alive()
