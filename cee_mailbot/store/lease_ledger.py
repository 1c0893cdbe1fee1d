"""Who polls which mailbox: leases with fencing numbers in the mailbox's row."""

import os
import socket
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from cee_mailbot.errors import BusyError, LostLeaseError
from cee_mailbot.lease_ledger import LEASE, Lease
from cee_mailbot.store.tables import MailboxRow

_EXTENDED_EVERY = timedelta(minutes=1)
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STATE, _STARTED = 0, 19  # of what follows the name in /proc/PID/stat (proc(5))


def this_process() -> str:
    """A name of this process that no other has: its machine, the machine's start, its number and its own start."""
    return f"{_machine()} {os.getpid()} {_started(os.getpid())}"


def has_ended(holder: str) -> bool:
    """Whether this is the name of a process of this machine that runs no more; False when that can't be known."""
    machine, _, rest = holder.partition(" ")
    number, _, started = rest.partition(" ")
    if machine.partition("/")[0] != socket.gethostname() or not number.isdecimal() or not started:
        return False
    return machine != _machine() or _started(int(number)) != started


def _machine() -> str:
    with suppress(OSError):
        return f"{socket.gethostname()}/{_BOOT.read_text().strip()}"
    return f"{socket.gethostname()}/"


def _started(pid: int) -> str:
    """The clock tick at which a process began; empty when there is none, or what is left of one that was killed."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        return "" if fields[_STATE] in "ZX" else fields[_STARTED]
    return ""


class LeaseLedger:
    """See `lease_ledger.LeaseLedger`; `_holder` is this process, as other processes can look for it."""

    _session: Session
    _now: datetime
    _holder: str

    def take_lease(self, mailbox: str) -> Lease:
        """See `lease_ledger.LeaseLedger`."""
        row = self._session.get_one(MailboxRow, mailbox)
        if row.lease_holder and row.lease_until and self._is_held(row.lease_holder, row.lease_until):
            raise BusyError(
                f"mailbox {mailbox} is being polled by another process ({row.lease_holder}); "
                f"it is free when that ends, at the latest at {row.lease_until:%H:%M:%S} UTC"
            )
        row.fence += 1
        row.lease_holder, row.lease_until = self._holder, self._now + LEASE
        self._session.flush()
        return Lease(mailbox=mailbox, fence=row.fence)

    def keep_lease(self, lease: Lease) -> None:
        """See `lease_ledger.LeaseLedger`."""
        row = self._session.get_one(MailboxRow, lease.mailbox)
        if row.fence != lease.fence:
            raise LostLeaseError(
                f"another process took over mailbox {lease.mailbox} while this one stood still; what it began is left"
            )
        # Many a transaction only looks: it need not write for the lease's sake. A clock that was set back is another
        # matter, since an end that no lease can have holds nobody off.
        left = (row.lease_until or self._now) - self._now
        if not LEASE - _EXTENDED_EVERY <= left <= LEASE:
            row.lease_until = self._now + LEASE

    def give_back_lease(self, lease: Lease) -> None:
        """See `lease_ledger.LeaseLedger`."""
        row = self._session.get_one(MailboxRow, lease.mailbox)
        if row.fence == lease.fence:
            row.lease_holder = row.lease_until = None

    def _is_held(self, holder: str, until: datetime) -> bool:
        # A lease that ends later than any that could be given now was given by a clock that was wrong.
        return holder != self._holder and self._now < until <= self._now + LEASE and not has_ended(holder)
