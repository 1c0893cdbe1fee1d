"""What would become of one message and why, in the form that other programs rely on; stores nothing."""

from typing import Any

from cee_mailbot.domain.acceptance import Case, Standing, decide, held_for
from cee_mailbot.domain.facts import to_json
from cee_mailbot.outcome import Subject, case_of, evidence_of, read_line, shown_address
from cee_mailbot.site import Site


def explain(subject: Subject, site: Site, *, refused: str | None = None) -> dict[str, Any]:
    """The story of one message, judged as if no other had ever come.

    `refused` is the code of the reason why no more than its header could be read: it would be held for that.
    """
    line = read_line(subject)
    case = case_of(subject, site, line=line, standing=Standing())
    decision = held_for(refused) if refused else decide(case)
    story = {
        "message_id": case.mail.message_id,
        "from": ", ".join(shown_address(address) for address in case.mail.from_),
        "sender_domain": case.mail.sender.domain if case.mail.sender else None,
        "to": [address.addr for address in case.mail.to],
        "date": case.mail.date.raw,
        "subject": line.as_json(),
        "presentation": _presentation(case) | {"evidence": evidence_of(case, subject.kept)},
        "answerable": {"ok": case.answerable.ok, "reason": case.answerable.reason},
        "authentication": _authentication(case),
        "documents": [_document(doc) for doc in case.cut.documents],
        "decision": {
            "outcome": decision.outcome,
            "reasons": decision.reasons,
            "flags": decision.flags,
        },
    }
    plain: dict[str, Any] = to_json(story)
    return plain


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


def _authentication(case: Case) -> dict[str, Any]:
    verdict = case.verdict
    return {"spf": verdict.spf, "dkim": verdict.dkim, "dmarc": verdict.dmarc, "trusted": verdict.trusted}


def _document(doc: Any) -> dict[str, Any]:
    """One document; which form it is and what it names is known once documents are read."""
    return {
        "name": doc.name,
        "type": doc.type,
        "bytes": doc.bytes,
        "sha256": doc.sha256,
        "path": doc.path,
        "form": None,
        "entry_numbers": [],
        "status": doc.status,
    }
