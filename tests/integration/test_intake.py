"""The straight line of one message: the order that is the promise, crashes, faults, and mail seen again."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from cee_mailbot.blobs import FolderBlobs
from cee_mailbot.domain.reply import ComposedReply, ReplyFacts
from cee_mailbot.errors import LostLeaseError, PermanentError, UnreachableError
from cee_mailbot.intake import decide_waiting, take_in_raw
from cee_mailbot.interfaces import Listed, RawMail, Reading
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import ELECTRONICS as TO_ELECTRONICS
from tests.support.mails import EXACT, PDF, mail, numbered, unreadable
from tests.support.workshop import (
    ARRIVED,
    CHEMICALS,
    ELECTRONICS,
    PROGRAM,
    Killed,
    Tripwire,
    WiredBlobs,
    WiredReader,
    WiredSource,
    WiredStore,
    Workshop,
    check_invariants,
    history_breaks,
)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.store.close()


def wired_poll(workshop: Workshop, wire: Tripwire) -> None:
    intake = workshop.with_parts(
        store=WiredStore(workshop.store, wire),
        blobs=WiredBlobs(workshop.blobs, wire),
        reader=WiredReader(workshop.intake.reader, wire),
    )
    workshop.poll(intake=intake, source=WiredSource(workshop.source, wire))


# --- what becomes of a message ---------------------------------------------------------------------------------


def test_an_exact_message_becomes_one_item_with_one_acknowledgement(workshop: Workshop) -> None:
    workshop.receive(mail())
    [message], [item], [reply] = workshop.messages(), workshop.items(), workshop.replies()
    assert (message.status, message.tracking) == ("enqueued", item.tracking)
    assert (item.team, item.state, item.code, item.entry_number) == ("007", "new", "DR", "345-67890123")
    assert item.presented_at == ARRIVED - timedelta(seconds=30)
    assert (item.received_at, item.zone, item.flags) == (ARRIVED, "America/Los_Angeles", ())
    assert (reply.kind, reply.state, reply.to) == ("acknowledgement", "queued", "broker@filer.example")
    assert workshop.source.inbox == {}
    assert workshop.error() is None
    check_invariants(workshop)


def test_the_stored_bytes_are_those_the_server_had(workshop: Workshop) -> None:
    raw = mail(body="bare\nline feeds\n and \udcff bytes")
    workshop.receive(raw)
    assert workshop.blobs.get(workshop.messages()[0].sha256) == raw


def test_a_bad_line_is_rejected_with_a_number_and_its_problem(workshop: Workshop) -> None:
    workshop.receive(mail(subject="DR,NokiaInc,345-6789,2704"))
    [message], [reply] = workshop.messages(), workshop.replies()
    assert (message.status, message.reasons) == ("rejected", ("entry-invalid",))
    assert message.tracking is not None
    assert (reply.kind, reply.tracking) == ("reject", message.tracking)
    assert workshop.items() == ()


def test_a_machine_is_not_answered_but_its_documents_are_enqueued(workshop: Workshop) -> None:
    workshop.receive(mail(extra=["Auto-Submitted: auto-generated"]))
    [message], [item] = workshop.messages(), workshop.items()
    assert message.reasons == ("auto-submitted",)
    assert item.messages == (message.id,)
    assert workshop.replies() == ()


def test_f15_mail_from_one_of_our_own_mailboxes_is_shown_and_not_dropped(workshop: Workshop) -> None:
    workshop.receive(mail(sender=TO_CHEMICALS, subject="hello", documents=()))
    [message] = workshop.messages()
    assert (message.status, message.reasons) == ("ignored", ("own-address",))
    assert workshop.replies() == ()


def test_the_program_office_takes_any_subject(workshop: Workshop) -> None:
    workshop.receive(mail(subject="Please take us off the test", documents=(), to=PROGRAM.address), mailbox=PROGRAM)
    [item] = workshop.items()
    assert item.team == "000"
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]


# --- the order is the promise ----------------------------------------------------------------------------------


def test_f08_bytes_come_before_rows_rows_before_decisions_and_the_mailbox_is_touched_last(workshop: Workshop) -> None:
    for number in range(3):
        workshop.source.deliver(numbered(number), ARRIVED)
    wire = Tripwire()
    wired_poll(workshop, wire)
    order = ["put", "before keep", "keep committed", "reading", "before write", "write committed", "before settle"]
    last = {step: len(wire.steps) - wire.steps[::-1].index(step) for step in order}
    first = {step: wire.steps.index(step) for step in order}
    for earlier, later in pairwise(order):
        assert last[earlier] <= first[later] + 1, f"every {earlier!r} comes before any {later!r}: {wire.steps}"
    assert wire.steps.count("put") == 3
    assert wire.steps.index("settle") < wire.steps.index("before settled")


CRASHES = {
    "C1-during-fetch": "fetching",
    "C4-before-the-bytes-are-durable": "before put",
    "C6-bytes-durable-no-row": "put",
    "C7-before-the-row": "before keep",
    "C7-row-not-committed": "keep, not committed",
    "C7-row-committed": "keep committed",
    "C11-during-reading": "reading",
    "C12-before-the-decision-is-written": "before write",
    "C14-decision-not-committed": "write, not committed",
    "C8-committed-not-settled": "write committed",
    "C9-before-the-move": "before settle",
    "C10-moved-not-noted": "settle",
    "C10-noting-the-move": "settled, not committed",
}


@pytest.mark.parametrize("step", CRASHES.values(), ids=CRASHES.keys())
def test_a_crash_loses_nothing_and_doubles_nothing(workshop: Workshop, step: str) -> None:
    """After any crash a second pass ends with each message in exactly one row, one item and one reply."""
    raws = [numbered(number) for number in range(3)]
    for raw in raws:
        workshop.source.deliver(raw, ARRIVED)
    with pytest.raises(Killed):
        wired_poll(workshop, Tripwire(kill_at=step))
    kept = {message.sha256 for message in workshop.messages()}
    for raw in raws:
        there = any(one.raw == raw for one in workshop.source.inbox.values())
        assert there or any(workshop.blobs.get(digest) == raw for digest in kept), "I1: nowhere at all"
    check_invariants(workshop)
    workshop.clock.advance(timedelta(hours=7))
    workshop.poll()
    workshop.poll()
    assert [workshop.blobs.get(message.sha256) for message in workshop.messages()] == raws
    assert workshop.statuses() == ["enqueued"] * 3
    assert [item.presented_at for item in workshop.items()] == [ARRIVED - timedelta(seconds=30)] * 3
    assert [len(item.messages) for item in workshop.items()] == [1] * 3
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"] * 3
    assert workshop.source.inbox == {}
    assert len(workshop.source.processed) == 3
    check_invariants(workshop)


@pytest.mark.parametrize("step", CRASHES.values(), ids=CRASHES.keys())
def test_f23_ten_crashes_at_one_point_make_one_item(workshop: Workshop, step: str) -> None:
    workshop.source.deliver(mail(), ARRIVED)
    for _ in range(10):
        try:
            wired_poll(workshop, Tripwire(kill_at=step))
        except Killed:
            workshop.clock.advance(timedelta(minutes=1))
    workshop.poll()
    assert len(workshop.items()) == len(workshop.replies()) == len(workshop.messages()) == 1
    check_invariants(workshop)


def test_what_an_earlier_run_kept_is_decided_though_the_mailbox_is_gone(workshop: Workshop) -> None:
    workshop.source.deliver(mail(), ARRIVED)
    with pytest.raises(Killed):
        wired_poll(workshop, Tripwire(kill_at="keep committed"))
    decide_waiting(workshop.intake, "electronics")
    assert workshop.statuses() == ["enqueued"]


# --- one bad message never stops the rest ----------------------------------------------------------------------


class BrokenReader:
    """A reader with a bug that some messages find."""

    def __init__(self, workshop: Workshop, error: Callable[[], Exception]) -> None:
        self._inner, self._error = workshop.intake.reader, error

    def read(self, raw: bytes) -> Reading:
        if b"POISON" in raw:
            raise self._error()
        return self._inner.read(raw)

    def read_header(self, start: bytes) -> Reading:
        return self._inner.read_header(start)


@pytest.mark.parametrize(
    "error", [ValueError, LookupError, RecursionError, MemoryError], ids=lambda error: error.__name__
)
def test_f32_a_reader_that_breaks_holds_one_message_and_the_others_proceed(
    workshop: Workshop, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    for raw in (numbered(1), mail(body="POISON"), numbered(2)):
        workshop.source.deliver(raw, ARRIVED)
    workshop.poll(intake=workshop.with_parts(reader=BrokenReader(workshop, error)))
    assert workshop.statuses() == ["enqueued", "held", "enqueued"]
    assert workshop.messages()[1].reasons == ("reader-broke",)
    assert workshop.source.inbox == {}
    assert sum(record.levelname == "ERROR" for record in caplog.records) == 1


def test_f33_a_held_message_raises_one_alarm_and_not_one_a_pass(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    workshop.source.deliver(mail(body="POISON"), ARRIVED)
    intake = workshop.with_parts(reader=BrokenReader(workshop, ValueError))
    for _ in range(3):
        workshop.poll(intake=intake)
    assert sum(record.levelname == "ERROR" for record in caplog.records) == 1


class BrokenComposer:
    """A composer whose template broke for one sender."""

    def __init__(self, workshop: Workshop) -> None:
        self._inner = workshop.site.composer

    def compose(self, facts: ReplyFacts) -> ComposedReply:
        if "poison" in facts.to:
            raise ValueError("bug in a template")
        return self._inner.compose(facts)


def test_f32_a_composer_that_breaks_holds_one_message_whole_and_the_others_proceed(workshop: Workshop) -> None:
    """Nothing of the broken outcome is left, and staff see whom the message is from."""
    for raw in (numbered(1), numbered(2, sender="poison@filer.example"), numbered(3)):
        workshop.source.deliver(raw, ARRIVED)
    workshop.poll(intake=workshop.with_parts(composer=BrokenComposer(workshop)))
    assert workshop.statuses() == ["enqueued", "held", "enqueued"]
    held = workshop.messages()[1]
    assert (held.reasons, held.from_, held.tracking) == (("decision-broke",), "poison@filer.example", None)
    assert len(workshop.items()) == len(workshop.replies()) == 2
    assert history_breaks(workshop.store) == []


def test_f37_damaged_bytes_hold_their_message_and_the_others_proceed(workshop: Workshop) -> None:
    for raw in (numbered(1), numbered(2)):
        workshop.source.deliver(raw, ARRIVED)
    with pytest.raises(Killed):
        wired_poll(workshop, Tripwire(kill_at="keep committed"))
    damaged = workshop.messages()[0].sha256
    workshop.blobs.kept[damaged] += b"x"
    workshop.poll()
    assert workshop.statuses() == ["held", "enqueued"]
    assert workshop.messages()[0].reasons == ("blob-damaged",)


def test_bytes_that_are_gone_hold_their_message_and_the_others_proceed(workshop: Workshop) -> None:
    for raw in (numbered(1), numbered(2)):
        workshop.source.deliver(raw, ARRIVED)
    with pytest.raises(Killed):
        wired_poll(workshop, Tripwire(kill_at="keep committed"))
    del workshop.blobs.kept[workshop.messages()[0].sha256]
    workshop.poll()
    assert workshop.statuses() == ["held", "enqueued"]


ODD = {
    "f34-no-sender": (mail(sender=None), "held", "sender-missing"),
    "f34-empty-sender": (mail(sender=""), "held", "sender-missing"),
    "f34-eight-bit-sender": (mail(sender="Br\udcf6ker <broker@filer.example>"), "enqueued", None),
    "f34-nothing-at-all": (b"", "held", "sender-missing"),
    "f35-impossible-hour": (mail(date="Wed, 05 Sep 2018 29:24:05 +0700"), "enqueued", None),
    "f36-two-dates": (mail(extra=["Date: Mon, 02 Mar 2050 10:00:00 +0000"]), "enqueued", None),
    "f37-unknown-charset": (mail(subject=f"=?x-no-such?q?{EXACT}?="), "enqueued", None),
    "f38-malformed-content-type": (
        mail().replace(b"Content-Type: application/pdf", b"Content-Type: ;;=/"),
        "enqueued",
        None,
    ),
    "several-senders": (mail(sender="a@filer.example, b@filer.example"), "held", "several-senders"),
    "two-from-headers": (mail(extra=["From: other@filer.example"]), "held", "several-senders"),
    "header-too-large": (unreadable(), "held", "header-too-large"),
    "nul-everywhere": (mail(subject=EXACT + "\0", body="\0", message_id="<\0@x>"), "enqueued", None),
}


@pytest.mark.parametrize(("raw", "status", "reason"), ODD.values(), ids=ODD.keys())
def test_an_odd_message_ends_somewhere_and_the_next_one_proceeds(
    workshop: Workshop, raw: bytes, status: str, reason: str | None
) -> None:
    workshop.receive(raw, numbered(7))
    assert workshop.statuses() == [status, "enqueued"]
    assert workshop.messages()[0].reasons == ((reason,) if reason else ())
    assert workshop.source.inbox == {}
    assert workshop.blobs.get(workshop.messages()[0].sha256) == raw


def test_two_headers_where_one_is_allowed_are_flagged(workshop: Workshop) -> None:
    workshop.receive(mail(extra=["Subject: PE,Other,345-67890123,2704"]))
    assert "message-ambiguous" in workshop.items()[0].flags


# --- faults outside ----------------------------------------------------------------------------------------------


class FailingBlobs(WiredBlobs):
    def put(self, content: bytes) -> str:
        raise UnreachableError("disk full") if content else AssertionError


def test_f11_nothing_is_settled_when_the_bytes_cannot_be_kept(workshop: Workshop) -> None:
    workshop.source.deliver(mail(), ARRIVED)
    with pytest.raises(UnreachableError, match="disk full"):
        workshop.poll(intake=workshop.with_parts(blobs=FailingBlobs(workshop.blobs, Tripwire())))
    assert len(workshop.source.inbox) == 1
    assert workshop.messages() == ()
    assert workshop.error() == "disk full"
    workshop.poll()
    assert workshop.statuses() == ["enqueued"]
    assert workshop.error() is None


class FailingStore(WiredStore):
    """A store that goes away at a named step."""

    def __init__(self, workshop: Workshop, at: str) -> None:
        wire = Tripwire()
        super().__init__(workshop.store, wire)
        note = wire.step

        def step(name: str) -> None:
            note(name)
            if name == at:
                raise UnreachableError("the database is gone")

        wire.step = step  # type: ignore[method-assign]


@pytest.mark.parametrize("step", ["before keep", "keep, not committed", "before write", "write, not committed"])
def test_f11_nothing_is_settled_when_the_store_fails(workshop: Workshop, step: str) -> None:
    for number in range(2):
        workshop.source.deliver(numbered(number), ARRIVED)
    with pytest.raises(UnreachableError):
        workshop.poll(intake=workshop.with_parts(store=FailingStore(workshop, step)))
    assert len(workshop.source.inbox) == 2
    assert workshop.items() == ()
    workshop.poll()
    assert workshop.statuses() == ["enqueued"] * 2
    assert len(workshop.replies()) == 2
    check_invariants(workshop)


class Unsettling(WiredSource):
    """A server that will not move mail."""

    def __init__(self, workshop: Workshop, error: Exception) -> None:
        super().__init__(workshop.source, Tripwire())
        self.error, self.asked = error, 0

    def settle(self, handles: object) -> None:
        self.asked += bool(handles)
        raise self.error


@pytest.mark.parametrize("error", [UnreachableError("connection lost"), PermanentError("quota exceeded")])
def test_f22_a_mailbox_that_will_not_settle_makes_no_second_item(workshop: Workshop, error: Exception) -> None:
    workshop.source.deliver(mail(), ARRIVED)
    for _ in range(3):
        with pytest.raises(type(error), match=str(error)):
            workshop.poll(source=Unsettling(workshop, error))
        assert workshop.error() == str(error)
    assert len(workshop.source.inbox) == 1
    workshop.poll()
    assert workshop.source.inbox == {}
    assert workshop.error() is None
    assert len(workshop.messages()) == len(workshop.items()) == len(workshop.replies()) == 1


def test_f42_what_has_a_row_is_not_downloaded_again(workshop: Workshop) -> None:
    """Neither what was enqueued nor what was held, though both lie there for ever."""
    for raw in (mail(), b"", mail(subject="our papers", message_id="<2@filer.example>")):
        workshop.source.deliver(raw, ARRIVED)
    source = Unsettling(workshop, PermanentError("quota exceeded"))
    for fetched in (3, 3):
        with pytest.raises(PermanentError):
            workshop.poll(source=source)
        assert source._wire.steps.count("fetching") == fetched


def test_f30_mail_is_taken_in_though_the_processed_folder_is_full(workshop: Workshop) -> None:
    """What can't be moved stays where it is; no further move is tried in that pass."""
    for number in range(7):
        workshop.source.deliver(numbered(number), ARRIVED)
    source = Unsettling(workshop, PermanentError("quota exceeded"))
    intake = replace(workshop.intake, set_messages=2)
    with pytest.raises(PermanentError):
        workshop.poll(intake=intake, source=source)
    assert workshop.statuses() == ["enqueued"] * 7
    assert source.asked == 1
    workshop.source.deliver(numbered(8), ARRIVED)
    with pytest.raises(PermanentError):
        workshop.poll(intake=intake, source=source)
    assert workshop.statuses() == ["enqueued"] * 8


