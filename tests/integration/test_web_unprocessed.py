"""What could not be processed, on the page: found, read, put into the queue, and replies sent again or taken back."""

import re

import pytest
from fastapi.testclient import TestClient

from cee_mailbot.domain.reasons import SUBJECT_LINE
from cee_mailbot.domain.roles import Role
from cee_mailbot.sandbox import InProcessReader
from parsers.headers import MailRefused
from parsers.subject_problems import PROBLEM_CODES
from tests.support.mails import CHEMICALS as TO_CHEMICALS
from tests.support.mails import mail, numbered
from tests.support.staff_page import StaffPage, form
from tests.support.workshop import CHEMICALS, Workshop

SHORT = "DR,NokiaInc,345-678,2704"
RIGHT = "DR,NokiaInc,345-67890123,2704"
HTML = """\
From: Broker <broker@filer.example>
To: CEE-Electronics@cbp.dhs.gov
Subject: DR,NokiaInc,345-67890123,2704
Date: Mon, 02 Mar 2026 09:59:30 -0500
Message-ID: <h@filer.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/html; charset=utf-8

<p onclick="alert(1)">Papers <b>attached</b></p><script>alert(2)</script><img src="https://evil.example/pixel">
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="a.pdf"

%PDF-1.4
--b--
""".replace("\n", "\r\n").encode()


@pytest.fixture
def page(shop: Workshop) -> StaffPage:
    return StaffPage(shop, page_rows=10)


@pytest.fixture
def kim(page: StaffPage) -> TestClient:
    return page.person("kim", teams=["007"])


def test_each_list_says_what_it_holds_and_why(shop: Workshop, kim: TestClient) -> None:
    shop.receive(
        mail(subject=SHORT),
        mail(subject="DR,Held,345-67890123,2704", sender=None, message_id="<2@filer.example>"),
        mail(subject="Automatic reply: gone", extra=["Auto-Submitted: auto-replied"], message_id="<3@filer.example>"),
    )
    held, rejected, ignored = (kim.get(f"/unprocessed?what={what}").text for what in ("held", "rejected", "ignored"))
    assert "DR,Held" in held
    assert "It has no sender that can be read." in held
    assert SHORT in rejected
    assert "can be none. " in rejected
    assert "docs/reasons.md" not in rejected, "nobody at this page has the files of the program"
    assert "Automatic reply" not in rejected
    assert "Automatic reply: gone" in ignored
    assert "can be released" in ignored, "what to do"
    assert "DR,Held" in kim.get("/unprocessed?what=nonsense").text, "the first list"


def test_every_problem_of_a_subject_line_has_words_for_staff() -> None:
    assert set(SUBJECT_LINE) == set(PROBLEM_CODES)


def test_another_teams_are_neither_listed_nor_counted(shop: Workshop, page: StaffPage, kim: TestClient) -> None:
    shop.receive(mail(subject="DR,Acme,346-1,2704", to=TO_CHEMICALS), mailbox=CHEMICALS)
    assert "Acme" not in kim.get("/unprocessed?what=rejected").text
    assert 'Not processed <span class="count">0</span>' in kim.get("/unprocessed").text
    assert "Acme" in page.person("lee").get("/unprocessed?what=rejected").text


def test_pages_follow_each_other_newest_first(shop: Workshop, kim: TestClient) -> None:
    shop.receive(*(numbered(number, subject=f"DR,Bad{number:02},345-1,2704") for number in range(1, 14)))
    first = kim.get("/unprocessed?what=rejected").text
    assert first.index("Bad13") < first.index("Bad04")
    assert "Bad03" not in first
    after = first.split("before=")[1].split('"')[0]
    second = kim.get(f"/unprocessed?what=rejected&before={after}").text
    assert "Bad03" in second
    assert "Bad04" not in second


