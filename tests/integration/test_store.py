"""The store on a real SQLite file: its promises, its schema, and what it does with text that nobody expects."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import SQLModel

from cee_mailbot import desk
from cee_mailbot.domain.case import Decision
from cee_mailbot.domain.case import Outcome as Kind
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import NotFoundError, PermanentError, UnreachableError, UserError
from cee_mailbot.interfaces import Handle, Letter
from cee_mailbot.ledger import Arrival, Headline, KeptMessage, NewReply, Outcome, UnitOfWork
from cee_mailbot.questions import ItemQuery, MessageQuery
from cee_mailbot.store.database import SCHEMA, SqlStore
from cee_mailbot.store.migrating import alembic_config
from tests.support.mails import mail, numbered
from tests.support.workshop import ARRIVED, Workshop, history_breaks, new_store, unlock_history

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = new_store(tmp_path)
    yield made
    made.close()


def arrival(uid: str = "1", **fields: object) -> Arrival:
    values: dict[str, object] = {
        "mailbox": "electronics",
        "handle": Handle(folder="INBOX", validity="1", uid=uid),
        "sha256": uid * 8,
        "size": 5,
        "arrived_at": NOW,
        "first_seen_at": NOW,
    }
    return Arrival(**{**values, **fields})  # type: ignore[arg-type]


def held(kept: KeptMessage, **fields: object) -> Outcome:
    decision = Decision(outcome=Kind.HOLD, status=MessageStatus.HELD, reasons=("sender-missing",))
    headline = Headline(content_digest=f"digest {kept.id}")
    return Outcome(**{"message": kept, "headline": headline, "decision": decision, **fields})  # type: ignore[arg-type]


# --- the schema ------------------------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_of_the_models(store: SqlStore) -> None:
    """As `alembic check`: nothing was changed in one and forgotten in the other."""
    with store._reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
        assert compare_metadata(context, SQLModel.metadata) == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search makes its tables itself, from the rows."""
    return kind != "table" or not (name or "").startswith("search_text")


def test_the_schema_that_the_store_expects_is_that_of_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == SCHEMA


def test_every_migration_can_be_undone_and_done_again(store: SqlStore) -> None:
    with store._writer.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        left = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        assert {name for name in left if _is_ours(name, "table", None)} <= {"alembic_version", "sqlite_sequence"}
        command.upgrade(config, "head")
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        assert compare_metadata(context, SQLModel.metadata) == []


# A mailbox, an item and its message, with the columns that the first schema had.
OLD_ROWS: dict[str, dict[str, object]] = {
    "mailbox": {"name": "electronics", "team": "007", "activation": "2026-02-27 15:00:00"},
    "submission": {
        "id": 1,
        "tracking": "CEE-007-26-000001-V",
        "team": "007",
        "mailbox": "electronics",
        "state": "new",
        "code": "DR",
        "account": "NokiaInc",
        "entry_number": "345-67890123",
        "port": "2704",
        "sender": "broker@filer.example",
        "sender_domain": "filer.example",
        "sender_key": "filer.example",
        "presented_at": "2026-03-02 14:59:30",
        "zone": "America/Los_Angeles",
        "basis": "date",
        "strength": "B",
        "received_at": "2026-03-02 15:00:00",
        "version": 1,
        "created_at": "2026-03-02 15:01:00",
        "updated_at": "2026-03-02 15:01:00",
    },
    "message": {
        "id": 1,
        "mailbox": "electronics",
        "folder": "INBOX",
        "validity": "1",
        "uid": "of old",
        "sha256": "ab",
        "size": 5,
        "arrived_at": "2026-03-02 15:00:00",
        "first_seen_at": "2026-03-02 15:01:00",
        "status": "enqueued",
        "reasons": "[]",
        "problems": "[]",
        "content_digest": "of old",
        "message_id": "<1@filer.example>",
        "from_header": "broker@filer.example",
        "sender": "broker@filer.example",
        "sender_domain": "filer.example",
        "subject": "DR,NokiaInc,345-67890123,2704",
        "sent_raw": "",
        "presented_at": "2026-03-02 14:59:30",
        "zone": "America/Los_Angeles",
        "basis": "date",
        "strength": "B",
        "evidence": "{}",
        "submission_id": 1,
        "policy_version": "",
    },
}


