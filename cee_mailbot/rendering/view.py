"""The facts of a reply as a template may show them: every value cleaned, every code in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cee_mailbot.domain.reply import LONGEST_FROM_STAFF, ListedDocument, ReplyFacts, ReplyKind, Stamp
from cee_mailbot.domain.routing import PROGRAM_TEAM
from cee_mailbot.rendering.cleaning import center_title, clean, file_name, paragraphs, quoted, reason_codes, word
from cee_mailbot.rendering.layout import local, parts_in_short, parts_in_words, size_in_words, time_in_words
from cee_mailbot.rendering.words import Words
from parsers.errors import Problem
from parsers.subject import SubjectLine

# What is quoted of a sender's words is as long as an honest sender's words are.
_LONGEST_WRITTEN = 160
_LONGEST_IN_SUBJECT = 60
_LONGEST_CANONICAL = 60
_LONGEST_FOUND = 80
_LONGEST_FIX = 400
_LONGEST_NAME = 60

# Pictures that the body refers to (status `inline`) are no documents of a submission and are not listed.
_LISTED = frozenset({"read", "unread", "unreadable"})

# Flags that these kinds tell in sentences of their own.
_TOLD = {
    ReplyKind.INCOMPLETE: frozenset({"parts-missing"}),
    ReplyKind.SUPPLEMENT: frozenset({"parts-missing", "completed-late"}),
    ReplyKind.TRANSFER: frozenset({"transferred"}),
}

# These show the times of the message that is answered, which are not those of the submission it belongs to.
_OF_THE_MESSAGE = frozenset({ReplyKind.SUPPLEMENT, ReplyKind.DUPLICATE})


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
    flags = [flag for flag in facts.flags if flag not in _TOLD.get(facts.kind, ())]
    return {
        **plain,
        **_set_values(facts),
        **_staff_values(facts),
        "subject": _subject(facts, words, plain),
        "fields": list(_fields(facts)),
        "presented": _time(words, "presented", facts.presented, plain),
        "received": _time(words, "received", facts.received, plain),
        "documents": documents,
        "unreadable": [document for document in documents if document.status == "unreadable"],
        "quarantined": _shown(facts.documents, {"quarantined"}),
        "repairs": _sentences(words, "repairs", repairs, plain),
        "notes": _sentences(words, "flags", flags, plain),
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
        "set_aside": any(document.status == "quarantined" for document in facts.documents),
        "attachment_limit": size_in_words(limits.attachments),
        "message_limit": size_in_words(limits.message),
    }


def _set_values(facts: ReplyFacts) -> dict[str, object]:
    """What there is of a split submission and what is not, and what a submission holds after an addition."""
    late = facts.kind is ReplyKind.SUPPLEMENT and facts.line is not None and facts.line.part is not None
    return {
        "have": parts_in_words(part.number for part in facts.parts),
        "missing": parts_in_words(facts.missing),
        "total": facts.total,
        "next_part": min(facts.missing, default=0),
        "parts_there": [
            (f"Part {part.number}", [file_name(name, _LONGEST_NAME) for name in part.documents] or ["(no file)"])
            for part in sorted(facts.parts, key=lambda part: part.number)
        ],
        "completes": late and facts.total is not None and not facts.missing,
        "hand_over": time_in_words(facts.hand_over) if facts.hand_over else "",
        "held": _held(facts),
    }


def _staff_values(facts: ReplyFacts) -> dict[str, object]:
    """What a person on the staff wrote, and where a submission was passed to."""
    center = facts.to_center
    return {
        "staff_words": paragraphs(facts.reason, LONGEST_FROM_STAFF),
        "to_center": center_title(center) if center else "",
        "to_team": center.team if center else "",
        "to_mailbox": next(iter(center.mailboxes), "") if center else "",
        "to_phone": center.phone if center else "",
        "to_port": _port(facts.line) if facts.line else "",
    }


def _held(facts: ReplyFacts) -> int:
    return facts.held_before + len(_shown(facts.documents, _LISTED))


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
        yield "Port", [_port(line)]
    if line.account:
        yield "Account as written", [quoted(line.account, _LONGEST_FOUND)]


def _port(line: SubjectLine) -> str:
    return f"{line.port} ({line.port_name.title()})" if line.port_name else line.port or ""


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
    if facts.kind is ReplyKind.REJECT:
        # Nothing more: a stranger learns nothing of what we know.
        yield "reason", ",".join(reason_codes(facts))
        yield "field", ",".join(filter(None, dict.fromkeys(word(each.field) for each in facts.problems)))
        return
    team = facts.to_center if facts.kind is ReplyKind.TRANSFER else facts.center
    yield "team", team.team if team else ""
    if facts.line:
        yield "code", word(facts.line.code)
        yield "entry", word(str(facts.line.entry_number or ""))
        yield "port", word(facts.line.port)
    if facts.presented and facts.kind not in _OF_THE_MESSAGE:
        yield "presented", local(facts.presented).isoformat(timespec="seconds")
    yield from _counts(facts)


def _counts(facts: ReplyFacts) -> Iterator[tuple[str, str]]:
    """How much there is; of a submission that something was added to, how much it has now."""
    there = facts.total - len(facts.missing) if facts.total else len(facts.parts) or facts.messages
    yield "parts", str(there)
    yield "total", str(facts.total or "")
    yield "missing", parts_in_short(facts.missing)
    if facts.kind is ReplyKind.SUPPLEMENT:
        yield "added", str(_held(facts) - facts.held_before)
    yield "files", str(_held(facts))
