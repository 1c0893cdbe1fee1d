"""What the list shows: searches as questions to the store, due dates in words, and the views at its side."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cee_mailbot.domain.facts import ItemFacts
from cee_mailbot.domain.queue_search import Search, jump_target, write_search
from cee_mailbot.domain.roles import Person
from cee_mailbot.domain.timeliness import due_in_words
from cee_mailbot.domain.windows import age_window, due_window
from cee_mailbot.domain.working_days import Closure
from cee_mailbot.errors import UserError
from cee_mailbot.questions import ElsewhereQuery, Mark, WorklistQuery
from cee_mailbot.web.parts import Parts

_SOON = timedelta(days=4)
_UNRULED = Search()
_LARGEST_ROW = 2**63 - 1  # that every database holds


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A list that people come back to: its name, and the search that makes it."""

    name: str
    search: Search


@dataclass(frozen=True, kw_only=True, slots=True)
class DueWords:
    """A due date for people: how far off, how pressing (`overdue`, `today`, `soon`, `later`, `none`), how found."""

    words: str
    pressing: str
    found: str


def query_of(search: Search, sort: str, parts: Parts, person: Person) -> WorklistQuery:
    """The search as a question about the teams that this person may see."""
    teams = person.teams_among(parts.teams)
    if search.team is not None:
        teams = tuple(team for team in teams if team == search.team)
    now = parts.now()
    due_from, due_before = due_window(search.due, now) if search.due else (None, None)
    received_from, received_before = age_window(search.age, now) if search.age else (None, None)
    return WorklistQuery(
        teams=teams,
        states=(search.state,) if search.state else None,
        code=search.code,
        entry=search.entry,
        account=search.account,
        port=search.port,
        flag=search.flag,
        tag=search.tag,
        assignee=person.name if search.mine else search.assignee,
        unclaimed=search.unclaimed,
        sender=search.sender,
        text=search.text or None,
        sort=sort,
        limit=parts.settings.page_rows,
        due_from=due_from,
        due_before=due_before,
        dated=False if search.due == "none" else None,
        received_from=received_from,
        received_before=received_before,
    )


def understood(search: Search) -> Search:
    """The search, for what acts on all that it finds. Raises `UserError` where a part of it was passed over.

    A list may be looked at all the same; what is taken from it would be of another list than was asked for.
    """
    if search.unread:
        named = " and ".join(f'"{one}"' for one in search.unread)
        why = "means nothing in a search, or stands beside another of its kind"
        raise UserError(f"{named} {why}, so the list is longer than you asked for; correct it")
    return search


def elsewhere_of(search: Search, parts: Parts, person: Person) -> ElsewhereQuery | None:
    """The search as a question about what came to these teams and others work; None where no link can answer it.

    A search for anything that a link does not show finds none: else it would tell what another Center's items say.
    """
    teams = query_of(search, "due", parts, person).teams
    number = jump_target(search.text)[0]
    shown = Search(team=search.team, state=search.state, code=search.code, entry=search.entry, text=number or "")
    if replace(search, text=search.text if number is None else number) != shown:
        return None
    return ElsewhereQuery(
        teams=tuple(team for team in parts.teams if team not in teams),
        mailboxes=parts.intake.site.mailboxes_of(teams),
        through=teams,
        state=search.state,
        code=search.code,
        entry=search.entry,
        tracking=number,
        limit=parts.settings.page_rows,
    )


def due_words(item: ItemFacts, now: datetime, closures: Iterable[Closure]) -> DueWords:
    """How far off the due date of an item is, counted in working days at its port."""
    if item.due is None:
        return DueWords(words="No due date", pressing="none", found="The day of entry is not known yet.")
    zone = ZoneInfo(item.zone)
    due, today = item.due.astimezone(zone), now.astimezone(zone)
    words = due_in_words(due.date(), today.date(), item.port, closures)
    at_port = f"port {item.port}" if item.port else "the Center"
    found = f"{due:%a %b} {due.day}, {due:%Y, %H:%M %Z}, counted in working days at {at_port}. Computed, not a ruling."
    return DueWords(words=words, pressing=_pressing(due, today), found=found)


def _pressing(due: datetime, now: datetime) -> str:
    if due < now:
        return "overdue"
    if due.date() == now.date():
        return "today"
    return "soon" if due - now < _SOON else "later"


def views_of(person: Person, parts: Parts) -> tuple[tuple[str, tuple[View, ...]], ...]:
    """The views that everybody has: one's own, and those of each Center that one may see."""
    mine = (
        View(name="My items", search=replace(_UNRULED, mine=True)),
        View(name="All open items", search=_UNRULED),
        View(name="Unclaimed", search=replace(_UNRULED, unclaimed=True)),
        View(name="Due today", search=replace(_UNRULED, due="today")),
        View(name="Overdue", search=replace(_UNRULED, due="overdue")),
        View(name="Waiting for parts", search=replace(_UNRULED, state="assembling")),
        View(name="Waiting for the broker", search=replace(_UNRULED, state="waiting")),
        View(name="Closed", search=replace(_UNRULED, state="closed")),
    )
    centers = tuple(
        View(name=f"{parts.intake.site.centers[team].name} {team}", search=replace(_UNRULED, team=team))
        for team in person.teams_among(parts.teams)
    )
    return (("Views", mine), ("Centers", centers))


def address_of(search: Search, sort: str = "due", after: Mark | None = None) -> str:
    """The address of a list, which shows the same rows to everybody who may see them.

    All open items have one of their own: without any, a person comes to the list that the person starts with.
    """
    values = {"q": write_search(search) or "is:open", "sort": "" if sort == "due" else sort, "after": write_mark(after)}
    given = {name: value for name, value in values.items() if value}
    return f"/?{urlencode(given)}"


def write_mark(mark: Mark | None) -> str:
    """Where a page begins, for an address."""
    if mark is None:
        return ""
    plain = [*(at.isoformat() if at else None for at in mark.at), mark.row]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def read_mark(text: str, columns: int) -> Mark | None:
    """The mark that was written, or None for anything else: the list then begins at its beginning."""
    try:
        *times, row = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        at = tuple(datetime.fromisoformat(one) if one is not None else None for one in times)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return None
    zoned = all(one is None or one.tzinfo is not None for one in at)
    fits = len(at) == columns and zoned and isinstance(row, int) and abs(row) <= _LARGEST_ROW and None not in at[1:]
    return Mark(at=at, row=row) if fits else None
