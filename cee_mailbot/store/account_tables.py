"""Rows about staff; no behaviour."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON
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
    """A session in the browser, with the role it began with; `account` is null where another signed the person in."""

    __tablename__: ClassVar[Any] = "session"
    key: str = Field(primary_key=True)
    account: str | None = Field(default=None, foreign_key="account.folded", index=True)
    person: str
    role: str
    teams: list[str] | None = Field(default=None, sa_type=JSON)
    created_at: datetime = Field(index=True)
    last_seen_at: datetime


class RequestRow(SQLModel, table=True):
    """A request that changed something, by the key that its form carried, and where it led."""

    __tablename__: ClassVar[Any] = "request"
    person: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    at: datetime = Field(index=True)
    place: str
