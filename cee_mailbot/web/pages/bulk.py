"""Bulk jobs: what would become of each item, then the same carried out, and what became of each."""

from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from cee_mailbot.bulk_ledger import BulkJobFacts, BulkRowFacts
from cee_mailbot.desk import bulk
from cee_mailbot.desk.bulk import FIELDS, Asker
from cee_mailbot.domain.bulk import BulkState, foretold, told
from cee_mailbot.domain.queue_search import read_search, write_search
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.errors import NotFoundError
from cee_mailbot.questions import Questions
from cee_mailbot.web.acts import ACTS
from cee_mailbot.web.asking import Asked, go_to, whole_number
from cee_mailbot.web.gate import Of
from cee_mailbot.web.once import once_sent
from cee_mailbot.web.session_cookie import session_left
from cee_mailbot.web.showing import show
from cee_mailbot.web.views import query_of, understood

RECENT = 20
REASONS = 5  # that are told in the first sentence; the rows tell all
_FEW = 100
_SOON, _LATER = 1, 3  # seconds between two looks at a job with few or many items left


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One row of a job, and whether the person may still see its item."""

    row: BulkRowFacts
    seen: bool


def asker_of(asked: Asked) -> Asker:
    """Who asks: an account is asked for its role at each item, a role that somebody else gave holds for the session."""
    if asked.parts.settings.sign_in in ("password", "proxy"):
        return Asker(person=asked.person)
    left = session_left(asked)
    until = left.ends if left is not None else asked.parts.now() + asked.parts.settings.limits.absolute
    return Asker(person=asked.person, until=until)


def preview(asked: Asked) -> Response:
    """Writes down what the act would do to each item, and shows it; nothing is done to any."""
    act, intake, asker = asked.form.get("act", ""), asked.parts.intake, asker_of(asked)
    fields = {name: asked.text(name) for name in FIELDS}
    if asked.form.get("all"):
        search = understood(read_search(asked.form.get("q", "")))
        query = query_of(search, "due", asked.parts, asked.person)
        job = bulk.foretell_list(intake, asker, act, query, search=write_search(search), fields=fields)
    else:
        items = asked.lists.get("shown" if asked.form.get("page") else "item", ())
        job = bulk.foretell(intake, asker, act, items=items, fields=fields)
    return go_to(f"/bulk/{job}")


def bulk_page(asked: Asked) -> Response:
    """A job: what would become of each item, how far it is, or what became of each."""
    with asked.parts.intake.store.read() as ask:
        return show(asked, "bulk.html", **_shown(asked, ask, _job(asked, ask)))


def progress(asked: Asked) -> Response:
    """How far a job is: asked for by a script until it is over, with what became of each then."""
    with asked.parts.intake.store.read() as ask:
        return show(asked, "_bulk_progress.html", polled=True, **_shown(asked, ask, _job(asked, ask)))


def bulk_list(asked: Asked) -> Response:
    """One's last jobs; an administrator of all teams sees everybody's."""
    everybodys = asked.person.may(Role.ADMINISTRATOR) and asked.person.teams is None
    with asked.parts.intake.store.read() as ask:
        jobs = ask.bulk_jobs(person=None if everybodys else asked.person.name, limit=RECENT)
    lines = [{"job": job, "button": ACTS[job.act].button, "words": in_words(job)} for job in jobs]
    return show(asked, "bulk_list.html", lines=lines, everybodys=everybodys, most=RECENT)


def start(asked: Asked) -> Response:
    """Lets a job be carried out."""
    job = _number(asked)
    fields = {name: asked.text(name) for name in FIELDS}
    bulk.start(once_sent(asked, f"/bulk/{job}"), asker_of(asked), job, fields)
    asked.parts.ring_bulk()
    return go_to(f"/bulk/{job}")


def stop(asked: Asked) -> Response:
    """Ends what is not done yet."""
    job = _number(asked)
    bulk.stop(once_sent(asked, f"/bulk/{job}"), job, actor=asked.person.name)
    return go_to(f"/bulk/{job}")


def undo(asked: Asked) -> Response:
    """Shows what taking back all that a job changed would do to each item."""
    return go_to(f"/bulk/{bulk.foretell_undo(asked.parts.intake, asker_of(asked), _number(asked))}")


def in_words(job: BulkJobFacts) -> str:
    """How far a job is, in one sentence without its reasons."""
    if job.state is BulkState.PREVIEWED:
        return foretold(job.to_do, [("", job.not_changed)] if job.not_changed else []).removesuffix(" ()")
    return told(to_do=job.to_do, changed=job.changed, not_changed=job.not_changed)


def _number(asked: Asked) -> int:
    return whole_number(str(asked.path[Of.BULK]))


def _job(asked: Asked, ask: Questions) -> BulkJobFacts:
    """The job of the path. Raises `NotFoundError` for one that was forgotten since the gate saw it."""
    found = ask.bulk_job(_number(asked))
    if found is None:
        raise NotFoundError("this bulk job is no longer kept")
    return found


def _reasons(ask: Questions, job: BulkJobFacts) -> list[tuple[str, int]]:
    """Why items are not changed and how many, the most frequent reasons first, and the rest as one."""
    found = [(one.why, one.items) for one in ask.bulk_reasons(job.id, limit=REASONS)]
    rest = job.not_changed - sum(items for _, items in found)
    return [*found, ("for other reasons", rest)] if rest else found


def _shown(asked: Asked, ask: Questions, job: BulkJobFacts) -> dict[str, Any]:
    size = asked.parts.settings.page_rows
    whole = job.to_do + job.changed + job.not_changed
    pages = max(1, -(-whole // size))
    page = min(max(1, whole_number(asked.query.get("page", "1"))), pages)
    rows = ask.bulk_rows(job.id, limit=size, offset=(page - 1) * size)
    found = ask.bulk_items([row.tracking for row in rows])
    teams = {tracking: item.team for tracking, item in found.items()}
    reasons = _reasons(ask, job)
    return {
        "job": job,
        "own": job.person == asked.person.name,
        "button": ACTS[job.act].button,
        "words": foretold(job.to_do, reasons) if job.state is BulkState.PREVIEWED else in_words(job),
        "reasons": reasons,
        "lines": [Line(row=row, seen=asked.person.sees(teams.get(row.tracking, ""))) for row in rows],
        "page": page,
        "pages": pages,
        "delay": _SOON if job.to_do < _FEW else _LATER,
        "undoable": bulk.can_be_undone(job),
        "values": job.fields,
        "tags": ask.tags_in_use(asked.person.teams_among(asked.parts.teams)),
        "outcomes": tuple(Closing),
        "teams": tuple(sorted(asked.parts.intake.site.centers)),
    }
