"""Acts of staff on items: allowed by the table, one line of history each, and taken back exactly."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from cee_mailbot import desk
from cee_mailbot.domain.facts import HistoryFacts, ItemFacts, ItemStory
from cee_mailbot.domain.work_item import EVENTS, REVERSIBLE, TRANSITIONS, UNDONE, Act, Closing, ItemState
from cee_mailbot.errors import ChangedError, NotAllowedError, NotFoundError, UserError
from cee_mailbot.gathering import chase
from cee_mailbot.store.tables import SubmissionRow
from tests.support.mails import EXACT, PDF, mail
from tests.support.workshop import ARRIVED, Workshop

OTHER = "DR,NokiaInc,345-67890990,2704"
SET_TIME = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

Carry = Callable[[Workshop, str, str], object]

CARRY: dict[Act, Carry] = {
    Act.CLAIM: lambda shop, item, _: desk.claim(shop.intake, item, actor="kim"),
    Act.UNCLAIM: lambda shop, item, _: desk.unclaim(shop.intake, item, actor="kim"),
    Act.ENQUEUE: lambda shop, item, _: desk.enqueue(shop.intake, item, actor="kim"),
    Act.NOTE: lambda shop, item, _: desk.note(shop.intake, item, "call them", actor="kim"),
    Act.TAG: lambda shop, item, _: desk.tag(shop.intake, item, "fta-claim", actor="kim"),
    Act.UNTAG: lambda shop, item, _: desk.untag(shop.intake, item, "of-old", actor="kim"),
    Act.WAIT: lambda shop, item, _: desk.wait(shop.intake, item, actor="kim", reason="asked"),
    Act.CLOSE: lambda shop, item, _: desk.close(shop.intake, item, Closing.DONE, actor="kim"),
    Act.REOPEN: lambda shop, item, _: desk.reopen(shop.intake, item, actor="kim"),
    Act.REPLY: lambda shop, item, _: desk.write_to_filer(shop.intake, item, text="Which page?", actor="kim"),
    Act.RETURN: lambda shop, item, _: desk.send_back(shop.intake, item, reason="Page 2 is missing.", actor="kim"),
    Act.TRANSFER: lambda shop, item, _: desk.transfer(shop.intake, item, team="009", reason="Textiles.", actor="kim"),
    Act.TRANSFER_TO_PORT: lambda shop, item, _: desk.transfer_to_port(shop.intake, item, reason="Quota.", actor="kim"),
    Act.MOVE: lambda shop, item, other: desk.move(shop.intake, item, last_message(shop, item), to=other, actor="kim"),
    Act.SPLIT: lambda shop, item, _: desk.split(shop.intake, item, last_message(shop, item), actor="kim"),
    Act.JOIN: lambda shop, item, other: desk.join(shop.intake, item, other, actor="kim"),
    Act.SET_PRESENTATION: lambda shop, item, _: desk.set_presentation(
        shop.intake, item, at=SET_TIME, reason="fax of that day", actor="kim"
    ),
}


def story(shop: Workshop, tracking: str) -> ItemStory:
    with shop.store.read() as ask:
        return ask.story(tracking)


def facts(shop: Workshop, tracking: str) -> ItemFacts:
    return story(shop, tracking).item


def last_message(shop: Workshop, tracking: str) -> int:
    return facts(shop, tracking).messages[-1]


def by_staff(shop: Workshop, tracking: str) -> list[HistoryFacts]:
    return [line for line in story(shop, tracking).history if line.actor == "kim"]


def untimed(item: ItemFacts) -> ItemFacts:
    return replace(item, updated_at=item.created_at)


def row(shop: Workshop, tracking: str) -> dict[str, object]:
    """Every column of the item but those that each change counts on."""
    with Session(shop.store._reader) as session:  # what an act leaves behind is in no fact, but in what follows from it
        found = session.exec(select(SubmissionRow).where(SubmissionRow.tracking == tracking)).one()
        return found.model_dump(exclude={"version", "updated_at"})


def two_in_one(shop: Workshop) -> str:
    """An item of two messages, each with a document of its own."""
    shop.receive(mail(), mail(message_id="<2@filer.example>", documents=[PDF + b"2"], body="More."))
    [item] = shop.items()
    assert item.messages == (1, 2)
    return item.tracking


def another(shop: Workshop) -> str:
    shop.receive(mail(subject=OTHER, message_id="<3@filer.example>", documents=[PDF + b"3"]))
    return next(item.tracking for item in shop.items() if item.entry_number == "345-67890990")


def assembling(shop: Workshop) -> str:
    for number in (1, 2):
        shop.receive(
            mail(
                subject=f"{EXACT} ({number} of 3)",
                message_id=f"<p{number}@filer.example>",
                documents=[PDF + str(number).encode()],
            )
        )
    return shop.items()[0].tracking


def in_state(shop: Workshop, state: ItemState) -> str:
    tracking = assembling(shop) if state is ItemState.ASSEMBLING else two_in_one(shop)
    desk.tag(shop.intake, tracking, "of-old", actor="lee")
    acts = {ItemState.ASSIGNED: Act.CLAIM, ItemState.WAITING: Act.WAIT, ItemState.CLOSED: Act.CLOSE}
    if state in acts:
        CARRY[acts[state]](shop, tracking, "")
    assert facts(shop, tracking).state == state
    return tracking


# --- the table ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [*ItemState], ids=str)
@pytest.mark.parametrize("act", [*Act], ids=str)
def test_an_act_is_carried_out_where_the_table_allows_it_and_changes_nothing_elsewhere(
    workshop: Workshop, act: Act, state: ItemState
) -> None:
    """Each act is one line of history under the name of the one who acted."""
    tracking, other = in_state(workshop, state), another(workshop)
    lines, before = by_staff(workshop, tracking), workshop.everything()
    after = TRANSITIONS.get((state, act))
    if after is None:
        with pytest.raises(NotAllowedError, match=f"is {state}, which does not allow {act}; allowed are: "):
            CARRY[act](workshop, tracking, other)
        assert workshop.everything() == before
        return
    CARRY[act](workshop, tracking, other)
    assert facts(workshop, tracking).state == after
    new = by_staff(workshop, tracking)[len(lines) :]
    assert [line.event for line in new] == [EVENTS[act]]


def foretold(workshop: Workshop, tracking: str) -> str | None:
    """The event of the act that the page offers to undo."""
    with workshop.store.read() as ask:
        found = ask.next_undo(tracking)
    return found.event if found else None


@pytest.mark.parametrize(("state", "act"), [one for one in TRANSITIONS if one[1] in REVERSIBLE], ids=str)
def test_an_act_that_is_undone_leaves_everything_as_it_was(workshop: Workshop, state: ItemState, act: Act) -> None:
    """Facts, messages and flags are equal; the history has grown by the act and by its undoing."""
    tracking, other = in_state(workshop, state), another(workshop)
    numbers = (tracking, other)
    before = [story(workshop, one) for one in numbers]
    rows = [row(workshop, one) for one in numbers]
    CARRY[act](workshop, tracking, other)
    workshop.clock.advance(timedelta(minutes=1))
    assert foretold(workshop, tracking) == EVENTS[act]
    assert desk.undo(workshop.intake, tracking, actor="kim") == EVENTS[act]
    after = [story(workshop, one) for one in numbers]
    for was, now in zip(before, after, strict=True):
        assert untimed(was.item) == untimed(now.item)
        assert (was.messages, was.documents, was.notes) == (now.messages, now.documents, now.notes)
    assert [row(workshop, one) for one in numbers] == rows
    events = [line.event for line in by_staff(workshop, tracking) if line.reply is None]
    assert events[-2:] == [EVENTS[act], UNDONE]


def test_nothing_is_undone_twice_and_undoing_goes_back_step_by_step(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    desk.claim(workshop.intake, tracking, actor="kim")
    desk.close(workshop.intake, tracking, Closing.NO_ACTION, actor="kim")
    assert desk.undo(workshop.intake, tracking, actor="lee") == "closed"
    assert (facts(workshop, tracking).state, facts(workshop, tracking).assignee) == ("assigned", "kim")
    assert desk.undo(workshop.intake, tracking, actor="lee") == "claimed"
    assert facts(workshop, tracking).state == "new"
    assert foretold(workshop, tracking) is None
    with pytest.raises(NotAllowedError, match="no act"):
        desk.undo(workshop.intake, tracking, actor="lee")


def test_a_note_is_passed_over_and_an_enqueued_set_is_not_taken_back(workshop: Workshop) -> None:
    tracking = assembling(workshop)
    desk.enqueue(workshop.intake, tracking, actor="kim")
    assert foretold(workshop, tracking) is None
    with pytest.raises(NotAllowedError, match="enqueued"):
        desk.undo(workshop.intake, tracking, actor="kim")
    desk.claim(workshop.intake, tracking, actor="kim")
    desk.note(workshop.intake, tracking, "call them", actor="kim")
    assert desk.undo(workshop.intake, tracking, actor="kim") == "claimed"


def test_a_page_that_shows_an_older_item_changes_nothing(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    seen = story(workshop, tracking).version
    desk.claim(workshop.intake, tracking, actor="lee", version=seen)
    before = workshop.everything()
    for carry in (desk.unclaim, desk.undo):
        with pytest.raises(ChangedError):
            carry(workshop.intake, tracking, actor="kim", version=seen)
    assert workshop.everything() == before


def test_an_item_that_is_not_there_is_not_found(workshop: Workshop) -> None:
    with pytest.raises(NotFoundError):
        desk.claim(workshop.intake, "CEE-007-26-000099-X", actor="kim")


def test_somebody_acts(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    for name in (" ", "System"):
        with pytest.raises(UserError):
            desk.claim(workshop.intake, tracking, actor=name)


# --- waiting --------------------------------------------------------------------------------------------------


def test_a_new_part_takes_a_waiting_item_up_at_once(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    desk.wait(workshop.intake, tracking, actor="kim")
    workshop.receive(mail(message_id="<4@filer.example>", documents=[PDF + b"4"], body="Here."))
    assert (facts(workshop, tracking).state, facts(workshop, tracking).assignee) == ("assigned", "kim")
    [woken] = [line for line in story(workshop, tracking).history if line.event == "woken"]
    assert woken.detail == {"why": "supplement"}


def test_a_waiting_item_is_taken_up_on_its_date(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    desk.wait(workshop.intake, tracking, actor="kim", until=workshop.clock.now() + timedelta(days=2))
    workshop.clock.advance(timedelta(days=1))
    assert desk.wake_due(workshop.intake) == 0
    workshop.clock.advance(timedelta(days=1))
    assert desk.wake_due(workshop.intake) == 1
    assert facts(workshop, tracking).state == "assigned"
    assert desk.wake_due(workshop.intake) == 0


def test_nothing_waits_for_a_time_that_is_over(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    with pytest.raises(UserError, match="over"):
        desk.wait(workshop.intake, tracking, actor="kim", until=workshop.clock.now())


# --- what the broker is told of -------------------------------------------------------------------------------


def test_a_transfer_keeps_number_and_times_and_tells_the_broker(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    desk.claim(workshop.intake, tracking, actor="kim")
    before = facts(workshop, tracking)
    CARRY[Act.TRANSFER](workshop, tracking, "")
    after = facts(workshop, tracking)
    assert (after.team, after.state, after.assignee, after.flags) == ("009", "new", None, ("transferred",))
    names = ("tracking", "presented_at", "presented_local", "zone", "basis", "strength", "received_at", "messages")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]
    [reply] = [reply for reply in workshop.replies() if reply.kind == "transfer"]
    assert (reply.tracking, reply.to, reply.state) == (tracking, "broker@filer.example", "queued")
    with workshop.store.read() as ask:
        raw = ask.reply(reply.id)[1]
    assert b"team 009" in raw
    assert b"Textiles." in raw
    workshop.send()
    assert [one.state for one in workshop.replies() if one.kind == "transfer"] == ["sent"]


def test_mail_of_the_same_key_follows_the_item_to_its_new_team(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    CARRY[Act.TRANSFER](workshop, tracking, "")
    workshop.receive(mail(message_id="<4@filer.example>", documents=[PDF + b"4"], body="Here."))
    assert facts(workshop, tracking).messages == (1, 2, 3)


def test_a_transfer_goes_to_another_team_that_there_is(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    with pytest.raises(NotAllowedError, match="already"):
        desk.transfer(workshop.intake, tracking, team="007", reason="x", actor="kim")
    with pytest.raises(UserError, match="no team 042"):
        desk.transfer(workshop.intake, tracking, team="042", reason="x", actor="kim")


def test_a_transfer_to_the_port_closes_and_tells_the_broker(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    CARRY[Act.TRANSFER_TO_PORT](workshop, tracking, "")
    item = facts(workshop, tracking)
    assert (item.team, item.state, item.outcome) == ("007", "closed", "transferred")
    assert [reply.kind for reply in workshop.replies()][-1] == "transfer"


def test_a_return_names_the_reason_and_each_one_is_told(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    for _ in range(2):
        CARRY[Act.RETURN](workshop, tracking, "")
        desk.reopen(workshop.intake, tracking, actor="kim")
    returns = [reply for reply in workshop.replies() if reply.kind == "return"]
    assert len(returns) == 2
    with workshop.store.read() as ask:
        assert b"Page 2 is missing." in ask.reply(returns[0].id)[1]


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_return_and_another_time_need_a_reason(workshop: Workshop, reason: str) -> None:
    tracking = two_in_one(workshop)
    before = workshop.everything()
    with pytest.raises(UserError, match="reason"):
        desk.send_back(workshop.intake, tracking, reason=reason, actor="kim")
    with pytest.raises(UserError, match="reason"):
        desk.set_presentation(workshop.intake, tracking, at=SET_TIME, reason=reason, actor="kim")
    assert workshop.everything() == before


def test_a_return_is_undone_until_its_reply_has_left(workshop: Workshop) -> None:
    """Undo inside the window leaves no mail."""
    tracking = two_in_one(workshop)
    CARRY[Act.RETURN](workshop, tracking, "")
    desk.undo(workshop.intake, tracking, actor="kim")
    workshop.send()
    assert [one.state for one in workshop.replies() if one.kind == "return"] == ["cancelled"]
    CARRY[Act.RETURN](workshop, tracking, "")
    workshop.send()
    before = workshop.everything()
    assert foretold(workshop, tracking) is None
    with pytest.raises(NotAllowedError, match="is sent"):
        desk.undo(workshop.intake, tracking, actor="kim")
    assert workshop.everything() == before


def test_a_robot_is_told_nothing(workshop: Workshop) -> None:
    workshop.receive(mail(extra=["Precedence: bulk"], subject="list"))
    desk.release(workshop.intake, 1, actor="kim", line=EXACT)
    [item] = workshop.items()
    CARRY[Act.RETURN](workshop, item.tracking, "")
    assert workshop.replies() == ()
    assert facts(workshop, item.tracking).state == "closed"


def test_a_cancelled_reply_does_not_leave(workshop: Workshop) -> None:
    two_in_one(workshop)
    desk.cancel_reply(workshop.intake, 1, actor="kim")
    workshop.send()
    assert workshop.replies()[0].state == "cancelled"
    for reply in workshop.replies():
        with pytest.raises(NotAllowedError):
            desk.cancel_reply(workshop.intake, reply.id, actor="kim")
    with pytest.raises(NotFoundError):
        desk.cancel_reply(workshop.intake, 99, actor="kim")


# --- the presentation time ------------------------------------------------------------------------------------


def test_another_presentation_time_settles_a_dispute_and_the_original_stays_to_be_seen(workshop: Workshop) -> None:
    workshop.receive(mail(date="Mon, 02 Mar 2026 05:00:00 -0500"))
    [before] = workshop.items()
    assert before.flags == ("date-disputed",)
    CARRY[Act.SET_PRESENTATION](workshop, before.tracking, "")
    found = story(workshop, before.tracking)
    assert (found.item.presented_at, found.item.basis, found.item.flags) == (SET_TIME, "staff", ())
    assert found.evidence[0]["presented_at"] == before.presented_at
    [line] = by_staff(workshop, before.tracking)
    was, now = dict(line.detail["changes"])["submission/1/presented_at"]  # type: ignore[call-overload]
    assert (datetime.fromisoformat(was), datetime.fromisoformat(now)) == (before.presented_at, SET_TIME)
    assert line.detail["reason"] == "fax of that day"


def test_nothing_was_presented_in_the_future(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    with pytest.raises(UserError, match="future"):
        desk.set_presentation(
            workshop.intake, tracking, at=workshop.clock.now() + timedelta(seconds=1), reason="x", actor="kim"
        )


# --- wrong grouping -------------------------------------------------------------------------------------------


def test_a_moved_message_counts_where_it_went_and_moves_no_time(workshop: Workshop) -> None:
    tracking, other = two_in_one(workshop), another(workshop)
    times = [facts(workshop, one).presented_at for one in (tracking, other)]
    CARRY[Act.MOVE](workshop, tracking, other)
    assert (facts(workshop, tracking).messages, facts(workshop, tracking).documents) == ((1,), 1)
    assert (facts(workshop, other).messages, facts(workshop, other).documents) == ((2, 3), 2)
    assert [facts(workshop, one).presented_at for one in (tracking, other)] == times
    assert by_staff(workshop, other)[-1].event == "moved"


@pytest.mark.parametrize("act", [Act.MOVE, Act.JOIN, Act.SPLIT], ids=str)
def test_both_histories_tell_an_act_and_that_it_was_undone(workshop: Workshop, act: Act) -> None:
    """The history is append-only: what was taken back stays to be read, on either side."""
    tracking, other = two_in_one(workshop), another(workshop)
    made = CARRY[act](workshop, tracking, other)
    both = (tracking, str(made) if act is Act.SPLIT else other)
    desk.undo(workshop.intake, tracking, actor="kim")
    for one in both:
        assert [line.event for line in by_staff(workshop, one)] == [EVENTS[act], UNDONE]


def test_an_item_that_was_set_aside_and_taken_up_again_tells_both(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    CARRY[Act.WAIT](workshop, tracking, "")
    desk.undo(workshop.intake, tracking, actor="kim")
    assert (facts(workshop, tracking).state, facts(workshop, tracking).assignee) == ("new", None)
    assert [line.event for line in by_staff(workshop, tracking)] == ["waiting", UNDONE]


def test_a_due_date_is_the_one_that_the_queue_and_the_clocks_give(workshop: Workshop) -> None:
    """A protest is due by its type in any Center's queue, and in 15 days at the program office."""
    line = "PR,NokiaInc,345-67890123,2704"
    workshop.receive(mail(subject=line), mail(subject=line, message_id="<2@filer.example>", documents=[PDF + b"2"]))
    [item] = workshop.items()
    assert item.due is not None
    for team, due in (("009", item.due), ("000", ARRIVED + timedelta(days=15)), ("007", item.due)):
        desk.transfer(workshop.intake, item.tracking, team=team, reason="Theirs.", actor="kim")
        found = facts(workshop, item.tracking).due
        assert found is not None
        assert abs(found - due) <= timedelta(hours=1), team
    number = desk.split(workshop.intake, item.tracking, 2, actor="kim")
    assert facts(workshop, number).due == item.due