def test_a_database_of_the_first_schema_keeps_its_rows_and_goes_on(tmp_path: Path) -> None:
    """An item of old takes new mail of its key, and its sender is answered: what it lacks has a value."""
    workshop = Workshop(tmp_path)
    with workshop.store._writer.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        for table, row in OLD_ROWS.items():
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"), row)  # noqa: S608
    workshop.store.migrate()
    [item], [message] = workshop.items(), workshop.messages()
    assert (item.tracking, item.messages, item.presented_at) == (
        "CEE-007-26-000001-V",
        (1,),
        NOW - timedelta(seconds=30),
    )
    assert (message.status, message.tracking, message.sent_at) == ("enqueued", item.tracking, None)
    workshop.receive(mail(message_id="<2@filer.example>", documents=[b"more"], body="More."))
    assert workshop.statuses() == ["enqueued", "supplement"]
    assert [reply.kind for reply in workshop.replies()] == ["supplement"]
    with workshop.store.begin(NOW) as unit:
        [first, _] = unit.set_story(1).members
        assert (first.line, first.references, first.answerable, first.answer_wanted) == ("", (), True, True)
    workshop.store.close()


def test_who_handed_an_item_on_is_taken_from_the_history_of_a_database_of_old(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    workshop.receive(mail())
    tracking = workshop.items()[0].tracking
    for team in ("001", "009", "003"):
        desk.transfer(workshop.intake, tracking, team=team, reason="Theirs.", actor="kim")
    desk.undo(workshop.intake, tracking, actor="kim")
    written = workshop.everything()["handed_on"]
    with workshop.store._writer.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0024")
    workshop.store.migrate()
    assert sorted(workshop.everything()["handed_on"]) == sorted(written) == [("001", 1), ("007", 1)]
    workshop.store.close()


def test_migrating_again_changes_nothing(store: SqlStore) -> None:
    before = store.check()
    store.migrate()
    assert store.check() == before


def test_c19_a_migration_that_is_cut_off_leaves_the_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'new.db'}")

    def cut_off(*args: object) -> None:
        upgrade(*args)
        raise KeyboardInterrupt

    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", cut_off)
    with pytest.raises(KeyboardInterrupt):
        store.migrate()
    monkeypatch.undo()
    with sqlite3.connect(tmp_path / "new.db") as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    store.migrate()
    assert "schema" in store.check()
    store.close()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(store: SqlStore, tmp_path: Path) -> None:
    with store._writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    for act in (store.migrate, store.check):
        with pytest.raises(PermanentError, match="from-the-future"):
            act()
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("from-the-future",)
    connection.close()


def test_a_database_that_does_not_exist_is_announced_and_made_in_folders_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "bot.db"
    store = SqlStore(f"sqlite:///{path}")
    assert "will be created" in store.check()
    assert not path.parent.exists()
    store.migrate()
    assert path.exists()
    store.close()


# --- its promises ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["_writer", "_reader"])
def test_every_connection_survives_a_power_cut_and_holds_its_references(store: SqlStore, engine: str) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    engines = getattr(store, engine)
    with engines.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected


def test_writers_that_read_before_they_write_do_not_fail_each_other(store: SqlStore) -> None:
    """BEGIN IMMEDIATE: a deferred transaction would fail at once with `database is locked`."""
    numbers: list[int] = []
    errors: list[BaseException] = []
    together = threading.Barrier(4, timeout=60)

    def count() -> None:
        try:
            together.wait()
            for _ in range(25):
                with store.begin(NOW) as unit:
                    numbers.append(unit.next_serial("007", 2026))
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(numbers) == list(range(1, 101))


