"""Named reads: the work queue, messages, replies and mailboxes as facts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from cee_mailbot.domain import facts
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.errors import NotFoundError, UserError
from cee_mailbot.questions import (
    SORTABLE,
    ElsewhereQuery,
    ItemQuery,
    MessageQuery,
    ReplyQuery,
    UnprocessedQuery,
    Worklist,
    WorklistQuery,
)
from cee_mailbot.store.account_ledger import AccountRegister
from cee_mailbot.store.audit_ledger import AuditRegister
from cee_mailbot.store.bulk_ledger import BulkRegister
from cee_mailbot.store.census_ledger import CensusRegister
from cee_mailbot.store.clock_ledger import ClockRegister
from cee_mailbot.store.conditions import UNCOUNTED, equal, tagged
from cee_mailbot.store.elsewhere import elsewhere_rows
from cee_mailbot.store.keyed import item_row
from cee_mailbot.store.links import linked_numbers, made_good_by
from cee_mailbot.store.paper_rows import paper_of
from cee_mailbot.store.picture_ledger import PictureRegister
from cee_mailbot.store.row_facts import (
    Hanging,
    document_facts,
    elsewhere_facts,
    item_facts,
    message_facts,
    note_facts,
    reply_facts,
    slices,
    stamp,
)
from cee_mailbot.store.search import Search, terms_of
from cee_mailbot.store.set_stories import SetStories
from cee_mailbot.store.staff_ledger import StaffRegister
from cee_mailbot.store.tables import (
    AttemptRow,
    BreakerRow,
    DocumentRow,
    FlagRow,
    HistoryRow,
    MailboxRow,
    MessageRow,
    NoteRow,
    PaperRow,
    ReplyRow,
    SubmissionRow,
    TagRow,
)
from cee_mailbot.store.told_history import history_of
from cee_mailbot.store.undoing import UndoQuestions
from cee_mailbot.store.unprocessed import message_rows, reply_rows
from cee_mailbot.store.watch_ledger import WatchRegister
from cee_mailbot.store.whose import messages_of, replies_of
from cee_mailbot.store.worklist import count_before, count_worklist, every_row, worklist_rows
from parsers.addresses import address_key

# A message that was there already adds nothing to the count of an item's documents and parts; nor does a bounce, nor
# a letter: had it brought a document that is not there yet, it would be a supplement.
_COUNTS = col(MessageRow.status).not_in((MessageStatus.DUPLICATE, MessageStatus.CORRESPONDENCE, MessageStatus.IGNORED))


class SqlQuestions(
    ClockRegister,
    CensusRegister,
    AuditRegister,
    WatchRegister,
    AccountRegister,
    StaffRegister,
    PictureRegister,
    BulkRegister,
    UndoQuestions,
    SetStories,
):
    """See `ledger.Questions`."""

    def __init__(self, session: Session, search: Search) -> None:
        self._session = session
        self._search = search

    def items(self, query: ItemQuery) -> tuple[facts.ItemFacts, ...]:
        """See `ledger.Questions`. Raises `UserError` for a column that the queue can't be sorted by."""
        conditions, terms = _item_conditions(query), terms_of(query.text or "")
        if query.text:
            conditions.append(self._search.items(terms))
        statement = select(SubmissionRow).where(*conditions).order_by(*_order(query.sort))
        rows = self._session.exec(_page(statement, query.limit, query.offset)).all()
        return self._with_snippets(rows, query.text)

    def _with_snippets(self, rows: Sequence[SubmissionRow], text: str | None) -> tuple[facts.ItemFacts, ...]:
        ids = [row.id or 0 for row in rows]
        snippets = self._search.item_snippets(self._session, terms_of(text or ""), ids)
        found = zip(ids, self._item_facts(rows), strict=True)
        return tuple(replace(item, snippet=snippets.get(number)) for number, item in found)

    def worklist(self, query: WorklistQuery) -> Worklist:
        """See `questions.Questions`."""
        rows, after = worklist_rows(self._session, self._search, query)
        return Worklist(items=self._with_snippets(rows, query.text), after=after)

    def how_many(self, query: WorklistQuery) -> int:
        """See `questions.Questions`."""
        return count_worklist(self._session, self._search, query)

    def how_many_before(self, query: WorklistQuery) -> int:
        """See `questions.Questions`."""
        return count_before(self._session, self._search, query)

    def whole_worklist(self, query: WorklistQuery) -> Iterator[facts.ItemFacts]:
        """See `questions.Questions`."""
        for rows in every_row(self._session, self._search, query):
            yield from self._item_facts(rows)

    def elsewhere(self, query: ElsewhereQuery) -> tuple[facts.ElsewhereFacts, ...]:
        """See `questions.Questions`."""
        return tuple(elsewhere_facts(row) for row in elsewhere_rows(self._session, query))

    def story(self, tracking: str, *, teams: Collection[str] | None = None) -> facts.ItemStory:
        """See `ledger.Questions`."""
        row = item_row(self._session, tracking)
        messages = self._session.exec(
            select(MessageRow).where(MessageRow.submission_id == row.id).order_by(col(MessageRow.id))
        ).all()
        rejects = made_good_by(self._session, row.id)
        return facts.ItemStory(
            item=next(iter(self._item_facts([row]))),
            documents=tuple(doc for message in messages for doc in self.documents(message.id or 0)),
            messages=self._message_facts(messages),
            replies=tuple(self._reply_facts(self._rows(ReplyRow, ReplyRow.submission_id == row.id))),
            history=history_of(self._session, self._rows(HistoryRow, self._concerns(row, messages)), teams),
            evidence=tuple(
                {"message": one.id, **({"reject": one.tracking} if one in rejects else {}), **stamp(one)}
                for one in (*messages, *rejects)
            ),
            notes=tuple(note_facts(note) for note in self._rows(NoteRow, NoteRow.submission_id == row.id)),
            version=row.version,
            mailbox=row.mailbox,
            entry_date=row.entry_date,
        )

    def _concerns(self, row: SubmissionRow, messages: Sequence[MessageRow]) -> ColumnElement[bool]:
        ids = [message.id for message in messages]
        mine = (HistoryRow.submission_id == row.id, HistoryRow.other_id == row.id)
        return or_(*mine, col(HistoryRow.message_row).in_(ids))

    def _rows(self, table: type[Any], condition: Any) -> Sequence[Any]:
        return self._session.exec(select(table).where(condition).order_by(table.id)).all()

    def messages(self, query: MessageQuery) -> tuple[facts.MessageFacts, ...]:
        """See `ledger.Questions`."""
        conditions: list[Any] = [
            *equal(MessageRow, mailbox=query.mailbox, status=query.status),
            *messages_of(query),
        ]
        terms = terms_of(query.text or "")
        if query.text:
            conditions.append(self._search.messages(terms))
        statement = select(MessageRow).where(*conditions).order_by(col(MessageRow.id))
        found = self._message_facts(self._session.exec(_page(statement, query.limit, query.offset)).all())
        snippets = self._search.message_snippets(self._session, terms, [message.id for message in found])
        return tuple(replace(message, snippet=snippets.get(message.id)) for message in found)

    def message(self, message_id: int) -> facts.MessageFacts:
        """See `ledger.Questions`."""
        row = self._session.get(MessageRow, message_id)
        if row is None:
            raise NotFoundError(f"there is no message {message_id}; `cee-mailbot messages list` shows all")
        return self._message_facts([row])[0]

    def scan(self, message_id: int) -> Mapping[str, str] | None:
        """See `ledger.Questions`."""
        row = self._session.get(MessageRow, message_id)
        return row.evidence.get("scan") if row else None

    def documents(self, message_id: int) -> tuple[facts.DocumentFacts, ...]:
        """See `ledger.Questions`."""
        mine = select(DocumentRow, PaperRow).outerjoin(PaperRow, col(PaperRow.sha256) == DocumentRow.sha256)
        rows = self._session.exec(mine.where(DocumentRow.message_row == message_id).order_by(col(DocumentRow.position)))
        return tuple(document_facts(row, paper_of(paper)) for row, paper in rows)

    def replies(self, query: ReplyQuery) -> tuple[facts.ReplyFacts, ...]:
        """See `ledger.Questions`."""
        to = None if query.to is None else address_key(query.to)
        conditions = [*equal(ReplyRow, kind=query.kind, state=query.state, addressee=to), *replies_of(query)]
        statement = select(ReplyRow).where(*conditions).order_by(col(ReplyRow.id))
        return tuple(self._reply_facts(self._session.exec(_page(statement, query.limit, query.offset)).all()))

    def reply(self, reply_id: int) -> tuple[facts.ReplyFacts, bytes]:
        """See `ledger.Questions`."""
        row = self._session.get(ReplyRow, reply_id)
        if row is None:
            raise NotFoundError(f"there is no reply {reply_id}; `cee-mailbot replies list` shows all")
        return next(iter(self._reply_facts([row]))), row.raw

    def attempts(self, reply_id: int) -> tuple[facts.AttemptFacts, ...]:
        """See `questions.Questions`."""
        rows = self._rows(AttemptRow, AttemptRow.reply_id == reply_id)
        return tuple(facts.AttemptFacts(at=row.at, state=row.state, detail=row.detail) for row in rows)

    def unprocessed_messages(self, query: UnprocessedQuery) -> tuple[facts.MessageFacts, ...]:
        """See `questions.Questions`."""
        return self._message_facts(message_rows(self._session, query))

    def unprocessed_replies(self, query: UnprocessedQuery) -> tuple[facts.ReplyFacts, ...]:
        """See `questions.Questions`."""
        return tuple(self._reply_facts(reply_rows(self._session, query)))

    def mailboxes(self) -> tuple[facts.MailboxFacts, ...]:
        """See `ledger.Questions`."""
        rows = self._session.exec(select(MailboxRow).order_by(MailboxRow.name))
        return tuple(
            facts.MailboxFacts(
                mailbox=row.name,
                team=row.team,
                activation=row.activation,
                last_started=row.last_started,
                last_completed=row.last_completed,
                last_message=row.last_message,
                error=row.error,
            )
            for row in rows
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """See `ledger.Questions`."""
        columns = {"messages": MessageRow.status, "items": SubmissionRow.state, "replies": ReplyRow.state}
        return {
            what: dict(self._session.exec(select(column, func.count()).group_by(column).order_by(column)).all())
            for what, column in columns.items()
        }

    def breaker_opened_at(self) -> datetime | None:
        """See `ledger.Questions`."""
        return self._session.exec(select(BreakerRow.opened_at).where(col(BreakerRow.closed_at).is_(None))).first()

    def _item_facts(self, rows: Sequence[SubmissionRow]) -> Iterator[facts.ItemFacts]:
        ids = [row.id for row in rows]
        flags = self._grouped(FlagRow.submission_id, FlagRow.name, ids)
        tags = self._grouped(TagRow.submission_id, TagRow.name, ids)
        messages = self._grouped(MessageRow.submission_id, MessageRow.id, ids)
        parts = self._grouped(MessageRow.submission_id, MessageRow.part, ids, _COUNTS)
        documents = self._document_counts(ids)
        linked = linked_numbers(self._session, ids)
        for row in rows:
            hanging = Hanging(
                flags=sorted(set(flags.get(row.id, ()))),
                tags=sorted(tags.get(row.id, ())),
                messages=sorted(messages.get(row.id, ())),
                parts=parts.get(row.id, []),
                documents=documents.get(row.id, 0),
                linked=linked.get(row.id, ()),
            )
            yield item_facts(row, hanging)

    def _grouped(
        self, key: Any, value: Any, ids: Sequence[int | None], *conditions: Any
    ) -> dict[int | None, list[Any]]:
        groups: dict[int | None, list[Any]] = {}
        for some in slices(ids):
            for one, other in self._session.exec(select(key, value).where(col(key).in_(some), *conditions)):
                groups.setdefault(one, []).append(other)
        return groups

    def _document_counts(self, ids: Sequence[int | None]) -> dict[int | None, int]:
        counts: dict[int | None, int] = {}
        for some in slices(ids):
            statement = (
                select(MessageRow.submission_id, func.count())
                .join(DocumentRow, col(DocumentRow.message_row) == MessageRow.id)
                .where(col(MessageRow.submission_id).in_(some), _COUNTS, col(DocumentRow.status).not_in(UNCOUNTED))
                .group_by(col(MessageRow.submission_id))
            )
            counts.update(self._session.exec(statement).all())
        return counts

    def _message_facts(self, rows: Sequence[MessageRow]) -> tuple[facts.MessageFacts, ...]:
        tracking = self._tracking_of([row.submission_id for row in rows])
        return tuple(message_facts(row, tracking.get(row.submission_id)) for row in rows)

    def _reply_facts(self, rows: Sequence[ReplyRow]) -> Iterator[facts.ReplyFacts]:
        tracking = self._tracking_of([row.submission_id for row in rows])
        outside = self._grouped(MessageRow.id, MessageRow.tracking, [row.message_row for row in rows])
        for row in rows:
            yield reply_facts(row, tracking.get(row.submission_id) or outside[row.message_row][0])

    def _tracking_of(self, submissions: Sequence[int | None]) -> dict[int | None, str]:
        wanted = sorted({one for one in submissions if one is not None})
        found = self._grouped(SubmissionRow.id, SubmissionRow.tracking, wanted)
        return {key: values[0] for key, values in found.items()}


def _item_conditions(query: ItemQuery) -> list[Any]:
    conditions = equal(
        SubmissionRow,
        team=query.team,
        state=query.state,
        code=query.code,
        entry_number=query.entry,
        account=query.account,
        assignee=query.assignee,
    )
    if query.teams is not None:
        conditions.append(col(SubmissionRow.team).in_(query.teams))
    if query.flag is not None:
        flagged = select(FlagRow.submission_id).where(FlagRow.name == query.flag)
        conditions.append(col(SubmissionRow.id).in_(flagged))
    if query.tag is not None:
        conditions.append(tagged(query.tag))
    if query.due_before is not None:
        conditions.append(col(SubmissionRow.due) < query.due_before)
    return conditions


def _order(sort: str) -> list[Any]:
    name = sort.removeprefix("-")
    if name not in SORTABLE:
        raise UserError(
            f"the queue can't be sorted by {sort!r}; use one of {', '.join(SORTABLE)}, with - for descending"
        )
    column = col(getattr(SubmissionRow, name))
    return [column.desc() if sort.startswith("-") else column.asc(), col(SubmissionRow.id)]


def _page(statement: Any, limit: int | None, offset: int) -> Any:
    return statement.limit(limit).offset(offset)
