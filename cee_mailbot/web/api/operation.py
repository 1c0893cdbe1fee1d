"""One operation of the API, and one call of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from cee_mailbot.desk import Intake
from cee_mailbot.domain.roles import Person
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.gate import Door

PREFIX = "/api/v1"


class Given(BaseModel):
    """What a call may give, in its query or its body; anything else is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call: who asks for what, what was given, and the line on which it acts once."""

    asked: Asked
    given: Any
    intake: Intake

    @property
    def person(self) -> Person:
        """Who calls."""
        return self.asked.person

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.person.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation(Door):
    """One operation: what it takes (`query` or `body`), what it `gives` as JSON, and how it is carried out.

    What is carried out gives a value for JSON, or a finished response (`gives` None: bytes). `transactions` tells how
    many an act opens until the one that has the effect; 0 for a read. `again` is the answer to a call that was carried
    out before; None: the thing of the path as it stands now.
    """

    says: str
    carry: Callable[[Call], Any]
    query: type[Given] | None = None
    body: type[Given] | None = None
    gives: Any = None
    transactions: int = 0
    again: Callable[[Call], Any] | None = None

    @property
    def address(self) -> str:
        """The whole path."""
        return PREFIX + self.path
