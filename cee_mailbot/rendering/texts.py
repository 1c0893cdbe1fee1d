"""The approved texts of a site: its own before the shipped ones."""

from collections.abc import Mapping
from pathlib import Path

from cee_mailbot.domain.approved_texts import ApprovedText
from cee_mailbot.errors import UserError
from cee_mailbot.rendering.words import lay_over, read_toml
from cee_mailbot.resources import resource

FILE = "texts.toml"


def approved_texts(folder: Path | None = None) -> Mapping[str, ApprovedText]:
    """Each text by its name, those of `folder` laid over the shipped ones.

    Raises `UserError` for one without title or text, and `CeeMailbotError` for a file that can't be read.
    """
    found = read_toml(resource("templates/replies") / FILE)
    if folder is not None:
        lay_over(found, read_toml(folder / FILE))
    return {name: _text(name, table) for name, table in found.items()}


def _text(name: str, table: object) -> ApprovedText:
    fields = table if isinstance(table, dict) else {}
    title, text = fields.get("title"), fields.get("text")
    if not (isinstance(title, str) and isinstance(text, str) and title.strip() and text.strip()):
        raise UserError(f"{FILE}: [{name}] needs a title and a text")
    return ApprovedText(title=title.strip(), text=text.strip())
