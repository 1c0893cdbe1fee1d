"""Acts that the broker is told of: sending back, and passing on to another Center or to the port."""

from dataclasses import replace
from datetime import datetime

from cee_mailbot.desk.clock import in_force
from cee_mailbot.desk.item import Opened, given, opened
from cee_mailbot.desk_ledger import Change
from cee_mailbot.domain.approved_texts import texts_in, unfilled
from cee_mailbot.domain.item_clock import due_in_queue, moved_due
from cee_mailbot.domain.reply import LONGEST_FROM_STAFF, ReplyKind, reply_address
from cee_mailbot.domain.routing import Center
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.errors import NotAllowedError, UserError
from cee_mailbot.intake import Intake
from cee_mailbot.reply_writing import StaffWords, addressee, leading_member, write_staff_reply

NO_LETTER = "none, as the sender has no address that can be written to"


def send_back(intake: Intake, tracking: str, *, reason: str, actor: str, version: int | None = None) -> None:
    """Returns the documents: the sender reads the reason, and the item is closed."""
    words = to_be_read(reason, "the reason, which the sender will read,")
    with opened(intake, tracking, Act.RETURN, actor=actor, version=version) as at:
        change = at.change(outcome=Closing.RETURNED, waiting_until=None, reason=words)
        at.unit.carry_out(answered(change, at, intake, ReplyKind.RETURN))


def write_to_filer(intake: Intake, tracking: str, *, text: str, actor: str, version: int | None = None) -> None:
    """Writes to the filer, as a person does; the item stays where it is.

    Raises `UserError` for a text with a field that nobody filled in, and `NotAllowedError` where there is nobody who
    can be written to.
    """
    words = to_be_read(text, "the text, which the filer will read,")
    with opened(intake, tracking, Act.REPLY, actor=actor, version=version) as at:
        at.unit.carry_out(written_to_filer(at.change(reason=words), at, intake))


def filer_of(intake: Intake, tracking: str) -> str | None:
    """The address to which a letter about the item would go; None where nobody can be written to.

    It need not be the item's sender, whose mail may be a machine's. Raises `NotFoundError`.
    """
    with intake.store.read() as ask:
        story = ask.set_of(tracking)
    reader = addressee(leading_member(story), story, intake.site) if story.parts.counted else None
    return reply_address(reader.sender or "") if reader is not None else None


def written_to_filer(change: Change, at: Opened, intake: Intake) -> Change:
    """The act with a person's own mail to the filer. Raises `NotAllowedError` where there is nobody to write to."""
    return with_letter(answered(change, at, intake, ReplyKind.STAFF), at)


def with_letter(change: Change, at: Opened) -> Change:
    """The same act, if there is a letter with it. Raises `NotAllowedError`."""
    if change.reply is None:
        raise NotAllowedError(f"the sender of {at.item.tracking} has no address that can be written to")
    return change


def to_be_read(text: str, what: str) -> str:
    """What a letter will say, all of it. Raises `UserError` for what would be cut, or has a field nobody filled in."""
    words = given(text, what)
    if left := unfilled(words):
        raise UserError(f"the text has fields that are not filled in: {', '.join(left)}; fill them in or take them out")
    if len(words) > LONGEST_FROM_STAFF:
        raise UserError(f"the text is longer than {LONGEST_FROM_STAFF:,} characters; shorten it")
    return words


def transfer(intake: Intake, tracking: str, *, team: str, reason: str, actor: str, version: int | None = None) -> None:
    """Passes the item to another Center: it keeps its number and its times, and is new there."""
    words = to_be_read(reason, "the reason, which the sender and the other Center will read,")
    center = intake.site.centers.get(team)
    if center is None:
        raise UserError(f"there is no team {team}; there are: {', '.join(sorted(intake.site.centers))}")
    with opened(intake, tracking, Act.TRANSFER, actor=actor, version=version) as at:
        if team == at.item.team:
            raise NotAllowedError(f"{at.item.tracking} is with team {team} already")
        due = _due_there(at, center, intake)
        change = at.change(team=team, assignee=None, waiting_until=None, due=due, reason=words)
        change = replace(change, raises=("transferred",))
        at.unit.carry_out(answered(change, at, intake, ReplyKind.TRANSFER, center))


def _due_there(at: Opened, center: Center, intake: Intake) -> datetime | None:
    """When the item is due in the other queue: its clocks are the same, but the program office has one of its own."""
    item, known = at.unit.clocked_item(at.item.tracking), in_force(at.unit.closures())
    here = due_in_queue(item, intake.site.centers[at.item.team], known)
    there = due_in_queue(item, center, known)
    return there if moved_due(item, here, there) else item.due


def transfer_to_port(intake: Intake, tracking: str, *, reason: str, actor: str, version: int | None = None) -> None:
    """Leaves the documents to the port of entry: the sender is told, and the item is closed."""
    words = to_be_read(reason, "the reason, which the sender will read,")
    with opened(intake, tracking, Act.TRANSFER_TO_PORT, actor=actor, version=version) as at:
        change = at.change(outcome=Closing.TRANSFERRED, waiting_until=None, reason=words)
        at.unit.carry_out(answered(change, at, intake, ReplyKind.TRANSFER))


def answered(change: Change, at: Opened, intake: Intake, kind: ReplyKind, to_center: Center | None = None) -> Change:
    """The act with the reply that tells of it; an item can be passed on more than once, and each is told.

    Its line of the history names the approved texts whose words went into the letter, as the letter itself shows; where
    nobody can be written to it says that there was none.
    """
    story = at.unit.set_story(at.item.submission)
    if not story.parts.counted:
        raise NotAllowedError(f"{at.item.tracking} holds no message any more, so there is nobody to write to")
    event = f"{kind}:submission:{at.item.submission}:{at.item.version}"
    words = StaffWords(event=event, reason=change.reason, to_center=to_center)
    reply = write_staff_reply(kind, story, at.item.presentation, words, intake.site, at.unit)
    if reply is None:
        return replace(change, detail={**change.detail, "letter": NO_LETTER})
    used = texts_in(change.reason, intake.site.texts.texts.values())
    detail = {**change.detail, **({"approved_text": [one.label for one in used]} if used else {})}
    return replace(change, reply=reply, message=leading_member(story).message, detail=detail)
