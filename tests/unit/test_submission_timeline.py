"""The timeline: everything that happened, in order, under the numbers of the picture."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.facts import HistoryFacts, ItemFacts, ItemStory, MessageFacts
from cee_mailbot.domain.submission_timeline import DUE, MOST_MARKS, SUBMISSION, WORK, timeline_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENTS = ("enqueued", "claimed", "noted", "closed", "papers-compared", "received")


def message(number: int, minutes: int) -> MessageFacts:
    return MessageFacts(
        id=number, mailbox="electronics", message_id=None, from_="broker@filer.example", subject="DR",
        received_at=NOON + timedelta(minutes=minutes), sent_at=NOON, bytes=1, sha256="", status="enqueued",
        reasons=(), tracking=None,
    )  # fmt: skip


def story(messages: int, events: list[tuple[int, str]], due: datetime | None = None) -> ItemStory:
    item = ItemFacts(
        tracking="CEE-007-26-000001-X", team="007", state="new", outcome=None, code="DR", account=None,
        entry_number=None, port="2704", presented_at=NOON, presented_local=NOON, zone="UTC", basis="date",
        strength="confirmed", received_at=NOON, due=due, assignee=None, flags=(), parts_received=messages,
        parts_expected=None, missing=(), documents=0, messages=tuple(range(1, messages + 1)), sender="", linked=(),
        created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    history = tuple(
        HistoryFacts(id=1, at=NOON + timedelta(minutes=minute), actor="kim", event=event, message=None, reply=None)
        for minute, event in events
    )
    some = tuple(message(number, number) for number in range(1, messages + 1))
    return ItemStory(item=item, documents=(), messages=some, replies=(), history=history, evidence=())


@given(
    messages=st.integers(1, 6),
    events=st.lists(st.tuples(st.integers(0, 9000), st.sampled_from(EVENTS)), max_size=80),
    dated=st.booleans(),
)
def test_every_mark_stands_in_a_lane_in_order_and_none_is_lost(
    *, messages: int, events: list[tuple[int, str]], dated: bool
) -> None:
    found = timeline_of(story(messages, events, NOON + timedelta(days=14) if dated else None))
    assert [mark.number for mark in found.marks] == list(range(1, len(found.marks) + 1))
    assert [mark.at for mark in found.marks] == sorted(mark.at for mark in found.marks)
    assert {mark.lane for mark in found.marks} == set(found.lanes)
    told = [event for _, event in events if event not in ("papers-compared", "received")]
    assert len(found.marks) + found.left_out == 2 * messages + 1 + len(told) + dated
    assert len(found.marks) <= MOST_MARKS


def test_lanes_are_messages_then_the_submission_then_work_then_due() -> None:
    found = timeline_of(story(2, [(3, "enqueued"), (9, "claimed")], NOON + timedelta(days=14)))
    assert found.lanes == ("Message 1", "Message 2", SUBMISSION, WORK, DUE)
    assert [mark.shape for mark in found.marks] == [
        "presented", "presented", "presented", "received", "received", "whole", "work", "due",
    ]  # fmt: skip
    assert found.sentence == "8 steps in order, from 2 messages to the due date."


def test_tags_push_nothing_out_of_the_picture() -> None:
    """They are in the history, and say nothing of the way that the papers go."""
    assert timeline_of(story(1, [(minute, "tagged") for minute in range(60)])).left_out == 0
