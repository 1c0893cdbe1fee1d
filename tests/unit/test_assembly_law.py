"""The law of reassembly: what marked parts become does not depend on how they came.

"Marked parts that all arrive before their deadline end in the same submission, with the same presentation time and
exactly one acknowledgement, whatever the order of arrival, the grouping into polls, the byte-identical duplicates
among them, the restarts in between and the number of pollers."
"""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cee_mailbot.domain.assembly import Due, Part, Place, Stage, due
from cee_mailbot.domain.policy import Policy
from tests.support.parts import POLICY, START, Desk, part

QUIET, DEADLINE = POLICY.quiet_period, POLICY.assembly_deadline
NUMBERS = st.integers(1, 6)
# Gaps between arrivals, many of them on the very edge of a timer.
GAPS = st.one_of(
    st.sampled_from([timedelta(0), QUIET - timedelta(seconds=1), QUIET, QUIET + timedelta(seconds=1)]),
    st.sampled_from([DEADLINE - timedelta(minutes=1), DEADLINE]),
    st.timedeltas(timedelta(0), DEADLINE),
)
SENDINGS = st.timedeltas(timedelta(hours=-2), timedelta(hours=2))


@st.composite
def whole_sets(draw: st.DrawFn) -> list[Part]:
    """The parts of one whole set in some order of arrival, each within the deadline of the one before."""
    total = draw(NUMBERS)
    order = draw(st.permutations(range(1, total + 1)))
    arrived = timedelta(0)
    parts = []
    for message, number in enumerate(order, start=1):
        arrived += draw(GAPS)
        parts.append(part(message, number, total, papers=f"p{number}", sent=draw(SENDINGS), arrived=arrived))
    return parts


@st.composite
def polls_of(draw: st.DrawFn, parts: list[Part]) -> list[tuple[datetime, bool]]:
    """When polls begin, whether each succeeds: one at every arrival or none for days, some find the mailbox down."""
    last = parts[-1].arrived_at
    moments = draw(st.lists(st.timedeltas(timedelta(0), last - START), max_size=8))
    some = sorted({START + one for one in moments} | {one.arrived_at for one in parts if draw(st.booleans())})
    return [(one, draw(st.booleans())) for one in some] + [(last + timedelta(seconds=1), True)]


@st.composite
def rules(draw: st.DrawFn) -> Policy:
    """The rules of a mailbox: every time that bears on a set is its own, and no deadline is shorter than the usual."""
    return Policy(
        presentation=draw(st.sampled_from(["completing", "first"])),
        quiet_period=draw(st.sampled_from([timedelta(0), QUIET, QUIET * 3])),
        assembly_deadline=draw(st.sampled_from([DEADLINE, DEADLINE * 2])),
        split_threshold=draw(st.sampled_from([1, POLICY.split_threshold])),
    )


