"""The search among few and many documents: what it costs beside the plain list of as many items.

    python bench/search.py --few 1000 --many 10000

Each document is a page of 300 words on an item of its own. One word stands on 50 pages, however many there are, one
on every page, and an entry number on one. Prints the median processor time of each question in both stores, as a ratio
to the plain list of the same length in the same store, and as a ratio to the same question in the smaller one.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import insert

from bench.worklist import AT_ONCE, START, cost, items
from cee_mailbot.questions import ItemQuery
from cee_mailbot.store.database import SqlStore
from cee_mailbot.store.tables import DocumentRow, MessageRow, PageRow, PaperRow, SubmissionRow

LENGTH = 50  # items of each answer, but for the entry number
WORDS_OF_A_PAGE = 300
VOCABULARY = tuple(f"w{number:04x}" for number in range(4000))
RARE, COMMON = "zolltarif", "merchandise"
Row = dict[str, object]


def rows_of(count: int) -> Iterator[tuple[type, list[Row]]]:
    """The rows of so many items, each with a message, a document, its paper and one page of text."""
    numbers, some = range(1, count + 1), random.Random(7)  # noqa: S311 - the same words in every run
    yield SubmissionRow, list(items(count))
    yield MessageRow, [_message(number) for number in numbers]
    yield PaperRow, [{"sha256": f"{number:064x}", "status": "read", "read_at": START} for number in numbers]
    yield DocumentRow, [_document(number) for number in numbers]
    rare = set(some.sample(numbers, LENGTH))
    yield (
        PageRow,
        [{"sha256": f"{number:064x}", "number": 1, "text": _page(some, rare=number in rare)} for number in numbers],
    )


def _message(number: int) -> Row:
    delivery = {"mailbox": "bench", "folder": "INBOX", "validity": "1", "uid": str(number)}
    times = {"arrived_at": START, "first_seen_at": START}
    return delivery | times | {
        "sha256": f"{number:064x}", "size": 1, "status": "enqueued", "submission_id": number, "subject": "papers"
    }  # fmt: skip


def _document(number: int) -> Row:
    types = {"type": "pdf", "declared_type": "application/pdf", "status": "read"}
    place = {"message_row": number, "position": 1, "section": "1", "path": "", "name": f"invoice-{number}.pdf"}
    return types | place | {"sha256": f"{number:064x}", "size": 1}


def _page(some: random.Random, *, rare: bool) -> str:
    return " ".join([*some.choices(VOCABULARY, k=WORDS_OF_A_PAGE), COMMON, *([RARE] if rare else [])])


def store_of(count: int, folder: str) -> SqlStore:
    """A store with so many documents, found by the search."""
    store = SqlStore(f"sqlite:///{folder}/{count}.db")
    store.migrate()
    for table, rows in rows_of(count):
        for start in range(0, count, AT_ONCE):
            with store._writer.begin() as connection:  # noqa: SLF001 - see worklist.py
                connection.execute(insert(table), rows[start : start + AT_ONCE])
    return store


def answers(store: SqlStore, query: ItemQuery, expected: int) -> None:
    """Asks, and sees that the answer is as long as it must be."""
    with store.read() as ask:
        found = len(ask.items(query))
    if found != expected:
        sys.exit(f"{found} items instead of {expected}: this measures nothing")


QUESTIONS: Mapping[str, tuple[ItemQuery, int]] = {
    "plain list": (ItemQuery(limit=LENGTH), LENGTH),
    "word on 50 pages": (ItemQuery(text=RARE, limit=LENGTH), LENGTH),
    "word on every page": (ItemQuery(text=COMMON, limit=LENGTH), LENGTH),
    "entry number": (ItemQuery(text="345-00000500", limit=LENGTH), 1),
}


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--few", type=int, default=1000)
    options.add_argument("--many", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=20)
    given = options.parse_args()
    among_few: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in (given.few, given.many):
            store, listed = store_of(count, folder), 0.0
            for name, (query, expected) in QUESTIONS.items():
                took = cost(store, lambda asked, q=query, e=expected: answers(asked, q, e), given.rounds)
                listed = listed or took
                first = among_few.setdefault(name, took)
                sys.stdout.write(
                    f"{count:>6} documents, {name:18}: {took:6.1f} ms, {took / listed:5.2f} of the list, "
                    f"{took / first:5.2f} of the same among {given.few}\n"
                )
            store.close()


if __name__ == "__main__":
    main()
