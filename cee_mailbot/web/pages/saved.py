"""Saved lists: one's own, and those of a team, which its supervisors keep."""

from urllib.parse import urlsplit

from fastapi.responses import Response

from cee_mailbot.accounts import set_first_list
from cee_mailbot.domain.queue_search import read_search, write_search
from cee_mailbot.domain.roles import Role
from cee_mailbot.errors import NotAllowedError, NotFoundError, UserError
from cee_mailbot.questions import WORKLIST_SORTS
from cee_mailbot.staff_ledger import SavedView
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.once import once_sent
from cee_mailbot.web.views import address_of, understood

LONGEST_NAME = 60
MOST_OF_A_PERSON = 50  # each is counted whenever the list is shown


def save_view(asked: Asked) -> Response:
    """Keeps the list that the person looks at under a name."""
    name, team = asked.text("name", longest=LONGEST_NAME), asked.text("team") or None
    if not name:
        raise UserError("the list needs a name")
    if team is not None:
        asked.authorise_team(team, Role.SUPERVISOR, f"there is no team {team} that you may see")
    search, sort = write_search(understood(read_search(asked.form.get("q", "")))), asked.text("sort") or "due"
    place = str(go_to("/", q=search, sort=sort).headers["location"])
    line = once_sent(asked, place)
    with asked.parts.intake.store.read() as ask:
        mine = [one for one in ask.saved_views(person=asked.person.name) if one.person == asked.person.name]
    if len(mine) >= MOST_OF_A_PERSON:
        raise NotAllowedError(f"you have saved {len(mine)} lists, which is the most; forget one first")
    with line.store.begin(asked.parts.now()) as unit:
        unit.save_view(SavedView(id=0, name=name, person=asked.person.name, team=team, search=search, sort=sort))
    return go_to("/", q=search, sort=sort)


def forget_view(asked: Asked) -> Response:
    """Forgets a list: one's own, or as a supervisor one of the team."""
    number = asked.number("view")
    if number is None:
        raise UserError("choose a saved list")
    with asked.parts.intake.store.read() as ask:
        view = ask.saved_view(number)
    missing = f"there is no saved list {number} that you may see"
    if view is None:
        raise NotFoundError(missing)
    if view.team is not None or view.person != asked.person.name:
        # A team's list is not its writer's, who may be none of the team by now; another person's own is no team's.
        asked.authorise_team(view.team, Role.SUPERVISOR, missing)
    with asked.parts.intake.store.begin(asked.parts.now()) as unit:
        unit.forget_view(number)
    return go_to("/")


def start_with(asked: Asked) -> Response:
    """Makes the list that the person looks at the one to start with, or all open items again."""
    sort = asked.form.get("sort", "")
    known = sort.removeprefix("-") in WORKLIST_SORTS
    search, instead = read_search(asked.form.get("q", "")), asked.form.get("instead") == "all"
    address = address_of(search if instead else understood(search), sort if known else "due")
    query = "" if instead else urlsplit(address).query
    set_first_list(asked.parts.intake.store, asked.parts.now(), asked.person.name, query)
    return go_to(address)
