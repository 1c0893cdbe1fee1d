"""Mail as brokers send it, written in one line."""

import base64
from collections.abc import Sequence
from typing import Any

EXACT = "DR,NokiaInc,345-67890123,2704"
BROKER = "Broker <broker@filer.example>"
ELECTRONICS = "CEE-Electronics@cbp.dhs.gov"
CHEMICALS = "CEE-Chemicals@cbp.dhs.gov"
SENT = "Mon, 02 Mar 2026 09:59:30 -0500"


def pdf(text: str, *, size: int = 0) -> bytes:
    """A PDF of one page with one line of text, as small as can be, or padded to `size` bytes."""
    line = b"BT /F 12 Tf 72 720 Td (%s) Tj ET" % text.encode("latin-1")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(line), line),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    written, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        starts.append(len(written))
        written += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    end = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(written)
    whole = written + b"xref\n0 6\n0000000000 65535 f \n" + table + end
    return whole + b"%" * max(0, size - len(whole))


PDF = pdf("papers")


def mail(  # noqa: PLR0913 - the fields of a mail
    *,
    subject: str = EXACT,
    sender: str | None = BROKER,
    to: str = ELECTRONICS,
    date: str | None = SENT,
    message_id: str | None = "<1@filer.example>",
    documents: Sequence[bytes] = (PDF,),
    extra: Sequence[str] = (),
    body: str = "The papers are attached.",
    trace: Sequence[str] = (),
) -> bytes:
    """A message; a header given as None is left out, `trace` stands on top, `extra` below the other headers."""
    named = {"From": sender, "To": to, "Subject": subject, "Date": date, "Message-ID": message_id}
    lines = [
        *trace,
        *(f"{name}: {value}" for name, value in named.items() if value is not None),
        *extra,
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        body,
    ]
    for number, content in enumerate(documents, start=1):
        lines += [
            "--b",
            "Content-Type: application/pdf",
            f'Content-Disposition: attachment; filename="paper-{number}.pdf"',
            "Content-Transfer-Encoding: base64",
            "",
            base64.encodebytes(content).decode().rstrip("\n").replace("\n", "\r\n"),
        ]
    return "\r\n".join([*lines, "--b--", ""]).encode("utf-8", "surrogateescape")


def numbered(number: int, **fields: Any) -> bytes:
    """One of many messages that differ: its own entry number, id and paper."""
    return mail(
        **{
            "subject": f"DR,NokiaInc,345-{number:07}0,2704",
            "message_id": f"<{number}@filer.example>",
            "body": f"Paper {number}.",
            **fields,
        },
    )


def unreadable() -> bytes:
    """A message whose header block is larger than is ever read."""
    return mail(extra=["X-Padding: " + "x" * 300_000])
