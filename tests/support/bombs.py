"""Mail and documents made to stop, blow up or mislead whoever reads them; generated, since they are large or odd."""

import base64
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping

from tests.support.hostile_pdfs import built
from tests.support.mails import EXACT, mail

_HEAD = (
    "From: Broker <broker@filer.example>\r\nTo: CEE-Electronics@cbp.dhs.gov\r\nSubject: {subject}\r\n"
    "Date: Mon, 02 Mar 2026 09:59:30 -0500\r\nMessage-ID: <bomb@filer.example>\r\nMIME-Version: 1.0\r\n"
)
_PDF_PART = (
    b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(b"%PDF-1.4\n% papers\n%%EOF\n")
    + b"\r\n"
)


def _with(body: bytes, *, subject: str = EXACT, head: str = _HEAD) -> bytes:
    return head.format(subject=subject).encode() + body


def nested_multiparts(depth: int = 1000) -> bytes:
    """A multipart in a multipart, and so on."""
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number) for number in range(depth)
    )
    return _with(opening + _PDF_PART)


def many_parts(parts: int = 10_000) -> bytes:
    return _with(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * parts + b"--b--\r\n")


def nested_messages(depth: int = 1000) -> bytes:
    """A message in a message, and so on."""
    return _with(b"Content-Type: message/rfc822\r\n\r\n" * depth + _PDF_PART)


