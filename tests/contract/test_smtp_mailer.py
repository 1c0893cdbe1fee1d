from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cee_mailbot.mailers.smtp import SmtpMailer, SmtpSettings
from tests.contract.mailer_contract import MailerContract
from tests.servers.receiver import HOST, Receiver


class SmtpOffice:
    def __init__(self, running: ExitStack) -> None:
        self._running = running
        self._receiver = running.enter_context(Receiver())
        self.mailer = SmtpMailer(
            SmtpSettings(host=HOST, tcp_port=self._receiver.tcp_port, tls="none", helo="bot.example")
        )

    def taken(self) -> list[bytes]:
        return [taken.raw for taken in self._receiver.taken]

    def break_off(self) -> None:
        self._running.close()

    def repair(self) -> None:
        before = self._receiver
        self._receiver = self._running.enter_context(Receiver(tcp_port=before.tcp_port, taken=before.taken))


class TestSmtpMailer(MailerContract):
    @pytest.fixture
    def office(self) -> Iterator[SmtpOffice]:
        with ExitStack() as running:
            yield SmtpOffice(running)
