"""What is an alarm and what is not yet, case by case, and when somebody is told."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cee_mailbot.config.tables import AlarmsConfig
from cee_mailbot.domain.alarms import (
    RULES,
    Alarm,
    RefusedAddress,
    Thresholds,
    ToldAlarm,
    Watch,
    WatchedMailbox,
    alarms,
    to_tell,
)

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
BOX = WatchedMailbox(mailbox="electronics", team="007", since=NOW - timedelta(days=9), last_completed=NOW)
WELL = Watch(at=NOW, mailboxes=(BOX,), disk_free=10**12, census_at=NOW, census_clean=True)
LIMITS = Thresholds()
MOMENT = timedelta(seconds=1)


def boxed(**changes: object) -> Watch:
    return replace(WELL, mailboxes=(replace(BOX, **changes),))  # type: ignore[arg-type]


# reason: (as bad as it may be, a little worse)
CASES: dict[str, tuple[Watch, Watch]] = {
    "database-down": (WELL, replace(WELL, database_error="disk full")),
    "no-completed-poll": (
        boxed(last_completed=NOW - LIMITS.no_poll),
        boxed(last_completed=NOW - LIMITS.no_poll - MOMENT, error="refused"),
    ),
    "disk-low": (replace(WELL, disk_free=LIMITS.disk_reserve), replace(WELL, disk_free=LIMITS.disk_reserve - 1)),
    "census-unclean": (replace(WELL, census_clean=False), replace(WELL, census_clean=False, census_unclean=True)),
    "clock-skew": (replace(WELL, skew=LIMITS.clock_skew), replace(WELL, skew=LIMITS.clock_skew + MOMENT)),
    "outbox-old": (
        replace(WELL, oldest_due=NOW - LIMITS.outbox_age),
        replace(WELL, oldest_due=NOW - LIMITS.outbox_age - MOMENT),
    ),
    "breaker-open": (WELL, replace(WELL, breaker_opened_at=NOW)),
    "replies-undeliverable": (WELL, replace(WELL, undeliverable=1)),
    "held-mail": (
        replace(WELL, held=1, held_since=NOW - LIMITS.held_for),
        replace(WELL, held=1, held_since=NOW - LIMITS.held_for - MOMENT),
    ),
    "alarm-mail-refused": (
        WELL,
        replace(WELL, refused=(RefusedAddress(address="gone@agency.example", since=NOW, words="550 no such user"),)),
    ),
    "credential-ends": (
        boxed(credential_ends=NOW + LIMITS.credential_end),
        boxed(credential_ends=NOW + LIMITS.credential_end - MOMENT),
    ),
    "census-old": (
        replace(WELL, census_at=NOW - LIMITS.census_age),
        replace(WELL, census_at=NOW - LIMITS.census_age - MOMENT),
    ),
}


def test_a_site_that_is_well_is_silent() -> None:
    assert alarms(WELL, LIMITS) == ()


@pytest.mark.parametrize("reason", [reason for reason, _ in RULES])
def test_each_alarm_begins_at_its_threshold_and_comes_alone(reason: str) -> None:
    just, worse = CASES[reason]
    assert alarms(just, LIMITS) == ()
    [alarm] = alarms(worse, LIMITS)
    assert alarm.reason == reason
    assert alarm.words


def test_a_mailbox_that_never_had_a_completed_poll_is_alarmed_some_time_after_the_start() -> None:
    fresh = boxed(last_completed=None, since=NOW - LIMITS.no_poll)
    assert alarms(fresh, LIMITS) == ()
    assert alarms(boxed(last_completed=None), LIMITS)[0].reason == "no-completed-poll"


def test_no_census_yet_is_no_alarm_on_the_first_day() -> None:
    first_day = replace(boxed(since=NOW - timedelta(hours=1)), census_at=None, census_clean=None)
    assert alarms(first_day, LIMITS) == ()


def test_a_threshold_of_none_switches_off() -> None:
    assert alarms(replace(WELL, undeliverable=9), replace(LIMITS, undeliverable=0)) == ()


def test_thresholds_are_settings_with_the_same_defaults() -> None:
    assert AlarmsConfig().thresholds == LIMITS


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    runbooks = re.findall(r"(?m)^### (.+)$", page.split("\n## Alarms\n")[1])
    assert sorted(runbooks) == sorted(reason for reason, _ in RULES)


A, B = (Alarm(reason=reason, subject="", words="w") for reason in ("disk-low", "held-mail"))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("sounding", "told", "due", "ended"),
    [
        ((A,), (), (A,), ()),
        ((A,), ((A, NOW - DAY + MOMENT),), (), ()),
        ((A,), ((A, NOW - DAY),), (A,), ()),
        ((), ((A, NOW),), (), (A,)),
        ((A, B), ((A, NOW),), (B,), ()),
        ((B,), ((A, NOW),), (B,), (A,)),
        ((), (), (), ()),
    ],
)
def test_an_alarm_is_told_when_it_begins_once_a_day_and_when_it_has_ended(
    sounding: tuple[Alarm, ...],
    told: tuple[tuple[Alarm, datetime], ...],
    due: tuple[Alarm, ...],
    ended: tuple[Alarm, ...],
) -> None:
    known = [ToldAlarm(alarm=alarm, told_at=at) for alarm, at in told]
    assert to_tell(sounding, known, NOW, DAY) == (due, ended)
