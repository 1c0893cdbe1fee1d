"""Containers: what is nested in a document is a document, within limits, and hostile ones cost nothing."""

import base64
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.containers import ContainerLimits
from parsers.documents import Cut, MailRefused, content_of, cut
from parsers.signed_content import MOST_PIECES, cms_kind, signed_content
from parsers.tnef import MOST_ATTRIBUTES, TnefError, tnef_attachments
from tests.support.containers import (
    PDF,
    encrypted,
    locked,
    signed,
    signed_in_pieces,
    winmail,
    winmail_properties,
    winmail_with_message,
    winmail_with_object,
    zipped,
)

INVOICE, LIST = b"%PDF-1.4 invoice", b"a,b\r\n1,2\r\n"


def message(*files: tuple[str, bytes], body: str = "Hello", kind: str = "application/octet-stream") -> bytes:
    parts = [f"Content-Type: text/plain\r\n\r\n{body}".encode()]
    for name, content in files:
        head = f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content))
    joined = b"".join(b"\r\n--=_x\r\n" + part for part in parts)
    return b"Content-Type: multipart/mixed; boundary==_x\r\n\r\n" + joined + b"\r\n--=_x--\r\n"


def attached_message(inner: bytes, boundary: bytes = b"=_o") -> bytes:
    head = b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n--" + boundary + b"\r\n"
    return head + b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--" + boundary + b"--\r\n"


def told(result: Cut) -> list[tuple[str, str, str]]:
    return [(one.section, one.path, one.status) for one in result.documents]


def test_the_files_of_a_zip_are_documents_with_its_name_before_theirs() -> None:
    archive = zipped({"inv1.pdf": INVOICE, "lists/": b"", "lists/parts.csv": LIST})
    result = cut(message(("invoices.zip", archive)))
    assert told(result) == [
        ("2", "invoices.zip", "unread"),
        ("2/1", "invoices.zip/inv1.pdf", "unread"),
        ("2/3", "invoices.zip/lists/parts.csv", "unread"),
    ]
    assert [(one.name, one.type, one.content) for one in result.documents[1:]] == [
        ("inv1.pdf", "pdf", INVOICE),
        ("parts.csv", "csv", LIST),
    ]
    assert result.attachments_bytes == len(archive)


def test_F70_an_attached_message_is_one_document_and_its_files_are_more() -> None:
    """The body of an attached message is no document of its own."""
    inner = b"From: maker@plant.example\r\nSubject: papers\r\n" + message(("7501.pdf", PDF))
    result = cut(attached_message(inner))
    assert told(result) == [("1", "document-1.eml", "unread"), ("1/2", "document-1.eml/7501.pdf", "unread")]
    assert [one.content for one in result.documents] == [inner, PDF]


@pytest.mark.parametrize("long_names", [False, True])
def test_F68_the_files_of_a_winmail_dat_are_documents(*, long_names: bool) -> None:
    names = ["7501.pdf", "Rechnung für März, lang genug.csv" if long_names else "liste.csv"]
    stream = winmail([(names[0], PDF), (names[1], LIST)], long_names=long_names)
    result = cut(message(("winmail.dat", stream)))
    assert [one.path for one in result.documents] == ["winmail.dat", *(f"winmail.dat/{name}" for name in names)]
    assert [one.content for one in result.documents[1:]] == [PDF, LIST]


def test_a_message_within_a_winmail_dat_is_opened_too() -> None:
    result = cut(message(("winmail.dat", winmail_with_message(winmail([("7501.pdf", PDF)])))))
    assert told(result)[1:] == [
        ("2/1", "winmail.dat/document-1.dat", "unread"),
        ("2/1/1", "winmail.dat/document-1.dat/7501.pdf", "unread"),
    ]


@pytest.mark.parametrize("sign", [signed, signed_in_pieces])
def test_F69_an_opaque_signature_is_opened_and_its_body_is_the_body(sign: object) -> None:
    inner = message(("7501.pdf", PDF), body="part 1 of 2")
    wrapper = sign(inner)  # type: ignore[operator]
    head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    result = cut(head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(wrapper))
    assert told(result) == [("1", "smime.p7m", "unread"), ("1/2", "smime.p7m/7501.pdf", "unread")]
    assert (result.text, result.documents[1].content) == ("part 1 of 2", PDF)


def test_a_signature_that_stands_alone_has_nothing_in_it() -> None:
    assert told(cut(message(("smime.p7s", signed(b"text", detached=True))))) == [("2", "smime.p7s", "unread")]


UNOPENED = {
    "smime.p7m": encrypted(b"x" * 300),
    "locked.zip": locked(zipped({"inv1.pdf": INVOICE})),
    "cut-short.zip": zipped({"inv1.pdf": INVOICE * 99})[:-30],
    "only-a-mark.zip": b"PK\x03\x04" + b"\x00" * 60,
    "winmail.dat": winmail([("7501.pdf", PDF)])[:90],
    "rare.zip": zipped({"inv1.pdf": INVOICE}, method=zipfile.ZIP_LZMA),
    "report.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
}


