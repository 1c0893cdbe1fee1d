"""Bulk jobs in the API: one act on many items, foretold, started, and looked at."""

from dataclasses import dataclass
from typing import Any

from cee_mailbot.bulk_ledger import BulkJobFacts, BulkReason, BulkRowFacts
from cee_mailbot.desk import bulk
from cee_mailbot.desk.bulk import FIELDS, Asker
from cee_mailbot.domain.queue_search import read_search, write_search
from cee_mailbot.domain.roles import Role
from cee_mailbot.errors import NotFoundError, UserError
from cee_mailbot.web.api.operation import Call
from cee_mailbot.web.asking import whole_number
from cee_mailbot.web.gate import Of
from cee_mailbot.web.views import query_of, understood

_REASONS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkInFull:
    """A job, why items are not changed, and some of its rows: those not changed first."""

    job: BulkJobFacts
    reasons: tuple[BulkReason, ...]
    rows: tuple[BulkRowFacts, ...]


def list_jobs(call: Call) -> Any:
    """One's last jobs, newest first; everybody's for an administrator of all teams."""
    everybodys = call.person.may(Role.ADMINISTRATOR) and call.person.teams is None
    with call.intake.store.read() as ask:
        return ask.bulk_jobs(person=None if everybodys else call.actor, limit=call.given.limit)


def show_job(call: Call) -> Any:
    """A job with its rows."""
    return _in_full(call, _number(call), limit=call.given.limit, offset=call.given.offset)


def foretell(call: Call) -> Any:
    """What an act would do to many items; nothing is done to any."""
    given = call.given
    if bool(given.items) == (given.search is not None):
        raise UserError("give either items or the search that finds them")
    said = {name: getattr(given, name) for name in FIELDS if getattr(given, name, None)}
    fields = {name: value if isinstance(value, str) else value.isoformat() for name, value in said.items()}
    asker = Asker(person=call.person)
    if given.search is None:
        return _in_full(call, bulk.foretell(call.intake, asker, given.act, items=given.items, fields=fields))
    search = understood(read_search(given.search))
    query = query_of(search, "due", call.asked.parts, call.person)
    job = bulk.foretell_list(call.intake, asker, given.act, query, search=write_search(search), fields=fields)
    return _in_full(call, job)


def foretell_undo(call: Call) -> Any:
    """What taking back all that a job changed would do."""
    return _in_full(call, bulk.foretell_undo(call.intake, Asker(person=call.person), _number(call)))


def start(call: Call) -> Any:
    """Lets a job be carried out."""
    bulk.start(call.intake, Asker(person=call.person), _number(call))
    call.asked.parts.ring_bulk()
    return job_now(call)


def stop(call: Call) -> Any:
    """Ends what is not done yet."""
    bulk.stop(call.intake, _number(call), actor=call.actor)
    return job_now(call)


def job_now(call: Call) -> Any:
    """The job as it stands."""
    return _in_full(call, _number(call))


def _number(call: Call) -> int:
    return whole_number(str(call.asked.path[Of.BULK]))


def _in_full(call: Call, job: int, *, limit: int = 100, offset: int = 0) -> BulkInFull:
    with call.intake.store.read() as ask:
        found = ask.bulk_job(job)
        if found is None:
            raise NotFoundError(f"bulk job {job} is no longer kept")
        rows = ask.bulk_rows(job, limit=limit, offset=offset)
        return BulkInFull(job=found, reasons=ask.bulk_reasons(job, limit=_REASONS), rows=rows)
