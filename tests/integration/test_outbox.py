"""Replies on their way: retries, doubts, failures, limits and the breaker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import Session, select

from cee_mailbot.config import ConfigError
from cee_mailbot.desk import reset_breaker, retry_reply
from cee_mailbot.errors import NotAllowedError, NotFoundError, PermanentError, SignInError, TemporaryError
from cee_mailbot.interfaces import Letter
from cee_mailbot.outbox import GIVE_UP_AFTER, LEASE, Outbox, send_due
from cee_mailbot.questions import ReplyQuery
from cee_mailbot.store.tables import AttemptRow
from cee_mailbot.testing import MemoryMailer
from tests.support.mails import mail, numbered
from tests.support.workshop import Killed, Tripwire, WiredStore, Workshop, history_breaks


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.store.close()


def rejected(number: int, sender: str = "robot@filer.example", subject: str = "") -> bytes:
    return numbered(number, sender=sender, subject=subject or f"bad {number}")


def states(workshop: Workshop) -> list[str]:
    return [reply.state for reply in workshop.replies()]


def attempts(workshop: Workshop, reply_id: int) -> list[tuple[str, str]]:
    with Session(workshop.store._reader) as session:
        rows = session.exec(select(AttemptRow).where(AttemptRow.reply_id == reply_id))
        return [(row.state, row.detail) for row in rows]


# --- sending ---------------------------------------------------------------------------------------------------


def test_a_reply_is_sent_once_with_the_bytes_that_were_written(workshop: Workshop) -> None:
    workshop.receive(mail())
    with workshop.store.read() as ask:
        facts, raw = ask.reply(1)
    assert (workshop.send().tried, workshop.send().tried) == (1, 0)
    assert workshop.mailer.letters == [
        Letter(return_path="CEE-Electronics@cbp.dhs.gov", to="broker@filer.example", raw=raw)
    ]
    [reply] = workshop.replies()
    assert (reply.state, reply.attempts, reply.sent_at) == ("sent", 1, workshop.clock.now())
    assert facts.message_id.encode() in raw


def test_the_return_path_is_null_where_a_site_wants_no_bounces(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, reply_return_path="null")
    workshop.receive(mail())
    workshop.send()
    assert workshop.mailer.letters[0].return_path == ""
    workshop.store.close()


def test_one_connection_serves_many_replies(workshop: Workshop) -> None:
    workshop.receive(*(numbered(number) for number in range(10)))
    opened = []

    class Counting:
        def check(self) -> str:
            return ""

        @contextmanager
        def session(self) -> Iterator[object]:
            opened.append(1)
            with workshop.mailer.session() as session:
                yield session

    mailers = dict.fromkeys(workshop.outbox.mailers, Counting())
    assert send_due(replace(workshop.outbox, mailers=mailers)).sent == 10
    assert len(opened) == 1


def test_f17_a_mail_server_that_is_down_leaves_every_reply_waiting_and_every_item_as_it_is(workshop: Workshop) -> None:
    workshop.receive(*(numbered(number) for number in range(30)))
    before = workshop.items()
    workshop.mailer.be_down()
    report = workshop.send()
    assert (report.tried, report.sent) == (30, 0)
    assert states(workshop) == ["retrying"] * 30
    assert workshop.items() == before
    workshop.mailer.be_down(down=False)
    assert workshop.send().tried == 0
    workshop.clock.advance(timedelta(minutes=2))
    assert workshop.send().sent == 30
    assert len({letter.raw for letter in workshop.mailer.letters}) == 30


def test_a_refused_sign_in_is_tried_again_later_and_fails_no_reply(workshop: Workshop) -> None:
    workshop.receive(mail())

    class Locked:
        def check(self) -> str:
            return ""

        def session(self) -> object:
            raise SignInError("password expired")

    send_due(replace(workshop.outbox, mailers=dict.fromkeys(workshop.outbox.mailers, Locked())))
    assert states(workshop) == ["retrying"]


@pytest.mark.parametrize("at_sending", [False, True])
def test_a_password_that_can_not_be_read_leaves_no_doubt_whether_a_reply_has_left(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, *, at_sending: bool
) -> None:
    """Some sign in at once, some with the first letter; nothing has left, and each goes out when it can be read."""
    workshop.receive(numbered(1), numbered(2))

    def unreadable(*_: object) -> None:
        raise ConfigError(["file /run/secrets/mail: can't be read; create it, readable by this user"])

    monkeypatch.setattr(MemoryMailer, "send" if at_sending else "session", unreadable)
    report = workshop.send()
    assert (report.tried, report.exit_code) == (2, 3)
    assert states(workshop) == ["retrying", "retrying"]
    monkeypatch.undo()
    workshop.clock.advance(LEASE * 2)
    assert workshop.send().sent == 2
    assert [state for state, _ in attempts(workshop, 1)] == ["retrying", "sent"]


def test_f17_a_reply_that_is_refused_fails_at_once_and_its_item_is_untouched(workshop: Workshop) -> None:
    workshop.receive(mail(), numbered(2, sender="other@filer.example"))
    before = workshop.items()
    workshop.mailer.refuse("broker@filer.example")
    workshop.send()
    assert states(workshop) == ["failed", "sent"]
    assert workshop.items() == before
    assert "550" in attempts(workshop, 1)[0][1]
    workshop.clock.advance(timedelta(days=1))
    assert workshop.send().tried == 0


def test_retries_are_spaced_out_up_to_four_hours_and_given_up_loudly_after_five_days(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    workshop.receive(mail())
    workshop.mailer.be_down()
    started, tries = workshop.clock.now(), []
    while workshop.replies()[0].state != "failed":
        if workshop.send().tried:
            tries.append(workshop.clock.now())
        first_hour = workshop.clock.now() < started + timedelta(hours=1)
        workshop.clock.advance(timedelta(minutes=1 if first_hour else 10))
        assert workshop.clock.now() < started + timedelta(days=6)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert gaps[0] <= timedelta(minutes=2)
    assert timedelta(hours=4) <= gaps[-1] <= timedelta(hours=4.5)
    assert tries[-1] - started > GIVE_UP_AFTER
    assert tries[-2] - started <= GIVE_UP_AFTER
    assert "given up after 5 days" in attempts(workshop, 1)[-1][1]
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


def test_a_reply_whose_mailbox_was_taken_out_of_the_configuration_keeps_no_other_waiting(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.receive(numbered(2, to="CEE-Chemicals@cbp.dhs.gov"))
    mailers = {"chemicals": workshop.mailer}
    assert send_due(Outbox(store=workshop.store, mailers=mailers, clock=workshop.clock)).sent == 1
    assert states(workshop) == ["retrying", "sent"]


def test_f32_a_bug_at_one_reply_keeps_no_other_waiting(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    """How far the broken one came nobody knows: it is uncertain."""
    workshop.receive(numbered(1, sender="poison@filer.example"), numbered(2), numbered(3))

    class Buggy:
        def check(self) -> str:
            return ""

        @contextmanager
        def session(self) -> Iterator["Buggy"]:
            yield self

        def send(self, letter: Letter) -> None:
            if "poison" in letter.to:
                raise ValueError("bug")

    send_due(replace(workshop.outbox, mailers=dict.fromkeys(workshop.outbox.mailers, Buggy())))
    assert states(workshop) == ["uncertain", "sent", "sent"]
    assert "ERROR" in [record.levelname for record in caplog.records]


@pytest.mark.parametrize("error", [TemporaryError("452 full"), PermanentError("no route")], ids=str)
def test_an_error_that_is_not_the_replys_own_is_tried_again(workshop: Workshop, error: Exception) -> None:
    workshop.receive(mail())

    class Failing:
        def check(self) -> str:
            return ""

        @contextmanager
        def session(self) -> Iterator["Failing"]:
            yield self

        def send(self, letter: Letter) -> None:
            raise error if letter.raw else AssertionError

    send_due(replace(workshop.outbox, mailers=dict.fromkeys(workshop.outbox.mailers, Failing())))
    assert states(workshop) == ["retrying"]


# --- doubt -----------------------------------------------------------------------------------------------------


def test_c17_after_a_lost_answer_the_same_bytes_go_out_again_and_the_doubt_is_on_record(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.mailer.lose_answers()
    workshop.send()
    assert states(workshop) == ["uncertain"]
    workshop.clock.advance(timedelta(minutes=2))
    workshop.send()
    assert states(workshop) == ["sent"]
    first, second = workshop.mailer.letters
    assert first == second
    assert [state for state, _ in attempts(workshop, 1)] == ["uncertain", "sent"]


class WiredMailer:
    """A mailer that can end the program before or after a letter is taken."""

    def __init__(self, workshop: Workshop, wire: Tripwire) -> None:
        self._mailer, self._wire = workshop.mailer, wire

    def check(self) -> str:
        return ""

    @contextmanager
    def session(self) -> Iterator["WiredMailer"]:
        self._wire.step("connecting")
        yield self

    def send(self, letter: Letter) -> None:
        self._wire.step("before send")
        self._mailer.send(letter)
        self._wire.step("sent")


SENDING_CRASHES = {
    "C15-before-the-claim": ("claim_replies, not committed", 1, False),
    "C15-claimed-before-connect": ("connecting", 1, True),
    "C16-before-the-final-dot": ("before send", 1, True),
    "C18-taken-not-noted": ("sent", 2, True),
    "C18-note-not-committed": ("note_attempt, not committed", 2, True),
    "C18-noted": ("note_attempt committed", 1, False),
}


@pytest.mark.parametrize(("step", "copies", "doubt"), SENDING_CRASHES.values(), ids=SENDING_CRASHES.keys())
def test_a_crash_while_sending_doubles_a_reply_at_most_once_and_never_unrecorded(
    workshop: Workshop, step: str, copies: int, *, doubt: bool
) -> None:
    """I5: more than one copy only with an uncertain attempt on record; all copies are byte for byte the same."""
    workshop.receive(mail())
    wire = Tripwire(kill_at=step)
    outbox = Outbox(
        store=WiredStore(workshop.store, wire),
        mailers=dict.fromkeys(workshop.outbox.mailers, WiredMailer(workshop, wire)),
        clock=workshop.clock,
    )
    with pytest.raises(Killed):
        send_due(outbox)
    if doubt:
        assert workshop.send().tried == 0, "while the claim lasts, nobody else sends"
    workshop.clock.advance(LEASE)
    workshop.send()
    assert len(workshop.mailer.letters) == copies
    assert len({letter.raw for letter in workshop.mailer.letters}) == 1
    assert ("uncertain" in [state for state, _ in attempts(workshop, 1)]) is doubt
    assert states(workshop) == ["sent"]
    assert history_breaks(workshop.store) == []


def test_a_reply_that_is_claimed_comes_uncertain_when_its_claim_has_run_out(workshop: Workshop) -> None:
    workshop.receive(mail())
    now = workshop.clock.now()
    with workshop.store.begin(now) as unit:
        assert len(unit.claim_replies(limit=5, lease_until=now + LEASE)) == 1
    with workshop.store.begin(now + LEASE - timedelta(seconds=1)) as unit:
        assert unit.claim_replies(limit=5, lease_until=now + 2 * LEASE) == ()
    with workshop.store.begin(now + LEASE) as unit:
        assert [one.attempts for one in unit.claim_replies(limit=5, lease_until=now + 2 * LEASE)] == [1]
    assert states(workshop) == ["uncertain"]


def test_what_one_sender_got_through_is_not_undone_by_a_slower_one_that_failed(workshop: Workshop) -> None:
    workshop.receive(mail())

    class Overtaken(WiredMailer):
        def send(self, letter: Letter) -> None:
            workshop.clock.advance(LEASE)
            assert workshop.send().sent == 1
            raise TemporaryError(f"too late for {letter.to}")

    overtaken = Overtaken(workshop, Tripwire())
    send_due(replace(workshop.outbox, mailers=dict.fromkeys(workshop.outbox.mailers, overtaken)))
    assert states(workshop) == ["sent"]
    workshop.clock.advance(timedelta(days=1))
    assert workshop.send().tried == 0


# --- limits ----------------------------------------------------------------------------------------------------


def test_f56_the_21st_reject_in_an_hour_waits_until_the_hour_has_room(workshop: Workshop) -> None:
    workshop.receive(*(rejected(number) for number in range(21)))
    assert states(workshop) == ["queued"] * 20 + ["delayed"]
    assert workshop.replies()[20].reasons == ("reply-limit-hour",)
    assert workshop.send().sent == 20
    workshop.clock.advance(timedelta(minutes=59, seconds=59))
    assert workshop.send().tried == 0
    workshop.clock.advance(timedelta(seconds=1))
    assert workshop.send().sent == 1


def test_delayed_rejects_fill_one_hour_after_another(workshop: Workshop) -> None:
    workshop.receive(*(rejected(number) for number in range(50)))
    sent = []
    for _ in range(4):
        sent.append(workshop.send().sent)
        workshop.clock.advance(timedelta(hours=1))
    assert sent == [20, 20, 10, 0]


def test_one_senders_limit_is_not_anothers(workshop: Workshop) -> None:
    workshop.receive(*(rejected(number) for number in range(21)), rejected(99, sender="other@filer.example"))
    assert states(workshop)[-1] == "queued"


def test_f56_who_writes_an_address_in_two_ways_is_one_sender(workshop: Workshop) -> None:
    """A robot that turns the letters of its address around is no second sender; letters go to it as it is written."""
    ways = ("Broker@Filer.example", "broker@filer.EXAMPLE", "BROKER@FILER.EXAMPLE")
    workshop.receive(*(rejected(number, sender=ways[number % 3]) for number in range(21)))
    assert states(workshop) == ["queued"] * 20 + ["delayed"]
    assert {one.to for one in workshop.replies()} == set(ways)
    with workshop.store.read() as ask:
        assert len(ask.replies(ReplyQuery(to="bRoKer@filer.example"))) == 21


def test_f56_one_subject_of_an_address_written_in_two_ways_is_one_subject(workshop: Workshop) -> None:
    ways = ("Broker@filer.example", "broker@filer.example")
    workshop.receive(*(rejected(number, subject="Automated response", sender=ways[number % 2]) for number in range(6)))
    assert states(workshop) == ["queued"] * 5 + ["withheld"]


def test_f56_the_sixth_reject_to_one_subject_in_a_day_is_withheld_and_shown(workshop: Workshop) -> None:
    """The subject is compared without the prefixes that robots pile up."""
    workshop.receive(*(rejected(number, subject="Re: " * number + "Automated response") for number in range(7)))
    assert states(workshop) == ["queued"] * 5 + ["withheld"] * 2
    assert workshop.replies()[6].reasons == ("reply-limit-subject",)
    assert workshop.send().sent == 5
    workshop.clock.advance(timedelta(days=1, seconds=1))
    workshop.receive(rejected(8, subject="RE: automated  RESPONSE"))
    assert states(workshop)[-1] == "queued"


def test_first_acknowledgements_are_never_limited(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, reply_limit_hour=1, reply_limit_subject_day=1, breaker_floor=1)
    workshop.receive(rejected(1), rejected(2), *(numbered(number) for number in range(10, 40)))
    workshop.receive(*(numbered(number, body="The papers of the same name.") for number in range(50, 55)))
    acknowledgements = [reply for reply in workshop.replies() if reply.kind == "acknowledgement"]
    assert [reply.state for reply in acknowledgements] == ["queued"] * 35
    workshop.store.close()


def test_f55_the_breaker_opens_at_its_floor_and_stays_open_until_staff_reset_it(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, breaker_floor=10)
    workshop.receive(*(rejected(number, sender=f"r{number}@filer.example") for number in range(10)))
    with workshop.store.read() as ask:
        assert ask.breaker_opened_at() is None
    workshop.receive(*(rejected(number, sender=f"r{number}@filer.example") for number in range(10, 13)), mail())
    assert states(workshop) == ["queued"] * 10 + ["withheld"] * 3 + ["queued"]
    assert workshop.replies()[10].reasons == ("reply-breaker",)
    with workshop.store.read() as ask:
        assert ask.breaker_opened_at() == workshop.clock.now()
    workshop.clock.advance(timedelta(days=2))
    workshop.receive(rejected(50), arrived_at=workshop.clock.now())
    assert states(workshop)[-1] == "withheld"
    assert reset_breaker(workshop.intake, actor="eve") is True
    assert reset_breaker(workshop.intake, actor="eve") is False
    workshop.receive(rejected(51), arrived_at=workshop.clock.now())
    assert states(workshop)[-1] == "queued"
    workshop.store.close()


def test_a_breaker_that_was_reset_is_not_opened_again_by_what_opened_it(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, breaker_floor=10)
    workshop.receive(*(rejected(number, sender=f"r{number}@filer.example") for number in range(11)))
    assert states(workshop)[-1] == "withheld"
    workshop.clock.advance(timedelta(minutes=5))
    reset_breaker(workshop.intake, actor="eve")
    workshop.clock.advance(timedelta(seconds=1))
    workshop.receive(*(rejected(number, sender=f"r{number}@filer.example") for number in range(20, 31)))
    assert states(workshop)[11:] == ["queued"] * 10 + ["withheld"]
    workshop.store.close()


def test_the_breaker_stays_closed_at_a_rate_that_is_usual(tmp_path: Path) -> None:
    """More than the floor, and yet not three times what the last seven days had."""
    workshop = Workshop(tmp_path, breaker_floor=3)
    for hour in range(7 * 24):
        workshop.receive(
            *(rejected(hour * 10 + n, sender=f"r{hour * 10 + n}@filer.example") for n in range(2)),
            arrived_at=workshop.clock.now(),
        )
        workshop.clock.advance(timedelta(hours=1))
    late = workshop.clock.now()
    workshop.receive(*(rejected(9000 + n, sender=f"z{n}@filer.example") for n in range(5)), arrived_at=late)
    assert states(workshop)[-5:] == ["queued"] * 5
    workshop.receive(*(rejected(9100 + n, sender=f"y{n}@filer.example") for n in range(5)), arrived_at=late)
    assert states(workshop)[-1] == "withheld"
    workshop.store.close()


# --- acts of staff ---------------------------------------------------------------------------------------------


def test_a_withheld_reply_goes_out_when_staff_say_so(workshop: Workshop) -> None:
    workshop.receive(*(rejected(number, subject="same") for number in range(6)))
    workshop.send()
    retry_reply(workshop.intake, 6, actor="eve")
    assert workshop.send().sent == 1
    assert states(workshop) == ["sent"] * 6


def test_a_failed_reply_that_is_retried_has_five_days_again(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.mailer.refuse("broker@filer.example")
    workshop.send()
    workshop.clock.advance(timedelta(days=9))
    retry_reply(workshop.intake, 1, actor="eve")
    workshop.mailer.be_down()
    workshop.send()
    assert states(workshop) == ["retrying"]


def test_a_reply_that_was_sent_is_not_retried(workshop: Workshop) -> None:
    workshop.receive(mail())
    workshop.send()
    with pytest.raises(NotAllowedError, match="is sent"):
        retry_reply(workshop.intake, 1, actor="eve")
    with pytest.raises(NotFoundError):
        retry_reply(workshop.intake, 2, actor="eve")


def test_a_retry_does_not_hide_that_a_reply_may_have_been_sent(workshop: Workshop) -> None:
    """Staff try again what a crashed sender had claimed: the doubt stays on record."""
    workshop.receive(mail())
    workshop.mailer.be_down()
    workshop.send()
    workshop.mailer.be_down(down=False)
    workshop.clock.advance(timedelta(minutes=2))
    wire = Tripwire(kill_at="sent")
    mailers = dict.fromkeys(workshop.outbox.mailers, WiredMailer(workshop, wire))
    with pytest.raises(Killed):
        send_due(replace(workshop.outbox, mailers=mailers))
    retry_reply(workshop.intake, 1, actor="eve")
    assert workshop.send().tried == 0
    workshop.clock.advance(LEASE)
    workshop.send()
    assert [state for state, _ in attempts(workshop, 1)] == ["retrying", "uncertain", "sent"]
    assert len(workshop.mailer.letters) == 2
