"""The evidence of a message's times, kept beside them."""

from cee_mailbot.domain.case import Case
from cee_mailbot.ledger import KeptMessage


def evidence_of(case: Case, kept: KeptMessage) -> dict[str, object]:
    """Every clock of the message and what vouches for it, in the form that JSON can say."""
    mail = case.mail
    return {
        "date": mail.date.raw,
        "date_read": mail.date.instant.isoformat() if mail.date.instant else None,
        "date_why_not": mail.date.why_not,
        "date_headers": mail.date_headers,
        "received": [
            {"by": hop.by, "at": hop.at.instant.isoformat() if hop.at.instant else None, "raw": hop.raw}
            for hop in mail.received
        ],
        "arrival": kept.arrived_at.isoformat(),
        "first_seen": kept.first_seen_at.isoformat(),
        **({"submitted": kept.submitted_at.isoformat()} if kept.submitted_at else {}),
        "observed": case.presentation.observed.isoformat(),
        "dkim": case.verdict.dkim if case.verdict.trusted else None,
        "date_signed": case.clocks.date_signed,
        "dkim_signatures": [
            {"d": one.d, "s": one.s, "h": list(one.h), "t": one.t, "x": one.x, "l": one.l} for one in mail.dkim
        ],
    }
