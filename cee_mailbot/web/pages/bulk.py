"""One act on many items: first what it would do to each, then the same, and what became of each."""

from dataclasses import dataclass, replace

from fastapi.responses import Response

from cee_mailbot.domain.facts import ItemStory
from cee_mailbot.domain.queue_search import read_search
from cee_mailbot.domain.roles import Role
from cee_mailbot.domain.work_item import TRANSITIONS, Act, Closing, ItemState
from cee_mailbot.errors import NotAllowedError, NotFoundError, UserError
from cee_mailbot.questions import Questions
from cee_mailbot.web.acts import ACTS, Doing
from cee_mailbot.web.asking import Asked, whole_number
from cee_mailbot.web.once import AlreadyDoneError, once_sent
from cee_mailbot.web.showing import show
from cee_mailbot.web.views import query_of

MOST_ITEMS = 200
BULK = (Act.CLAIM, Act.UNCLAIM, Act.WAIT, Act.CLOSE, Act.TRANSFER, Act.NOTE)
# The fields of the acts, which the form of the preview carries on.
FIELDS = ("reason", "text", "outcome", "team", "until", "zone")


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkRow:
    """One item of a bulk act: why it can't be changed, or what became of it; None in both is what will be changed."""

    tracking: str
    version: int
    entry: str | None
    state: str
    why_not: str | None = None


def preview(asked: Asked) -> Response:
    """What the act would do to each item; nothing is done."""
    act = _act(asked)
    with asked.parts.intake.store.read() as ask:
        rows = [_foreseen(ask.story(tracking), act, asked) for tracking in _chosen(asked, ask)]
    if not rows:
        raise UserError("choose at least one item")
    return show(
        asked,
        "bulk.html",
        act=act,
        button=ACTS[act].button,
        rows=rows,
        will=[row for row in rows if row.why_not is None],
        cannot=[row for row in rows if row.why_not is not None],
        values={name: asked.form[name] for name in FIELDS if asked.form.get(name)},
        outcomes=tuple(Closing),
        teams=tuple(sorted(asked.parts.intake.site.centers)),
    )


def carry_out(asked: Asked) -> Response:
    """Does it to each item by itself: what fails for one hinders no other."""
    act = _act(asked)
    items = [_versioned(one) for one in asked.lists.get("item", ())]
    if not 0 < len(items) <= MOST_ITEMS:
        raise UserError(f"choose between 1 and {MOST_ITEMS} items")
    for tracking, _ in items:
        asked.authorise_item(tracking, Role.SUPERVISOR)
    rows = [_carried(asked, act, tracking, version) for tracking, version in items]
    return show(
        asked,
        "bulk_done.html",
        button=ACTS[act].button,
        changed=[row for row in rows if row.why_not is None],
        failed=[row for row in rows if row.why_not is not None],
    )


def _act(asked: Asked) -> Act:
    named = asked.form.get("act", "")
    if named not in set(BULK):
        raise UserError("choose what is to be done with the items")
    return Act(named)


def _chosen(asked: Asked, ask: Questions) -> tuple[str, ...]:
    """The items that were ticked, or all that the list finds; each is one that the person may change."""
    if asked.form.get("all"):
        query = query_of(read_search(asked.form.get("q", "")), "due", asked.parts, asked.person)
        return tuple(item.tracking for item in ask.worklist(replace(query, limit=MOST_ITEMS)).items)
    ticked = tuple(dict.fromkeys(one.upper() for one in asked.lists.get("item", ())))
    if len(ticked) > MOST_ITEMS:
        raise UserError(f"choose at most {MOST_ITEMS} items")
    for tracking in ticked:
        asked.authorise_item(tracking, Role.SUPERVISOR)
    return ticked


def _foreseen(story: ItemStory, act: Act, asked: Asked) -> BulkRow:
    item = story.item
    row = BulkRow(tracking=item.tracking, version=story.version, entry=item.entry_number, state=item.state)
    if (ItemState(item.state), act) not in TRANSITIONS:
        return replace(row, why_not=f"it is {item.state}")
    if item.assignee not in (None, asked.person.name):
        return replace(row, why_not=f"claimed by {item.assignee}")
    return row


def _versioned(text: str) -> tuple[str, int]:
    tracking, _, version = text.partition(":")
    return tracking.upper(), whole_number(version)


def _carried(asked: Asked, act: Act, tracking: str, version: int) -> BulkRow:
    row = BulkRow(tracking=tracking, version=version, entry=None, state="")
    try:
        # Each item is once for itself, so that what was done is not done again.
        line = once_sent(asked, f"/items/{tracking}", of=tracking)
        ACTS[act].carry(Doing(intake=line, asked=asked, tracking=tracking, version=version))
    except AlreadyDoneError:
        return row
    except (NotAllowedError, NotFoundError, UserError) as refused:
        return replace(row, why_not=str(refused))
    return row
