"""Whom a letter of staff, and the receipt of a set, is sent to: the sender whose message made the item (spec 6)."""

from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from cee_mailbot import desk
from cee_mailbot.domain.facts import ReplyFacts
from cee_mailbot.gathering import chase
from cee_mailbot.intake import take_in_raw
from cee_mailbot.interfaces import RawMail
from tests.support.mails import BROKER, EXACT, PDF, mail
from tests.support.staff_page import StaffPage, form
from tests.support.workshop import ARRIVED, ELECTRONICS, Workshop

COLLEAGUE = "Clerk <clerk@filer.example>"
OTHER_COMPANY = "Broker <broker@other.example>"
A_DAY = timedelta(hours=24, minutes=1)
MACHINE = ("Auto-Submitted: auto-generated",)


def letter(
    number: int, sender: str = BROKER, *, mark: str = "", line: str = EXACT, early: int = 0, **more: object
) -> bytes:
    """One message with a paper of its own, sent `early` minutes before the others."""
    return mail(
        subject=f"{line} {mark}".rstrip(),
        sender=sender,
        message_id=f"<{number}@filer.example>",
        date=format_datetime(ARRIVED - timedelta(minutes=early)),
        documents=[PDF + str(number).encode()],
        **more,  # type: ignore[arg-type]
    )


def returned(workshop: Workshop) -> tuple[ReplyFacts, str]:
    """The first item sent back: the letter, and its bytes."""
    desk.send_back(workshop.intake, workshop.items()[0].tracking, reason="Page 2 is missing.", actor="kim")
    (reply,) = [one for one in workshop.replies() if one.kind == "return"]
    with workshop.store.read() as ask:
        return reply, ask.reply(reply.id)[1].decode()


def test_a_return_goes_to_the_broker_and_not_to_whoever_sent_an_earlier_dated_supplement(workshop: Workshop) -> None:
    workshop.receive(letter(1), letter(2, COLLEAGUE, early=30))
    reply, raw = returned(workshop)
    assert reply.to == "broker@filer.example"
    assert "In-Reply-To: <1@filer.example>" in raw


def test_the_page_names_whom_a_letter_reaches_and_says_when_it_is_nobody(workshop: Workshop) -> None:
    """A return that nobody reads closed items whose page had said that the filer would read it."""
    workshop.receive(
        letter(1, mark="(1/2)", extra=MACHINE),
        letter(2, COLLEAGUE, mark="(2/2)"),
        letter(3, line="DR,NokiaInc,345-67890990,2704", extra=MACHINE),
    )
    told, silent = workshop.items()
    kim = StaffPage(workshop).person()
    page = kim.get(f"/items/{told.tracking}").text
    assert told.sender == "broker@filer.example"
    assert page.count("clerk@filer.example will read this") == 2
    assert "To: <strong>clerk@filer.example</strong>" in page
    reply, _ = returned(workshop)
    assert reply.to == desk.filer_of(workshop.intake, told.tracking) == "clerk@filer.example"
    page = kim.get(f"/items/{silent.tracking}").text
    assert page.count("nobody will read this") == 2
    assert "can&#39;t be written to" in page or "can't be written to" in page
    assert desk.filer_of(workshop.intake, silent.tracking) is None


def test_whom_a_letter_reaches_is_read_and_waits_for_nobody_who_writes(workshop: Workshop) -> None:
    workshop.receive(letter(1))
    (item,) = workshop.items()
    with workshop.store.begin(workshop.clock.now()) as unit:
        unit.desk_item(item.tracking)
        assert desk.filer_of(workshop.intake, item.tracking) == "broker@filer.example"


