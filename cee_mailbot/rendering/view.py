"""The facts of a reply as a template may show them: every value cleaned, every code in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cee_mailbot.domain.reply import ListedDocument, ReplyFacts, Stamp
from cee_mailbot.domain.routing import PROGRAM_TEAM
from cee_mailbot.rendering.cleaning import center_title, clean, file_name, quoted, reason_codes, word
from cee_mailbot.rendering.layout import local, size_in_words, time_in_words
from cee_mailbot.rendering.words import Words
from parsers.errors import Problem

# What is quoted of a sender's words is as long as an honest sender's words are.
_LONGEST_WRITTEN = 160
_LONGEST_IN_SUBJECT = 60
_LONGEST_CANONICAL = 60
_LONGEST_FOUND = 80
_LONGEST_FIX = 400
_LONGEST_NAME = 60

_NOT_PROCESSED = "not-processed"

# Pictures that the body refers to (status `inline`) are no documents of a submission and are not listed.
_LISTED = frozenset({"read", "unread", "unreadable"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Sizes in bytes that the words name: what a message may carry, and how large it may be as a whole."""

    attachments: int
    message: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownTime:
    """A time in words, and which clock it is from."""

    text: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownDocument:
    """A document's number in its list, its name, its size in words, its digest in full, and its status."""

    number: int
    name: str
    size: str
    sha256: str
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownReason:
    """Why a message was not processed, in words."""

    code: str
    because: str
    todo: str
    found: str
    need: str
    fix: str
    example: str


def view(facts: ReplyFacts, words: Words, limits: Limits, status: str) -> dict[str, object]:
    """Every value that a template may name."""
    plain = _plain_values(facts, limits)
    documents = _shown(facts.documents, _LISTED)
    repairs = facts.line.repairs if facts.line else ()
    return {
        **plain,
        "subject": _subject(facts, words, plain),
        "fields": list(_fields(facts)),
        "presented": _time(words, "presented", facts.presented, plain),
        "received": _time(words, "received", facts.received, plain),
        "documents": documents,
        "unreadable": [document for document in documents if document.status == "unreadable"],
        "quarantined": _shown(facts.documents, {"quarantined"}),
        "repairs": _sentences(words, "repairs", repairs, plain),
        "notes": _sentences(words, "flags", facts.flags, plain),
        "reasons": _reasons(facts, words, plain),
        "subject_wrong": bool(facts.problems),
        "machine": "; ".join(f"{name}={value}" for name, value in _machine(facts, status) if value),
    }


def _plain_values(facts: ReplyFacts, limits: Limits) -> dict[str, object]:
    line = facts.line
    return {
        "line_as_written": quoted(facts.line_as_written, _LONGEST_WRITTEN),
        "canonical": clean((line and line.canonical) or "", _LONGEST_CANONICAL),
        "suggested": clean(_suggested(facts), _LONGEST_CANONICAL),
        "tracking": word(facts.tracking),
        "center": center_title(facts.center),
        "team": facts.center.team,
        "phone": facts.center.phone,
        "program_office": facts.center.team == PROGRAM_TEAM,
        "mailbox": facts.mailbox_address,
        "messages": facts.messages,
        "has_documents": bool(facts.documents),
        "attachment_limit": size_in_words(limits.attachments),
        "message_limit": size_in_words(limits.message),
    }


def _suggested(facts: ReplyFacts) -> str:
    """The line as it should be, with low lines to fill in; nothing where it would be low lines only."""
    line = facts.line
    known = line and (line.canonical or line.code or line.entry_number or line.port)
    return line.suggested_line if line and known else ""


def _subject(facts: ReplyFacts, words: Words, plain: dict[str, object]) -> str:
    """The outcome, the line, and the tracking number in brackets."""
    written = quoted(facts.line_as_written, _LONGEST_IN_SUBJECT).replace('"', "'") or "(no subject)"
    values = {**plain, "line_as_written": written, "line": plain["canonical"] or written}
    subject = " ".join(words.table("kinds", facts.kind, values).get("subject", "").split())
    return f"{subject} [{plain['tracking']}]" if plain["tracking"] else subject


def _fields(facts: ReplyFacts) -> Iterator[tuple[str, list[str]]]:
    """The rows that say what the submission is; a field that was not read has none."""
    line = facts.line
    if facts.tracking:
        yield "Your tracking number", [word(facts.tracking)]
    if line is None:
        return
    if line.code:
        yield "Type", [f"{line.subject} ({line.code})" if line.subject else line.code]
    if line.entry_number:
        yield "Entry number", [str(line.entry_number)]
    if line.port:
        yield "Port", [f"{line.port} ({line.port_name.title()})" if line.port_name else line.port]
    if line.account:
        yield "Account as written", [quoted(line.account, _LONGEST_FOUND)]


def _time(words: Words, section: str, stamp: Stamp | None, plain: dict[str, object]) -> ShownTime | None:
    if stamp is None:
        return None
    return ShownTime(text=time_in_words(stamp), source=words.sentence(section, stamp.source, plain))


def _shown(documents: Iterable[ListedDocument], statuses: Iterable[str]) -> list[ShownDocument]:
    listed = [document for document in documents if document.status in statuses]
    return [
        ShownDocument(
            number=number,
            name=file_name(document.name, _LONGEST_NAME),
            size=f"{document.bytes:,} {'byte' if document.bytes == 1 else 'bytes'}",
            sha256=document.sha256,
            status=document.status,
        )
        for number, document in enumerate(listed, start=1)
    ]


def _sentences(words: Words, section: str, codes: Iterable[str], plain: dict[str, object]) -> list[str]:
    sentences = (words.sentence(section, code, plain) for code in codes)
    return [sentence for sentence in dict.fromkeys(sentences) if sentence]


def _reasons(facts: ReplyFacts, words: Words, plain: dict[str, object]) -> list[ShownReason]:
    """The problems of the subject line first, since they have the most to mend; then what else there is."""
    problems = {problem.code: problem for problem in reversed(facts.problems)}
    return [_reason(code, problems.get(code), words, plain) for code in reason_codes(facts) or ["other"]]


def _reason(code: str, problem: Problem | None, words: Words, plain: dict[str, object]) -> ShownReason:
    told = words.table("reasons", code, plain)
    if problem:
        told["found"] = quoted(problem.found, _LONGEST_FOUND) or told["found"]
        told["fix"] = clean(problem.fix, _LONGEST_FIX) or told["fix"]
    names = ("because", "todo", "found", "need", "fix", "example")
    if told["example"] in told["fix"]:
        told["example"] = ""
    return ShownReason(code=word(code), **{name: told[name] for name in names})


def _machine(facts: ReplyFacts, status: str) -> Iterator[tuple[str, str]]:
    """The block that programs read: names and plain words only."""
    yield "tracking", word(facts.tracking)
    yield "status", status
    if status == _NOT_PROCESSED:
        yield "reason", ",".join(reason_codes(facts))
        yield "field", ",".join(filter(None, dict.fromkeys(word(each.field) for each in facts.problems)))
        return
    yield "team", facts.center.team
    if facts.line:
        yield "code", word(facts.line.code)
        yield "entry", word(str(facts.line.entry_number or ""))
        yield "port", word(facts.line.port)
    if facts.presented:
        yield "presented", local(facts.presented).isoformat(timespec="seconds")
    yield "parts", str(facts.messages)
    yield "files", str(len(_shown(facts.documents, _LISTED)))