def test_new_mail_is_taken_in_though_settling_ends_the_connection(workshop: Workshop) -> None:
    source = Unsettling(workshop, UnreachableError("connection lost"))
    for number in range(4):
        workshop.source.deliver(numbered(number), ARRIVED)
        with pytest.raises(UnreachableError):
            workshop.poll(source=source)
    assert workshop.statuses() == ["enqueued"] * 4


@pytest.mark.parametrize("error", [UnreachableError("no answer"), PermanentError("sign-in refused"), ValueError("bug")])
def test_f80_whatever_ends_a_pass_is_noted_for_its_mailbox(workshop: Workshop, error: Exception) -> None:
    workshop.source.failure = error
    with pytest.raises(type(error)):
        workshop.poll()
    assert workshop.error() == str(error)
    workshop.poll()
    assert workshop.error() is None


def test_f07_a_message_that_failed_is_fetched_again_however_much_came_after_it(workshop: Workshop) -> None:
    """There is no high-water mark: every message has a state of its own."""
    first = mail()
    workshop.source.deliver(first, ARRIVED)
    workshop.source.failure = UnreachableError("lost at the first call")
    with pytest.raises(UnreachableError):
        workshop.poll()
    [handle] = workshop.source.inbox
    hidden = workshop.source.inbox.pop(handle)
    workshop.receive(numbered(1), numbered(2), arrived_at=ARRIVED + timedelta(hours=5))
    workshop.source.inbox[handle] = hidden
    workshop.poll()
    assert workshop.blobs.get(workshop.messages()[-1].sha256) == first
    assert workshop.statuses() == ["enqueued"] * 3


