"""The one gate of every page, fragment, download and answer of the API."""

from dataclasses import dataclass
from enum import StrEnum

from cee_mailbot.domain.roles import Role, Scope
from cee_mailbot.web.asking import Asked, ForbiddenError, whole_number


class Of(StrEnum):
    """What kind of object a path names, and by which of its values: whose it is decides who may see it.

    `SITE` is what concerns all teams, and is for those whose role holds for all.
    """

    NOTHING = ""
    ITEM = "tracking"
    MESSAGE = "message"
    REPLY = "reply"
    BULK = "job"
    SITE = "site"


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """What one route asks for; `needs` None means everybody, a `scope` that it is of the API and takes tokens alone.

    `hands_out` says how it gives what a sender wrote, as the history tells it; empty where it gives none of it.
    """

    method: str
    path: str
    needs: Role | None
    of: Of = Of.NOTHING
    scope: Scope | None = None
    hands_out: str = ""


def authorise(door: Door, asked: Asked) -> None:
    """Whether this person may use this route on this object.

    Raises `NotFoundError` for what is another team's, `ForbiddenError` for what needs a higher role.
    """
    if door.needs is None:
        return
    if not asked.person.may(door.needs):
        raise ForbiddenError(f"this needs the role {door.needs}; you have {asked.person.role}")
    if door.of is Of.SITE and asked.person.teams is not None:
        raise ForbiddenError("this concerns all teams; your role holds for some")
    if door.of is Of.ITEM:
        asked.authorise_item(str(asked.path[Of.ITEM]), door.needs)
    elif door.of is Of.MESSAGE:
        asked.authorise_message(whole_number(asked.path[Of.MESSAGE]), door.needs)
    elif door.of is Of.REPLY:
        asked.authorise_reply(whole_number(asked.path[Of.REPLY]), door.needs)
    elif door.of is Of.BULK:
        asked.authorise_bulk_job(whole_number(asked.path[Of.BULK]))
