"""What a broker is told of messages that staff take out of a set before it was ever acknowledged.

The receipt of the set would have told of them; what leaves it before has one of its own.
"""

from collections.abc import Collection
from dataclasses import replace

from cee_mailbot.desk.item import Opened
from cee_mailbot.domain.assembly import PartSet, Stage
from cee_mailbot.domain.regrouping import OF_ITS_PLACE, OF_THE_WHOLE
from cee_mailbot.domain.reply import ReplyKind
from cee_mailbot.intake import Intake
from cee_mailbot.ledger import NewReply
from cee_mailbot.reply_writing import leading_member, write_set_reply
from cee_mailbot.set_ledger import Member, SetStory


def receipt_of_split(member: Member, story: SetStory, number: str, at: Opened, intake: Intake) -> NewReply | None:
    """The acknowledgement of a message that becomes the submission `number`; None where it was acknowledged before."""
    if story.parts.stage is not Stage.ASSEMBLING:
        return None
    flags = frozenset(at.unit.recorded(member.message).flags) - OF_ITS_PLACE - OF_THE_WHOLE
    told = replace(
        story,
        tracking=number,
        mailbox=member.home or story.mailbox,
        members=(member,),
        parts=PartSet(submission=story.submission, stage=Stage.OPEN, parts=(member.part,)),
        flags=flags,
    )
    return _written(ReplyKind.ACKNOWLEDGEMENT, told, at, intake)


def receipt_of_move(
    messages: Collection[int], source: SetStory, target: SetStory, at: Opened, intake: Intake
) -> NewReply | None:
    """What tells that messages were added to the target; None where they were told of before, or will be with it."""
    if source.parts.stage is not Stage.ASSEMBLING or target.parts.stage is Stage.ASSEMBLING:
        return None
    moved = tuple(one for one in source.members if one.message in messages and not one.part.is_copy)
    # What the set that they left lacked is nothing that the target lacks.
    parts = tuple(replace(one.part, number=None, total=None) for one in moved)
    before = [doc for one in target.members if not one.part.is_copy for doc in one.documents]
    told = replace(
        target,
        members=moved,
        parts=replace(target.parts, parts=parts),
        held_before=sum(doc.status != "quarantined" for doc in before),
    )
    return _written(ReplyKind.SUPPLEMENT, told, at, intake) if moved else None


def _written(kind: ReplyKind, told: SetStory, at: Opened, intake: Intake) -> NewReply | None:
    leading = leading_member(told)
    reply = write_set_reply(kind, told, leading, leading.presentation, intake.site, at.unit)
    if reply is None:
        return None
    # It stays a moment, so that the person can take the act back.
    due_at = reply.due_at + intake.site.policies[reply.mailbox].undo_send
    return replace(reply, event=f"{kind}:{at.act}:{at.item.submission}:{at.item.version}", due_at=due_at)
