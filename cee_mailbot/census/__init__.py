"""Every message on the servers against every row against every blob: the proof that nothing was lost.

Reads only. What it holds at once is one set of messages, one bit a row, and the first thousand of each kind of
finding, whatever the size of the mailboxes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cee_mailbot.census.counting import count_mailbox
from cee_mailbot.census.findings import MailboxCensus
from cee_mailbot.census.scrubbing import scrub
from cee_mailbot.domain.routing import Mailbox
from cee_mailbot.interfaces import BlobStore, Clock, Source
from cee_mailbot.ledger import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class CensusReport:
    """The whole count: `rows` and `blobs` are those of the mailboxes that were counted, digests in hexadecimal.

    `clean` is said only of what was proved: nothing missing or damaged, and every mailbox reached.
    """

    at: datetime
    clean: bool
    mailboxes: tuple[MailboxCensus, ...]
    rows: int
    blobs: int
    blobs_missing: tuple[str, ...]
    blobs_damaged: tuple[str, ...]
    by_status: Mapping[str, int]

    @property
    def unclean(self) -> bool:
        """Whether something is missing or damaged."""
        return bool(self.blobs_missing or self.blobs_damaged or any(one.missing for one in self.mailboxes))

    @property
    def exit_code(self) -> int:
        """0 clean, 1 unclean, 3 when nothing is wrong as far as could be seen, but not all could be reached."""
        return 1 if self.unclean else 0 if self.clean else 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """What a census needs; `sources` are by the name of their mailbox."""

    store: Store
    blobs: BlobStore
    sources: Mapping[str, Source]
    clock: Clock


def take_census(census: Census, mailboxes: Sequence[Mailbox]) -> CensusReport:
    """Counts these mailboxes; one that can't be reached does not stop the others. Raises what the store raises."""
    at = census.clock.now()
    configured = frozenset(census.sources)
    counted = tuple(
        count_mailbox(census.store, census.sources[mailbox.name], mailbox.name, configured) for mailbox in mailboxes
    )
    names = [mailbox.name for mailbox in mailboxes]
    blobs = scrub(census.store, census.blobs, names)
    with census.store.read() as ask:
        by_status = ask.statuses(names)
    report = CensusReport(
        at=at,
        clean=False,
        mailboxes=counted,
        rows=sum(by_status.values()),
        blobs=blobs.intact,
        blobs_missing=blobs.missing.first,
        blobs_damaged=blobs.damaged.first,
        by_status=by_status,
    )
    return replace(report, clean=not report.unclean and not any(one.error for one in counted))


def differences(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> tuple[str, ...]:
    """What has changed between two censuses, given as `census --json`, in words; nothing without an earlier one."""
    if before is None:
        return ()
    said = []
    if now["rows"] < before["rows"] and _names(before) <= _names(now):
        said.append(f"{before['rows'] - now['rows']} rows have gone since {before['at']}; no command removes rows")
    for what in ("blobs_missing", "blobs_damaged"):
        said += _changed(what.replace("_", " "), before[what], now[what])
    earlier = {one["mailbox"]: one for one in before["mailboxes"]}
    for one in now["mailboxes"]:
        old = earlier.get(one["mailbox"], one)
        for what in ("missing", "extra"):
            said += _changed(f"{one['mailbox']}: {what}", old[what], one[what])
    return tuple(said)


def _names(census: Mapping[str, Any]) -> set[str]:
    return {one["mailbox"] for one in census["mailboxes"]}


def _changed(what: str, before: Sequence[Any], now: Sequence[Any]) -> list[str]:
    new, gone = [one for one in now if one not in before], [one for one in before if one not in now]
    return ([f"{what}: {len(new)} more"] if new else []) + ([f"{what}: {len(gone)} no longer"] if gone else [])
