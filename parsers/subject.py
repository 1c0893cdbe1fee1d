"""The static subject line `CODE,Account,FFF-NNNNNNNN,PPPP` of the Center test procedures, read leniently."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from parsers.entry_number import EntryNumber
from parsers.errors import Problem
from parsers.part_marker import find_body_marker, find_part_marker
from parsers.port import find_port
from parsers.subject_partings import partings
from parsers.subject_problems import problem, strict_problem
from parsers.subject_reading import Reading, read_parting
from parsers.subject_text import clean_text
from parsers.subject_types import nearest_codes, subject_table
from parsers.subject_wrapping import TRAILING_SIGNS, Unwrapped, Wrappings, open_front, take_inner_markers, unwrap

__all__ = [
    "DEFAULT_RULES",
    "REPAIRS",
    "SubjectLine",
    "SubjectRules",
    "find_body_marker",
    "find_part_marker",
    "nearest_codes",
    "parse_subject",
    "write_subject",
]

REPAIRS = (
    "encoded-word", "unicode", "invisible", "reply-prefix", "gateway-tag", "comma-space", "separator", "quotes",
    "trailing", "trailing-text", "code-case", "account-length", "account-spaces", "account-comma", "entry-case",
    "entry-form", "port-zero", "field-order",
)  # fmt: skip
"""The names of all repairs, in the order in which a line tells them."""

_PREFIXES = (
    # English and what mail programs write in other languages for "reply" and "forward".
    "RE", "FW", "FWD", "Subject",
    "AW", "WG", "Antwort", "Antw", "Doorst", "SV", "VS", "VL", "VB", "VIDS", "TR", "RÉF", "RES", "ENC", "RV", "RSP",
    "R", "I", "RIF", "Inoltra", "ODP", "PD", "YNT", "YÖN", "İLT", "Vá", "Továbbítás", "BLS", "ATB", "REZ", "FS", "RS",
    "TL", "Svar", "Videresendt", "ΑΠ", "ΠΡΘ", "ΣΧΕΤ", "Отв", "Пересл", "Відп",
    "回复", "答复", "回覆", "转发", "轉寄", "轉發", "返信", "転送", "답장", "회신", "전달",
    "رد", "إعادة توجيه", "השב", "תשובה", "הועבר", "ตอบกลับ", "Trả lời", "Chuyển tiếp", "Balas", "Terusan",
)  # fmt: skip
_GATEWAY_TAGS = (
    "EXTERNAL", "EXT", "EXTERN", "OUTSIDE", "CAUTION", "WARNING", "UNVERIFIED", "UNTRUSTED",
    "SPAM", "SUSPECTED SPAM", "POSSIBLE SPAM", "PROBABLE SPAM", "JUNK", "BULK", "MARKETING", "SUSPICIOUS", "PHISHING",
    ".SPF", "SPF", "DKIM", "DMARC", "VIRUS SCANNED", "SCANNED",
    "SECURE", "SECURED", "SECURE MESSAGE", "SEND SECURE", "ENCRYPT", "ENCRYPTED", "CONFIDENTIAL", "SENSITIVE", "TLS",
    # What people put before a line so that it is read soon.
    "URGENT", "VERY URGENT", "RUSH", "ASAP", "HOT", "PRIORITY", "HIGH PRIORITY", "TOP PRIORITY", "IMPORTANT",
    "HIGH IMPORTANCE", "ATTN", "ATTENTION", "ACTION REQUIRED", "TIME SENSITIVE", "REMINDER",
)  # fmt: skip
_REPLY_DEPTH_SHOWN = 999
_MOST_FRONTS = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectRules:
    """What a site may set about the reading of subject lines.

    `prefixes` are reply and forward prefixes without their colon, `gateway_tags` the words with which a tag
    in brackets or stars begins, `entry_optional` the codes that often have no single entry. With `strict` a
    line that needed any repair is a problem.
    """

    prefixes: tuple[str, ...] = _PREFIXES
    gateway_tags: tuple[str, ...] = _GATEWAY_TAGS
    entry_optional: AbstractSet[str] = frozenset(("PD", "PR", "A", "I"))
    strict: bool = False


DEFAULT_RULES = SubjectRules()


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectLine:
    """A subject line as received and as read; `ok` tells whether it names a submission.

    With problems the fields that could be read are still given, and `canonical` is None, or the suggested
    line where all fields are known. `reply_depth` counts the reply and forward prefixes.
    """

    line: str
    ok: bool
    canonical: str | None = None
    code: str | None = None
    subject: str | None = None
    account: str | None = None
    entry_number: EntryNumber | None = None
    port: str | None = None
    port_name: str | None = None
    part: int | None = None
    parts: int | None = None
    repairs: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    flags: tuple[str, ...] = ()
    reply_depth: int = 0

    @property
    def suggested_line(self) -> str:
        """The line as it should be, low lines standing for what the sender has yet to put in."""
        if self.canonical is not None:
            return self.canonical
        entry = str(self.entry_number) if self.entry_number else "___-________"
        return ",".join((self.code or "__", self.account or "__________", entry, self.port or "____"))

    def as_json(self) -> dict[str, Any]:
        """The object that `cee-mailbot subject --json` prints, keys in the order of the contract."""
        return {
            "line": self.line,
            "ok": self.ok,
            "canonical": self.canonical,
            "code": self.code,
            "subject": self.subject,
            "account": self.account,
            "entry_number": str(self.entry_number) if self.entry_number else None,
            "filer_code": self.entry_number.filer_code if self.entry_number else None,
            "port": self.port,
            "port_name": self.port_name,
            "part": self.part,
            "parts": self.parts,
            "repairs": list(self.repairs),
            "problems": [
                {"code": found.code, "field": found.field, "found": found.found, "fix": found.fix}
                for found in self.problems
            ],
            "flags": list(self.flags),
        }


def parse_subject(line: str, rules: SubjectRules = DEFAULT_RULES) -> SubjectLine:
    """The subject line as read ("Subject Line Submission" of the Center test procedures).

    What real mail does to a line is undone where only one reading is possible, each repair by name; what
    remains doubtful is flagged, and only what cannot be read is a problem. Any text can be read, in time
    that grows no faster than its length; it never raises.
    """
    subject = _read(line, rules)
    if subject.ok and subject.canonical != line and not _stands(subject.canonical or "", rules):
        return replace(subject, ok=False, canonical=None, problems=(problem("subject-fields", line),), flags=())
    if subject.ok and rules.strict and subject.repairs:
        return _rejected_strictly(subject)
    return subject


def write_subject(code: str, account: str, entry: EntryNumber | None, port: str | None) -> str:
    """The static subject line of these fields; the code and account alone when both others are absent."""
    fields = [code, account, str(entry) if entry else "", port or ""]
    while not fields[-1]:
        fields.pop()
    return ",".join(fields)


def _read(line: str, rules: SubjectRules) -> SubjectLine:
    clean = clean_text(line)
    inner, reading = _inner_reading(clean.text, rules)
    depth = min(inner.reply_depth, _REPLY_DEPTH_SHOWN)
    repairs = {*clean.repairs, *inner.repairs, *({"trailing-text"} if clean.is_cut else ())}
    if reading is None:
        part, parts = _one_marker(inner.markers)
        return SubjectLine(
            line=line, ok=False, part=part, parts=parts, repairs=_in_order(repairs),
            problems=(problem("subject-empty"),), reply_depth=depth,
        )  # fmt: skip
    part, parts = _one_marker(inner.markers | reading.markers)
    if part is None and inner.markers | reading.markers:
        repairs.add("trailing-text")
    return SubjectLine(
        line=line,
        ok=not reading.problems,
        canonical=None if reading.problems else _canonical(reading),
        code=reading.code,
        subject=subject_table()[reading.code] if reading.code else None,
        account=reading.account,
        entry_number=reading.entry_number,
        port=reading.port,
        port_name=_port_name(reading.port),
        part=part,
        parts=parts,
        repairs=_in_order(repairs | reading.repairs),
        problems=reading.problems,
        flags=_flags(reading),
        reply_depth=depth,
    )


def _inner_reading(text: str, rules: SubjectRules) -> tuple[Unwrapped, Reading | None]:
    """The line inside its wrappings, and its reading; None when nothing is inside.

    A front that is no wrapping by itself (`[JIRA-123]`, `RE` without its colon) is one before a whole line.
    """
    wrappings = Wrappings(prefixes=rules.prefixes, tags=rules.gateway_tags)
    inner = take_inner_markers(unwrap(text, wrappings))
    if not inner.text:
        return inner, None
    reading = _at_line_end(_best_reading(inner.text, rules))
    opened: Unwrapped | None = inner
    for _ in range(_MOST_FRONTS if reading.problems else 0):
        opened = open_front(opened, wrappings)
        if opened is None or not opened.text:
            break
        opened = take_inner_markers(opened)
        whole = _at_line_end(_best_reading(opened.text, rules))
        if not whole.problems and whole.entry_number and whole.port:
            return opened, whole
    return inner, reading


def _best_reading(text: str, rules: SubjectRules) -> Reading:
    """The first reading without a problem, else the one that tells most fields."""
    readings: list[Reading] = []
    for parting in partings(text):
        reading = read_parting(parting, rules.entry_optional)
        if not reading.problems:
            return reading
        readings.append(reading)
    best = max(readings, key=lambda reading: reading.certainty)
    if best.certainty or _has_four_fields(text):
        return best
    return replace(best, account=None, repairs=frozenset(), problems=(problem("subject-fields", text),))


def _has_four_fields(text: str) -> bool:
    """Whether a line in which no field can be told is yet meant as four fields: numbers stand in the last two."""
    fields = text.split(",", 4)
    return len(fields) == 4 and all(any(c.isdecimal() for c in field) for field in fields[2:])  # noqa: PLR2004


def _at_line_end(reading: Reading) -> Reading:
    """The reading whose account, when the line ends with it, bears none of the signs that a line end loses."""
    if reading.account is None or reading.entry_number or reading.port:
        return reading
    return replace(reading, account=reading.account.rstrip(TRAILING_SIGNS))


def _canonical(reading: Reading) -> str:
    return write_subject(reading.code or "", reading.account or "", reading.entry_number, reading.port)


def _port_name(port: str | None) -> str | None:
    known = find_port(port) if port else None
    return known.name if known else None


def _flags(reading: Reading) -> tuple[str, ...]:
    doubts = {
        "check-digit": reading.entry_number is not None and not reading.entry_number.check_digit_fits,
        "port-unknown": reading.port is not None and find_port(reading.port) is None,
    }
    return (*(flag for flag, raised in doubts.items() if raised), *reading.missing)


def _one_marker(markers: frozenset[tuple[int, int | None]]) -> tuple[int | None, int | None]:
    """The part and total that all markers agree on; markers that differ say nothing."""
    numbers = {part for part, _ in markers}
    totals = {parts for _, parts in markers if parts is not None}
    if len(numbers) != 1 or len(totals) > 1:
        return None, None
    return numbers.pop(), totals.pop() if totals else None


def _in_order(repairs: Iterable[str]) -> tuple[str, ...]:
    needed = set(repairs)
    if "trailing-text" in needed:
        needed.discard("trailing")
    return tuple(name for name in REPAIRS if name in needed)


def _stands(canonical: str, rules: SubjectRules) -> bool:
    """Whether the exact line reads as itself: what we tell a sender to write must be right."""
    again = _read(canonical, rules)
    return again.ok and not again.repairs and again.canonical == canonical and again.part is None


def _rejected_strictly(subject: SubjectLine) -> SubjectLine:
    found = (strict_problem(repair, subject.line, subject.canonical or "") for repair in subject.repairs)
    problems = tuple({wrong.code: wrong for wrong in found}.values())
    return replace(subject, ok=False, problems=problems)
