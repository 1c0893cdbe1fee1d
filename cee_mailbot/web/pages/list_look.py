"""Keeps how a person wants the list."""

from fastapi.responses import Response

from cee_mailbot.domain.queue_search import read_search
from cee_mailbot.errors import UserError
from cee_mailbot.list_look import Column, Density, set_look
from cee_mailbot.questions import WORKLIST_SORTS
from cee_mailbot.web.asking import Asked, go_to
from cee_mailbot.web.views import address_of

COLUMN_NAMES: dict[Column, str] = {
    Column.DUE: "Due",
    Column.CODE: "Code",
    Column.ACCOUNT: "Account",
    Column.PARTS: "Parts",
    Column.PRESENTED: "Presented",
    Column.CLAIMED: "Claimed by",
    Column.FLAGS: "Flags, tags",
}


def set_list_look(asked: Asked) -> Response:
    """Density and columns of every list of this person; sending it twice changes nothing more."""
    density, columns = asked.text("density"), asked.lists.get("column", ())
    if density not in set(Density) or not set(columns) <= set(Column):
        raise UserError("choose comfortable or compact, and columns that there are")
    shown = frozenset(map(Column, columns))
    set_look(asked.parts.intake.store, asked.parts.now(), asked.person.name, density=Density(density), shown=shown)
    sort = asked.form.get("sort", "")
    known = sort.removeprefix("-") in WORKLIST_SORTS
    return go_to(address_of(read_search(asked.form.get("q", "")), sort if known else "due"))