def test_f33_a_message_at_which_the_server_breaks_down_keeps_no_other_waiting(workshop: Workshop) -> None:
    """The first pass is cut off amid a set; the second finds which message it is; from the third on it comes last."""
    intake = replace(workshop.intake, set_messages=5)
    for number in range(20):
        workshop.source.deliver(numbered(number), ARRIVED)
    [*_, poison] = list(workshop.source.inbox)[:7]

    class Breaking(WiredSource):
        def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
            for each in super().fetch(wanted):
                if each.handle.uid == poison:
                    raise UnreachableError("the server hung up")
                yield each

    source = Breaking(workshop.source, Tripwire())
    for _ in range(2):
        with pytest.raises(UnreachableError, match="hung up"):
            workshop.poll(intake=intake, source=source)
    workshop.source.deliver(numbered(20), ARRIVED + timedelta(hours=1))
    with pytest.raises(UnreachableError, match=f"3 times in a row at message {poison}, which arrived at"):
        workshop.poll(intake=intake, source=source)
    assert workshop.statuses() == ["enqueued"] * 20
    assert list(workshop.source.inbox) == [poison], "the others were settled"
    workshop.poll(intake=intake)
    assert workshop.statuses() == ["enqueued"] * 21
    assert intake.cut_off == {}


def test_a_message_that_comes_empty_and_is_not_stays_until_it_comes_whole(workshop: Workshop) -> None:
    """Kept as it came it would be moved, and a person would see an empty message."""
    for raw in (mail(), numbered(1), b""):
        workshop.source.deliver(raw, ARRIVED)

    class Emptying(WiredSource):
        def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
            for each in super().fetch(wanted):
                yield replace(each, raw=b"") if each.handle.uid == "1" else each

    workshop.poll(source=Emptying(workshop.source, Tripwire()))
    assert list(workshop.source.inbox) == ["1"]
    assert len(workshop.messages()) == 2
    workshop.poll()
    assert workshop.blobs.get(workshop.messages()[-1].sha256) == mail()


