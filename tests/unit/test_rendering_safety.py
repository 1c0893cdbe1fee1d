"""Whatever the sender wrote, a reply has exactly our headers and one recipient."""

from dataclasses import replace
from datetime import UTC
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cee_mailbot.domain.reply import ListedDocument, ListedPart, ReplyFacts, ReplyKind
from cee_mailbot.domain.routing import Center
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.rendering import TemplateComposer, message
from cee_mailbot.rendering.cleaning import clean, quoted
from parsers.errors import Problem
from parsers.subject import parse_subject
from tests.unit.reply_cases import ACKNOWLEDGEMENT, CASES, REJECT

COMPOSER = TemplateComposer()
KINDS = {case.kind: case for case in CASES.values() if case.tracking}

ALWAYS = ["From", "To", "Subject", "Date", "Message-ID"]
THREADED = [*ALWAYS, "In-Reply-To", "References"]
AUTOMATIC = ["Auto-Submitted", "X-Auto-Response-Suppress"]
BODY = ["MIME-Version", "Content-Type"]

INJECTIONS = [
    "=?utf-8?q?a=0ABcc=3A_x=40y?=",
    "=?utf-8?q?a=0D=0ABcc=3A_x=40y?=",
    "a\nBcc: x@y",
    "a\r\nBcc: x@y\r\n\r\nbody",
    "a\rBcc: x@y",
    "a\u2028Bcc: x@y",
    "a\x85Bcc: x@y",
    "a\x0bBcc: x@y\x0c",
    "\udcff\ud800 lone",
    "\u202egpj.exe\u2066",
    "\u200b\ufeff\u00ad",
    "\x00\x1b[31m",
    "{{ 7 * 7 }}{% raw %}",
    "<script>alert(1)</script>&amp;\"'",
    "x" * 5000,
    "\u0130" * 5000,
    "DR,NokiaInc,345-67890123,2704",
    "\u0301" * 300,
    "=?" * 200,
    "http://evil.example www.evil.example",
]  # fmt: skip

hostile = st.one_of(
    st.sampled_from(INJECTIONS),
    st.text(max_size=300),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Lo"]), max_size=80),
    st.lists(st.sampled_from([*INJECTIONS, " ", ",", '"', "\n", "=?utf-8?b?", "?="]), max_size=6).map("".join),
)


def header_names(raw: bytes) -> list[str]:
    return message_from_bytes(raw).keys()


def expected_names(facts: ReplyFacts, *, threaded: bool) -> list[str]:
    status = ["X-CEE-Tracking", "X-CEE-Status", *(["X-CEE-Reason"] if facts.kind is ReplyKind.REJECT else [])]
    return [*(THREADED if threaded else ALWAYS), *AUTOMATIC, *status, *BODY]


def unfolded(raw: bytes, name: str) -> str:
    return str(message_from_bytes(raw)[name]).replace("\r\n", "")


def subject_of(raw: bytes) -> str:
    return str(make_header(decode_header(unfolded(raw, "Subject"))))


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("facts", KINDS.values(), ids=KINDS)
def test_no_subject_injects_a_header(facts: ReplyFacts, text: str) -> None:
    """On Python 3.11.7 an encoded word in a Subject comes out of `EmailMessage` as a real Bcc."""
    reply = COMPOSER.compose(replace(facts, line=parse_subject(text), line_as_written=text))
    assert header_names(reply.raw) == expected_names(facts, threaded=True)
    assert subject_of(reply.raw) == reply.subject
    assert not parse_subject(reply.subject).ok


@given(written=hostile, name=hostile, found=hostile, ids=st.lists(hostile, max_size=4), center=hostile)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gives_exactly_our_headers_and_one_recipient(
    written: str, name: str, found: str, ids: list[str], center: str
) -> None:
    facts = replace(
        REJECT,
        line=replace(parse_subject(written), account=name),
        line_as_written=written,
        in_reply_to=None,
        references=tuple(ids),
        center=replace(REJECT.center, name=center),
        documents=(ListedDocument(name=name, bytes=1, sha256="0" * 64, status="read"),),
        problems=(Problem(code="subject-fields", field="subject", found=found, fix=found),),
    )
    taken = replace(facts, reasons=(), problems=(), reason=found, parts=(ListedPart(number=1, documents=(name,)),))
    for each in (facts, *(replace(taken, kind=kind) for kind in KINDS if kind is not ReplyKind.REJECT)):
        reply = COMPOSER.compose(each)
        parsed = message_from_bytes(reply.raw)
        assert header_names(reply.raw) == expected_names(each, threaded=False)
        assert parsed.get_all("To") == [each.to]
        assert [address for _, address in getaddresses([unfolded(reply.raw, "From")])] == [each.mailbox_address]
        assert reply.raw.isascii()
        assert max(map(len, reply.raw.split(b"\r\n"))) <= 998
        assert b"\n" not in reply.raw.replace(b"\r\n", b"")
        assert subject_of(reply.raw) == reply.subject
        assert not parse_subject(reply.subject).ok
        text = parsed.get_payload(0)
        assert not isinstance(text, str)
        body = text.get_payload(decode=True)
        assert isinstance(body, bytes)
        assert max(map(len, body.decode().splitlines())) <= 72