def test_a_serial_is_used_up_only_by_a_commit(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.begin(NOW) as unit:
        unit.next_serial("007", 2026) // 0
    with store.begin(NOW) as unit:
        assert [unit.next_serial("007", 2026), unit.next_serial("007", 2026)] == [1, 2]
        assert unit.next_serial("007", 2027) == unit.next_serial("001", 2026) == 1


def test_a_reader_sees_nothing_of_a_transaction_before_its_commit(store: SqlStore) -> None:
    with store.begin(NOW) as unit:
        unit.keep([arrival()])
        with store.read() as ask:
            assert ask.messages(MessageQuery()) == ()
    with store.read() as ask:
        assert len(ask.messages(MessageQuery())) == 1


def test_a_database_that_cannot_be_opened_may_come_back(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    store = SqlStore(f"sqlite:///{tmp_path / 'folder.db'}")
    with pytest.raises(UnreachableError, match="database"), store.begin(NOW) as unit:
        unit.keep([arrival()])
    (tmp_path / "file").write_text("")
    below_a_file = SqlStore(f"sqlite:///{tmp_path / 'file' / 'bot.db'}")
    with pytest.raises(UnreachableError):
        below_a_file.migrate()


def test_a_database_that_is_no_database_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"not a database at all, " * 100)
    store = SqlStore(f"sqlite:///{tmp_path / 'bot.db'}")
    with pytest.raises(PermanentError, match="damaged"):
        store.migrate()


def test_a_database_that_is_locked_may_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cee_mailbot.store.database._PRAGMAS", ("busy_timeout=1",))
    store = new_store(tmp_path)
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UnreachableError, match="locked"), store.begin(NOW) as unit:
        unit.keep([arrival()])
    other.execute("ROLLBACK")
    other.close()
    with store.begin(NOW) as unit:
        assert unit.keep([arrival()])[0].id == 1
    store.close()


# --- rows ------------------------------------------------------------------------------------------------------


def test_one_delivery_has_one_row_however_often_it_is_kept(store: SqlStore) -> None:
    with store.begin(NOW) as unit:
        first = unit.keep([arrival("1"), arrival("2"), arrival("1")])
    with store.begin(NOW) as unit:
        again = unit.keep([arrival("1", first_seen_at=NOW + timedelta(days=1))])
    assert [row.id for row in first] == [1, 2, 1]
    assert again == first[:1]


@pytest.mark.parametrize(
    "handle",
    [
        Handle(folder="Other", validity="1", uid="1"),
        Handle(folder="INBOX", validity="2", uid="1"),
        Handle(folder="INBOX", validity="1", uid="2"),
    ],
    ids=["folder", "validity", "uid"],
)
def test_f13_a_delivery_is_mailbox_folder_validity_and_uid_together(store: SqlStore, handle: Handle) -> None:
    with store.begin(NOW) as unit:
        unit.keep([arrival("1")])
        assert unit.known("electronics", [handle]) == {}
        assert unit.known("chemicals", [arrival("1").handle]) == {}
        unit.keep([arrival("1", handle=handle), arrival("1", mailbox="chemicals")])
    with store.read() as ask:
        assert ask.counts()["messages"] == {"received": 3}


def test_f26_the_database_itself_refuses_a_second_row_of_a_delivery(store: SqlStore, tmp_path: Path) -> None:
    with store.begin(NOW) as unit:
        unit.keep([arrival("1")])
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(message)") if row[1] != "id"]
        names = ", ".join(f'"{column}"' for column in columns)
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            connection.execute(f"INSERT INTO message ({names}) SELECT {names} FROM message")  # noqa: S608
    connection.close()


def test_many_handles_are_looked_up_at_once(store: SqlStore) -> None:
    arrivals = [arrival(str(number)) for number in range(1001)]
    with store.begin(NOW) as unit:
        unit.keep(arrivals)
        known = unit.known("electronics", [one.handle for one in arrivals])
        unit.settled([row.id for row in known.values()])
    assert len(known) == 1001
    with store.begin(NOW) as unit:
        assert all(row.settled for row in unit.known("electronics", [one.handle for one in arrivals]).values())


def test_f51_times_come_back_aware_and_in_utc_whatever_zone_they_went_in_with(store: SqlStore) -> None:
    east = timezone(timedelta(hours=9))
    local = NOW.astimezone(east).replace(microsecond=123456)
    with store.begin(local) as unit:
        since = unit.begin_poll("electronics", team="007", activation=local)
        unit.keep([arrival(arrived_at=local, first_seen_at=local)])
        unit.end_poll("electronics", error=None)
    assert since == local
    with store.begin(NOW) as unit:
        kept = unit.message(1)
        again = unit.begin_poll("electronics", team="007", activation=NOW - timedelta(days=9))
    for time in (kept.arrived_at, kept.first_seen_at, again):
        assert time == local
        assert time.utcoffset() == timedelta(0)
    with store.read() as ask:
        [mailbox] = ask.mailboxes()
    assert mailbox.last_completed == local
    assert mailbox.last_message == local


