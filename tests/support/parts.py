"""The messages of one key as the rules of assembly see them, and a small ledger that does what the rules say."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cee_mailbot.domain.assembly import (
    Due,
    Part,
    PartSet,
    Place,
    Placement,
    Stage,
    deciding_part,
    due,
    leading_part,
    place,
)
from cee_mailbot.domain.policy import Policy

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
POLICY = Policy()
ENDED = (Place.ALONE, Place.LATE, Place.SUPPLEMENTS)


def part(  # noqa: PLR0913 - the fields of a part
    message: int,
    number: int | None = None,
    total: int | None = None,
    *,
    papers: str | None = None,
    sent: timedelta = timedelta(0),
    arrived: timedelta = timedelta(0),
    size: int = 1000,
) -> Part:
    """A message: `sent` and `arrived` count from the start, `papers` names its documents, one letter each."""
    named = f"{message}" if papers is None else papers
    return Part(
        message=message,
        number=number,
        total=total,
        sent_at=START + sent,
        arrived_at=START + arrived,
        documents=frozenset(named),
        size=size,
    )


@dataclass
class Desk:
    """What the store and `gathering` do with the rules' answers, with nothing else beside them.

    `policies` are those of the mailboxes that single messages came to; a set goes by its leading part's.
    """

    policy: Policy = POLICY
    policies: dict[int, Policy] = field(default_factory=dict)
    sets: list[PartSet] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    presented: dict[int, datetime] = field(default_factory=dict)
    acknowledged: list[int] = field(default_factory=list)
    reminded: list[int] = field(default_factory=list)

    def take_in(self, one: Part) -> Placement:
        """Puts a message where the rules say."""
        found = place(one, self.sets, self.policies.get(one.message, self.policy))
        self.places[one.message] = found.place
        joined = found.submission if found.submission is not None else self._open(found)
        self._join(joined, replace(one, is_copy=found.place is Place.RESENT), found)
        self._settle(joined)
        return found

    def chase(self, polled_since: datetime) -> None:
        """Does what is due after a poll that began then and was completed."""
        for number, one in enumerate(self.sets):
            if one.stage is not Stage.ASSEMBLING:
                continue
            what = due(one, polled_since=polled_since, policy=self._policy_of(one))
            if what is Due.REMIND and number not in self.reminded:
                self.reminded.append(number)
            elif what in (Due.ENQUEUE, Due.ENQUEUE_INCOMPLETE):
                self._enqueue(number, parts_missing=what is Due.ENQUEUE_INCOMPLETE)

    def close(self, submission: int) -> None:
        """Staff have done with an item."""
        self.sets[submission] = replace(self.sets[submission], stage=Stage.CLOSED)

    def numbers(self, submission: int) -> list[int]:
        """The messages of a submission that are no copies."""
        return sorted(one.message for one in self.sets[submission].parts if not one.is_copy)

    def _policy_of(self, one: PartSet) -> Policy:
        return self.policies.get(leading_part(one).message, self.policy)

    def _open(self, found: Placement) -> int:
        stage = Stage.ASSEMBLING if found.place is Place.OPENS else Stage.OPEN
        self.sets.append(PartSet(submission=len(self.sets), stage=stage, parts=()))
        return len(self.sets) - 1

    def _join(self, submission: int, one: Part, found: Placement) -> None:
        taken = [
            replace(old, is_copy=False) for each in self.sets for old in each.parts if old.message in found.takes_over
        ]
        self.sets = [
            replace(each, parts=tuple(old for old in each.parts if old.message not in found.takes_over))
            for each in self.sets
        ]
        mine = self.sets[submission]
        parts = sorted((*mine.parts, *taken, one), key=lambda each: (each.arrived_at, each.message))
        self.sets[submission] = replace(
            mine, parts=tuple(parts), conflicted=mine.conflicted or found.place is Place.CONFLICTS
        )

    def _settle(self, submission: int) -> None:
        one = self.sets[submission]
        alone = one.stage is Stage.OPEN and submission not in self.presented
        if alone or (one.stage is Stage.ASSEMBLING and one.is_whole and not one.conflicted):
            self._enqueue(submission)
        elif one.parts_missing and not one.missing:
            self.sets[submission] = replace(one, parts_missing=False)

    def _enqueue(self, submission: int, *, parts_missing: bool = False) -> None:
        one = self.sets[submission]
        self.presented[submission] = deciding_part(one, self._policy_of(one)).sent_at
        self.acknowledged.append(submission)
        self.sets[submission] = replace(one, stage=Stage.OPEN, parts_missing=parts_missing)
