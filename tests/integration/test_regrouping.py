"""What staff take out of a set that still assembles: who is told, and whether its parts still contradict each other."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cee_mailbot import desk
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.errors import NotAllowedError
from cee_mailbot.gathering import chase
from cee_mailbot.store.tables import SubmissionRow
from tests.support.mails import EXACT, PDF, mail
from tests.support.workshop import ARRIVED, CHEMICALS, ELECTRONICS, Workshop

OTHER = EXACT.replace("DR", "CE")


def part(number: int, total: int, name: str = "p", *, line: str = EXACT, **more: Any) -> bytes:
    """Part `number`; `name` makes it another message with another paper."""
    return mail(
        subject=f"{line} ({number}/{total})",
        message_id=f"<{name}{number}@filer.example>",
        documents=[PDF + f"{name}{number}".encode()],
        **more,
    )


def told(shop: Workshop) -> list[tuple[str, str, str]]:
    return [(reply.kind, reply.tracking or "", reply.state) for reply in shop.replies()]


def text_of(shop: Workshop, kind: str) -> str:
    with shop.store.read() as ask:
        [raw] = [ask.reply(one.id)[1] for one in shop.replies() if one.kind == kind]
    return " ".join(raw.decode().split("text/html")[0].replace("=\r\n", "").split())


# --- who is told -------------------------------------------------------------------------------------------------


def test_what_is_split_out_of_a_set_that_assembles_is_acknowledged(workshop: Workshop) -> None:
    """The receipt of the set will not tell of it any more; the undo takes back what has not left."""
    workshop.receive(part(1, 3), part(2, 3, line=EXACT.replace("2704", "9999")))
    [item] = workshop.items()
    number = desk.split(workshop.intake, item.tracking, 2, actor="kim")
    assert told(workshop) == [("acknowledgement", number, "queued")]
    receipt = text_of(workshop, "acknowledgement")
    assert "We received your documents." in receipt
    assert "The port code is not in our list of ports." in receipt
    desk.undo(workshop.intake, item.tracking, actor="kim")
    assert told(workshop) == [("acknowledgement", number, "cancelled")]
    workshop.receive(part(3, 3))
    assert [(kind, of) for kind, of, _ in told(workshop)][1:] == [("acknowledgement", item.tracking)]


def test_a_split_whose_acknowledgement_has_left_is_not_undone(workshop: Workshop) -> None:
    workshop.receive(part(1, 3), part(2, 3))
    [item] = workshop.items()
    desk.split(workshop.intake, item.tracking, 2, actor="kim")
    workshop.send()
    with pytest.raises(NotAllowedError, match="sent"):
        desk.undo(workshop.intake, item.tracking, actor="kim")


def test_what_is_moved_out_of_a_set_into_an_item_is_told_as_added_to_it(workshop: Workshop) -> None:
    workshop.receive(mail(subject=OTHER, message_id="<o@filer.example>"), part(1, 3), part(2, 3))
    item, waiting = workshop.items()
    desk.move(workshop.intake, waiting.tracking, 2, to=item.tracking, actor="kim")
    assert told(workshop)[1:] == [("supplement", item.tracking, "queued")]
    added = text_of(workshop, "supplement")
    assert f"We added 1 file to {item.tracking}. It now has 2 files." in added
    assert "We have not received" not in added


def test_a_set_joined_into_an_item_is_told_as_added_and_waits_for_nothing_any_more(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, undo_send=timedelta(minutes=5))
    shop.receive(mail(subject=OTHER, message_id="<o@filer.example>"), part(1, 3), part(2, 3))
    shop.clock.advance(timedelta(minutes=16))
    for mailbox in (ELECTRONICS, CHEMICALS):
        shop.poll(mailbox)
    chase(shop.store, shop.site)
    item, waiting = shop.items()
    desk.join(shop.intake, item.tracking, waiting.tracking, actor="kim")
    assert told(shop)[1:] == [("waiting", waiting.tracking, "cancelled"), ("supplement", item.tracking, "queued")]
    assert "We added 2 files" in text_of(shop, "supplement")
    shop.send()
    assert told(shop)[-1][2] == "queued", "the person has five minutes to take the join back"
    desk.undo(shop.intake, item.tracking, actor="kim")
    assert told(shop)[-1][2] == "cancelled"
    shop.store.close()


def test_what_was_acknowledged_or_will_be_is_told_of_no_second_time(workshop: Workshop) -> None:
    """Out of an item in the queue, or from one set that assembles into another."""
    workshop.receive(mail(subject=OTHER, message_id="<o@filer.example>"), part(1, 3), part(2, 3))
    workshop.receive(part(1, 3, "x", line=EXACT.replace("DR", "F28")))
    workshop.receive(mail(subject=OTHER, message_id="<o2@filer.example>", documents=[PDF + b"2"]))
    before = told(workshop)
    item, waiting, other = (one.tracking for one in workshop.items())
    desk.move(workshop.intake, waiting, 2, to=other, actor="kim")
    desk.split(workshop.intake, item, 5, actor="kim")
    assert told(workshop) == before


# --- whether the parts still contradict each other -----------------------------------------------------------------


def test_a_set_whose_first_contradicting_part_was_taken_out_becomes_whole(workshop: Workshop) -> None:
    """The flag lies on the second; it goes when the two contradict each other no more."""
    workshop.receive(mail(subject=OTHER, message_id="<o@filer.example>"), part(1, 2, "a"), part(1, 2, "b"))
    item, waiting = workshop.items()
    assert "part-conflict" in waiting.flags
    desk.move(workshop.intake, waiting.tracking, 2, to=item.tracking, actor="kim")
    assert workshop.items()[1].flags == ()
    workshop.receive(part(2, 2))
    assert [(one.state, one.messages) for one in workshop.items()][1] == ("new", (3, 4))


def test_a_part_moved_in_beside_another_of_its_number_contradicts_it(workshop: Workshop) -> None:
    workshop.receive(part(1, 3), part(2, 3, "a"), part(2, 3, "b", line=OTHER), part(1, 3, "c", line=OTHER))
    waiting, other = (one.tracking for one in workshop.items())
    desk.move(workshop.intake, other, 3, to=waiting, actor="kim")
    assert workshop.items()[0].flags == ("part-conflict",)
    workshop.receive(part(3, 3))
    assert workshop.items()[0].state == "assembling"


def test_a_part_put_back_beside_one_that_took_its_place_contradicts_it(workshop: Workshop) -> None:
    workshop.receive(part(1, 3), part(2, 3, "a"))
    [item] = workshop.items()
    desk.split(workshop.intake, item.tracking, 2, actor="kim")
    workshop.receive(part(2, 3, "b"))
    desk.undo(workshop.intake, item.tracking, actor="kim")
    assert workshop.items()[0].flags == ("part-conflict",)
    workshop.receive(part(3, 3))
    assert workshop.items()[0].state == "assembling"


def test_of_two_totals_the_one_that_is_left_says_how_many_parts_there_are_to_be(workshop: Workshop) -> None:
    workshop.receive(mail(subject=OTHER, message_id="<o@filer.example>"), part(1, 3), part(2, 2))
    item, waiting = workshop.items()
    desk.move(workshop.intake, waiting.tracking, 2, to=item.tracking, actor="kim")
    left = workshop.items()[1]
    assert (left.parts_expected, left.missing, left.flags) == (2, (1,), ())


# --- by what later mail finds it ---------------------------------------------------------------------------------


def test_mail_of_a_public_provider_split_out_of_a_companys_item_keeps_its_whole_address(workshop: Workshop) -> None:
    """Under the provider's domain alone any of its customers could add to it."""
    own, later = "Jo <jo@gmail.com>", ARRIVED + timedelta(minutes=1)
    workshop.receive(mail())
    for number in (2, 3):
        workshop.receive(mail(sender=own, message_id=f"<{number}@gmail.com>", documents=[PDF + b"%d" % number]))
    company, theirs = (one.tracking for one in workshop.items())
    desk.move(workshop.intake, theirs, 3, to=company, actor="kim")
    number = desk.split(workshop.intake, company, 3, actor="kim")
    desk.close(workshop.intake, theirs, Closing.DONE, actor="kim")
    workshop.receive(mail(sender=own, message_id="<4@gmail.com>", documents=[PDF + b"4"]), arrived_at=later)
    assert {one.tracking: one.messages for one in workshop.items()}[number] == (3, 4)
    with Session(workshop.store._reader) as session:
        keys = session.exec(select(SubmissionRow.sender_key).order_by(col(SubmissionRow.id))).all()
    assert keys == ["filer.example", "jo@gmail.com", "jo@gmail.com"]