@pytest.mark.parametrize("name", UNOPENED)
def test_what_cannot_be_opened_is_kept_and_told(name: str) -> None:
    result = cut(message((name, UNOPENED[name]), ("7501.pdf", PDF)))
    assert told(result) == [("2", name, "unreadable"), ("3", "7501.pdf", "unread")]
    assert result.documents[0].content == UNOPENED[name]


def test_of_a_zip_that_opens_in_part_the_rest_is_taken() -> None:
    archive = bytearray(zipped({"a.pdf": INVOICE, "b.pdf": INVOICE}, method=zipfile.ZIP_STORED))
    archive[archive.find(INVOICE) + 5] ^= 0xFF
    result = cut(message(("two.zip", bytes(archive))))
    assert told(result) == [("2", "two.zip", "unreadable"), ("2/2", "two.zip/b.pdf", "unread")]


def nested_zip(levels: int) -> bytes:
    content = zipped({"inv1.pdf": INVOICE})
    for _ in range(levels - 1):
        content = zipped({"in.zip": content})
    return content


BOMBS = {
    "too large when opened": zipped({"zeros.csv": b"0" * 3_000_000}),
    "too many files": zipped({f"{number}.csv": b"" for number in range(60)}),
    "the same bytes many times": zipped({f"{number}.csv": b"0" * 400_000 for number in range(10)}),
}
SMALL = ContainerLimits(depth=3, files=50, opened_bytes=2_000_000)


@pytest.mark.parametrize("bomb", BOMBS)
def test_F45_a_container_beyond_a_limit_stays_one_document(bomb: str) -> None:
    result = cut(message(("bomb.zip", BOMBS[bomb]), ("7501.pdf", PDF)), container_limits=SMALL)
    assert told(result) == [("2", "bomb.zip", "unreadable"), ("3", "7501.pdf", "unread")]


def test_F44_containers_are_opened_to_a_depth() -> None:
    statuses = [one.status for one in cut(message(("in.zip", nested_zip(9))), container_limits=SMALL).documents]
    assert statuses == ["unread"] * 3 + ["unreadable"]


def test_F45_a_gigabyte_of_zeros_is_never_unpacked() -> None:
    """A megabyte that opens to a thousand is beyond the usual ratio."""
    archive = zipped({"zeros.csv": bytes(110_000_000)})
    assert [one.status for one in cut(message(("zeros.zip", archive))).documents] == ["unreadable"]


def test_what_the_headers_claim_of_sizes_is_not_believed() -> None:
    archive = zipped({"zeros.csv": b"0" * 3_000_000})
    claimed = archive.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert claimed != archive
    statuses = [one.status for one in cut(message(("z.zip", claimed)), container_limits=SMALL).documents]
    assert statuses[0] == "unreadable"


def test_F72_names_in_archives_lead_nowhere() -> None:
    names = ["../../etc/passwd", "C:\\temp\\a.pdf", "/srv/b.pdf", "x\u202efdp.exe", "..", "a/./b/../c.pdf"]
    result = cut(message(("slip.zip", zipped(dict.fromkeys(names, b"text")))))
    assert [one.path for one in result.documents[1:]] == [
        "slip.zip/etc/passwd",
        "slip.zip/temp/a.pdf",
        "slip.zip/srv/b.pdf",
        "slip.zip/xfdp.exe",
        "slip.zip/document-5.txt",
        "slip.zip/a/b/c.pdf",
    ]


