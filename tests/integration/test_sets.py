"""Sets of messages in a real store: mailboxes that are down or gone, copies, fragments, and what a receipt tells."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cee_mailbot import desk
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.errors import UnreachableError
from cee_mailbot.gathering import chase
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import EXACT, PDF, mail
from tests.support.workshop import ARRIVED, CHEMICALS, ELECTRONICS, PROGRAM, Workshop

QUIET, DEADLINE = timedelta(minutes=15), timedelta(hours=24)


def part(number: int, total: int, line: str = EXACT, **fields: str) -> bytes:
    return mail(
        subject=f"{line} ({number}/{total})",
        message_id=f"<p{number}@filer.example>",
        documents=[PDF + str(number).encode()],
        **fields,  # type: ignore[arg-type]
    )


def poll_and_chase(shop: Workshop, *mailboxes: Mailbox, down: Mailbox | None = None) -> None:
    if down is not None:
        shop.sources[down.name].failure = UnreachableError("down")
        with pytest.raises(UnreachableError):
            shop.poll(down)
    for mailbox in mailboxes:
        shop.poll(mailbox)
    chase(shop.store, shop.site)


def without(shop: Workshop, *gone: Mailbox) -> None:
    """The configuration from now on."""
    left = tuple(one for one in shop.site.mailboxes if one not in gone)
    shop.site = replace(shop.site, mailboxes=left, policies={one.name: shop.site.policies[one.name] for one in left})
    shop.intake = replace(shop.intake, site=shop.site)


def raw_of(shop: Workshop, kind: str) -> str:
    with shop.store.read() as ask:
        [raw] = [ask.reply(one.id)[1] for one in shop.replies() if one.kind == kind]
    return " ".join(raw.decode().replace("=\r\n", "").split())


# --- mailboxes that are down, or gone --------------------------------------------------------------------------


@pytest.mark.parametrize("tried_before", [True, False])
def test_a_mailbox_that_is_down_stops_the_timers_though_it_holds_only_the_missing_part(
    workshop: Workshop, *, tried_before: bool
) -> None:
    """Nobody can know what lies in it: so no set is late, and nobody is told that a part is missing."""
    poll_and_chase(workshop, ELECTRONICS, *([CHEMICALS] if tried_before else []))
    workshop.receive(part(1, 2))
    workshop.sources["chemicals"].deliver(part(2, 2), ARRIVED)
    for _ in range(3):
        workshop.clock.advance(DEADLINE)
        poll_and_chase(workshop, ELECTRONICS, down=CHEMICALS)
    assert [item.state for item in workshop.items()] == ["assembling"]
    assert workshop.replies() == ()
    poll_and_chase(workshop, CHEMICALS)
    [item] = workshop.items()
    assert (item.state, item.flags) == ("new", ())
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]


def test_a_set_of_a_mailbox_that_was_taken_out_of_the_configuration_ends(workshop: Workshop) -> None:
    """It is waited for no more; another mailbox of its team answers, else the first of a Center."""
    workshop.receive(part(1, 2, to=TO_CHEMICALS), mailbox=CHEMICALS)
    workshop.receive(mail(subject="Please discontinue", message_id="<2@filer.example>"), mailbox=PROGRAM)
    without(workshop, CHEMICALS)
    workshop.clock.advance(DEADLINE + timedelta(minutes=1))
    poll_and_chase(workshop, ELECTRONICS)
    item = next(item for item in workshop.items() if item.team == "001")
    assert (item.state, item.flags) == ("new", ("parts-missing",))
    [reply] = [reply for reply in workshop.replies() if reply.kind == "incomplete"]
    assert "CEE-Electronics@cbp.dhs.gov" in raw_of(workshop, "incomplete")
    workshop.send()
    assert next(one for one in workshop.replies() if one.id == reply.id).state == "sent"


def fragment(number: int, total: int, text: bytes, *, message_id: str = "<f@filer.example>") -> bytes:
    return (
        b"From: broker@filer.example\r\nTo: CEE-Electronics@cbp.dhs.gov\r\nSubject: cut up\r\n"
        b"Date: Mon, 02 Mar 2026 09:59:30 -0500\r\n"
        b"Message-ID: " + message_id.replace("f", f"f{number}").encode() + b"\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: message/partial; id="cut@filer.example"; number=%d; total=%d\r\n\r\n' % (number, total)
    ) + text


def halves() -> tuple[bytes, bytes]:
    whole = mail()
    middle = len(whole) // 2
    return fragment(1, 2, whole[:middle]), fragment(2, 2, whole[middle:])


def test_fragments_of_a_mailbox_that_was_taken_out_are_held_in_their_time(workshop: Workshop) -> None:
    workshop.receive(halves()[0], mailbox=CHEMICALS)
    without(workshop, CHEMICALS)
    workshop.clock.advance(DEADLINE + timedelta(minutes=1))
    poll_and_chase(workshop, ELECTRONICS)
    assert [(one.status, one.reasons) for one in workshop.messages()] == [("held", ("fragments-missing",))]


# --- fragments that a person lets go -----------------------------------------------------------------------------


def release_late(workshop: Workshop, first: bytes, second: bytes) -> None:
    """The first fragment is held at its deadline, and let go once the second has come: they are one message."""
    workshop.receive(first)
    workshop.clock.advance(DEADLINE + timedelta(minutes=1))
    poll_and_chase(workshop, ELECTRONICS)
    workshop.receive(second, arrived_at=workshop.clock.now())
    assert workshop.statuses() == ["held", "assembling"]
    desk.release(workshop.intake, 1, actor="kim")
    assert workshop.statuses() == ["enqueued", "correspondence"]


def test_a_held_fragment_is_released_as_the_whole_message_once_the_rest_has_come(workshop: Workshop) -> None:
    first, second = halves()
    release_late(workshop, first, second)
    [item] = workshop.items()
    assert (item.entry_number, item.documents, item.messages) == ("345-67890123", 1, (1, 2))
    assert item.presented_at == ARRIVED - timedelta(seconds=30)
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]


def test_a_fragment_that_was_held_for_its_sender_counts_once_it_is_released(tmp_path: Path) -> None:
    failed = "Authentication-Results: mx.cbp.dhs.gov; dmarc=fail header.from=filer.example\r\n"
    shop = Workshop(tmp_path, trusted_authserv_ids=("mx.cbp.dhs.gov",))
    first, second = halves()
    shop.receive(failed.encode() + first, second)
    assert shop.statuses() == ["held", "assembling"]
    desk.release(shop.intake, 1, actor="kim")
    assert shop.statuses() == ["enqueued", "correspondence"]
    shop.store.close()


def test_fragments_from_one_address_written_in_two_ways_are_of_one_message(workshop: Workshop) -> None:
    first, second = halves()
    assert b"broker@filer.example" in second
    other_way = second.replace(b"broker@filer.example", b"Broker@Filer.example")
    release_late(workshop, first, other_way)


# --- one message in several mailboxes ----------------------------------------------------------------------------


@pytest.mark.parametrize("late_one_first", [True, False])
def test_which_mailbox_is_polled_first_does_not_decide_whether_a_date_is_disputed(
    workshop: Workshop, *, late_one_first: bool
) -> None:
    """The delivery that arrived first bears the Date out; one that came hours later casts no doubt on it."""
    workshop.clock.advance(timedelta(hours=8))
    workshop.sources["chemicals"].deliver(mail(), ARRIVED)
    workshop.sources["electronics"].deliver(mail(), ARRIVED + timedelta(hours=7))
    order = [ELECTRONICS, CHEMICALS] if late_one_first else [CHEMICALS, ELECTRONICS]
    for mailbox in order:
        workshop.poll(mailbox)
    [item] = workshop.items()
    assert (item.flags, item.strength, item.presented_at) == ((), "B", ARRIVED - timedelta(seconds=30))
    assert workshop.statuses() == ["enqueued", "duplicate"]


def test_a_date_that_no_delivery_bears_out_stays_in_dispute(workshop: Workshop) -> None:
    workshop.clock.advance(timedelta(hours=8))
    workshop.receive(mail(), arrived_at=ARRIVED + timedelta(hours=7))
    workshop.receive(mail(), mailbox=CHEMICALS, arrived_at=ARRIVED + timedelta(hours=6))
    [item] = workshop.items()
    assert (item.flags, item.strength) == (("date-disputed",), "C")


def test_deliveries_of_a_part_that_opens_the_second_set_go_with_it(workshop: Workshop) -> None:
    """A new filing whose first part is that of the old one: until the second comes, it looks like a copy."""
    workshop.receive(part(1, 2), part(2, 2))
    again = mail(subject=f"{EXACT} (1/2)", message_id="<q1@filer.example>", documents=[PDF + b"1"])
    workshop.receive(again)
    workshop.receive(again, mailbox=CHEMICALS)
    assert workshop.statuses()[2:] == ["duplicate", "duplicate"]
    workshop.receive(mail(subject=f"{EXACT} (2/2)", message_id="<q2@filer.example>", documents=[PDF + b"new"]))
    assert [item.messages for item in workshop.items()] == [(1, 2), (3, 4, 5)]


# --- what a receipt tells -----------------------------------------------------------------------------------------


def test_the_receipt_of_a_set_tells_the_doubts_about_all_its_messages(workshop: Workshop) -> None:
    """A doubt about one part, and one that only the set as a whole raises."""
    workshop.receive(part(1, 2), part(2, 2, EXACT.replace("2704", "9999")))
    [item] = workshop.items()
    assert set(item.flags) == {"port-unknown", "fields-differ"}
    told = raw_of(workshop, "acknowledgement")
    assert "The port code is not in our list of ports." in told
    assert "The subject lines of your messages are not the same." in told


def test_a_waiting_notice_tells_no_doubts(workshop: Workshop) -> None:
    workshop.receive(part(1, 2, EXACT.replace("2704", "9999")))
    workshop.clock.advance(QUIET + timedelta(seconds=1))
    poll_and_chase(workshop, ELECTRONICS)
    assert "The port code is not in our list of ports." not in raw_of(workshop, "waiting")


def test_no_limit_holds_back_what_staff_have_done(workshop: Workshop) -> None:
    """Forty returns in an hour, of one sender: each sender of documents learns that they came back."""
    for number in range(40):
        workshop.receive(
            mail(
                subject=f"DR,NokiaInc,345-{number:07}0,2704",
                message_id=f"<{number}@filer.example>",
                documents=[PDF + str(number).encode()],
            )
        )
    for item in workshop.items():
        desk.send_back(workshop.intake, item.tracking, reason="Page 2 is missing.", actor="kim")
    states = [reply.state for reply in workshop.replies() if reply.kind == "return"]
    assert states == ["queued"] * 40


# --- what one message is at two desks ----------------------------------------------------------------------------


@pytest.mark.parametrize("first", [ELECTRONICS, PROGRAM], ids=lambda mailbox: mailbox.name)
def test_one_message_to_a_center_and_to_the_program_office_is_an_item_of_each(
    workshop: Workshop, first: Mailbox
) -> None:
    """Whichever mailbox is polled first: neither swallows the other's, and no Message-ID was used twice."""
    second = PROGRAM if first is ELECTRONICS else ELECTRONICS
    both = mail(to=f"{PROGRAM.address}, {ELECTRONICS.address}")
    workshop.receive(both, mailbox=first)
    workshop.receive(both, mailbox=second)
    assert sorted((item.team, item.state, item.flags) for item in workshop.items()) == [
        ("000", "new", ()),
        ("007", "new", ()),
    ]
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement", "acknowledgement"]


