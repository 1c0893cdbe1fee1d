"""Acts on items: carried out once, on the item that the person saw, and then on to the next."""

from dataclasses import replace
from typing import Any

from fastapi.responses import Response

from cee_mailbot import desk
from cee_mailbot.accounts import AfterAct, after_act
from cee_mailbot.domain.approved_texts import effect
from cee_mailbot.domain.item_history import did_last, last_line, lines_of
from cee_mailbot.domain.queue_search import read_search, write_search
from cee_mailbot.domain.work_item import Act, ItemState, allowed, find_tracking
from cee_mailbot.errors import ChangedError, NotFoundError, UserError
from cee_mailbot.questions import WORKLIST_SORTS, Mark
from cee_mailbot.web.acts import ACTS, BEHIND, Doing, macro_of
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.once import once_sent
from cee_mailbot.web.pages.drafts import forget_draft
from cee_mailbot.web.showing import show
from cee_mailbot.web.views import query_of, understood

CHANGED = 409
# What a form says of itself, beside what the person filled in.
_FRAME = frozenset({"version", "seen", "key", "q", "sort", "then", "of", "put"})


def act(asked: Asked) -> Response:
    """Carries one act out, or says what changed since the person looked."""
    named, tracking = asked.path["act"], str(asked.path["tracking"]).upper()
    page_act = ACTS.get(named)
    if page_act is None:
        raise NotFoundError(f"there is no act {named[:40]!r}")
    asked.authorise_item(tracking, page_act.needs)
    version = asked.number("version")
    if version is None:
        raise UserError("the form does not say which version of the item you saw; load the page again")
    place = _place_after(asked, tracking, named, leaves=page_act.leaves)
    line = once_sent(asked, place)
    try:
        page_act.carry(Doing(intake=line, asked=asked, tracking=tracking, version=version))
    except ChangedError:
        return _changed(asked, tracking, named)
    forget_draft(asked, tracking, named)
    return go_to(place)


def take_back(asked: Asked) -> Response:
    """Undoes a hand-over of this person that nobody has acted on since: the item is where this person does not see it.

    Raises `NotFoundError` for any other item that the person does not see, or `ChangedError`.
    """
    tracking, version = asked.text("of"), asked.number("version")
    if find_tracking(tracking) != (tracking,) or version is None:
        raise UserError("the form does not say which item was handed over; load the page again")
    missing, person = f"there is no item {tracking} that you may see", asked.person
    with asked.parts.intake.store.read() as ask:
        team = ask.team_of_item(tracking)
        if team is None:
            raise NotFoundError(missing)
        story = ask.story(tracking)
    if not person.sees(team) and not did_last(story, person.name, Act.TRANSFER):
        raise NotFoundError(missing)
    if not person.sees(team) and story.version != version:
        raise ChangedError(f"{tracking} was changed since you handed it over; ask team {team}")
    line = once_sent(asked, f"/items/{tracking}?done=undo&of={tracking}")
    teams = None if person.teams is None else {*person.teams, team}
    desk.undo(line, tracking, actor=person.name, version=version, teams=teams)
    return go_to(f"/items/{tracking}", done="undo", of=tracking)


def claim_next(asked: Asked) -> Response:
    """Claims the first unclaimed item of the list that the person looks at, and opens it."""
    search, sort = understood(read_search(asked.form.get("q", ""))), _sort(asked)
    person, view = asked.person, {"q": write_search(search), "sort": sort}
    line = once_sent(asked, "/?q=is:mine")
    tracking = desk.claim_next(line, query_of(search, sort, asked.parts, person), actor=person.name)
    if tracking is None:
        return go_to("/", **view, none="1")
    return go_to(f"/items/{tracking}", **view, done="claim", of=tracking)


def _sort(asked: Asked) -> str:
    sort = asked.form.get("sort", "")
    return sort if sort.removeprefix("-") in WORKLIST_SORTS else "due"


def _place_after(asked: Asked, tracking: str, named: str, *, leaves: bool) -> str:
    """Where the act leads: where the person chose to go when the item is done with, else back to it."""
    view = {"q": write_search(read_search(asked.form.get("q", ""))), "sort": _sort(asked)}
    told = {"done": named, "of": tracking}
    # The page said where it would lead; a choice that was made since is for the next page.
    then = asked.form.get("then") or (
        after_act(asked.parts.intake.store, asked.person.name) if leaves else AfterAct.STAY
    )
    if then == AfterAct.STAY and named == Act.TRANSFER and not asked.person.sees(asked.form.get("team", "")):
        then = AfterAct.NEXT  # it is seen no more
    target = f"/items/{tracking}"
    if then == AfterAct.LIST:
        target = "/"
    elif then == AfterAct.NEXT:
        following = _following(asked, tracking)
        target = f"/items/{following}" if following else "/"
    return str(go_to(target, **view, **told).headers["location"])


def _following(asked: Asked, tracking: str) -> str | None:
    """The item after this one in the view that the person came from, those of other people passed over."""
    search, sort = read_search(asked.form.get("q", "")), _sort(asked)
    columns = WORKLIST_SORTS[sort.removeprefix("-")]
    with asked.parts.intake.store.read() as ask:
        item = ask.story(tracking).item
        last = 2**62 if sort.startswith("-") else 0
        mark = Mark(at=tuple(getattr(item, name) for name in columns), row=last)
        query = replace(query_of(search, sort, asked.parts, asked.person), after=mark)
        found = ask.worklist(query).items
    free = [one.tracking for one in found if one.assignee in (None, asked.person.name) and one.tracking != tracking]
    return free[0] if free else None


def _changed(asked: Asked, tracking: str, named: str) -> Response:
    """Nothing was done: what has happened since, and the same act once more, on the item as it is now."""
    with asked.parts.intake.store.read() as ask:
        story = ask.story(tracking)
    seen = asked.number("seen") or 0
    macro = asked.parts.intake.site.texts.texts.get(macro_of(asked)[0])
    values: dict[str, Any] = {name: value for name, value in asked.form.items() if name not in _FRAME}
    return show(
        asked,
        "changed.html",
        CHANGED,
        story=story,
        since=[line for line in lines_of(story) if line.id > seen],
        seen=last_line(story),
        act=named,
        button=ACTS[named].button,
        possible=named not in BEHIND or BEHIND[named] in allowed(ItemState(story.item.state)),
        reader=desk.filer_of(asked.parts.intake, tracking),
        does=effect(macro) if macro else "",
        values=values,
        frame={name: asked.form.get(name, "") for name in ("q", "sort", "then")},
    )