def endless_type(size: int = 131_072) -> bytes:
    """`Content-Type: text/html ; ; ;`, over which the standard library takes quadratic time."""
    return _with(b"Content-Type: text/html" + b" ;" * (size // 2) + b"\r\n\r\n<p>hello</p>\r\n")


def endless_type_of_a_part(size: int = 131_072) -> bytes:
    part = b"--b\r\nContent-Type: text/html" + b" ;" * (size // 2) + b"\r\n\r\n<p>hello</p>\r\n"
    return _with(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part + b"--b\r\n" + _PDF_PART + b"--b--\r\n")


def open_brackets(size: int = 8192) -> bytes:
    """`To: ((((`, over which comment readers recurse."""
    return mail(extra=["Cc: " + "(" * size])


def open_brackets_of_the_sender(size: int = 8192) -> bytes:
    return mail(sender="(" * size + "broker@filer.example")


def commas(size: int = 32_768) -> bytes:
    return mail(extra=["Cc: " + "," * size])


def encoded_words(number: int = 10_000) -> bytes:
    """A subject of encoded words, below the limit of a header block."""
    return mail(subject="=?utf-8?q?a?= " * number)


def header_beyond_the_limit() -> bytes:
    return mail(extra=["X-Padding: " + "x" * 420_000])


def many_headers(number: int = 50_000) -> bytes:
    return mail(extra=["X: y"] * number)


def many_parameters(number: int = 5000) -> bytes:
    parameters = "".join(f"; a*{count}*=x" for count in range(number))
    return mail(extra=[f"X-Type: a/b{parameters}"]).replace(
        b"application/pdf", b"application/pdf" + parameters.encode()
    )


def padding(size: int = 2_000_000) -> bytes:
    """Base64 of nothing but padding, which ends and begins it anew."""
    return mail().replace(b"JVBER", b"QQ==" * (size // 4) + b"JVBER")


def broken_escapes(size: int = 2_000_000) -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = part + b"= \t" * (size // 3) + b"\r\n--b\r\n"
    return _with(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + _PDF_PART + b"--b--\r\n")


def near_delimiters(number: int = 200_000) -> bytes:
    """Lines that begin like a delimiter, and are none."""
    body = b"--b\r\n\r\n" + b"--bb\r\n" * number + b"--b\r\n"
    return _with(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + _PDF_PART + b"--b--\r\n")


def uuencoded_beginnings(number: int = 200_000) -> bytes:
    return mail(body="begin 644 a\r\n" * number)


def references(number: int = 3000) -> bytes:
    return mail(extra=["References: " + " ".join(f"<{count}@filer.example>" for count in range(number))])


def _html(page: str) -> bytes:
    part = b"--b\r\nContent-Type: text/html\r\n\r\n" + page.encode() + b"\r\n"
    return _with(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part + b"--b\r\n" + _PDF_PART + b"--b--\r\n")


def formatting_elements(number: int = 3500) -> bytes:
    """Tags that differ, and are opened anew in every paragraph: 55 KB that a parser makes twelve million tags of."""
    return _html("<p>" + "".join(f"<b id=a{count}>" for count in range(number)) + "<p>x" * number)


def long_blanks(size: int = 400_000) -> bytes:
    """A line of blanks that does not end with them, encoded so that blanks at its end would not count."""
    part = b"--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = part + b" " * size + b"x\r\n--b\r\n"
    return _with(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + _PDF_PART)  # never closed: read twice


def attributes(number: int = 200_000) -> bytes:
    """One tag with attributes that a parser compares with one another."""
    return _html("<p " + " ".join(f"a{count}" for count in range(number)) + ">x")


# --- documents ------------------------------------------------------------------------------------------------


def zip_of_zeros(size: int = 1_000_000_000) -> bytes:
    """A megabyte that unpacks to a gigabyte."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.pdf", "w") as file:
        for _ in range(size // 10_000_000):
            file.write(bytes(10_000_000))
    return made.getvalue()


def zip_of_slips() -> bytes:
    """Names that leave the folder that they are unpacked into."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("../../etc/cron.d/evil.pdf", "/etc/passwd", "..\\..\\evil.pdf", "C:\\evil.pdf", "a\x00b.pdf"):
            archive.writestr(zipfile.ZipInfo(name), b"%PDF-1.4 evil")
    return made.getvalue()


def zip_in_zip(depth: int = 50) -> bytes:
    content, name = b"%PDF-1.4 innermost", "innermost.pdf"
    for _ in range(depth):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        content, name = made.getvalue(), "inner.zip"
    return content


def pdf_that_inflates(size: int = 1_000_000_000) -> bytes:
    """A page whose content, twice compressed, is a gigabyte."""
    once = zlib.compressobj(9)
    pieces = [once.compress(b" " * 10_000_000) for _ in range(size // 10_000_000)]
    stream = zlib.compress(b"".join([*pieces, once.flush()]), 9)
    return built(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    )


def pdf_with_shared_values(fields: int = 100, size: int = 24_000) -> bytes:
    """A form whose fields all have one and the same long value."""
    first = 6
    named = b" ".join(b"%d 0 R" % (first + number) for number in range(fields))
    return built(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[" + named + b"]>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Annots[" + named + b"]>>",
        b"<</Length 0>>stream\n\nendstream",
        b"(" + b"lorem ipsum " * (size // 12) + b")",
        *(b"<</Subtype/Widget/Rect[9 9 99 99]/FT/Tx/T(f%d)/V 5 0 R>>" % number for number in range(fields)),
    )


def repeating_workbooks(number: int = 40) -> bytes:
    """An archive of workbooks, a kilobyte each, in which all cells name one long text: two million characters each."""
    archive = _zip({f"{count}.xlsx": _repeating_workbook(count) for count in range(number)})
    return mail(documents=[archive]).replace(b"application/pdf", b"application/zip").replace(b".pdf", b".zip")


def _repeating_workbook(number: int, cells: int = 4000) -> bytes:
    row = "<row>" + '<c t="s"><v>0</v></c>' * cells + "</row>"
    return _zip(
        {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.xml": b"<workbook/>",
            "xl/sharedStrings.xml": f"<sst><si><t>{number} {'long ' * 100}</t></si></sst>".encode(),
            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{row}</sheetData></worksheet>".encode(),
        }
    )


def _zip(files: Mapping[str, bytes]) -> bytes:
    """An archive without the time at which it was made: always the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def pdf_with_a_loop() -> bytes:
    """A page tree that leads back to itself."""
    return built(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>",
    )


def pdf_with_a_password() -> bytes:
    """Encrypted for a user whose password is not empty (PDF 32000-1, 7.6.3)."""
    encrypt = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"41" * 32, b"42" * 32)
    return built(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        encrypt,
        trailer=b"/Encrypt 4 0 R/ID[<00><00>]",
    )


def pdf_and_zip() -> bytes:
    """Both at once: a reader takes it from the front or from the end."""
    whole = built(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("evil.exe", b"MZ")
    return whole + made.getvalue()


def attached(content: bytes) -> bytes:
    return mail(documents=[content])


MAILS: dict[str, Callable[[], bytes]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        *(nested_multiparts, many_parts, nested_messages, endless_type, endless_type_of_a_part, open_brackets),
        *(open_brackets_of_the_sender, commas, encoded_words, header_beyond_the_limit, many_headers, many_parameters),
        *(padding, broken_escapes, near_delimiters, uuencoded_beginnings, references, formatting_elements),
        *(attributes, long_blanks, repeating_workbooks),
    )
}
DOCUMENTS: dict[str, Callable[[], bytes]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        *(zip_of_zeros, zip_of_slips, zip_in_zip, pdf_that_inflates, pdf_with_a_loop, pdf_with_a_password, pdf_and_zip),
        *(pdf_with_shared_values,),
    )
}
