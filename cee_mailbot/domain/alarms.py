"""What needs a person, from the figures of a site and the thresholds that are set; each alarm has a page of advice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """From when on something is an alarm; sizes in bytes."""

    no_poll: timedelta = timedelta(minutes=15)
    outbox_age: timedelta = timedelta(hours=1)
    disk_reserve: int = 1_000_000_000
    clock_skew: timedelta = timedelta(minutes=2)
    credential_end: timedelta = timedelta(days=14)
    census_age: timedelta = timedelta(days=2)
    undeliverable: int = 1
    held_for: timedelta = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedMailbox:
    """How the polling of one mailbox goes; `since` is when the program began to poll it."""

    mailbox: str
    team: str
    since: datetime
    last_completed: datetime | None = None
    last_message: datetime | None = None
    error: str | None = None
    credential_ends: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedAddress:
    """An address to which the mail of alarms is refused for good: since when, and what the mail server said last."""

    address: str
    since: datetime
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """The figures of a site at one instant; times are aware, sizes in bytes, None is not known.

    `oldest_due` is when the reply that waits longest was due; `skew` by how much the mail servers' clocks are ahead of
    ours, or our own went back; `held_since` when the oldest message that is held was first seen; `undeliverable` counts
    replies that failed for good or came back. While there is a `database_error`, what only the database knows is at its
    default.
    """

    at: datetime
    mailboxes: tuple[WatchedMailbox, ...] = ()
    oldest_due: datetime | None = None
    disk_free: int | None = None
    skew: timedelta = timedelta(0)
    census_at: datetime | None = None
    census_clean: bool | None = None
    census_unclean: bool = False
    undeliverable: int = 0
    breaker_opened_at: datetime | None = None
    held: int = 0
    held_since: datetime | None = None
    refused: tuple[RefusedAddress, ...] = ()
    database_error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """One thing that needs a person: its reason, what it concerns (a mailbox, or empty), and the facts in words."""

    reason: str
    subject: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldAlarm:
    """An alarm that somebody was told of, and when last."""

    alarm: Alarm
    told_at: datetime


_NEVER = datetime.min.replace(tzinfo=UTC)

Rule = Callable[[Watch, Thresholds], Iterator[Alarm]]


def _database_down(watch: Watch, _limits: Thresholds) -> Iterator[Alarm]:
    if watch.database_error is not None:
        words = f"the database can't be read: {watch.database_error}"
        yield Alarm(reason="database-down", subject="", words=words)


def _no_completed_poll(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    """F77, F80: a process that looks healthy and reads nothing."""
    for one in watch.mailboxes:
        known = one.last_completed if one.last_completed and one.last_completed <= watch.at else None
        last = known or one.since
        if watch.at - last > limits.no_poll:
            when = f"since {last:%Y-%m-%d %H:%M} UTC" if known else "yet"
            why = f": {one.error}" if one.error else ""
            yield Alarm(
                reason="no-completed-poll",
                subject=one.mailbox,
                words=f"mailbox {one.mailbox} has had no completed poll {when}{why}",
            )


def _outbox_old(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    if watch.oldest_due is not None and watch.at - watch.oldest_due > limits.outbox_age:
        words = f"a reply has been due since {watch.oldest_due:%Y-%m-%d %H:%M} UTC and is not sent"
        yield Alarm(reason="outbox-old", subject="", words=words)


def _disk_low(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    if watch.disk_free is not None and watch.disk_free < limits.disk_reserve:
        words = (
            f"{watch.disk_free / 1e6:.0f} MB are free where blobs are kept, below the reserve of "
            f"{limits.disk_reserve / 1e6:.0f} MB: no new mail is fetched"
        )
        yield Alarm(reason="disk-low", subject="", words=words)


def _clock_skew(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    if watch.skew > limits.clock_skew:
        words = f"mail arrived {watch.skew.total_seconds():.0f} s after now by this machine's clock, which is slow"
        yield Alarm(reason="clock-skew", subject="", words=words)


def _credential_ends(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    for one in watch.mailboxes:
        if one.credential_ends is not None and one.credential_ends - watch.at < limits.credential_end:
            words = f"the credential of mailbox {one.mailbox} ends at {one.credential_ends:%Y-%m-%d %H:%M} UTC"
            yield Alarm(reason="credential-ends", subject=one.mailbox, words=words)


def _census_unclean(watch: Watch, _limits: Thresholds) -> Iterator[Alarm]:
    if watch.census_unclean:
        words = f"the census of {watch.census_at:%Y-%m-%d %H:%M} UTC found messages or bytes missing or damaged"
        yield Alarm(reason="census-unclean", subject="", words=words)


def _census_old(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    began = min((one.since for one in watch.mailboxes), default=watch.at)
    last = watch.census_at or began
    if watch.at - last > limits.census_age:
        yield Alarm(reason="census-old", subject="", words=f"there is no census since {last:%Y-%m-%d %H:%M} UTC")


def _replies_undeliverable(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    if limits.undeliverable and watch.undeliverable >= limits.undeliverable:
        words = f"{watch.undeliverable} replies failed for good or came back: those senders know nothing"
        yield Alarm(reason="replies-undeliverable", subject="", words=words)


def _breaker_open(watch: Watch, _limits: Thresholds) -> Iterator[Alarm]:
    if watch.breaker_opened_at is not None:
        words = f"automatic replies are stopped since {watch.breaker_opened_at:%Y-%m-%d %H:%M} UTC"
        yield Alarm(reason="breaker-open", subject="", words=words)


def _held_mail(watch: Watch, limits: Thresholds) -> Iterator[Alarm]:
    if watch.held_since is not None and watch.at - watch.held_since > limits.held_for:
        words = f"{watch.held} messages are held for a person, the oldest since {watch.held_since:%Y-%m-%d %H:%M} UTC"
        yield Alarm(reason="held-mail", subject="", words=words)


def _alarm_mail_refused(watch: Watch, _limits: Thresholds) -> Iterator[Alarm]:
    """One for all addresses: an alarm's subject is logged, and no address ever is."""
    if watch.refused:
        told = "; ".join(f"{one.address} since {one.since:%Y-%m-%d %H:%M} UTC: {one.words}" for one in watch.refused)
        yield Alarm(reason="alarm-mail-refused", subject="", words=f"the mail of alarms is refused for good: {told}")


