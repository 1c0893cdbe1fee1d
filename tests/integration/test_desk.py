"""What staff may do with a message that the bot did not enqueue."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from cee_mailbot.desk import documents_of, release
from cee_mailbot.desk.messages import READ_AT_ONCE
from cee_mailbot.errors import NotAllowedError, NotFoundError
from cee_mailbot.interfaces import Reading
from cee_mailbot.sandbox.in_process import InProcessReader
from parsers.documents import Document
from tests.support.mails import EXACT, mail, numbered, unreadable
from tests.support.workshop import ARRIVED, Workshop, check_invariants, history_breaks

SENT_AT = ARRIVED - timedelta(seconds=30)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.store.close()


def test_a_rejected_message_is_released_with_a_line_its_times_and_its_number(workshop: Workshop) -> None:
    workshop.receive(mail(subject="DR,NokiaInc,345-6789,2704"))
    number = workshop.messages()[0].tracking
    workshop.clock.advance(timedelta(days=4))
    release(workshop.intake, 1, actor="eve", line=EXACT)
    [item] = workshop.items()
    assert item.tracking == number
    assert (item.presented_at, item.received_at, item.strength) == (SENT_AT, ARRIVED, "B")
    assert (item.entry_number, item.documents) == ("345-67890123", 1)
    assert workshop.statuses() == ["enqueued"]
    assert [(reply.kind, reply.tracking) for reply in workshop.replies()] == [
        ("reject", number),
        ("acknowledgement", number),
    ]
    check_invariants(workshop)


def test_a_release_is_recorded_with_who_did_it(workshop: Workshop) -> None:
    workshop.receive(mail(subject="bad"))
    release(workshop.intake, 1, actor="eve", line=EXACT)
    with workshop.store.read() as ask:
        story = ask.story(workshop.items()[0].tracking)
    assert [(line.event, line.actor) for line in story.history if line.actor != "system"] == [("released", "eve")]
    assert "rejected" in [line.event for line in story.history]


def test_a_held_message_is_released_as_it_is_and_acknowledged(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, trusted_authserv_ids=frozenset({"mx.cbp.dhs.gov"}))
    workshop.receive(mail(trace=["Authentication-Results: mx.cbp.dhs.gov; dmarc=fail header.from=filer.example"]))
    assert workshop.messages()[0].reasons == ("dmarc-fail",)
    assert workshop.replies() == ()
    release(workshop.intake, 1, actor="eve")
    assert workshop.items()[0].presented_at == SENT_AT
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]
    workshop.store.close()


def test_an_ignored_message_is_released_and_still_no_robot_is_answered(workshop: Workshop) -> None:
    workshop.receive(mail(extra=["Precedence: Bulk"], subject="weekly list"))
    assert workshop.statuses() == ["ignored"]
    release(workshop.intake, 1, actor="eve", line=EXACT)
    assert workshop.statuses() == ["enqueued"]
    assert workshop.messages()[0].reasons == ("precedence",)
    assert workshop.replies() == ()


def test_a_message_without_documents_is_released_with_a_flag(workshop: Workshop) -> None:
    workshop.receive(mail(documents=()))
    assert workshop.messages()[0].reasons == ("no-documents",)
    release(workshop.intake, 1, actor="eve")
    assert workshop.items()[0].flags == ("no-documents",)


def test_a_message_too_large_to_read_is_released_with_a_line(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, message_limit=1000)
    workshop.receive(mail(documents=[b"%PDF-" + b"x" * 2000]))
    release(workshop.intake, 1, actor="eve")
    assert "over-limit" in workshop.items()[0].flags
    workshop.store.close()


def test_a_message_of_several_senders_is_released_and_nobody_is_answered(workshop: Workshop) -> None:
    """The item names the first of them; an answer to one could go to the wrong one."""
    workshop.receive(mail(sender="a@filer.example, b@other.example"))
    assert workshop.statuses() == ["held"]
    release(workshop.intake, 1, actor="eve")
    assert workshop.items()[0].sender == "a@filer.example"
    assert workshop.replies() == ()


def test_a_message_without_a_sender_is_released(workshop: Workshop) -> None:
    workshop.receive(mail(sender=None))
    release(workshop.intake, 1, actor="eve")
    assert workshop.items()[0].sender == ""


def test_a_message_that_a_bug_held_is_released_once_the_bug_is_gone(workshop: Workshop) -> None:
    class Broken:
        def read(self, raw: bytes) -> Reading:
            raise ValueError(len(raw))

        def read_header(self, start: bytes) -> Reading:
            raise ValueError(len(start))

    workshop.source.deliver(mail(), ARRIVED)
    workshop.poll(intake=workshop.with_parts(reader=Broken()))
    assert workshop.statuses() == ["held"]
    release(workshop.intake, 1, actor="eve")
    [item] = workshop.items()
    assert (item.presented_at, item.flags) == (SENT_AT, ())
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]


def test_copies_recorded_on_a_message_come_with_it_when_it_is_released(workshop: Workshop) -> None:
    workshop.receive(mail(subject="bad"), mail(subject="bad"))
    release(workshop.intake, 1, actor="eve", line=EXACT)
    assert workshop.items()[0].messages == (1, 2)
    workshop.receive(mail(subject="bad"))
    assert workshop.items()[0].messages == (1, 2, 3)


def test_a_message_is_released_once(workshop: Workshop) -> None:
    workshop.receive(mail(subject="bad"))
    release(workshop.intake, 1, actor="eve", line=EXACT)
    before = workshop.everything()
    with pytest.raises(NotAllowedError, match="is enqueued"):
        release(workshop.intake, 1, actor="eve", line=EXACT)
    assert workshop.everything() == before


@pytest.mark.parametrize("line", [None, "DR,NokiaInc", "still bad", ""], ids=str)
def test_a_release_under_a_line_that_is_still_bad_is_refused_and_changes_nothing(
    workshop: Workshop, line: str | None
) -> None:
    workshop.receive(mail(subject="bad"))
    before = workshop.everything()
    with pytest.raises(NotAllowedError, match="--line"):
        release(workshop.intake, 1, actor="eve", line=line)
    assert workshop.everything() == before


def test_messages_that_are_in_the_queue_already_are_not_released(workshop: Workshop) -> None:
    workshop.receive(mail(), mail())
    for message in workshop.messages():
        with pytest.raises(NotAllowedError):
            release(workshop.intake, message.id, actor="eve")
    with pytest.raises(NotFoundError):
        release(workshop.intake, 99, actor="eve")


def test_a_message_beyond_the_limits_of_reading_is_released_by_its_header(workshop: Workshop) -> None:
    """Every message that ever arrived can be put into the queue."""
    workshop.receive(unreadable())
    release(workshop.intake, 1, actor="eve", line=EXACT)
    assert workshop.statuses() == ["enqueued"]


def test_a_message_of_a_mailbox_that_is_no_longer_configured_is_not_released(workshop: Workshop) -> None:
    workshop.receive(mail(subject="bad"))
    with workshop.store.begin(workshop.clock.now()) as unit:
        unit._session.get_one(_message_table(), 1).mailbox = "gone"  # type: ignore[attr-defined]
    with pytest.raises(NotFoundError, match="gone"):
        release(workshop.intake, 1, actor="eve", line=EXACT)


def _message_table() -> type:
    from cee_mailbot.store.tables import MessageRow

    return MessageRow


def test_a_released_message_does_not_disturb_the_history(workshop: Workshop) -> None:
    workshop.receive(mail(subject="bad"), numbered(2))
    with pytest.raises(NotAllowedError):
        release(workshop.intake, 1, actor="eve")
    release(workshop.intake, 1, actor="eve", line=EXACT)
    assert history_breaks(workshop.store) == []


class MeetingReader(InProcessReader):
    """Reads when one more than may read at once have come with their message."""

    def __init__(self) -> None:
        self._all = Barrier(READ_AT_ONCE + 1)

    def documents(self, raw: bytes, wanted: str | None = None) -> tuple[Document, ...]:
        self._all.wait(0.5)
        return super().documents(raw, wanted)


def test_few_messages_are_held_at_once_for_those_who_download(workshop: Workshop) -> None:
    """F46: all downloads that waited for two children held their messages, of 50 MB and more."""
    workshop.receive(mail())
    intake = workshop.with_parts(reader=MeetingReader())
    with ThreadPoolExecutor(READ_AT_ONCE + 1) as pool:
        asked = [pool.submit(documents_of, intake, 1) for _ in range(READ_AT_ONCE + 1)]
        assert {type(one.exception()) for one in asked} == {BrokenBarrierError}
