"""The contract of the journal: what happened, written down outside the database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from cee_mailbot.interfaces import Handle
from cee_mailbot.ledger import Arrival


class Journal(Protocol):
    """What happened, outside the database, so that a restored one can be brought up to date. Never rewritten.

    Kinds: `arrivals` (where and when each message arrived, by the digest of its bytes), `sent` (replies that the mail
    server took, by their Message-ID), `heads` (how many lines the history had, and the digest of the last).
    """

    def append(self, kind: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Adds entries that JSON can say; on return they survive a power cut. Raises `UnreachableError`."""

    def entries(self, kind: str) -> Iterator[dict[str, Any]]:
        """Every entry of a kind, oldest first; one that a crash cut off is left out."""


class NoJournal:
    """A journal that keeps nothing, for a program that stores nothing."""

    def append(self, kind: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """As `Journal.append`, and forgets them."""

    def entries(self, kind: str) -> Iterator[dict[str, Any]]:  # noqa: ARG002 - as the interface says
        """As `Journal.entries`: none."""
        return iter(())


NO_JOURNAL: Journal = NoJournal()


def written(arrival: Arrival) -> dict[str, object]:
    """An arrival as the journal has it: all that a row is derived from anew, beside the bytes."""
    handle = arrival.handle
    return {
        "mailbox": arrival.mailbox,
        "folder": handle.folder,
        "validity": handle.validity,
        "uid": handle.uid,
        "sha256": arrival.sha256,
        "size": arrival.size,
        "arrived_at": arrival.arrived_at.isoformat(),
        "first_seen_at": arrival.first_seen_at.isoformat(),
        "submitted_at": arrival.submitted_at.isoformat() if arrival.submitted_at else None,
    }


def arrival_of(entry: Mapping[str, Any]) -> Arrival | None:
    """The arrival that `written` wrote down; None for an entry that is none."""
    try:
        return Arrival(
            mailbox=str(entry["mailbox"]),
            handle=Handle(folder=str(entry["folder"]), validity=str(entry["validity"]), uid=str(entry["uid"])),
            sha256=str(entry["sha256"]),
            size=int(entry["size"]),
            arrived_at=datetime.fromisoformat(entry["arrived_at"]),
            first_seen_at=datetime.fromisoformat(entry["first_seen_at"]),
            submitted_at=datetime.fromisoformat(submitted) if (submitted := entry.get("submitted_at")) else None,
        )
    except (KeyError, TypeError, ValueError):
        return None
