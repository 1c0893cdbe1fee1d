"""The contract of the store: one poller for one mailbox, and no commit by one whose time has passed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

# A pass writes something down far more often: a set of messages is bounded, and so is every call to a server.
LEASE = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The right to poll a mailbox; `fence` is greater than that of every lease given before."""

    mailbox: str
    fence: int


class LeaseLedger(Protocol):
    """The part of a unit of work that concerns who polls."""

    def take_lease(self, mailbox: str) -> Lease:
        """The lease of a mailbox whose poll has begun, for `LEASE` from now on.

        It ends when it is given back, when its time is over, or when its holder is known to have ended. A process
        that holds it already gets a new one, and the old one is void. Raises `BusyError` when another holds it.
        """

    def keep_lease(self, lease: Lease) -> None:
        """Lets the lease last for another `LEASE` from now on. Raises `LostLeaseError` when it is void."""

    def give_back_lease(self, lease: Lease) -> None:
        """Ends the lease; a void one is left as it is."""
