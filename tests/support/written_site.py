"""A small site as an operator writes it down: one mailbox in a folder, and replies into files."""

from pathlib import Path

_WRITTEN = """
[storage]
database = "sqlite:///{folder}/bot.db"
blobs = "{folder}/blobs"

[replies]
transport = "files"
dir = "{folder}/replies"

{tables}

[[mailbox]]
name = "electronics"
address = "CEE-Electronics@cbp.dhs.gov"
team = "007"
source = "maildir"
path = "{folder}/mail"
"""


def write_site(folder: Path, tables: str = "") -> Path:
    """Writes the configuration, `tables` of it as they are, and an empty mailbox `mail`; where the file is."""
    for name in ("cur", "new", "tmp"):
        (folder / "mail" / name).mkdir(parents=True, exist_ok=True)
    path = folder / "mailboxes.toml"
    path.write_text(_WRITTEN.format(folder=folder, tables=tables), encoding="utf-8")
    return path
