"""Writes and reads about tokens of the API."""

from datetime import datetime

from sqlmodel import Session, col, select

from cee_mailbot.account_ledger import Bearer, NewToken, TokenFacts
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.errors import NotAllowedError, NotFoundError
from cee_mailbot.store.account_tables import AccountRow, TokenRow
from cee_mailbot.store.history import HistoryWriter
from cee_mailbot.store.texts import storable


class TokenRegister:
    """See `account_ledger.AccountQuestions`."""

    _session: Session

    def tokens(self) -> tuple[TokenFacts, ...]:
        """See `account_ledger.AccountQuestions`."""
        rows = self._session.exec(select(TokenRow).order_by(col(TokenRow.id))).all()
        return tuple(self._token_facts(row) for row in rows)

    def bearer(self, key: str) -> Bearer | None:
        """See `account_ledger.AccountQuestions`."""
        row = self._session.exec(select(TokenRow).where(TokenRow.key == key)).first()
        if row is None:
            return None
        account = self._session.get_one(AccountRow, row.account)
        if account.disabled:
            return None
        teams = None if account.teams is None else frozenset(account.teams)
        person = Person(name=account.name, role=Role(account.role), teams=teams)
        return Bearer(person=person, token=self._token_facts(row))

    def _token_facts(self, row: TokenRow) -> TokenFacts:
        return TokenFacts(
            id=row.id or 0,
            account=self._session.get_one(AccountRow, row.account).name,
            label=row.label,
            scopes=tuple(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )


class TokenLedger(TokenRegister):
    """See `account_ledger.AccountWrites`."""

    _history: HistoryWriter
    _now: datetime

    def add_token(self, token: NewToken, *, actor: str) -> TokenFacts:
        """See `account_ledger.AccountWrites`."""
        account = self._session.get(AccountRow, storable(token.account.casefold()))
        if account is None:
            raise NotFoundError(f"there is no account {token.account}; `cee-mailbot users list` shows all")
        if account.disabled:
            raise NotAllowedError(f"the account {account.name} is disabled; a token of it would be good for nothing")
        row = TokenRow(
            key=token.key,
            account=account.folded,
            label=storable(token.label),
            scopes=sorted(token.scopes),
            created_at=self._now,
            expires_at=token.expires_at,
        )
        self._session.add(row)
        self._session.flush()
        self._note_token("token-added", row, actor)
        return self._token_facts(row)

    def revoke_token(self, token_id: int, *, actor: str) -> TokenFacts:
        """See `account_ledger.AccountWrites`."""
        row = self._session.get(TokenRow, token_id)
        if row is None:
            raise NotFoundError(f"there is no token {token_id}; `cee-mailbot users token list` shows all")
        if row.revoked_at is None:
            row.revoked_at = self._now
            self._note_token("token-revoked", row, actor)
        return self._token_facts(row)

    def touch_token(self, token_id: int) -> None:
        """See `account_ledger.AccountWrites`."""
        self._session.get_one(TokenRow, token_id).last_used_at = self._now

    def _note_token(self, event: str, row: TokenRow, actor: str) -> None:
        account = self._session.get_one(AccountRow, row.account).name
        detail = {"token": row.id, "account": account, "scopes": list(row.scopes)}
        self._history.add(event, at=self._now, actor=storable(actor), detail=detail)
