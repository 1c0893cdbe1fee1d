"""What brokers and their servers write back: answers, bounces, and resends after a reject, in a real store."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from cee_mailbot import desk
from cee_mailbot.domain.facts import ItemStory
from cee_mailbot.gathering import chase
from cee_mailbot.store.tables import MessageRow, SubmissionRow
from tests.support.mails import EXACT, PDF, mail
from tests.support.workshop import ARRIVED, PROGRAM, Workshop, check_invariants, history_breaks

OTHER = PDF + b"other"
BAD = "DR,NokiaInc,345-6789012,2704"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A site that has sent its acknowledgement for one submission."""
    shop = Workshop(tmp_path)
    shop.receive(mail())
    shop.send()
    return shop


def answer(workshop: Workshop, *, number: str = "<2@filer.example>", **fields: object) -> bytes:
    """An answer to the first reply, whose subject is ours."""
    reply = workshop.replies()[0]
    return mail(
        subject=f"RE: {reply.subject}",
        message_id=number,
        extra=[f"In-Reply-To: {reply.message_id}"],
        **fields,  # type: ignore[arg-type]
    )


def set_item(workshop: Workshop, **columns: object) -> None:
    with Session(workshop.store._writer) as session, session.begin():
        for row in session.exec(select(SubmissionRow).order_by(col(SubmissionRow.id))):
            for name, value in columns.items():
                setattr(row, name, value)


def story(workshop: Workshop, number: int = 0) -> ItemStory:
    with workshop.store.read() as ask:
        return ask.story(workshop.items()[number].tracking)


def events(workshop: Workshop) -> list[str]:
    return [line.event for line in story(workshop).history]


def bounce(message_id: str, *, action: str = "failed", number: str = "<b1@x.example>") -> bytes:
    return mail(
        subject="Undelivered Mail Returned to Sender",
        sender="MAILER-DAEMON@x.example",
        message_id=number,
        extra=["X-Failed-Recipients: broker@filer.example"] if action == "failed" else ["Auto-Submitted: auto-replied"],
        documents=[],
        body=f"Could not deliver ({action}).\r\n\r\nMessage-ID: {message_id}\r\n",
    )


def test_an_answer_without_documents_is_a_letter_and_not_answered(workshop: Workshop) -> None:
    workshop.receive(answer(workshop, documents=[], body="Thanks."))
    assert workshop.statuses() == ["enqueued", "correspondence"]
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement"]


def test_an_answer_with_documents_is_a_supplement(workshop: Workshop) -> None:
    before = workshop.items()[0]
    workshop.receive(answer(workshop, documents=[OTHER]))
    assert workshop.statuses() == ["enqueued", "supplement"]
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement", "supplement"]
    (after,) = workshop.items()
    assert (after.documents, after.presented_at) == (2, before.presented_at)
    check_invariants(workshop)


def test_an_answer_with_documents_that_are_there_is_a_letter(workshop: Workshop) -> None:
    workshop.receive(answer(workshop))
    assert workshop.statuses() == ["enqueued", "correspondence"]
    assert len(workshop.replies()) == 1


@pytest.mark.parametrize("documents", [[], [OTHER]], ids=["a letter", "documents"])
@pytest.mark.parametrize(("assignee", "state"), [(None, "new"), ("rivera", "assigned")])
def test_an_answer_opens_a_closed_item_again(
    workshop: Workshop, documents: list[bytes], assignee: str | None, state: str
) -> None:
    set_item(workshop, state="closed", outcome="done", closed_at=ARRIVED, assignee=assignee)
    workshop.receive(answer(workshop, documents=documents))
    (item,) = workshop.items()
    assert (item.state, item.outcome, item.assignee) == (state, None, assignee)
    assert events(workshop).count("reopened") == 1
    assert history_breaks(workshop.store) == []


def test_an_answer_wakes_an_item_that_waits(workshop: Workshop) -> None:
    set_item(workshop, state="waiting", assignee="rivera", waiting_until=ARRIVED + timedelta(days=9))
    workshop.receive(answer(workshop, documents=[]))
    assert workshop.items()[0].state == "assigned"
    assert events(workshop).count("woken") == 1


