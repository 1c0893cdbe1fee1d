"""The contract of the store with reassembly: the story of a set, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cee_mailbot.domain.assembly import Part, PartSet
from cee_mailbot.domain.presentation import Presentation
from cee_mailbot.domain.reply import ListedDocument
from parsers.subject import SubjectLine

if TYPE_CHECKING:
    from cee_mailbot.ledger import NewReply  # the ledger's unit of work tells these stories


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One message of a submission, with all that a reply about the submission may need.

    `came_later` means that the submission was in the queue before it: a supplement, a late part, or moved in by staff.
    `home` is the mailbox that answers it and `team` its Center by itself, None where nobody noted them (rows of
    before); `passed_on` whether that Center is another than the ones it was written to. What is in doubt about its time
    is among the flags of its presentation.
    """

    message: int
    part: Part
    line: str
    subject: str
    sender: str | None
    message_id: str | None
    references: tuple[str, ...]
    presentation: Presentation
    documents: tuple[ListedDocument, ...]
    answerable: bool
    answer_wanted: bool
    came_later: bool = False
    home: str | None = None
    team: str | None = None
    passed_on: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SetStory:
    """A submission and its messages in order of arrival; `parts` is what the rules of assembly see of them.

    `held_before` counts the documents that it had before these members came, where they are not all of it.
    `mailbox` is where its first message came or, once it is enqueued, the one that answers its leading part;
    `reminded` whether the waiting notice was written.
    """

    submission: int
    tracking: str
    team: str
    mailbox: str
    members: tuple[Member, ...]
    parts: PartSet
    reminded: bool
    flags: frozenset[str] = frozenset()
    held_before: int = 0

    def member(self, message: int) -> Member:
        """The member with this row id. Raises `KeyError`."""
        return {member.message: member for member in self.members}[message]


@dataclass(frozen=True, kw_only=True, slots=True)
class Enqueuing:
    """What an assembled submission becomes when it enters the queue.

    `flags` are those that the set raises, each with the row id of the message that it is noted on; `drops` those that
    no longer hold.
    """

    submission: int
    mailbox: str
    team: str
    line: SubjectLine
    sender: str
    presentation: Presentation
    received_at: datetime
    flags: tuple[tuple[str, int], ...]
    leading: int
    reply: "NewReply | None"
    drops: tuple[str, ...] = ()
    actor: str = "system"
