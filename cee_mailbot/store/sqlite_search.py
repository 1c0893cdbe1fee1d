"""The search on SQLite: one FTS5 table, kept up to date by triggers, so that no write can forget it.

A row of the index is known by its number: that of the row it was made of, times eight, plus the kind of row.
"""

# ruff: noqa: S608 - statements are put together from our own names; what people ask for is always a parameter

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Integer, and_, column, false, text
from sqlmodel import Session, col

from cee_mailbot.store.row_facts import slices
from cee_mailbot.store.search import CLOSES, OPENS, Term
from cee_mailbot.store.tables import MessageRow, SubmissionRow

_TABLE = "search_text"
_CREATE = f"CREATE VIRTUAL TABLE {_TABLE} USING fts5(text, tokenize = 'porter unicode61 remove_diacritics 2')"
_SNIPPET_WORDS = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """A table whose rows are found: the kind of its rows in the index, its key, and the columns that are read."""

    kind: int
    table: str
    columns: tuple[str, ...]
    key: str = "id"

    def said(self, row: str) -> str:
        """The text of a row as an SQL expression."""
        return " || ' ' || ".join(f"coalesce({row}.{name}, '')" for name in self.columns)

    def number(self, row: str) -> str:
        """The number of a row in the index as an SQL expression."""
        return f"{row}.{self.key} * 8 + {self.kind}"

    def triggers(self) -> dict[str, str]:
        """The triggers by name, each with the statement that makes it."""
        put = f"INSERT INTO {_TABLE}(rowid, text) VALUES ({self.number('new')}, {self.said('new')});"
        drop = f"DELETE FROM {_TABLE} WHERE rowid = {{}};"
        acts = {
            "added": ("INSERT", drop.format(self.number("new")) + " " + put),
            "changed": (f"UPDATE OF {', '.join(self.columns)}", drop.format(self.number("old")) + " " + put),
            "removed": ("DELETE", drop.format(self.number("old"))),
        }
        return {
            f"{_TABLE}_{self.table}_{name}": (
                f"CREATE TRIGGER {_TABLE}_{self.table}_{name} AFTER {event} ON {self.table} BEGIN {act} END"
            )
            for name, (event, act) in acts.items()
        }


_ITEM = _Source(kind=0, table="submission", columns=("tracking", "code", "account", "entry_number", "port", "sender"))
_MESSAGE = _Source(kind=1, table="message", columns=("subject", "from_header"))
_DOCUMENT = _Source(kind=2, table="document", columns=("name",))
_PAGE = _Source(kind=3, table="page", columns=("text",))
_BODY = _Source(kind=4, table="body", columns=("text",), key="message_row")
_SOURCES = (_ITEM, _MESSAGE, _DOCUMENT, _PAGE, _BODY)

# From a row of the index (`hit`) to the message that it belongs to; an item's own fields belong to all of its messages.
_MESSAGES_OF_HITS = """
    SELECT hit.rowid AS row, hit.rowid / 8 AS message FROM hit WHERE hit.rowid % 8 IN (1, 4)
    UNION ALL SELECT hit.rowid, d.message_row FROM hit JOIN document d ON d.id = hit.rowid / 8 WHERE hit.rowid % 8 = 2
    UNION ALL SELECT hit.rowid, d.message_row FROM hit JOIN page p ON p.id = hit.rowid / 8
        JOIN document d ON d.sha256 = p.sha256 WHERE hit.rowid % 8 = 3
"""
_ITEMS_OF_HITS = f"""
    SELECT hit.rowid AS row, hit.rowid / 8 AS id FROM hit WHERE hit.rowid % 8 = 0
    UNION ALL SELECT found.row, m.submission_id FROM ({_MESSAGES_OF_HITS}) found JOIN message m ON m.id = found.message
        WHERE m.submission_id IS NOT NULL
"""
_ALL_MESSAGES_OF_HITS = f"""
    SELECT found.row AS row, found.message AS id FROM ({_MESSAGES_OF_HITS}) found
    UNION ALL SELECT hit.rowid, m.id FROM hit JOIN message m ON m.submission_id = hit.rowid / 8 WHERE hit.rowid % 8 = 0
"""


