"""Bulk jobs row by row: each is done once, whoever is killed, stopped, overtaken or no longer allowed to."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event

from cee_mailbot import accounts, crash, desk
from cee_mailbot.account_ledger import Account
from cee_mailbot.bulk_ledger import BULK_LEASE, BulkJobFacts, BulkTask
from cee_mailbot.desk import bulk
from cee_mailbot.desk.bulk import Asker
from cee_mailbot.desk.bulk_worker import BulkWorker
from cee_mailbot.domain.bulk import BulkState
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.errors import NotAllowedError, UnreachableError, UserError
from cee_mailbot.recovery import recover
from cee_mailbot.store.database import SqlStore
from tests.support.mails import numbered
from tests.support.many_items import copied
from tests.support.workshop import Killed, Workshop, invariants_kept

SUE = Asker(person=Person(name="sue", role=Role.SUPERVISOR, teams=frozenset({"007"})))
ITEMS = 5


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path)) as made:
        made.receive(*(numbered(number) for number in range(1, ITEMS + 1)))
        account = Account(
            name="sue",
            password="",  # no hash: nobody signs in with it
            role=SUE.person.role,
            teams=SUE.person.teams,
            disabled=False,
            created_at=made.clock.now(),
        )
        with made.store.begin(made.clock.now()) as unit:
            unit.add_account(account, actor="root")
        yield made


@pytest.fixture
def rival(shop: Workshop) -> Iterator[BulkWorker]:
    """A worker in a process of another machine, at the same database."""
    store = SqlStore(f"sqlite:///{shop.folder / 'bot.db'}", holder="another.example/boot 7 7")
    yield BulkWorker(replace(shop.intake, store=store))
    store.close()


def begun(shop: Workshop, act: str = "note", **fields: str) -> int:
    """A job on every item that was started."""
    if act == "note":
        fields = {"text": "seen", **fields}
    items = [item.tracking for item in shop.items()]
    job = bulk.foretell(shop.intake, SUE, act, items=items)
    bulk.start(shop.intake, SUE, job, fields)
    return job


def work(worker: BulkWorker) -> None:
    """Carries out what there is, to its end."""
    while worker.turn():
        pass


def job_of(shop: Workshop, job: int) -> BulkJobFacts:
    with shop.store.read() as ask:
        found = ask.bulk_job(job)
    assert found is not None
    return found


def why_not(shop: Workshop, job: int) -> list[str | None]:
    """What is said of each row, those not changed first."""
    with shop.store.read() as ask:
        return [row.why for row in ask.bulk_rows(job, limit=1000)]


def notes(shop: Workshop) -> list[int]:
    """How many notes each item has."""
    with shop.store.read() as ask:
        return [len(ask.story(item.tracking).notes) for item in shop.items()]


def killed_and_started_again(shop: Workshop, moment: str, done: int, patch: pytest.MonkeyPatch) -> None:
    """`done` items are changed at the kill, all of them once after it; a result is there if and only if its act is."""

    def kill() -> None:
        raise Killed(moment)

    job = begun(shop)
    patch.setattr(crash, "here", crash.armed(moment, kill))
    with pytest.raises(Killed):
        work(BulkWorker(shop.intake))
    assert notes(shop) == [1] * done + [0] * (ITEMS - done)
    assert job_of(shop, job).changed == done
    work(BulkWorker(shop.intake))  # it is started again: this process is none that has ended, and has its own lease
    assert notes(shop) == [1] * ITEMS
    found = job_of(shop, job)
    assert (found.state, found.changed, found.to_do) == (BulkState.FINISHED, ITEMS, 0)


@pytest.mark.parametrize("row", [1, 3, ITEMS])
@pytest.mark.parametrize("point", ["C21", "C22"])
def test_C22_killed_before_a_row_is_committed_neither_act_nor_result_is_there(
    shop: Workshop, point: str, row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_and_started_again(shop, f"{point}:{row}", row - 1, monkeypatch)


@pytest.mark.parametrize("row", [1, 3, ITEMS])
def test_C23_killed_between_two_rows_the_first_is_done_and_not_done_again(
    shop: Workshop, row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_and_started_again(shop, f"C23:{row}", row, monkeypatch)


def test_of_two_workers_one_has_a_job_until_its_lease_is_over(shop: Workshop, rival: BulkWorker) -> None:
    job, worker = begun(shop), BulkWorker(shop.intake)
    assert (worker.turn(), rival.turn()) == (1, 0)
    shop.clock.advance(BULK_LEASE + timedelta(seconds=1))
    assert (rival.turn(), worker.turn()) == (1, 0), "what stands still is taken over, and finds that it was"
    work(rival)
    assert notes(shop) == [1] * ITEMS
    assert job_of(shop, job).changed == ITEMS


def test_a_row_that_another_did_meanwhile_is_not_done_again(shop: Workshop, rival: BulkWorker) -> None:
    """Stopped after it looked what is to do, and continued after the other has done it and everything else."""
    job = begun(shop)
    with shop.store.read() as ask:
        (task,) = ask.bulk_turn()
    work(rival)
    assert BulkWorker(shop.intake)._carry_out(task) is False
    assert notes(shop) == [1] * ITEMS
    assert job_of(shop, job).changed == ITEMS


def test_a_short_job_does_not_wait_for_a_long_one(shop: Workshop) -> None:
    long = begun(shop)
    short = bulk.foretell(shop.intake, SUE, "note", items=[shop.items()[-1].tracking])
    bulk.start(shop.intake, SUE, short, {"text": "short"})
    assert BulkWorker(shop.intake).turn() == 2
    assert job_of(shop, short).state is BulkState.FINISHED
    assert job_of(shop, long).to_do == ITEMS - 1


def test_an_account_disabled_midway_does_nothing_more(shop: Workshop) -> None:
    job, worker = begun(shop), BulkWorker(shop.intake)
    worker.turn()
    accounts.disable(shop.store, shop.clock, name="sue", actor="root")
    work(worker)
    assert notes(shop) == [1, 0, 0, 0, 0]
    assert why_not(shop, job) == ["the account sue is disabled"] * 4 + [None]


@pytest.mark.parametrize(
    ("role", "teams", "why"),
    [
        (Role.SPECIALIST, {"007"}, "sue has the role specialist now, and this needs supervisor"),
        (Role.SUPERVISOR, {"001"}, "sue does not work for the Center that has it now"),
    ],
)
def test_a_role_or_team_lost_midway_ends_what_it_allowed(shop: Workshop, role: Role, teams: set[str], why: str) -> None:
    job, worker = begun(shop), BulkWorker(shop.intake)
    worker.turn()
    accounts.set_role(shop.store, shop.clock, name="sue", role=role, teams=frozenset(teams), actor="root")
    work(worker)
    assert why_not(shop, job) == [why] * 4 + [None]


def test_a_role_that_a_provider_gave_holds_until_its_sign_in_is_over(shop: Workshop) -> None:
    """What an account of that name may do is no matter, but for one that is disabled."""
    ann = Asker(person=Person(name="ann", role=Role.SUPERVISOR), until=shop.clock.now() + timedelta(hours=1))
    items = [item.tracking for item in shop.items()]
    job = bulk.foretell(shop.intake, ann, "note", items=items)
    bulk.start(shop.intake, ann, job, {"text": "seen"})
    worker = BulkWorker(shop.intake)
    worker.turn()
    shop.clock.advance(timedelta(hours=1))
    work(worker)
    assert why_not(shop, job) == ["the sign-in of ann with which it was started is over"] * 4 + [None]


def test_a_job_is_started_with_the_teams_of_the_sign_in_that_starts_it(shop: Workshop) -> None:
    """A preview lives for a day, and the provider may give less by the next sign-in."""
    later = shop.clock.now() + timedelta(hours=1)
    before = Asker(person=Person(name="ann", role=Role.SUPERVISOR), until=later)
    job = bulk.foretell(shop.intake, before, "note", items=[item.tracking for item in shop.items()])
    now = Person(name="ann", role=Role.SUPERVISOR, teams=frozenset({"001"}))
    bulk.start(shop.intake, Asker(person=now, until=later), job, {"text": "seen"})
    work(BulkWorker(shop.intake))
    assert notes(shop) == [0] * ITEMS
    assert set(why_not(shop, job)) == {"ann does not work for the Center that has it now"}


def test_what_is_stopped_ends_where_it_is(shop: Workshop) -> None:
    job, worker = begun(shop), BulkWorker(shop.intake)
    worker.turn()
    bulk.stop(shop.intake, job, actor="sue")
    work(worker)
    assert notes(shop) == [1, 0, 0, 0, 0]
    assert why_not(shop, job) == ["stopped by sue before its turn"] * 4 + [None]
    with pytest.raises(NotAllowedError, match="stopped"):
        bulk.stop(shop.intake, job, actor="sue")


def test_a_restored_database_goes_on_with_no_job(shop: Workshop) -> None:
    """It went on after the backup was made, and its letters have left: done again they would leave twice."""
    job = begun(shop, "transfer", team="001", reason="chemicals")
    BulkWorker(shop.intake).turn()
    recover(shop.intake)
    work(BulkWorker(shop.intake))
    assert [item.team for item in shop.items()] == ["001", "007", "007", "007", "007"]
    assert why_not(shop, job)[0] == "stopped by the restore of a backup before its turn"


def test_letters_of_a_job_can_be_taken_back_as_those_of_a_single_act(tmp_path: Path) -> None:
    """They wait out `undo_send`."""
    with invariants_kept(Workshop(tmp_path, undo_send=timedelta(seconds=20))) as shop:
        shop.receive(numbered(1))
        asker = Asker(person=Person(name="ann", role=Role.SUPERVISOR), until=shop.clock.now() + timedelta(hours=1))
        job = bulk.foretell(shop.intake, asker, "transfer", items=[shop.items()[0].tracking])
        bulk.start(shop.intake, asker, job, {"team": "001", "reason": "chemicals"})
        work(BulkWorker(shop.intake))
        assert shop.send().sent == 1, "the acknowledgement alone"
        shop.clock.advance(timedelta(seconds=21))
        assert shop.send().sent == 1


def test_a_database_that_is_away_is_told_of_once_and_the_jobs_go_on_when_it_is_back(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job, worker = begun(shop), BulkWorker(shop.intake)

    def away() -> None:
        raise UnreachableError("can't use the database")

    monkeypatch.setattr(shop.store, "read", away)
    assert [worker._turn_safely() for _ in range(3)] == [0, 0, 0]
    assert caplog.text.count("bulk jobs wait: can't use the database") == 1
    monkeypatch.undo()
    assert worker._turn_safely() == 1
    assert job_of(shop, job).changed == 1


def test_what_is_in_the_way_of_one_job_keeps_no_other_waiting(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The job that was started first is first in each turn: it kept all others waiting for as long as it was stuck."""
    stuck, other = begun(shop, "claim"), begun(shop)

    def away(_doing: bulk.Doing) -> None:
        raise UnreachableError("can't use the disk")

    monkeypatch.setitem(bulk.JOBS, "claim", bulk.BulkAct(carry=away))  # type: ignore[arg-type]
    worker = BulkWorker(shop.intake)
    work(worker)
    assert job_of(shop, other).state is BulkState.FINISHED
    assert (job_of(shop, stuck).state, job_of(shop, stuck).to_do) == (BulkState.UNDER_WAY, ITEMS)
    assert caplog.text.count("bulk jobs wait: can't use the disk") == 1
    monkeypatch.undo()
    work(worker)
    assert job_of(shop, stuck).to_do == 0


