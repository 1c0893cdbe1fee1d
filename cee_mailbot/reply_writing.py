"""The reply that is due for an outcome: its facts, its bytes, and whether it may leave now."""

import re

from cee_mailbot.domain.acceptance import Case
from cee_mailbot.domain.answering import UNLIMITED, Allowance, ReplyTraffic, allow
from cee_mailbot.domain.presentation import Presentation
from cee_mailbot.domain.reply import ListedDocument, ReplyFacts, ReplyKind, ReplyState, Stamp, reply_address
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.interfaces import Letter
from cee_mailbot.ledger import KeptMessage, NewReply, Outcome, UnitOfWork
from cee_mailbot.site import Site
from parsers.mail import Mail

REPLY_FOR: dict[MessageStatus, ReplyKind] = {
    MessageStatus.ENQUEUED: ReplyKind.ACKNOWLEDGEMENT,
    MessageStatus.REJECTED: ReplyKind.REJECT,
}

_PREFIXES = re.compile(r"^(?:[^\s:]{1,30}:\s*)+")
REFERENCES_KEPT = 10


def write_reply(outcome: Outcome, case: Case, site: Site, unit: UnitOfWork, *, answer: bool) -> NewReply | None:
    """The reply to one message, or None where nothing may be said; opens the breaker when it must.

    With `answer` false the reply is written and withheld, so that it can be seen.
    """
    kind = REPLY_FOR.get(outcome.decision.status)
    sender = case.mail.sender
    to = reply_address(sender.addr) if sender else None
    if kind is None or to is None or not case.answerable.ok:
        return None
    facts = _facts(kind, to, outcome, case, site)
    composed = site.composer.compose(facts)
    allowance = _allowance(kind, to, case.mail, case, site, unit, answer=answer)
    return NewReply(
        event=f"{kind}:{outcome.message.id}",
        kind=kind,
        mailbox=case.owner.name,
        letter=Letter(return_path=_return_path(case), to=facts.to, raw=composed.raw),
        subject=composed.subject,
        thread=thread_of(case.mail),
        message_id=facts.message_id,
        in_reply_to=facts.in_reply_to,
        state=allowance.state,
        due_at=allowance.not_before,
        reasons=(allowance.reason,) if allowance.reason else (),
    )


def thread_of(mail: Mail) -> str:
    """The subject without prefixes, blanks and case: what makes two messages of a robot alike."""
    return " ".join(_PREFIXES.sub("", mail.subject[:500]).casefold().split())[:200]


def _allowance(  # noqa: PLR0913 - each is asked once
    kind: ReplyKind, to: str, mail: Mail, case: Case, site: Site, unit: UnitOfWork, *, answer: bool
) -> Allowance:
    now = site.clock.now()
    if not answer:
        return Allowance(state=ReplyState.WITHHELD, not_before=now, reason="no-replies")
    traffic = ReplyTraffic() if kind in UNLIMITED else unit.traffic(to, thread_of(mail))
    allowance = allow(kind, traffic, policy=case.policy, now=now)
    if allowance.opens_breaker:
        unit.open_breaker()
    return allowance


def _return_path(case: Case) -> str:
    return case.owner.address if case.policy.reply_return_path == "mailbox" else ""


def _facts(kind: ReplyKind, to: str, outcome: Outcome, case: Case, site: Site) -> ReplyFacts:
    mail = case.mail
    return ReplyFacts(
        kind=kind,
        message_id=site.new_message_id(),
        to=to,
        mailbox_address=case.owner.address,
        center=site.centers[case.owner.team],
        tracking=outcome.item.tracking if outcome.item else outcome.tracking,
        line=case.line,
        line_as_written=mail.subject,
        in_reply_to=mail.message_id,
        references=_references(mail),
        presented=_presented(case.presentation),
        received=_reached(outcome.message, case.presentation),
        documents=tuple(
            ListedDocument(name=doc.name, bytes=doc.bytes, sha256=doc.sha256, status=doc.status)
            for doc in case.cut.documents
            if doc.status != "inline"
        ),
        problems=outcome.decision.problems,
        reasons=outcome.decision.reasons,
        flags=outcome.decision.flags,
        written_at=site.clock.now(),
    )


def _references(mail: Mail) -> tuple[str, ...]:
    """The thread as RFC 5322 3.6.4 builds it, its oldest and its newest ids when it is long."""
    ids = [*(mail.references or mail.in_reply_to[:1]), *([mail.message_id] if mail.message_id else [])]
    return tuple(ids if len(ids) <= REFERENCES_KEPT else [ids[0], *ids[1 - REFERENCES_KEPT :]])


def _presented(shown: Presentation) -> Stamp:
    return Stamp(instant=shown.instant, zone=shown.zone, source=shown.basis)


def _reached(kept: KeptMessage, shown: Presentation) -> Stamp:
    return Stamp(instant=kept.arrived_at, zone=shown.zone, source="arrival")
