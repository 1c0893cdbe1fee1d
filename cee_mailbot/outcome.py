"""One kept message to everything that is written about it: what is known, the decision, and the reply."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from cee_mailbot.correspondence import join_answer, rejects_made_good
from cee_mailbot.correspondence_ledger import Bounced
from cee_mailbot.domain.acceptance import decide
from cee_mailbot.domain.answering import answerable
from cee_mailbot.domain.assembly import Place
from cee_mailbot.domain.case import FRAGMENT, Case, Decision, Standing, sender_key
from cee_mailbot.domain.directory import Ownership, ownership
from cee_mailbot.domain.document_types import set_aside
from cee_mailbot.domain.done import says_done
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.presentation import Clocks, present
from cee_mailbot.domain.reply import ReplyKind, reply_address
from cee_mailbot.domain.routing import Mailbox, due_to_answer, local_zone
from cee_mailbot.domain.scanning import ScanVerdict
from cee_mailbot.domain.submission import Key, MessageStatus, key_of_fields
from cee_mailbot.domain.vouching import date_signed, verdict_of
from cee_mailbot.domain.work_item import find_tracking, tracking_number
from cee_mailbot.evidence import evidence_of
from cee_mailbot.gathering import gather
from cee_mailbot.interfaces import Reading
from cee_mailbot.ledger import Headline, KeptMessage, NewItem, Outcome, UnitOfWork
from cee_mailbot.reply_writing import REPLY_FOR, write_reply
from cee_mailbot.site import Site
from parsers.addresses import Address, address_key
from parsers.mail import Mail
from parsers.subject import SubjectLine, find_body_marker, find_part_marker, parse_subject

BODY_LINES_WITH_MARKER = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A person's decision to put a message into the queue, with the subject line it should have had."""

    actor: str
    line: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejoined:
    """Of a message that came in fragments: the first one's content digest, and the SHA-256 of each one's bytes.

    It lies in the first fragment's row, and by that fragment's content it is known again.
    """

    content_digest: str
    fragments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """One message ready to be judged: its row, what was read of it, and under which mailbox's rules."""

    kept: KeptMessage
    reading: Reading
    mailbox: Mailbox
    policy: Policy
    release: Release | None = None
    answer: bool = True
    scan: ScanVerdict | None = None
    rejoined: Rejoined | None = None

    @property
    def too_large(self) -> bool:
        """Whether only the header was read."""
        return self.kept.size > self.policy.message_limit


def judge(subject: Subject, site: Site, unit: UnitOfWork) -> Outcome:
    """Everything that is to be written about one message, its reply included; writes nothing itself.

    What can change until the transaction ends is asked of `unit`; the rest is a pure function of the message.
    """
    line = read_line(subject)
    headline = _headline(subject)
    bounced = unit.bounced(subject.reading.returned)
    standing = standing_of(subject, line, headline, unit, bounced)
    case = case_of(subject, site, line=line, standing=standing)
    decision = decide(case)
    outcome = Outcome(
        message=subject.kept,
        headline=replace(headline, evidence=evidence_of(case, subject.kept) | _fragments(subject) | _scanned(subject)),
        decision=_told(decision, case),
        line=line,
        presentation=case.presentation,
        documents=() if decision.status is MessageStatus.DUPLICATE else case.cut.documents,
        duplicate_of=standing.duplicate_of if decision.status is MessageStatus.DUPLICATE else None,
        bears_out=_bears_out(case, subject.kept),
        replaces=_replaces(case, decision),
        bounced=bounced.reply if bounced and decision.status is MessageStatus.IGNORED else None,
        says_done=_may_end_set(case) and says_done(subject.reading.cut.text),
        answerable=case.answerable.ok,
        answer_wanted=subject.answer,
        ownership=Ownership(mailbox=case.owner, team=case.team, transferred=case.transferred),
        policy_version=subject.policy.version,
        actor=subject.release.actor if subject.release else "system",
    )
    if decision.reasons == (FRAGMENT,):
        # What is written about a fragment is which one of which message it is, and none of what it seems to say.
        return replace(outcome, line=None, documents=())
    if decision.status is MessageStatus.ENQUEUED and not case.free_subject:
        outcome = gather(outcome, case, key_of(case.mail, line, case.policy), unit)
    elif decision.status is MessageStatus.SUPPLEMENT:
        outcome = join_answer(outcome, case, unit)
    placed = _place(outcome, case, site, unit)
    return replace(placed, reply=write_reply(placed, case, site, unit))


def _fragments(subject: Subject) -> dict[str, object]:
    """Of what it was rejoined, or which fragment of what it is: also where it is held, since staff may let it go."""
    if subject.rejoined:
        return {"fragments": list(subject.rejoined.fragments)}
    partial = subject.reading.mail.partial
    return {"partial": {"id": partial.id, "number": partial.number, "total": partial.total}} if partial else {}


