"""Pictures of the work: what is due, what came in, and how it went."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fastapi.responses import Response

from cee_mailbot.desk.clock import in_force
from cee_mailbot.domain.flow_picture import STEPS, flow
from cee_mailbot.domain.mail_pictures import (
    INTAKE_HOURS,
    completed_submissions,
    intake_per_hour,
    split_submissions,
    why_not_processed,
)
from cee_mailbot.domain.pictures import Outage, Picture, how_old, mailbox_state, what_needs_me
from cee_mailbot.domain.windows import AGES, age_window
from cee_mailbot.questions import Questions
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.showing import show

DAYS = 30
MOST_ITEMS = 2000


def pictures_page(asked: Asked) -> Response:
    """Every picture, of one Center or of all of one's own teams."""
    now, site = asked.parts.now(), asked.parts.intake.site
    own = asked.person.teams_among(asked.parts.teams)
    chosen = asked.query.get("team", "")
    teams = (chosen,) if chosen in own else own
    mailboxes = [one.name for one in site.mailboxes if one.team in teams]
    with asked.parts.intake.store.read() as ask:
        pictures = (
            *_of_items(ask, teams, {team: site.centers[team].name for team in teams}, now),
            *_of_mail(ask, teams, mailboxes, now),
        )
        passages = ask.passages(teams, now - timedelta(days=DAYS), MOST_ITEMS)
    return show(
        asked,
        "pictures.html",
        pictures=pictures,
        flow=flow(passages, DAYS),
        steps=STEPS,
        most=MOST_ITEMS if len(passages) == MOST_ITEMS else None,
        own=own,
        chosen=chosen if chosen in own else "",
    )


def _of_items(ask: Questions, teams: Sequence[str], names: dict[str, str], now: datetime) -> tuple[Picture, ...]:
    dues = ((one.team, one.due, one.items, one.unclaimed) for one in ask.due_counts(teams))
    before = [age_window(age, now)[1] for age in AGES]
    return what_needs_me(dues, now, names), how_old(ask.older_than(teams, before), names)


def _of_mail(ask: Questions, teams: Sequence[str], mailboxes: Sequence[str], now: datetime) -> tuple[Picture, ...]:
    since = now - timedelta(days=DAYS)
    lately = now - timedelta(hours=INTAKE_HOURS)
    silent = tuple(
        Outage(mailbox=one.mailbox, began=one.last_completed)
        for one in ask.mailboxes()
        if one.mailbox in mailboxes and one.last_completed and mailbox_state(one.error, one.last_completed, now) != "up"
    )
    return (
        intake_per_hour(
            ask.arrivals(mailboxes, lately),
            now,
            closures=in_force(ask.closures()),
            unread=(*ask.outages(mailboxes, lately), *silent),
        ),
        *why_not_processed(ask.refusals(mailboxes, since), DAYS),
        split_submissions((one.since for one in ask.waiting_sets(teams)), now),
        completed_submissions(ask.completed_sets(teams, since), DAYS),
    )