@given(text=hostile, limit=st.integers(min_value=4, max_value=100))
def test_clean_text_is_one_short_line_and_stays_as_it_is(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert len(cleaned.splitlines()) <= 1
    assert clean(cleaned, limit) == cleaned
    cleaned.encode()


def test_what_is_quoted_makes_no_link() -> None:
    assert (
        quoted("see https://evil.example and WWW.evil.example", 80)
        == "see https[://]evil.example and WWW[.]evil.example"
    )


@pytest.mark.parametrize(
    "to",
    [
        "",
        "broker",
        "broker@",
        "@example.com",
        "broker@example.com, other@example.com",
        "broker@example.com\nBcc: x@y",
        "broker@example.com\r\n",
        "Broker <broker@example.com>",
        "<broker@example.com>",
        "bro ker@example.com",
        "bröker@example.com",
        "broker@exämple.com",
        "a@b@example.com",
        '"a b"@example.com',
        "broker@-example.com",
        "broker@example..com",
        "broker@[127.0.0.1]",
        f"{'a' * 65}@example.com",
        f"a@{'b.' * 150}com",
    ],
)
def test_an_address_that_is_not_plain_is_refused(to: str) -> None:
    with pytest.raises(CeeMailbotError, match="no address"):
        COMPOSER.compose(replace(ACKNOWLEDGEMENT, to=to))


@pytest.mark.parametrize(
    "to",
    [
        "b@example.com",
        "first.last+tag@mail.example.co.uk",
        "o'neil@example.com",
        "a..b.@docomo.example",
        "=?q?=@x.example",
    ],
)
def test_an_address_goes_out_as_it_is(to: str) -> None:
    raw = COMPOSER.compose(replace(ACKNOWLEDGEMENT, to=to)).raw
    assert message_from_bytes(raw)["To"] == to


def test_identifiers_of_others_are_checked_and_bounded() -> None:
    ids = [f"<{number}@example.com>" for number in range(50)]
    wrong = ["no-brackets@x", "<a b@x>", "<a@x>\r\nBcc: y", "<é@x>", "<a>", "<" + "x" * 400 + "@x>"]
    facts = replace(ACKNOWLEDGEMENT, references=(*wrong, *ids), in_reply_to="<49@example.com>")
    parsed = message_from_bytes(COMPOSER.compose(facts).raw)
    assert parsed["References"].split() == [ids[0], *ids[-19:]]
    assert parsed["In-Reply-To"] == "<49@example.com>"


def test_a_long_identifier_is_neither_folded_nor_encoded() -> None:
    long = f"<{'a' * 200}@example.com>"
    raw = COMPOSER.compose(replace(ACKNOWLEDGEMENT, in_reply_to=long, references=("<=?utf-8?q?a?=@x>",))).raw
    assert message_from_bytes(raw)["In-Reply-To"].split() == [long]
    assert message_from_bytes(raw)["References"].split() == ["<=?utf-8?q?a?=@x>", long]


@pytest.mark.parametrize("message_id", ["", "x", "<a@b>\r\nBcc: c@d", "<a b@c>"])
def test_our_own_identifier_must_be_one(message_id: str) -> None:
    with pytest.raises(CeeMailbotError, match="Message-ID"):
        COMPOSER.compose(replace(ACKNOWLEDGEMENT, message_id=message_id))


@pytest.mark.parametrize(
    "name", ["Pharmaceuticals, Health & Chemicals", 'A "quoted" \\ name', "Électronique, a <b@c>", "=?q?x?="]
)
def test_a_center_of_any_name_is_one_sender(name: str) -> None:
    center = Center(team="001", name=name, location="x", mailboxes=("a@b.example",), time_zone="UTC")
    raw = COMPOSER.compose(replace(ACKNOWLEDGEMENT, center=center)).raw
    ((shown, address),) = getaddresses([unfolded(raw, "From")])
    assert address == ACKNOWLEDGEMENT.mailbox_address
    assert str(make_header(decode_header(shown))) == f"{name} Center"


def test_what_a_person_writes_is_not_marked_automatic() -> None:
    facts = replace(ACKNOWLEDGEMENT, kind=ReplyKind.STAFF, written_at=ACKNOWLEDGEMENT.written_at.astimezone(UTC))
    raw = message.build(facts, subject="Your question", status="received", text="Hello.\n", page="<p>Hello.</p>\n")
    assert "Auto-Submitted" not in header_names(raw)


def test_a_mail_that_reads_otherwise_is_not_sent() -> None:
    """The last door holds even when the subject was not cleaned."""
    with pytest.raises((CeeMailbotError, ValueError)):
        message.build(ACKNOWLEDGEMENT, subject="a\nBcc: x@y", status="received", text="x\n", page="x\n")