@pytest.mark.parametrize("act", ["return", "transfer", "transfer-to-port"])
@pytest.mark.parametrize("extra", [MACHINE, ()], ids=["machine", "person"])
def test_what_was_done_says_that_no_letter_went_and_why(workshop: Workshop, act: str, extra: tuple[str, ...]) -> None:
    """`was returned to the filer`, said the page of an item whose filer was told nothing."""
    workshop.receive(letter(1, extra=extra))
    (item,) = workshop.items()
    kim, action = StaffPage(workshop).person(), f"/items/{item.tracking}/{act}"
    fields = form(kim.get(f"/items/{item.tracking}").text, action)
    after = kim.post(action, data=fields | {"reason": "Page 2 is missing.", "team": "001"}).headers["location"]
    shown = kim.get(after).text
    assert f"{item.tracking}</a> was " in shown
    assert ("No letter went: the sender is a machine" in shown) is bool(extra)
    assert "to the filer.</p>" not in shown


def test_what_a_person_writes_leaves_also_where_the_mail_was_taken_in_without_replies(workshop: Workshop) -> None:
    """As what was recovered after a restore: the letter was withheld, and the page said that it was sent."""
    handle = replace(workshop.source.deliver(mail(), ARRIVED), folder="file:a")
    take_in_raw(workshop.intake, ELECTRONICS, [RawMail(handle=handle, raw=mail(), arrived_at=ARRIVED)], answer=False)
    tracking = workshop.items()[0].tracking
    desk.write_to_filer(workshop.intake, tracking, text="Page 2?", actor="kim")
    desk.transfer(workshop.intake, tracking, team="001", reason="Yours.", actor="kim")
    desk.send_back(workshop.intake, tracking, reason="Page 2 is missing.", actor="kim")
    assert workshop.send().sent == 3
    assert [(one.kind, one.state) for one in workshop.replies()] == [
        ("acknowledgement", "withheld"),
        ("staff", "sent"),
        ("transfer", "sent"),
        ("return", "sent"),
    ]


def test_a_return_goes_to_no_other_company_whose_message_staff_moved_in(workshop: Workshop) -> None:
    """And it counts none of their files: what it tells is about the reader's own messages."""
    workshop.receive(letter(1), letter(2, OTHER_COMPANY, early=30), letter(3, OTHER_COMPANY, early=20))
    ours, theirs = workshop.items()
    desk.move(workshop.intake, theirs.tracking, 2, to=ours.tracking, actor="kim")
    reply, raw = returned(workshop)
    assert reply.to == "broker@filer.example"
    assert "parts=1; files=1" in raw


def test_a_late_first_part_of_a_colleague_does_not_take_the_letters_of_an_item(workshop: Workshop) -> None:
    """Nor are its fields the item's, which part 2 gave it."""
    workshop.receive(letter(2, mark="(2/2)"))
    workshop.clock.advance(A_DAY)
    for mailbox in workshop.site.mailboxes:
        workshop.poll(mailbox)
    chase(workshop.store, workshop.site)
    workshop.receive(letter(1, COLLEAGUE, mark="(1/2)", line=EXACT.replace("NokiaInc", "OtherName")))
    assert workshop.items()[0].flags == ("completed-late",)
    reply, raw = returned(workshop)
    assert reply.to == "broker@filer.example"
    assert "OtherName" not in raw


def test_where_what_made_the_item_was_moved_away_the_letter_goes_to_whoever_is_left(workshop: Workshop) -> None:
    workshop.receive(letter(1), letter(2, COLLEAGUE), letter(3, line=EXACT.replace("DR", "CE")))
    ours, other = workshop.items()
    desk.move(workshop.intake, ours.tracking, 1, to=other.tracking, actor="kim")
    assert returned(workshop)[0].to == "clerk@filer.example"


def test_a_set_whose_first_part_a_machine_sent_is_acknowledged_to_the_person_who_sent_the_next(
    workshop: Workshop,
) -> None:
    workshop.receive(letter(1, mark="(1/2)", extra=MACHINE), letter(2, COLLEAGUE, mark="(2/2)"))
    assert [(reply.kind, reply.to) for reply in workshop.replies()] == [("acknowledgement", "clerk@filer.example")]


def test_a_set_that_machines_sent_is_acknowledged_to_nobody(workshop: Workshop) -> None:
    workshop.receive(letter(1, mark="(1/2)", extra=MACHINE), letter(2, mark="(2/2)", extra=MACHINE))
    assert [item.state for item in workshop.items()] == ["new"]
    assert workshop.replies() == ()
