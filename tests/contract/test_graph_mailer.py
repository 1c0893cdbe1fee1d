"""Graph keeps the promises of a mailer."""

from collections.abc import Iterator

import pytest

from cee_mailbot.errors import RefusedReplyError, TemporaryError, UncertainError, UnreachableError
from cee_mailbot.graph_web import GraphSettings, GraphWeb
from cee_mailbot.interfaces import Letter
from cee_mailbot.mailers import mailer_class
from cee_mailbot.mailers.graph import GraphMailer
from tests.contract.mailer_contract import MailerContract, letter
from tests.contract.test_graph_source import tokens_of
from tests.servers.graph import GraphServer, Trouble

ADDRESS = "box@agency.example"


class GraphOffice:
    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self.box = server.box(ADDRESS)
        settings = GraphSettings(root=server.root, address=ADDRESS, tokens=tokens_of(server))
        self.mailer = GraphMailer(GraphWeb(settings))

    def taken(self) -> list[bytes]:
        return self.box.sent

    def break_off(self) -> None:
        self.server.stop()

    def repair(self) -> None:
        self.server.start()

    def send(self, one: Letter) -> None:
        with self.mailer.session() as session:
            session.send(one)


@pytest.fixture
def office() -> Iterator[GraphOffice]:
    with GraphServer() as server:
        yield GraphOffice(server)
    assert server.faults == []


class TestGraphMailer(MailerContract):
    @pytest.fixture
    def office(self) -> Iterator[GraphOffice]:
        with GraphServer() as server:
            yield GraphOffice(server)
        assert server.faults == []


def test_the_table_knows_the_class() -> None:
    assert mailer_class("graph") is GraphMailer


@pytest.mark.parametrize("trouble", [Trouble(cut_after=0), Trouble(status=500, done=True), Trouble(status=504)])
def test_a_letter_whose_answer_is_lost_is_uncertain(office: GraphOffice, trouble: Trouble) -> None:
    """C17: all of it left, and nobody knows whether it was taken."""
    office.server.troubles["send"].append(trouble)
    with pytest.raises(UncertainError):
        office.send(letter())


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_tried_later_and_not_at_once(office: GraphOffice, status: int) -> None:
    office.server.troubles["send"].append(Trouble(status=status, code="ApplicationThrottled", retry_after="1"))
    with pytest.raises(UnreachableError):
        office.send(letter())
    assert office.taken() == []


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
