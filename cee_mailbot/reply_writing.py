"""The reply that is due: its facts, its bytes, and whether it may leave now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cee_mailbot.domain.answering import UNLIMITED, Allowance, ReplyTraffic, allow
from cee_mailbot.domain.assembly import Place, leading_part
from cee_mailbot.domain.case import Case, key_of_sender
from cee_mailbot.domain.presentation import Presentation
from cee_mailbot.domain.reply import ListedDocument, ListedPart, ReplyFacts, ReplyKind, ReplyState, Stamp, reply_address
from cee_mailbot.domain.routing import Center, Mailbox
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.interfaces import Letter
from cee_mailbot.ledger import NewReply, Outcome, UnitOfWork
from cee_mailbot.set_ledger import Member, SetStory
from cee_mailbot.site import Site
from parsers.addresses import Address
from parsers.subject import SubjectLine, parse_subject

REPLY_FOR: dict[MessageStatus, ReplyKind] = {
    MessageStatus.ENQUEUED: ReplyKind.ACKNOWLEDGEMENT,
    MessageStatus.REJECTED: ReplyKind.REJECT,
    MessageStatus.SUPPLEMENT: ReplyKind.SUPPLEMENT,
}
REPLY_FOR_PLACE: dict[Place, ReplyKind] = {
    Place.ALONE: ReplyKind.ACKNOWLEDGEMENT,
    Place.LATE: ReplyKind.SUPPLEMENT,
    Place.SUPPLEMENTS: ReplyKind.SUPPLEMENT,
    Place.RESENT: ReplyKind.DUPLICATE,
}

_PREFIXES = re.compile(r"^(?:[^\s:]{1,30}:\s*)+")
REFERENCES_KEPT = 10

# A receipt tells every doubt about the messages of a set; a waiting notice only who has them.
RECEIPTS = (ReplyKind.ACKNOWLEDGEMENT, ReplyKind.INCOMPLETE)
TOLD_WHILE_WAITING = frozenset({"transferred"})
DUPLICATES_ANSWERED_EVERY = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressing:
    """Whom a reply goes to, from which mailbox, and what it threads with."""

    event: str
    to: str
    mailbox: str
    thread: str
    answer_wanted: bool


def write_reply(outcome: Outcome, case: Case, site: Site, unit: UnitOfWork) -> NewReply | None:
    """The reply to one message, or None where nothing may be said; opens the breaker when it must."""
    if outcome.decision.answers_for_first and case.standing.duplicate_status is MessageStatus.ENQUEUED:
        return _first_receipt(outcome, site, unit)
    kind = _kind_for(outcome)
    sender = case.mail.sender
    to = reply_address(sender.addr) if sender else None
    if kind is None or to is None or not case.answerable.ok:
        return None
    story = unit.set_story(joined) if (joined := _joined(outcome)) is not None else None
    if (
        kind is ReplyKind.DUPLICATE
        and story
        and unit.answered_lately(story.submission, kind, DUPLICATES_ANSWERED_EVERY)
    ):
        return None
    addressing = Addressing(
        event=f"{kind}:{outcome.message.id}",
        to=to,
        mailbox=case.owner.name,
        thread=thread_of(case.mail.subject),
        answer_wanted=outcome.answer_wanted,
    )
    return _new_reply(_facts(kind, to, outcome, case, site, story), addressing, site, unit)


def write_set_reply(
    kind: ReplyKind, story: SetStory, leading: Member, shown: Presentation, site: Site, unit: UnitOfWork
) -> NewReply | None:
    """The reply about an assembled or assembling submission, to the sender of its leading part."""
    reader = addressee(leading, story, site)
    if reader is None:
        return None
    addressing = _addressing(f"{kind}:submission:{story.submission}", reader, story, site)
    return _new_reply(_set_facts(kind, story, leading, reader, shown, site), addressing, site, unit)


def _first_receipt(outcome: Outcome, site: Site, unit: UnitOfWork) -> NewReply | None:
    """The receipt of an item that could not be acknowledged when it came, now that a copy can be answered."""
    story = unit.set_story(outcome.decision.joins or 0)
    if addressee(leading_member(story), story, site) is not None:
        return None  # somebody was told
    told = replace(
        story, members=tuple(replace(one, answerable=one.message == outcome.duplicate_of) for one in story.members)
    )
    kind = ReplyKind.INCOMPLETE if "parts-missing" in story.flags else ReplyKind.ACKNOWLEDGEMENT
    shown = unit.desk_item(story.tracking).presentation
    return write_set_reply(kind, told, leading_member(told), shown, site, unit)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffWords:
    """What a person wrote to go with a return or a transfer, and the Center that a transfer goes to (None: a port)."""

    event: str
    reason: str
    to_center: Center | None = None


def write_staff_reply(
    kind: ReplyKind, story: SetStory, shown: Presentation, words: StaffWords, site: Site, unit: UnitOfWork
) -> NewReply | None:
    """The reply to an act of staff, to the sender whose message made the item; `shown` has the item's own times.

    It leaves also where the mail was taken in without replies, as after a restore: a person wrote it.
    It counts what that sender's company sent, and not what staff have moved in from another.
    """
    leading = leading_member(story)
    reader = addressee(leading, story, site)
    if reader is None:
        return None
    addressing = replace(_addressing(words.event, reader, story, site), answer_wanted=True)
    theirs = replace(story, members=tuple(one for one in story.members if _writes_with(one, reader, story, site)))
    facts = _set_facts(kind, theirs, leading, reader, shown, site)
    received = Stamp(instant=shown.observed, zone=shown.zone, source="arrival")
    facts = replace(facts, received=received, reason=words.reason, to_center=words.to_center, flags=(), hand_over=None)
    reply = _new_reply(facts, addressing, site, unit)
    # What a person wrote stays a moment, so that the person can take it back.
    return replace(reply, due_at=reply.due_at + site.policies[reply.mailbox].undo_send)


def leading_member(story: SetStory) -> Member:
    """The message that an item has its fields and its sender from: the leading one of those it was enqueued with.

    Whatever came later (supplements, late parts, what staff moved in) gave it neither, and leads only where nothing
    else is left.
    """
    later = {member.message for member in story.members if member.came_later}
    own = tuple(part for part in story.parts.parts if part.message not in later and not part.is_copy)
    first = replace(story.parts, parts=own)
    return story.member(leading_part(first if first.counted else story.parts).message)


def addressee(leading: Member, story: SetStory, site: Site) -> Member | None:
    """The message whose sender is written to: the leading one or, where that is a machine's, the next of a person's.

    Only of the same sender, by the key of the submission, and of what it was enqueued with; None where there is none.
    """
    next_ones = sorted(
        (story.member(part.message) for part in story.parts.counted if part.message != leading.message),
        key=lambda member: (member.part.number or 0, member.part.sent_at, member.message),
    )
    theirs = [one for one in next_ones if not one.came_later and _writes_with(one, leading, story, site)]
    return next((one for one in (leading, *theirs) if one.answerable and reply_address(one.sender or "")), None)


def _writes_with(one: Member, other: Member, story: SetStory, site: Site) -> bool:
    """Whether two messages have the same sender, as the key of a submission tells senders apart."""
    policy = site.policies[_home(story, site).name]
    keys = {key_of_sender(Address(name="", addr=member.sender or ""), policy) for member in (one, other)}
    return len(keys) == 1


def _addressing(event: str, reader: Member, story: SetStory, site: Site) -> Addressing:
    return Addressing(
        event=event,
        to=reply_address(reader.sender or "") or "",
        mailbox=_home(story, site).name,
        thread=thread_of(reader.subject),
        answer_wanted=reader.answer_wanted,
    )


def line_of(member: Member, story: SetStory, site: Site) -> SubjectLine:
    """The subject line of a stored message, read again under its mailbox's rules."""
    return parse_subject(member.line, site.policies[_home(story, site).name].subject_rules)


