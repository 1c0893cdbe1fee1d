"""Writes of the desk: acts of staff on items, notes, and the act that is taken back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from sqlmodel import select

from cee_mailbot.desk_ledger import Change, DeskItem, Recorded, Regrouping, Splitting
from cee_mailbot.domain.presentation import Basis, Presentation, Strength
from cee_mailbot.domain.reply import ReplyKind, ReplyState
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.domain.work_item import EVENTS, UNDONE, Act, Closing, ItemState
from cee_mailbot.errors import NotFoundError
from cee_mailbot.ledger import NewReply
from cee_mailbot.questions import WorklistQuery
from cee_mailbot.store import changes
from cee_mailbot.store.keyed import item_row
from cee_mailbot.store.regrouped import close_emptied, regroup, split_off
from cee_mailbot.store.search import Search
from cee_mailbot.store.set_stories import ABOUT_TIME
from cee_mailbot.store.tables import FlagRow, HandedOnRow, MessageRow, NoteRow, SubmissionRow, TagRow
from cee_mailbot.store.texts import storable
from cee_mailbot.store.undoing import ACTS, reply_of, undoable
from cee_mailbot.store.waking_ledger import WakingLedger
from cee_mailbot.store.worklist import worklist_rows

REGROUPS = frozenset({Act.MOVE, Act.SPLIT, Act.JOIN})


class DeskLedger(WakingLedger):
    """See `desk_ledger.DeskLedger`."""

    _search: Search

    def desk_item(self, tracking: str) -> DeskItem:
        """See `desk_ledger.DeskLedger`."""
        row = item_row(self._session, tracking)
        messages = self._session.exec(select(MessageRow.id).where(MessageRow.submission_id == row.id))
        return _desk_item(row, tuple(one for one in messages if one is not None), self._tags_of(row.id))

    def _tags_of(self, submission: int | None) -> tuple[str, ...]:
        return tuple(sorted(self._session.exec(select(TagRow.name).where(TagRow.submission_id == submission))))

    def first_unclaimed(self, query: WorklistQuery) -> str | None:
        """See `desk_ledger.DeskLedger`."""
        rows, _ = worklist_rows(self._session, self._search, replace(query, unclaimed=True, limit=1, after=None))
        return rows[0].tracking if rows else None

    def carry_out(self, change: Change) -> None:
        """See `desk_ledger.DeskLedger`."""

        def act() -> None:
            row = self._session.get_one(SubmissionRow, change.submission)
            if change.sets.get("team", row.team) != row.team:
                self._session.merge(HandedOnRow(team=row.team, submission_id=change.submission))
            for name, value in {"state": change.state, **change.sets}.items():
                setattr(row, name, value)
            # What is done with a closed item leaves it closed since then.
            row.closed_at = (row.closed_at or self._now) if change.state is ItemState.CLOSED else None
            self._drop_flags(change.submission, change.drops)
            self._raise_flags(change)
            self._tag(change)

        detail: dict[str, object] = {**change.detail, **({"reason": change.reason} if change.reason else {})}
        if tags := change.tags or change.untags:
            detail["tags"] = list(tags)
        if change.reply is not None:
            detail["reply"] = change.reply.message_id
        # The act stands in the history before the reply that follows from it.
        self._record(change.act, change.submission, (change.submission,), act, actor=change.actor, detail=detail)
        if change.reply is not None and change.message is not None:
            self._write_reply(change.reply, message=change.message, submission=change.submission)

    def _raise_flags(self, change: Change) -> None:
        if change.message is None:
            return
        for name in change.raises:
            self._session.merge(FlagRow(submission_id=change.submission, name=name, message_row=change.message))

    def _tag(self, change: Change) -> None:
        for name in change.tags:
            self._session.merge(TagRow(submission_id=change.submission, name=name))
        for name in change.untags:
            self._session.delete(self._session.get_one(TagRow, (change.submission, name)))

    def _record(  # noqa: PLR0913 - the fields of one line, and the act itself
        self,
        act: Act,
        submission: int,
        involved: Sequence[int],
        carry_out: Callable[[], int | None],
        *,
        actor: str,
        detail: dict[str, object],
        other: int | None = None,
        message: int | None = None,
    ) -> None:
        """Carries an act out and writes its one line, with all that must be known to take it back."""
        before = changes.snapshot(self._session, involved)
        made = carry_out()
        touched = {*involved, *([made] if made else [])}
        after = changes.snapshot(self._session, touched)
        detail = {**detail, "changes": changes.difference(before, after, made=made)}
        if made is not None:
            detail["made"] = made
        self._bump(involved)
        self._history.add(
            EVENTS[act],
            at=self._now,
            actor=storable(actor),
            submission=submission,
            other=other or made,
            message=message,
            detail={key: storable(value) if isinstance(value, str) else value for key, value in detail.items()},
        )
        self._session.flush()

    def add_note(self, submission: int, *, actor: str, text: str) -> None:
        """See `desk_ledger.DeskLedger`."""
        row = NoteRow(submission_id=submission, at=self._now, actor=storable(actor), text=storable(text))
        self._session.add(row)
        self._session.flush()
        self._bump([submission])
        self._history.add(
            EVENTS[Act.NOTE], at=self._now, actor=row.actor, submission=submission, detail={"note": row.id}
        )

    def note_view(self, message: int, *, actor: str, how: str, document: int | None) -> None:
        """See `desk_ledger.DeskLedger`."""
        row = self._session.get(MessageRow, message)
        if row is None:
            raise NotFoundError(f"there is no message {message}; `cee-mailbot messages list` shows all")
        event = "message-viewed" if document is None else "document-viewed"
        detail: dict[str, object] = {"how": how} if document is None else {"document": document, "how": how}
        self._history.add(
            event,
            at=self._now,
            actor=storable(actor),
            submission=row.submission_id,
            message=message,
            detail=detail,
        )

    def regroup(self, regrouping: Regrouping) -> None:
        """See `desk_ledger.DeskLedger`."""
        source, target = (self._session.get_one(SubmissionRow, one) for one in (regrouping.source, regrouping.target))
        tags = self._tags_of(regrouping.source) if regrouping.act is Act.JOIN else ()

        def act() -> None:
            regroup(self._session, regrouping, self._now)
            self._look_at_parts((regrouping.source, regrouping.target))

        self._record(
            regrouping.act,
            regrouping.source,
            (regrouping.source, regrouping.target),
            act,
            actor=regrouping.actor,
            detail={"from": source.tracking, "to": target.tracking, "reason": regrouping.reason}
            | ({"tags": list(tags)} if tags else {})
            | _told(regrouping.reply),
            # The line is to be found from both, also after it was undone.
            other=regrouping.target,
            message=regrouping.messages[0] if regrouping.act is Act.MOVE else None,
        )
        if regrouping.act is Act.JOIN:
            self._cancel_unsent(regrouping.source, ReplyKind.WAITING)
        self._write_reply(regrouping.reply, message=regrouping.messages[0], submission=regrouping.target)

    def split(self, splitting: Splitting) -> None:
        """See `desk_ledger.DeskLedger`."""
        source = self._session.get_one(SubmissionRow, splitting.source)
        made: list[int] = []

        def act() -> int:
            made.append(split_off(self._session, splitting, self._now))
            self._look_at_parts((splitting.source,))
            return made[0]

        self._record(
            Act.SPLIT,
            splitting.source,
            (splitting.source,),
            act,
            actor=splitting.actor,
            detail={"from": source.tracking, "to": splitting.tracking, "reason": splitting.reason}
            | _told(splitting.reply),
            message=splitting.message,
        )
        self._write_reply(splitting.reply, message=splitting.message, submission=made[0])

    def undo(self, submission: int, *, actor: str, teams: Collection[str] | None = None) -> str:
        """See `desk_ledger.DeskLedger`."""
        line = undoable(self._session, submission, teams=teams)
        reply = reply_of(self._session, line)
        if reply is not None and reply.state != ReplyState.CANCELLED:
            self.cancel_reply(reply.id or 0, actor=actor)
        changes.put_back(self._session, line.detail["changes"])
        if (made := line.detail.get("made")) is not None:
            close_emptied(self._session, made, into=line.submission_id or submission, now=self._now)
        involved = sorted(changes.submissions_in(line.detail["changes"]) - {made})
        if ACTS[line.event] in REGROUPS:
            self._look_at_parts(involved)
        self._bump(involved)
        self._history.add(
            UNDONE,
            at=self._now,
            actor=storable(actor),
            submission=line.submission_id,
            other=line.other_id,
            message=line.message_row,
            detail={"event": line.event, "line": line.id},
        )
        self._session.flush()
        return line.event

    def recorded(self, message_id: int) -> Recorded:
        """See `desk_ledger.DeskLedger`."""
        row = self._session.get(MessageRow, message_id)
        if row is None:
            raise NotFoundError(f"there is no message {message_id}; `cee-mailbot messages list` shows all")
        flags = set(self._session.exec(select(FlagRow.name).where(FlagRow.message_row == row.id)))
        if row.status == MessageStatus.SUPPLEMENT or "unmarked-in-set" in flags:
            flags |= ABOUT_TIME.intersection(row.doubts)  # its own, and no doubts about the item
        return _recorded(row, sorted(flags))


def _told(reply: NewReply | None) -> dict[str, object]:
    """What a line of the history says of the reply that goes with its act, so that both are taken back together."""
    return {"reply": reply.message_id} if reply is not None else {}


def _desk_item(row: SubmissionRow, messages: tuple[int, ...], tags: tuple[str, ...]) -> DeskItem:
    return DeskItem(
        submission=row.id or 0,
        tracking=row.tracking,
        team=row.team,
        state=ItemState(row.state),
        outcome=Closing(row.outcome) if row.outcome else None,
        version=row.version,
        assignee=row.assignee,
        presentation=Presentation(
            instant=row.presented_at,
            zone=row.zone,
            basis=Basis(row.basis),
            strength=Strength(row.strength),
            observed=row.received_at,
        ),
        received_at=row.received_at,
        messages=messages,
        tags=tags,
    )


def _recorded(row: MessageRow, flags: Sequence[str]) -> Recorded:
    return Recorded(
        status=row.status,
        reasons=tuple(row.reasons),
        problems=tuple(problem["code"] for problem in row.problems),
        flags=tuple(flags),
        part=row.part,
        parts=row.parts,
        presented_at=row.presented_at,
        zone=row.zone,
        basis=row.basis,
        strength=row.strength,
        policy=row.policy_version,
    )