def test_after_each_row_others_have_the_database_for_as_long_as_the_row_took(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also between rows of two jobs: those who wait look every now and then, and must meet a pause."""
    begun(shop)
    begun(shop)
    ticks = count(start=0.0, step=0.03)
    worker = BulkWorker(shop.intake, lambda: next(ticks))
    happened: list[object] = []
    carry_out = worker._carry_out

    def noted(task: BulkTask) -> bool:
        happened.append("row")
        return carry_out(task)

    monkeypatch.setattr(worker, "_carry_out", noted)
    monkeypatch.setattr(worker._ending, "wait", lambda seconds: happened.append(round(seconds, 3)))
    worker.turn()
    assert happened == ["row", 0.03, "row", 0.03]


def test_a_worker_that_is_to_end_begins_no_other_row(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = begun(shop), begun(shop)
    worker = BulkWorker(shop.intake)
    monkeypatch.setattr(worker._ending, "is_set", lambda: job_of(shop, first).changed > 0)
    assert worker.turn() == 1
    assert job_of(shop, second).to_do == ITEMS


def cost(shop: Workshop, items: list[str]) -> tuple[int, int]:
    """How many statements, and how much memory at most, a start and two rows take."""
    job = bulk.foretell(shop.intake, SUE, "note", items=items)
    with statements(shop) as made:
        tracemalloc.start()
        bulk.start(shop.intake, SUE, job, {"text": "seen"})
        BulkWorker(shop.intake).turn()
        BulkWorker(shop.intake).turn()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    bulk.stop(shop.intake, job, actor="sue")
    return len(made), peak


@contextmanager
def statements(shop: Workshop) -> Iterator[list[str]]:
    """What the database is asked within the block."""
    made: list[str] = []
    engines = (shop.store._reader, shop.store._writer)

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        made.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield made
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_the_preview_of_an_undo_asks_no_more_for_many_items_that_others_changed(shop: Workshop) -> None:
    job, asked = begun(shop, "claim"), []
    work(BulkWorker(shop.intake))
    for item in shop.items()[: ITEMS - 1]:
        desk.note(shop.intake, item.tracking, "wait", actor="Lee")
        with statements(shop) as made:
            undo = bulk.foretell_undo(shop.intake, SUE, job)
        asked.append(len(made))
    assert set(asked) == {asked[0]}
    assert why_not(shop, undo) == ["changed since by Lee"] * (ITEMS - 1) + [None]


def test_neither_a_start_nor_a_row_costs_more_for_a_thousand_items(shop: Workshop) -> None:
    items = copied(shop, 1000)
    cost(shop, items[:10])  # what is kept of statements is made once
    few, many = cost(shop, items[10:20]), cost(shop, items[20:])
    assert few[0] == many[0], "statements"
    assert many[1] - few[1] < 100_000, "bytes; a hundred of each item"


def test_a_fault_of_ours_at_one_row_ends_neither_the_job_nor_the_worker(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One bad row never stops the rest, and is not tried for ever."""
    bad = shop.items()[1].tracking

    def broken(doing: bulk.Doing) -> None:
        if doing.task.tracking == bad:
            raise RuntimeError("a bug")
        desk.note(doing.intake, doing.task.tracking, "seen", actor="sue")

    monkeypatch.setitem(bulk.JOBS, "note", bulk.BulkAct(carry=broken))  # type: ignore[arg-type]
    job = begun(shop)
    work(BulkWorker(shop.intake))
    assert notes(shop) == [1, 0, 1, 1, 1]
    assert why_not(shop, job)[0] == "the program failed at it; the log says why"
    assert "a row of a bulk job broke" in caplog.text


def test_all_that_a_job_changed_is_taken_back_but_for_what_changed_since(shop: Workshop) -> None:
    job = begun(shop, "close", outcome="done")
    work(BulkWorker(shop.intake))
    items = [item.tracking for item in shop.items()]
    desk.reopen(shop.intake, items[0], actor="Kim")
    undo = bulk.foretell_undo(shop.intake, SUE, job)
    bulk.start(shop.intake, SUE, undo)
    desk.note(shop.intake, items[1], "wait", actor="Lee")
    work(BulkWorker(shop.intake))
    assert why_not(shop, undo) == ["changed since by Kim", "changed since by Lee", None, None, None]
    assert [item.state for item in shop.items()] == ["new", "closed", "new", "new", "new"]


def test_items_that_were_handed_over_are_taken_back_from_where_one_does_not_see_them(shop: Workshop) -> None:
    """As on the page: until somebody there does something with them, and as long as no letter has left."""
    job = begun(shop, "transfer", team="001", reason="chemicals")
    work(BulkWorker(shop.intake))
    assert {item.team for item in shop.items()} == {"001"}
    items = [item.tracking for item in shop.items()]
    desk.claim(shop.intake, items[0], actor="Lee")
    undo = bulk.foretell_undo(shop.intake, SUE, job)
    bulk.start(shop.intake, SUE, undo)
    work(BulkWorker(shop.intake))
    assert [item.team for item in shop.items()] == ["001", "007", "007", "007", "007"]
    assert why_not(shop, undo)[0] == "changed since, elsewhere", "what happens at another Center is not told"
    assert shop.send().sent == ITEMS + 1, "acknowledgements, and the letter of the hand-over that stands"


def test_a_job_of_notes_can_not_be_taken_back(shop: Workshop) -> None:
    """Undo passes notes over: it would take back what was done before them."""
    job = begun(shop)
    work(BulkWorker(shop.intake))
    with pytest.raises(NotAllowedError):
        bulk.foretell_undo(shop.intake, SUE, job)


def test_a_day_that_is_over_is_refused_before_any_item_is(shop: Workshop) -> None:
    """The job ended at once with nothing changed, and had to be previewed anew."""
    job = bulk.foretell(shop.intake, SUE, "wait", items=[shop.items()[0].tracking])
    for until in ("0001-01-01", "2026-03-01", "9999-12-31", "2026-03-02T15:00+00:00"):
        with pytest.raises(UserError, match=r"is over already|can't be meant"):
            bulk.start(shop.intake, SUE, job, {"until": until})
    bulk.start(shop.intake, SUE, job, {"until": "2026-03-02"})  # its morning is to come in the west
    assert job_of(shop, job).state is BulkState.UNDER_WAY


def test_no_more_than_a_few_jobs_of_a_person_are_under_way(shop: Workshop) -> None:
    for _ in range(bulk.MOST_OPEN):
        begun(shop)
    with pytest.raises(NotAllowedError, match="under way"):
        begun(shop)


def test_what_nobody_started_is_forgotten_when_there_is_more_of_it(shop: Workshop) -> None:
    items = [item.tracking for item in shop.items()]
    jobs = [bulk.foretell(shop.intake, SUE, "claim", items=items) for _ in range(12)]
    with shop.store.read() as ask:
        kept = [one.id for one in ask.bulk_jobs(person="sue", limit=100)]
    assert kept == jobs[:1:-1]


def test_jobs_are_forgotten_after_their_time_and_their_numbers_are_no_others(shop: Workshop) -> None:
    done, open_ = begun(shop), begun(shop)
    BulkWorker(shop.intake).turn()
    bulk.stop(shop.intake, done, actor="sue")
    previewed = bulk.foretell(shop.intake, SUE, "claim", items=[shop.items()[0].tracking])
    shop.clock.advance(timedelta(days=2))
    with shop.store.begin(shop.clock.now()) as unit:
        assert unit.forget_bulk_jobs(previewed=timedelta(days=1), ended=timedelta(days=3)) == 1
    shop.clock.advance(timedelta(days=2))
    with shop.store.begin(shop.clock.now()) as unit:
        assert unit.forget_bulk_jobs(previewed=timedelta(days=1), ended=timedelta(days=3)) == 1
    with shop.store.read() as ask:
        assert [one.id for one in ask.bulk_jobs(person="sue", limit=9)] == [open_], "what is under way stays"
    assert bulk.foretell(shop.intake, SUE, "claim", items=[shop.items()[0].tracking]) > previewed
    with closing(sqlite3.connect(shop.folder / "bot.db")) as database:
        assert database.execute("SELECT DISTINCT job_id FROM bulk_row ORDER BY 1").fetchall() == [(2,), (4,)]
