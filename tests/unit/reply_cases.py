"""Named situations in which a reply is due, for the tests of how replies read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cee_mailbot.domain.reply import ListedDocument, ListedPart, ReplyFacts, ReplyKind, Stamp
from cee_mailbot.domain.routing import shipped_centers
from parsers.entry_number import EntryNumber
from parsers.errors import Problem
from parsers.subject import SubjectLine

# What is a legal act or an accusation (spec 10); no reply of the program and no shipped text says it.
BANNED = r"\b(accept(ed|s)?|reject(ed|s)?|denied|deny|approved?|shall|failed|failure|filed|invalid)\b"
EXACT = "DR,NokiaInc,345-67890123,2704"
SENT = datetime(2026, 11, 20, 21, 52, 10, tzinfo=UTC)
ARRIVED = datetime(2026, 11, 20, 21, 52, 41, tzinfo=UTC)
ZONE = "America/Los_Angeles"

LINE = SubjectLine(
    line=EXACT,
    ok=True,
    canonical=EXACT,
    code="DR",
    subject="Docs Required",
    account="NokiaInc",
    entry_number=EntryNumber.read("345-67890123"),
    port="2704",
    port_name="LOS ANGELES",
)


def document(name: str, size: int, status: str = "read") -> ListedDocument:
    digit = f"{len(name) % 16:x}"
    return ListedDocument(name=name, bytes=size, sha256=digit * 64, status=status)


ACKNOWLEDGEMENT = ReplyFacts(
    kind=ReplyKind.ACKNOWLEDGEMENT,
    message_id="<0123456789abcdef@bot.example>",
    to="broker@example.com",
    mailbox_address="CEE-Electronics@cbp.dhs.gov",
    center=shipped_centers()["007"],
    tracking="CEE-007-26-004217-K",
    line=LINE,
    line_as_written=EXACT,
    in_reply_to="<question@example.com>",
    references=("<earlier@example.com>",),
    presented=Stamp(instant=SENT, zone=ZONE, source="date"),
    received=Stamp(instant=ARRIVED, zone=ZONE, source="arrival"),
    documents=(document("7501.pdf", 812_004), document("invoice-a.pdf", 9_640_118)),
    written_at=ARRIVED,
)

ENTRY_INVALID = Problem(
    code="entry-invalid",
    field="entry_number",
    found="345-6789012",
    fix="Write one entry number as a 3-character filer code, a dash and 8 digits.",
)
PORT_MISSING = Problem(
    code="port-missing", field="port", found="", fix="Put the 4-digit code of the port of entry last."
)
CODE_UNKNOWN = Problem(code="code-unknown", field="code", found="DX", fix="Begin the line with DR (Docs Required).")

REJECT = replace(
    ACKNOWLEDGEMENT,
    kind=ReplyKind.REJECT,
    tracking="CEE-007-26-004218-2",
    line=replace(LINE, ok=False, canonical=None, entry_number=None, problems=(ENTRY_INVALID,)),
    line_as_written="DR,NokiaInc,345-6789012,2704",
    documents=(),
    problems=(ENTRY_INVALID,),
    reasons=("entry-invalid",),
)

PART_1 = ListedPart(number=1, documents=("7501.pdf", "invoice-a.pdf"))
PART_3 = ListedPart(number=3, documents=("packing list.pdf",))

WAITING = replace(
    ACKNOWLEDGEMENT,
    kind=ReplyKind.WAITING,
    line=replace(LINE, part=1, parts=3),
    line_as_written=f"{EXACT} 1 of 3",
    parts=(PART_1,),
    missing=(2, 3),
    total=3,
    hand_over=Stamp(instant=ARRIVED + timedelta(days=1), zone=ZONE, source="arrival"),
)
INCOMPLETE = replace(WAITING, kind=ReplyKind.INCOMPLETE, flags=("parts-missing",), hand_over=None)
SUPPLEMENT = replace(
    ACKNOWLEDGEMENT,
    kind=ReplyKind.SUPPLEMENT,
    documents=(document("certificate.pdf", 90_210),),
    held_before=3,
)
DUPLICATE = replace(ACKNOWLEDGEMENT, kind=ReplyKind.DUPLICATE)
TRANSFER = replace(
    ACKNOWLEDGEMENT,
    kind=ReplyKind.TRANSFER,
    documents=(),
    flags=("transferred",),
    reason="The account NokiaInc belongs to the Machinery Center.",
    to_center=shipped_centers()["009"],
)
RETURN = replace(
    ACKNOWLEDGEMENT,
    kind=ReplyKind.RETURN,
    documents=(),
    reason="Page 2 of the invoice cannot be read.\nPlease scan it again, see https://www.cbp.gov/document.",
)

CASES = {
    "acknowledgement-exact-line": ACKNOWLEDGEMENT,
    "acknowledgement-repairs": replace(
        ACKNOWLEDGEMENT,
        line=replace(LINE, repairs=("reply-prefix", "comma-space", "code-case", "entry-form")),
        line_as_written="RE: dr, NokiaInc,345-6789012-3,2704",
        flags=("check-digit",),
    ),
    "acknowledgement-files-not-opened": replace(
        ACKNOWLEDGEMENT,
        documents=(
            document("7501.pdf", 812_004),
            document("invoices.zip/locked <1>.pdf", 7_005_330, "unreadable"),
            document("setup.exe", 52_224, "quarantined"),
            document("logo.png", 2_048, "inline"),
        ),
        flags=("document-unreadable", "quarantined"),
    ),
    "acknowledgement-several-messages": replace(
        ACKNOWLEDGEMENT,
        messages=3,
        documents=(document("7501.pdf", 812_004), document("a.pdf", 9), document("a-very-" * 20 + ".pdf", 1)),
        presented=Stamp(instant=SENT, zone=ZONE, source="received"),
        flags=("parts-missing", "date-disputed", "sender-unverified"),
    ),
    "acknowledgement-program-office": replace(
        ACKNOWLEDGEMENT,
        center=shipped_centers()["000"],
        mailbox_address="CEE@cbp.dhs.gov",
        tracking="CEE-000-26-000001-1",
        line=None,
        line_as_written="Please take us off the test",
        documents=(),
    ),
    "reject-entry-invalid": REJECT,
    "reject-several-problems": replace(
        REJECT,
        problems=(CODE_UNKNOWN, ENTRY_INVALID, PORT_MISSING),
        reasons=("code-unknown", "entry-invalid", "port-missing", "no-documents"),
        line=replace(REJECT.line or LINE, code=None, subject=None, port=None, port_name=None),
        line_as_written="FW: DX NokiaInc 345-6789012",
    ),
    "reject-empty-subject": replace(
        REJECT,
        line=SubjectLine(line="", ok=False),
        line_as_written="",
        problems=(Problem(code="subject-empty", field="subject", found="", fix="Write the four fields."),),
        reasons=("subject-empty",),
        in_reply_to=None,
        references=(),
    ),
    "reject-no-documents": replace(REJECT, line=LINE, line_as_written=EXACT, problems=(), reasons=("no-documents",)),
    "reject-too-large": replace(
        REJECT,
        line=LINE,
        line_as_written=EXACT,
        problems=(),
        reasons=("too-large",),
        tracking=None,
        presented=None,
        center=shipped_centers()["001"],
        mailbox_address="CEE-Chemicals@cbp.dhs.gov",
    ),
    "reject-usvi": replace(
        REJECT,
        line=replace(LINE, canonical="DR,NokiaInc,345-67890123,5101", port="5101", port_name="CHARLOTTE AMALIE"),
        line_as_written="DR,NokiaInc,345-67890123,5101",
        problems=(),
        reasons=("not-center-usvi",),
    ),
    "waiting-first-part": WAITING,
    "waiting-gaps": replace(
        WAITING,
        messages=2,
        documents=(*WAITING.documents, document("packing list.pdf", 70, "unreadable")),
        parts=(PART_1, PART_3),
        missing=(2, 4, 5, 6),
        total=6,
        presented=Stamp(instant=SENT, zone=ZONE, source="received"),
        flags=("check-digit", "document-unreadable"),
    ),
    "waiting-no-total": replace(
        WAITING,
        line=None,
        line_as_written="packing list part 3",
        documents=(document("packing list.pdf", 70),),
        parts=(PART_3,),
        missing=(1, 2),
        total=None,
        hand_over=None,
    ),
    "incomplete-one-missing": replace(
        INCOMPLETE,
        messages=2,
        documents=(*INCOMPLETE.documents, document("packing list.pdf", 70)),
        parts=(PART_1, PART_3),
        missing=(2,),
    ),
    "incomplete-files-not-opened": replace(
        INCOMPLETE,
        line=replace(LINE, part=3, parts=None, repairs=("code-case",)),
        documents=(document("packing list.pdf", 70), document("setup.exe", 52_224, "quarantined")),
        parts=(ListedPart(number=3, documents=("packing list.pdf", "setup.exe")),),
        missing=(1, 2),
        total=None,
        flags=("parts-missing", "quarantined", "port-unknown"),
    ),
    "supplement-unmarked": SUPPLEMENT,
    "supplement-part-still-missing": replace(
        SUPPLEMENT, line=replace(LINE, part=3, parts=3), missing=(2,), total=3, flags=("parts-missing",)
    ),
    "supplement-set-complete": replace(
        SUPPLEMENT,
        documents=(document("certificate.pdf", 90_210), document("locked.pdf", 7, "unreadable")),
        line=replace(LINE, part=2, parts=3),
        total=3,
        flags=("completed-late", "document-unreadable"),
    ),
    "supplement-without-a-file": replace(SUPPLEMENT, documents=(), tracking=None, held_before=1),
    "duplicate-files": DUPLICATE,
    "duplicate-one-file-of-a-set": replace(
        DUPLICATE,
        documents=(document("7501.pdf", 812_004),),
        missing=(2, 3),
        total=3,
    ),
    "duplicate-without-a-file": replace(DUPLICATE, documents=(), line=None, line_as_written="Note, same as before"),
    "transfer-to-a-center": TRANSFER,
    "transfer-to-a-center-with-a-phone": replace(
        TRANSFER, reason="", to_center=replace(shipped_centers()["006"], phone="555-0100")
    ),
    "transfer-to-the-port": replace(
        TRANSFER, to_center=None, reason="This is a temporary importation under bond. It stays with the port."
    ),
    "return-reason": RETURN,
    "return-no-reason": replace(RETURN, reason=" ", tracking=None, presented=None),
}
