"""The story of a submission as a picture: lanes, and marks in them in the order in which they happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cee_mailbot.domain.facts import ItemStory
from cee_mailbot.domain.item_history import lines_of

SUBMISSION, WORK, DUE = "Submission", "Work", "Due"
# What the picture leaves to the history: it would be one mark a message too many, says nothing to staff, or, as tags
# do, nothing of the way that the papers go.
_UNDRAWN = frozenset({"received", "papers-compared", "message-viewed", "document-viewed", "tagged", "untagged"})
MOST_MARKS = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineMark:
    """Something that happened: its number in the picture and the list, when, in which lane, its shape, in words.

    The shapes are `presented`, `received`, `reply`, `whole`, `work` and `due`; each differs in form, not colour alone.
    """

    number: int
    at: datetime
    lane: str
    shape: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """Lanes from top to bottom, marks from left to right, one a column; `left_out` older lines are in the history."""

    lanes: tuple[str, ...]
    marks: tuple[TimelineMark, ...]
    left_out: int = 0

    @property
    def sentence(self) -> str:
        """What the picture shows, in one sentence."""
        parts = sum(lane.startswith("Message ") for lane in self.lanes)
        until = " to the due date" if DUE in self.lanes else ""
        return f"{len(self.marks)} steps in order, from {parts} message{'' if parts == 1 else 's'}{until}."


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    at: datetime
    lane: str
    shape: str
    words: str


def timeline_of(story: ItemStory) -> Timeline:
    """The timeline of an item, for the picture and the list beside it."""
    # Of what happened at the same instant a message comes before what follows from it: the sort keeps that order.
    steps = sorted([*_messages(story), *_presented(story), *_work(story), *_due(story)], key=lambda step: step.at)
    kept = steps[-MOST_MARKS:]
    marks = tuple(
        TimelineMark(number=number, at=step.at, lane=step.lane, shape=step.shape, words=step.words)
        for number, step in enumerate(kept, start=1)
    )
    lanes = (*(_lane(one.id) for one in story.messages), SUBMISSION, WORK, DUE)
    drawn = {mark.lane for mark in marks}
    return Timeline(lanes=tuple(one for one in lanes if one in drawn), marks=marks, left_out=len(steps) - len(kept))


def _lane(message: int) -> str:
    return f"Message {message}"


def _messages(story: ItemStory) -> Iterable[_Step]:
    for one in story.messages:
        if one.sent_at is not None:
            words = f"message {one.id} sent, as its Date says"
            yield _Step(at=one.sent_at, lane=_lane(one.id), shape="presented", words=words)
        words = f"message {one.id} reached the mailbox {one.mailbox}"
        yield _Step(at=one.received_at, lane=_lane(one.id), shape="received", words=words)


def _presented(story: ItemStory) -> Iterable[_Step]:
    item = story.item
    words = f"presented; from {item.basis}, strength {item.strength}"
    yield _Step(at=item.presented_at, lane=SUBMISSION, shape="presented", words=words)


def _work(story: ItemStory) -> Iterable[_Step]:
    for fact, line in zip(story.history, lines_of(story), strict=True):
        if fact.event in _UNDRAWN:
            continue
        shape, lane = "work", WORK
        if fact.event.startswith("reply-"):
            shape, lane = "reply", SUBMISSION
        elif fact.event == "enqueued":
            shape, lane = "whole", SUBMISSION
        yield _Step(at=line.at, lane=lane, shape=shape, words=f"{line.actor}: {line.says}")


def _due(story: ItemStory) -> Iterable[_Step]:
    if story.item.due is not None:
        yield _Step(at=story.item.due, lane=DUE, shape="due", words="due; computed, not a ruling")