def _home(story: SetStory, site: Site) -> Mailbox:
    return site.home(story.mailbox, story.team)


def _kind_for(outcome: Outcome) -> ReplyKind | None:
    if outcome.placement is not None:
        return REPLY_FOR_PLACE.get(outcome.placement.place)
    return REPLY_FOR.get(outcome.decision.status)


def _joined(outcome: Outcome) -> int | None:
    if outcome.placement is not None:
        return outcome.placement.submission
    return outcome.decision.joins if outcome.decision.status is MessageStatus.SUPPLEMENT else None


def _new_reply(facts: ReplyFacts, addressing: Addressing, site: Site, unit: UnitOfWork) -> NewReply:
    composed = site.composer.compose(facts)
    mailbox, policy = site.mailbox(addressing.mailbox), site.policies[addressing.mailbox]
    allowance = _allowance(facts.kind, addressing, site, unit)
    return NewReply(
        event=addressing.event,
        kind=facts.kind,
        mailbox=mailbox.name,
        letter=Letter(
            return_path=mailbox.address if policy.reply_return_path == "mailbox" else "",
            to=facts.to,
            raw=composed.raw,
        ),
        subject=composed.subject,
        thread=addressing.thread,
        message_id=facts.message_id,
        in_reply_to=facts.in_reply_to,
        state=allowance.state,
        due_at=allowance.not_before,
        reasons=(allowance.reason,) if allowance.reason else (),
    )