def _scanned(subject: Subject) -> dict[str, object]:
    return {"scan": subject.scan.as_json()} if subject.scan else {}


def _headline(subject: Subject) -> Headline:
    mail = subject.reading.mail
    head = identified(headline_of(mail, subject.kept, too_large=subject.too_large), subject.mailbox)
    return replace(head, content_digest=subject.rejoined.content_digest) if subject.rejoined else head


def _replaces(case: Case, decision: Decision) -> int | None:
    """The first copy of a message that is no duplicate of it: that one was set aside for the way it came."""
    is_copy = decision.status is MessageStatus.DUPLICATE
    return None if is_copy or case.released else case.standing.duplicate_of


def _may_end_set(case: Case) -> bool:
    """Whether a DONE would be the broker's: by the border's word, or as it names an id that strangers don't know."""
    return case.answerable.ok and (case.standing.answers_by_id or not case.sender_unverified)


def _bears_out(case: Case, kept: KeptMessage) -> bool:
    """Whether this is an earlier delivery of a message that is known already, and its Date fits its arrival.

    Which mailbox is polled first must not decide whether a Date is in dispute: the earliest arrival does.
    """
    known = case.standing.duplicate_arrived_at
    return known is not None and kept.arrived_at < known and not case.presentation.disputed


def read_line(subject: Subject) -> SubjectLine:
    """The subject line as read; a part marker missing there is looked for in the first lines of the body."""
    mail, rules = subject.reading.mail, subject.policy.subject_rules
    written = subject.release.line if subject.release and subject.release.line else mail.subject_raw
    line = parse_subject(written, rules)
    if line.part is not None:
        return line
    body = (subject.reading.cut.text or "").lstrip()[:1000].splitlines()[:BODY_LINES_WITH_MARKER]
    found = (find_part_marker(mail.subject), *(find_body_marker(text) for text in body))
    if (marker := next((one for one in found if one is not None), None)) is not None:
        return replace(line, part=marker[0], parts=marker[1])
    return line


def headline_of(mail: Mail, kept: KeptMessage, *, too_large: bool) -> Headline:
    """What the row of a message says of its headers.

    A message too large to read is identified by its header and the size of its body: what servers write on top of
    it differs from mailbox to mailbox.
    """
    large = f"large:{mail.header_digest}:{kept.size - mail.body_start}"
    return Headline(
        content_digest=large if too_large else mail.content_digest,
        message_id=mail.message_id,
        from_=", ".join(shown_address(address) for address in mail.from_),
        sender=mail.sender.addr if mail.sender else None,
        sender_domain=mail.sender.domain if mail.sender else None,
        subject=mail.subject,
        references=(*mail.references,) or mail.in_reply_to[:1],
        sent_raw=mail.date.raw,
        sent_at=mail.date.instant,
    )


def identified(headline: Headline, mailbox: Mailbox) -> Headline:
    """The program office takes every message for its own: a copy to a Center is that Center's, and no duplicate."""
    if mailbox.kind == "center":
        return headline
    return replace(headline, content_digest=f"{mailbox.kind}:{headline.content_digest}")


def shown_address(address: Address) -> str:
    """A sender as people read it: the name they gave, and always the address."""
    return f"{address.name} <{address.addr}>" if address.name else address.addr


def standing_of(
    subject: Subject, line: SubjectLine, head: Headline, unit: UnitOfWork, bounced: Bounced | None = None
) -> Standing:
    """What the store knows that bears on this message."""
    mail = subject.reading.mail
    first = unit.first_of_kind(head.content_digest, other_than=subject.kept.id)
    answers = unit.answered((*mail.in_reply_to, *mail.references), find_tracking(mail.subject))
    key, content = key_of(mail, line, subject.policy), head.content_digest.removeprefix("program:")
    known = (content, f"program:{content}")
    return Standing(
        duplicate_of=first.message if first else None,
        duplicate_submission=first.submission if first else None,
        duplicate_arrived_at=first.arrived_at if first else None,
        duplicate_status=first.status if first else None,
        duplicate_reasons=first.reasons if first else (),
        duplicate_answerable=first.answerable if first else True,
        answers=answers.submission if answers else None,
        answers_sender=answers.key.sender if answers and answers.key else None,
        answers_same_key=answers is not None and answers.key == key,
        answers_reject=answers is not None and answers.kind is ReplyKind.REJECT,
        answers_by_id=answers is not None and answers.by_id,
        same_key=unit.newest_of_key(key),
        message_id_reused=bool(head.message_id and unit.message_id_reused(head.message_id, known)),
        returned=bounced.submission if bounced else None,
    )


