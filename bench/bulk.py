"""How long others wait for the database while bulk jobs run, from a thread and from another process.

    python bench/bulk.py --seconds 8 --jobs 1

Each row holds the database for `--row` milliseconds more than it takes here, as on a slower disk. Three times in one
run: without any job, with jobs as they are carried out, and with rests of 5 ms between turns, as short as they may be.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cee_mailbot import crash
from cee_mailbot.bulk_ledger import BulkTask
from cee_mailbot.desk import bulk
from cee_mailbot.desk.bulk import Asker
from cee_mailbot.desk.bulk_worker import SHORTEST_REST, BulkWorker
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.store.database import SqlStore
from tests.support.mails import numbered
from tests.support.many_items import copied
from tests.support.workshop import Workshop

ITEMS = 2000
BETWEEN = 0.05  # seconds between two writes of those who wait


class Restless(BulkWorker):
    """Rests between turns alone, and briefly."""

    def _done_and_rested(self, task: BulkTask) -> bool:
        return self._tried(task)

    def turn(self) -> int:
        """As its base, and a short rest."""
        done = super().turn()
        time.sleep(SHORTEST_REST.total_seconds())
        return done


def waits(store: SqlStore, seconds: float) -> list[float]:
    """What each of many small writes took, in milliseconds."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        with store.begin(datetime.now(UTC)) as unit:
            unit.set_preference("bench", "bench", "1")
        found.append((time.perf_counter() - began) * 1000)
        time.sleep(BETWEEN)
    return found


def measured(shop: Workshop, worker: BulkWorker | None, seconds: float) -> tuple[list[float], list[float]]:
    """What writes took in a thread of the worker's process, and in another process."""
    other = [sys.executable, __file__, "--seconds", str(seconds), "--wait-at", str(shop.folder / "bot.db")]
    with nullcontext() if worker is None else worker.working():
        process = subprocess.Popen(other, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this file
        here = waits(shop.store, seconds)
        told, _ = process.communicate()
    return here, [float(one) for one in told.split()]


def with_jobs(
    shop: Workshop, items: list[str], jobs: int, worker: BulkWorker, seconds: float
) -> tuple[list[float], list[float], float]:
    """The same while so many jobs run, and how many rows a second they did."""
    sue = Asker(person=Person(name="sue", role=Role.SUPERVISOR), until=shop.clock.now() + timedelta(hours=1))
    share, made = len(items) // jobs, []
    for number in range(jobs):
        made.append(bulk.foretell(shop.intake, sue, "note", items=items[number * share : (number + 1) * share]))
        bulk.start(shop.intake, sue, made[-1], {"text": "seen"})
    here, there = measured(shop, worker, seconds)
    with shop.store.read() as ask:
        left = [job for job in map(ask.bulk_job, made) if job is not None]
    for job in left:
        if not job.to_do:
            sys.exit("a job ended before the time was over: this measures nothing")
        bulk.stop(shop.intake, job.id, actor="sue")
    return here, there, sum(job.changed for job in left) / seconds


def told(name: str, found: list[float]) -> str:
    """The median, what 19 of 20 take at most, and the most."""
    most = sorted(found)
    shown = f"median {median(found):7.1f}, 95 % {most[int(len(most) * 0.95)]:7.1f}, most {most[-1]:7.1f} ms"
    return f"{name:32} {shown}\n"


def slower(milliseconds: float) -> Callable[[str], None]:
    """A moment within each row's transaction that takes so long."""
    return lambda point: time.sleep(milliseconds / 1000) if point == "C21" else None


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=8)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--row", type=float, default=25)
    options.add_argument("--wait-at", help="write to this database and tell what it took; for the other process")
    given = options.parse_args()
    if given.wait_at:
        sys.stdout.write(" ".join(map(str, waits(SqlStore(f"sqlite:///{given.wait_at}"), given.seconds))))
        return
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(Path(folder))
        shop.receive(numbered(1))
        items = copied(shop, ITEMS)
        here, there = measured(shop, None, given.seconds / 2)
        sys.stdout.write(told("no job: thread", here) + told("no job: process", there))
        crash.here = slower(given.row)
        for name, worker in (("as it is", BulkWorker(shop.intake)), ("rests of 5 ms", Restless(shop.intake))):
            here, there, rows = with_jobs(shop, items, given.jobs, worker, given.seconds)
            sys.stdout.write(told(f"{name}, {rows:.0f} rows/s: thread", here) + told(f"{name}: process", there))
        shop.store.close()


if __name__ == "__main__":
    main()
