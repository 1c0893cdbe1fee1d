"""The history: append-only in the database itself, and every way to tamper with it is found."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cee_mailbot.audit import AuditReport, verify
from cee_mailbot.audit_ledger import HistoryHead
from cee_mailbot.store.tables import HistoryRow
from tests.support.mails import mail, numbered
from tests.support.workshop import Workshop, unlock_history

CHANGES = {
    "at": "'2020-01-01 00:00:00.000000'",
    "actor": "'someone'",
    "event": "'nothing'",
    "submission_id": "99",
    "other_id": "99",
    "message_row": "99",
    "reply_id": "99",
    "detail": "'{\"x\": 1}'",
    "previous": "digest",
    "digest": "previous",
    "id": "1000 + id",
}


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    made.receive(mail(), numbered(2), mail(subject="nothing of ours"))
    made.send()
    yield made
    made.store.close()


def tamper(workshop: Workshop, *statements: str) -> None:
    with closing(sqlite3.connect(workshop.folder / "bot.db")) as connection:
        unlock_history(connection)
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
        connection.commit()


def head(workshop: Workshop) -> HistoryHead:
    with workshop.store.read() as ask:
        return ask.history_head()


def audit(workshop: Workshop, *seen: HistoryHead) -> AuditReport:
    return verify(workshop.store, seen)


def test_a_history_that_nobody_touched_is_whole(workshop: Workshop) -> None:
    known = head(workshop)
    report = audit(workshop, known)
    assert (report.ok, report.lines, report.head, report.fault) == (True, known.lines, known.digest, None)
    assert report.lines > 8


@pytest.mark.parametrize("statement", ["UPDATE history SET actor = 'x'", "DELETE FROM history WHERE id = 1"])
def test_the_database_refuses_to_change_the_history(workshop: Workshop, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), workshop.store._writer.begin() as connection:
        connection.execute(text(statement))
    assert audit(workshop).ok


def test_every_column_is_covered() -> None:
    assert set(CHANGES) == set(HistoryRow.model_fields)


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_to_any_column_is_found_at_its_line(workshop: Workshop, column: str) -> None:
    tamper(workshop, f"UPDATE history SET {column} = {CHANGES[column]} WHERE id = 3")  # noqa: S608
    report = audit(workshop)
    assert (report.ok, report.broken_line) == (False, 3)
    assert report.fault


def test_lines_that_changed_places_are_found(workshop: Workshop) -> None:
    tamper(
        workshop,
        "UPDATE history SET id = -1 WHERE id = 3",
        "UPDATE history SET id = 3 WHERE id = 4",
        "UPDATE history SET id = 4 WHERE id = -1",
    )
    assert audit(workshop).broken_line == 3


@pytest.mark.parametrize("where", ["id = 1", "id = 4", "id <= 2"])
def test_a_line_that_was_taken_out_is_found(workshop: Workshop, where: str) -> None:
    tamper(workshop, f"DELETE FROM history WHERE {where}")  # noqa: S608
    assert not audit(workshop).ok


def test_a_history_that_was_cut_off_is_found_by_its_head(workshop: Workshop) -> None:
    """The chain that is left is whole in itself; only what was written down elsewhere tells."""
    known = head(workshop)
    tamper(workshop, "DELETE FROM history WHERE id > 5")
    assert audit(workshop).ok
    report = audit(workshop, known)
    assert (report.ok, report.lines, report.broken_line) == (False, 5, None)
    assert str(known.lines) in str(report.fault)


def test_a_history_that_was_written_anew_from_the_start_is_found_by_its_head(workshop: Workshop) -> None:
    known = head(workshop)
    report = audit(workshop, HistoryHead(lines=known.lines, digest="0" * 64))
    assert (report.ok, report.broken_line) == (False, known.lines)


def test_the_longest_history_is_read_a_set_at_a_time(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from cee_mailbot.store import audit_ledger

    whole = audit(workshop)
    monkeypatch.setattr(audit_ledger, "_AT_ONCE", 2)
    assert audit(workshop) == whole


def test_settings_are_a_line_of_history_when_they_change(workshop: Workshop) -> None:
    said = []
    for settings in ({"policies": {"a": "1"}}, {"policies": {"a": "1"}}, {"policies": {"a": "2"}}):
        with workshop.store.begin(workshop.clock.now()) as unit:
            said.append(unit.note_settings(settings))
    assert said == [True, False, True]
    assert audit(workshop).ok


def test_importer_numbers_are_masked_in_the_history(workshop: Workshop) -> None:
    """What staff write as a reason may quote one; a Social Security number has the same form."""
    reason = "importer 12-3456789XX and 123-45-6789, entry 345-67890123"
    with workshop.store.begin(workshop.clock.now()) as unit:
        unit.note_settings({"reason": reason, "list": ["123456-12345"]})
    with closing(sqlite3.connect(workshop.folder / "bot.db")) as connection:
        said = connection.execute("select detail from history order by id desc limit 1").fetchone()[0]
    assert "**-*******XX" in said
    assert "***-**-**89" in said
    assert "******-***45" in said
    assert "345-67890123" in said
    assert "3456789XX" not in said