def _allowance(kind: ReplyKind, addressing: Addressing, site: Site, unit: UnitOfWork) -> Allowance:
    """What is not wanted is written and withheld, so that it can be seen."""
    now = site.clock.now()
    if not addressing.answer_wanted:
        return Allowance(state=ReplyState.WITHHELD, not_before=now, reason="no-replies")
    traffic = ReplyTraffic() if kind in UNLIMITED else unit.traffic(addressing.to, addressing.thread)
    allowance = allow(kind, traffic, policy=site.policies[addressing.mailbox], now=now)
    if allowance.opens_breaker:
        unit.open_breaker()
    return allowance


def thread_of(subject: str) -> str:
    """The subject without prefixes, blanks and case: what makes two messages of a robot alike."""
    return " ".join(_PREFIXES.sub("", subject[:500]).casefold().split())[:200]


def _facts(kind: ReplyKind, to: str, outcome: Outcome, case: Case, site: Site, story: SetStory | None) -> ReplyFacts:
    mail = case.mail
    number = story.tracking if story else outcome.item.tracking if outcome.item else outcome.tracking
    line = _line_it_joins(story, site) if story and not case.line.ok else case.line
    held = [member for member in (story.members if story else ()) if not member.part.is_copy]
    return ReplyFacts(
        kind=kind,
        message_id=site.new_message_id(),
        to=to,
        mailbox_address=case.owner.address,
        center=site.centers[story.team if story else case.team],
        from_center=site.centers[case.owner.team],
        tracking=number,
        line=line,
        line_as_written=mail.subject,
        in_reply_to=mail.message_id,
        references=_references(mail.references or mail.in_reply_to[:1], mail.message_id),
        presented=_presented(case.presentation),
        received=Stamp(instant=outcome.message.arrived_at, zone=case.presentation.zone, source="arrival"),
        documents=_listed(case),
        problems=outcome.decision.problems,
        reasons=outcome.decision.reasons,
        flags=outcome.decision.flags,
        held_before=sum(doc.status != "quarantined" for member in held for doc in member.documents),
        missing=_still_missing(story, case),
        total=story.parts.total if story else None,
        written_at=site.clock.now(),
    )


def _line_it_joins(story: SetStory, site: Site) -> SubjectLine:
    """An answer to us has a subject of ours: what it is about is the line of the submission that it joins."""
    return line_of(leading_member(story), story, site)


def _still_missing(story: SetStory | None, case: Case) -> tuple[int, ...]:
    return tuple(number for number in (story.parts.missing if story else ()) if number != case.line.part)


def _listed(case: Case) -> tuple[ListedDocument, ...]:
    return tuple(
        ListedDocument(name=doc.path, bytes=doc.bytes, sha256=doc.sha256, status=doc.status)
        for doc in case.cut.documents
        if doc.status != "inline"
    )


def _set_facts(
    kind: ReplyKind, story: SetStory, leading: Member, reader: Member, shown: Presentation, site: Site
) -> ReplyFacts:
    """The facts of a submission: its fields are the leading message's, the thread is that of the one who reads it."""
    home, parts = _home(story, site), story.parts
    members = [member for member in story.members if not member.part.is_copy]
    deadline = parts.newest_arrival + site.policies[home.name].assembly_deadline
    return ReplyFacts(
        kind=kind,
        message_id=site.new_message_id(),
        to=reply_address(reader.sender or "") or "",
        mailbox_address=home.address,
        center=site.centers[story.team],
        from_center=site.centers[home.team],
        tracking=story.tracking,
        line=line_of(leading, story, site),
        line_as_written=leading.subject,
        in_reply_to=reader.message_id,
        references=_references(reader.references, reader.message_id),
        presented=_presented(shown),
        received=Stamp(instant=parts.newest_arrival, zone=shown.zone, source="arrival"),
        messages=len(members),
        documents=tuple(doc for member in members for doc in member.documents),
        parts=tuple(_listed_part(member) for member in members if member.part.number is not None),
        held_before=story.held_before,
        missing=parts.missing,
        total=parts.total,
        flags=tuple(sorted(story.flags if kind in RECEIPTS else story.flags & TOLD_WHILE_WAITING)),
        hand_over=Stamp(instant=deadline, zone=shown.zone, source="arrival"),
        written_at=site.clock.now(),
    )


def _listed_part(member: Member) -> ListedPart:
    return ListedPart(number=member.part.number or 0, documents=tuple(doc.name for doc in member.documents))


def _references(earlier: Sequence[str], message_id: str | None) -> tuple[str, ...]:
    """The thread as RFC 5322 3.6.4 builds it, its oldest and its newest ids when it is long."""
    ids = [*earlier, *([message_id] if message_id else [])]
    return tuple(ids if len(ids) <= REFERENCES_KEPT else [ids[0], *ids[1 - REFERENCES_KEPT :]])


def _presented(shown: Presentation) -> Stamp:
    return Stamp(instant=shown.instant, zone=shown.zone, source=shown.basis)
