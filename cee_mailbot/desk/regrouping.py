"""Wrong grouping put right: a message moved to another submission or split out, two submissions joined.

No time moves by itself: a submission that gains or loses a message keeps its presentation time until a person sets
another, as supplements never move it either. A set that is still assembling gets its time when it is enqueued. A due
date is computed from those times, so it stays too; what is split out has clocks of its own, and a due date by them.
"""

from cee_mailbot.desk.item import Opened, opened, state_after
from cee_mailbot.desk.receipts import receipt_of_move, receipt_of_split
from cee_mailbot.desk_ledger import Regrouping, Splitting
from cee_mailbot.domain.case import key_of_sender
from cee_mailbot.domain.item_clock import due_when_enqueued
from cee_mailbot.domain.work_item import Act
from cee_mailbot.errors import NotAllowedError
from cee_mailbot.intake import Intake
from cee_mailbot.outcome import next_number
from cee_mailbot.reply_writing import line_of
from cee_mailbot.set_ledger import Member, SetStory
from cee_mailbot.site import Site
from parsers.addresses import Address


def move(  # noqa: PLR0913 - who, what, where to and why
    intake: Intake,
    tracking: str,
    message: int,
    *,
    to: str,
    actor: str,
    reason: str = "",
    version: int | None = None,
) -> None:
    """Moves a message, with its other deliveries, to another submission, where it counts as a supplement."""
    with opened(intake, tracking, Act.MOVE, actor=actor, version=version) as at:
        target = at.unit.desk_item(to)
        state_after(target, Act.MOVE)
        if target.submission == at.item.submission:
            raise NotAllowedError(f"message {message} is in {target.tracking} already")
        story = _check_leaves_some(message, at)
        at.unit.regroup(
            Regrouping(
                act=Act.MOVE,
                source=at.item.submission,
                target=target.submission,
                messages=(message,),
                actor=actor,
                reason=reason,
                reply=receipt_of_move((message,), story, at.unit.set_story(target.submission), at, intake),
            )
        )


def split(
    intake: Intake, tracking: str, message: int, *, actor: str, reason: str = "", version: int | None = None
) -> str:
    """Makes a message a submission of its own, new, with its own times; the tracking number it gets."""
    with opened(intake, tracking, Act.SPLIT, actor=actor, version=version) as at:
        story = _check_leaves_some(message, at)
        if message not in _own(story):
            raise NotAllowedError(f"message {message} brought no documents of its own; move it to another submission")
        member = story.member(message)
        line = line_of(member, story, intake.site)
        number = next_number(at.item.team, intake.site, at.unit)
        at.unit.split(
            Splitting(
                source=at.item.submission,
                message=message,
                tracking=number,
                line=line,
                presentation=member.presentation,
                due=due_when_enqueued(line.code, line.port, member.presentation.zone, member.part.arrived_at),
                sender_key=_sender_key(member, story, intake.site),
                actor=actor,
                reason=reason,
                reply=receipt_of_split(member, story, number, at, intake),
            )
        )
    return number


def _sender_key(member: Member, story: SetStory, site: Site) -> str:
    policy = site.policies[site.home(member.home or story.mailbox, story.team).name]
    return key_of_sender(Address(name="", addr=member.sender or ""), policy)


def _own(story: SetStory) -> set[int]:
    """The messages that can stand by themselves: those that count, and unmarked ones that brought documents."""
    counted = {part.message for part in story.parts.counted}
    return counted | {part.message for part in story.parts.parts if part.documents and not part.is_copy}


def join(
    intake: Intake, tracking: str, other: str, *, actor: str, reason: str = "", version: int | None = None
) -> None:
    """Takes all messages of another submission into this one; the other is closed as a duplicate, and linked."""
    with opened(intake, tracking, Act.JOIN, actor=actor, version=version) as at:
        source = at.unit.desk_item(other)
        state_after(source, Act.JOIN)
        if source.submission == at.item.submission:
            raise NotAllowedError(f"{source.tracking} can't be joined with itself")
        at.unit.regroup(
            Regrouping(
                act=Act.JOIN,
                source=source.submission,
                target=at.item.submission,
                messages=source.messages,
                actor=actor,
                reason=reason,
                reply=receipt_of_move(
                    source.messages,
                    at.unit.set_story(source.submission),
                    at.unit.set_story(at.item.submission),
                    at,
                    intake,
                ),
            )
        )


def _check_leaves_some(message: int, at: Opened) -> SetStory:
    """An item is never left without a message that carries documents: such an item is joined as a whole."""
    item, story = at.item, at.unit.set_story(at.item.submission)
    if message not in item.messages:
        raise NotAllowedError(f"message {message} is not in {item.tracking}; it has {item.messages}")
    if {part.message for part in story.parts.counted} <= {message}:
        raise NotAllowedError(f"message {message} is all that {item.tracking} has; join the two submissions instead")
    return story
