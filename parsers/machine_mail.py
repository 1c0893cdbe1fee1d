"""The marks by which a machine's mail is known, so that a robot never answers a robot (RFC 3834)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from parsers.addresses import Address
from parsers.entry_number import find_entry_spans
from parsers.headers import HeaderBlock, clean
from parsers.lexical import strip_comments
from parsers.parameters import read_parameters

DETAIL_LIMIT = 200

NULL_RETURN_PATH = "null-return-path"
MISSING_RETURN_PATH = "missing-return-path"
AUTO_SUBMITTED = "auto-submitted"
PRECEDENCE = "precedence"
LIST = "list"
AUTO_RESPONSE_SUPPRESS = "auto-response-suppress"
AUTO_REPLY_HEADER = "auto-reply-header"
DELIVERY_REPORT = "delivery-report"
READ_RECEIPT = "read-receipt"
ROBOT_NAME = "robot-name"
BOUNCE_SUBJECT = "bounce-subject"
OWN_REPLY = "own-reply"

_PRECEDENCES = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_REPLY_HEADERS = frozenset(
    {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-auto-respond", "x-autoreply-from"}
)
_REPORT_HEADERS = frozenset({"x-failed-recipients"})
# Mailing lists older than RFC 2369.
_LIST_HEADERS = frozenset({"mailing-list", "x-mailing-list", "x-ml-name", "x-mlserver"})
_REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPT_TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})

# Compared without dots, dashes and underscores.
_ROBOT_LOCAL_PARTS = re.compile(
    r"(?:mailerdaemon|maildaemon|postmaster|autoreply|autorespond)"
    r"|.{0,64}(?:noreply|donotreply|nepasrepondre|noresponder)"
)
_ROBOT_NAMES = re.compile(r"mail(?:er)?[ -]?d[ae]?emon|mail delivery (?:sub)?system|\bpostmaster\b", re.IGNORECASE)

# What mail servers title their reports with, at the beginning of the subject, in lower case. A report that
# somebody forwards is a person's mail when it names an entry or may carry documents; else it needs no answer.
BOUNCE_SUBJECTS: tuple[str, ...] = (
    "undelivered mail returned to sender",
    "undeliverable:",
    "undeliverable mail",
    "undeliverable message",
    "mail delivery failed",
    "mail delivery failure",
    "delivery status notification",
    "delivery failure",
    "failure notice",
    "returned mail:",
    "mail system error",
    "loop alert:",
    "complaint about message from",
)
_FORWARDED = re.compile(r"\A(?:(?:fwd?|wg|tr|rv|re|aw) ?: ?)+")
_TAGS = re.compile(r"\A(?:\[[^\]]{1,40}\] ?)+")


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineMark:
    """One sign that a machine wrote the message: a stable code, and the header and value that decided."""

    code: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Evidence:
    """What the marks are looked for in."""

    block: HeaderBlock
    senders: tuple[Address, ...]
    subject: str
    return_path: str | None


def machine_marks(
    block: HeaderBlock, senders: tuple[Address, ...], subject: str, return_path: str | None
) -> tuple[MachineMark, ...]:
    """Return every mark of a machine in a top-level header, in the order of the checks."""
    evidence = _Evidence(block=block, senders=senders, subject=subject, return_path=return_path)
    return tuple(mark for check in _CHECKS if (mark := check(evidence)) is not None)


def _null_return_path(evidence: _Evidence) -> MachineMark | None:
    """Return the mark of mail that nobody wants an answer to; Courier writes the daemon's name for `<>`."""
    if evidence.return_path == "" or (evidence.return_path or "").lower().startswith("mailer-daemon"):
        return mark_of(NULL_RETURN_PATH, "Return-Path", f"<{evidence.return_path}>")
    return None


def _missing_return_path(evidence: _Evidence) -> MachineMark | None:
    """Return the mark of mail without a Return-Path, which counts only where a mailbox says so."""
    return mark_of(MISSING_RETURN_PATH, "Return-Path", "") if evidence.return_path is None else None


def _auto_submitted(evidence: _Evidence) -> MachineMark | None:
    """Return the mark of any value but `no` (RFC 3834 section 5); parameters and comments say nothing."""
    for header in evidence.block.all("auto-submitted"):
        value = strip_comments(header.structured).partition(";")[0].strip().lower()
        if value not in {"", "no"}:
            return mark_of(AUTO_SUBMITTED, "Auto-Submitted", header.structured)
    return None


def _precedence(evidence: _Evidence) -> MachineMark | None:
    for header in evidence.block.all("precedence"):
        if strip_comments(header.structured).partition(";")[0].strip().lower() in _PRECEDENCES:
            return mark_of(PRECEDENCE, "Precedence", header.structured)
    return None


