"""What a set of parts goes by, in a real store: its papers, its key, its doubts, and what overtakes a notice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot import desk
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.gathering import chase
from tests.support.mails import EXACT, PDF, mail
from tests.support.workshop import ARRIVED, CHEMICALS, ELECTRONICS, Workshop, check_invariants

MIN = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    check_invariants(made)
    made.store.close()


def part(number: int, total: int, name: str = "p", *, line: str = EXACT, sent: timedelta = -MIN, **more: Any) -> bytes:
    """Part `number`, sent so long after the usual arrival; `name` makes it another message, not another paper."""
    return mail(
        subject=f"{line} ({number}/{total})",
        message_id=f"<{name}{number}@filer.example>",
        date=format_datetime(ARRIVED + sent),
        **{"documents": [PDF + b"%d" % number], **more},
    )


def quiet_time_passes(shop: Workshop) -> datetime:
    """Sixteen minutes, and a poll of every mailbox; the time then."""
    shop.clock.advance(16 * MIN)
    for mailbox in (ELECTRONICS, CHEMICALS):
        shop.poll(mailbox)
    chase(shop.store, shop.site)
    return shop.clock.now()


# --- papers, and none ------------------------------------------------------------------------------------------


def test_an_answer_in_the_body_corrected_in_another_message_is_no_resend(workshop: Workshop) -> None:
    """A Form 28 may be answered in the body: two answers without papers have no papers in common."""
    form = EXACT.replace("DR", "F28")
    workshop.receive(part(1, 2, line=form, documents=[], body="Aluminium."))
    workshop.receive(part(1, 2, "q", line=form, documents=[], body="CORRECTION: steel."))
    assert workshop.statuses() == ["assembling", "assembling"]
    assert "part-conflict" in workshop.items()[0].flags


# --- after the item was closed -----------------------------------------------------------------------------------


def test_a_whole_set_sent_again_after_its_return_is_a_new_submission(workshop: Workshop) -> None:
    """Staff wrote that it be sent again: it must not vanish as a copy of the item that they closed."""
    workshop.receive(part(1, 2), part(2, 2))
    [item] = workshop.items()
    desk.send_back(workshop.intake, item.tracking, reason="The importer has not signed.", actor="kim")
    workshop.receive(part(1, 2, "q", sent=DAY), part(2, 2, "q", sent=DAY), arrived_at=ARRIVED + DAY)
    before, after = workshop.items()
    assert (before.outcome, after.state, after.linked) == (Closing.RETURNED, "new", (before.tracking,))
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement", "return", "acknowledgement"]


# --- no entry number ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["PD", "A", "I"])
def test_parts_of_two_importers_without_an_entry_number_make_no_set(workshop: Workshop, code: str) -> None:
    workshop.receive(part(1, 2, line=f"{code},AcmeInc,,"), part(2, 2, line=f"{code},Zenith,,"))
    assert [(item.account, item.state, item.missing) for item in workshop.items()] == [
        ("AcmeInc", "assembling", (2,)),
        ("Zenith", "assembling", (1,)),
    ]


def test_without_an_entry_number_two_spellings_of_the_account_are_one(workshop: Workshop) -> None:
    workshop.receive(part(1, 2, line="PD,AcmeInc,,"), part(2, 2, line="PD,ACMEINC,,"))
    [item] = workshop.items()
    assert (item.state, item.messages) == ("new", (1, 2))


# --- what overtakes a waiting notice -------------------------------------------------------------------------------


def test_a_waiting_notice_that_has_not_left_is_taken_back_once_the_set_is_whole(tmp_path: Path) -> None:
    """Nobody is told that a part is missing after the receipt of them all."""
    shop = Workshop(tmp_path, reply_limit_hour=1)
    shop.receive(part(1, 2), part(1, 2, "again"))  # the resend is answered, which uses the limit up
    now = quiet_time_passes(shop)
    assert [reply.state for reply in shop.replies() if reply.kind == "waiting"] == ["delayed"]
    shop.receive(part(2, 2), arrived_at=now)
    shop.clock.advance(DAY)
    shop.send()
    assert {reply.kind: reply.state for reply in shop.replies()} == {
        "duplicate": "sent",
        "waiting": "cancelled",
        "acknowledgement": "sent",
    }
    with shop.store.read() as ask:
        history = ask.story(shop.items()[0].tracking).history
    assert [line.actor for line in history if line.event == "reply-cancelled"] == ["system"]
    shop.store.close()


# --- what a person lets go ---------------------------------------------------------------------------------------


def test_the_deliveries_of_a_message_follow_it_into_the_submission_that_it_joins(workshop: Workshop) -> None:
    bad = mail(subject="DR,NokiaInc,345-6789012,2704", message_id="<bad@filer.example>")
    workshop.receive(bad)
    workshop.receive(bad, mailbox=CHEMICALS)
    workshop.receive(mail(message_id="<2@filer.example>", documents=[PDF + b"2"]))
    desk.release(workshop.intake, 1, actor="kim", line=EXACT)
    [item] = workshop.items()
    assert item.messages == (1, 2, 3)
