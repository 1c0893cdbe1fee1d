"""Which documents count by their type: what can run is set aside, what is on no list is told."""

from dataclasses import replace

from cee_mailbot.domain.policy import Policy
from parsers.documents import Cut, Document

# What the lists of types say nothing about: a picture of the body, and what is quarantined already.
_BESIDE = frozenset({"inline", "quarantined"})


def set_aside(cut: Cut, policy: Policy) -> Cut:
    """The message with every document `quarantined` that is of such a type, or came out of one that is."""
    places = {doc.section for doc in cut.documents if doc.type in policy.quarantined_types}
    if not places:
        return cut
    return replace(cut, documents=tuple(_judged(doc, places) for doc in cut.documents))


def _judged(document: Document, places: set[str]) -> Document:
    steps = document.section.split("/")
    around = {"/".join(steps[:end]) for end in range(1, len(steps) + 1)}
    return replace(document, status="quarantined") if around & places else document


def is_unlisted(document: Document, policy: Policy) -> bool:
    """Whether a document is of a type that the site does not name; of one that can't be opened nobody can say."""
    told = document.status in _BESIDE or document.status == "unreadable"
    return not told and document.type not in policy.accepted_types
