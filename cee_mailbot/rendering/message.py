"""Text and page to the bytes of one mail, which is read again before anybody may send it."""

import hashlib
from datetime import UTC
from email import message_from_bytes
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage, Message
from email.policy import SMTP, Policy
from email.utils import format_datetime, getaddresses
from typing import Any

from cee_mailbot.domain.reply import ReplyFacts, ReplyKind, is_reply_address
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.rendering.cleaning import (
    center_title,
    is_message_id,
    message_ids,
    reason_codes,
    word,
)

_FOLD_AT = 78
_ENCODED_WORD = 75
_LONGEST_LINE = 998


class _Verbatim(BaseHeader):
    """A header whose value goes out as it is, folded at its blanks only.

    The standard classes read a value again before they write it: on Python 3.11.7 an encoded word in a
    subject comes out as a header of its own, long message identifiers are encoded, and a quoted name with a
    comma loses its quotes when it is folded. What is given here is ASCII and cleaned.
    """

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Takes the value for what it is."""
        kwds["parse_tree"] = None
        kwds["decoded"] = value

    def fold(self, *, policy: Policy) -> str:
        """RFC 5322 section 2.2.3: lines of at most 78 characters, as far as the blanks allow."""
        lines = [f"{self.name}:"]
        for piece in self.split(" "):
            if len(lines[-1]) + 1 + len(piece) > _FOLD_AT:
                lines.append("")
            lines[-1] += " " + piece
        return policy.linesep.join(lines) + policy.linesep


def build(facts: ReplyFacts, *, subject: str, status: str, text: str, page: str) -> bytes:
    """The mail; raises `CeeMailbotError` unless another reader finds in it what was meant."""
    headers = _headers(facts, subject, status)
    registry = HeaderRegistry()
    for name, _ in headers:
        registry.map_to_type(name, _Verbatim)
    message = EmailMessage(policy=SMTP.clone(header_factory=registry))
    for name, value in headers:
        message[name] = value
    message.set_content(text, charset="utf-8", cte=_encoding(text))
    message.add_alternative(page, subtype="html", charset="utf-8", cte=_encoding(page))
    # From the identifier, so that the same facts give the same bytes; nobody can guess it beforehand.
    message.set_boundary("=_" + hashlib.sha256(facts.message_id.encode()).hexdigest()[:40])
    raw = message.as_bytes()
    _read_again(raw, facts, [name for name, _ in headers])
    return raw


def _headers(facts: ReplyFacts, subject: str, status: str) -> list[tuple[str, str]]:
    """The headers in their order; those without a value are left out."""
    for address in (facts.to, facts.mailbox_address):
        if not is_reply_address(address):
            raise CeeMailbotError(f"{address!a} is no address that a reply can carry")
    if not is_message_id(facts.message_id):
        raise CeeMailbotError(f"{facts.message_id!a} is no Message-ID")
    written_by_a_person = facts.kind is ReplyKind.STAFF
    headers = [
        ("From", _sender(facts)),
        ("To", facts.to),
        ("Subject", _encoded("Subject", subject)),
        ("Date", format_datetime(facts.written_at.astimezone(UTC))),
        ("Message-ID", facts.message_id),
        ("In-Reply-To", " ".join(message_ids([facts.in_reply_to or ""]))),
        ("References", " ".join(message_ids([*facts.references, facts.in_reply_to or ""]))),
        # RFC 3834 section 5: what a program answers says so, and no program answers it.
        ("Auto-Submitted", "" if written_by_a_person else "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-CEE-Tracking", word(facts.tracking)),
        ("X-CEE-Status", status),
        ("X-CEE-Reason", ", ".join(reason_codes(facts))),
    ]
    return [(name, value) for name, value in headers if value]


def _sender(facts: ReplyFacts) -> str:
    name = center_title(facts.from_center or facts.center)
    plain = name.isascii() and "=?" not in name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    shown = f'"{escaped}"' if plain else _encoded("From", name)
    return f"{shown} <{facts.mailbox_address}>"


def _encoded(name: str, value: str) -> str:
    """The value in ASCII: encoded words (RFC 2047) where it isn't, or where it would be taken for them."""
    if value.isascii() and "=?" not in value:
        return value
    encoded = Header(value, "utf-8", maxlinelen=_ENCODED_WORD, header_name=name).encode(linesep="\n")
    return " ".join(encoded.split())


def _encoding(text: str) -> str:
    plain = text.isascii() and all(len(line) <= _FOLD_AT for line in text.splitlines())
    return "7bit" if plain else "quoted-printable"


def _read_again(raw: bytes, facts: ReplyFacts, names: list[str]) -> None:
    """Fails unless another reader finds what was meant: the last door before the outbox."""
    parsed: Message = message_from_bytes(raw)
    addresses = {name: _addresses(parsed, name) for name in ("To", "From")}
    leaves = [part for part in parsed.walk() if not part.is_multipart()]
    found = {
        "headers": parsed.keys() == [*names, "MIME-Version", "Content-Type"],
        "recipient": addresses["To"] == [facts.to],
        "sender": addresses["From"] == [facts.mailbox_address],
        "parts": [part.get_content_type() for part in leaves] == ["text/plain", "text/html"],
        "line ends": raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n"),
        "line lengths": all(len(line) <= _LONGEST_LINE for line in raw.split(b"\r\n")),
    }
    wrong = [what for what, right in found.items() if not right]
    if wrong:
        raise CeeMailbotError(f"the reply {facts.message_id} did not read as it was meant: {', '.join(wrong)}")


def _addresses(parsed: Message, name: str) -> list[str]:
    # Unfolded first, as every reader does (RFC 5322 section 2.2.3), but not Python's own.
    values = [value.replace("\r\n", "") for value in parsed.get_all(name, [])]
    return [address for _, address in getaddresses(values)]