# --- an undo after what it would go back to has gone -----------------------------------------------------------------


def three_items(shop: Workshop) -> tuple[str, str, str]:
    """An item of two messages, and two more."""
    shop.receive(part(1, 2), part(2, 2))
    for code in ("CE", "CA"):
        shop.receive(mail(subject=EXACT.replace("DR", code), message_id=f"<{code}@filer.example>"))
    first, second, third = (item.tracking for item in shop.items())
    return first, second, third


def test_a_move_is_not_undone_into_an_item_that_was_joined_away_since(workshop: Workshop) -> None:
    """The message would lie in a closed item that nobody looks at."""
    source, target, other = three_items(workshop)
    desk.move(workshop.intake, source, 2, to=target, actor="kim")
    desk.join(workshop.intake, other, source, actor="lee")
    with pytest.raises(NotAllowedError, match=f"{source} was joined into {other} since; undo the join first"):
        desk.undo(workshop.intake, target, actor="kim")
    assert workshop.messages()[1].tracking == target
    desk.undo(workshop.intake, other, actor="lee")
    desk.undo(workshop.intake, target, actor="kim")
    assert [one.tracking for one in workshop.messages()] == [source, source, target, other]


@pytest.mark.parametrize("act", ["move", "split"])
def test_what_was_taken_out_does_not_go_back_into_an_item_that_was_closed_since(workshop: Workshop, act: str) -> None:
    source, target, _ = three_items(workshop)
    if act == "move":
        desk.move(workshop.intake, source, 2, to=target, actor="kim")
    else:
        target = desk.split(workshop.intake, source, 2, actor="kim")
    desk.close(workshop.intake, source, Closing.DONE, actor="lee")
    with pytest.raises(NotAllowedError, match=f"{source} was closed since; open it again first"):
        desk.undo(workshop.intake, target, actor="kim")
    desk.reopen(workshop.intake, source, actor="lee")
    desk.undo(workshop.intake, target, actor="kim")
    assert workshop.messages()[1].tracking == source
