"""Alembic, which brings a database to this program's schema; a third of a start, so imported only for that."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from cee_mailbot.errors import PermanentError


def alembic_config() -> Config:
    """What alembic must know to find the migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(connection: Connection, found: str | None) -> None:
    """Brings the schema from `found` to the newest, within the connection's transaction. Raises as `refuse_newer`."""
    refuse_newer(found)
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def refuse_newer(found: str | None) -> None:
    """Raises `PermanentError` when a database's schema is one that this program does not know."""
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if found is not None and found not in known:
        raise PermanentError(
            f"the database has schema {found}, which this version of cee_mailbot does not know; "
            "install the version that made it, or a newer one"
        )
