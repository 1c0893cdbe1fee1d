"""Where a message of a split submission belongs: every rule of the specification by a scenario."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cee_mailbot.domain.assembly import (
    Due,
    Part,
    PartSet,
    Place,
    Stage,
    deciding_part,
    due,
    first_delivery,
    leading_part,
    place,
)
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.regrouping import contradicting
from tests.support.parts import POLICY, START, Desk, part

MIN = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LARGE = POLICY.split_threshold

# Each: what it shows, the messages (a time means: a completed poll that began then), the place of each, the sets.
SCENARIOS: list[tuple[str, list[Part | timedelta], list[Place], list[list[int]]]] = [
    ("parts in order", [part(1, 1, 2), part(2, 2, 2)], [Place.OPENS, Place.FILLS], [[1, 2]]),
    ("the second part first", [part(1, 2, 2), part(2, 1, 2)], [Place.OPENS, Place.FILLS], [[1, 2]]),
    ("one of one is whole by itself", [part(1, 1, 1)], [Place.OPENS], [[1]]),
    (
        "another total contradicts",
        [part(1, 2, 3), part(2, 2, 4)],
        [Place.OPENS, Place.CONFLICTS],
        [[1, 2]],
    ),
    (
        "two different part 2 contradict",
        [part(1, 2, 3), part(2, 2, 3)],
        [Place.OPENS, Place.CONFLICTS],
        [[1, 2]],
    ),
    (
        "what comes after a contradiction joins it, and nothing makes it whole",
        [part(1, 2, 3), part(2, 2, 3), part(3, 1, 3), part(4, 3, 3)],
        [Place.OPENS, Place.CONFLICTS, Place.CONFLICTS, Place.CONFLICTS],
        [[1, 2, 3, 4]],
    ),
    (
        "nothing fills a contradicted item later",
        [part(1, 2, 3), part(2, 2, 3), 16 * MIN, part(3, 1, 3, arrived=20 * MIN)],
        [Place.OPENS, Place.CONFLICTS, Place.OPENS],
        [[1, 2], [3]],
    ),
    (
        "the same part with the same papers is a resend",
        [part(1, 1, 2, papers="a"), part(2, 1, 2, papers="a"), part(3, 2, 2)],
        [Place.OPENS, Place.RESENT, Place.FILLS],
        [[1, 3]],
    ),
    (
        "a resend after the set was whole is a copy of it",
        [part(1, 1, 2, papers="a"), part(2, 2, 2), part(3, 1, 2, papers="a")],
        [Place.OPENS, Place.FILLS, Place.RESENT],
        [[1, 2]],
    ),
    (
        "an answer in the body alone is no resend of another",
        [part(1, 1, 2, papers=""), part(2, 1, 2, papers="")],
        [Place.OPENS, Place.CONFLICTS],
        [[1, 2]],
    ),
    (
        "answers in the body to a second request open a second set",
        [part(1, 1, 2, papers=""), part(2, 2, 2, papers=""), part(3, 1, 2, papers=""), part(4, 2, 2, papers="")],
        [Place.OPENS, Place.FILLS, Place.OPENS, Place.FILLS],
        [[1, 2], [3, 4]],
    ),
    (
        "a new set takes over the resend that was its first sign",
        [part(1, 1, 2, papers="a"), part(2, 2, 2), part(3, 1, 2, papers="a", arrived=MIN), part(4, 2, 2, arrived=MIN)],
        [Place.OPENS, Place.FILLS, Place.RESENT, Place.OPENS],
        [[1, 2], [3, 4]],
    ),
    (
        "a resend from before the set was whole stays with it",
        [part(1, 1, 2, papers="a"), part(2, 1, 2, papers="a"), part(3, 2, 2), part(4, 2, 2, arrived=MIN)],
        [Place.OPENS, Place.RESENT, Place.FILLS, Place.OPENS],
        [[1, 3], [4]],
    ),
    (
        "a missing part comes after the deadline",
        [part(1, 1, 2), DAY + MIN, part(2, 2, 2, arrived=DAY + HOUR)],
        [Place.OPENS, Place.LATE],
        [[1, 2]],
    ),
    (
        "a late part of another total begins a set of its own",
        [part(1, 1, 2), DAY + MIN, part(2, 2, 3, arrived=DAY + HOUR)],
        [Place.OPENS, Place.OPENS],
        [[1], [2]],
    ),
    (
        "an assembling set is filled before an item with parts missing",
        [part(1, 1, 3), DAY + MIN, part(2, 1, 3, arrived=DAY + HOUR), part(3, 2, 3, arrived=DAY + HOUR)],
        [Place.OPENS, Place.OPENS, Place.FILLS],
        [[1], [2, 3]],
    ),
    (
        "a part without a total fits in",
        [part(1, 2), part(2, 1, 3), part(3, 3, 3)],
        [Place.OPENS, Place.FILLS, Place.FILLS],
        [[1, 2, 3]],
    ),
    (
        "a part beyond the total of the others contradicts",
        [part(1, 4), part(2, 1, 3)],
        [Place.OPENS, Place.CONFLICTS],
        [[1, 2]],
    ),
    (
        "a part without a total fills a set with one",
        [part(1, 1, 3), part(2, 2), part(3, 3, 3)],
        [Place.OPENS, Place.FILLS, Place.FILLS],
        [[1, 2, 3]],
    ),
    ("parts without any total are one set", [part(1, 2), part(2, 1)], [Place.OPENS, Place.FILLS], [[1, 2]]),
    (
        "a part without a total that is beyond that of the set contradicts",
        [part(1, 1, 3), part(2, 4)],
        [Place.OPENS, Place.CONFLICTS],
        [[1, 2]],
    ),
    (
        "what lacked nothing when it was enqueued takes no further number",
        [part(1, 1), 16 * MIN, part(2, 2, arrived=20 * MIN)],
        [Place.OPENS, Place.OPENS],
        [[1], [2]],
    ),
    (
        "a resend of another total is not the first sign of a new set",
        [part(1, 1, 2, papers="a"), part(2, 2, 2), part(3, 1, 2, papers="a", arrived=MIN), part(4, 2, 3, arrived=MIN)],
        [Place.OPENS, Place.FILLS, Place.RESENT, Place.OPENS],
        [[1, 2], [4]],
    ),
    (
        "a resend of the number that opens a new set is not its first sign",
        [part(1, 1, 2, papers="a"), part(2, 2, 2), part(3, 1, 2, papers="a", arrived=MIN), part(4, 1, 2, arrived=MIN)],
        [Place.OPENS, Place.FILLS, Place.RESENT, Place.OPENS],
        [[1, 2], [4]],
    ),
    (
        "unmarked mail during a set joins it",
        [part(1, 1, 2), part(2, size=LARGE), part(3, 2, 2)],
        [Place.OPENS, Place.BESIDE, Place.FILLS],
        [[1, 2, 3]],
    ),
    ("small unmarked mail stands alone", [part(1)], [Place.ALONE], [[1]]),
    (
        "further unmarked mail is a supplement of the newest open item",
        [part(1), part(2, size=LARGE)],
        [Place.ALONE, Place.SUPPLEMENTS],
        [[1, 2]],
    ),
    (
        "large unmarked mail waits for its siblings, small ones too",
        [part(1, size=LARGE), part(2), part(3, size=LARGE)],
        [Place.OPENS, Place.FILLS, Place.FILLS],
        [[1, 2, 3]],
    ),
    (
        "mail without documents joins what waits",
        [part(1, size=LARGE), part(2, papers="", size=0)],
        [Place.OPENS, Place.FILLS],
        [[1, 2]],
    ),
    (
        "a marked part that comes meanwhile opens a set of its own",
        [part(1, size=LARGE), part(2, 1, 2), part(3, 2, 2)],
        [Place.OPENS, Place.OPENS, Place.FILLS],
        [[1], [2, 3]],
    ),
    (
        "unmarked mail whose papers are all there already is a resend",
        [part(1, papers="abc"), part(2, papers="ab")],
        [Place.ALONE, Place.RESENT],
        [[1]],
    ),
    (
        "one new paper makes it a supplement",
        [part(1, papers="ab"), part(2, papers="abc")],
        [Place.ALONE, Place.SUPPLEMENTS],
        [[1, 2]],
    ),
    (
        "a marked part is never a supplement",
        [part(1), part(2, 1, 2)],
        [Place.ALONE, Place.OPENS],
        [[1], [2]],
    ),
]


@pytest.mark.parametrize(("told", "places", "sets"), [one[1:] for one in SCENARIOS], ids=[one[0] for one in SCENARIOS])
def test_where_messages_belong(told: list[Part | timedelta], places: list[Place], sets: list[list[int]]) -> None:
    desk = Desk()
    for one in told:
        if isinstance(one, Part):
            desk.take_in(one)
        else:
            desk.chase(START + one)
    assert list(desk.places.values()) == places
    assert [desk.numbers(number) for number in range(len(desk.sets))] == sets


def test_after_an_item_is_closed_unmarked_mail_begins_anew_and_is_linked() -> None:
    desk = Desk()
    desk.take_in(part(1))
    desk.close(0)
    found = desk.take_in(part(2))
    assert (found.place, found.linked) == (Place.ALONE, 0)


def test_a_closed_item_with_parts_missing_is_not_filled() -> None:
    """Else the order in which a set that is sent again comes would decide which submission lacks a part."""
    desk = Desk()
    desk.take_in(part(1, 1, 2))
    desk.chase(START + DAY + MIN)
    desk.close(0)
    found = desk.take_in(part(2, 2, 2, arrived=2 * DAY))
    assert (found.place, found.linked) == (Place.OPENS, 0)
    desk.take_in(part(3, 1, 2, arrived=2 * DAY))
    assert [desk.numbers(number) for number in range(len(desk.sets))] == [[1], [2, 3]]


def test_a_set_sent_again_after_the_item_was_closed_begins_anew_and_is_linked() -> None:
    """Staff returned it: what comes back is no copy of what they sent back."""
    desk = Desk()
    for one in (part(1, 1, 2, papers="a"), part(2, 2, 2, papers="b")):
        desk.take_in(one)
    desk.close(0)
    again = [part(3, 1, 2, papers="a", arrived=DAY), part(4, 2, 2, papers="b", arrived=DAY)]
    found = [desk.take_in(one) for one in again]
    assert [one.place for one in found] == [Place.OPENS, Place.FILLS]
    assert found[0].linked == 0
    assert desk.acknowledged == [0, 1]


def test_a_resend_of_an_open_item_is_one_though_a_closed_one_has_the_same_papers() -> None:
    sets = [item(0, part(1, 1, 2, papers="a")), replace(item(1, part(2, 1, 2, papers="a")), stage=Stage.CLOSED)]
    assert place(part(3, 1, 2, papers="a"), sets, POLICY).submission == 0


def item(submission: int, *parts: Part, missing: bool = False) -> PartSet:
    return PartSet(submission=submission, stage=Stage.OPEN, parts=parts, parts_missing=missing)


def test_of_several_items_of_a_key_the_newest_takes_what_comes() -> None:
    """A late part, a resend and a supplement, each where more than one item could have it."""
    late = [item(0, part(1, 1, 2), missing=True), item(1, part(2, 1, 2), missing=True)]
    assert place(part(3, 2, 2), late, POLICY).submission == 1
    same = [item(0, part(1, 1, 2, papers="a")), item(1, part(2, 1, 2, papers="a"))]
    assert place(part(3, 1, 2, papers="a"), same, POLICY).submission == 1
    assert place(part(3, papers="x"), same, POLICY).submission == 1
    assert place(part(3, papers="a"), same, POLICY).submission == 1


def test_what_a_set_lacks_is_told_by_its_total_else_by_its_highest_number() -> None:
    """Whichever of its parts names the total; unmarked mail lacks nothing."""
    assert (item(0, part(1, 2), part(2, 1, 4)).total, item(0, part(1, 2), part(2, 1, 4)).missing) == (4, (3, 4))
    assert (item(0, part(1, 1), part(2, 4)).missing, item(0, part(1)).missing) == ((2, 3), ())


def test_a_new_set_is_linked_with_the_newest_marked_one_before_it() -> None:
    sets = [item(0, part(1, 1, 1)), item(1, part(2, 1, 1)), item(2, part(3))]
    assert place(part(4, 1, 2), sets, POLICY).linked == 1
    assert place(part(4, 1, 2), sets[2:], POLICY).linked is None


def test_only_marked_parts_with_papers_are_the_first_sign_of_a_new_set() -> None:
    """Neither unmarked mail, which is a resend of papers, nor another delivery of the same content."""
    own, again = part(1, 1, 2), replace(part(2, 1, 2), is_copy=True)
    unmarked, delivery = (replace(one, is_copy=True) for one in (part(3), part(4, 1, 2, papers="")))
    assert item(0, own, again, unmarked, delivery).resends == (again,)
    assert item(0, again, own).resends == ()


def test_of_a_part_that_came_twice_the_earlier_sending_counts() -> None:
    again = replace(part(2, 1, 2, sent=-HOUR), is_copy=True)
    found = item(0, part(1, 1, 2), again, part(3, 2, 2, sent=-2 * HOUR))
    assert deciding_part(found, POLICY).message == 2


def test_a_set_of_unmarked_mail_takes_no_part() -> None:
    assert not item(0, part(1, size=LARGE)).takes(part(2, 1, 2))


def test_where_nothing_but_copies_is_left_all_of_them_came_again() -> None:
    """As when staff have moved the parts that they repeat."""
    left = tuple(replace(part(number, number, 2), is_copy=True) for number in (1, 2))
    assert item(0, *left).resends == left


@pytest.mark.parametrize(
    ("came", "after", "expected"),
    [
        ([part(1, 1, 2)], 15 * MIN, Due.NOTHING),
        ([part(1, 1, 2)], 15 * MIN + timedelta(seconds=1), Due.REMIND),
        ([part(1, 1, 2)], DAY, Due.REMIND),
        ([part(1, 1, 2)], DAY + timedelta(seconds=1), Due.ENQUEUE_INCOMPLETE),
        ([part(1, 1, 3), part(2, 2, 3, arrived=10 * MIN)], 20 * MIN, Due.NOTHING),
        ([part(1, 1, 2, papers="a"), part(2, 1, 2, papers="a", arrived=10 * MIN)], 16 * MIN, Due.REMIND),
        ([part(1, 1, 2), part(2, arrived=10 * MIN)], 16 * MIN, Due.REMIND),
        ([part(1, 2, 3), part(2, 2, 4)], 15 * MIN, Due.NOTHING),
        ([part(1, 2, 3), part(2, 2, 4)], 16 * MIN, Due.ENQUEUE),
        ([part(1, 1)], 16 * MIN, Due.ENQUEUE),
        ([part(1, 2)], 16 * MIN, Due.ENQUEUE_INCOMPLETE),
        ([part(1, size=LARGE)], 15 * MIN, Due.NOTHING),
        ([part(1, size=LARGE)], 16 * MIN, Due.ENQUEUE),
        ([part(1, size=LARGE), part(2, arrived=10 * MIN)], 20 * MIN, Due.NOTHING),
    ],
)
def test_what_is_due_once_a_poll_began_after_the_timer(came: list[Part], after: timedelta, expected: Due) -> None:
    desk = Desk()
    for one in came:
        desk.take_in(one)
    assert due(desk.sets[0], polled_since=START + after, policy=POLICY) is expected


def test_a_late_resend_of_unmarked_mail_does_not_move_the_time() -> None:
    desk = Desk()
    desk.take_in(part(1, papers="a", size=LARGE))
    desk.take_in(part(2, papers="a", sent=HOUR, arrived=MIN))
    desk.chase(START + HOUR)
    assert desk.presented == {0: START}


def test_the_first_policy_takes_the_earliest_sent_part() -> None:
    desk = Desk(policy=Policy(presentation="first"))
    desk.take_in(part(1, 2, 2, sent=MIN))
    desk.take_in(part(2, 1, 2, sent=2 * MIN))
    assert desk.presented == {0: START + MIN}


def test_the_fields_are_the_lowest_parts_else_the_earliest_sent() -> None:
    desk = Desk()
    desk.take_in(part(1, 2, 2, sent=-MIN))
    desk.take_in(part(2, 1, 2))
    assert leading_part(desk.sets[0]).message == 2
    unmarked = Desk()
    unmarked.take_in(part(1, size=LARGE))
    unmarked.take_in(part(2, sent=-MIN, size=LARGE))
    assert leading_part(unmarked.sets[0]).message == 2


# --- deliveries of one message, polled in any order --------------------------------------------------------------


def copy(of: Part, message: int, *, arrived: timedelta, sent: timedelta = timedelta(0)) -> Part:
    """Another delivery of the same content, which was read after the one that is taken for the first."""
    found = part(message, of.number, of.total, papers="", sent=sent, arrived=arrived)
    return replace(found, is_copy=True, copy_of=of.message)


@pytest.mark.parametrize("marks", [(None, None), (1, 2)])
def test_a_part_arrived_when_the_first_of_its_deliveries_did(marks: tuple[int | None, int | None]) -> None:
    """The mailbox that was polled first has the later one: its arrival restarts no timer and moves no clock."""
    read_first = part(1, *marks, arrived=5 * HOUR)
    found = PartSet(
        submission=0, stage=Stage.ASSEMBLING, parts=(read_first, copy(read_first, 2, arrived=HOUR), part(3, *marks))
    )
    assert found.arrival_of(read_first) == START + HOUR
    assert replace(found, parts=found.parts[:2]).newest_arrival == START + HOUR
    assert found.newest_arrival == START + HOUR


def test_an_unmarked_copy_says_nothing_of_other_unmarked_mail() -> None:
    one, two = part(1, arrived=HOUR, size=LARGE), part(2, arrived=HOUR, size=LARGE)
    found = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=(one, two, copy(one, 3, arrived=MIN, sent=-MIN)))
    assert (found.arrival_of(one), found.arrival_of(two)) == (START + MIN, START + HOUR)
    assert deciding_part(found, Policy(presentation="first")).message == 3
    assert deciding_part(replace(found, parts=found.parts[1:]), Policy(presentation="first")).message == 2


def test_a_copy_of_one_part_says_nothing_of_another() -> None:
    one, two = part(1, 1, 2, arrived=HOUR), part(2, 2, 2, arrived=HOUR)
    again = replace(part(3, 2, 2, arrived=MIN, sent=-MIN), is_copy=True)
    found = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=(one, two, again))
    assert (found.copies_of(one), found.copies_of(two)) == ((), (again,))
    assert found.arrival_of(one) == START + HOUR


def test_of_deliveries_that_say_the_same_time_the_first_to_arrive_is_the_evidence() -> None:
    """A later one may dispute the Date that the first bears out."""
    read_first = part(1, 1, 1, arrived=5 * HOUR)
    found = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=(read_first, copy(read_first, 2, arrived=MIN)))
    assert deciding_part(found, POLICY).message == 2


def test_of_parts_sent_in_the_same_second_the_numbers_decide_and_not_the_arrival() -> None:
    parts = (part(1, 2, 2, arrived=MIN), part(2, 1, 2, arrived=HOUR))
    found = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=parts)
    assert deciding_part(found, POLICY).message == 1
    assert deciding_part(found, Policy(presentation="first")).message == 2


@pytest.mark.parametrize(
    ("arrivals", "first"),
    [
        ([HOUR, MIN, 2 * HOUR], 2),
        ([MIN, MIN, MIN], 1),
        ([MIN, HOUR, HOUR], 1),
        ([2 * HOUR, HOUR, HOUR], 2),
    ],
)
def test_of_the_deliveries_of_a_part_the_first_to_arrive_is_told(arrivals: list[timedelta], first: int) -> None:
    """Whichever was polled first; of two that arrived together the one with the lower row, and none of another part."""
    mine, *others = (part(message, 1, 2, arrived=at) for message, at in enumerate(arrivals, start=1))
    copies = [replace(one, is_copy=True, copy_of=1) for one in others]
    strangers = [part(8, 2, 2), replace(part(9, 2, 2), is_copy=True, copy_of=8)]
    told = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=(*strangers, *reversed(copies), mine))
    assert first_delivery(mine, told).message == first


def test_a_copy_stands_for_no_part_that_was_taken_out() -> None:
    parts = (part(1, 1, 2), replace(part(2, 2, 2), is_copy=True, copy_of=3))
    left = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=parts)
    assert (left.missing, left.is_whole, left.takes(part(4, 2, 2))) == ((2,), False, True)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_stamps_alike_in_all_the_rows_decide(order: tuple[int, ...]) -> None:
    parts = tuple(part(message) for message in order)
    found = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=parts)
    assert deciding_part(found, POLICY).message == 2
    assert deciding_part(found, Policy(presentation="first")).message == 1
    assert leading_part(found).message == 1


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([part(1, 1, 2), part(2, 2, 2)], None),
        ([part(1, 1, 2), part(2, 1, 2)], 2),
        ([part(1, 2, 2), part(2, 2, 4)], 2),
        ([part(1, 4), part(2, 1, 3)], 2),
        ([part(1, 1, 2), part(2), replace(part(3, 1, 2), is_copy=True)], None),
        ([part(1), part(2)], None),
    ],
)
def test_which_part_contradicts_those_before_it(parts: list[Part], found: int | None) -> None:
    """Unmarked mail and copies contradict nothing."""
    assert contradicting(parts) == found


def test_while_nobody_can_say_what_lies_in_a_mailbox_only_a_whole_set_goes_on() -> None:
    desk = Desk()
    desk.take_in(part(1, 1, 2))
    assert due(desk.sets[0], polled_since=None, policy=POLICY) is Due.NOTHING
    whole = desk.sets[0].with_part(part(2, 2, 2))
    assert due(whole, polled_since=None, policy=POLICY) is Due.ENQUEUE
    assert due(replace(whole, conflicted=True), polled_since=None, policy=POLICY) is Due.NOTHING
