"""Very many items without very many messages."""

import sqlite3
from contextlib import closing

from cee_mailbot.domain.work_item import tracking_number
from tests.support.workshop import Workshop


def copied(shop: Workshop, number: int) -> list[str]:
    """So many more items, made of the first one as rows: reading as many messages would take its time."""
    made = [tracking_number(team="007", year=2026, serial=500_000 + one) for one in range(number)]
    with closing(sqlite3.connect(shop.folder / "bot.db")) as database:
        names = [name for _, name, *_ in database.execute("PRAGMA table_info(submission)") if name != "id"]
        wanted = ", ".join("?" if name == "tracking" else name for name in names)
        copy = f"INSERT INTO submission ({', '.join(names)}) SELECT {wanted} FROM submission WHERE id = 1"  # noqa: S608
        database.executemany(copy, [(tracking,) for tracking in made])
        database.commit()
    return made
