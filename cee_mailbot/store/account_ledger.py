"""Writes and reads about staff: accounts, sessions, and requests that were carried out."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from cee_mailbot.account_ledger import Account, AccountFacts, Home, SessionFacts
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.errors import NotAllowedError, NotFoundError
from cee_mailbot.store.account_tables import AccountRow, IdentityRow, PreferenceRow, RequestRow, SessionRow
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.tables import MessageRow, ReplyRow, SubmissionRow
from cee_mailbot.store.texts import storable
from cee_mailbot.store.token_ledger import TokenLedger, TokenRegister

# Longer than any session may last and any form stays open.
FORGET_SESSIONS = timedelta(days=30)
FORGET_REQUESTS = timedelta(days=3)


class AccountRegister(TokenRegister):
    """See `account_ledger.AccountQuestions`."""

    _session: Session

    def accounts(self) -> tuple[AccountFacts, ...]:
        """See `account_ledger.AccountQuestions`."""
        rows = self._session.exec(select(AccountRow).order_by(AccountRow.folded))
        return tuple(
            AccountFacts(
                name=row.name,
                role=row.role,
                teams=None if row.teams is None else tuple(row.teams),
                disabled=row.disabled,
                created_at=row.created_at,
            )
            for row in rows
        )

    def account(self, name: str) -> Account | None:
        """See `account_ledger.AccountQuestions`."""
        row = self._session.get(AccountRow, storable(name.casefold()))
        if row is None:
            return None
        return Account(
            name=row.name,
            password=row.password,
            role=Role(row.role),
            teams=_set_of(row.teams),
            disabled=row.disabled,
            created_at=row.created_at,
        )

    def session(self, key: str) -> SessionFacts | None:
        """See `account_ledger.AccountQuestions`."""
        row = self._session.get(SessionRow, key)
        if row is None:
            return None
        account = self._session.get(AccountRow, storable(row.person.casefold()))
        if account is not None and account.disabled:
            return None
        # An account may have another role since, or by the time of a sign-in that was under way.
        holder = account if account is not None and row.account else row
        return SessionFacts(
            key=row.key,
            person=Person(name=row.person, role=Role(holder.role), teams=_set_of(holder.teams)),
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            by_account=row.account is not None,
            token=row.token,
        )

    def preference(self, person: str, name: str) -> str | None:
        """See `account_ledger.AccountQuestions`."""
        row = self._session.get(PreferenceRow, (storable(person), name))
        return row.value if row is not None else None

    def team_of_item(self, tracking: str) -> str | None:
        """See `account_ledger.AccountQuestions`."""
        wanted = select(SubmissionRow.team).where(SubmissionRow.tracking == storable(tracking.upper()))
        return self._session.exec(wanted).first()

    def home_of_message(self, message_id: int) -> Home | None:
        """See `account_ledger.AccountQuestions`."""
        row = self._session.get(MessageRow, message_id)
        if row is None:
            return None
        item = self._session.get(SubmissionRow, row.submission_id) if row.submission_id is not None else None
        return Home(team=item.team if item else None, mailbox=row.mailbox)

    def home_of_reply(self, reply_id: int) -> Home | None:
        """See `account_ledger.AccountQuestions`."""
        row = self._session.get(ReplyRow, reply_id)
        return self.home_of_message(row.message_row) if row is not None else None


class AccountLedger(AccountRegister, TokenLedger):
    """See `account_ledger.AccountWrites`."""

    _history: HistoryWriter
    _now: datetime

    def add_account(self, account: Account, *, actor: str) -> None:
        """See `account_ledger.AccountWrites`."""
        folded = storable(account.name.casefold())
        if self._session.get(AccountRow, folded) is not None:
            raise NotAllowedError(f"there is an account {account.name} already; a name is used once and for all")
        self._session.add(
            AccountRow(
                folded=folded,
                name=storable(account.name),
                password=account.password,
                role=account.role,
                teams=_list_of(account.teams),
                disabled=account.disabled,
                created_at=account.created_at,
            )
        )
        self._note("account-added", account.name, account.role, account.teams, actor=actor)

    def set_role(self, name: str, role: Role, teams: frozenset[str] | None, *, actor: str) -> None:
        """See `account_ledger.AccountWrites`."""
        row = self._account_row(name)
        row.role, row.teams = role, _list_of(teams)
        self._end_sessions(row)
        self._note("account-role-set", row.name, role, teams, actor=actor)

    def disable_account(self, name: str, *, actor: str) -> None:
        """See `account_ledger.AccountWrites`."""
        row = self._account_row(name)
        row.disabled = True
        self._end_sessions(row)
        self._note("account-disabled", row.name, Role(row.role), _set_of(row.teams), actor=actor)

    def _account_row(self, name: str) -> AccountRow:
        row = self._session.get(AccountRow, storable(name.casefold()))
        if row is None:
            raise NotFoundError(f"there is no account {name}; `cee-mailbot users list` shows all")
        return row

    def _end_sessions(self, row: AccountRow) -> None:
        self._session.execute(delete(SessionRow).where(col(SessionRow.account) == row.folded))

    def _note(self, event: str, name: str, role: Role, teams: frozenset[str] | None, *, actor: str) -> None:
        detail = {"account": storable(name), "role": str(role), "teams": _list_of(teams)}
        self._history.add(event, at=self._now, actor=storable(actor), detail=detail)

    def known_as(self, name: str, *, issuer: str, subject: str) -> str:
        """See `account_ledger.AccountWrites`."""
        row = self._session.get(IdentityRow, (storable(issuer), storable(subject)))
        if row is not None:
            return row.name
        folded = storable(name.casefold())
        if self._session.exec(select(IdentityRow).where(IdentityRow.folded == folded)).first() is not None:
            raise NotAllowedError(f"the name {name} belongs to another person of the provider")
        self._session.add(
            IdentityRow(
                issuer=storable(issuer),
                subject=storable(subject),
                folded=folded,
                name=storable(name),
                created_at=self._now,
            )
        )
        detail = {"account": storable(name), "issuer": storable(issuer), "subject": storable(subject)}
        self._history.add("identity-added", at=self._now, actor=storable(name), detail=detail)
        return name

    def open_session(self, session: SessionFacts) -> None:
        """See `account_ledger.AccountWrites`."""
        old = self._now - FORGET_SESSIONS
        self._session.execute(delete(SessionRow).where(col(SessionRow.created_at) < old))
        folded = storable(session.person.name.casefold())
        self._session.add(
            SessionRow(
                key=session.key,
                account=folded if session.by_account and self._session.get(AccountRow, folded) is not None else None,
                person=session.person.name,
                role=session.person.role,
                teams=_list_of(session.person.teams),
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                token=session.token,
            )
        )

    def touch_session(self, key: str) -> None:
        """See `account_ledger.AccountWrites`."""
        row = self._session.get(SessionRow, key)
        if row is not None:
            row.last_seen_at = self._now

    def end_session(self, key: str) -> None:
        """See `account_ledger.AccountWrites`."""
        self._session.execute(delete(SessionRow).where(col(SessionRow.key) == key))

    def set_preference(self, person: str, name: str, value: str) -> None:
        """See `account_ledger.AccountWrites`."""
        self._session.merge(PreferenceRow(person=storable(person), name=name, value=value))

    def carried_out(self, key: str, *, person: str) -> str | None:
        """See `account_ledger.AccountWrites`."""
        row = self._session.get(RequestRow, (storable(person), storable(key)))
        return row.place if row is not None else None

    def carry_out_once(self, key: str, *, person: str, place: str) -> None:
        """See `account_ledger.AccountWrites`."""
        old = self._now - FORGET_REQUESTS
        self._session.execute(delete(RequestRow).where(col(RequestRow.at) < old))
        self._session.add(RequestRow(person=storable(person), key=storable(key), at=self._now, place=storable(place)))


def _set_of(teams: Collection[str] | None) -> frozenset[str] | None:
    return None if teams is None else frozenset(teams)


def _list_of(teams: Collection[str] | None) -> list[str] | None:
    return None if teams is None else sorted(teams)
