"""Papers as rows and back."""

from datetime import date, datetime
from typing import Any

from cee_mailbot.store.tables import PaperRow
from cee_mailbot.store.texts import storable
from parsers.entry_number import EntryNumber
from parsers.forms import Form, NamedEntry
from parsers.papers import Paper


def paper_row(sha256: str, paper: Paper, at: datetime) -> PaperRow:
    """The row of a paper, without its pages."""
    return PaperRow(
        sha256=sha256,
        status=paper.status,
        why=paper.why,
        page_count=paper.page_count,
        is_legible=paper.is_legible,
        forms=[_form_facts(form) for form in paper.forms],
        mentions=[str(number) for number in paper.mentions],
        read_at=at,
    )


def paper_of(row: PaperRow | None) -> Paper | None:
    """What was read, without the text of its pages; None where nothing was."""
    if row is None:
        return None
    return Paper(
        status="read" if row.status == "read" else "unreadable" if row.status == "unreadable" else "unread",
        why=row.why,
        page_count=row.page_count,
        is_legible=row.is_legible,
        forms=tuple(_form(facts) for facts in row.forms),
        mentions=tuple(_number(text) for text in row.mentions),
    )


def _form_facts(form: Form) -> dict[str, Any]:
    return {
        "name": form.name,
        "page": form.page,
        "edition": storable(form.edition) if form.edition else None,
        "importer_number": form.importer_number,
        "dates": [[name, day.isoformat()] for name, day in form.dates],
        "entries": [
            {
                "entry_number": str(entry.entry_number),
                "port": entry.port,
                "entry_date": entry.entry_date.isoformat() if entry.entry_date else None,
                "entry_type": entry.entry_type,
            }
            for entry in form.entries
        ],
    }


def _form(facts: dict[str, Any]) -> Form:
    return Form(
        name=facts["name"],
        page=facts["page"],
        edition=facts["edition"],
        importer_number=facts["importer_number"],
        dates=tuple((name, date.fromisoformat(day)) for name, day in facts["dates"]),
        entries=tuple(
            NamedEntry(
                entry_number=_number(entry["entry_number"]),
                port=entry["port"],
                entry_date=date.fromisoformat(entry["entry_date"]) if entry["entry_date"] else None,
                entry_type=entry["entry_type"],
            )
            for entry in facts["entries"]
        ),
    )


def _number(text: str) -> EntryNumber:
    number = EntryNumber.read(text)
    if number is None:
        raise ValueError(f"{text!r} is no entry number")
    return number