def test_mail_to_a_center_joins_no_request_to_the_program_office(workshop: Workshop) -> None:
    workshop.receive(mail(), mailbox=PROGRAM)
    workshop.receive(mail(message_id="<2@filer.example>", documents=[PDF + b"2"]))
    assert sorted(item.team for item in workshop.items()) == ["000", "007"]


def test_the_copy_of_a_part_that_was_split_out_makes_no_set_whole(workshop: Workshop) -> None:
    again = mail(subject=f"{EXACT} (2/3)", message_id="<again@filer.example>", documents=[PDF + b"2"])
    workshop.receive(part(1, 3), part(2, 3), again)
    [item] = workshop.items()
    desk.split(workshop.intake, item.tracking, 2, actor="kim")
    workshop.receive(part(3, 3))
    assert workshop.items()[0].state == "assembling"


def test_the_receipt_tells_the_time_received_of_the_item(workshop: Workshop) -> None:
    """That of the parts: not of mail beside them, nor of a later delivery that was read first."""
    first = part(1, 2, to=f"{ELECTRONICS.address}, {CHEMICALS.address}")
    workshop.clock.advance(timedelta(hours=1))
    workshop.receive(first, arrived_at=ARRIVED + timedelta(minutes=40))
    workshop.receive(first, mailbox=CHEMICALS)
    workshop.receive(mail(message_id="<b@filer.example>", documents=[PDF + b"b"]), arrived_at=ARRIVED + QUIET)
    workshop.receive(part(2, 2), arrived_at=ARRIVED + timedelta(minutes=1))
    [item] = workshop.items()
    assert item.received_at == ARRIVED + timedelta(minutes=1)
    assert "Reached us Mon Mar 2, 2026, 7:01:00 AM PST" in raw_of(workshop, "acknowledgement")


