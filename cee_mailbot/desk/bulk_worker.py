"""Carries bulk jobs out, outside the requests that start them: row by row, each in a transaction of its own.

The result of a row is written with the act itself, so that a kill between the two can neither do a row twice nor forget
it; what is to be done is looked up in the store before each row, so that a job goes on wherever it was.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, Thread

from cee_mailbot import crash
from cee_mailbot.bulk_ledger import BulkTask
from cee_mailbot.desk.bulk import JOBS, Doing, changed_since
from cee_mailbot.domain.bulk import UNDO
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.errors import BusyError, CeeMailbotError, ChangedError, NotAllowedError, TemporaryError, UserError
from cee_mailbot.intake import Intake
from cee_mailbot.lease_ledger import Lease
from cee_mailbot.ledger import Store, UnitOfWork
from cee_mailbot.log import fields
from cee_mailbot.questions import Questions

logger = logging.getLogger(__name__)

LOOKED_FOR_EVERY = timedelta(seconds=2)
"""How long a job waits at most that another process started, or that another left."""

SHORTEST_REST = timedelta(milliseconds=5)

_ALL = 0  # no job has this number
_FAILED = "the program failed at it; the log says why"


class BulkWorker:
    """Carries out the jobs of a store; several may be at it, in one process or in many."""

    def __init__(self, intake: Intake, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._intake = intake
        self._monotonic = monotonic
        self._called, self._ending = Event(), Event()
        self._told: dict[int, str] = {}  # the job that can't go on, or `_ALL`, and why

    def ring(self) -> None:
        """Says that there may be something to do now."""
        self._called.set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Carries jobs out from a thread until the block is left; the row that is under way is ended first."""
        thread = Thread(target=self._work, name="bulk jobs", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            self.ring()
            thread.join()

    def _work(self) -> None:
        while not self._ending.is_set():
            if not self._turn_safely():
                self._called.wait(LOOKED_FOR_EVERY.total_seconds())
            self._called.clear()

    def _turn_safely(self) -> int:
        try:
            done = self.turn()
        except Exception as error:  # noqa: BLE001 - it is told, and looked for again
            self._tell(_ALL, error)
            return 0
        self._told.pop(_ALL, None)
        return done

    def _tell(self, job: int, error: Exception) -> None:
        """Once for each fault: a database that is away is away for long."""
        if self._told.get(job) != str(error):
            known = isinstance(error, CeeMailbotError)  # which needs no traceback
            extra = fields(job=job) if job != _ALL else {}
            logger.error("bulk jobs wait: %s", error, exc_info=None if known else error, extra=extra)
        self._told[job] = str(error)

    def turn(self) -> int:
        """The next row of each job that is under way, so that a short one need not wait for a long one: how many."""
        with self._intake.store.read() as ask:
            tasks = ask.bulk_turn()
        return sum(self._done_and_rested(task) for task in tasks if not self._ending.is_set())

    def _done_and_rested(self, task: BulkTask) -> bool:
        """Does one row, and leaves the database to others for as long as that took.

        Who waits for SQLite looks again every now and then, every 0.1 s in the end, and nobody stands in a line: in
        pauses that are short beside the rows they would hardly ever look.
        """
        began = self._monotonic()
        done = self._tried(task)
        took = timedelta(seconds=self._monotonic() - began)
        self._ending.wait(min(max(SHORTEST_REST, took), LOOKED_FOR_EVERY).total_seconds())
        return done

    def _tried(self, task: BulkTask) -> bool:
        """What can't be done just now at one job, and is tried again, keeps no other from going on."""
        try:
            done = self._carry_out(task)
        except Exception as error:  # noqa: BLE001 - it is told
            self._tell(task.job, error)
            return False
        self._told.pop(task.job, None)
        return done

    def _carry_out(self, task: BulkTask) -> bool:
        """Does one row, or writes down why not; False when it is another's to do.

        Raises `CeeMailbotError` where the database can't be used: the row is done later.
        """
        store = RowStore(self._intake.store, task)
        try:
            JOBS[task.act].carry(Doing(intake=replace(self._intake, store=store), task=task))
            why = None if store.written else _FAILED
        except BusyError:
            return False
        except UserError as refused:
            why = self._in_words(refused, task)
        except TemporaryError:
            raise
        except Exception:
            logger.exception("a row of a bulk job broke", extra=fields(job=task.job, row=task.number))
            why = _FAILED
        if why is not None and not self._refuse(task, why):
            return False
        crash.here("C23")
        return True

    def _refuse(self, task: BulkTask, why: str) -> bool:
        try:
            with self._intake.store.begin(self._intake.site.clock.now()) as unit:
                unit.take_bulk_row(task)
                ended = unit.end_bulk_row(task, why)
        except BusyError:
            return False
        _log_end(task, ended=ended)
        return True

    def _in_words(self, refused: UserError, task: BulkTask) -> str:
        if isinstance(refused, ChangedError):
            with self._intake.store.read() as ask:
                return changed_since(ask.last_to_change([task.tracking]).get(task.tracking))
        return str(refused).replace(f"{task.tracking} ", "it ", 1)


class RowStore:
    """A store whose transaction is one row of a job: rights are asked anew first, the result is written last."""

    def __init__(self, inner: Store, task: BulkTask) -> None:
        self._inner, self._task = inner, task
        self.written = False

    @contextmanager
    def begin(self, now: datetime, *, lease: Lease | None = None) -> Iterator[UnitOfWork]:
        """See `ledger.Store`. Raises `BusyError` when the row is another's, `NotAllowedError` when rights are gone."""
        with self._inner.begin(now, lease=lease) as unit:
            unit.take_bulk_row(self._task)
            authorise(unit, self._task, now)
            yield unit
            ended = unit.end_bulk_row(self._task, None)
            crash.here("C22")
        self.written = True
        _log_end(self._task, ended=ended)

    def read(self) -> AbstractContextManager[Questions]:
        """See `ledger.Store`."""
        return self._inner.read()


def _log_end(task: BulkTask, *, ended: bool) -> None:
    if ended:
        logger.info("a bulk job has ended", extra=fields(job=task.job, act=task.act))


def authorise(unit: UnitOfWork, task: BulkTask, now: datetime) -> None:
    """Whether the person of a job may do this to this item now. Raises `NotAllowedError` or `NotFoundError`."""
    person = _as_now(unit, task, now)
    if not person.may(Role.SUPERVISOR):
        raise NotAllowedError(f"{person.name} has the role {person.role} now, and this needs {Role.SUPERVISOR}")
    item = unit.desk_item(task.tracking)
    # What one has handed over oneself is taken back from where one does not see it, as long as nobody was at it.
    if not person.sees(item.team) and not (task.act == UNDO and item.version == task.version):
        raise NotAllowedError(f"{person.name} does not work for the Center that has it now")


def _as_now(unit: UnitOfWork, task: BulkTask, now: datetime) -> Person:
    """The person with the role and teams of this moment. Raises `NotAllowedError` for one who may not come in."""
    account = unit.account(task.person.name)
    if account is not None and account.disabled:
        raise NotAllowedError(f"the account {account.name} is disabled")
    if task.until is None:
        if account is None:
            raise NotAllowedError(f"there is no account {task.person.name} any more")
        return Person(name=account.name, role=account.role, teams=account.teams)
    if now >= task.until:
        raise NotAllowedError(f"the sign-in of {task.person.name} with which it was started is over")
    return task.person
