"""Whether the history is whole: each line chained to the one before, and the end where it was last seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cee_mailbot.audit_ledger import CheckedLine, HistoryHead
from cee_mailbot.ledger import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditReport:
    """Whether the history is whole, how many lines it has, and the digest of the last; else its first broken line.

    `broken_line` is the number of the line from one on, `broken_id` its row; both are None where the fault is that
    lines at the end are gone.
    """

    ok: bool
    lines: int
    head: str
    broken_line: int | None = None
    broken_id: int | None = None
    fault: str | None = None
    seen_elsewhere: int = 0


def verify(store: Store, seen: Iterable[HistoryHead] = ()) -> AuditReport:
    """Checks the whole history, a set of lines at a time; `seen` are heads that were written down elsewhere."""
    expected = {head.lines: head.digest for head in seen if head.lines}
    lines, head = 0, ""
    with store.read() as ask:
        for line in _held_against(ask.checked_history(), expected):
            if line.fault:
                return AuditReport(
                    ok=False,
                    lines=line.number,
                    head=head,
                    broken_line=line.number,
                    broken_id=line.id,
                    fault=f"line {line.number} ({line.event}, {line.at:%Y-%m-%d %H:%M:%S} UTC): {line.fault}",
                    seen_elsewhere=len(expected),
                )
            lines, head = line.number, line.digest
    longest = max(expected, default=0)
    if longest > lines:
        fault = f"the history ends at line {lines}, but had {longest} lines when that was written down elsewhere"
        return AuditReport(ok=False, lines=lines, head=head, fault=fault, seen_elsewhere=len(expected))
    return AuditReport(ok=True, lines=lines, head=head, seen_elsewhere=len(expected))


def _held_against(lines: Iterable[CheckedLine], expected: dict[int, str]) -> Iterator[CheckedLine]:
    """The lines; one that is whole in itself, but not what was seen elsewhere, was written anew with those before."""
    for line in lines:
        known = expected.get(line.number)
        if line.fault is None and known not in (None, line.digest):
            fault = "it is not the line that was written down elsewhere; it or one before it was written anew"
            yield CheckedLine(
                id=line.id, number=line.number, at=line.at, event=line.event, digest=line.digest, fault=fault
            )
        else:
            yield line
