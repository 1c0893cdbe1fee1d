"""What reading and sending by Microsoft Graph need of it: the calls for one mailbox, whoever makes them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from cee_mailbot.errors import PermanentError

# "Microsoft Graph throttling limits", Outlook service limits: four concurrent requests for each app and mailbox.
AT_ONCE = 4
# Codes for a mailbox that is not in Exchange Online ("Microsoft Graph error responses and resource types").
NOT_ONLINE = ("MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI")


class RefusedCallError(PermanentError):
    """An answer of 4xx: `status`, and Graph's own `code` ("Microsoft Graph error responses and resource types")."""

    def __init__(self, words: str, *, status: int, code: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code

    @property
    def gone(self) -> bool:
        """Whether what was asked for is not there."""
        return self.status == 404  # noqa: PLR2004 - RFC 9110 section 15.5.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request within a batch; `path` begins after the Graph root."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back for one request of a batch: its HTTP status and its JSON, empty where there is none."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


class GraphCalls(Protocol):
    """Calls for one mailbox with a token, never more than `AT_ONCE` of them at a time; threads may share them.

    Every method raises `SignInError`, `UnreachableError` (after which nothing more can be called), `RefusedCallError`
    or another `PermanentError`.
    """

    @property
    def who(self) -> str:
        """The mailbox and where it is, for errors and logs."""

    @property
    def user(self) -> str:
        """The path of the mailbox, `/users/ADDRESS`, quoted."""

    def get(self, where: str, *, page: int = 0) -> Mapping[str, Any]:
        """The JSON at a path or at a link that Graph gave; of a list `page` entries at once."""

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The JSON that comes back for this JSON."""

    def batch(self, calls: Sequence[Call]) -> list[Answer]:
        """The answers to at most `AT_ONCE` calls, in their order, 4xx among them; what is temporary is raised."""

    def stream(self, path: str) -> Iterator[bytes]:
        """The exact bytes at a path, in pieces, whole or an error."""

    def send(self, path: str, content: bytes) -> None:
        """Hands over text. Raises `UncertainError` besides, when all of it left and no answer told of its end."""

    def clock_skew(self) -> timedelta:
        """How far the server's clock was ahead of ours at its last answer."""


class GraphDoor(Protocol):
    """One mailbox at Graph."""

    def calls(self) -> AbstractContextManager[GraphCalls]:
        """Calls over connections that end with the context."""
