import pytest

from cee_mailbot.testing import MemoryMailer
from tests.contract.mailer_contract import MailerContract


class MemoryOffice:
    def __init__(self) -> None:
        self.mailer = MemoryMailer()

    def taken(self) -> list[bytes]:
        return [letter.raw for letter in self.mailer.letters]

    def break_off(self) -> None:
        self.mailer.be_down()

    def repair(self) -> None:
        self.mailer.be_down(down=False)


class TestMemoryMailer(MailerContract):
    @pytest.fixture
    def office(self) -> MemoryOffice:
        return MemoryOffice()
