"""Pictures of the work, and of how the program fares."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi.responses import Response

from cee_mailbot.domain.facts import MailboxFacts
from cee_mailbot.domain.pictures import (
    INTAKE_HOURS,
    in_words,
    intake_per_hour,
    mailbox_state,
    split_submissions,
    what_needs_me,
    why_not_processed,
)
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.showing import show

REFUSALS_DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Polled:
    """A mailbox: `up`, `late` or `down`, and how long ago the last good poll was, in words."""

    facts: MailboxFacts
    state: str
    lag: str


def pictures_page(asked: Asked) -> Response:
    """What is due, what came in, why mail was not processed, and what waits for parts: of one's own teams."""
    now, site = asked.parts.now(), asked.parts.intake.site
    teams = asked.person.teams_among(asked.parts.teams)
    mailboxes = [one.name for one in site.mailboxes if one.team in teams]
    with asked.parts.intake.store.read() as ask:
        dues, waiting = ask.due_counts(teams), ask.waiting_sets(teams)
        arrivals = ask.arrivals(mailboxes, now - timedelta(hours=INTAKE_HOURS))
        refusals = ask.refusals(mailboxes, now - timedelta(days=REFUSALS_DAYS))
    pictures = (
        what_needs_me(
            ((one.team, one.due, one.zone, one.items, one.unclaimed) for one in dues),
            now,
            {team: site.centers[team].name for team in teams},
        ),
        intake_per_hour(arrivals, now),
        why_not_processed(refusals, REFUSALS_DAYS),
        split_submissions((one.since for one in waiting), now),
    )
    return show(asked, "pictures.html", pictures=pictures)


def operations_page(asked: Asked) -> Response:
    """Mailboxes of one's own teams; outbox and census, which are everybody's, for those who see all teams."""
    now = asked.parts.now()
    with asked.parts.intake.store.read() as ask:
        mailboxes = [one for one in ask.mailboxes() if asked.person.sees(one.team)]
        figures = ask.figures(now) if asked.person.teams is None else None
    polled = [
        Polled(
            facts=one,
            state=mailbox_state(one.error, one.last_completed, now),
            lag=in_words(now - one.last_completed) if one.last_completed else "never",
        )
        for one in mailboxes
    ]
    return show(asked, "operations.html", polled=polled, figures=figures)