def test_a_time_without_a_zone_is_refused(store: SqlStore) -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001 - the point of the test
    with pytest.raises(StatementError, match=r"(?i)aware|naive|timezone"), store.begin(NOW) as unit:
        unit.begin_poll("electronics", team="007", activation=naive)


HOSTILE = "NUL \0 half \ud83d a \udcff quote ' \u202e 日本 \x1b[31m"


def test_nul_and_half_characters_are_stored_without_harm(store: SqlStore) -> None:
    """No text that a sender can write keeps a message out of the store."""
    with store.begin(NOW) as unit:
        [kept] = unit.keep([arrival()])
        headline = Headline(
            content_digest="d",
            message_id=HOSTILE,
            from_=HOSTILE,
            sender=HOSTILE,
            sender_domain=HOSTILE,
            subject=HOSTILE,
            sent_raw=HOSTILE,
            evidence={"received": [{"raw": HOSTILE}], "date": HOSTILE},
        )
        unit.write(held(kept, headline=headline))
        assert unit.message_id_reused(HOSTILE, ["other"])
    with store.read() as ask:
        shown = ask.message(1)
        assert "\0" not in shown.subject
        shown.subject.encode()
        assert "日本" in shown.subject
        assert [one.id for one in ask.messages(MessageQuery(text="日本"))] == [shown.id]


def test_a_failure_to_write_one_outcome_leaves_the_others_whole(store: SqlStore) -> None:
    """The savepoint: nothing of the broken outcome is left, its neighbours are written."""
    with store.begin(NOW) as unit:
        first, broken, last = unit.keep([arrival(uid) for uid in "123"])
        unit.write(held(first))
        with pytest.raises(StatementError, match="not JSON"):
            unit.write(held(broken, headline=Headline(content_digest="d", evidence={"not json": object()})))
        assert unit.message(broken.id).status is MessageStatus.RECEIVED
        unit.write(held(last))
        unit.write(held(broken))
    with store.read() as ask:
        assert [message.status for message in ask.messages(MessageQuery())] == ["held"] * 3
    assert history_breaks(store) == []


def test_an_outcome_whose_reply_cannot_be_written_leaves_no_line_of_history(store: SqlStore) -> None:
    """One event, one reply: the second is refused by the database, and its whole outcome with it."""
    reply = NewReply(
        event="reject:1",
        kind=ReplyKind.REJECT,
        mailbox="electronics",
        letter=Letter(return_path="", to="broker@filer.example", raw=b"Subject: x\r\n\r\n"),
        subject="x",
        thread="x",
        message_id="<1@cbp.dhs.gov>",
        in_reply_to=None,
        state=ReplyState.QUEUED,
        due_at=NOW,
    )
    with store.begin(NOW) as unit:
        first, broken, last = unit.keep([arrival(uid) for uid in "123"])
        unit.write(held(first, reply=reply))
        with pytest.raises(IntegrityError):
            unit.write(held(broken, reply=reply))
        unit.write(held(last))
    with store.read() as ask:
        assert [message.status for message in ask.messages(MessageQuery())] == ["held", "received", "held"]
    assert history_breaks(store) == []


def test_what_does_not_exist_is_not_found(store: SqlStore) -> None:
    with store.begin(NOW) as unit, pytest.raises(NotFoundError):
        unit.message(1)
    with store.read() as ask:
        for question in (
            lambda: ask.message(1),
            lambda: ask.reply(1),
            lambda: ask.story("CEE-007-26-000001-V"),
        ):
            with pytest.raises(NotFoundError):
                question()


# --- the history -----------------------------------------------------------------------------------------------


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    made.receive(mail(), numbered(1, subject="bad"))
    yield made
    made.store.close()


def test_the_history_is_chained_from_its_first_line(workshop: Workshop) -> None:
    assert history_breaks(workshop.store) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE history SET actor = 'someone' WHERE id = 3",
        "UPDATE history SET event = 'nothing' WHERE id = 3",
        "UPDATE history SET at = '2020-01-01 00:00:00.000000' WHERE id = 3",
        "UPDATE history SET detail = '{}' WHERE id = 3",
        "UPDATE history SET message_row = 99 WHERE id = 3",
        "UPDATE history SET digest = previous WHERE id = 3",
        "DELETE FROM history WHERE id = 3",
        "DELETE FROM history WHERE id = 1",
    ],
)
def test_a_changed_line_breaks_the_history(workshop: Workshop, tmp_path: Path, change: str) -> None:
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        unlock_history(connection)
        assert connection.execute(change).rowcount == 1
    connection.close()
    assert history_breaks(workshop.store) != []


