"""Documents, byte for byte, and the text of the body."""

import base64
import binascii
import hashlib
import quopri
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.documents import Cut, MailRefused, cut
from tests.support.containers import signed_in_pieces

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\nstream\n" + bytes(range(256)) * 8


def part(header: str, content: bytes = b"") -> bytes:
    return header.encode() + b"\r\n\r\n" + content


def attached(name: str, content: bytes = PDF, kind: str = "application/pdf") -> bytes:
    header = (
        f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64"
    )
    return part(header, base64.encodebytes(content))


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "b") -> bytes:
    delimiter = b"\r\n--" + boundary.encode()
    body = b"".join(delimiter + b"\r\n" + one for one in parts) + delimiter + b"--\r\n"
    return part(f"Content-Type: multipart/{kind}; boundary={boundary}", body)


TEXT = part("Content-Type: text/plain; charset=utf-8", "Grüße".encode())
HTML = part("Content-Type: text/html", b'<p>Hello</p><img src="cid:logo%40x">')


def names(result: Cut) -> list[str]:
    return [document.name for document in result.documents]


def test_a_document_is_told_by_digest_size_name_and_place() -> None:
    result = cut(multipart(TEXT, attached("invoice.pdf")))
    (document,) = result.documents
    assert document.content == PDF
    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (document.bytes, document.type, document.declared_type) == (len(PDF), "pdf", "application/pdf")
    assert (document.name, document.path, document.section) == ("invoice.pdf", "invoice.pdf", "2")
    assert (document.status, document.content_id) == ("unread", None)
    assert (result.text, result.html, result.attachments_bytes, result.defects) == ("Grüße", None, len(PDF), ())


def test_body_and_alternatives_are_no_documents() -> None:
    calendar = part("Content-Type: text/calendar; method=REQUEST", b"BEGIN:VCALENDAR")
    result = cut(multipart(TEXT, HTML, calendar, kind="alternative"))
    assert (result.text, result.documents) == ("Grüße", ())
    assert (result.html or "").startswith("<p>Hello")


def test_a_document_beside_the_html_alternative_is_not_lost() -> None:
    rich = multipart(HTML, attached("a.pdf"), kind="mixed", boundary="c")
    assert names(cut(multipart(TEXT, rich, kind="alternative"))) == ["a.pdf"]


def test_text_before_and_after_a_document_is_all_body() -> None:
    result = cut(multipart(TEXT, attached("a.pdf"), part("Content-Type: text/plain", b"Regards")))
    assert (result.text, names(result)) == ("Grüße\nRegards", ["a.pdf"])


@pytest.mark.parametrize(
    "header",
    [
        'Content-Type: text/plain; name="list.txt"',
        "Content-Type: text/plain\r\nContent-Disposition: attachment",
        "Content-Type: text/html\r\nContent-Disposition: inline; filename=a.html",
        "Content-Type: text/plain\r\nContent-Disposition: unheard-of",
        "Content-Type: text/csv",
    ],
)
def test_text_that_is_named_attached_or_no_body_type_is_a_document(header: str) -> None:
    result = cut(multipart(TEXT, part(header, b"1,2")))
    assert [document.content for document in result.documents] == [b"1,2"]
    assert result.text == "Grüße"


def test_a_pdf_that_claims_to_be_text_is_a_document() -> None:
    result = cut(multipart(TEXT, part("Content-Description: none", PDF)))
    assert names(result) == ["document-2.pdf"]


def test_F76_unnamed_documents_have_the_same_name_every_time() -> None:
    raw = multipart(TEXT, part("Content-Type: application/octet-stream", b"\x00\x01"), attached("", PDF))
    assert names(cut(raw)) == names(cut(raw)) == ["document-2.bin", "document-3.pdf"]


def test_a_message_that_is_one_document() -> None:
    result = cut(attached("a.pdf"))
    assert (names(result), result.text, result.documents[0].section) == (["a.pdf"], None, "1")


