"""Rows and constraints; no behaviour. Times are aware and come back in UTC."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, LargeBinary, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from cee_mailbot.store import partial_indexes

# Named constraints, so that migrations can change them on every database.
SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class MailboxRow(SQLModel, table=True):
    """One polled mailbox and how its polling goes."""

    __tablename__: ClassVar[Any] = "mailbox"
    name: str = Field(primary_key=True)
    team: str
    activation: datetime
    last_started: datetime | None = None
    last_completed: datetime | None = None
    polled_since: datetime | None = None
    last_message: datetime | None = None
    error: str | None = Field(default=None, sa_type=Text)
    lease_holder: str | None = None
    lease_until: datetime | None = None
    fence: int = 0


class SubmissionRow(SQLModel, table=True):
    """One submission and its work item."""

    __tablename__: ClassVar[Any] = "submission"
    __table_args__: ClassVar[Any] = (
        Index(None, "code", "entry_number", "sender_key"),
        Index(None, "team", "state"),
        Index("ix_submission_worklist_all", "team", "presented_at"),
        Index(None, "mailbox", "team"),
        *partial_indexes.of_submissions(),
    )
    id: int | None = Field(default=None, primary_key=True)
    tracking: str = Field(unique=True)
    team: str
    mailbox: str
    state: str
    outcome: str | None = None
    code: str | None = None
    account: str | None = None
    entry_number: str | None = Field(default=None, index=True)
    port: str | None = None
    sender: str
    sender_domain: str
    sender_key: str
    parts_expected: int | None = None
    presented_at: datetime = Field(index=True)
    zone: str
    basis: str
    strength: str
    received_at: datetime
    entry_date: date | None = None
    entry_date_basis: str | None = None  # papers or staff, whose word stands
    due: datetime | None = None
    assignee: str | None = None
    waiting_until: datetime | None = Field(default=None, index=True)
    joined_into: int | None = None  # no foreign key: SQLite could add one only by writing the table anew
    version: int = 1
    papers_version: int = 0
    created_at: datetime
    updated_at: datetime
    enqueued_at: datetime | None = None
    closed_at: datetime | None = None


class MessageRow(SQLModel, table=True):
    """One message as delivered to one mailbox: its delivery, its content, every clock, and what became of it."""

    __tablename__: ClassVar[Any] = "message"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("mailbox", "folder", "validity", "uid"),
        Index(None, "mailbox", "status"),
        Index(None, "mailbox", "settled_at"),
        Index(None, "mailbox", "arrived_at"),
        Index(None, "read_at", "status"),
        *partial_indexes.of_messages(),
    )
    id: int | None = Field(default=None, primary_key=True)
    mailbox: str
    folder: str
    validity: str
    uid: str
    sha256: str = Field(index=True)
    size: int
    arrived_at: datetime
    first_seen_at: datetime
    submitted_at: datetime | None = None
    status: str
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    problems: list[dict[str, str]] = Field(default_factory=list, sa_type=JSON)
    content_digest: str | None = Field(default=None, index=True)
    message_id: str | None = Field(default=None, index=True)
    from_header: str = ""
    sender: str | None = None
    sender_domain: str | None = None
    subject: str = ""
    sent_raw: str = ""
    sent_at: datetime | None = None
    presented_at: datetime | None = None
    zone: str | None = None
    basis: str | None = None
    strength: str | None = None
    observed_at: datetime | None = None
    evidence: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    line: str = ""
    part: int | None = None
    parts: int | None = None
    references: list[str] = Field(default_factory=list, sa_type=JSON)
    answerable: bool = True
    answer_wanted: bool = True
    home: str | None = None
    team: str | None = None
    doubts: list[str] = Field(default_factory=list, sa_type=JSON)
    tracking: str | None = Field(default=None, unique=True)
    resent_as: int | None = Field(default=None, index=True)  # no foreign key: see joined_into
    submission_id: int | None = Field(default=None, foreign_key="submission.id", index=True)
    duplicate_of: int | None = Field(default=None, foreign_key="message.id", index=True)
    policy_version: str = ""
    decided_at: datetime | None = None
    settled_at: datetime | None = None
    read_at: datetime | None = None
    reading_until: datetime | None = None
    body_tries: int = 0


class LinkRow(SQLModel, table=True):
    """Two submissions that belong together, the later one first, and why."""

    __tablename__: ClassVar[Any] = "link"
    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    other_id: int = Field(foreign_key="submission.id", primary_key=True)
    why: str


class NoteRow(SQLModel, table=True):
    """What a person on the staff wrote on an item; senders never see it."""

    __tablename__: ClassVar[Any] = "note"
    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    at: datetime
    actor: str
    text: str = Field(sa_type=Text)


class DocumentRow(SQLModel, table=True):
    """One document of a message; its bytes are cut from the stored message when they are wanted."""

    __tablename__: ClassVar[Any] = "document"
    __table_args__: ClassVar[Any] = (Index(None, "sha256", "message_row"),)
    id: int | None = Field(default=None, primary_key=True)
    message_row: int = Field(foreign_key="message.id", index=True)
    position: int
    name: str
    type: str
    declared_type: str
    size: int
    sha256: str
    path: str
    section: str
    status: str
    tries: int = 0


class PaperRow(SQLModel, table=True):
    """What was read of a document, by its bytes: the same ones are read once, however often they are sent."""

    __tablename__: ClassVar[Any] = "paper"
    sha256: str = Field(primary_key=True)
    status: str
    why: str | None = None
    page_count: int | None = None
    is_legible: bool = False
    forms: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    mentions: list[str] = Field(default_factory=list, sa_type=JSON)
    read_at: datetime


class PageRow(SQLModel, table=True):
    """The text of one page of a paper, importers' numbers masked."""

    __tablename__: ClassVar[Any] = "page"
    __table_args__: ClassVar[Any] = (UniqueConstraint("sha256", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(foreign_key="paper.sha256")
    number: int
    text: str = Field(sa_type=Text)


class BodyRow(SQLModel, table=True):
    """The text of a message's body."""

    __tablename__: ClassVar[Any] = "body"
    message_row: int = Field(foreign_key="message.id", primary_key=True)
    text: str = Field(sa_type=Text)


class FlagRow(SQLModel, table=True):
    """One named doubt on a submission, and the message that raised it."""

    __tablename__: ClassVar[Any] = "flag"
    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    name: str = Field(primary_key=True, index=True)
    message_row: int = Field(foreign_key="message.id", primary_key=True)


class TagRow(SQLModel, table=True):
    """One label of staff's own on a submission."""

    __tablename__: ClassVar[Any] = "tag"
    __table_args__: ClassVar[Any] = (Index(None, "name", "submission_id"),)
    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    name: str = Field(primary_key=True)


class HandedOnRow(SQLModel, table=True):
    """One Center that handed a submission on: it can follow it. By its key the submissions of a Center are found."""

    __tablename__: ClassVar[Any] = "handed_on"
    team: str = Field(primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", primary_key=True, index=True)


class ReplyRow(SQLModel, table=True):
    """One reply of the outbox, with the exact bytes that go out at every try."""

    __tablename__: ClassVar[Any] = "reply"
    __table_args__: ClassVar[Any] = (
        Index(None, "state", "next_try_at"),
        Index(None, "addressee", "due_at"),
        Index(None, "written_at", "kind", "state"),  # all that is counted stands in it
    )
    id: int | None = Field(default=None, primary_key=True)
    event: str = Field(unique=True)
    kind: str
    mailbox: str
    message_row: int = Field(foreign_key="message.id", index=True)
    submission_id: int | None = Field(default=None, foreign_key="submission.id", index=True)
    to: str
    addressee: str  # `to` in the form in which addresses are compared
    return_path: str
    subject: str
    thread: str
    message_id: str = Field(unique=True)
    in_reply_to: str | None = None
    raw: bytes = Field(sa_type=LargeBinary)
    state: str
    reasons: list[str] = Field(default_factory=list, sa_type=JSON)
    written_at: datetime
    due_at: datetime = Field(index=True)
    next_try_at: datetime | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None


class AttemptRow(SQLModel, table=True):
    """One try to send a reply and how it ended."""

    __tablename__: ClassVar[Any] = "attempt"
    id: int | None = Field(default=None, primary_key=True)
    reply_id: int = Field(foreign_key="reply.id", index=True)
    at: datetime
    state: str
    detail: str = Field(default="", sa_type=Text)


class SerialRow(SQLModel, table=True):
    """The last serial that a team's year has given out."""

    __tablename__: ClassVar[Any] = "serial"
    team: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int = 0


class BreakerRow(SQLModel, table=True):
    """The times at which automatic replies were stopped and let go again."""

    __tablename__: ClassVar[Any] = "breaker"
    id: int | None = Field(default=None, primary_key=True)
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None


class ClosureRow(SQLModel, table=True):
    """Snow days, from `first` to `last`, at one port or (null) at all; one that was removed stays on record."""

    __tablename__: ClassVar[Any] = "closure"
    id: int | None = Field(default=None, primary_key=True)
    port: str | None = None
    first: date
    last: date
    reason: str = Field(sa_type=Text)
    actor: str
    at: datetime
    removed_at: datetime | None = None


class HistoryRow(SQLModel, table=True):
    """One line of the append-only history; `digest` covers the line and the digest before it.

    `other_id` is the second submission that an act concerns, by which its history finds the line.
    """

    __tablename__: ClassVar[Any] = "history"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor: str
    event: str
    submission_id: int | None = Field(default=None, index=True)
    other_id: int | None = Field(default=None, index=True)
    message_row: int | None = Field(default=None, index=True)
    reply_id: int | None = None
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    previous: str
    digest: str
