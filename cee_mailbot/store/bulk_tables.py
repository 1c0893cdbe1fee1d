"""Rows of bulk jobs; no behaviour."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Index, Text
from sqlmodel import Field, SQLModel

from cee_mailbot.store import tables  # noqa: F401 - it names the constraints, and must be first


class BulkJobRow(SQLModel, table=True):
    """One act on many items; `role` and `teams` are those of the person at the preview, then at the start."""

    __tablename__: ClassVar[Any] = "bulk_job"
    __table_args__: ClassVar[Any] = {"sqlite_autoincrement": True}  # a number is never another job's
    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(index=True)
    role: str
    teams: list[str] | None = Field(default=None, sa_type=JSON)
    role_until: datetime | None = None
    act: str
    fields_: dict[str, str] = Field(sa_type=JSON, sa_column_kwargs={"name": "fields"})
    search: str = Field(sa_type=Text)
    more: bool = False
    undoes: int | None = None
    state: str = Field(index=True)
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stopped_by: str | None = None
    lease_holder: str | None = None
    lease_until: datetime | None = None


class BulkRowRow(SQLModel, table=True):
    """One item of a bulk job: the version that was seen, what became of it, and the version that it had then."""

    __tablename__: ClassVar[Any] = "bulk_row"
    __table_args__: ClassVar[Any] = (Index(None, "job_id", "state", "number"),)
    job_id: int = Field(primary_key=True, foreign_key="bulk_job.id")
    number: int = Field(primary_key=True)
    tracking: str
    entry_number: str | None = None
    version: int
    state: str
    why: str | None = Field(default=None, sa_type=Text)
    version_after: int | None = None
    at: datetime | None = None