_OID = bytes.fromhex("06092a864886f70d0107")
_DATA = b"\x30\x0b" + _OID + b"\x01"
_DETACHED = b"\x30\x21" + _OID + b"\x02\xa0\x14\x30\x12\x02\x01\x01\x31\x00" + _DATA
SIGNATURES = {
    "smime.p7s": (_DETACHED, "application/pkcs7-signature"),
    "signature.asc": (b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n", "application/pgp-signature"),
    "signature.sig": (b"\xc2\x01\x00", "application/pgp-signature"),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_detached_signature_is_no_document_but_a_stray_one_is(name: str) -> None:
    signature = attached(name, *SIGNATURES[name])
    assert names(cut(multipart(TEXT, signature, kind="signed"))) == []
    assert names(cut(multipart(TEXT, signature))) == [name]
    assert names(cut(multipart(TEXT, attached("a.pdf"), signature, kind="signed"))) == ["a.pdf", name]


@pytest.mark.parametrize("kind", ["application/pkcs7-signature", "application/pgp-signature"])
@pytest.mark.parametrize(
    "content", [b"%PDF-1.4 invoice", b"MZ\x00\x01 setup", b"", signed_in_pieces(b"%PDF-1.4 invoice")]
)
def test_what_only_calls_itself_a_signature_is_a_document(content: bytes, kind: str) -> None:
    (document,) = cut(multipart(TEXT, attached("invoice.pdf", content, kind), kind="signed")).documents
    assert document.content == content


def test_F76_an_attached_message_is_its_bytes_as_they_were_sent() -> None:
    inner = b"From: a@b.example\r\nDate: bad\r\n\r\nline \r\n\r\n"
    (document,) = cut(multipart(TEXT, part("Content-Type: message/rfc822", inner))).documents
    assert (document.content, document.type, document.name) == (inner, "eml", "document-2.eml")


def test_a_small_image_of_the_body_is_inline_and_others_are_not() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"x" * 100

    def image(content_id: str, content: bytes) -> bytes:
        header = f"Content-Type: image/png\r\nContent-ID: <{content_id}>\r\nContent-Transfer-Encoding: base64"
        return part(header, base64.encodebytes(content))

    raw = multipart(HTML, image("logo@x", png), image("other@x", png), kind="related")
    assert [document.status for document in cut(raw).documents] == ["inline", "unread"]
    large = multipart(HTML, image("logo@x", png + b"x" * 20_000), kind="related")
    assert [document.status for document in cut(large).documents] == ["unread"]


def test_what_surely_cannot_be_opened_is_unreadable() -> None:
    junk = part("Content-Type: image/png\r\nContent-Transfer-Encoding: base64", b"!!!!")
    result = cut(multipart(TEXT, attached("a.PDF", b"not one"), junk))
    assert [document.status for document in result.documents] == ["unreadable", "unreadable"]
    assert result.defects == ("base64-damaged",)


def test_F37_the_body_is_text_whatever_charset_it_claims() -> None:
    raw = part("Content-Type: text/plain; charset=no-such", "Grüße\r\n\x00".encode("windows-1252"))
    assert cut(raw).text == "Grüße\n "


def test_a_pdf_that_says_no_type_is_one_wherever_readers_look_for_its_mark() -> None:
    """Something may stand before it; text that speaks of one is text."""
    late = b"X-Junk: line\r\n" * 20 + PDF
    assert [one.type for one in cut(multipart(TEXT, part("Content-Description: none", late))).documents] == ["pdf"]
    spoken = b"X-Junk: line\r\n" * 20 + b"I could not open %PDF-1.4 files"
    assert cut(multipart(TEXT, part("Content-Description: none", spoken))).documents == ()


def test_F19_every_leaf_of_any_shape_is_body_or_document() -> None:
    deep = multipart(HTML, attached("c.pdf"), kind="related", boundary="d")
    alternative = multipart(TEXT, deep, kind="alternative", boundary="c")
    result = cut(multipart(alternative, attached("a.pdf"), attached("b.pdf")))
    assert names(result) == ["c.pdf", "a.pdf", "b.pdf"]
    assert len(result.leaves) == 5


def uuencoded(content: bytes, end: bytes = b"`\r\nend\r\n") -> bytes:
    lines = b"".join(binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45))
    return b"begin 644 inv.pdf\r\n" + lines.replace(b"\n", b"\r\n") + end


def test_a_file_that_stands_uuencoded_in_the_body_is_a_document() -> None:
    raw = part("Content-Type: text/plain", b"See below.\r\n" + uuencoded(PDF) + b"Regards\r\n")
    result = cut(raw)
    (document,) = result.documents
    assert (document.name, document.type, document.content, document.section) == ("inv.pdf", "pdf", PDF, "1.1")
    assert (result.text, result.defects) == ("See below.\nRegards\n", ())


def test_a_uuencoded_file_that_never_ends_is_kept_and_told() -> None:
    result = cut(part("Content-Type: text/plain", uuencoded(PDF, end=b"")))
    assert ([document.content for document in result.documents], result.defects) == ([PDF], ("uuencode-damaged",))


@pytest.mark.parametrize("text", ["begin 644 the work", "begin 644 x\nof this letter", "begin 644 x\nend\n"])
def test_words_that_begin_like_a_file_are_text(text: str) -> None:
    result = cut(part("Content-Type: text/plain", text.encode()))
    assert (result.text, result.documents) == (text, ())


def test_a_message_of_carriage_returns_alone_is_cut() -> None:
    result = cut(multipart(TEXT, part("Content-Type: text/csv", b"1,2")).replace(b"\r\n", b"\r"))
    assert [document.content for document in result.documents] == [b"1,2"]
    assert result.defects == ("bare-cr",)


ENCODINGS = {
    "base64": base64.encodebytes,
    "quoted-printable": lambda content: quopri.encodestring(content, quotetabs=True),
    "8bit": bytes,
    "binary": bytes,
}
LINES = st.binary(max_size=60).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b""))


@given(
    st.lists(st.tuples(st.sampled_from(sorted(ENCODINGS)), st.lists(LINES, max_size=5)), min_size=1, max_size=5),
    st.sampled_from([b"\r\n", b"\n"]),
)
def test_every_attachment_comes_back_byte_for_byte(sent: list[tuple[str, list[bytes]]], line_end: bytes) -> None:
    contents = [line_end.join(lines) for _, lines in sent]
    parts = [
        part(f"Content-Type: application/x-own; name=n\r\nContent-Transfer-Encoding: {encoding}").replace(
            b"\r\n", line_end
        )
        + _encoded(encoding, content, line_end)
        for (encoding, _), content in zip(sent, contents, strict=True)
    ]
    delimiter = line_end + b"--=_a boundary that nobody writes"
    head = b'Content-Type: multipart/mixed; boundary="=_a boundary that nobody writes"' + line_end
    raw = head + b"".join(delimiter + line_end + one for one in parts) + delimiter + b"--" + line_end
    assert [document.content for document in cut(raw).documents] == contents


def _encoded(encoding: str, content: bytes, line_end: bytes) -> bytes:
    """Quoted-printable keeps its line ends; base64 lines are ended as the message is."""
    encoded = ENCODINGS[encoding](content)
    return encoded.replace(b"\n", line_end) if encoding == "base64" else encoded


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(head: bytes, tail: bytes) -> None:
    for raw in (head, multipart(head, tail), b"Content-Type: multipart/mixed;" + head + b"\n\n--" + tail):
        with suppress(MailRefused):
            cut(raw)
