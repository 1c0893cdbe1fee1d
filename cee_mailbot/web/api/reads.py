"""The lists of the API, and everything that it shows."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.responses import Response

from cee_mailbot.desk import clock
from cee_mailbot.domain.approved_texts import facts_of
from cee_mailbot.domain.facts import story_to_json, to_json
from cee_mailbot.domain.filters import OF_ITEMS, OF_MESSAGES, OF_REPLIES, unknown_filter
from cee_mailbot.domain.policy import Policy
from cee_mailbot.errors import NotFoundError, UserError
from cee_mailbot.questions import SORTABLE, ElsewhereQuery, ItemQuery, MessageQuery, ReplyQuery
from cee_mailbot.web.api.operation import Call
from cee_mailbot.web.asking import whole_number
from cee_mailbot.web.gate import Of
from cee_mailbot.web.pages import documents


def list_items(call: Call) -> Any:
    """As `queue list`, of the caller's teams."""
    sort = call.given.sort.removeprefix("-")
    _check(call, {**OF_ITEMS, "sort": SORTABLE, "team": call.intake.site.centers}, sort=sort)
    query = ItemQuery(**call.given.model_dump(), teams=_teams(call))
    with call.intake.store.read() as ask:
        return ask.items(query)


def list_elsewhere(call: Call) -> Any:
    """As `queue elsewhere`, for the caller's teams."""
    given, site = call.given.model_dump(), call.intake.site
    _check(call, {**OF_ITEMS, "team": site.centers})
    wanted = given.pop("team")
    own = [team for team in site.centers if call.person.sees(team) and wanted in (None, team)]
    others = tuple(team for team in site.centers if team not in own)
    with call.intake.store.read() as ask:
        query = ElsewhereQuery(teams=others, mailboxes=site.mailboxes_of(own), through=tuple(own), **given)
        return ask.elsewhere(query)


def list_texts(call: Call) -> Any:
    """As `queue texts`: they are the same for every team."""
    return [facts_of(one) for one in call.intake.site.texts.texts.values()]


def list_messages(call: Call) -> Any:
    """As `messages list`, of the caller's teams."""
    _check(call, OF_MESSAGES)
    query = MessageQuery(**call.given.model_dump(), teams=_teams(call), mailboxes=_mailboxes(call))
    with call.intake.store.read() as ask:
        return ask.messages(query)


def list_replies(call: Call) -> Any:
    """As `replies list`, of the caller's teams."""
    _check(call, OF_REPLIES)
    query = ReplyQuery(**call.given.model_dump(), teams=_teams(call), mailboxes=_mailboxes(call))
    with call.intake.store.read() as ask:
        return ask.replies(query)


def _check(call: Call, known: Mapping[str, Iterable[str]], **given: str) -> None:
    """Raises `UserError` for a value that no filter of this name can have."""
    if fault := unknown_filter(call.given.model_dump() | given, known):
        raise UserError(fault)


def _teams(call: Call) -> tuple[str, ...] | None:
    return None if call.person.teams is None else tuple(sorted(call.person.teams))


def _mailboxes(call: Call) -> tuple[str, ...]:
    return tuple(one.name for one in call.intake.site.mailboxes if call.person.sees(one.team))


def show_item(call: Call) -> dict[str, Any]:
    """As `queue show`."""
    return item_in_full(call, str(call.asked.path[Of.ITEM]))


def item_in_full(call: Call, tracking: str) -> dict[str, Any]:
    """The item with all that is known of it, and its clocks."""
    with call.intake.store.read() as ask:
        story, closures = ask.story(tracking, teams=call.person.teams), clock.in_force(ask.closures())
    hours = call.intake.site.policies.get(story.mailbox, Policy()).office_hours
    clocks: dict[str, Any] = to_json(clock.clock_facts(story, closures, hours))
    return story_to_json(story) | clocks


def show_message(call: Call) -> Any:
    """As `messages show`."""
    number = whole_number(call.asked.path[Of.MESSAGE])
    with call.intake.store.read() as ask:
        return to_json(ask.message(number)) | {"scan": ask.scan(number), "documents": to_json(ask.documents(number))}


def list_documents(call: Call) -> Any:
    """As `messages documents`."""
    with call.intake.store.read() as ask:
        return ask.documents(whole_number(call.asked.path[Of.MESSAGE]))


def raw_message(call: Call) -> Response:
    """As `messages raw`."""
    return documents.raw_message(call.asked)


def document(call: Call) -> Response:
    """The bytes of one document, as on the page."""
    return documents.document(call.asked)


def show_reply(call: Call) -> Any:
    """As `replies show --json`."""
    with call.intake.store.read() as ask:
        return ask.reply(whole_number(call.asked.path[Of.REPLY]))[0]


def raw_reply(call: Call) -> Response:
    """As `replies show`: the exact bytes that leave."""
    number = whole_number(call.asked.path[Of.REPLY])
    with call.intake.store.read() as ask:
        return documents.to_keep(ask.reply(number)[1], f"reply-{number}.eml")


def list_closures(call: Call) -> Any:
    """As `closures list`."""
    with call.intake.store.read() as ask:
        return ask.closures()


def last_census(call: Call) -> Any:
    """The census that was kept last, as `census` printed it."""
    with call.intake.store.read() as ask:
        census = ask.last_census()
    if census is None:
        raise NotFoundError("no census was taken yet; `cee-mailbot run` takes one a day")
    return census


def status(call: Call) -> Any:
    """As `status`."""
    return call.asked.parts.status()
