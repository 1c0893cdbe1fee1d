"""The marks of machines."""

import pytest

from parsers.mail import read_mail

PERSON = "Return-Path: <ana@b.example>\nFrom: Ana <ana@b.example>\nSubject: DR,NokiaInc,345-67890123,2704\n"


def codes(*headers: str) -> list[str]:
    """Return the marks of a person's mail to which headers are added; one of the same name replaces it."""
    names = {header.partition(":")[0].lower() for header in headers}
    kept = [line for line in PERSON.splitlines() if line.partition(":")[0].lower() not in names]
    return [mark.code for mark in read_mail("\n".join([*kept, *headers, "", ""]).encode()).machine]


MARKS = {
    "Return-Path: <>": "null-return-path",
    "Return-Path: <MAILER-DAEMON>": "null-return-path",
    "Auto-Submitted: auto-replied (vacation); x=y": "auto-submitted",
    "auto-submitted: AUTO-GENERATED": "auto-submitted",
    "Precedence: Bulk": "precedence",
    "Precedence: auto_reply": "precedence",
    "List-Unsubscribe: <mailto:x@y.example>": "list",
    "X-Mailing-List: y": "list",
    "X-Auto-Response-Suppress: OOF, AutoReply": "auto-response-suppress",
    "X-Autoreply: yes": "auto-reply-header",
    "X-Autorespond: x": "auto-reply-header",
    "X-Failed-Recipients: a@b.example": "delivery-report",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=x": "delivery-report",
    "Content-Type: Message/Delivery-Status": "delivery-report",
    "Content-Type: message/disposition-notification": "read-receipt",
    'Content-Type: multipart/report; report-type="disposition-notification"; boundary=x': "read-receipt",
    "From: MAILER-DAEMON@b.example": "robot-name",
    "From: postmaster@b.example": "robot-name",
    "From: Customs <customs.do_not_reply@b.example>": "robot-name",
    "From: no-reply+17@b.example": "robot-name",
    "From: Mail Delivery System <x@b.example>": "robot-name",
    "Subject: Undelivered Mail Returned to Sender": "bounce-subject",
    "Subject: [EXTERNAL] Fwd: RE: Returned  mail: see transcript": "bounce-subject",
    "Subject: Undeliverable: DR,NokiaInc,345-67890123,2704": "bounce-subject",
    "Subject: Delivery failure": "bounce-subject",
    "X-CEE-Tracking: CEE-007-26-004217-K": "own-reply",
}


@pytest.mark.parametrize(("header", "code"), MARKS.items())
def test_F56_F57_each_sign_of_a_machine_is_a_mark(header: str, code: str) -> None:
    assert codes(header) == [code]


NO_MARKS = [
    "Auto-Submitted: no",
    "Auto-Submitted: No (a person); owner-email=x",
    "Auto-Submitted:",
    "Precedence: first-class",
    "X-Auto-Response-Suppress: None",
    "X-Autonomous: yes",
    "From: noreen@b.example",
    "From: Master Port <port.master@b.example>",
    "Subject: Delivery order for entry",
    "Subject: FW: Undeliverable: DR,NokiaInc,345-67890123,2704",
    "Subject: RE: Failure notice DR,NokiaInc,345-67890123,2704",
    "Subject: Delivery failure DR,NokiaInc,345-67890123,2704",
    "Content-Type: multipart/mixed; boundary=x",
]


@pytest.mark.parametrize("header", NO_MARKS)
def test_F61_a_person_has_no_mark(header: str) -> None:
    assert codes(header) == []


def test_a_report_that_a_person_forwards_with_papers_has_no_mark() -> None:
    assert codes("Subject: FW: Undeliverable: your papers", "Content-Type: multipart/mixed; boundary=x") == []


def test_a_missing_return_path_has_a_mark_of_its_own() -> None:
    marks = read_mail(b"From: ana@b.example\n\n").machine
    assert [mark.code for mark in marks] == ["missing-return-path"]


def test_F59_a_mark_names_the_header_and_the_value_that_decided() -> None:
    (mark,) = read_mail((PERSON + "Precedence: junk\n\n").encode()).machine
    assert mark.detail == "Precedence: junk"


def test_a_detail_is_one_short_line() -> None:
    (mark,) = read_mail((PERSON + "List-Id: a\n\tb" + "x" * 999 + "\n\n").encode()).machine
    assert len(mark.detail) == 200
    assert mark.detail.startswith("List-Id: a b")
