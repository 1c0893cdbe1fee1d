"""One effect for one request: a form that is sent twice acts once."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime

from cee_mailbot.desk import Intake
from cee_mailbot.errors import CeeMailbotError, UserError
from cee_mailbot.lease_ledger import Lease
from cee_mailbot.ledger import Store, UnitOfWork
from cee_mailbot.questions import Questions
from cee_mailbot.web.asking import Asked

_LONGEST_KEY = 64


class AlreadyDoneError(CeeMailbotError):
    """The request was carried out before; `place` is where it led."""

    def __init__(self, place: str) -> None:
        super().__init__("this was done already")
        self.place = place


class OnceStore:
    """A store whose writes are noted, in the same transaction, under the key of the request that they come from.

    `note_in` is the number of the transaction that has the effect, for acts that open another to look first.
    """

    def __init__(self, inner: Store, *, key: str, person: str, place: str, note_in: int = 1) -> None:
        self._inner = inner
        self._key, self._person, self._place = key, person, place
        self._left = note_in

    @contextmanager
    def begin(self, now: datetime, *, lease: Lease | None = None) -> Iterator[UnitOfWork]:
        """See `ledger.Store`. Raises `AlreadyDoneError`."""
        with self._inner.begin(now, lease=lease) as unit:
            before = unit.carried_out(self._key, person=self._person) if self._left > 0 else None
            if before is not None:
                raise AlreadyDoneError(before)
            yield unit
            self._left -= 1
            if self._left == 0:
                unit.carry_out_once(self._key, person=self._person, place=self._place)

    def read(self) -> AbstractContextManager[Questions]:
        """See `ledger.Store`."""
        return self._inner.read()


def once(intake: Intake, *, key: str, person: str, place: str, note_in: int = 1) -> Intake:
    """The line with a store that lets the request of this key act once. Raises `UserError` without a key."""
    if not 0 < len(key) <= _LONGEST_KEY:
        raise UserError("the form carries no key; load the page again")
    return replace(intake, store=OnceStore(intake.store, key=key, person=person, place=place, note_in=note_in))


def once_sent(asked: Asked, place: str, *, note_in: int = 1, of: str = "") -> Intake:
    """The same for a form, which acts once as it was sent: in other words, or to another place, it is another request.

    Else what somebody writes on a page that the browser brought back would be taken for what was done before, and
    lost. `of` names one of several things that the form acts on. Raises `UserError` without a key.
    """
    key = asked.form.get("key", "")
    sent = json.dumps([asked.request.url.path, sorted(asked.lists.items()), of])
    whole = hashlib.sha256(sent.encode()).hexdigest() if 0 < len(key) <= _LONGEST_KEY else ""
    return once(asked.parts.intake, key=whole, person=asked.person.name, place=place, note_in=note_in)