def test_a_corrected_line_is_shown_as_it_reads_and_then_enters_the_queue(shop: Workshop, kim: TestClient) -> None:
    shop.receive(mail(subject=SHORT))
    number = shop.messages()[0].id
    assert "Show how it reads" in kim.get(f"/messages/{number}").text
    wrong = kim.get(f"/messages/{number}/release", params={"line": "DR,NokiaInc,345-67,2704"}).text
    assert "Entry invalid" in wrong
    assert 'method="post" class="stack"' not in wrong, "what can't be read can't be put into the queue"
    right = kim.get(f"/messages/{number}/release", params={"line": RIGHT}).text
    assert "2704 (Los Angeles" in right.replace("LOS ANGELES", "Los Angeles")
    assert shop.statuses() == ["rejected"], "so far nothing was done"
    fields = form(right, f"/messages/{number}/release")
    answers = [kim.post(f"/messages/{number}/release", data=fields) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert shop.statuses() == ["enqueued"]
    (item,) = shop.items()
    assert item.entry_number == "345-67890123"
    assert item.tracking in kim.get(answers[0].headers["location"]).text


def test_what_can_not_be_read_is_refused_with_what_to_do(shop: Workshop, kim: TestClient) -> None:
    shop.receive(mail(subject=SHORT))
    answer = kim.post(f"/messages/{shop.messages()[0].id}/release", data={"key": "k", "line": "nonsense"})
    assert answer.status_code == 409
    assert shop.statuses() == ["rejected"]


def test_a_failed_reply_is_read_sent_again_and_taken_back(shop: Workshop, kim: TestClient) -> None:
    shop.mailer.refuse("broker@filer.example")
    shop.receive(mail())
    shop.send()
    (reply,) = shop.replies()
    assert reply.state == "failed"
    assert f"/replies/{reply.id}" in kim.get("/unprocessed?what=replies").text
    shown = kim.get(f"/replies/{reply.id}").text
    assert "We received your documents" in shown
    assert "Send reply again" in shown
    assert kim.post(f"/replies/{reply.id}/retry", data=form(shown, f"/replies/{reply.id}/retry")).status_code == 303
    assert shop.replies()[0].state == "queued"
    shown = kim.get(f"/replies/{reply.id}?done=retry").text
    assert "in line to be sent again" in shown
    assert kim.post(f"/replies/{reply.id}/cancel", data=form(shown, f"/replies/{reply.id}/cancel")).status_code == 303
    assert shop.replies()[0].state == "cancelled"
    assert shop.send().sent == 0


def test_a_viewer_reads_and_does_nothing(shop: Workshop, page: StaffPage) -> None:
    shop.receive(mail(subject=SHORT))
    ann = page.person("ann", Role.VIEWER)
    assert "Show how it reads" not in ann.get(f"/messages/{shop.messages()[0].id}").text
    reply = shop.replies()[0].id
    assert "Take reply back" not in ann.get(f"/replies/{reply}").text
    assert ann.post(f"/replies/{reply}/cancel", data={"key": "k"}).status_code == 403


def test_html_is_shown_harmless_in_a_frame_without_rights(shop: Workshop, kim: TestClient) -> None:
    shop.receive(HTML)
    number = shop.messages()[0].id
    answer = kim.get(f"/messages/{number}/html")
    assert "<b>attached</b>" in answer.text
    for gone in ("script", "onclick", "img", "evil.example"):
        assert gone not in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    shown = kim.get(f"/messages/{number}").text
    frame = re.search(r'<iframe class="mail-html"[^>]*>', shown)
    assert frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0]
    assert f'src="/messages/{number}/html"' in frame[0]
    assert "Papers attached" in shown, "as text too"


def test_f46_a_body_that_takes_more_than_reading_may_is_said_and_not_read_by_the_page(
    shop: Workshop, kim: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page asks the reader, in whose child a bomb ends, for text and HTML alike."""
    shop.receive(HTML)

    def refused(*_: object) -> None:
        raise MailRefused("reading-limit", "Reading this message takes more time or memory than reading may.")

    for asked in ("body", "html"):
        monkeypatch.setattr(InProcessReader, asked, refused)
    number = shop.messages()[0].id
    assert kim.get(f"/messages/{number}/html").status_code == 409
    shown = kim.get(f"/messages/{number}").text
    assert "takes more time or memory than reading may" in shown
    assert "Papers attached" not in shown


def test_what_the_scanner_found_is_said_and_nothing_of_it_shown(shop: Workshop, kim: TestClient) -> None:
    shop.receive(HTML)
    number = shop.messages()[0].id
    tracking = shop.items()[0].tracking
    for path in (f"/messages/{number}", f"/items/{tracking}"):
        assert f'data-pdf="/messages/{number}/documents/1"' in kim.get(path).text
    with shop.store.begin(shop.clock.now()) as unit:
        unit._message_row(number).evidence = {"scan": {"state": "malware", "detail": "Eicar"}}  # type: ignore[attr-defined]
    assert kim.get(f"/messages/{number}/html").status_code == 409
    shown = kim.get(f"/messages/{number}").text
    assert "malware in this message (Eicar)" in shown
    assert "Papers attached" not in shown
    assert "data-pdf" not in shown + kim.get(f"/items/{tracking}").text
    assert not kim.get(f"/messages/{number}/documents/1/shown").is_success


def test_the_list_shows_where_words_were_found(shop: Workshop, kim: TestClient) -> None:
    shop.receive(numbered(1), numbered(2, subject="DR,Widgets,345-00000020,2704"))
    shown = kim.get("/", params={"q": "widgets"}).text
    assert "[Widgets]" in shown
    assert shown.count("data-row=") == 1


def test_the_history_is_one_list_in_words(shop: Workshop, kim: TestClient) -> None:
    shop.receive(mail())
    shown = kim.get(f"/items/{shop.items()[0].tracking}").text
    assert "entered the queue" in shown
    assert "reply queued: acknowledgement" in shown
