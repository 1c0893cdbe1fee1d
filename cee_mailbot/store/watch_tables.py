"""Rows of how the program fares; see `tables`."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Text
from sqlmodel import Field, SQLModel

from cee_mailbot.store import tables  # noqa: F401 - it names the constraints


class CensusRow(SQLModel, table=True):
    """One census, as `census --json` printed it."""

    __tablename__: ClassVar[Any] = "census"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    clean: bool
    result: dict[str, Any] = Field(sa_type=JSON)


class AlarmRow(SQLModel, table=True):
    """One alarm that sounds: what it concerns, since when, and when somebody was last told."""

    __tablename__: ClassVar[Any] = "alarm"
    reason: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    since: datetime
    told_at: datetime
    words: str = Field(sa_type=Text)


class AlarmAddressRow(SQLModel, table=True):
    """An address that the mail of alarms can't be sent to: since when, and what the mail server said last."""

    __tablename__: ClassVar[Any] = "alarm_address"
    address: str = Field(primary_key=True)
    since: datetime
    words: str = Field(sa_type=Text)


class OutageRow(SQLModel, table=True):
    """A time in which a mailbox was not read: from its last good poll until the next one began."""

    __tablename__: ClassVar[Any] = "outage"
    mailbox: str = Field(primary_key=True)
    began: datetime = Field(primary_key=True)
    ended: datetime
