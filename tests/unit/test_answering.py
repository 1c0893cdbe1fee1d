"""A robot never answers a robot, and never answers often."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.answering import (
    ANSWERABLE,
    HOUR,
    NEVER_A_SUBMISSION,
    Answerable,
    ReplyTraffic,
    allow,
    answerable,
)
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from parsers.mail import read_mail
from tests.support.mails import EXACT, mail

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
OWN = frozenset({"cee-electronics@cbp.dhs.gov"})
OF_STAFF = (ReplyKind.TRANSFER, ReplyKind.RETURN, ReplyKind.STAFF)
UNLIMITED = (ReplyKind.ACKNOWLEDGEMENT, ReplyKind.INCOMPLETE, *OF_STAFF)
LIMITED = tuple(kind for kind in ReplyKind if kind not in UNLIMITED)


def asked(raw: bytes, policy: Policy | None = None) -> Answerable:
    return answerable(read_mail(raw), own_addresses=OWN, policy=policy or Policy())


# --- whether ---------------------------------------------------------------------------------------------------


def test_a_brokers_message_is_answered() -> None:
    found = asked(mail())
    assert found == ANSWERABLE
    assert (found.ok, found.reason, found.detail) == (True, None, "")


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("Auto-Submitted: auto-generated", "auto-submitted"),
        ("auto-submitted: Auto-Replied; owner-email=x", "auto-submitted"),
        ("Precedence: Bulk", "precedence"),
        ("Precedence: junk", "precedence"),
        ("Precedence: list", "precedence"),
        ("Precedence: auto_reply", "precedence"),
        ("List-Unsubscribe: <mailto:x@y>", "list"),
        ("X-Auto-Response-Suppress: All", "auto-response-suppress"),
        ("X-Autoreply: yes", "auto-reply-header"),
        ("X-Autorespond: yes", "auto-reply-header"),
        ("X-Failed-Recipients: a@b.example", "delivery-report"),
        ("Return-Path: <>", "null-return-path"),
    ],
)
def test_f56_f61_a_machine_is_not_answered_and_the_header_that_decided_is_named(extra: str, reason: str) -> None:
    found = asked(mail(trace=[extra]))
    assert (found.ok, found.reason) == (False, reason)
    assert extra.partition(":")[0].lower() in found.detail.lower()


@pytest.mark.parametrize("extra", ["Auto-Submitted: no", "Auto-Submitted: NO; x=y", "Precedence: first-class"])
def test_f61_what_only_looks_like_a_machine_is_answered(extra: str) -> None:
    assert asked(mail(extra=[extra])).ok


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@x.example", "postmaster@x.example", "no-reply@x.example", "NoReply <noreply@x.example>"]
)
def test_f56_a_name_at_which_nobody_reads_is_not_answered(sender: str) -> None:
    assert asked(mail(sender=sender)).reason == "robot-name"


def test_f62_our_own_addresses_are_not_answered_in_any_case() -> None:
    found = asked(mail(sender="CEE <cee-ELECTRONICS@CBP.dhs.gov>"))
    assert (found.reason, found.detail) == ("own-address", "From: cee-ELECTRONICS@CBP.dhs.gov")


def test_what_is_never_a_submission_and_how_long_an_hour_is() -> None:
    assert {"delivery-report", "read-receipt", "out-of-office"} == NEVER_A_SUBMISSION
    assert timedelta(minutes=60) == HOUR


@pytest.mark.parametrize(("return_path", "ok"), [("optional", True), ("required", False)])
def test_a_missing_return_path_counts_only_where_the_mailbox_says_so(return_path: str, *, ok: bool) -> None:
    policy = Policy(return_path=return_path)  # type: ignore[arg-type]
    assert asked(mail(), policy).ok is ok
    assert asked(mail(trace=["Return-Path: <broker@filer.example>"]), policy).ok


def test_f58_an_absence_is_not_answered() -> None:
    assert asked(mail(subject=f"Automatic reply: {EXACT}")).reason == "out-of-office"


def test_a_bounce_known_by_its_subject_is_told_before_what_only_says_that_a_machine_sent_it() -> None:
    found = asked(mail(trace=["Precedence: bulk"], subject="Undelivered Mail Returned to Sender"))
    assert found.reason == "bounce-subject"


def test_of_several_marks_the_one_that_rules_out_a_submission_is_told() -> None:
    found = asked(mail(extra=["Auto-Submitted: auto-replied", "X-Failed-Recipients: a@b.example"]))
    assert found.reason in NEVER_A_SUBMISSION


# --- how often -------------------------------------------------------------------------------------------------


def traffic(**fields: object) -> ReplyTraffic:
    return ReplyTraffic(**fields)  # type: ignore[arg-type]


def test_without_traffic_nothing_is_held_back() -> None:
    """The first reply of a new site: nothing was sent, nothing is usual, no breaker is open."""
    none = ReplyTraffic()
    assert (none.due_to_sender, none.same_subject_day, none.last_hour, none.usual_hour) == ((), 0, 0, 0.0)
    assert not none.breaker_open
    assert allow(ReplyKind.REJECT, none, policy=Policy(), now=NOW).state is ReplyState.QUEUED


def test_the_twentieth_reply_of_an_hour_leaves_and_the_twenty_first_waits() -> None:
    policy = Policy()
    earlier = tuple(NOW - timedelta(minutes=20 - n) for n in range(20))
    assert allow(ReplyKind.REJECT, traffic(due_to_sender=earlier[:19]), policy=policy, now=NOW).state == "queued"
    found = allow(ReplyKind.REJECT, traffic(due_to_sender=earlier), policy=policy, now=NOW)
    assert (found.state, found.not_before, found.reason) == ("delayed", earlier[0] + HOUR, "reply-limit-hour")


@pytest.mark.parametrize(("earlier", "state"), [(4, "queued"), (5, "withheld")])
def test_the_sixth_reply_of_a_day_to_one_subject_is_withheld(earlier: int, state: str) -> None:
    found = allow(ReplyKind.REJECT, traffic(same_subject_day=earlier), policy=Policy(), now=NOW)
    assert (found.state, found.reason) == (state, "reply-limit-subject" if state == "withheld" else None)


@pytest.mark.parametrize(
    ("last_hour", "usual", "opens"),
    [
        (499, 0.0, False),
        (500, 0.0, True),
        (500, 166.6, True),
        (500, 170.0, False),
        (600, 200.0, False),
        (10_000, 4000.0, False),
    ],
)
def test_f55_the_breaker_opens_over_its_floor_and_three_times_the_usual(
    last_hour: int, usual: float, *, opens: bool
) -> None:
    found = allow(ReplyKind.REJECT, traffic(last_hour=last_hour, usual_hour=usual), policy=Policy(), now=NOW)
    assert found.opens_breaker is opens
    assert found.state == ("withheld" if opens else "queued")


def test_an_open_breaker_withholds_and_is_not_opened_twice() -> None:
    found = allow(ReplyKind.REJECT, traffic(breaker_open=True, last_hour=9999), policy=Policy(), now=NOW)
    assert (found.state, found.reason, found.opens_breaker) == ("withheld", "reply-breaker", False)


TIMES = st.integers(-3599, 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))
TRAFFIC = st.builds(
    ReplyTraffic,
    due_to_sender=st.lists(TIMES, max_size=60).map(lambda times: tuple(sorted(times))),
    same_subject_day=st.integers(0, 20),
    last_hour=st.integers(0, 2000),
    usual_hour=st.floats(0, 1000),
    breaker_open=st.booleans(),
)


@given(st.sampled_from(UNLIMITED), TRAFFIC)
def test_a_first_acknowledgement_is_never_limited(kind: ReplyKind, some: ReplyTraffic) -> None:
    found = allow(kind, some, policy=Policy(), now=NOW)
    assert (found.state, found.not_before, found.reason, found.opens_breaker) == (ReplyState.QUEUED, NOW, None, False)


@given(st.sampled_from(LIMITED), TRAFFIC)
def test_whatever_is_not_sent_now_says_why(kind: ReplyKind, some: ReplyTraffic) -> None:
    found = allow(kind, some, policy=Policy(), now=NOW)
    assert found.state in (ReplyState.QUEUED, ReplyState.DELAYED, ReplyState.WITHHELD)
    assert (found.reason is None) is (found.state is ReplyState.QUEUED)
    assert found.not_before >= NOW


@given(st.sampled_from(LIMITED), TRAFFIC, st.integers(1, 30))
def test_no_hour_ever_has_more_replies_to_one_sender_than_the_limit(
    kind: ReplyKind, some: ReplyTraffic, limit: int
) -> None:
    """Replies allowed one after another, as at one poll."""
    policy = Policy(reply_limit_hour=limit, breaker_floor=10**9, reply_limit_subject_day=10**9)
    due: list[datetime] = []
    for _ in range(3 * limit):
        due.append(allow(kind, ReplyTraffic(due_to_sender=tuple(due)), policy=policy, now=NOW).not_before)
    assert due == sorted(due)
    assert all(later - earlier >= HOUR for earlier, later in zip(due, due[limit:], strict=False))
    assert some is not None