def test_a_message_that_goes_between_listing_and_fetching_is_no_error(workshop: Workshop) -> None:
    workshop.source.deliver(mail(), ARRIVED)

    class Vanishing(WiredSource):
        def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
            return super().fetch(wanted[:0])

    assert workshop.poll(source=Vanishing(workshop.source, Tripwire())).taken_in == 0
    assert workshop.messages() == ()


# --- the same mail again ---------------------------------------------------------------------------------------


def test_f21_a_second_pass_changes_nothing(workshop: Workshop) -> None:
    for raw in (mail(), numbered(1, subject="bad"), unreadable(), mail(sender=TO_CHEMICALS, documents=())):
        workshop.source.deliver(raw, ARRIVED)
    workshop.poll()
    before = workshop.everything()
    for _ in range(3):
        workshop.clock.advance(timedelta(minutes=1))
        assert workshop.poll().taken_in == 0
    assert workshop.everything() == before


def test_f27_what_the_server_shows_again_is_settled_again_and_not_filed_again(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.source.inbox["1"] = workshop.source.processed["1/1"]
    workshop.poll()
    assert workshop.source.inbox == {}
    assert len(workshop.messages()) == len(workshop.items()) == len(workshop.replies()) == 1


def test_f13_after_a_uidvalidity_change_mail_seen_before_is_recorded_and_new_mail_is_not_missed(
    workshop: Workshop,
) -> None:
    raws = [mail(), numbered(1, subject="bad"), unreadable()]
    workshop.receive(*raws)
    workshop.source.make_anew()
    workshop.clock.advance(timedelta(days=1))
    workshop.receive(*raws, numbered(2), arrived_at=ARRIVED + timedelta(days=1))
    assert workshop.statuses() == ["enqueued", "rejected", "held", "duplicate", "duplicate", "duplicate", "enqueued"]
    first, _ = workshop.items()
    assert first.messages == (1, 4)
    assert len(workshop.replies()) == 3
    check_invariants(workshop)


def test_a_copy_that_comes_late_casts_no_doubt_on_the_first(workshop: Workshop) -> None:
    workshop.receive(mail())
    before = workshop.items()[0]
    workshop.clock.advance(timedelta(days=2))
    workshop.receive(mail(), arrived_at=ARRIVED + timedelta(days=2))
    [item] = workshop.items()
    assert item.messages == (1, 2)
    assert (item.flags, item.presented_at, item.received_at, item.documents) == (
        before.flags,
        before.presented_at,
        before.received_at,
        before.documents,
    )


def test_f02_the_same_message_id_with_other_content_is_another_message(workshop: Workshop) -> None:
    workshop.receive(mail(), mail(subject="DR,NokiaInc,345-67890131,2704", documents=[PDF + b"more"]))
    assert workshop.statuses() == ["enqueued", "enqueued"]
    assert ["message-id-reused" in item.flags for item in workshop.items()] == [False, True]


@pytest.mark.parametrize("blank", [None, "", "<>"], ids=["F04-none", "F03-blank", "F05-empty-brackets"])
def test_a_blank_message_id_is_no_identity(workshop: Workshop, blank: str | None) -> None:
    another = mail(message_id=blank, subject="DR,NokiaInc,345-67890131,2704", body="Another.")
    workshop.receive(mail(message_id=blank), another, numbered(3))
    assert workshop.statuses() == ["enqueued"] * 3
    assert len(workshop.items()) == 3
    assert not any("message-id-reused" in item.flags for item in workshop.items()[:1])


@pytest.mark.parametrize("order", [(ELECTRONICS, CHEMICALS), (CHEMICALS, ELECTRONICS)], ids=["here", "there"])
def test_f16_one_mail_in_two_mailboxes_is_one_item_with_two_messages(workshop: Workshop, order: tuple) -> None:  # type: ignore[type-arg]
    """Its owner is the first Center named in To, whichever mailbox is polled first."""
    raw = mail(to=f"{TO_CHEMICALS}, {TO_ELECTRONICS}")
    for number, mailbox in enumerate(order):
        workshop.receive(b"Received: from a by mx%d; x\r\n" % number + raw, mailbox=mailbox)
    [item] = workshop.items()
    assert (item.team, len(item.messages)) == ("001", 2)
    assert len(workshop.replies()) == 1
    assert sorted(workshop.statuses()) == ["duplicate", "enqueued"]


def test_f28_one_mail_twice_in_one_mailbox_is_one_item_with_two_messages(workshop: Workshop) -> None:
    workshop.receive(mail(), mail())
    assert workshop.statuses() == ["enqueued", "duplicate"]
    assert workshop.items()[0].messages == (1, 2)
    assert len(workshop.replies()) == 1


def test_f29_a_rejected_mail_seen_again_is_not_answered_again(workshop: Workshop) -> None:
    workshop.receive(mail(subject="bad"), mail(subject="bad"))
    assert workshop.statuses() == ["rejected", "duplicate"]
    assert len(workshop.replies()) == 1


# --- which mail, and how much ----------------------------------------------------------------------------------


def test_f01_mail_from_before_the_activation_is_neither_fetched_nor_moved(workshop: Workshop) -> None:
    activation = workshop.clock.now() - timedelta(days=3)
    workshop.source.deliver(numbered(1), activation - timedelta(seconds=1))
    workshop.source.deliver(numbered(2), activation)
    wire = Tripwire()
    wired_poll(workshop, wire)
    assert wire.steps.count("fetching") == 1
    assert workshop.items()[0].entry_number == "345-00000020"
    assert [one.arrived_at for one in workshop.source.inbox.values()] == [activation - timedelta(seconds=1)]


def test_f60_the_activation_of_the_first_pass_holds_for_ever(workshop: Workshop) -> None:
    workshop.poll()
    workshop.clock.advance(timedelta(days=30))
    workshop.receive(mail(), arrived_at=ARRIVED - timedelta(days=1))
    assert workshop.statuses() == ["enqueued"]


def test_f06_mail_of_a_long_downtime_is_caught_up_with(workshop: Workshop) -> None:
    workshop.poll()
    for day in range(20):
        workshop.source.deliver(numbered(day), ARRIVED + timedelta(days=day))
    workshop.clock.advance(timedelta(days=25))
    workshop.poll()
    assert workshop.statuses() == ["enqueued"] * 20


def test_f47_the_presentation_time_does_not_depend_on_when_the_bot_ran(workshop: Workshop) -> None:
    workshop.source.deliver(mail(date=None), ARRIVED)
    workshop.clock.advance(timedelta(days=2))
    workshop.poll()
    [item] = workshop.items()
    assert (item.presented_at, item.basis, item.strength) == (ARRIVED, "arrival", "C")


def test_a_mailbox_with_1200_messages_is_taken_in_whole(workshop: Workshop) -> None:
    """More than are looked up at once, and more than a database takes in one statement."""
    count = 1200
    for number in range(count):
        workshop.source.deliver(mail(sender=None, documents=(), body=str(number)), ARRIVED)
    assert workshop.poll().taken_in == count
    assert workshop.statuses() == ["held"] * count
    assert workshop.source.inbox == {}
    assert workshop.poll().listed == 0


def test_sets_are_bounded_by_bytes_and_by_number(workshop: Workshop) -> None:
    raws = [numbered(number, body="x" * 10_000) for number in range(9)]
    for raw in raws:
        workshop.source.deliver(raw, ARRIVED)
    sets: list[int] = []

    class Counting(WiredSource):
        def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
            sets.append(sum(one.size for one in wanted))
            return super().fetch(wanted)

    limit = 3 * len(raws[0]) + 100
    intake = replace(workshop.intake, set_bytes=limit)
    workshop.poll(intake=intake, source=Counting(workshop.source, Tripwire()))
    assert len(sets) == 3
    assert all(size <= limit for size in sets)
    assert workshop.statuses() == ["enqueued"] * 9


def test_a_message_larger_than_a_set_makes_one_of_its_own(workshop: Workshop) -> None:
    workshop.source.deliver(numbered(1, body="x" * 5000), ARRIVED)
    workshop.source.deliver(numbered(2), ARRIVED)
    workshop.poll(intake=replace(workshop.intake, set_bytes=10))
    assert workshop.statuses() == ["enqueued"] * 2


def test_f18_f43_a_message_over_the_limit_is_streamed_and_rejected_as_too_large(tmp_path: Path) -> None:
    """It is never held in memory whole, its bytes are kept, and its sender is told."""
    workshop = Workshop(tmp_path, message_limit=100_000)
    raw = mail(documents=[PDF + b"x" * 200_000])
    wire = Tripwire()
    workshop.source.deliver(raw, ARRIVED)
    workshop.source.deliver(numbered(1), ARRIVED)
    wired_poll(workshop, wire)
    assert wire.steps.count("fetching") == 1
    assert "streaming" in wire.steps
    large, small = workshop.messages()
    assert (large.status, large.reasons, large.bytes) == ("rejected", ("too-large",), len(raw))
    assert workshop.blobs.get(large.sha256) == raw
    assert small.status == "enqueued"
    assert [reply.kind for reply in workshop.replies()] == ["reject", "acknowledgement"]
    workshop.store.close()


def test_a_message_larger_than_the_server_said_is_not_read_whole(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, message_limit=100_000)
    workshop.source.deliver(mail(documents=[PDF + b"x" * 200_000]), ARRIVED)

    class Understating(WiredSource):
        def listing(self, since: datetime) -> Iterator[Listed]:
            return (replace(one, size=10) for one in super().listing(since))

    workshop.poll(source=Understating(workshop.source, Tripwire()))
    assert workshop.messages()[0].reasons == ("too-large",)
    workshop.store.close()


def test_over_the_attachment_limit_is_filed_with_a_note(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, attachment_limit=100)
    workshop.receive(mail(documents=[PDF + b"x" * 200]))
    assert workshop.items()[0].flags == ("over-limit",)
    workshop.store.close()


def test_real_blobs_on_disk_hold_the_exact_bytes(workshop: Workshop, tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "blobs")
    workshop.source.deliver(mail(), ARRIVED)
    workshop.poll(intake=workshop.with_parts(blobs=blobs))
    assert blobs.get(workshop.messages()[0].sha256) == mail()


# --- two at once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seen", ["listing", "fetch"])
def test_f24_two_passes_at_once_take_a_message_in_once(workshop: Workshop, seen: str) -> None:
    """Both have seen all messages before either writes a row."""
    for number in range(5):
        workshop.source.deliver(numbered(number), ARRIVED)
    both, one_there = threading.Barrier(2, timeout=60), threading.Event()

    def meet() -> None:
        one_there.set()
        both.wait()

    class Together(WiredSource):
        def listing(self, since: datetime) -> Iterator[Listed]:
            found = list(super().listing(since))
            if seen == "listing":
                meet()
            return iter(found)

        def fetch(self, wanted: Sequence[Listed]) -> Iterator[RawMail]:
            found = list(super().fetch(wanted))
            if seen == "fetch":
                meet()
            return iter(found)

    errors: list[BaseException] = []

    def poll() -> None:
        try:
            workshop.poll(source=Together(workshop.source, Tripwire()))
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=poll) for _ in range(2)]
    threads[0].start()
    assert one_there.wait(60)
    threads[1].start()
    for thread in threads:
        thread.join()
    # Within one process the pass that began last takes over; the other finds it out at its next commit.
    assert [type(error) for error in errors] == [LostLeaseError]
    assert len(workshop.messages()) == len(workshop.items()) == len(workshop.replies()) == 5
    assert workshop.source.inbox == {}
    check_invariants(workshop)


