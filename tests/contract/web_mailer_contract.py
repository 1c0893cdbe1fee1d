"""What a mailer that is called over HTTP must do besides: Exchange and Graph, each on the test's own server."""

from typing import Any, ClassVar

import pytest

from cee_mailbot.errors import UncertainError, UnreachableError
from cee_mailbot.interfaces import Letter, Mailer
from tests.contract.mailer_contract import MailerContract, letter
from tests.servers.http_server import Trouble

ADDRESS = "box@agency.example"


class WebOffice:
    """A mailer, the mailbox `box` on the test's server that it sends from, and what that calls the sending."""

    sends: ClassVar[str]
    mailer: Mailer

    def __init__(self, server: Any) -> None:
        self.server = server
        self.box = server.box(ADDRESS)

    def taken(self) -> list[bytes]:
        sent: list[bytes] = self.box.sent
        return sent

    def break_off(self) -> None:
        self.server.stop()

    def repair(self) -> None:
        self.server.start()

    def send(self, one: Letter) -> None:
        with self.mailer.session() as session:
            session.send(one)


class WebMailerContract(MailerContract):
    """The promises that calls over HTTP put at risk; an implementation brings a fixture `office`, a `WebOffice`."""

    @pytest.mark.parametrize(
        "trouble",
        [Trouble(cut_after=0), Trouble(cut_after=0, done=True), Trouble(status=500, done=True), Trouble(status=504)],
    )
    def test_a_letter_whose_answer_is_lost_is_uncertain(self, office: WebOffice, trouble: Trouble) -> None:
        """C17: all of it left, and nobody knows whether it was taken; it is not sent again on the spot."""
        office.server.troubles[office.sends].append(trouble)
        with pytest.raises(UncertainError):
            office.send(letter())
        assert len(office.taken()) <= 1

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_busy_server_is_tried_later_and_not_at_once(self, office: WebOffice, status: int) -> None:
        office.server.troubles[office.sends].append(Trouble(status=status, retry_after="1"))
        with pytest.raises(UnreachableError):
            office.send(letter())
        assert office.taken() == []
