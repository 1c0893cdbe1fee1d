"""What one message costs does not grow with the messages that came before it."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from cee_mailbot.desk import expire_claims, wake_due
from cee_mailbot.domain.policy import Policy
from cee_mailbot.gathering import chase
from cee_mailbot.paperwork import read_papers
from cee_mailbot.questions import ElsewhereQuery, ItemQuery, WorklistQuery
from cee_mailbot.store.partial_indexes import of_messages, of_submissions
from tests.support.mails import numbered
from tests.support.workshop import MAILBOXES, Workshop

GROWING = ("message", "submission", "document", "reply", "history", "attempt", "paper", "flag", "tag")
MESSAGES = 12


def statements_of(workshop: Workshop) -> tuple[Counter[str], dict[str, Any]]:
    """How often each statement was made from now on, and parameters that it was made with."""
    made: Counter[str] = Counter()
    with_: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        made[statement] += 1
        with_[statement] = parameters

    for engine in (workshop.store._writer, workshop.store._reader):
        event.listen(engine, "before_cursor_execute", note)
    return made, with_


def test_no_statement_of_a_message_reads_a_table_from_end_to_end(tmp_path: Path) -> None:
    """Good and bad mail of one sender: what is made for each message finds its rows by an index."""
    workshop = Workshop(tmp_path)
    made, with_ = statements_of(workshop)
    for number in range(MESSAGES):
        more = {"subject": f"our papers {number}"} if number % 2 else {}
        workshop.receive(numbered(number, sender="papers@loud.example", **more))
        workshop.send()
        read_papers(workshop.intake)
    assert workshop.statuses() == ["enqueued", "rejected"] * (MESSAGES // 2)
    with closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        plans = {
            statement: [row[3] for row in database.execute(f"explain query plan {statement}", with_[statement])]
            for statement, times in made.items()
            if times >= MESSAGES // 2 and statement.startswith(("SELECT", "UPDATE", "DELETE"))
        }
    workshop.store.close()
    # The newest line of the history is found from its end.
    whole = re.compile(rf"SCAN ({'|'.join(GROWING)})(?! USING)")
    slow = {statement: plan for statement, plan in plans.items() if any(map(whole.match, plan))}
    assert [one for one in slow if not one.endswith("ORDER BY history.id DESC\n LIMIT ? OFFSET ?")] == []
    assert len(plans) > 10


def test_no_statement_of_a_minute_in_which_nothing_comes_reads_a_table_from_end_to_end(tmp_path: Path) -> None:
    """What a daemon asks each few seconds, and each minute for its alarms; counts alone go through an index whole."""
    workshop = Workshop(tmp_path)
    made, with_ = statements_of(workshop)
    for mailbox in MAILBOXES:
        workshop.poll(mailbox)
    chase(workshop.store, workshop.site, {})
    wake_due(workshop.intake)
    expire_claims(workshop.intake, timedelta(minutes=30))
    read_papers(workshop.intake)
    workshop.send()
    with workshop.store.read() as ask:
        ask.figures(workshop.clock.now())
        ask.mailboxes(), ask.breaker_opened_at(), ask.refused_addresses(), ask.told_alarms(), ask.last_census()
    asked = [one for one in made if one.startswith(("SELECT", "UPDATE", "DELETE"))]
    with closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        plans = {one: [row[3] for row in database.execute(f"explain query plan {one}", with_[one])] for one in asked}
    workshop.store.close()
    few = "|".join(f"INDEX {one.name}" for one in (*of_messages(), *of_submissions()))
    whole = re.compile(rf"SCAN ({'|'.join(GROWING)})(?! USING (COVERING INDEX|{few}))")
    slow = {one: plan for one, plan in plans.items() if any(map(whole.match, plan)) and "DESC\n LIMIT" not in one}
    assert slow == {}
    assert len(plans) > 20
    # Rejected, held and ignored mail went to no submission either, and piles up.
    [of_fragments] = [plan for one, plan in plans.items() if "'assembling'" in one]
    assert of_fragments == ["SEARCH message USING INDEX ix_message_fragments (submission_id=?)"]


@pytest.mark.parametrize("sender_key", ["loud.example", "papers@gmail.com"])
def test_the_rejects_of_a_sender_are_found_among_those_of_all_others(tmp_path: Path, sender_key: str) -> None:
    workshop = Workshop(tmp_path)
    sender = sender_key if "@" in sender_key else f"papers@{sender_key}"
    workshop.receive(
        numbered(1, sender=sender, subject="our papers"),
        numbered(2, sender="papers@calm.example", subject="our papers"),
        numbered(3, sender="other@gmail.com", subject="our papers"),
    )
    made, with_ = statements_of(workshop)
    with workshop.store.begin(workshop.clock.now()) as unit:
        assert [one.message for one in unit.rejected_from(sender_key)] == [1]
    [query] = [one for one in made if "FROM message" in one]
    with closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        plan = [row[3] for row in database.execute(f"explain query plan {query}", with_[query])]
    assert plan == ["SEARCH message USING INDEX ix_message_unmended (sender_domain=?)"]
    workshop.store.close()


def test_links_to_what_others_work_are_found_among_all_items_and_messages(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    workshop.receive(numbered(1))
    made, with_ = statements_of(workshop)
    with workshop.store.read() as ask:
        ask.elsewhere(
            ElsewhereQuery(teams=("001", "002", "007"), mailboxes=("electronics", "chemicals"), through=("003",))
        )
    [query] = [one for one in made if "FROM submission" in one]
    with closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        plan = [row[3] for row in database.execute(f"explain query plan {query}", with_[query])]
    assert [one for one in plan if one.startswith("SEARCH")] == [
        "SEARCH submission USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH message USING INDEX ix_message_copies (mailbox=?)",
        "SEARCH submission USING COVERING INDEX ix_submission_mailbox_team (mailbox=? AND team=?)",
        "SEARCH handed_on USING COVERING INDEX sqlite_autoindex_handed_on_1 (team=?)",
    ]
    assert not [one for one in plan if one.startswith("SCAN")]
    workshop.store.close()


def test_a_tag_is_found_and_offered_without_a_look_at_all_tags(tmp_path: Path) -> None:
    """Those of closed items pile up: among open ones a tag is looked up for each, else it finds its items."""
    workshop = Workshop(tmp_path)
    made, with_ = statements_of(workshop)
    with workshop.store.read() as ask:
        ask.worklist(WorklistQuery(teams=("007",), tag="seen"))
        ask.worklist(WorklistQuery(teams=("007",), tag="seen", states=("closed",)))
        ask.items(ItemQuery(tag="seen"))
        ask.tags_in_use(("007",))
    with closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        plans = [
            [row[3] for row in database.execute(f"explain query plan {one}", with_[one]) if "tag" in row[3]]
            for one in made
            if "FROM tag" in one
        ]
    of_item = "tag USING COVERING INDEX sqlite_autoindex_tag_1 (submission_id=?"
    by_name = "SEARCH tag USING COVERING INDEX ix_tag_name_submission_id (name=?)"
    assert plans == [
        *2 * [[f"SEARCH {of_item} AND name=?)"]],  # with and without a due date
        *2 * [[by_name]],
        [by_name],
        [f"SEARCH {of_item})"],
    ]
    workshop.store.close()


def test_sets_that_wait_are_looked_at_when_something_may_be_due_for_them(tmp_path: Path) -> None:
    """Else each pass over any mailbox would look at every first part of a flood, for a day."""
    workshop, resting = Workshop(tmp_path), dict[int, tuple[int, datetime]]()
    quiet, deadline = Policy().quiet_period, Policy().assembly_deadline

    def chased() -> tuple[int, int]:
        for mailbox in MAILBOXES:
            workshop.poll(mailbox)
        made, _ = statements_of(workshop)
        acted = chase(workshop.store, workshop.site, resting)
        return acted, sum(times for one, times in made.items() if "FROM message" in one and "submission_id = ?" in one)

    workshop.receive(*(numbered(n, subject=f"DR,NokiaInc,345-{n:07}0,2704 (1 of 2)") for n in range(MESSAGES)))
    acted, looks = chased()
    assert (acted, looks) == (0, MESSAGES)
    assert chased() == (0, 0)
    workshop.receive(numbered(0, subject="DR,NokiaInc,345-00000000,2704 (1 of 3)"), arrived_at=workshop.clock.now())
    assert chased() == (0, 1), "one of them has changed"
    workshop.clock.advance(quiet * 2)
    acted, looks = chased()
    assert (acted, looks) == (MESSAGES, MESSAGES), "each sender is told that a part is missing"
    assert chased() == (0, MESSAGES - 1)
    assert chased() == (0, 0)
    workshop.clock.advance(deadline)
    assert chased()[0] == MESSAGES - 1
    workshop.store.close()
