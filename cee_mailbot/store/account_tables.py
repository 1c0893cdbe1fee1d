"""Rows about staff; no behaviour."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Text
from sqlmodel import Field, SQLModel

from cee_mailbot.store import tables  # noqa: F401 - it names the constraints, and must be first


class AccountRow(SQLModel, table=True):
    """An account of the embedded sign-in; `folded` is its name without regard to case, `teams` null for all."""

    __tablename__: ClassVar[Any] = "account"
    folded: str = Field(primary_key=True)
    name: str
    password: str
    role: str
    teams: list[str] | None = Field(default=None, sa_type=JSON)
    disabled: bool = False
    created_at: datetime


class SessionRow(SQLModel, table=True):
    """A session in the browser, with the role it began with.

    `account` is null where a provider signed the person in; `token` is what the provider knows that session by.
    """

    __tablename__: ClassVar[Any] = "session"
    key: str = Field(primary_key=True)
    account: str | None = Field(default=None, foreign_key="account.folded", index=True)
    person: str
    role: str
    teams: list[str] | None = Field(default=None, sa_type=JSON)
    created_at: datetime = Field(index=True)
    last_seen_at: datetime
    token: str | None = Field(default=None, sa_type=Text)


class IdentityRow(SQLModel, table=True):
    """A person of a provider, and the one name that the person has here; `folded` is it without regard to case."""

    __tablename__: ClassVar[Any] = "identity"
    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    folded: str = Field(unique=True)
    name: str
    created_at: datetime


class PreferenceRow(SQLModel, table=True):
    """What a person chose for a setting of their own; whoever signed them in."""

    __tablename__: ClassVar[Any] = "preference"
    person: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str


class TokenRow(SQLModel, table=True):
    """A token of the API, by the digest of its secret."""

    __tablename__: ClassVar[Any] = "token"
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    account: str = Field(foreign_key="account.folded", index=True)
    label: str
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class RequestRow(SQLModel, table=True):
    """A request that changed something, by the key that its form carried, and where it led."""

    __tablename__: ClassVar[Any] = "request"
    person: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    at: datetime = Field(index=True)
    place: str


class DraftRow(SQLModel, table=True):
    """What a person has begun to write on an item; `kind` is what it is to become."""

    __tablename__: ClassVar[Any] = "draft"
    tracking: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    text: str = Field(sa_type=Text)
    at: datetime = Field(index=True)


class SavedViewRow(SQLModel, table=True):
    """A list under a name: a person's, or, with `team`, everybody's who sees the team."""

    __tablename__: ClassVar[Any] = "saved_view"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    person: str = Field(index=True)
    team: str | None = None
    search: str = Field(sa_type=Text)
    sort: str


class ViewingRow(SQLModel, table=True):
    """That a person looks at an item, and when last."""

    __tablename__: ClassVar[Any] = "viewing"
    tracking: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    at: datetime = Field(index=True)