def _list(evidence: _Evidence) -> MachineMark | None:
    return _named(evidence.block, LIST, lambda name: name.startswith("list-") or name in _LIST_HEADERS)


def _auto_response_suppress(evidence: _Evidence) -> MachineMark | None:
    for header in evidence.block.all("x-auto-response-suppress"):
        if header.structured.lower() not in {"", "none"}:
            return mark_of(AUTO_RESPONSE_SUPPRESS, "X-Auto-Response-Suppress", header.structured)
    return None


def _auto_reply_header(evidence: _Evidence) -> MachineMark | None:
    return _named(evidence.block, AUTO_REPLY_HEADER, _REPLY_HEADERS.__contains__)


def _delivery_report(evidence: _Evidence) -> MachineMark | None:
    """Return the mark of a bounce by its type (RFC 3462) or by the header that names failed recipients."""
    kind = read_parameters(evidence.block.structured("content-type") or "")
    if kind.media_type in _REPORT_TYPES or (kind.media_type == "multipart/report" and not _is_receipt(evidence)):
        return mark_of(DELIVERY_REPORT, "Content-Type", evidence.block.structured("content-type") or "")
    return _named(evidence.block, DELIVERY_REPORT, _REPORT_HEADERS.__contains__)


def _read_receipt(evidence: _Evidence) -> MachineMark | None:
    if _is_receipt(evidence):
        return mark_of(READ_RECEIPT, "Content-Type", evidence.block.structured("content-type") or "")
    return None


def _is_receipt(evidence: _Evidence) -> bool:
    kind = read_parameters(evidence.block.structured("content-type") or "")
    report = kind.parameters.get("report-type", "").lower()
    return kind.media_type in _RECEIPT_TYPES or (
        kind.media_type == "multipart/report" and report == "disposition-notification"
    )


def _robot_name(evidence: _Evidence) -> MachineMark | None:
    """Return the mark of a sender who says that nobody reads there."""
    for address in evidence.senders:
        local = re.sub(r"[._+-]", "", address.addr.rpartition("@")[0] or address.addr).lower()
        if _ROBOT_LOCAL_PARTS.match(local) or _ROBOT_NAMES.search(address.name):
            return mark_of(ROBOT_NAME, "From", f"{address.name} <{address.addr}>")
    return None


def _bounce_subject(evidence: _Evidence) -> MachineMark | None:
    """Return the mark of a report by its title; `Delivery failure DR,…` before an entry number is a person's."""
    text = folded(evidence.subject)
    forwarded = _FORWARDED.match(text)
    if forwarded:
        kind = read_parameters(evidence.block.structured("content-type") or "text/plain")
        if not kind.media_type.startswith("text/") or find_entry_spans(text):
            return None
        text = text[forwarded.end() :]
    title = next((title for title in BOUNCE_SUBJECTS if text.startswith(title)), None)
    if title is None:
        return None
    rest = text.removeprefix(title).lstrip()
    is_title = title.endswith(":") or rest.startswith(":") or not find_entry_spans(rest)
    return mark_of(BOUNCE_SUBJECT, "Subject", evidence.subject) if is_title else None


def _own_reply(evidence: _Evidence) -> MachineMark | None:
    """Return the mark of a reply of ours that came back, through a forwarder that keeps no Auto-Submitted."""
    return _named(evidence.block, OWN_REPLY, "x-cee-tracking".__eq__)


_CHECKS: tuple[Callable[[_Evidence], MachineMark | None], ...] = (
    _null_return_path,
    _missing_return_path,
    _auto_submitted,
    _precedence,
    _list,
    _auto_response_suppress,
    _auto_reply_header,
    _delivery_report,
    _read_receipt,
    _robot_name,
    _bounce_subject,
    _own_reply,
)


def _named(block: HeaderBlock, code: str, is_meant: Callable[[str], bool]) -> MachineMark | None:
    """Return the mark of the first header whose name alone decides."""
    header = next((header for header in block.headers if is_meant(header.name)), None)
    return None if header is None else mark_of(code, header.name.title(), header.structured)


def mark_of(code: str, name: str, value: str) -> MachineMark:
    """Return a mark that names the header and the value that decided (F59)."""
    return MachineMark(code=code, detail=clean(f"{name}: {value}", DETAIL_LIMIT))


def folded(text: str) -> str:
    """Return a subject as it is compared: letter case, repeated blanks and the tags of gateways say nothing."""
    return _TAGS.sub("", " ".join(text[:DETAIL_LIMIT].split()), count=1).casefold()
