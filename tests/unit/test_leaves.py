"""Cutting a message into its leaves."""

import email

import pytest

from parsers.headers import MailRefused
from parsers.leaves import CutLimits, Leaf, leaves_of
from tests.support.bounded import bounded


def message(*lines: str, boundary: str = "b", kind: str = "mixed") -> bytes:
    head = ["From: a@b.example", f'Content-Type: multipart/{kind}; boundary="{boundary}"', ""]
    return "\r\n".join([*head, *lines]).encode()


def contents(raw: bytes) -> list[bytes]:
    return [leaf.content for leaf in leaves_of(raw)[0]]


def defects(raw: bytes) -> tuple[str, ...]:
    return leaves_of(raw)[1]


def only(raw: bytes) -> Leaf:
    (leaf,) = leaves_of(raw)[0]
    return leaf


def test_the_line_end_before_a_delimiter_belongs_to_the_delimiter() -> None:
    raw = message("preamble", "--b", "", "one", "", "--b \t", "", "two", "--b--", "epilogue", "--b", "", "no")
    assert contents(raw) == contents(raw.replace(b"\r\n", b"\n").replace(b"one\n\n", b"one\r\n\n"))
    assert contents(raw) == [b"one\r\n", b"two"]
    assert defects(raw) == ()


def test_a_delimiter_stands_alone_at_the_beginning_of_its_line() -> None:
    assert contents(message("--b", "", "x --b", "--bb", " --b", "--b--")) == [b"x --b\r\n--bb\r\n --b"]


def test_sections_are_counted_as_imap_counts_them() -> None:
    inner = ["Content-Type: multipart/alternative; boundary=c", "", "--c", "", "p", "--c", "", "h", "--c--"]
    leaves, _ = leaves_of(message("--b", *inner, "--b", "", "x", "--b--"))
    assert [leaf.section for leaf in leaves] == ["1.1", "1.2", "2"]
    assert [leaf.container for leaf in leaves] == ["multipart/alternative"] * 2 + ["multipart/mixed"]
    assert only(b"Content-Type: application/pdf\n\n%PDF").section == "1"


def test_the_delimiter_of_the_outer_multipart_ends_the_inner_one() -> None:
    raw = message("--b", "Content-Type: multipart/mixed; boundary=c", "", "--c", "", "one", "--b", "", "two", "--b--")
    assert contents(raw) == [b"one", b"two"]
    assert defects(raw) == ("boundary-unclosed",)


def test_a_missing_closing_delimiter_loses_nothing() -> None:
    raw = message("--b", "", "one", "--b", "", "two", "")
    assert contents(raw) == [b"one", b"two"]
    assert defects(raw) == ("boundary-unclosed",)


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (message("text only"), "boundary-not-found"),
        (message("--b--"), "boundary-not-found"),
        (message("--b", "--b--"), "boundary-not-found"),
        (message("--b", "", "x", "--b--", boundary=""), "boundary-missing"),
    ],
)
def test_a_multipart_without_parts_is_one_opaque_leaf(raw: bytes, defect: str) -> None:
    leaf = only(raw)
    assert leaf.content == raw.partition(b"\r\n\r\n")[2]
    assert (leaf.content_type, defects(raw)) == ("multipart/mixed", (defect,))


def test_delimiters_with_nothing_between_them_enclose_no_part() -> None:
    assert contents(message("--b", "--b", "", "one", "--b--")) == [b"one"]


def test_a_delimiter_after_a_bare_carriage_return_is_told_but_not_taken() -> None:
    raw = message("--b", "", "one\r--b", "", "two", "--b--")
    assert contents(raw) == [b"one\r--b\r\n\r\ntwo"]
    assert defects(raw) == ("bare-cr",)


@pytest.mark.parametrize(
    ("header", "defect"),
    [
        ("Content-Type: text/plain\r\nContent-Type: text/html", "two-content-type"),
        (
            "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64",
            "two-content-transfer-encoding",
        ),
        ("Content-Disposition: inline\r\nContent-Disposition: inline", "two-content-disposition"),
        ("Content-Type: nonsense", "content-type-unreadable"),
        ("Content-Transfer-Encoding: x-own", "encoding-unknown"),
    ],
)
def test_F38_a_part_with_an_odd_header_is_cut_all_the_same(header: str, defect: str) -> None:
    raw = message("--b", "", "one", "--b", header, "", "two", "--b--")
    assert contents(raw) == [b"one", b"two"]
    assert defects(raw) == (defect,)


def test_two_boundaries_and_an_encoded_multipart_leave_defects() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b; boundary=c\nContent-Transfer-Encoding: base64\n\n"
        b"--b\n\none\n--b--\n"
    )
    assert contents(raw) == [b"one"]
    assert defects(raw) == ("multipart-encoded", "two-boundary")


def test_types_that_are_absent_or_old() -> None:
    assert only(b"\nbody").content_type == "text/plain"
    assert only(b"Content-Type: text\n\nbody").content_type == "text/plain"
    digest = leaves_of(message("--b", "", "Subject: x", "", "y", "--b--", kind="digest"))[0]
    assert [leaf.content_type for leaf in digest] == ["message/rfc822"]


@pytest.mark.parametrize("written", ["base64 ", "BASE64", "base64 (comment)", "\r\n base64"])
def test_the_transfer_encoding_is_undone_however_it_is_written(written: str) -> None:
    raw = message("--b", f"Content-Transfer-Encoding: {written}", "", "QUJD", "--b--")
    assert contents(raw) == [b"ABC"]
    assert defects(raw) == ()


def test_an_attached_message_in_base64_is_its_decoded_bytes() -> None:
    raw = message("--b", "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "", "QTogYg==", "--b--")
    assert contents(raw) == [b"A: b"]


def nested(depth: int) -> bytes:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(depth)
    )
    return head + b"\nx"


def test_F44_nesting_is_bounded_with_a_reason() -> None:
    assert contents(nested(50)) == [b"x"]
    for depth in (51, 1000):
        with pytest.raises(MailRefused) as refused:
            leaves_of(nested(depth))
        assert refused.value.code == "too-deep"


def test_F44_parts_are_bounded_with_a_reason() -> None:
    with pytest.raises(MailRefused) as refused:
        leaves_of(message(*["--b", "", ""] * 10_000))
    assert refused.value.code == "too-many-parts"
    assert len(leaves_of(message(*["--b", "", ""] * 1999))[0]) == 1999
    with pytest.raises(MailRefused):
        leaves_of(message("--b", "", "", "--b", "", "", "--b--"), CutLimits(parts=2))


def test_attached_messages_a_thousand_deep_are_one_leaf() -> None:
    assert len(leaves_of(b"Content-Type: message/rfc822\n\n" * 1000)[0]) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: text/html" + b" ; " * 43_000 + b"\n\nx",
        b"Content-Type: text/html" + b"; a=b" * 5_000 + b"\n\nx",
        message("--b", "", "--b x\r\n" * 200_000, "--b--"),
        message("--b", "", "--b" + " " * 1_000_000 + "x", "--b--"),
        message(*(["--b", "A: b", ""] * 1900)),
    ],
)
def test_hostile_structures_are_cut_in_linear_time(raw: bytes) -> None:
    with bounded():
        leaves_of(raw)


def test_leaves_are_those_of_the_standard_library() -> None:
    raw = message("--b", "", "one", "--b", "Content-Transfer-Encoding: quoted-printable", "", "a=3Db=", "c", "--b--")
    parts = [part.get_payload(decode=True) for part in email.message_from_bytes(raw).walk()]
    assert contents(raw) == [part for part in parts if part is not None]
