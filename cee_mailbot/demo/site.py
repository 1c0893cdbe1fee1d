"""The sample site: every Center's mailbox as a Maildir, the configuration, and the directory of accounts."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from cee_mailbot.domain.routing import shipped_centers
from cee_mailbot.errors import UserError

CONFIG = "mailboxes.toml"
ACCOUNTS = "accounts.csv"
_MARK = "# The sample site of `cee-mailbot demo`."
_HEAD = """{mark} Nothing here sends or receives real mail.
# Drop .eml files into mail/<mailbox>/new and run:  cee-mailbot poll --config {config}

[storage]
database = {database}
blobs = {blobs}

[replies]
transport = "files"
dir = {replies}

[directories]
accounts = {accounts}

[polling]
interval = "5s"

[log]
level = "warning"
"""
_MAILBOX = """
[[mailbox]]
name = {name}
address = {address}
team = {team}
source = "maildir"
path = {path}
activation = 2000-01-01T00:00:00Z
"""
# Enough of a directory to see a transfer, and an account that is in none.
_ACCOUNTS = """account,team
Nokia Inc,007
CaféNoir,007
Red Barn,007
Syngenta,001
Syngenta Crop Protection,001
American Eurocopter,003
American European Foods,002
Tex Mills,004
"""


def prepare(folder: Path) -> Path:
    """The configuration of the sample site in `folder`, written when it is not there yet, and its Maildirs.

    Raises `UserError` when a site that is no sample lies there.
    """
    folder = folder.resolve()
    config = folder / CONFIG
    if config.exists() and not config.read_text(encoding="utf-8").startswith(_MARK):
        raise UserError(f"{config} is no sample site; name another folder with --dir")
    addresses = [(center.team, address) for center in shipped_centers().values() for address in center.mailboxes]
    for _, address in addresses:
        for name in ("tmp", "new", "cur"):
            (_maildir(folder, address) / name).mkdir(parents=True, exist_ok=True)
    if not (folder / ACCOUNTS).exists():
        (folder / ACCOUNTS).write_text(_ACCOUNTS, encoding="utf-8")
    if not config.exists():
        config.write_text("".join(_page(folder, config, sorted(addresses))), encoding="utf-8")
    return config


def _maildir(folder: Path, address: str) -> Path:
    return folder / "mail" / address.partition("@")[0]


def _page(folder: Path, config: Path, addresses: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The text of the configuration; a text of JSON is one of TOML too."""
    yield _HEAD.format(
        mark=_MARK,
        config=config,
        database=json.dumps(f"sqlite:///{folder / 'cee-mailbot.db'}"),
        blobs=json.dumps(str(folder / "blobs")),
        replies=json.dumps(str(folder / "replies")),
        accounts=json.dumps(str(folder / ACCOUNTS)),
    )
    for team, address in addresses:
        path = _maildir(folder, address)
        values = {"name": path.name, "address": address, "team": team, "path": str(path)}
        yield _MAILBOX.format(**{key: json.dumps(value) for key, value in values.items()})