def test_a_return_tells_the_times_of_the_item_and_none_of_a_supplement(workshop: Workshop) -> None:
    workshop.receive(mail())
    later = mail(message_id="<2@filer.example>", documents=[PDF + b"2"])
    workshop.clock.advance(QUIET)
    workshop.receive(later, arrived_at=ARRIVED + timedelta(minutes=9))
    desk.send_back(workshop.intake, workshop.items()[0].tracking, reason="Page 2.", actor="kim")
    told = raw_of(workshop, "return")
    assert "7:00:00 AM PST" in told
    assert "7:09:00 AM PST" not in told


def test_done_under_the_static_line_ends_the_waiting(workshop: Workshop) -> None:
    workshop.receive(part(1, 2))
    workshop.clock.advance(QUIET)
    poll_and_chase(workshop, *workshop.site.mailboxes)
    [waiting] = workshop.replies()
    thread = [f"In-Reply-To: {waiting.message_id}"]
    workshop.receive(mail(message_id="<d@filer.example>", documents=[], body="DONE", extra=thread))
    [item] = workshop.items()
    assert (item.state, item.flags) == ("new", ("parts-missing",))


def test_papers_that_came_without_a_mark_can_be_split_out_of_a_marked_item(workshop: Workshop) -> None:
    """A supplement counts for no timer and no time, and is a message with documents all the same."""
    workshop.receive(part(1, 2), part(2, 2), mail(message_id="<9@filer.example>", documents=[PDF + b"9"]))
    (item,) = workshop.items()
    number = desk.split(workshop.intake, item.tracking, 3, actor="kim")
    found = {one.tracking: one.messages for one in workshop.items()}
    assert found == {item.tracking: (1, 2), number: (3,)}


def test_a_supplement_with_a_doubtful_date_casts_no_doubt_on_the_time_of_the_item(workshop: Workshop) -> None:
    """It moves no time; by itself, when staff make it an item, its Date is in dispute."""
    late = "Mon, 02 Mar 2026 03:00:00 -0500"
    workshop.receive(mail(), mail(message_id="<2@filer.example>", documents=[PDF + b"2"], date=late))
    [item] = workshop.items()
    assert (item.messages, item.flags, item.strength) == ((1, 2), (), "B")
    assert desk.replay(workshop.intake, 2).differences == ()
    number = desk.split(workshop.intake, item.tracking, 2, actor="kim")
    assert {one.tracking: one.flags for one in workshop.items()} == {item.tracking: (), number: ("date-disputed",)}
    desk.undo(workshop.intake, item.tracking, actor="kim")
    assert workshop.items()[0].flags == ()
