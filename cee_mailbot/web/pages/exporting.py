"""The whole of a list as a file: what the page shows over all its pages, for a spreadsheet."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO

from fastapi.responses import Response, StreamingResponse

from cee_mailbot.domain.export import csv_lines
from cee_mailbot.domain.queue_search import write_search
from cee_mailbot.errors import TemporaryError, UserError
from cee_mailbot.questions import WorklistQuery
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.pages.queue import SORT_NAMES, search_shown, sort_of
from cee_mailbot.web.views import query_of, understood

MOST_EXPORTED = 50_000  # six seconds of the processor
_ROWS_AT_ONCE = 200
_IN_MEMORY = 1_000_000
_PIECE = 64_000
_LONGEST_NAME = 80


def export_list(asked: Asked) -> Response:
    """Every item of the list as CSV, in its order. Raises `UserError` for a list that is too long, never cuts it off.

    It is written to a file of no name first: what people read slowly must hold neither memory nor a read of the
    database, and a file whose size is told beforehand is known to have arrived whole.
    """
    query = query_of(understood(search_shown(asked)), sort_of(asked), asked.parts, asked.person)
    with _one_at_a_time(asked.request.app.state.exporting):
        file = _written(replace(query, limit=_ROWS_AT_ONCE), asked)
    headers = {
        "Content-Length": str(file.tell()),
        "Content-Disposition": f'attachment; filename="{_name(asked)}"',
    }
    return StreamingResponse(_pieces(file), media_type="text/csv; charset=utf-8; header=present", headers=headers)


@contextmanager
def _one_at_a_time(lock: Lock) -> Iterator[None]:
    """A list of some length keeps the processor busy, and everybody else waits for it."""
    if not lock.acquire(blocking=False):
        raise TemporaryError("another list is being exported just now; try again in a minute")
    try:
        yield
    finally:
        lock.release()


def _written(query: WorklistQuery, asked: Asked) -> IO[bytes]:
    with asked.parts.intake.store.read() as ask, ExitStack() as kept:
        if ask.how_many(replace(query, limit=MOST_EXPORTED + 1)) > MOST_EXPORTED:
            raise UserError(f"this list has more than {MOST_EXPORTED:,} items; narrow it, such as to one Center")
        file = kept.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY))
        for line in csv_lines(ask.whole_worklist(query), _about(asked)):
            file.write(line.encode("utf-8", "backslashreplace"))
        kept.pop_all()  # it is closed when it was sent
        return file


def _about(asked: Asked) -> str:
    """Which list this is: what it was asked for, in what order, when, by whom, who sees these teams."""
    sort = sort_of(asked)
    order = f"{SORT_NAMES[sort.removeprefix('-')]}, {'latest' if sort.startswith('-') else 'earliest'} first"
    teams = " ".join(asked.person.teams_among(asked.parts.teams))
    search = write_search(search_shown(asked)) or "all open items"
    return f"list: {search}; by {order}; as of {asked.parts.now().isoformat()}; for {asked.person.name}; teams {teams}"


def _name(asked: Asked) -> str:
    """`queue-20261120T215210Z-team-007-code-DR.csv`."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", write_search(search_shown(asked)))[:_LONGEST_NAME].strip("-")
    return f"queue-{asked.parts.now().astimezone(UTC):%Y%m%dT%H%M%SZ}-{words or 'open'}.csv"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
