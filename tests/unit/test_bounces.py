"""What a delivery report says came back, and what makes a reject good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.correspondence import Rejected, Resend, made_good, state_after_answer
from cee_mailbot.domain.work_item import ItemState
from cee_mailbot.sandbox import InProcessReader

OURS = "<abc@cbp.dhs.gov>"


def report(*parts: str, headers: str = "") -> bytes:
    lines = [
        "From: MAILER-DAEMON@x.example",
        "Subject: Undeliverable: Received",
        *headers.splitlines(),
        "MIME-Version: 1.0",
    ]
    lines.append('Content-Type: multipart/report; report-type=delivery-status; boundary="b"')
    return "\r\n".join(
        [*lines, "", *(line for part in parts for line in ("--b", *part.splitlines())), "--b--", ""]
    ).encode()


STATUS = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nAction: {}\n"
WHOLE = f"Content-Type: message/rfc822\n\nSubject: Received\nMessage-ID: {OURS}\n\nBody"
HEADER = f"Content-Type: text/rfc822-headers\n\nSubject: Received\nMessage-Id:\n {OURS}\n"
COPY = f"Content-Type: text/plain\n\n> Subject: Received\n> message-id: {OURS}\n"


@pytest.mark.parametrize("returned", [WHOLE, HEADER, COPY], ids=["whole", "header", "copy-in-the-text"])
@pytest.mark.parametrize(
    ("action", "came_back"),
    [("failed", True), ("FAILED", True), ("delayed", False), ("delivered", False), ("relayed", False)],
)
def test_a_report_names_what_came_back_only_when_it_failed(returned: str, action: str, *, came_back: bool) -> None:
    ids = InProcessReader().read(report(STATUS.format(action), returned)).returned
    assert ids == ((OURS,) if came_back else ())


def test_a_report_without_a_status_returns_what_it_answers_and_shows() -> None:
    raw = report(COPY.replace(OURS, "<other@x.example>"), headers=f"In-Reply-To: {OURS}")
    assert InProcessReader().read(raw).returned == (OURS, "<other@x.example>")


def test_mail_that_is_no_report_returns_nothing() -> None:
    raw = f"From: a@b.example\r\nSubject: hello\r\nIn-Reply-To: {OURS}\r\n\r\nMessage-ID: {OURS}\r\n".encode()
    assert InProcessReader().read(raw).returned == ()


@given(st.binary(max_size=2000))
def test_no_report_breaks_the_reading(body: bytes) -> None:
    head = b"From: a@b.example\r\nX-Failed-Recipients: x@y.example\r\n\r\n"
    assert isinstance(InProcessReader().read(head + body).returned, tuple)


REJECT = Rejected(
    message=7, tracking="CEE-007-26-000001-V", ids=frozenset({OURS}), entry_number=None, documents=frozenset({"d1"})
)


@pytest.mark.parametrize(
    ("new", "old_entry", "is_made_good"),
    [
        (Resend(answers=[OURS], tracking=(), entry_number="B", documents=()), "A", True),
        (Resend(answers=(), tracking=["CEE-007-26-000001-V"], entry_number="B", documents=()), "A", True),
        (Resend(answers=(), tracking=(), entry_number="A", documents=()), "A", True),
        (Resend(answers=(), tracking=(), entry_number="B", documents={"d1"}), None, True),
        (Resend(answers=(), tracking=(), entry_number="B", documents={"d1"}), "A", False),
        (Resend(answers=(), tracking=(), entry_number=None, documents={"d1"}), "A", True),
        (Resend(answers=(), tracking=(), entry_number=None, documents={"d2"}), None, False),
    ],
    ids=["thread", "number", "entry", "documents", "another-entry", "no-entry-of-its-own", "nothing"],
)
def test_a_resend_makes_a_reject_good(new: Resend, old_entry: str | None, *, is_made_good: bool) -> None:
    old = Rejected(
        message=7, tracking=REJECT.tracking, ids=REJECT.ids, entry_number=old_entry, documents=REJECT.documents
    )
    assert made_good(new, [old]) == ((7,) if is_made_good else ())


@pytest.mark.parametrize("state", ItemState)
def test_an_answer_opens_a_closed_item_and_leaves_every_other(state: ItemState) -> None:
    if state is ItemState.CLOSED:
        assert state_after_answer(state, assigned=False) is ItemState.NEW
        assert state_after_answer(state, assigned=True) is ItemState.ASSIGNED
    else:
        assert state_after_answer(state, assigned=True) is state
