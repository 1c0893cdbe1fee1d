"""What would become of one message and why, in the form that other programs rely on; stores nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cee_mailbot.domain.acceptance import decide, held_for
from cee_mailbot.domain.assembly import Place, place
from cee_mailbot.domain.case import Case, Decision, Outcome, Standing
from cee_mailbot.domain.cross_check import CheckedItem, FiledPaper, cross_check
from cee_mailbot.domain.facts import to_json
from cee_mailbot.domain.office_hours import next_opening
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.telling import Follows, tell
from cee_mailbot.evidence import evidence_of
from cee_mailbot.gathering import part_of
from cee_mailbot.outcome import Subject, case_of, read_line, shown_address
from cee_mailbot.site import Site
from parsers.documents import Document
from parsers.papers import NOT_LOOKED_INTO, Paper


def explain(
    subject: Subject, site: Site, *, refused: str | None = None, papers: Mapping[str, Paper] | None = None
) -> dict[str, Any]:
    """The story of one message, judged as if no other had ever come.

    `refused` is the code of the reason why no more than its header could be read: it would be held for that. `papers`
    are what its documents say, by the SHA-256 of their bytes; with them come the flags that they would raise.
    """
    known = papers or {}
    case, decision = _judged(_with_statuses(subject, known), site, refused)
    decision = _advised(case, decision, known)
    story = {
        "message_id": case.mail.message_id,
        "from": ", ".join(shown_address(address) for address in case.mail.from_),
        "sender_domain": case.mail.sender.domain if case.mail.sender else None,
        "to": [address.addr for address in case.mail.to],
        "date": case.mail.date.raw,
        "subject": case.line.as_json(),
        "presentation": _presentation(case) | {"evidence": evidence_of(case, subject.kept) | _opening(case)},
        "answerable": {"ok": case.answerable.ok, "reason": case.answerable.reason},
        "authentication": _authentication(case),
        "documents": [_document(doc, known.get(doc.sha256)) for doc in case.cut.documents],
        "decision": {
            "outcome": decision.outcome,
            "reasons": decision.reasons,
            "flags": decision.flags,
        },
    }
    plain: dict[str, Any] = to_json(story)
    return plain


def explain_in_words(
    subject: Subject, site: Site, *, refused: str | None = None, papers: Mapping[str, Paper] | None = None
) -> Iterator[str]:
    """The same story for people: what was read, which rules spoke and why, and what would follow."""
    known = papers or {}
    case, decision = _judged(_with_statuses(subject, known), site, refused)
    center = site.centers[case.team]
    follows = Follows(queue=center.name, team=case.team, refused=refused is not None, papers=known)
    return tell(case, _advised(case, decision, known), follows)


def _with_statuses(subject: Subject, papers: Mapping[str, Paper]) -> Subject:
    """The message with its documents as they stand after they were read."""
    cut = subject.reading.cut
    documents = tuple(
        replace(one, status=papers[one.sha256].status) if one.sha256 in papers else one for one in cut.documents
    )
    return replace(subject, reading=replace(subject.reading, cut=replace(cut, documents=documents)))


def _advised(case: Case, decision: Decision, papers: Mapping[str, Paper]) -> Decision:
    """The decision with the flags that the papers would raise on the item."""
    if decision.status not in (MessageStatus.ENQUEUED, MessageStatus.ASSEMBLING):
        return decision
    line = case.line
    account = case.directory.account(line.account)
    item = CheckedItem(
        code=None if case.free_subject else line.code,
        entry_number=str(line.entry_number) if line.entry_number else None,
        port=line.port,
        presented_on=case.presentation.local.date(),
        joined=account.joined if account else None,
        is_whole=decision.status is MessageStatus.ENQUEUED,
    )
    filed = [FiledPaper(message=0, paper=papers.get(one.sha256, NOT_LOOKED_INTO)) for one in case.documents]
    found = cross_check(item, filed).flag_names
    return replace(decision, flags=tuple(dict.fromkeys((*decision.flags, *found))))


def _judged(subject: Subject, site: Site, refused: str | None) -> tuple[Case, Decision]:
    """The message as the checks see it, and the decision, its part of a set included."""
    case = case_of(subject, site, line=read_line(subject), standing=Standing())
    if refused:
        return case, held_for(refused)
    decision = decide(case)
    if decision.status is not MessageStatus.ENQUEUED or case.free_subject:
        return case, decision
    if place(part_of(case, subject.kept), (), case.policy).place is not Place.OPENS:
        return case, decision
    return case, replace(decision, outcome=Outcome.ASSEMBLE, status=MessageStatus.ASSEMBLING)


def _presentation(case: Case) -> dict[str, Any]:
    shown = case.presentation
    return {
        "utc": shown.instant,
        "local": shown.local,
        "zone": shown.zone,
        "basis": shown.basis,
        "strength": shown.strength,
        "disputed": shown.disputed,
    }


def _opening(case: Case) -> dict[str, Any]:
    """When the port opens after an out-of-hours presentation; snow days are in the store, which is not asked here."""
    shown, hours = case.presentation, case.policy.office_hours
    return {"next_opening": next_opening(shown.instant, hours=hours, zone=shown.zone, port=case.line.port)}


def _authentication(case: Case) -> dict[str, Any]:
    verdict = case.verdict
    return {"spf": verdict.spf, "dkim": verdict.dkim, "dmarc": verdict.dmarc, "trusted": verdict.trusted}


def _document(doc: Document, paper: Paper | None) -> dict[str, Any]:
    return {
        "name": doc.name,
        "type": doc.type,
        "bytes": doc.bytes,
        "sha256": doc.sha256,
        "path": doc.path,
        "form": paper.form if paper else None,
        "entry_numbers": [str(number) for number in paper.entry_numbers] if paper else [],
        "status": doc.status,
    }
