"""A database at this version's schema, migrated once for all tests of a process."""

import tempfile
from functools import lru_cache
from pathlib import Path

from cee_mailbot.store.database import SqlStore


@lru_cache(maxsize=1)
def new_database() -> bytes:
    """The file of a database with nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.db"
        store = SqlStore(f"sqlite:///{path}")
        store.migrate()
        store.close()
        return path.read_bytes()


def new_store(folder: Path) -> SqlStore:
    """A store at this version's schema, on a file of its own."""
    path = folder / "bot.db"
    path.write_bytes(new_database())
    return SqlStore(f"sqlite:///{path}")
