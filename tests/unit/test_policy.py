"""The rules as one value: equal rules have equal versions, and every change has another."""

from dataclasses import FrozenInstanceError, fields, replace
from datetime import time, timedelta
from typing import Any

import pytest

from cee_mailbot.domain.office_hours import OfficeHours
from cee_mailbot.domain.policy import Policy

NAMES = [one.name for one in fields(Policy)]
OTHER_WORDS = {
    "subject": "strict",
    "presentation": "first",
    "disputed_time": "observed",
    "oversize": "reject",
    "usvi": "reject",
    "return_path": "required",
    "reply_return_path": "null",
    "unscanned": "hold",
}


def changed(name: str) -> Policy:
    value: Any = getattr(Policy(), name)
    if name == "office_hours":
        return Policy(office_hours=OfficeHours(opens=time(8), closes=time(16)))
    if isinstance(value, str):
        return replace(Policy(), **{name: OTHER_WORDS[name]})
    if isinstance(value, frozenset):
        return replace(Policy(), **{name: value | {"another"}})
    if isinstance(value, tuple):
        return replace(Policy(), **{name: (*value, "another")})
    return replace(Policy(), **{name: value + (timedelta(1) if isinstance(value, timedelta) else 1)})


def test_the_defaults_are_those_of_the_specification() -> None:
    policy = Policy()
    assert (policy.subject, policy.presentation, policy.disputed_time) == ("lenient", "completing", "sent")
    assert (policy.quiet_period, policy.assembly_deadline) == (timedelta(minutes=15), timedelta(hours=24))
    assert (policy.attachment_limit, policy.split_threshold, policy.message_limit) == (10**7, 5 * 10**6, 5 * 10**7)
    assert policy.documents_required == {"DR", "CE", "PR", "C", "A", "PE"}
    assert policy.entry_optional == {"PD", "PR", "A", "I"}
    assert (policy.reply_limit_hour, policy.reply_limit_subject_day, policy.breaker_floor) == (20, 5, 500)
    assert (policy.date_future_tolerance, policy.date_past_tolerance) == (timedelta(minutes=5), timedelta(minutes=60))
    assert policy.reply_return_path == "mailbox"
    assert policy.office_hours is None


def test_equal_rules_have_equal_versions() -> None:
    """Whatever the order in which sets were written down."""
    one = Policy(documents_required=frozenset(["DR", "CE", "A"]))
    other = Policy(documents_required=frozenset(["A", "CE", "DR"]))
    assert one.version == other.version == one.version
    assert len(one.version) == 12


@pytest.mark.parametrize("name", NAMES)
def test_every_changed_rule_changes_the_version(name: str) -> None:
    assert changed(name).version != Policy().version


def test_no_two_changes_have_one_version() -> None:
    assert len({changed(name).version for name in NAMES}) == len(NAMES)


def test_rules_are_not_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        Policy().usvi = "reject"  # type: ignore[misc]


def test_the_reading_of_subject_lines_gets_its_part() -> None:
    rules = Policy(subject="strict", reply_prefixes=("RE",), gateway_tags=("EXT",)).subject_rules
    assert (rules.strict, rules.prefixes, rules.gateway_tags) == (True, ("RE",), ("EXT",))