RULES: tuple[tuple[str, Rule], ...] = (
    ("database-down", _database_down),
    ("no-completed-poll", _no_completed_poll),
    ("disk-low", _disk_low),
    ("census-unclean", _census_unclean),
    ("clock-skew", _clock_skew),
    ("outbox-old", _outbox_old),
    ("breaker-open", _breaker_open),
    ("replies-undeliverable", _replies_undeliverable),
    ("held-mail", _held_mail),
    ("alarm-mail-refused", _alarm_mail_refused),
    ("credential-ends", _credential_ends),
    ("census-old", _census_old),
)


def alarms(watch: Watch, limits: Thresholds) -> tuple[Alarm, ...]:
    """Everything that needs a person now, what keeps mail out first."""
    return tuple(alarm for _, rule in RULES for alarm in rule(watch, limits))


def to_tell(
    sounding: Sequence[Alarm], told: Sequence[ToldAlarm], now: datetime, again_after: timedelta
) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...]]:
    """Which alarms are to be told now, new ones and those last told so long ago, and which told ones have ended."""
    last = {(one.alarm.reason, one.alarm.subject): one.told_at for one in told}
    due = [
        one
        for one in sounding
        # What was told at a time that has not come yet was told by a clock that was ahead.
        if not timedelta() <= now - last.get((one.reason, one.subject), _NEVER) < again_after
    ]
    still = {(one.reason, one.subject) for one in sounding}
    ended = [one.alarm for one in told if (one.alarm.reason, one.alarm.subject) not in still]
    return tuple(due), tuple(ended)