def key_of(mail: Mail, line: SubjectLine, policy: Policy, *, free_subject: bool = False) -> Key:
    """What the messages of one submission have in common; where any subject is taken the line says nothing of it."""
    code = "" if free_subject else line.code or ""
    number = str(line.entry_number) if line.entry_number and not free_subject else None
    return key_of_fields(code=code, entry_number=number, account=line.account, sender=sender_key(mail, policy))


def case_of(subject: Subject, site: Site, *, line: SubjectLine, standing: Standing) -> Case:
    """The message as the checks see it."""
    mail, policy, kept = subject.reading.mail, subject.policy, subject.kept
    verdict = verdict_of(mail, policy)
    clocks = Clocks(
        date=mail.date,
        date_headers=mail.date_headers,
        hops=mail.received,
        arrived_at=kept.arrived_at,
        first_seen_at=kept.first_seen_at,
        date_signed=date_signed(mail, verdict),
    )
    recipients = [one.addr for one in (*mail.to, *mail.cc)]
    account = site.directory.account(line.account)
    owned = ownership(recipients, subject.mailbox, site.mailboxes, account)
    zone = local_zone(line.port, site.centers[owned.team])
    return Case(
        mail=mail,
        cut=set_aside(subject.reading.cut, policy),
        line=line,
        mailbox=subject.mailbox,
        owner=owned.mailbox,
        team=owned.team,
        transferred=owned.transferred,
        directory=site.directory,
        policy=policy,
        verdict=verdict,
        answerable=answerable(mail, own_addresses=site.own_addresses, policy=policy),
        clocks=clocks,
        presentation=present(clocks, zone=zone, policy=policy),
        standing=standing,
        scan=subject.scan.state if subject.scan else "",
        addressed=not site.center_addresses.isdisjoint(map(address_key, recipients)),
        too_large=subject.too_large,
        released=subject.release is not None,
    )


def _told(decision: Decision, case: Case) -> Decision:
    """The decision with the reason why what would be answered is not."""
    sender = case.mail.sender
    reason = case.answerable.reason
    if case.answerable.ok and sender is not None and reply_address(sender.addr) is None:
        reason = "no-reply-address"
    if decision.status not in REPLY_FOR or reason is None:
        return decision
    return replace(decision, reasons=(*decision.reasons, reason))


def _place(outcome: Outcome, case: Case, site: Site, unit: UnitOfWork) -> Outcome:
    """The outcome with its new item or, for a reject, its number; a number once given is kept."""
    status, given = outcome.decision.status, outcome.message.tracking
    if status is MessageStatus.REJECTED:
        return replace(outcome, tracking=given or next_number(case.mailbox.team, site, unit))
    begins = status in (MessageStatus.ENQUEUED, MessageStatus.ASSEMBLING) and outcome.decision.joins is None
    if not begins:
        return replace(outcome, tracking=given, decision=_as_it_joins(outcome, case))
    item = NewItem(
        tracking=given or next_number(case.team, site, unit),
        team=case.team,
        key=key_of(case.mail, case.line, case.policy, free_subject=case.free_subject),
        line=case.line,
        sender=_first_sender(case.mail),
        due=_due(outcome, case, site),
        makes_good=rejects_made_good(case, unit),
    )
    return replace(outcome, item=item)


def _as_it_joins(outcome: Outcome, case: Case) -> Decision:
    """The decision on a message that begins no item: what it joins stays where it is.

    What comes later, or unmarked beside a marked set, moves no time, so what is in doubt about its own is no doubt
    about the item's.
    """
    decision, placement = outcome.decision, outcome.placement
    beside = placement is not None and placement.place is Place.BESIDE
    moves_none = beside or decision.status in (MessageStatus.SUPPLEMENT, MessageStatus.CORRESPONDENCE)
    left_out = {"transferred", *(case.presentation.flags if moves_none else ())}
    return replace(decision, flags=tuple(flag for flag in decision.flags if flag not in left_out))


def _due(outcome: Outcome, case: Case, site: Site) -> datetime | None:
    """When the program office must have answered; of a Center's items their type decides."""
    zone = site.centers[case.team].time_zone
    return due_to_answer(outcome.message.arrived_at, zone) if case.free_subject else None


def _first_sender(mail: Mail) -> str:
    """The sender; of several, when staff have released such a message, the first; empty when none can be read."""
    return mail.sender.addr if mail.sender else next((address.addr for address in mail.from_), "")


def next_number(team: str, site: Site, unit: UnitOfWork) -> str:
    """The next tracking number of a team's year, which begins and ends where its Center is."""
    year = site.clock.now().astimezone(ZoneInfo(site.centers[team].time_zone)).year
    return tracking_number(team=team, year=year, serial=unit.next_serial(team, year))
