"""What staff's regrouping does to a set: whether its parts still contradict each other, and which doubts go along."""

from collections.abc import Iterable

from cee_mailbot.domain.assembly import Part, PartSet, Stage

# These say how a message stood to the others of its submission, and go when it goes.
OF_ITS_PLACE = frozenset({"part-conflict", "unmarked-in-set", "completed-late", "sender-unverified"})
# These are about a submission as a whole, on whichever message they were noted.
OF_THE_WHOLE = frozenset({"parts-missing", "fields-differ", "transferred"})


def contradicting(parts: Iterable[Part]) -> int | None:
    """The message of the first marked part that contradicts those before it, or None; copies contradict nothing."""
    seen = PartSet(submission=0, stage=Stage.ASSEMBLING, parts=())
    for part in parts:
        if part.is_copy or not part.is_marked:
            continue
        if seen.parts and not seen.takes(part):
            return part.message
        seen = seen.with_part(part)
    return None
