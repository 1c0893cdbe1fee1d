"""What reading and sending by Exchange Web Services need of it: the calls for one mailbox, whoever makes them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from cee_mailbot.errors import PermanentError


class RefusedCallError(PermanentError):
    """What was asked for was refused for good: `code` is Exchange's own ("ResponseCode"), or an HTTP status."""

    def __init__(self, words: str, *, code: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An item as Exchange lists it, each fact as it wrote it, empty where it told none; times as xs:dateTime."""

    uid: str
    received: str = ""
    sent: str = ""
    created: str = ""
    size: str = ""
    sender: str = ""
    message_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """One page of what changed in a folder; `state` is where the next page begins, `last` that none waits now."""

    there: tuple[Item, ...]
    removed: tuple[str, ...]
    state: str
    last: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbox:
    """The inbox: its id, and how many items it holds."""

    id: str
    count: int


class ExchangeCalls(Protocol):
    """Calls for one mailbox, one after the other over one connection.

    Every method raises `SignInError`, `UnreachableError` (after which nothing more can be called), `RefusedCallError`
    or another `PermanentError`.
    """

    @property
    def who(self) -> str:
        """The mailbox and where it is, for errors and logs."""

    @property
    def version(self) -> str:
        """The server's version as its last answer told it, such as `15.2.1544`; empty when it told none."""

    @property
    def advice(self) -> str:
        """What whoever chose this server should know though all is well, in a clause; empty when there is nothing."""

    def inbox(self) -> Inbox:
        """The inbox of the mailbox."""

    def folder_called(self, name: str) -> str | None:
        """The id of the folder of this name at the root of the mailbox, without regard to case; None without one."""

    def create_folder(self, name: str) -> str:
        """The id of a new folder at the root of the mailbox."""

    def changes(self, folder: str, state: str) -> Changes:
        """A page of what changed in a folder since `state`; with an empty one, of all that lies in it."""

    def contents(self, uids: Sequence[str]) -> Iterator[bytes | RefusedCallError | None]:
        """The exact bytes of each of a few items in their order, None for one that has gone, or why it is refused."""

    def stream(self, uid: str) -> Iterator[bytes]:
        """The exact bytes of one item in pieces, whole or an error; nothing when it has gone."""

    def move(self, uids: Sequence[str], target: str) -> None:
        """Moves items to a folder; one that has gone is left out."""

    def send(self, raw: bytes) -> None:
        """Hands over a letter in MIME, of which a copy is kept among the sent items.

        Raises `UncertainError` besides, when all of it left and no answer told of its end.
        """

    def clock_skew(self) -> timedelta:
        """How far the server's clock was ahead of ours at its last answer."""


class ExchangeDoor(Protocol):
    """One mailbox at Exchange."""

    def calls(self) -> AbstractContextManager[ExchangeCalls]:
        """Calls over a connection that ends with the context."""
