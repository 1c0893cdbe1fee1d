"""What everybody who works must know before the list is believed: mailboxes that are not read, and snow days."""

from collections.abc import Iterator
from datetime import datetime

from cee_mailbot.desk.clock import in_force
from cee_mailbot.domain.facts import MailboxFacts
from cee_mailbot.domain.pictures import mailbox_state
from cee_mailbot.domain.working_days import Closure
from cee_mailbot.questions import Questions
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.showing import when


def site_alerts(asked: Asked, ask: Questions) -> tuple[str, ...]:
    """In words: mailboxes of one's own teams that are not read, and the snow days of today."""
    now = asked.parts.now()
    mailboxes = [one for one in ask.mailboxes() if asked.person.sees(one.team)]
    return (*_silent(mailboxes, now), *_snow(in_force(ask.closures()), now))


def _silent(mailboxes: list[MailboxFacts], now: datetime) -> Iterator[str]:
    for one in mailboxes:
        if one.last_completed is not None and mailbox_state(one.error, one.last_completed, now) != "up":
            yield (
                f"The mailbox {one.mailbox} was last read on {when(one.last_completed)}: "
                "mail that came since is not in the list."
            )


def _snow(closures: tuple[Closure, ...], now: datetime) -> Iterator[str]:
    for one in closures:
        if one.holds_at(now):
            yield f"Snow day at {f'port {one.port}' if one.port else 'all ports'}: {one.reason}. It is no working day."
