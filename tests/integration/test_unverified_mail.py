"""Mail whose sender the border did not vouch for, where it tells its findings (spec 3 and 6)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cee_mailbot import desk
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.gathering import chase
from tests.support.mails import EXACT, PDF, mail
from tests.support.workshop import Workshop, history_breaks, invariants_kept

BORDER = "mx.cbp.dhs.gov"
PASSED = f"Authentication-Results: {BORDER}; dmarc=pass header.from=filer.example"
MACHINE = "Auto-Submitted: auto-generated"
FAILED = f"Authentication-Results: {BORDER}; dmarc=fail header.from=filer.example"


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path, trusted_authserv_ids=frozenset({BORDER}))) as made:
        yield made


def about(tracking: str, body: str, *, trace: tuple[str, ...] = (), extra: tuple[str, ...] = ()) -> bytes:
    """A letter about an item, by its number."""
    return mail(
        subject=f"About {tracking}", message_id="<l@filer.example>", documents=[], body=body, trace=trace, extra=extra
    )


def waiting_set(workshop: Workshop) -> str:
    """The number of a set that waits for its second part, after the waiting notice."""
    workshop.receive(mail(subject=f"{EXACT} (1/2)", trace=[PASSED]))
    workshop.clock.advance(timedelta(minutes=16))
    for mailbox in workshop.site.mailboxes:
        workshop.poll(mailbox)
    chase(workshop.store, workshop.site)
    return workshop.items()[0].tracking


def test_an_unverified_letter_that_opens_a_closed_item_again_says_so(workshop: Workshop) -> None:
    workshop.receive(mail(trace=[PASSED]))
    tracking = workshop.items()[0].tracking
    desk.close(workshop.intake, tracking, Closing.DONE, actor="kim")
    workshop.receive(about(tracking, "Please cancel it."))
    [item] = workshop.items()
    assert (item.state, item.flags) == ("new", ("sender-unverified",))


def test_an_unverified_answer_with_the_papers_that_are_there_is_a_doubtful_letter(workshop: Workshop) -> None:
    workshop.receive(mail(trace=[PASSED]))
    tracking = workshop.items()[0].tracking
    workshop.receive(mail(subject=f"RE: {tracking}", message_id="<2@filer.example>"))
    assert workshop.statuses() == ["enqueued", "correspondence"]
    assert workshop.items()[0].flags == ("sender-unverified",)


def test_a_verified_letter_raises_no_doubt(workshop: Workshop) -> None:
    workshop.receive(mail(trace=[PASSED]))
    workshop.receive(about(workshop.items()[0].tracking, "Thank you.", trace=(PASSED,)))
    assert workshop.statuses() == ["enqueued", "correspondence"]
    assert workshop.items()[0].flags == ()


def test_a_stranger_who_knows_the_number_cannot_end_a_set(workshop: Workshop) -> None:
    workshop.receive(about(waiting_set(workshop), "DONE"))
    [item] = workshop.items()
    assert (item.state, item.flags) == ("assembling", ("sender-unverified",))


def test_a_verified_done_ends_a_set_by_the_number_alone(workshop: Workshop) -> None:
    workshop.receive(about(waiting_set(workshop), "DONE", trace=(PASSED,)))
    [item] = workshop.items()
    assert (item.state, item.flags) == ("new", ("parts-missing",))


def test_done_in_answer_to_the_notice_itself_is_the_brokers_whatever_its_domain_publishes(workshop: Workshop) -> None:
    """Only who got the notice knows its id; that DMARC did not pass stays a doubt."""
    tracking = waiting_set(workshop)
    [notice] = workshop.replies()
    workshop.receive(about(tracking, "DONE", extra=(f"In-Reply-To: {notice.message_id}",)))
    [item] = workshop.items()
    assert (item.state, item.flags) == ("new", ("parts-missing", "sender-unverified"))


# --- the same content by two ways: how the first came decides nothing about the second --------------------------


def test_a_forgery_that_came_first_does_not_swallow_the_genuine_delivery(workshop: Workshop) -> None:
    """The held one becomes its copy, and what was a copy of that one too."""
    workshop.receive(mail(trace=[FAILED]), mail(trace=[FAILED, "X-Way: again"]))
    assert workshop.statuses() == ["held", "duplicate"]
    workshop.receive(mail(trace=[PASSED]), mail(trace=[PASSED, "X-Way: again"]))
    assert workshop.statuses() == ["duplicate", "duplicate", "enqueued", "duplicate"]
    [item] = workshop.items()
    assert (item.messages, item.documents, item.flags) == ((1, 2, 3, 4), 1, ())
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]
    assert history_breaks(workshop.store) == []


def test_a_forgery_that_comes_after_is_a_copy_as_ever(workshop: Workshop) -> None:
    workshop.receive(mail(trace=[PASSED]), mail(trace=[FAILED]))
    assert workshop.statuses() == ["enqueued", "duplicate"]
    assert len(workshop.replies()) == 1


@pytest.mark.parametrize("first", [0, 1], ids=["by the list first", "by itself first"])
def test_what_comes_by_a_list_and_by_itself_is_acknowledged_once(workshop: Workshop, first: int) -> None:
    ways = [["List-Id: <desk.filer.example>", PASSED], [PASSED]]
    for way in (ways[first], ways[1 - first], ways[1]):
        workshop.receive(mail(trace=way))
    assert workshop.statuses() == ["enqueued", "duplicate", "duplicate"]
    assert [(reply.kind, reply.to) for reply in workshop.replies()] == [("acknowledgement", "broker@filer.example")]


def test_a_forged_copy_of_what_came_by_a_list_is_not_answered(workshop: Workshop) -> None:
    workshop.receive(mail(trace=["List-Id: <desk.filer.example>", PASSED]), mail(trace=[FAILED]))
    assert workshop.statuses() == ["enqueued", "duplicate"]
    assert workshop.replies() == ()


def test_an_answer_in_the_body_that_a_list_brought_first_is_taken_in_when_it_comes_by_itself(
    workshop: Workshop,
) -> None:
    line = "F28,NokiaInc,345-67890123,2704"
    workshop.receive(
        mail(subject=line, documents=[], trace=["List-Id: <desk.filer.example>", PASSED]),
        mail(subject=line, documents=[], trace=[PASSED]),
    )
    assert workshop.statuses() == ["duplicate", "enqueued"]
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]


def test_a_set_whose_first_part_came_by_a_list_is_acknowledged_to_who_sent_it_by_itself(workshop: Workshop) -> None:
    first, last = f"{EXACT} (1/2)", f"{EXACT} (2/2)"
    workshop.receive(
        mail(subject=first, trace=["List-Id: <desk.filer.example>", PASSED]),
        mail(subject=first, trace=[PASSED]),
        mail(subject=last, message_id="<2@filer.example>", documents=[PDF + b"2"], trace=[MACHINE, PASSED]),
    )
    assert workshop.statuses() == ["enqueued", "duplicate", "enqueued"]
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]
