"""What every `Mailer` must do; each implementation inherits this suite and brings an `Office`."""

from collections import Counter
from typing import Protocol

import pytest

from cee_mailbot.errors import UnreachableError
from cee_mailbot.interfaces import Letter, Mailer


class Office(Protocol):
    """A mailer under test, and a way to what it took that does not go through it."""

    mailer: Mailer

    def taken(self) -> list[bytes]:
        """The exact bytes of every letter that was taken."""

    def break_off(self) -> None:
        """What the mailer stands on stops working."""

    def repair(self) -> None:
        """It works again."""


def letter(number: int = 1, body: bytes = b"line\r\n") -> Letter:
    head = f"To: broker@example.com\r\nMessage-ID: <{number}@bot.example>\r\nDate: Fri, 20 Nov 2026 21:52:41 +0000\r\n"
    return Letter(return_path="box@bot.example", to="broker@example.com", raw=head.encode() + b"\r\n" + body)


BODIES = {
    "plain": b"line\r\nline\r\n",
    "dots": b".\r\n..\r\n.dot\r\n",
    "a-dot-alone-at-the-end": b"line\r\n.\r\n",
    "from-line": b"From me\r\n",
    "empty": b"",
    "longest-line": b"x" * 998 + b"\r\n",
    "large": b"0123456789abcdef0123456789abcdef\r\n" * 20_000,
}


class MailerContract:
    """The promises of `Mailer` and `MailerSession`; an implementation brings a fixture `office`."""

    def test_check_says_something_and_sends_nothing(self, office: Office) -> None:
        assert office.mailer.check()
        assert office.taken() == []

    @pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
    def test_a_letter_arrives_byte_for_byte(self, office: Office, body: bytes) -> None:
        sent = letter(body=body)
        with office.mailer.session() as session:
            session.send(sent)
        assert office.taken() == [sent.raw]

    def test_one_session_takes_many_letters(self, office: Office) -> None:
        sent = [letter(number) for number in range(20)]
        with office.mailer.session() as session:
            for each in sent:
                session.send(each)
        assert Counter(office.taken()) == Counter(each.raw for each in sent)

    def test_a_letter_is_taken_when_send_returns(self, office: Office) -> None:
        with office.mailer.session() as session:
            session.send(letter())
            assert office.taken() == [letter().raw]

    def test_a_bounce_less_letter_is_taken_too(self, office: Office) -> None:
        with office.mailer.session() as session:
            session.send(Letter(return_path="", to="broker@example.com", raw=letter().raw))
        assert office.taken() == [letter().raw]

    def test_a_session_can_be_opened_again(self, office: Office) -> None:
        for number in (1, 2):
            with office.mailer.session() as session:
                session.send(letter(number))
        assert Counter(office.taken()) == Counter(letter(number).raw for number in (1, 2))

    def test_what_is_down_is_unreachable_and_takes_nothing(self, office: Office) -> None:
        office.break_off()
        with pytest.raises(UnreachableError), office.mailer.session() as session:
            session.send(letter())
        assert office.taken() == []

    def test_what_breaks_during_a_session_is_unreachable_and_mends(self, office: Office) -> None:
        with office.mailer.session() as session:
            session.send(letter(1))
            office.break_off()
            with pytest.raises(UnreachableError):
                session.send(letter(2))
            office.repair()
            session.send(letter(3))
        assert Counter(office.taken()) == Counter(letter(number).raw for number in (1, 3))
