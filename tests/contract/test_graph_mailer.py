"""Graph keeps the promises of a mailer."""

from collections.abc import Iterator

import pytest

from cee_mailbot.errors import RefusedReplyError, TemporaryError
from cee_mailbot.graph_web import GraphSettings, GraphWeb
from cee_mailbot.interfaces import Letter
from cee_mailbot.mailers import mailer_class
from cee_mailbot.mailers.graph import GraphMailer
from tests.contract.mailer_contract import letter
from tests.contract.test_graph_source import tokens_of
from tests.contract.web_mailer_contract import ADDRESS, WebMailerContract, WebOffice
from tests.servers.graph import GraphServer, Trouble


class GraphOffice(WebOffice):
    sends = "send"

    def __init__(self, server: GraphServer) -> None:
        super().__init__(server)
        settings = GraphSettings(root=server.root, address=ADDRESS, tokens=tokens_of(server))
        self.mailer = GraphMailer(GraphWeb(settings))


@pytest.fixture
def office() -> Iterator[GraphOffice]:
    with GraphServer() as server:
        yield GraphOffice(server)
    assert server.faults == []


class TestGraphMailer(WebMailerContract):
    """All of it, at the office above."""


def test_the_table_knows_the_class() -> None:
    assert mailer_class("graph") is GraphMailer


def test_a_letter_that_is_no_good_is_refused_for_good(office: GraphOffice) -> None:
    office.server.troubles["send"].append(Trouble(status=400, code="ErrorInvalidRecipients"))
    with pytest.raises(RefusedReplyError, match="ErrorInvalidRecipients"):
        office.send(letter())


@pytest.mark.parametrize(("status", "code"), [(403, "ErrorAccessDenied"), (404, "ErrorInvalidUser")])
def test_what_can_be_mended_without_the_letter_is_tried_later(office: GraphOffice, status: int, code: str) -> None:
    """A missing permission must not fail the replies of a day."""
    office.server.troubles["send"].append(Trouble(status=status, code=code))
    with pytest.raises(TemporaryError, match=code):
        office.send(letter())


def test_a_revoked_token_is_renewed_and_the_letter_sent_once(office: GraphOffice) -> None:
    office.send(letter(1))
    office.server.tokens.revoked.update(office.server.tokens.issued)
    office.send(letter(2))
    assert office.taken() == [letter(1).raw, letter(2).raw]


@pytest.mark.parametrize(
    "head",
    [
        b"To: broker@example.com, other@example.com\r\n",
        b"To: broker@example.com\r\nBcc: other@example.com\r\n",
        b"To: broker@example.com\r\nCC: other@example.com\r\n",
        b"To: other@example.com\r\n",
        b"Subject: nobody\r\n",
        b"To: broker@example.com\r\nSubject: x\nBcc: other@example.com\r\n",
    ],
)
def test_a_letter_whose_header_names_others_goes_nowhere(office: GraphOffice, head: bytes) -> None:
    """Graph takes its recipients from the header, whatever was meant."""
    with pytest.raises(RefusedReplyError):
        office.send(Letter(return_path="", to="broker@example.com", raw=head + b"\r\nline\r\n"))
    assert office.taken() == []
    assert office.server.asked == []