@pytest.mark.parametrize("by", ["thread", "number"])
def test_an_answer_about_an_item_that_was_joined_goes_where_its_messages_went(workshop: Workshop, by: str) -> None:
    first = workshop.items()[0].tracking
    workshop.receive(mail(subject="DR,NokiaInc,345-67890990,2704", message_id="<9@filer.example>", documents=[OTHER]))
    second = next(item.tracking for item in workshop.items() if item.tracking != first)
    desk.join(workshop.intake, second, first, actor="kim")
    paper = [PDF + b"late"]
    numbered = mail(subject=f"About {first}", message_id="<3@filer.example>", documents=paper)
    workshop.receive(answer(workshop, number="<3@filer.example>", documents=paper) if by == "thread" else numbered)
    items = {item.tracking: item for item in workshop.items()}
    assert (items[second].messages, items[first].messages, items[first].state) == ((1, 2, 3), (), "closed")


def test_a_bounce_of_a_joined_items_reply_shows_where_its_messages_went(workshop: Workshop) -> None:
    first = workshop.items()[0].tracking
    workshop.receive(mail(subject="DR,NokiaInc,345-67890990,2704", message_id="<9@filer.example>", documents=[OTHER]))
    second = next(item.tracking for item in workshop.items() if item.tracking != first)
    desk.join(workshop.intake, second, first, actor="kim")
    workshop.receive(bounce(workshop.replies()[0].message_id))
    assert next(item.messages for item in workshop.items() if item.tracking == second) == (1, 2, 3)


def test_another_domain_neither_opens_nor_joins(workshop: Workshop) -> None:
    set_item(workshop, state="closed", outcome="done", closed_at=ARRIVED)
    workshop.receive(answer(workshop, documents=[OTHER], sender="x@stranger.example"))
    assert workshop.statuses() == ["enqueued", "held"]
    assert workshop.items()[0].state == "closed"


