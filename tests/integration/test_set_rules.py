"""What a set of parts goes by, in a real store: its papers, its key, its doubts, and what overtakes a notice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot import desk
from cee_mailbot.domain.directory import Account, Directory
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.gathering import chase
from tests.support.mails import EXACT, PDF, mail
from tests.support.workshop import ARRIVED, CHEMICALS, ELECTRONICS, Workshop, invariants_kept

MIN = timedelta(minutes=1)
DAY = timedelta(days=1)


def part(number: int, total: int, name: str = "p", *, line: str = EXACT, sent: timedelta = -MIN, **more: Any) -> bytes:
    """Part `number`, sent so long after the usual arrival; `name` makes it another message, not another paper."""
    return mail(
        subject=f"{line} ({number}/{total})",
        message_id=f"<{name}{number}@filer.example>",
        date=format_datetime(ARRIVED + sent),
        **{"documents": [PDF + b"%d" % number], **more},
    )


def quiet_time_passes(shop: Workshop) -> datetime:
    """Sixteen minutes, and a poll of every mailbox; the time then."""
    shop.clock.advance(16 * MIN)
    for mailbox in (ELECTRONICS, CHEMICALS):
        shop.poll(mailbox)
    chase(shop.store, shop.site)
    return shop.clock.now()


# --- papers, and none ------------------------------------------------------------------------------------------


def test_an_answer_in_the_body_corrected_in_another_message_is_no_resend(workshop: Workshop) -> None:
    """A Form 28 may be answered in the body: two answers without papers have no papers in common."""
    form = EXACT.replace("DR", "F28")
    workshop.receive(part(1, 2, line=form, documents=[], body="Aluminium."))
    workshop.receive(part(1, 2, "q", line=form, documents=[], body="CORRECTION: steel."))
    assert workshop.statuses() == ["assembling", "assembling"]
    assert "part-conflict" in workshop.items()[0].flags


# --- after the item was closed -----------------------------------------------------------------------------------


def test_a_whole_set_sent_again_after_its_return_is_a_new_submission(workshop: Workshop) -> None:
    """Staff wrote that it be sent again: it must not vanish as a copy of the item that they closed."""
    workshop.receive(part(1, 2), part(2, 2))
    [item] = workshop.items()
    desk.send_back(workshop.intake, item.tracking, reason="The importer has not signed.", actor="kim")
    workshop.receive(part(1, 2, "q", sent=DAY), part(2, 2, "q", sent=DAY), arrived_at=ARRIVED + DAY)
    before, after = workshop.items()
    assert (before.outcome, after.state, after.linked) == (Closing.RETURNED, "new", (before.tracking,))
    assert [reply.kind for reply in workshop.replies()] == ["acknowledgement", "return", "acknowledgement"]


# --- no entry number ---------------------------------------------------------------------------------------------


def test_parts_of_two_importers_without_an_entry_number_make_no_set(workshop: Workshop) -> None:
    workshop.receive(part(1, 2, line="PD,AcmeInc,,"), part(2, 2, line="PD,Zenith,,"))
    assert [(item.account, item.state, item.missing) for item in workshop.items()] == [
        ("AcmeInc", "assembling", (2,)),
        ("Zenith", "assembling", (1,)),
    ]


def test_without_an_entry_number_two_spellings_of_the_account_are_one(workshop: Workshop) -> None:
    workshop.receive(part(1, 2, line="PD,AcmeInc,,"), part(2, 2, line="PD,ACMEINC,,"))
    [item] = workshop.items()
    assert (item.state, item.messages) == ("new", (1, 2))


# --- what overtakes a waiting notice -------------------------------------------------------------------------------


def test_a_waiting_notice_that_has_not_left_is_taken_back_once_the_set_is_whole(tmp_path: Path) -> None:
    """Nobody is told that a part is missing after the receipt of them all."""
    shop = Workshop(tmp_path, reply_limit_hour=1)
    shop.receive(part(1, 2), part(1, 2, "again"))  # the resend is answered, which uses the limit up
    now = quiet_time_passes(shop)
    assert [reply.state for reply in shop.replies() if reply.kind == "waiting"] == ["delayed"]
    shop.receive(part(2, 2), arrived_at=now)
    shop.clock.advance(DAY)
    shop.send()
    assert {reply.kind: reply.state for reply in shop.replies()} == {
        "duplicate": "sent",
        "waiting": "cancelled",
        "acknowledgement": "sent",
    }
    with shop.store.read() as ask:
        history = ask.story(shop.items()[0].tracking).history
    assert [line.actor for line in history if line.event == "reply-cancelled"] == ["system"]
    shop.store.close()


# --- doubts about the copy that decides --------------------------------------------------------------------------


def shop_of(tmp_path: Path, **rules: Any) -> Iterator[Workshop]:
    with invariants_kept(Workshop(tmp_path, **rules)) as made:
        yield made


@pytest.fixture
def first_counts(tmp_path: Path) -> Iterator[Workshop]:
    """A site where the first part decides the time."""
    yield from shop_of(tmp_path, presentation="first")


def test_a_back_dated_copy_that_decides_the_time_is_disputed(first_counts: Workshop) -> None:
    """The earliest sent copy counts: days before anybody saw it, that is for staff to decide."""
    first_counts.receive(part(1, 2), part(1, 2, "old", sent=-5 * DAY), part(2, 2))
    [item] = first_counts.items()
    assert (item.presented_at, item.strength, item.flags) == (ARRIVED - 5 * DAY, "C", ("date-disputed",))
    with first_counts.store.read() as ask:
        story = ask.story(item.tracking)
        [receipt] = [ask.reply(one.id)[1] for one in story.replies if one.kind == "acknowledgement"]
    disputed = next(one for one in story.evidence if one["message"] == 2)
    assert (disputed["presented_at"], disputed["observed_at"]) == (ARRIVED - 5 * DAY, ARRIVED)
    assert b"We recorded both" in receipt


def test_a_back_dated_copy_that_decides_nothing_casts_no_doubt(workshop: Workshop) -> None:
    workshop.receive(part(1, 2), part(1, 2, "old", sent=-5 * DAY), part(2, 2, sent=timedelta(0)))
    [item] = workshop.items()
    assert (item.presented_at, item.strength, item.flags) == (ARRIVED, "B", ())


def test_a_back_dated_copy_decides_for_a_set_with_parts_missing_too(workshop: Workshop) -> None:
    """By staff, by DONE or by the deadline: it is the same."""
    workshop.receive(part(1, 3), part(1, 3, "old", sent=-5 * DAY))
    desk.enqueue(workshop.intake, workshop.items()[0].tracking, actor="kim")
    assert workshop.items()[0].flags == ("date-disputed", "parts-missing")


def test_an_earlier_delivery_of_the_copy_bears_its_date_out(first_counts: Workshop) -> None:
    """The copy lay in a mailbox that could not be reached; it arrived in the other when it was sent."""
    old = part(1, 2, "old", sent=-3 * DAY)
    first_counts.receive(part(1, 2), old)
    first_counts.receive(old, mailbox=CHEMICALS, arrived_at=ARRIVED - 3 * DAY + MIN)
    first_counts.receive(part(2, 2))
    [item] = first_counts.items()
    assert (item.presented_at, item.strength, item.flags) == (ARRIVED - 3 * DAY, "B", ())


@pytest.mark.parametrize("borne_out", [False, True])
def test_a_new_set_takes_over_the_doubts_about_its_first_sign(first_counts: Workshop, *, borne_out: bool) -> None:
    first_counts.receive(part(1, 2), part(2, 2))
    again = part(1, 2, "q", sent=-3 * DAY)
    first_counts.receive(again)
    if borne_out:
        first_counts.receive(again, mailbox=CHEMICALS, arrived_at=ARRIVED - 3 * DAY + MIN)
    first_counts.receive(part(2, 2, "q", documents=[PDF + b"new"]))
    before, after = first_counts.items()
    assert (before.flags, after.presented_at) == ((), ARRIVED - 3 * DAY)
    assert (after.strength, after.flags) == (("B", ()) if borne_out else ("C", ("date-disputed",)))


# --- whichever mailbox is polled first ---------------------------------------------------------------------------


def site_of_two_rules(shop: Workshop) -> None:
    """The mailboxes of the two Centers go by different rules, and the directory knows one account."""
    policies = dict(shop.site.policies)
    policies["chemicals"] = replace(policies["chemicals"], presentation="first", quiet_period=5 * MIN)
    account = Account(name="Syngenta", short="Syngenta", team="001")
    shop.site = replace(shop.site, policies=policies, directory=Directory(accounts=(account,)))
    shop.intake = replace(shop.intake, site=shop.site)


@pytest.mark.parametrize("order", [(ELECTRONICS, CHEMICALS), (CHEMICALS, ELECTRONICS)], ids=["lowest-first", "last"])
@pytest.mark.parametrize(
    ("lowest_to", "team", "sent"),
    [(ELECTRONICS, "007", timedelta(0)), (CHEMICALS, "001", -9 * MIN)],
    ids=["electronics", "chemicals"],
)
def test_the_lowest_part_decides_under_whose_rules_and_in_whose_queue_a_set_is(
    workshop: Workshop, order: tuple[Mailbox, ...], lowest_to: Mailbox, team: str, sent: timedelta
) -> None:
    """Whichever mailbox is polled first: the time, the Center, and whom the receipt comes from."""
    site_of_two_rules(workshop)
    other = CHEMICALS if lowest_to is ELECTRONICS else ELECTRONICS
    workshop.sources[lowest_to.name].deliver(part(1, 2, sent=-9 * MIN, to=lowest_to.address), ARRIVED)
    workshop.sources[other.name].deliver(part(2, 2, sent=timedelta(0), to=other.address), ARRIVED)
    for mailbox in order if lowest_to is ELECTRONICS else reversed(order):
        workshop.poll(mailbox)
    [item] = workshop.items()
    assert (item.team, item.presented_at, item.state) == (team, ARRIVED + sent, "new")
    [receipt] = workshop.replies()
    with workshop.store.read() as ask:
        assert lowest_to.address.encode() in ask.reply(receipt.id)[1].split(b"Subject:")[0]


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_the_account_of_the_lowest_part_decides_the_center(workshop: Workshop, numbers: tuple[int, int]) -> None:
    """A misspelt account in the part that came first must not leave the set with the wrong Center."""
    site_of_two_rules(workshop)
    lines = {1: EXACT.replace("NokiaInc", "Syngenta"), 2: EXACT.replace("NokiaInc", "Sygenta")}
    workshop.receive(*(part(number, 2, line=lines[number]) for number in numbers))
    [item] = workshop.items()
    assert (item.team, item.account) == ("001", "Syngenta")
    assert {"transferred", "fields-differ"} <= set(item.flags)


def test_a_set_that_the_lowest_part_did_not_pass_on_is_not_flagged_as_passed_on(workshop: Workshop) -> None:
    site_of_two_rules(workshop)
    workshop.receive(part(2, 2, line=EXACT.replace("NokiaInc", "Syngenta")))
    assert workshop.items()[0].team == "001"
    workshop.receive(part(1, 2))
    [item] = workshop.items()
    assert (item.team, "transferred" in item.flags) == ("007", False)


@pytest.mark.parametrize("order", [(ELECTRONICS, CHEMICALS), (CHEMICALS, ELECTRONICS)], ids=lambda o: o[0].name)
def test_of_a_blind_copy_in_two_mailboxes_the_first_to_arrive_decides(
    workshop: Workshop, order: tuple[Mailbox, ...]
) -> None:
    """Nobody of us is named in it: where it arrived first, it belongs."""
    site_of_two_rules(workshop)
    hidden = part(1, 2, sent=-9 * MIN, to="undisclosed-recipients:;")
    workshop.sources["chemicals"].deliver(hidden, ARRIVED - MIN)
    workshop.sources["electronics"].deliver(hidden, ARRIVED)
    for mailbox in order:
        workshop.poll(mailbox)
    workshop.receive(part(2, 2))
    [item] = workshop.items()
    assert (item.team, item.presented_at) == ("001", ARRIVED - 9 * MIN)


# --- unmarked mail beside a set -----------------------------------------------------------------------------------


def beside(sent: timedelta) -> bytes:
    date = format_datetime(ARRIVED + sent)
    return mail(message_id="<beside@filer.example>", documents=[PDF + b"beside"], date=date)


@pytest.mark.parametrize("after", [False, True], ids=["before the set is whole", "and the set waits on"])
def test_the_clock_of_unmarked_mail_beside_a_set_is_no_matter_for_it(workshop: Workshop, *, after: bool) -> None:
    """Its Date is of last week; it is kept in the doubts of the message, and no doubt about the item."""
    workshop.receive(part(1, 2), beside(-7 * DAY))
    assert [item.flags for item in workshop.items()] == [("unmarked-in-set",)]
    if after:
        workshop.clock.advance(2 * DAY)
        workshop.poll(ELECTRONICS)
        workshop.poll(CHEMICALS)
        chase(workshop.store, workshop.site)
    else:
        workshop.receive(part(2, 2))
    [item] = workshop.items()
    missing = {"parts-missing"} if after else set()
    assert (item.state, set(item.flags)) == ("new", {"unmarked-in-set"} | missing)
    assert (item.presented_at, item.strength) == (ARRIVED - MIN, "B")
    told = desk.replay(workshop.intake, 2)
    assert "date-disputed" in told.recorded["flags"]
    assert told.differences == ()


def test_a_part_in_dispute_makes_its_set_one_whether_it_decides_the_time_or_not(workshop: Workshop) -> None:
    """It is counted: which part is the latest may turn on the time that is in doubt."""
    workshop.receive(part(1, 2), part(2, 2, sent=-7 * DAY))
    assert workshop.items()[0].flags == ("date-disputed",)


# --- what a person lets go ---------------------------------------------------------------------------------------


def test_the_deliveries_of_a_message_follow_it_into_the_submission_that_it_joins(workshop: Workshop) -> None:
    bad = mail(subject="DR,NokiaInc,345-6789012,2704", message_id="<bad@filer.example>")
    workshop.receive(bad)
    workshop.receive(bad, mailbox=CHEMICALS)
    workshop.receive(mail(message_id="<2@filer.example>", documents=[PDF + b"2"]))
    desk.release(workshop.intake, 1, actor="kim", line=EXACT)
    [item] = workshop.items()
    assert item.messages == (1, 2, 3)
