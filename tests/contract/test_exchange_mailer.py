"""Exchange keeps the promises of a mailer."""

from collections.abc import Iterator

import pytest

from cee_mailbot.errors import RefusedReplyError, TemporaryError, UncertainError, UnreachableError
from cee_mailbot.exchange_web import ExchangeSettings, ExchangeWeb
from cee_mailbot.interfaces import Letter
from cee_mailbot.mailers import mailer_class
from cee_mailbot.mailers.exchange import ExchangeMailer
from tests.contract.mailer_contract import letter
from tests.contract.web_mailer_contract import ADDRESS, WebMailerContract, WebOffice
from tests.servers.ews import PASSWORD, USER, EwsServer, Trouble


class ExchangeOffice(WebOffice):
    sends = "CreateItem"

    def __init__(self, server: EwsServer) -> None:
        super().__init__(server)
        settings = ExchangeSettings(endpoint=server.endpoint, address=ADDRESS, user=USER, password=lambda: PASSWORD)
        self.mailer = ExchangeMailer(ExchangeWeb(settings))


@pytest.fixture(scope="module")
def running() -> Iterator[EwsServer]:
    with EwsServer() as server:
        yield server


@pytest.fixture
def office(running: EwsServer) -> Iterator[ExchangeOffice]:
    running.reset()
    running.boxes.clear()
    yield ExchangeOffice(running)
    assert running.faults == []


class TestExchangeMailer(WebMailerContract):
    """All of it, at the office above."""


def test_the_table_knows_the_class() -> None:
    assert mailer_class("exchange") is ExchangeMailer


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(cut_after=200, done=True),
        Trouble(cut_after=200, short=True, done=True),
        Trouble(code="ErrorTimeoutExpired"),
        Trouble(fault=True, code="ErrorInternalServerError", done=True),
    ],
)
def test_a_letter_whose_answer_is_cut_or_in_doubt_is_uncertain(office: ExchangeOffice, trouble: Trouble) -> None:
    """C17, as Exchange can put it besides."""
    office.server.troubles["CreateItem"].append(trouble)
    with pytest.raises(UncertainError):
        office.send(letter())
    assert len(office.taken()) <= 1


def test_an_exchange_that_says_that_it_is_busy_is_tried_later(office: ExchangeOffice) -> None:
    office.server.troubles["CreateItem"].append(Trouble(fault=True, code="ErrorServerBusy", back_off=1000))
    with pytest.raises(UnreachableError):
        office.send(letter())
    assert office.taken() == []


@pytest.mark.parametrize(
    "trouble", [Trouble(code="ErrorInvalidRecipients"), Trouble(code="ErrorMimeContentInvalid"), Trouble(status=413)]
)
def test_a_letter_that_is_no_good_is_refused_for_good(office: ExchangeOffice, trouble: Trouble) -> None:
    office.server.troubles["CreateItem"].append(trouble)
    with pytest.raises(RefusedReplyError, match=trouble.code or "413"):
        office.send(letter())


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble(code="ErrorSendAsDenied"), "SendAs"),
        (Trouble(code="ErrorAccessDenied"), "FullAccess"),
        (Trouble(code="ErrorQuotaExceeded"), "full"),
        (Trouble(status=401), "refused user and password"),
    ],
)
def test_what_can_be_mended_without_the_letter_is_tried_later(
    office: ExchangeOffice, trouble: Trouble, words: str
) -> None:
    """A missing permission must not fail the replies of a day."""
    office.server.troubles["CreateItem"].append(trouble)
    with pytest.raises(TemporaryError, match=words) as caught:
        office.send(letter())
    assert not isinstance(caught.value, UncertainError)


@pytest.mark.parametrize(
    "head",
    [
        b"To: broker@example.com, other@example.com\r\n",
        b"To: broker@example.com\r\nBcc: other@example.com\r\n",
        b"Subject: nobody\r\n",
        b"To: broker@example.com\r\nSubject: x\nBcc: other@example.com\r\n",
    ],
)
def test_a_letter_whose_header_names_others_goes_nowhere(office: ExchangeOffice, head: bytes) -> None:
    """Exchange takes its recipients from the header, whatever was meant."""
    with pytest.raises(RefusedReplyError):
        office.send(Letter(return_path="", to="broker@example.com", raw=head + b"\r\nline\r\n"))
    assert office.server.asked == []