def test_a_transfer_that_is_undone_takes_its_due_date_back(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    desk.transfer(workshop.intake, tracking, team="000", reason="Theirs.", actor="kim")
    assert facts(workshop, tracking).due is not None
    desk.undo(workshop.intake, tracking, actor="kim")
    assert facts(workshop, tracking).due is None


def test_other_deliveries_go_with_the_message_that_they_repeat(workshop: Workshop) -> None:
    tracking, other = two_in_one(workshop), another(workshop)
    workshop.receive(mail(message_id="<2@filer.example>", documents=[PDF + b"2"], body="More."))
    desk.move(workshop.intake, tracking, 2, to=other, actor="kim")
    assert facts(workshop, other).messages == (2, 3, 4)


def test_a_message_split_out_is_an_item_of_its_own_with_its_own_time(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    number = desk.split(workshop.intake, tracking, 2, actor="kim")
    item = facts(workshop, number)
    assert (item.messages, item.state, item.team, item.entry_number) == ((2,), "new", "007", "345-67890123")
    assert item.presented_at == story(workshop, number).evidence[0]["presented_at"]
    assert facts(workshop, tracking).messages == (1,)


def test_a_split_that_was_undone_leaves_its_number_on_a_closed_item(workshop: Workshop) -> None:
    """A number that was given is never given again."""
    tracking = two_in_one(workshop)
    number = desk.split(workshop.intake, tracking, 2, actor="kim")
    desk.undo(workshop.intake, number, actor="kim")
    left = facts(workshop, number)
    assert (left.state, left.outcome, left.messages) == ("closed", "no-action", ())
    workshop.receive(mail(message_id="<5@filer.example>", documents=[PDF + b"5"], body="Here."))
    assert 3 in facts(workshop, tracking).messages
    assert desk.split(workshop.intake, tracking, 2, actor="kim") not in (number, tracking)


def test_a_split_is_not_undone_once_the_new_item_was_worked_on(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    number = desk.split(workshop.intake, tracking, 2, actor="kim")
    desk.claim(workshop.intake, number, actor="lee")
    before = workshop.everything()
    assert foretold(workshop, tracking) is None
    with pytest.raises(NotAllowedError, match="changed since"):
        desk.undo(workshop.intake, tracking, actor="kim")
    assert workshop.everything() == before


def test_joined_submissions_are_one_and_later_mail_finds_it(workshop: Workshop) -> None:
    workshop.receive(mail())
    [first] = workshop.items()
    desk.close(workshop.intake, first.tracking, Closing.DONE, actor="kim")
    workshop.receive(mail(message_id="<2@filer.example>", documents=[PDF + b"2"], body="More."))
    second = next(item for item in workshop.items() if item.tracking != first.tracking)
    desk.reopen(workshop.intake, first.tracking, actor="kim")
    desk.join(workshop.intake, first.tracking, second.tracking, actor="kim")
    assert facts(workshop, first.tracking).messages == (1, 2)
    emptied = facts(workshop, second.tracking)
    assert (emptied.state, emptied.outcome, emptied.messages) == ("closed", "duplicate", ())
    workshop.receive(mail(message_id="<6@filer.example>", documents=[PDF + b"6"], body="Here."))
    assert facts(workshop, first.tracking).messages == (1, 2, 3)


def test_two_halves_of_a_set_that_are_joined_are_whole(workshop: Workshop) -> None:
    """As if the missing part had come late."""
    tracking = assembling(workshop)
    desk.enqueue(workshop.intake, tracking, actor="kim")
    assert facts(workshop, tracking).flags == ("parts-missing",)
    workshop.receive(mail(subject=f"{OTHER} (3 of 3)", message_id="<p3@filer.example>", documents=[PDF + b"p3"]))
    other = next(item.tracking for item in workshop.items() if item.tracking != tracking)
    desk.join(workshop.intake, tracking, other, actor="kim")
    item = facts(workshop, tracking)
    assert (item.flags, item.missing) == (("completed-late",), ())
    desk.undo(workshop.intake, other, actor="kim")
    assert facts(workshop, tracking).flags == ("parts-missing",)
    assert facts(workshop, other).state == "assembling"


def test_a_part_moved_into_an_assembling_set_makes_it_whole(workshop: Workshop) -> None:
    tracking = assembling(workshop)
    workshop.receive(
        mail(subject=f"{OTHER} (2 of 3)", message_id="<x@filer.example>", documents=[PDF + b"x"]),
        mail(subject=f"{OTHER} (3 of 3)", message_id="<y@filer.example>", documents=[PDF + b"y"]),
    )
    other = next(item.tracking for item in workshop.items() if item.tracking != tracking)
    desk.move(workshop.intake, other, 4, to=tracking, actor="kim")
    workshop.clock.advance(timedelta(minutes=1))
    workshop.poll()
    chase(workshop.store, workshop.site)
    assert (facts(workshop, tracking).state, facts(workshop, tracking).missing) == ("new", ())


def test_the_only_message_of_an_item_stays(workshop: Workshop) -> None:
    workshop.receive(mail())
    tracking, other = workshop.items()[0].tracking, another(workshop)
    with pytest.raises(NotAllowedError, match="join"):
        desk.move(workshop.intake, tracking, 1, to=other, actor="kim")
    with pytest.raises(NotAllowedError, match="join"):
        desk.split(workshop.intake, tracking, 1, actor="kim")
    with pytest.raises(NotAllowedError, match="itself"):
        desk.join(workshop.intake, tracking, tracking, actor="kim")
    with pytest.raises(NotAllowedError, match="not in"):
        desk.move(workshop.intake, tracking, 2, to=other, actor="kim")


def test_a_closed_submission_takes_and_gives_nothing(workshop: Workshop) -> None:
    tracking, other = two_in_one(workshop), another(workshop)
    desk.close(workshop.intake, other, Closing.DONE, actor="kim")
    for carry in (CARRY[Act.MOVE], CARRY[Act.JOIN]):
        with pytest.raises(NotAllowedError, match=f"{other} is closed"):
            carry(workshop, tracking, other)


def test_what_happened_since_is_never_overwritten_by_undoing(workshop: Workshop) -> None:
    tracking, other = two_in_one(workshop), another(workshop)
    CARRY[Act.MOVE](workshop, tracking, other)
    desk.move(workshop.intake, other, 2, to=tracking, actor="lee")
    desk.claim(workshop.intake, tracking, actor="kim")
    desk.undo(workshop.intake, tracking, actor="kim")
    assert desk.undo(workshop.intake, tracking, actor="kim") == "moved"
    assert facts(workshop, other).messages == (2, 3)


# --- replay ---------------------------------------------------------------------------------------------------


def test_a_message_judged_again_under_the_same_rules_is_judged_the_same(workshop: Workshop) -> None:
    two_in_one(workshop)
    workshop.receive(mail(subject="bad"), mail(extra=["Precedence: bulk"], subject="list"), mail(), assembling_part())
    before = workshop.everything()
    for message in workshop.messages():
        assert desk.replay(workshop.intake, message.id).differences == ()
    assert workshop.everything() == before


def assembling_part() -> bytes:
    return mail(subject=f"{OTHER} (1 of 3)", message_id="<p@filer.example>", documents=[PDF + b"p"])


def test_a_message_that_new_rules_would_enqueue_is_shown_and_may_be_released(workshop: Workshop) -> None:
    workshop.receive(mail(documents=()))
    found = desk.replay(workshop.intake, 1)
    assert (found.allowed, found.today["outcome"]) == (False, "rejected")
    intake = with_rules(workshop, documents_required=frozenset())
    found = desk.replay(intake, 1)
    assert found.allowed
    assert (found.recorded["outcome"], found.today["outcome"]) == ("rejected", "enqueued")
    assert {"outcome", "reasons"} <= set(found.differences)


def with_rules(workshop: Workshop, **rules: Any) -> Any:
    policies = {name: replace(policy, **rules) for name, policy in workshop.site.policies.items()}
    return replace(workshop.intake, site=replace(workshop.site, policies=policies))


def test_what_was_decided_of_an_enqueued_message_stands(workshop: Workshop) -> None:
    workshop.receive(mail())
    found = desk.replay(workshop.intake, 1)
    assert not found.allowed
    assert found.why_not is not None
    assert "what was decided stands" in found.why_not


def test_times_are_those_of_arrival_whenever_acts_happen(workshop: Workshop) -> None:
    tracking = two_in_one(workshop)
    workshop.clock.advance(timedelta(days=3))
    CARRY[Act.CLAIM](workshop, tracking, "")
    assert facts(workshop, tracking).received_at == ARRIVED


@pytest.mark.parametrize("act", [Act.REPLY, Act.REOPEN])
def test_an_item_that_holds_nothing_any_more_is_neither_opened_again_nor_written_about(
    workshop: Workshop, act: Act
) -> None:
    """Open, it would take in the next mail of its key and break the answer to it; there is no message to answer."""
    workshop.receive(mail(), mail(subject=EXACT.replace("DR", "CE"), message_id="<2@filer.example>"))
    first, emptied = (item.tracking for item in workshop.items())
    desk.join(workshop.intake, first, emptied, actor="kim")
    before = workshop.everything()
    with pytest.raises(NotAllowedError, match="holds no message any more"):
        CARRY[act](workshop, emptied, "")
    assert workshop.everything() == before
    desk.undo(workshop.intake, emptied, actor="kim")
    assert facts(workshop, emptied).state == "new"


@pytest.mark.parametrize("act", [Act.SPLIT, Act.MOVE])
def test_what_left_a_set_is_not_put_back_once_the_set_is_enqueued(workshop: Workshop, act: Act) -> None:
    """It would wait for ever for parts of a set that waits no more."""
    workshop.receive(mail(subject=EXACT.replace("DR", "CE"), message_id="<o@filer.example>"))
    [other] = workshop.items()
    workshop.receive(
        *(mail(subject=f"{EXACT} {k} of 3", message_id=f"<{k}@x.example>", documents=[PDF + b"%d" % k]) for k in (1, 2))
    )
    tracking = workshop.items()[1].tracking
    CARRY[act](workshop, tracking, other.tracking)
    desk.enqueue(workshop.intake, tracking, actor="kim")
    left = other.tracking if act is Act.MOVE else workshop.items()[-1].tracking
    with pytest.raises(NotAllowedError, match="changed since"):
        desk.undo(workshop.intake, left, actor="kim")
    assert "assembling" not in workshop.statuses()


def test_what_was_split_out_keeps_its_senders_key_in_small_letters(workshop: Workshop) -> None:
    """At a public mail provider the key is the whole address: later mail finds it, however it is spelled."""
    sender = {"sender": "John@GMAIL.com"}
    workshop.receive(mail(**sender), mail(message_id="<2@x.example>", documents=[PDF + b"2"], **sender))
    [first] = workshop.items()
    desk.split(workshop.intake, first.tracking, 2, actor="kim")
    desk.close(workshop.intake, first.tracking, Closing.DONE, actor="kim")
    workshop.receive(mail(message_id="<3@x.example>", documents=[PDF + b"3"], sender="john@gmail.com"))
    assert [item.messages for item in workshop.items()] == [(1,), (2, 3)]
