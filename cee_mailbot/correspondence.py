"""What brokers write back: answers that bring documents, and messages that make a reject good."""

from dataclasses import replace

from cee_mailbot.domain.assembly import Place, Placement, Stage, place
from cee_mailbot.domain.case import Case, sender_key
from cee_mailbot.domain.correspondence import Resend, made_good
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import find_tracking
from cee_mailbot.gathering import part_of, put
from cee_mailbot.ledger import Outcome, UnitOfWork


def join_answer(outcome: Outcome, case: Case, unit: UnitOfWork) -> Outcome:
    """The outcome of an answer with documents, at its place in the submission that it answers about.

    A part that is missing there fills its number; an answer whose documents are all there already is a letter. One
    that contradicts a set, or comes after the item was closed, is a supplement all the same: its thread says where
    it belongs.
    """
    joined = outcome.decision.joins or 0
    parts = unit.set_story(joined).parts
    if parts.stage is Stage.CLOSED:
        parts = replace(parts, stage=Stage.OPEN)
    found = place(part_of(case, outcome.message), (parts,), case.policy)
    if found.place is Place.RESENT:
        return replace(outcome, decision=replace(outcome.decision, status=MessageStatus.CORRESPONDENCE))
    if found.submission != joined:
        found = Placement(place=Place.SUPPLEMENTS, submission=joined)
    return put(outcome, case, found, unit)


def rejects_made_good(case: Case, unit: UnitOfWork) -> tuple[int, ...]:
    """The row ids of the sender's rejected messages that this one, which begins a submission, makes good."""
    if case.free_subject or case.mail.sender is None:
        return ()
    new = Resend(
        answers=(*case.mail.in_reply_to, *case.mail.references),
        tracking=find_tracking(case.mail.subject),
        entry_number=str(case.line.entry_number) if case.line.entry_number else None,
        documents=frozenset(doc.sha256 for doc in case.documents),
    )
    return made_good(new, unit.rejected_from(sender_key(case.mail, case.policy)))
