from datetime import UTC, datetime, timedelta

import pytest

from cee_mailbot.errors import RefusedReplyError, UncertainError, UnreachableError
from cee_mailbot.interfaces import Letter
from cee_mailbot.testing import FixedClock, MemoryMailer

LETTER = Letter(return_path="", to="filer@example.com", raw=b"Subject: x\r\n\r\n")


def test_a_fixed_clock_moves_only_when_told() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    clock = FixedClock(start)
    assert clock.now() == clock.now() == start
    assert clock.advance(timedelta(hours=1)) == clock.now() == start + timedelta(hours=1)


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        FixedClock(datetime(2026, 3, 2))  # noqa: DTZ001 - the point of the test


def test_a_letter_is_collected() -> None:
    mailer = MemoryMailer()
    with mailer.session() as session:
        session.send(LETTER)
    assert mailer.letters == [LETTER]


def test_a_refused_letter_is_not_collected() -> None:
    mailer = MemoryMailer()
    mailer.refuse(LETTER.to)
    with mailer.session() as session, pytest.raises(RefusedReplyError):
        session.send(LETTER)
    assert mailer.letters == []


def test_a_letter_whose_answer_is_lost_was_taken() -> None:
    mailer = MemoryMailer()
    mailer.lose_answers()
    with mailer.session() as session:
        with pytest.raises(UncertainError):
            session.send(LETTER)
        session.send(LETTER)
    assert mailer.letters == [LETTER, LETTER]


def test_a_mailer_that_is_down_takes_nothing() -> None:
    mailer = MemoryMailer()
    mailer.be_down()
    with pytest.raises(UnreachableError), mailer.session():
        pass
    mailer.be_down(down=False)
    with mailer.session() as session:
        session.send(LETTER)
    assert mailer.letters == [LETTER]