class SqliteSearch:
    """See `search.Search`."""

    def is_there(self, connection: Connection) -> bool:
        """See `search.Search`."""
        wanted = {_TABLE: _CREATE} | {name: sql for source in _SOURCES for name, sql in source.triggers().items()}
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master"))
        return {name: sql for name, sql in rows if name in wanted} == wanted

    def rebuild(self, connection: Connection) -> None:
        """See `search.Search`."""
        for source in _SOURCES:
            for name in source.triggers():
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_TABLE}")
        connection.exec_driver_sql(_CREATE)
        for source in _SOURCES:
            for statement in source.triggers().values():
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(
                f"INSERT INTO {_TABLE}(rowid, text) "
                f"SELECT {source.number('old')}, {source.said('old')} FROM {source.table} AS old"
            )

    def items(self, terms: Sequence[Term]) -> ColumnElement[bool]:
        """See `search.Search`."""
        return _all(terms, _ITEMS_OF_HITS, SubmissionRow.id)

    def messages(self, terms: Sequence[Term]) -> ColumnElement[bool]:
        """See `search.Search`."""
        return _all(terms, _ALL_MESSAGES_OF_HITS, MessageRow.id)

    def item_snippets(self, session: Session, terms: Sequence[Term], ids: Sequence[int]) -> dict[int, str]:
        """See `search.Search`."""
        return _snippets(session, terms, _ITEMS_OF_HITS, ids)

    def message_snippets(self, session: Session, terms: Sequence[Term], ids: Sequence[int]) -> dict[int, str]:
        """See `search.Search`."""
        return _snippets(session, terms, _ALL_MESSAGES_OF_HITS, ids)


def _match(term: Term) -> str:
    """A term in the language of FTS5: every word in quotation marks, so that nothing in it is an operator."""
    return " OR ".join('"' + phrase.replace('"', '""') + '" *' for phrase in term.phrases)


def _all(terms: Sequence[Term], owners: str, key: object) -> ColumnElement[bool]:
    if not terms:
        return false()
    conditions = []
    for number, term in enumerate(terms):
        name = f"term_{number}"
        found = text(
            f"WITH hit AS MATERIALIZED (SELECT rowid FROM {_TABLE} WHERE {_TABLE} MATCH :{name}) "
            f"SELECT id FROM ({owners})"
        )
        conditions.append(col(key).in_(found.bindparams(**{name: _match(term)}).columns(column("id", Integer))))
    return and_(*conditions)


def _snippets(session: Session, terms: Sequence[Term], owners: str, ids: Sequence[int]) -> dict[int, str]:
    """The text around the best match of each of these; the first query finds the rows, the second cuts the text."""
    if not terms or not ids:
        return {}
    match = " OR ".join(_match(term) for term in terms)
    best: dict[int, int] = {}
    for some in slices(list(ids)):
        wanted = ", ".join(str(int(one)) for one in some)
        rows = session.connection().execute(
            text(
                f"WITH hit AS MATERIALIZED (SELECT rowid, rank FROM {_TABLE} WHERE {_TABLE} MATCH :match) "
                f"SELECT found.id, found.row FROM ({owners}) found JOIN hit ON hit.rowid = found.row "
                f"WHERE found.id IN ({wanted}) ORDER BY hit.rank DESC, found.row DESC"
            ),
            {"match": match},
        )
        best |= {owner: row for owner, row in rows}  # noqa: C416 - the last of each owner is the best
    return {owner: _snippet(session, match, row) for owner, row in best.items()}


def _snippet(session: Session, match: str, row: int) -> str:
    found = session.connection().execute(
        text(
            f"SELECT snippet({_TABLE}, 0, '{OPENS}', '{CLOSES}', '…', {_SNIPPET_WORDS}) FROM {_TABLE} "
            f"WHERE {_TABLE} MATCH :match AND rowid = :row"
        ),
        {"match": match, "row": row},
    )
    return " ".join(str(found.scalar() or "").split())
