"""The census: what is on the servers, in the rows and among the blobs, and what it says when they differ."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cee_mailbot.census import Census, CensusReport, MailboxCensus, differences, findings, take_census
from cee_mailbot.domain.facts import to_json
from cee_mailbot.errors import UnreachableError
from cee_mailbot.intake import take_in_raw
from cee_mailbot.interfaces import Handle, RawMail
from tests.support.mails import mail, numbered
from tests.support.workshop import ARRIVED, CHEMICALS, ELECTRONICS, MAILBOXES, Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.store.close()


def count(workshop: Workshop) -> CensusReport:
    needs = Census(store=workshop.store, blobs=workshop.blobs, sources=workshop.sources, clock=workshop.clock)
    return take_census(needs, MAILBOXES)


def electronics(workshop: Workshop) -> MailboxCensus:
    return count(workshop).mailboxes[0]


def forget(workshop: Workshop, where: str = "1 = 1") -> None:
    """Rows go, as no command makes them go."""
    with workshop.store._writer.begin() as connection:
        for table, column in (("flag", "message_row"), ("document", "message_row"), ("reply", "message_row")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM message WHERE {where})"))  # noqa: S608
        connection.execute(text(f"DELETE FROM message WHERE {where}"))  # noqa: S608


def tally(one: MailboxCensus) -> tuple[int, int, int, int, int, int]:
    return (one.on_server, one.accounted, one.pending, one.before_activation, len(one.missing), len(one.extra))


def test_a_site_that_took_everything_in_is_clean(workshop: Workshop) -> None:
    workshop.receive(*(numbered(n) for n in range(3)))
    report = count(workshop)
    assert (report.clean, report.exit_code, report.rows, report.blobs) == (True, 0, 3, 3)
    assert tally(report.mailboxes[0]) == (3, 3, 0, 0, 0, 0)
    assert report.by_status == {"enqueued": 3}


def test_an_empty_site_that_was_never_polled_is_clean(workshop: Workshop) -> None:
    assert count(workshop).clean
    workshop.source.deliver(mail(), ARRIVED)
    assert tally(electronics(workshop)) == (1, 0, 1, 0, 0, 0)


def test_mail_that_came_since_the_last_poll_is_pending(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.source.deliver(numbered(2), workshop.clock.now())
    report = count(workshop)
    assert report.clean
    assert tally(report.mailboxes[0]) == (2, 1, 1, 0, 0, 0)


def test_mail_from_before_activation_is_counted_apart(workshop: Workshop) -> None:
    old = ARRIVED - timedelta(days=30)
    workshop.receive(mail())
    workshop.source.deliver(numbered(2), old)
    handle = Handle(folder="Processed", validity="1", uid="x")
    workshop.source.processed["x"] = RawMail(handle=handle, raw=b"Subject: theirs\r\n\r\n", arrived_at=old)
    report = count(workshop)
    assert report.clean
    assert tally(report.mailboxes[0]) == (3, 1, 0, 2, 0, 0)


def test_f12_a_message_without_a_row_is_missing_wherever_it_lies(workshop: Workshop) -> None:
    """One in the processed folder whose row has gone, and one in the source folder that no poll took in."""
    workshop.receive(mail(), numbered(2))
    forget(workshop, "id = 1")
    workshop.source.deliver(numbered(3), ARRIVED)
    report = count(workshop)
    assert (report.clean, report.exit_code) == (False, 1)
    assert tally(report.mailboxes[0]) == (3, 1, 0, 0, 2, 0)
    assert {one.folder for one in report.mailboxes[0].missing} == {"INBOX", "Processed"}


@pytest.mark.parametrize("row", [1, 2])
def test_a_message_that_looks_like_another_with_a_row_is_missing_all_the_same(row: int, workshop: Workshop) -> None:
    """Same arrival, size and Message-ID: a row stands for the message with its bytes, whichever is met first."""
    first, second = mail(body="AAAA"), mail(body="BBBB")
    workshop.receive(first, second)
    assert electronics(workshop).accounted == 2
    forget(workshop, f"id = {row}")
    assert tally(electronics(workshop)) == (2, 1, 0, 0, 1, 0)


def test_equal_messages_have_a_row_each_and_one_blob(workshop: Workshop) -> None:
    workshop.receive(mail(), mail(), mail())
    report = count(workshop)
    assert report.clean
    assert (report.mailboxes[0].accounted, report.rows, report.blobs) == (3, 3, 1)


def test_f30_a_second_copy_in_the_processed_folder_is_accounted_for_by_its_bytes(workshop: Workshop) -> None:
    workshop.receive(mail())
    [kept] = workshop.source.processed.values()
    workshop.source.processed["1/7"] = kept
    assert tally(electronics(workshop)) == (2, 2, 0, 0, 0, 0)


def test_a_processed_message_with_another_arrival_time_is_known_by_its_bytes(workshop: Workshop) -> None:
    """A server that gives a moved message a new INTERNALDATE."""
    workshop.receive(mail())
    [(uid, kept)] = workshop.source.processed.items()
    workshop.source.processed[uid] = replace(kept, arrived_at=kept.arrived_at + timedelta(seconds=9))
    assert tally(electronics(workshop)) == (1, 1, 0, 0, 0, 0)


def test_a_message_put_back_into_the_source_folder_waits_for_the_next_poll(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.source.deliver(mail(), ARRIVED)
    assert tally(electronics(workshop)) == (2, 1, 1, 0, 0, 0)
    workshop.poll()
    assert tally(electronics(workshop)) == (2, 2, 0, 0, 0, 0)


def test_f13_a_folder_made_anew_is_no_loss(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.source.make_anew()
    workshop.source.deliver(mail(), ARRIVED)
    assert count(workshop).clean
    workshop.poll()
    assert count(workshop).clean


def test_what_a_person_removed_is_told_and_not_unclean(workshop: Workshop) -> None:
    workshop.receive(mail(), numbered(2))
    workshop.source.processed.clear()
    report = count(workshop)
    assert report.clean
    assert report.mailboxes[0].extra == (1, 2)


@pytest.mark.parametrize(("polled_still", "missing"), [(False, 0), (True, 1)])
def test_what_was_taken_in_under_a_former_name_of_the_mailbox_is_accounted_for(
    workshop: Workshop, *, polled_still: bool, missing: int
) -> None:
    """To rename a mailbox is to poll a new one, whose processed folder is full already."""
    workshop.receive(numbered(1), mailbox=CHEMICALS)
    renamed = workshop.sources.pop("chemicals") if not polled_still else workshop.sources["chemicals"]
    workshop.sources["electronics"] = renamed
    workshop.clock.advance(timedelta(minutes=1))
    workshop.poll()
    census = Census(store=workshop.store, blobs=workshop.blobs, sources=workshop.sources, clock=workshop.site.clock)
    [counted] = take_census(census, [ELECTRONICS]).mailboxes
    assert (counted.on_server, counted.accounted, len(counted.missing)) == (1, 1 - missing, missing)


def test_an_ingested_message_lies_in_no_mailbox_and_is_not_extra(workshop: Workshop) -> None:
    place = Handle(folder="file:/tmp/a.eml", validity="x", uid="0")
    take_in_raw(workshop.intake, ELECTRONICS, [RawMail(handle=place, raw=mail(), arrived_at=ARRIVED)])
    assert tally(electronics(workshop)) == (0, 0, 0, 0, 0, 0)
    assert count(workshop).blobs == 1


def test_a_message_that_is_kept_and_not_settled_is_accounted_for_once(workshop: Workshop) -> None:
    """C8, and C9b: a copy in both folders while the program was killed in between."""
    workshop.receive(mail())
    [kept] = workshop.source.processed.values()
    workshop.source.inbox[kept.handle.uid] = kept
    assert tally(electronics(workshop)) == (1, 1, 0, 0, 0, 0)


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_blob_that_is_gone_or_altered_is_named(workshop: Workshop, harm: str) -> None:
    workshop.receive(mail(), numbered(2))
    digest = workshop.messages()[0].sha256
    if harm == "missing":
        del workshop.blobs.kept[digest]
    else:
        workshop.blobs.kept[digest] = workshop.blobs.kept[digest] + b" "
    report = count(workshop)
    assert (report.clean, report.exit_code, report.blobs) == (False, 1, 1)
    assert getattr(report, f"blobs_{harm}") == (digest,)


def test_a_mailbox_out_of_reach_stops_no_other_and_nothing_is_called_clean(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.receive(numbered(2), mailbox=CHEMICALS)
    workshop.sources["electronics"].failure = UnreachableError("down")
    report = count(workshop)
    assert [(one.error, one.accounted) for one in report.mailboxes] == [("down", 0), (None, 1), (None, 0)]
    assert (report.clean, report.unclean, report.exit_code) == (False, False, 3)


def test_counting_changes_neither_rows_nor_folders_nor_blobs(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.source.deliver(numbered(2), ARRIVED)
    before = workshop.everything(), dict(workshop.source.inbox), dict(workshop.source.processed), workshop.blobs.kept
    count(workshop)
    assert (workshop.everything(), workshop.source.inbox, workshop.source.processed, workshop.blobs.kept) == before


def test_findings_beyond_the_bound_are_counted(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "LISTED", 2)
    workshop.receive(*(numbered(n) for n in range(5)))
    forget(workshop)
    one = electronics(workshop)
    assert (len(one.missing), one.unlisted, one.on_server) == (2, 3, 5)


def test_the_json_is_that_of_the_contract(workshop: Workshop) -> None:
    workshop.receive(mail())
    said = json.loads(json.dumps(to_json(count(workshop))))
    top = {"at", "clean", "mailboxes", "rows", "blobs", "blobs_missing", "blobs_damaged", "by_status"}
    assert set(said) == top
    each = {"mailbox", "folders", "on_server", "accounted", "pending", "before_activation", "missing", "extra"}
    assert each <= set(said["mailboxes"][0])


def test_two_censuses_are_told_apart(workshop: Workshop) -> None:
    workshop.receive(mail(), numbered(2))
    before = to_json(count(workshop))
    assert differences(None, before) == differences(before, before) == ()
    forget(workshop, "id = 2")
    workshop.blobs.kept.popitem()
    said = differences(before, to_json(count(workshop)))
    assert said[0].startswith("1 rows have gone since")
    assert "electronics: missing: 1 more" in said


@settings(max_examples=8, deadline=None)
@given(
    taken=st.integers(0, 4),
    lost=st.sets(st.integers(0, 3)),
    removed=st.sets(st.integers(0, 3)),
    fresh=st.integers(0, 3),
)
def test_whatever_happens_the_figures_add_up(
    tmp_path_factory: pytest.TempPathFactory, taken: int, lost: set[int], removed: set[int], fresh: int
) -> None:
    """on_server = accounted + pending + before_activation + missing, and every row is accounted for or extra."""
    workshop = Workshop(tmp_path_factory.mktemp("census"))
    workshop.receive(*(numbered(n) for n in range(taken)))
    for row in lost:
        forget(workshop, f"id = {row + 1}")
    for place in sorted(workshop.source.processed)[:: -1 if removed else 1]:
        if int(place.split("/")[1]) - 1 in removed:
            del workshop.source.processed[place]
    for n in range(fresh):
        workshop.source.deliver(numbered(90 + n), workshop.clock.now())
    one, report = electronics(workshop), count(workshop)
    assert one.on_server == one.accounted + one.pending + one.before_activation + len(one.missing)
    assert report.rows == one.accounted + len(one.extra)
    assert len(one.missing) == len({n for n in lost - removed if n < taken})
    assert one.pending == fresh
    workshop.store.close()
