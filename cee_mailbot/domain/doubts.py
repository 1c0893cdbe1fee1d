"""Flags: named doubts about a message, which staff see and which decide nothing."""

from collections.abc import Callable

from cee_mailbot.domain.case import Case
from cee_mailbot.domain.document_types import is_unlisted
from cee_mailbot.domain.routing import is_usvi
from parsers.documents import AMBIGUOUS_DEFECTS


def collect_flags(case: Case) -> tuple[str, ...]:
    """Every flag that this message raises, each once, in the order of the rules."""
    raised = [flag for flag, rule in FLAG_RULES if rule(case)]
    line_flags = () if case.free_subject else case.line.flags
    return tuple(dict.fromkeys((*line_flags, *case.presentation.flags, *raised)))


def _account_unknown(case: Case) -> bool:
    listed = case.directory.accounts is not None and case.line.account is not None and not case.free_subject
    return listed and case.directory.account(case.line.account) is None


def _sender_unrecognised(case: Case) -> bool:
    entry_number, sender = case.line.entry_number, case.mail.sender
    if case.directory.filers is None or entry_number is None or sender is None or case.free_subject:
        return False
    return not case.directory.knows_sender(sender.addr, entry_number.filer_code)


FLAG_RULES: tuple[tuple[str, Callable[[Case], bool]], ...] = (
    ("message-id-reused", lambda case: case.standing.message_id_reused),
    ("message-ambiguous", lambda case: not AMBIGUOUS_DEFECTS.isdisjoint((*case.mail.defects, *case.cut.defects))),
    ("over-limit", lambda case: case.too_large or case.cut.attachments_bytes > case.policy.attachment_limit),
    ("document-unreadable", lambda case: any(doc.status == "unreadable" for doc in case.cut.documents)),
    ("type-unlisted", lambda case: any(is_unlisted(doc, case.policy) for doc in case.cut.documents)),
    ("not-scanned", lambda case: case.scan == "not-scanned"),
    ("quarantined", lambda case: any(doc.status == "quarantined" for doc in case.cut.documents)),
    ("no-documents", lambda case: case.documents_missing and (case.has_inline or case.released)),
    ("not-center-usvi", lambda case: is_usvi(case.line.port)),
    ("account-unknown", _account_unknown),
    ("sender-unrecognised", _sender_unrecognised),
    ("transferred", lambda case: case.transferred),
    ("received-governs", lambda case: case.line.code in ("PR", "PD")),
    ("forwarded", lambda case: case.mail.sender is not None and case.mail.sender.domain in case.policy.own_domains),
)
