"""When to poll and when to send: APScheduler timers around plain functions."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

logger = logging.getLogger(__name__)


def run_until(stop: Event, jobs: Mapping[str, tuple[timedelta, Callable[[], None]]]) -> None:
    """Runs each job at its interval, at once for the first time, until `stop` is set; then waits for those running.

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
        scheduler.shutdown(wait=True)