# --- questions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (ItemQuery(team="007"), 1),
        (ItemQuery(team="001"), 0),
        (ItemQuery(code="DR", state="new", entry="345-67890123", account="NokiaInc"), 1),
        (ItemQuery(flag="check-digit"), 0),
        (ItemQuery(text="nokia"), 1),
        (ItemQuery(text="paper-1.pdf"), 1),
        (ItemQuery(text="broker@filer"), 1),
        (ItemQuery(text="%"), 0),
        (ItemQuery(text="_"), 0),
        (ItemQuery(limit=0), 0),
        (ItemQuery(offset=1), 0),
        (ItemQuery(sort="-presented_at"), 1),
    ],
    ids=repr,
)
def test_the_queue_answers_what_it_is_asked(workshop: Workshop, query: ItemQuery, found: int) -> None:
    with workshop.store.read() as ask:
        assert len(ask.items(query)) == found


@pytest.mark.parametrize("sort", ["", "id", "tracking; DROP TABLE message", "--tracking", "__table__"])
def test_the_queue_is_sorted_by_nothing_else(workshop: Workshop, sort: str) -> None:
    with workshop.store.read() as ask, pytest.raises(UserError, match="sorted"):
        ask.items(ItemQuery(sort=sort))


def test_the_queue_is_sorted_both_ways(workshop: Workshop) -> None:
    workshop.receive(numbered(5, date="Mon, 02 Mar 2026 09:50:00 -0500"))
    with workshop.store.read() as ask:
        up = [item.tracking for item in ask.items(ItemQuery(sort="presented_at"))]
        down = [item.tracking for item in ask.items(ItemQuery(sort="-presented_at"))]
    assert up == down[::-1]
    assert up[0] > up[1]


def test_an_items_story_has_its_messages_documents_replies_history_and_clocks(workshop: Workshop) -> None:
    with workshop.store.read() as ask:
        tracking = ask.items(ItemQuery())[0].tracking
        story = ask.story(tracking.lower())
    assert [message.id for message in story.messages] == [1]
    assert [document.name for document in story.documents] == ["paper-1.pdf"]
    assert [reply.kind for reply in story.replies] == ["acknowledgement"]
    assert [line.event for line in story.history] == ["received", "enqueued", "reply-queued"]
    [evidence] = story.evidence
    assert evidence["date"] == "Mon, 02 Mar 2026 09:59:30 -0500"
    assert evidence["arrived_at"] == ARRIVED


def test_a_unit_of_work_is_what_the_contract_says(store: SqlStore) -> None:
    """Every method of the contract is there under its name."""
    wanted = [name for name in vars(UnitOfWork) if not name.startswith("_")]
    with store.begin(NOW) as unit:
        assert [name for name in wanted if not callable(getattr(unit, name, None))] == []


def test_a_database_that_cannot_be_written_to_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system mounted read-only SQLite can make no file for its log: the queue stays readable (F13)."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    store = SqlStore(url)
    store.migrate()
    store.close()
    # Root, who may run the tests, may write everywhere but on such a file system: what is asked is answered here.
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    before = sorted(tmp_path.iterdir())
    again = SqlStore(url)
    again.migrate()
    with again.read() as ask:
        assert ask.items(ItemQuery()) == ()
        assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(UnreachableError, match="can be read but not written to; mount"):
        again.check()
    again.close()


def test_a_refused_write_says_which_database_and_what_to_do(tmp_path: Path) -> None:
    """The one line names the file, what SQLite says, and the way out."""
    store = SqlStore(f"sqlite:///{tmp_path / 'bot.db'}")
    store.migrate()
    event.listen(store._writer, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    store.close()
    with pytest.raises(UnreachableError, match=r"bot\.db: attempt to write a readonly database; mount its file system"):
        begin_a_poll(store)


def begin_a_poll(store: SqlStore) -> None:
    """Any write will do."""
    with store.begin(NOW) as unit:
        unit.begin_poll("electronics", team="007", activation=NOW)