# --- mail from files -------------------------------------------------------------------------------------------


def test_mail_taken_in_from_files_goes_down_the_same_line(workshop: Workshop) -> None:
    handle = workshop.source.deliver(mail(), ARRIVED)
    raw = RawMail(handle=replace(handle, folder="file:a"), raw=mail(), arrived_at=ARRIVED)
    for _ in range(2):
        take_in_raw(workshop.intake, ELECTRONICS, [raw, raw], answer=False)
    [reply] = workshop.replies()
    assert (reply.state, reply.reasons) == ("withheld", ("no-replies",))
    assert workshop.statuses() == ["enqueued"]


def test_the_version_of_the_rules_is_kept_with_each_decision(workshop: Workshop) -> None:
    workshop.receive(mail())
    with workshop.store.read() as ask:
        story = ask.story(workshop.items()[0].tracking)
    decided = next(line for line in story.history if line.event == "enqueued")
    assert decided.detail["policy"] == workshop.site.policies["electronics"].version


def test_a_message_too_large_for_two_mailboxes_is_rejected_once(tmp_path: Path) -> None:
    """What the servers of the mailboxes wrote on top of it differs; the header of the sender and the size do not."""
    workshop = Workshop(tmp_path, message_limit=1000)
    for mailbox, hop in ((ELECTRONICS, "a.example"), (CHEMICALS, "relay-two.example")):
        trace = (f"Received: from broker by {hop}; Mon, 02 Mar 2026 09:59:40 -0500",)
        workshop.receive(mail(documents=(PDF + b"x" * 2000,), trace=trace), mailbox=mailbox)
    assert sorted(workshop.statuses()) == ["duplicate", "rejected"]
    assert [reply.kind for reply in workshop.replies()] == ["reject"]
    workshop.store.close()
