"""The story of one message in words: what was read, which rules spoke and why, and what would follow."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cee_mailbot.domain.acceptance import ENDING_CHECKS, REJECTING_CHECKS
from cee_mailbot.domain.case import FRAGMENT, Case, Decision
from cee_mailbot.domain.office_hours import next_opening
from cee_mailbot.domain.reasons import FLAGS, REASONS
from cee_mailbot.domain.reply import reply_address
from cee_mailbot.domain.submission import MessageStatus
from parsers.papers import Paper

Check = TypeVar("Check", bound=Callable[[Case], Any])

_CLOCKS = {
    "date": "its Date field",
    "received": "a mail server on its way",
    "arrival": "our own mail server",
}
_FOLLOWS: dict[MessageStatus, str] = {
    MessageStatus.ENQUEUED: "it becomes an item in the queue of the {queue} Center (team {team})",
    MessageStatus.ASSEMBLING: "it waits for the other parts, in sight of the {queue} Center (team {team})",
    MessageStatus.REJECTED: "it is not processed, stays stored, and can be released",
    MessageStatus.HELD: "it is held for a person, unanswered, and can be released",
    MessageStatus.IGNORED: "it stays stored and nothing is done; it can be released",
}
_REPLIES: dict[MessageStatus, str] = {
    MessageStatus.ENQUEUED: "an acknowledgement",
    MessageStatus.ASSEMBLING: "one acknowledgement, when the set is whole or its time is up",
    MessageStatus.REJECTED: "a reject that names every problem and its fix",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Follows:
    """Where the message would go; `refused` means that it could be read in part only, and no rule was asked.

    `papers` are what its documents say, by the SHA-256 of their bytes.
    """

    queue: str
    team: str
    refused: bool = False
    papers: Mapping[str, Paper] = field(default_factory=dict)


def tell(case: Case, decision: Decision, follows: Follows) -> Iterator[str]:
    """The story, line by line: judged as if no other message had ever come."""
    yield from _headers(case)
    yield from _line(case)
    yield from _times(case)
    yield from _documents(case, follows.papers)
    yield from _rules(case, decision, follows)
    yield from _consequences(case, decision, follows)


def _headers(case: Case) -> Iterator[str]:
    senders = ", ".join(address.addr for address in case.mail.from_) or "nobody that can be read"
    recipients = ", ".join(address.addr for address in (*case.mail.to, *case.mail.cc)) or "nobody"
    yield f"From {senders} to {recipients}"
    verdict = case.verdict
    if verdict.trusted:
        yield f"  the border found: SPF {verdict.spf}, DKIM {verdict.dkim}, DMARC {verdict.dmarc}"
    else:
        yield "  no server that is trusted here says whether the sender is genuine"


def _line(case: Case) -> Iterator[str]:
    line = case.line
    yield f"Subject: {line.line}"
    if case.free_subject:
        yield "  this mailbox takes any subject"
        return
    if line.canonical:
        yield f"  read as {line.canonical}: {line.subject}"
    yield from (f"  repaired: {repair}" for repair in line.repairs)
    yield from (f"  {problem.code}: {problem.fix}" for problem in line.problems)
    if line.part is not None:
        yield f"  part {line.part} of {line.parts or 'an unknown number'}"


def _times(case: Case) -> Iterator[str]:
    shown = case.presentation
    source = _CLOCKS.get(shown.basis, shown.basis)
    yield f"Presented {shown.local.isoformat()} ({shown.zone}), taken from {source}, strength {shown.strength}"
    yield f"  received {case.clocks.arrived_at.isoformat()}"
    opens = next_opening(shown.instant, hours=case.policy.office_hours, zone=shown.zone, port=case.line.port)
    if opens is not None:
        yield f"  outside office hours: the port opens next at {opens.isoformat()}"
    if shown.disputed:
        yield f"  disputed: our own clocks say {shown.observed.isoformat()}"


def _documents(case: Case, papers: Mapping[str, Paper]) -> Iterator[str]:
    if not case.cut.documents:
        yield "No documents"
    for doc in case.cut.documents:
        yield f"Document {doc.path}: {doc.type}, {doc.bytes:,} bytes, {doc.status}"
        if (paper := papers.get(doc.sha256)) and (paper.form or paper.entry_numbers):
            numbers = ", ".join(str(number) for number in paper.entry_numbers) or "no entry"
            yield f"  {paper.form or 'no form that is known'}, names {numbers}"


def _rules(case: Case, decision: Decision, follows: Follows) -> Iterator[str]:
    """Each rule that spoke by its name, in the order in which they are asked; then those that had nothing to say."""
    yield "Rules that spoke:"
    if follows.refused:
        yield from (f"  reading: {_because(reason)}" for reason in decision.reasons)
        return
    ending = next(((name, end.reason) for name, check in _named(ENDING_CHECKS) if (end := check(case))), None)
    spoken = [ending] if ending else _rejecting(case)
    yield from (f"  {_spoke(name, reason)}" for name, reason in spoken)
    yield from (f"  flag {flag}: {FLAGS[flag].means if flag in FLAGS else ''}" for flag in decision.flags)
    if not spoken and not decision.flags:
        yield "  none; nothing stands against it"
    if not case.answerable.ok:
        yield f"  answering: {_because(case.answerable.reason or '')} ({case.answerable.detail})"
    silent = _silent(case, {name for name, _ in spoken}, ended=ending is not None)
    yield f"  silent: {', '.join(silent) or 'none'}"


def _rejecting(case: Case) -> list[tuple[str, str]]:
    return [(name, reason) for name, check in _named(REJECTING_CHECKS) for reason in check(case)]


def _spoke(name: str, reason: str) -> str:
    """A rule and its reason, which may bear the same name."""
    return _because(reason) if name == reason else f"{name}: {_because(reason)}"


def _silent(case: Case, spoken: set[str], *, ended: bool) -> list[str]:
    """The rules that were asked and said nothing; what comes after the rule that ended the matter was not asked."""
    names: list[str] = []
    for name, _ in _named(ENDING_CHECKS):
        if name in spoken:
            return names
        names.append(name)
    asked = [] if ended else [name for name, check in _named(REJECTING_CHECKS) if not check(case)]
    return [*names, *asked]


def _named(checks: Iterable[Check]) -> Iterator[tuple[str, Check]]:
    """Each check with its name as people say it."""
    return ((check.__name__.strip("_").replace("_", "-"), check) for check in checks)


def _because(reason: str) -> str:
    """A reason with what it means; the codes of subject-line problems explain themselves above."""
    return f"{reason} - {REASONS[reason].means}" if reason in REASONS else reason


def _consequences(case: Case, decision: Decision, follows: Follows) -> Iterator[str]:
    if decision.reasons == (FRAGMENT,):
        yield "What would follow: it waits for the other fragments; once all are there the whole message is judged"
        return
    what = _FOLLOWS.get(decision.status, str(decision.status)).format(queue=follows.queue, team=follows.team)
    yield f"What would follow: {what} ({decision.outcome}, {decision.status})"
    if case.transferred and decision.status in (MessageStatus.ENQUEUED, MessageStatus.ASSEMBLING):
        yield "  its account belongs there, another Center was written to; the time is unchanged"
    yield f"  {_answer(case, decision)}"


def _answer(case: Case, decision: Decision) -> str:
    reply = _REPLIES.get(decision.status)
    if reply is None or case.mail.sender is None:
        return "nobody is answered"
    if not case.answerable.ok:
        return f"nobody is answered: {_because(case.answerable.reason or '')}"
    if reply_address(case.mail.sender.addr) is None:
        return f"nobody is answered: {_because('no-reply-address')}"
    return f"{case.mail.sender.addr} gets {reply}"