@pytest.mark.parametrize(
    ("written", "flag", "shown"),
    [
        ("für.csv".encode(), 0, "für.csv"),
        ("für.csv".encode("cp437"), 0, "für.csv"),
        ("発.csv".encode(), 0x800, "発.csv"),
    ],
)
def test_names_in_a_zip_are_utf8_marked_or_not_or_of_the_old_code_page(written: bytes, flag: int, shown: str) -> None:
    archive = bytearray(zipped({"x" * len(written): LIST}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = archive.find(mark)
        archive[at + offset : at + offset + 2] = flag.to_bytes(2, "little")
    content = bytes(archive).replace(b"x" * len(written), written)
    assert [one.name for one in cut(message(("n.zip", content))).documents[1:]] == [shown]


def test_every_nested_document_is_fetched_alone_by_its_section() -> None:
    deep = zipped({"a.txt": b"a", "in.zip": zipped({"b.pdf": INVOICE, "c.csv": LIST})})
    mail = message(("deep.zip", deep), ("winmail.dat", winmail([("7501.pdf", PDF)])))
    whole = attached_message(b"Subject: x\r\n" + mail)
    documents = cut(whole).documents
    assert [one.section for one in documents] == ["1", "1/2", "1/2/1", "1/2/2", "1/2/2/1", "1/2/2/2", "1/3", "1/3/1"]
    assert [content_of(whole, one.section) for one in documents] == [one.content for one in documents]


def test_bytes_under_the_name_of_a_folder_are_a_document() -> None:
    result = cut(message(("a.zip", zipped({"empty/": b"", "invoice.pdf/": INVOICE}))))
    assert [(one.section, one.content) for one in result.documents[1:]] == [("2/2", INVOICE)]


@pytest.mark.parametrize("section", ["", "9", "1/2", "2/9", "2/x", "2/1/1", "2/", "/", "2/²", "2/1/1/1/1/1/1/1/1"])
def test_no_document_is_fetched_where_there_is_none(section: str) -> None:
    assert content_of(message(("in.zip", zipped({"a.csv": LIST}))), section) is None


CONTAINERS = [*UNOPENED.values(), winmail([("7501.pdf", PDF)], long_names=True), signed_in_pieces(PDF), nested_zip(2)]


@given(st.sampled_from(CONTAINERS), st.integers(0, 5000), st.binary(max_size=8))
def test_no_damage_raises_anything(container: bytes, at: int, damage: bytes) -> None:
    broken = container[:at] + damage + container[at + len(damage) :]
    for name in ("a.zip", "winmail.dat", "smime.p7m", "a.eml"):
        result = cut(message((name, broken)))
        assert result.documents[0].content == broken
    with suppress(MailRefused):
        cut(b"Content-Type: message/rfc822\r\n\r\n" + broken)


@given(st.binary(max_size=4000), st.integers(1, 999))
def test_signed_bytes_come_back_however_they_were_cut_up(content: bytes, size: int) -> None:
    wrapper = signed_in_pieces(content, size)
    assert (cms_kind(wrapper), signed_content(wrapper)) == ("signed", content)


@pytest.mark.parametrize("name", ["winmail.dat", "smime.p7m"])
def test_a_container_of_nothing_but_beginnings_is_given_up(name: str) -> None:
    pieces = {
        "winmail.dat": winmail([("", b"")] * MOST_ATTRIBUTES),
        "smime.p7m": signed_in_pieces(b"x" * (MOST_PIECES + 1), 1),
    }
    assert told(cut(message((name, pieces[name])))) == [("2", name, "unreadable")]


def test_a_tnef_cut_anywhere_breaks_off_and_keeps_what_came_before() -> None:
    """Four bytes of nothing but the signature among them."""
    whole = winmail([("invoice.pdf", INVOICE)])
    for length in range(len(whole)):
        with suppress(TnefError):
            assert all(one.content in (None, INVOICE) for one in tnef_attachments(whole[:length]))


@pytest.mark.parametrize("count", [2**32 - 1, 2**31])
def test_a_tnef_that_counts_without_end_ends(count: int) -> None:
    """Of a property with four thousand million values there are as many as there are bytes for."""
    stream = bytearray(winmail([("a.pdf", PDF)], long_names=True))
    at = stream.find(b"\x03\x00\x20\x0e") - 4
    stream[at : at + 4] = count.to_bytes(4, "little")
    with suppress(TnefError):
        list(tnef_attachments(bytes(stream)))


PADDED = {"a line end": b"\r\n", "zeros": b"\x00" * 16, "the end of a disk's file": b"\x1a"}


@pytest.mark.parametrize("behind", PADDED.values(), ids=PADDED.keys())
def test_F68_what_stands_behind_a_whole_winmail_dat_costs_nothing(behind: bytes) -> None:
    stream = winmail([("7501.pdf", PDF), ("list.csv", LIST)]) + behind
    assert told(cut(message(("winmail.dat", stream)))) == [
        ("2", "winmail.dat", "unread"),
        ("2/1", "winmail.dat/7501.pdf", "unread"),
        ("2/2", "winmail.dat/list.csv", "unread"),
    ]


BROKEN = {
    "other bytes behind": b"more",
    "an attribute that breaks off": b"\x02\x05\x90",
    "an attribute that is too long": b"\x02" + b"\x05\x90\x06\x00" + b"\xff\xff\x00\x00",
}


@pytest.mark.parametrize("behind", BROKEN.values(), ids=BROKEN.keys())
def test_F68_of_a_winmail_dat_that_breaks_off_what_was_read_is_there(behind: bytes) -> None:
    """It is not whole, and says so; its files are documents all the same."""
    stream = winmail([("7501.pdf", PDF), ("list.csv", LIST)]) + behind
    assert told(cut(message(("winmail.dat", stream)))) == [
        ("2", "winmail.dat", "unreadable"),
        ("2/1", "winmail.dat/7501.pdf", "unread"),
        ("2/2", "winmail.dat/list.csv", "unread"),
    ]
    assert content_of(message(("winmail.dat", stream)), "2/2") == LIST


def test_F68_a_property_that_is_not_understood_costs_the_attachments_nothing() -> None:
    first = winmail([("7501.pdf", PDF)])
    null = winmail_properties(struct.pack("<IHH", 1, 0x1, 0x3705))
    unknown = winmail_properties(struct.pack("<IHH", 1, 0x7E, 0x3705))
    assert [one.content for one in tnef_attachments(first + null)] == [PDF]
    assert told(cut(message(("winmail.dat", first + unknown))))[1:] == [("2/1", "winmail.dat/7501.pdf", "unread")]


def test_an_object_of_another_program_in_a_winmail_dat_is_its_file() -> None:
    """Without the id of the interface that reads it, by which no type is told."""
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")
    (found,) = tnef_attachments(winmail_with_object(ole))
    assert found.content == ole