def test_the_missing_part_may_come_as_an_answer_to_the_waiting_notice(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.receive(mail(subject=f"{EXACT} (1 of 2)"))
    shop.clock.advance(timedelta(minutes=30))
    shop.poll()
    chase(shop.store, shop.site)
    assert [reply.kind for reply in shop.replies()] == ["waiting"]
    shop.receive(answer(shop, documents=[OTHER], body="Part 2 of 2"), arrived_at=shop.clock.now())
    assert shop.items()[0].state == "new"
    assert [reply.kind for reply in shop.replies()] == ["waiting", "acknowledgement"]
    assert shop.items()[0].missing == ()


def test_a_bounce_makes_the_reply_undeliverable_and_shows_on_the_item(workshop: Workshop) -> None:
    reply = workshop.replies()[0]
    workshop.receive(bounce(reply.message_id))
    assert workshop.replies()[0].state == "undeliverable"
    told = workshop.messages()[1]
    assert (told.status, told.reasons, told.tracking) == ("ignored", ("delivery-report",), reply.tracking)
    assert events(workshop).count("reply-undeliverable") == 1
    assert (workshop.items()[0].documents, workshop.items()[0].flags) == (1, ())
    assert len(workshop.replies()) == 1
    check_invariants(workshop)


def test_a_second_bounce_of_a_reply_adds_no_line(workshop: Workshop) -> None:
    reply = workshop.replies()[0]
    workshop.receive(bounce(reply.message_id), bounce(reply.message_id, number="<b2@x.example>"))
    assert events(workshop).count("reply-undeliverable") == 1


def test_a_bounce_of_somebody_elses_mail_changes_nothing(workshop: Workshop) -> None:
    workshop.receive(bounce("<unknown@cbp.dhs.gov>"))
    assert [reply.state for reply in workshop.replies()] == ["sent"]
    assert workshop.messages()[1].tracking is None


def test_a_bounced_reject_is_undeliverable_though_there_is_no_item(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.receive(mail(subject=BAD))
    shop.send()
    shop.receive(bounce(shop.replies()[0].message_id))
    assert [reply.state for reply in shop.replies()] == ["undeliverable"]
    assert shop.statuses() == ["rejected", "ignored"]


def rejected(folder: Path) -> Workshop:
    shop = Workshop(folder)
    shop.receive(mail(subject=BAD))
    return shop


@pytest.mark.parametrize("by", ["documents", "thread", "number"])
def test_a_resend_after_a_reject_is_linked_and_shows_both_times(tmp_path: Path, by: str) -> None:
    shop = rejected(tmp_path)
    reject = shop.replies()[0]
    extra = [f"In-Reply-To: {reject.message_id}"] if by == "thread" else []
    subject = f"{EXACT} [{reject.tracking}]" if by == "number" else EXACT
    documents = [PDF] if by == "documents" else [OTHER]
    shop.receive(mail(subject=subject, message_id="<2@filer.example>", documents=documents, extra=extra))
    (item,) = shop.items()
    assert item.linked == (reject.tracking,)
    told = story(shop)
    assert [one.get("reject") for one in told.evidence] == [None, reject.tracking]
    assert all(one["presented_at"] for one in told.evidence)
    assert events(shop).count("reject-made-good") == 1
    assert shop.statuses() == ["rejected", "enqueued"]


def test_a_strangers_papers_link_nothing(tmp_path: Path) -> None:
    shop = rejected(tmp_path)
    shop.receive(mail(sender="x@stranger.example", message_id="<2@stranger.example>"))
    assert shop.items()[0].linked == ()


def test_a_reject_is_made_good_once(tmp_path: Path) -> None:
    shop = rejected(tmp_path)
    shop.receive(mail(message_id="<2@filer.example>"))
    shop.receive(mail(message_id="<3@filer.example>", subject="CE,NokiaInc,345-67890123,2704"))
    assert [len(item.linked) for item in shop.items()] == [1, 0]


def test_the_program_office_answers_within_fifteen_calendar_days(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.receive(mail(subject="Please let us leave", to=PROGRAM.address, documents=[]), mailbox=PROGRAM)
    (item,) = shop.items()
    # The clocks go forward on 8 March 2026: the same time of day in Washington is an hour earlier in UTC.
    assert item.due == ARRIVED + timedelta(days=15) - timedelta(hours=1)


def same_line(workshop: Workshop, subject: str = EXACT, **fields: object) -> bytes:
    """An answer to the first reply under the static line, as brokers' systems write it."""
    return mail(
        subject=subject,
        message_id="<same@filer.example>",
        extra=[f"In-Reply-To: {workshop.replies()[0].message_id}"],
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("documents", [[], [OTHER]], ids=["a letter", "documents"])
def test_an_answer_that_names_the_same_key_opens_its_closed_item_again(
    workshop: Workshop, documents: list[bytes]
) -> None:
    """Only a line that names another key wins over the thread."""
    set_item(workshop, state="closed", outcome="done", closed_at=ARRIVED)
    workshop.receive(same_line(workshop, documents=documents))
    (item,) = workshop.items()
    assert (item.state, item.messages) == ("new", (1, 2))
    assert workshop.messages()[1].reasons == ("answers-us",)


def test_an_answer_that_names_the_same_key_joins_the_item_it_answers_and_not_a_newer_one(workshop: Workshop) -> None:
    set_item(workshop, state="closed", outcome="done", closed_at=ARRIVED)
    workshop.receive(mail(message_id="<newer@filer.example>", documents=[PDF + b"newer"]))
    workshop.receive(same_line(workshop, documents=[OTHER]))
    first, newer = workshop.items()
    assert (first.state, first.messages, newer.messages) == ("new", (1, 3), (2,))


def test_a_part_of_a_new_set_opens_it_though_it_answers_us(workshop: Workshop) -> None:
    """A marked part is never a supplement."""
    workshop.receive(same_line(workshop, subject=f"{EXACT} 1 of 2", documents=[OTHER]))
    assert [item.state for item in workshop.items()] == ["new", "assembling"]


def test_another_line_in_an_answer_wins(workshop: Workshop) -> None:
    workshop.receive(same_line(workshop, subject=EXACT.replace("DR", "CE"), documents=[OTHER]))
    assert [item.messages for item in workshop.items()] == [(1,), (2,)]


def test_a_name_at_a_public_provider_is_no_pattern(tmp_path: Path) -> None:
    """`_` stands for any character in SQL: a reject of another person there is none of theirs."""
    shop = Workshop(tmp_path)
    broken = EXACT.rpartition(",")[0]
    shop.receive(mail(subject=broken, sender="johnXdoe@gmail.com", message_id="<1@gmail.com>"))
    shop.receive(mail(subject=broken, sender="John_Doe@gmail.com", message_id="<2@gmail.com>"))
    shop.receive(mail(sender="john_doe@gmail.com", message_id="<3@gmail.com>"))
    with Session(shop.store._reader) as session:
        rows = session.exec(select(MessageRow).order_by(col(MessageRow.id))).all()
    assert [row.resent_as for row in rows] == [None, 1, None]
    shop.store.close()
