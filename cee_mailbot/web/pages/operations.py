"""How the program fares: mailboxes, acknowledgements, outbox, disk, census."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi.responses import Response

from cee_mailbot.domain.facts import MailboxFacts
from cee_mailbot.domain.flow_picture import percentile
from cee_mailbot.domain.pictures import in_words, mailbox_state
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.watch_ledger import Figures
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.showing import show

LATELY = timedelta(days=1)
MOST_REPLIES = 5000
DEAD = (ReplyState.FAILED, ReplyState.UNDELIVERABLE, ReplyState.WITHHELD)


@dataclass(frozen=True, kw_only=True, slots=True)
class Polled:
    """A mailbox: `up`, `late` or `down`, and how long ago it last began and completed a poll, in words.

    `backlog` counts the messages that are kept and not decided; `ends` is when its credential does, if that is known.
    """

    facts: MailboxFacts
    state: str
    tried: str
    lag: str
    backlog: int
    ends: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    """How many messages were acknowledged of late, and how long after their arrival: half of them, and 95 of 100."""

    count: int
    half: timedelta | None
    most: timedelta | None


def operations_page(asked: Asked) -> Response:
    """Mailboxes of one's own teams; what is everybody's for those who see all teams."""
    now = asked.parts.now()
    with asked.parts.intake.store.read() as ask:
        mailboxes = [one for one in ask.mailboxes() if asked.person.sees(one.team)]
        figures = ask.figures(now)
        took = ask.acknowledged_after([one.mailbox for one in mailboxes], now - LATELY, MOST_REPLIES)
    status = asked.parts.status()
    ends = {one["mailbox"]: one["credential_ends"] for one in status.get("mailboxes", ())}
    whole = asked.person.teams is None
    return show(
        asked,
        "operations.html",
        polled=[_polled(one, figures, ends, now) for one in mailboxes],
        acknowledged=Acknowledged(count=len(took), half=percentile(took, 0.5), most=percentile(took, 0.95)),
        figures=figures if whole else None,
        dead=sum(figures.replies.get(state, 0) for state in DEAD),
        machine=status if whole else {},
    )


def _polled(one: MailboxFacts, figures: Figures, ends: Mapping[str, Any], now: datetime) -> Polled:
    return Polled(
        facts=one,
        state=mailbox_state(one.error, one.last_completed, now),
        tried=_ago(one.last_started, now),
        lag=_ago(one.last_completed, now),
        backlog=figures.messages.get((one.mailbox, "received"), 0),
        ends=ends.get(one.mailbox),
    )


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{in_words(now - at)} ago" if at else "never"
