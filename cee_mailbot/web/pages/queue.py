"""The list: what there is to do, found by a search that is its address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse, Response

from cee_mailbot.accounts import first_list
from cee_mailbot.desk.bulk import BULK
from cee_mailbot.desk.clock import in_force
from cee_mailbot.domain.bulk import MOST_ITEMS
from cee_mailbot.domain.facts import ElsewhereFacts, ItemFacts
from cee_mailbot.domain.item_history import NO_LETTER, did_last, last_act, last_line, unheard
from cee_mailbot.domain.queue_search import Search, jump_target, read_search, write_search
from cee_mailbot.domain.reasons import FLAGS
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import Act, ItemState, find_tracking
from cee_mailbot.list_look import Density, look_of
from cee_mailbot.questions import WORKLIST_SORTS, Questions
from cee_mailbot.staff_ledger import Presence, WokenFacts
from cee_mailbot.web.acts import ACTS, BEHIND
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.claims import Claim, claim_of
from cee_mailbot.web.list_size import size_in_words
from cee_mailbot.web.pages.drafts import others_at
from cee_mailbot.web.pages.list_look import COLUMN_NAMES
from cee_mailbot.web.pages.site_alerts import site_alerts
from cee_mailbot.web.showing import show
from cee_mailbot.web.views import DueWords, View, address_of, due_words, elsewhere_of, query_of, read_mark, views_of
from parsers.subject_types import subject_table

COUNTED_TO = 1000
SORT_NAMES = {"due": "Due date", "presented": "Presented", "received": "Received", "changed": "Last change"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the list."""

    item: ItemFacts
    due: DueWords
    claim: Claim | None
    others: Sequence[Presence]
    woken: WokenFacts | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """A view with how many items it has, and where it is."""

    view: View
    count: str
    address: str
    current: bool


def search_of(asked: Asked) -> Search:
    """What the address asks for: the search box, and the fields of the filter beside it."""
    search = read_search(asked.query.get("q", ""))
    named = {
        name: asked.query[name].strip()
        for name in ("team", "code", "flag", "tag", "account", "due")
        if name in asked.query
    }
    state = asked.query.get("state", "")
    typed = [f'{name}:"{value}"' for name, value in named.items() if value] + ([f"is:{state}"] if state else [])
    filters = read_search(" ".join(typed))
    given = {name: getattr(filters, name) for name in (*named, "state", "unclaimed", "mine") if getattr(filters, name)}
    return replace(search, **given, unread=(*search.unread, *filters.unread))


def search_shown(asked: Asked) -> Search:
    """What the list shows: what the address asks for, or the items of an entry number that stands there alone."""
    _, entry = jump_target(asked.query.get("q", ""))
    return search_of(asked) if entry is None else Search(entry=entry)


def sort_of(asked: Asked) -> str:
    """The sort that the address asks for; the due date for anything else."""
    sort = asked.query.get("sort", "due")
    return sort if sort.removeprefix("-") in WORKLIST_SORTS else "due"


def queue_page(asked: Asked) -> Response:
    """The list, or the one item whose number was typed; without a question the list that the person starts with."""
    start = first_list(asked.parts.intake.store, asked.person.name)
    if start and not asked.request.url.query:
        return go_to(f"/?{start}")
    with asked.parts.intake.store.read() as ask:
        target = _jump(asked, ask)
        if target is not None:
            return go_to(f"/items/{target}")
        return show(asked, "queue.html", start=start, **_list(asked, ask))


def what_is_new(asked: Asked) -> Response:
    """How many items entered the list since it was shown: asked for by a script, and said without moving a row."""
    search, sort = search_of(asked), sort_of(asked)
    since = _instant(asked.query.get("since", ""))
    if since is None:
        return HTMLResponse("")
    query = replace(query_of(search, sort, asked.parts, asked.person), new_since=since, limit=COUNTED_TO)
    with asked.parts.intake.store.read() as ask:
        count = ask.how_many(query)
    return show(asked, "_new_items.html", count=count, address=address_of(search, sort)) if count else HTMLResponse("")


def _instant(text: str) -> datetime | None:
    """The instant that a page of ours wrote; None for any other text, and for what no clock can show."""
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _jump(asked: Asked, ask: Questions) -> str | None:
    """The item to open at once: its number was typed, or an entry number that one item alone has."""
    tracking, entry = jump_target(asked.query.get("q", ""))
    if tracking is not None:
        return tracking if asked.person.sees(ask.team_of_item(tracking) or "") else None
    if entry is None:
        return None
    states = tuple(ItemState)
    query = replace(query_of(Search(entry=entry), "due", asked.parts, asked.person), states=states, limit=2)
    found = ask.worklist(query).items
    return found[0].tracking if len(found) == 1 else None


