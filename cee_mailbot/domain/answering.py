"""Whether a message may be answered by a machine at all, and why not; and how many replies are too many.

RFC 3834 is the rule book: a robot never answers a robot, and never answers often.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from parsers.addresses import address_key
from parsers.machine_mail import MachineMark
from parsers.mail import Mail
from parsers.out_of_office import out_of_office_mark

# These are about another mail, or say that nobody is there: whatever they carry, they are no submission.
NEVER_A_SUBMISSION = frozenset({"delivery-report", "read-receipt", "out-of-office"})

# Of several marks these say the most: what the message is, and not only that a machine sent it.
_TOLD_FIRST = NEVER_A_SUBMISSION | {"bounce-subject"}

HOUR = timedelta(hours=1)

# Replies that no limit holds back: what a submission is owed, and what a person on the staff has said. No robot can
# draw these: each needs a new submission or an act of a person.
UNLIMITED = (
    ReplyKind.ACKNOWLEDGEMENT,
    ReplyKind.INCOMPLETE,
    ReplyKind.TRANSFER,
    ReplyKind.RETURN,
    ReplyKind.STAFF,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answerable:
    """Whether an automatic reply may go out; `reason` is the code that forbids it, `detail` what decided."""

    ok: bool
    reason: str | None = None
    detail: str = ""


ANSWERABLE = Answerable(ok=True)


def answerable(mail: Mail, *, own_addresses: Collection[str], policy: Policy) -> Answerable:
    """Whether a machine may answer this message.

    `own_addresses` are the bot's own, as they are compared. The reason is the first mark that speaks against it.
    """
    marks = machine_marks(mail, own_addresses=own_addresses, policy=policy)
    return Answerable(ok=False, reason=marks[0].code, detail=marks[0].detail) if marks else ANSWERABLE


def machine_marks(mail: Mail, *, own_addresses: Collection[str], policy: Policy) -> tuple[MachineMark, ...]:
    """Every mark by which this message is a machine's, those that rule out a submission first."""
    marks = [mark for mark in mail.machine if _counts(mark, policy)]
    if (away := out_of_office_mark(mail.subject, policy.out_of_office_subjects)) is not None:
        marks.append(away)
    marks += [
        MachineMark(code="own-address", detail=f"From: {address.addr}")
        for address in mail.from_
        if address_key(address.addr) in own_addresses
    ]
    return tuple(sorted(marks, key=lambda mark: mark.code not in _TOLD_FIRST))


def _counts(mark: MachineMark, policy: Policy) -> bool:
    return mark.code != "missing-return-path" or policy.return_path == "required"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyTraffic:
    """The automatic replies of late, first acknowledgements left out.

    `due_to_sender` are the times (aware) at which this sender's replies of the last hour and those still
    waiting are due, oldest first; `same_subject_day` counts this sender's with the same subject in 24 hours;
    `last_hour` all senders' in the last hour; `usual_hour` the mean of an hour over the last seven days.
    """

    due_to_sender: tuple[datetime, ...] = ()
    same_subject_day: int = 0
    last_hour: int = 0
    usual_hour: float = 0.0
    breaker_open: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What may become of a reply: `queued`, `delayed` until `not_before`, or `withheld` for `reason`."""

    state: ReplyState
    not_before: datetime
    reason: str | None = None
    opens_breaker: bool = False


def allow(kind: ReplyKind, traffic: ReplyTraffic, *, policy: Policy, now: datetime) -> Allowance:
    """Whether a reply may leave now. An acknowledgement is never limited, nor is what follows from an act of staff.

    Over `reply_limit_hour` to a sender it is delayed until the hour has room; over `reply_limit_subject_day`
    for one sender and subject it is withheld; the breaker withholds everything else until staff reset it.
    """
    if kind in UNLIMITED:
        return Allowance(state=ReplyState.QUEUED, not_before=now)
    opens = _breaks(traffic, policy)
    if opens or traffic.breaker_open:
        return Allowance(state=ReplyState.WITHHELD, not_before=now, reason="reply-breaker", opens_breaker=opens)
    if traffic.same_subject_day >= policy.reply_limit_subject_day:
        return Allowance(state=ReplyState.WITHHELD, not_before=now, reason="reply-limit-subject")
    if len(traffic.due_to_sender) >= policy.reply_limit_hour:
        room_at = traffic.due_to_sender[-policy.reply_limit_hour] + HOUR
        return Allowance(state=ReplyState.DELAYED, not_before=max(now, room_at), reason="reply-limit-hour")
    return Allowance(state=ReplyState.QUEUED, not_before=now)


def _breaks(traffic: ReplyTraffic, policy: Policy) -> bool:
    return (
        not traffic.breaker_open
        and traffic.last_hour >= policy.breaker_floor
        and traffic.last_hour > 3 * traffic.usual_hour
    )