def run(parts: list[Part], polls: list[tuple[datetime, bool]], policies: dict[int, Policy] | None = None) -> Desk:
    """The parts through polls: each successful one takes in what has arrived by then, and the timers are looked at."""
    desk, waiting, since = (
        Desk(policies=policies or {}),
        sorted(parts, key=lambda one: (one.arrived_at, one.message)),
        None,
    )
    for began, reached in polls:
        if reached:
            for one in [one for one in waiting if one.arrived_at <= began]:
                desk.take_in(one)
                waiting.remove(one)
            since = began
        if since is not None:
            desk.chase(since)
    return desk


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_set_is_one_submission_whatever_the_order_the_times_and_the_polls(data: st.DataObject) -> None:
    """Each part may come to a mailbox with rules of its own: those of the lowest part decide the time, no others."""
    parts = data.draw(whole_sets())
    policies = {one.message: data.draw(rules()) for one in parts}
    desk = run(parts, data.draw(polls_of(parts)), policies)
    assert len(desk.sets) == 1
    assert desk.numbers(0) == sorted(one.message for one in parts)
    assert desk.acknowledged == [0]
    assert not desk.sets[0].parts_missing
    [lowest] = [one.message for one in parts if one.number == 1]
    choose = max if policies[lowest].presentation == "completing" else min
    assert desk.presented == {0: choose(one.sent_at for one in parts)}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_second_set_after_the_first_stands_by_itself(data: st.DataObject) -> None:
    """A corrected filing may share papers with the first: in any order, two submissions, two acknowledgements."""
    first = data.draw(whole_sets())
    total = len(first)
    changed = data.draw(st.sets(st.integers(1, total), min_size=1))
    gap = first[-1].arrived_at - START + timedelta(minutes=1)
    order = data.draw(st.permutations(range(1, total + 1)))
    second = [
        part(100 + k, k, total, papers=f"q{k}" if k in changed else f"p{k}", arrived=gap + timedelta(minutes=place))
        for place, k in enumerate(order)
    ]
    desk = run(first + second, [(one.arrived_at, True) for one in first + second])
    assert [desk.numbers(one) for one in range(len(desk.sets))] == [
        sorted(one.message for one in first),
        sorted(one.message for one in second),
    ]
    assert sorted(desk.acknowledged) == [0, 1]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_resends_during_a_set_neither_open_nor_move_anything(data: st.DataObject) -> None:
    """A part that is sent again with the same papers is a copy; of those that had come the earliest sent counts."""
    parts = data.draw(whole_sets())
    again = data.draw(st.sampled_from(parts[:-1] or parts))
    last = parts[-1].arrived_at
    copy = part(99, again.number, again.total, papers=f"p{again.number}", sent=timedelta(hours=3))
    copy = Part(**{name: getattr(copy, name) for name in copy.__dataclass_fields__} | {"arrived_at": last})
    desk = run([*parts, copy], data.draw(polls_of(parts)))
    assert desk.places[99] is Place.RESENT
    assert len(desk.sets) == 1
    assert desk.presented == {0: max(one.sent_at for one in parts)}
    assert desk.acknowledged == [0]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_late_parts_leave_the_presentation_time_and_complete_the_item(data: st.DataObject) -> None:
    total = data.draw(st.integers(2, 6))
    order = data.draw(st.permutations(range(1, total + 1)))
    came = data.draw(st.integers(1, total - 1))
    late = DEADLINE + timedelta(days=1)
    parts = [
        part(k, k, total, arrived=timedelta(minutes=i) if i < came else late + timedelta(minutes=i))
        for i, k in enumerate(order)
    ]
    polls = sorted({one.arrived_at for one in parts} | {START + late - timedelta(hours=1)})
    desk = run(parts, [(one, True) for one in polls])
    assert len(desk.sets) == 1
    assert desk.acknowledged == [0]
    assert desk.presented == {0: START}
    assert not desk.sets[0].parts_missing
    assert [desk.places[one.message] for one in parts[came:]] == [Place.LATE] * (total - came)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_unmarked_mail_in_the_order_of_arrival_is_the_same_in_any_polls(data: st.DataObject) -> None:
    """Large mail waits for its siblings; how the bot polls, as long as it does, changes neither place nor time."""
    sizes = data.draw(st.lists(st.sampled_from([1, POLICY.split_threshold]), min_size=1, max_size=5))
    gaps = data.draw(st.lists(st.sampled_from([timedelta(0), QUIET / 2, QUIET * 3]), min_size=5, max_size=5))
    arrivals = [sum(gaps[:i], timedelta(0)) for i in range(len(sizes))]
    parts = [part(i, sent=arrivals[i], arrived=arrivals[i], size=size) for i, size in enumerate(sizes)]
    end = parts[-1].arrived_at + QUIET * 2
    steps = [START + timedelta(minutes=m) for m in range(0, int((end - START).total_seconds() // 60) + 1, 5)]
    often = run(parts, [(one, True) for one in steps])
    thrice = run(parts, [(one, True) for one in sorted({*(one.arrived_at for one in parts), *steps[::2], end})])
    assert often.places == thrice.places
    assert often.presented == thrice.presented
    assert all(one.stage is Stage.OPEN for one in often.sets)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_poll_that_began_before_a_timer_ran_out_moves_nothing(data: st.DataObject) -> None:
    """However late it is on the bot's clock: a mailbox that can't be reached never makes a set late."""
    parts = data.draw(whole_sets().filter(lambda parts: len(parts) > 1))[:-1]
    desk = Desk()
    for one in parts:
        desk.take_in(one)
    newest = parts[-1].arrived_at
    since = newest + data.draw(st.timedeltas(timedelta(0), QUIET))
    assert due(desk.sets[0], polled_since=since, policy=POLICY) is Due.NOTHING
    since = newest + data.draw(st.timedeltas(QUIET + timedelta(seconds=1), DEADLINE))
    assert due(desk.sets[0], polled_since=since, policy=POLICY) is Due.REMIND
    assert due(desk.sets[0], polled_since=newest + DEADLINE + timedelta(seconds=1), policy=POLICY) is (
        Due.ENQUEUE_INCOMPLETE
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NUMBERS, st.integers(1, 3), st.sampled_from("abc")), min_size=1, max_size=8))
def test_every_message_has_one_place_and_every_submission_one_acknowledgement(told: list[tuple[int, int, str]]) -> None:
    """Whatever comes, contradictions and all: nothing is lost, nothing is twice, everything ends."""
    parts = [
        part(message, min(number, total), total, papers=papers, arrived=timedelta(minutes=message))
        for message, (number, total, papers) in enumerate(told)
    ]
    desk = run(parts, [*((one.arrived_at, True) for one in parts), (START + DEADLINE * 3, True)])
    filed = [one.message for each in desk.sets for one in each.parts]
    assert sorted(filed) == [one.message for one in parts]
    assert sorted(desk.acknowledged) == list(range(len(desk.sets)))
    assert all(one.stage is Stage.OPEN for one in desk.sets)
    for one, following in pairwise(desk.sets):
        assert one.submission < following.submission