def _list(asked: Asked, ask: Questions) -> dict[str, Any]:
    search, sort = search_shown(asked), sort_of(asked)
    columns = len(WORKLIST_SORTS[sort.removeprefix("-")])
    after = read_mark(asked.query.get("after", ""), columns) if "after" in asked.query else None
    query = replace(query_of(search, sort, asked.parts, asked.person), after=after)
    page = ask.worklist(query)
    return {
        "search": search,
        "q": write_search(search),
        "heading": write_search(replace(search, unread=())) or "All open items",
        "here": urlsplit(address_of(search, sort)).query,
        "sort": sort,
        "sorts": SORT_NAMES,
        "rows": _rows(page.items, asked, ask),
        "size": size_in_words(ask, query, len(page.items)),
        "look": look_of(asked.parts.intake.store, asked.person.name),
        "densities": tuple(Density),
        "columns": COLUMN_NAMES,
        "alerts": site_alerts(asked, ask),
        "back": [one for one in ask.back(asked.person.name) if asked.person.sees(one.team)] if after is None else (),
        "elsewhere": _elsewhere(search, asked, ask) if after is None else (),
        "next_page": address_of(search, sort, page.after) if page.after else None,
        "first_page": address_of(search, sort) if after else None,
        "groups": [(name, [_counted(view, search, asked, ask) for view in views]) for name, views in _views(asked)],
        "saved": _saved(search, asked, ask),
        "may_do_bulk": asked.person.may(Role.SUPERVISOR),
        "bulk_acts": {act: ACTS[act].button for act in BULK},
        "most_items": MOST_ITEMS,
        "teams": asked.person.teams_among(asked.parts.teams),
        "states": tuple(ItemState),
        "codes": subject_table(),
        "flags": sorted(FLAGS),
        "tags": ask.tags_in_use(asked.person.teams_among(asked.parts.teams)),
        "done": (done := done_of(asked, ask)),
        "done_words": ACTS[done.act].done if done and done.act in ACTS else None,
    }


def _rows(items: Sequence[ItemFacts], asked: Asked, ask: Questions) -> list[Row]:
    parts, closures = asked.parts, in_force(ask.closures())
    claims = ask.claims([item.tracking for item in items if item.assignee])
    woken = ask.woken([item.tracking for item in items if item.assignee])
    others = others_at(asked, ask, [item.tracking for item in items])
    return [
        Row(
            item=item,
            due=due_words(item, parts.now(), closures),
            claim=claim_of(claims.get(item.tracking), parts),
            others=others.get(item.tracking, ()),
            woken=woken.get(item.tracking),
        )
        for item in items
    ]


def _elsewhere(search: Search, asked: Asked, ask: Questions) -> tuple[ElsewhereFacts, ...]:
    """What came to these teams' mailboxes and other Centers work: shown beside the list, and in no count of it."""
    query = elsewhere_of(search, asked.parts, asked.person)
    return ask.elsewhere(query) if query is not None else ()


def _views(asked: Asked) -> tuple[tuple[str, tuple[View, ...]], ...]:
    return views_of(asked.person, asked.parts)


def _counted(view: View, current: Search, asked: Asked, ask: Questions) -> Counted:
    query = replace(query_of(view.search, "due", asked.parts, asked.person), limit=COUNTED_TO)
    count = ask.how_many(query)
    return Counted(
        view=view,
        count=f"{COUNTED_TO - 1}+" if count == COUNTED_TO else str(count),
        address=address_of(view.search),
        current=view.search == current,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """A saved list with its count, and whether this person may forget it."""

    id: int
    counted: Counted
    team: str | None
    own: bool


def _saved(current: Search, asked: Asked, ask: Questions) -> list[Saved]:
    """The lists that this person has saved, and those of the teams that one sees."""
    person = asked.person
    found: list[Saved] = []
    for one in ask.saved_views(person=person.name):
        if one.team is not None and not person.sees(one.team):
            continue
        search = read_search(one.search)
        counted = _counted(View(name=one.name, search=search), current, asked, ask)
        own = one.person == person.name or (one.team is not None and person.may(Role.SUPERVISOR, one.team))
        found.append(
            Saved(id=one.id, counted=replace(counted, address=address_of(search, one.sort)), team=one.team, own=own)
        )
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The act that led to this page, the item, and whether this is what `undo` would take back.

    `gone` tells that it was handed over to where this person does not see it; `written` that a letter went with it,
    `unheard` why none did that should have, `left` that it can't be taken back any more, `leaves_in` the seconds until
    it may leave.
    """

    tracking: str
    act: str
    version: int
    seen: int
    undo: bool
    gone: bool
    left: bool
    written: bool
    unheard: str
    leaves_in: int | None


def done_of(asked: Asked, ask: Questions) -> Done | None:
    """What the address says was just done; None when it says nothing, or of an item that one may not see."""
    tracking, act = asked.query.get("of", ""), asked.query.get("done", "")
    team = ask.team_of_item(tracking) if find_tracking(tracking) == (tracking,) else None
    if team is None:
        return None
    story, gone = ask.story(tracking), not asked.person.sees(team)
    last = act in BEHIND and did_last(story, asked.person.name, BEHIND[act])
    if gone and not (last and act == Act.TRANSFER):
        return None
    teams, done = asked.person.teams, last_act(story)
    written = last and done is not None and "reply" in done.detail
    found = ask.next_undo(tracking, teams=None if teams is None else {*teams, team}) if last else None
    return Done(
        tracking=tracking,
        act=act,
        version=story.version,
        seen=last_line(story),
        undo=found is not None,
        gone=gone,
        left=found is None and written,
        written=written,
        unheard=NO_LETTER if last and done is not None and unheard(done) else "",
        leaves_in=seconds_until(found.leaves, asked) if found else None,
    )


def seconds_until(at: datetime | None, asked: Asked) -> int | None:
    """How many seconds there are yet, rounded up; None of what is over, or of nothing."""
    left = (at - asked.parts.now()).total_seconds() if at is not None else 0.0
    return ceil(left) if left > 0 else None
