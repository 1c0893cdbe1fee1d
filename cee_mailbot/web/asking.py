"""One request as a page sees it, and the ways in which a page answers."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse

from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.errors import CeeMailbotError, NotFoundError, UserError
from cee_mailbot.web.addresses import caller_address
from cee_mailbot.web.parts import Parts

SEE_OTHER = 303
LONGEST_TEXT = 20_000
LONGEST_NUMBER = 18  # digits that fit into the row number of every database


class ForbiddenError(CeeMailbotError):
    """The person may see this, and may not do it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request: who asks, for what, what the form says, and whether keys act alone for this person."""

    parts: Parts
    request: Request
    visitor: Person | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    single_keys: bool = True

    @property
    def person(self) -> Person:
        """Who has signed in; routes that ask for a role are reached by nobody else."""
        if self.visitor is None:
            raise ForbiddenError("sign in first")
        return self.visitor

    @property
    def path(self) -> Mapping[str, Any]:
        """The values in the path."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """The values in the query string, the last one of each name."""
        return self.request.query_params

    @property
    def address(self) -> str:
        """Where the request comes from, under which tries to sign in are counted."""
        return caller_address(self.request, self.parts.settings.proxy_addresses)

    @property
    def here(self) -> str:
        """The address of this page, to come back to; of a form that was sent, the front page."""
        url = self.request.url
        if self.request.method != "GET":
            return "/"
        return url.path + (f"?{url.query}" if url.query else "")

    def text(self, name: str, *, longest: int = LONGEST_TEXT) -> str:
        """A text of the form, line ends as one. Raises `UserError` when it is too long."""
        value = self.form.get(name, "").replace("\r\n", "\n").strip()
        if len(value) > longest:
            raise UserError(f"{name} is longer than {longest:,} characters; shorten it")
        return value

    def number(self, name: str) -> int | None:
        """A whole number of the form, or None where there is none. Raises `UserError`."""
        value = self.form.get(name, "").strip()
        return whole_number(value) if value else None

    def authorise_item(self, tracking: str, needed: Role = Role.VIEWER) -> str:
        """The team of an item that this person may see. Raises `NotFoundError`, or `ForbiddenError`."""
        missing = f"there is no item {tracking} that you may see"
        if not (tracking.isascii() and tracking.isprintable()):
            raise NotFoundError(missing)  # the store may drop a character, and then find what was not asked for
        with self.parts.intake.store.read() as ask:
            team = ask.team_of_item(tracking)
        return self.authorise_team(team, needed, missing)

    def authorise_message(self, message_id: int, needed: Role = Role.VIEWER) -> str:
        """The same of a message, by its item, else by the mailbox that it came to."""
        with self.parts.intake.store.read() as ask:
            home = ask.home_of_message(message_id)
        team = home.team or self._team_of_mailbox(home.mailbox) if home else None
        return self.authorise_team(team, needed, f"there is no message {message_id} that you may see")

    def authorise_reply(self, reply_id: int, needed: Role = Role.VIEWER) -> str:
        """The same of a reply, by the message that it answers."""
        with self.parts.intake.store.read() as ask:
            home = ask.home_of_reply(reply_id)
        team = home.team or self._team_of_mailbox(home.mailbox) if home else None
        return self.authorise_team(team, needed, f"there is no reply {reply_id} that you may see")

    def authorise_bulk_job(self, job: int) -> None:
        """A bulk job is its person's, and an administrator's of all teams. Raises `NotFoundError`."""
        with self.parts.intake.store.read() as ask:
            found = ask.bulk_job(job)
        own = found is not None and found.person == self.person.name
        if found is None or not (own or (self.person.may(Role.ADMINISTRATOR) and self.person.teams is None)):
            raise NotFoundError(f"there is no bulk job {job} that you may see")

    def _team_of_mailbox(self, mailbox: str) -> str:
        """Its team; nobody's, which only those who see all teams may see, when it is no longer configured."""
        return next((one.team for one in self.parts.intake.site.mailboxes if one.name == mailbox), "")

    def authorise_team(self, team: str | None, needed: Role, missing: str) -> str:
        """The one rule: what is another team's does not exist, and what is one's own needs the role."""
        if team is None or not self.person.sees(team):
            raise NotFoundError(missing)
        if not self.person.may(needed, team):
            raise ForbiddenError(f"this needs the role {needed}; you have {self.person.role}")
        return team


def whole_number(text: str) -> int:
    """A row's number. Raises `NotFoundError` for what can be none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise NotFoundError(f"{text[:40]!r} is no number")
    return int(text)


def go_to(path: str, **query: str | None) -> RedirectResponse:
    """Sends the browser to a page of ours; what is None is left out."""
    wanted = {name: value for name, value in query.items() if value}
    return RedirectResponse(f"{path}?{urlencode(wanted)}" if wanted else path, status_code=SEE_OTHER)


def new_key() -> str:
    """A key for a form, so that sending it twice has one effect."""
    return secrets.token_urlsafe(16)
