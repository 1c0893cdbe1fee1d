"""The list of the queue page in a short and in a long queue: what its first, its middle and its last page cost.

    python bench/worklist.py --short 1000 --long 100000

Prints the median processor time of each page in each queue, and as a ratio to the first page of the short one; the
same of the counts above the list, and what the whole list costs as CSV. The
items are written as rows; what is measured is the question that the page asks, its facts included.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import insert

from cee_mailbot.domain.export import csv_lines
from cee_mailbot.questions import Mark, WorklistQuery
from cee_mailbot.store.database import SqlStore
from cee_mailbot.store.tables import SubmissionRow

TEAMS = tuple(f"{team:03}" for team in range(1, 11))
START = datetime(2026, 1, 5, 15, tzinfo=UTC)
AT_ONCE = 5000
MOST_COUNTED = 10_001  # as the page does


def items(count: int) -> Iterator[dict[str, object]]:
    """Open items of ten teams, two of three with a due date."""
    for number in range(count):
        presented = START + timedelta(minutes=number)
        yield {
            "tracking": f"CEE-{TEAMS[number % 10]}-26-{number:06}-X",
            "team": TEAMS[number % 10],
            "mailbox": "bench",
            "state": "new",
            "code": "DR",
            "account": "NokiaInc",
            "entry_number": f"345-{number:08}",
            "port": "2704",
            "sender": "broker@filer.example",
            "sender_domain": "filer.example",
            "sender_key": "filer.example",
            "presented_at": presented,
            "zone": "America/Los_Angeles",
            "basis": "date",
            "strength": "B",
            "received_at": presented,
            "due": presented + timedelta(days=10) if number % 3 else None,
            "created_at": presented,
            "updated_at": presented,
            "version": 1,
        }


def queue_of(count: int, folder: str) -> SqlStore:
    """A store with so many open items."""
    store = SqlStore(f"sqlite:///{folder}/{count}.db")
    store.migrate()
    rows = list(items(count))
    for start in range(0, count, AT_ONCE):
        with store._writer.begin() as connection:  # noqa: SLF001 - the rows themselves: taking mail in is not what is measured
            connection.execute(insert(SubmissionRow), rows[start : start + AT_ONCE])
    return store


def pages(count: int) -> dict[str, Mark | None]:
    """Where three pages of the list begin: by a mark, as the address of a page has it."""
    middle = START + timedelta(minutes=count // 2, days=10)
    last_undated = START + timedelta(minutes=count)
    return {
        "first": None,
        "middle": Mark(at=(middle, middle - timedelta(days=10)), row=0),
        "last": Mark(at=(None, last_undated - timedelta(minutes=200)), row=0),
    }


def cost(store: SqlStore, ask_for: Callable[[SqlStore], None], rounds: int) -> float:
    """The median processor time in milliseconds."""
    ask_for(store)
    found: list[float] = []
    for _ in range(rounds):
        before = time.process_time()
        ask_for(store)
        found.append(1000 * (time.process_time() - before))
    return statistics.median(found)


def asking(query: WorklistQuery) -> Callable[[SqlStore], None]:
    """The question of one page."""

    def ask_for(store: SqlStore) -> None:
        with store.read() as ask:
            if not ask.worklist(query).items:
                sys.exit("the page is empty: this measures nothing")

    return ask_for


def counting(query: WorklistQuery) -> Callable[[SqlStore], None]:
    """How large the whole list is, and where in it the page begins: what the line above the list says."""
    query = replace(query, limit=MOST_COUNTED)

    def ask_for(store: SqlStore) -> None:
        with store.read() as ask:
            if not ask.how_many(query) + ask.how_many_before(query):
                sys.exit("the list is empty: this measures nothing")

    return ask_for


def exporting(query: WorklistQuery) -> Callable[[SqlStore], None]:
    """The whole list as CSV."""

    def ask_for(store: SqlStore) -> None:
        with store.read() as ask:
            if not sum(len(line) for line in csv_lines(ask.whole_worklist(replace(query, limit=200)))):
                sys.exit("the file is empty: this measures nothing")

    return ask_for


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--short", type=int, default=1000)
    options.add_argument("--long", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=30)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = 0.0
        for count in (given.short, given.long):
            store = queue_of(count, folder)
            for name, teams in (("ten teams", TEAMS), ("one team", TEAMS[:1])):
                query = WorklistQuery(teams=teams)
                for page, mark in pages(count).items():
                    took = cost(store, asking(replace(query, after=mark)), given.rounds)
                    base = base or took
                    counted = cost(store, counting(replace(query, after=mark)), given.rounds)
                    sys.stdout.write(f"{count:>7} items, {name:9}, {page:6} page: {took:6.1f} ms, {took / base:.2f}")
                    sys.stdout.write(f"; its place in the list: {counted:6.1f} ms, {counted / base:.2f}\n")
                exported = cost(store, exporting(query), 1)
                sys.stdout.write(f"{count:>7} items, {name:9}, whole list as CSV: {exported:8.0f} ms\n")
            store.close()


if __name__ == "__main__":
    main()
