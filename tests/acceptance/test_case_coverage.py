"""Every name that the program's tables have for what can become of a message occurs in some case.

A name without a case stands in `NO_CASE` with the reason; one that has got its case must leave that list.
"""

import tomllib
from collections.abc import Collection
from functools import lru_cache

import pytest

from cee_mailbot.domain.presentation import Basis, Strength
from cee_mailbot.domain.reasons import FLAGS, REASONS, REPLY_REASONS
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import ItemState
from parsers.subject import REPAIRS
from parsers.subject_problems import PROBLEM_CODES
from parsers.subject_types import subject_table
from tests.acceptance.case_runner import FIXTURES

STAFF = "only staff make it"
SERVER = "only a mail server that fails makes it; see the tests of the outbox"
SCANNER = "only a scanner makes it; see the tests of scanning"
FAULT = "only a fault of ours makes it, no message can"

NO_CASE: dict[str, dict[str, str]] = {
    "statuses": {"received": "no message rests there"},
    "item states": {"assigned": STAFF, "waiting": STAFF},
    "reply kinds": dict.fromkeys(("transfer", "return", "staff"), STAFF),
    "reply states": {
        **dict.fromkeys(("retrying", "uncertain", "failed"), SERVER),
        "cancelled": STAFF,
    },
    "bases": {"staff": STAFF},
    "flags": {"not-scanned": SCANNER},
    "reasons": {
        **dict.fromkeys(("malware", "not-scanned"), SCANNER),
        **dict.fromkeys(("blob-damaged", "reader-broke", "decision-broke"), FAULT),
        "header-too-large": "it takes a header of 256 KB; see the tests of the parsers",
        "reading-limit": "nothing known takes so long; see the tests of the children that read",
        "restored": "only a restored backup makes it; see the tests of backups",
        "no-replies": "only `ingest --no-replies` makes it",
    },
}


@lru_cache(maxsize=1)
def told() -> dict[str, set[str]]:
    """Every name that the cases tell, by kind."""
    pages = [tomllib.loads(page.read_text(encoding="utf-8")) for page in FIXTURES.glob("*/expected.toml")]
    messages = [one for page in pages for one in page["message"]]
    subjects = [one.get("subject", {}) for one in messages]
    times = [one.get("presentation", {}) for one in messages]
    items = [one for page in pages for one in page.get("item", [])]
    replies = [one for page in pages for one in page.get("reply", [])]
    return {
        "codes": {one["code"] for one in items if "code" in one},
        "repairs": {name for one in subjects for name in one.get("repairs", [])},
        "problems": {name for one in subjects for name in one.get("problems", [])},
        "statuses": {one["status"] for one in messages},
        "item states": {one["state"] for one in items},
        "reply kinds": {one["kind"] for one in replies},
        "reply states": {one["state"] for one in replies},
        "flags": {name for one in (*messages, *items) for name in one.get("flags", [])},
        "reasons": {name for one in (*messages, *replies) for name in one["reasons"]},
        "bases": {one["basis"] for one in times if "basis" in one},
        "strengths": {one["strength"] for one in times if "strength" in one},
    }


TABLES = {
    "codes": set(subject_table()),
    "repairs": set(REPAIRS),
    "problems": set(PROBLEM_CODES),
    "statuses": set(MessageStatus),
    "item states": set(ItemState),
    "reply kinds": set(ReplyKind),
    "reply states": set(ReplyState),
    "flags": set(FLAGS),
    "reasons": {*REASONS, *REPLY_REASONS, *PROBLEM_CODES},
    "bases": set(Basis),
    "strengths": set(Strength),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_name_has_a_case(kind: str) -> None:
    """Whoever adds a name adds a case that shows it."""
    assert sorted(TABLES[kind] - told()[kind] - set(NO_CASE.get(kind, {}))) == []


@pytest.mark.parametrize("kind", NO_CASE)
def test_what_has_a_case_is_not_excused(kind: str) -> None:
    """The list of names without a case is true: each is a name of the tables, and no case shows it."""
    excused: Collection[str] = NO_CASE[kind]
    assert sorted(set(excused) & told()[kind]) == []
    assert sorted(set(excused) - TABLES[kind]) == []


@pytest.mark.parametrize("kind", TABLES)
def test_cases_tell_no_name_that_is_in_no_table(kind: str) -> None:
    """A name in a case that no table has is a typing error, or a table that the coverage does not know."""
    assert sorted(told()[kind] - TABLES[kind]) == []
