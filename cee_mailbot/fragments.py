"""Messages that the sender's program cut up (RFC 2046 5.2.2): whole again once every fragment has come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.interfaces import BlobStore
from cee_mailbot.ledger import Fragment, UnitOfWork
from cee_mailbot.site import Site
from parsers.addresses import address_key
from parsers.fragments import rejoin
from parsers.mail import Mail

MOST_FRAGMENTS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """A message that was rejoined from its fragments, in their order."""

    fragments: tuple[Fragment, ...]
    raw: bytes

    def end(self, submission: int | None, unit: UnitOfWork) -> None:
        """The message lies in the row of its first fragment; the others are done with."""
        status = MessageStatus.IGNORED if submission is None else MessageStatus.CORRESPONDENCE
        others = [one.kept.id for one in self.fragments[1:]]
        unit.end_fragments(others, status=status, reason="rejoined", submission=submission)


def whole_of(mail: Mail, blobs: BlobStore, unit: UnitOfWork, *, limit: int, with_held: bool = False) -> Whole | None:
    """The message that this fragment makes whole; None while one is missing, or when it would be beyond the limits.

    Fragments belong together by their sender and their id: a stranger who knows the id adds nothing. Which of two
    fragments with one number counts is decided by their arrival. Held ones count when a person releases one of them.
    """
    if mail.partial is None or mail.sender is None:
        return None
    known = unit.fragments(of=mail.partial.id, held_from=mail.sender.addr if with_held else None)
    mine = [one for one in known if _message(one) == (address_key(mail.sender.addr), mail.partial.id)]
    total = _total(mine)
    by_number = {one.number: one for one in reversed(mine)}
    if total is None or total > MOST_FRAGMENTS or set(by_number) != set(range(1, total + 1)):
        return None
    chosen = tuple(by_number[number] for number in sorted(by_number))
    if sum(one.kept.size for one in chosen) > limit:
        return None
    return Whole(fragments=chosen, raw=rejoin([blobs.get(one.kept.sha256) for one in chosen]))


def _total(fragments: Iterable[Fragment]) -> int | None:
    """How many there are to be; only the last must say so, and those that differ make no message."""
    told = {one.total for one in fragments if one.total is not None}
    return next(iter(told)) if len(told) == 1 else None


def hold_overdue(since: datetime | None, site: Site, unit: UnitOfWork) -> int:
    """Holds the fragments whose rest did not come in time, for a person to read; of how many messages.

    `since` is as in `UnitOfWork.polled_since`: as with parts, a mailbox that could not be reached makes none late.
    """
    if since is None:
        return 0
    by_message = sorted(unit.fragments(), key=_message)
    overdue = [some for _, group in groupby(by_message, key=_message) if _is_overdue(some := list(group), since, site)]
    for some in overdue:
        complete = (total := _total(some)) is not None and {one.number for one in some} >= set(range(1, total + 1))
        unit.end_fragments(
            [one.kept.id for one in some],
            status=MessageStatus.HELD,
            reason="fragments-unfit" if complete else "fragments-missing",
            submission=None,
        )
    return len(overdue)


def _message(fragment: Fragment) -> tuple[str, str]:
    return (address_key(fragment.sender), fragment.name)


def _is_overdue(fragments: Sequence[Fragment], since: datetime, site: Site) -> bool:
    newest = max(one.kept.arrived_at for one in fragments)
    deadline = max(site.policies[site.home(one.kept.mailbox).name].assembly_deadline for one in fragments)
    return since > newest + deadline
