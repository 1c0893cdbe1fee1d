"""What the store promises of staff: their accounts, their sessions, and the requests that were carried out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cee_mailbot.domain.roles import Person, Role, Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An account of the embedded sign-in; `password` is a hash by argon2, never the password."""

    name: str
    password: str
    role: Role
    teams: frozenset[str] | None
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountFacts:
    """An account as other programs see it; `teams` is null for all teams."""

    name: str
    role: str
    teams: tuple[str, ...] | None
    disabled: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionFacts:
    """A session in the browser: whose, since when, and when it was last used (UTC).

    `key` is the SHA-256 of the cookie's value, so that whoever reads the database can't take a session over.
    `by_account` tells that an account of ours gives the role; else it is what the provider's groups gave, and `token`
    what the provider knows its own session by.
    """

    key: str
    person: Person
    created_at: datetime
    last_seen_at: datetime
    by_account: bool = True
    token: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewToken:
    """A token of the API to be written down; `key` is the SHA-256 of the secret, which nobody keeps."""

    key: str
    account: str
    label: str
    scopes: frozenset[Scope]
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenFacts:
    """A token as other programs see it; times are UTC."""

    id: int
    account: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """Who a token that holds speaks for, with the role and teams that the account has now, and what it is good for."""

    person: Person
    token: TokenFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """Whose a message is: the team of its item, if it has one, and the mailbox that it came to."""

    team: str | None
    mailbox: str


class AccountQuestions(Protocol):
    """Reads about staff, and about whose team an object is."""

    def accounts(self) -> tuple[AccountFacts, ...]:
        """Every account, by name."""

    def account(self, name: str) -> Account | None:
        """The account of this name, whatever the case of its letters."""

    def session(self, key: str) -> SessionFacts | None:
        """The session with this key; None when it has ended or its account is disabled."""

    def preference(self, person: str, name: str) -> str | None:
        """What a person chose for this setting of their own, or None; people without an account have them too."""

    def tokens(self) -> tuple[TokenFacts, ...]:
        """Every token there ever was, oldest first."""

    def bearer(self, key: str) -> Bearer | None:
        """Who the token with this key speaks for; None when there is none, or its account is disabled.

        Whether it was revoked, and until when it holds, stand in its facts.
        """

    def team_of_item(self, tracking: str) -> str | None:
        """The team whose queue an item is in, or None when there is no such item."""

    def home_of_message(self, message_id: int) -> Home | None:
        """Whose a message is, or None when there is no such message."""

    def home_of_reply(self, reply_id: int) -> Home | None:
        """Whose the message is that a reply answers, or None when there is no such reply."""


class AccountWrites(Protocol):
    """Writes about staff; each but uses and sessions is a line of the history."""

    def account(self, name: str) -> Account | None:
        """As `AccountQuestions.account`."""

    def add_account(self, account: Account, *, actor: str) -> None:
        """A new account. Raises `NotAllowedError` when the name is taken."""

    def set_role(self, name: str, role: Role, teams: frozenset[str] | None, *, actor: str) -> None:
        """Gives an account another role; its sessions end. Raises `NotFoundError`."""

    def disable_account(self, name: str, *, actor: str) -> None:
        """Nobody signs in with it any more, and its sessions end. Raises `NotFoundError`."""

    def known_as(self, name: str, *, issuer: str, subject: str) -> str:
        """The name of a provider's person: for ever the one of the first time, which is a line of the history.

        Raises `NotAllowedError` when it is another person's.
        """

    def open_session(self, session: SessionFacts) -> None:
        """Writes a new session down, and forgets those that are long over."""

    def touch_session(self, key: str) -> None:
        """Notes that a session was used now."""

    def end_session(self, key: str) -> None:
        """Ends a session, if there is one."""

    def set_preference(self, person: str, name: str, value: str) -> None:
        """Writes down what a person chose."""

    def add_token(self, token: NewToken, *, actor: str) -> TokenFacts:
        """A new token of an account. Raises `NotFoundError`, or `NotAllowedError` when the account is disabled."""

    def revoke_token(self, token_id: int, *, actor: str) -> TokenFacts:
        """The token is good for nothing any more; it stays on record. Raises `NotFoundError`."""

    def touch_token(self, token_id: int) -> None:
        """Notes that a token was used now."""

    def carried_out(self, key: str, *, person: str) -> str | None:
        """Where the request with this key led, when it was carried out before; None when it is new."""

    def carry_out_once(self, key: str, *, person: str, place: str) -> None:
        """Notes with the act itself that this request was carried out, and where it led."""
