"""The house as it is drawn in docs/flow.md: who may import whom, and how long a page may be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path
    for package in ("parsers", "cee_mailbot")
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)
LINES_OF_A_MODULE = 350
LINES_OF_A_FUNCTION = 40

# A room is a module or a package at the top of cee_mailbot; `parsers` is a room of its own.
PURE = {"parsers", "domain"}
CONTRACTS = PURE | {
    "interfaces",
    "ledger",
    "questions",
    "sending",
    "account_ledger",
    "staff_ledger",
    "bulk_ledger",
    "clock_ledger",
    "census_ledger",
    "audit_ledger",
    "picture_ledger",
    "recovery_ledger",
    "watch_ledger",
    "upkeep_ledger",
    "journaling",
    "desk_ledger",
    "set_ledger",
    "correspondence_ledger",
    "paper_ledger",
    "errors",
    "log",
    "resources",
    "crash",
    "deadlines",
    "lease_ledger",
    "graph_calls",
    "exchange_calls",
    "identity_provider",
    "server_times",
}
WORK = {
    "polling",
    "waking",
    "accounts",
    "list_look",
    "intake",
    "outcome",
    "evidence",
    "reading",
    "gathering",
    "fragments",
    "paperwork",
    "correspondence",
    "reply_writing",
    "site",
    "outbox",
    "desk",
    "explain",
    "schedule",
    "checkup",
    "census",
    "audit",
    "recovery",
}
RIM = {
    "journal",
    "metrics",
    "notify",
    "directories",
    "sources",
    "tokens",
    "graph_web",
    "exchange_web",
    "openid",
    "mailers",
    "store",
    "blobs",
    "sandbox",
    "scanner",
    "rendering",
    "testing",
    "web",
}

MAY_IMPORT: dict[str, set[str]] = {
    "parsers": set(),
    "domain": {"parsers"},
    "errors": set(),
    "resources": set(),
    "crash": set(),
    "deadlines": set(),
    "server_times": set(),
    "lease_ledger": set(),
    "graph_calls": {"errors"},
    "exchange_calls": {"errors"},
    "identity_provider": {"errors"},
    "log": {"errors"},
    "interfaces": {"domain", "parsers", "errors"},
    "account_ledger": {"domain"},
    "staff_ledger": set(),
    "bulk_ledger": {"domain", "questions"},
    "clock_ledger": {"domain", "parsers", "errors"},
    "audit_ledger": set(),
    "picture_ledger": {"domain"},
    "recovery_ledger": {"domain"},
    "watch_ledger": {"domain"},
    "upkeep_ledger": {"audit_ledger", "census_ledger", "recovery_ledger", "watch_ledger"},
    "journaling": {"interfaces", "ledger"},
    "census_ledger": {"interfaces"},
    "correspondence_ledger": {"domain"},
    "paper_ledger": {"domain", "parsers", "clock_ledger"},
    "desk_ledger": {"domain", "parsers", "ledger", "questions", "account_ledger", "staff_ledger", "bulk_ledger"},
    "set_ledger": {"domain", "parsers", "ledger"},
    "questions": {
        "domain",
        "account_ledger",
        "bulk_ledger",
        "clock_ledger",
        "picture_ledger",
        "set_ledger",
        "staff_ledger",
        "upkeep_ledger",
    },
    "sending": {"domain", "interfaces"},
    "ledger": {
        "domain",
        "parsers",
        "errors",
        "interfaces",
        "questions",
        "sending",
        "set_ledger",
        "account_ledger",
        "clock_ledger",
        "desk_ledger",
        "upkeep_ledger",
        "correspondence_ledger",
        "lease_ledger",
        "paper_ledger",
    },
    "config": {"domain", "parsers", "errors"},
    **dict.fromkeys(WORK, CONTRACTS | WORK),
    **dict.fromkeys(RIM, CONTRACTS),
    "web": CONTRACTS | {"desk", "accounts", "list_look"},  # what staff do goes through these doors
    "connections": CONTRACTS | RIM | {"config"},
    "app": CONTRACTS | WORK | RIM | {"connections", "config"},
    "operations": CONTRACTS
    | WORK
    | {"app", "config", "sources", "sandbox", "upkeep", "watching", "alarming", "notify"},
    "upkeep": CONTRACTS | WORK | {"app", "config"},
    "watching": CONTRACTS | WORK | {"app", "config", "connections", "metrics"},
    "alarming": CONTRACTS | {"app", "watching"},
    "backup": CONTRACTS | WORK | RIM | {"app", "config", "upkeep"},
    "demo": CONTRACTS | {"app", "config", "operations"},
    "cli": CONTRACTS
    | {"app", "config", "demo", "desk", "operations", "outbox", "upkeep", "census", "audit", "backup", "watching"}
    | {"accounts"},
}

# What a room may need from outside; the standard library is open to all but the pure rooms' own list.
LIBRARIES: dict[str, set[str]] = {
    "parsers": {"PIL", "mailparser", "nh3", "pdfplumber", "pypdfium2"},
    "domain": {"holidays"},
    "interfaces": set(),
    "ledger": set(),
    "config": {"pydantic", "pydantic_settings", "pydantic_core", "tomlkit"},
    "schedule": {"apscheduler"},
    "metrics": {"prometheus_client"},
    "accounts": {"argon2"},
    "web": {"fastapi", "starlette", "uvicorn", "jinja2", "pydantic"},
    "sources": {"imapclient"},
    "tokens": {"httpx", "cryptography"},
    "graph_web": {"httpx"},
    "exchange_web": {"exchangelib", "requests", "spnego"},
    "openid": {"authlib", "joserfc", "httpx", "cryptography"},
    "store": {"sqlalchemy", "sqlmodel", "alembic"},
    "rendering": {"jinja2"},
    "cli": {"rich"},
}

# The centre touches nothing: neither clock nor network nor disk (package data aside) nor a setting.
CLOSED_TO_THE_CENTRE = {"socket", "time", "os", "subprocess", "threading", "logging", "sqlite3", "tempfile", "random"}


def room_of(module: str) -> str | None:
    """The room of a module of ours, or None for one of somebody else's."""
    first, _, rest = module.partition(".")
    if first == "parsers":
        return "parsers"
    return (rest.partition(".")[0] or "cee_mailbot") if first == "cee_mailbot" else None


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "cee_mailbot" else []
            yield from ((node.lineno, name) for name in names or [node.module or ""])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_the_rule_allows(path: Path) -> None:
    """The work and the rim never meet, no room of the rim knows another, and the centre knows neither."""
    room = room_of(module_of(path))
    if room in (None, "cee_mailbot", "__main__"):
        return
    allowed = MAY_IMPORT[room] | {room}
    for line, name in imports(path):
        other = room_of(name)
        if other not in (None, "cee_mailbot") and name != "cee_mailbot.__version__":
            assert other in allowed, f"{path}:{line}: {room} may not import {other}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_is_imported_only_by_the_room_that_hides_it(path: Path) -> None:
    """Each foreign library has one room."""
    room = room_of(module_of(path)) or ""
    known = set().union(*LIBRARIES.values())
    foreign = {(line, name.partition(".")[0]) for line, name in imports(path)}
    for line, name in foreign:
        if name in known:
            assert name in LIBRARIES.get(room, set()), f"{path}:{line}: {room} may not import {name}"


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if room_of(module_of(path)) in PURE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_centre_touches_nothing(path: Path) -> None:
    """What parsers and domain need is a parameter: they read no clock, file or setting."""
    for line, name in imports(path):
        assert name.partition(".")[0] not in CLOSED_TO_THE_CENTRE, f"{path}:{line}: {name}"


# What takes hostile bytes apart: a small mail can make each of these take all memory, and its process with it.
ONLY_IN_A_CHILD = {
    f"parsers.{name}"
    for name in ("containers", "office", "redrawing", "safe_html", "second_reading", "tnef", "zip_archive")
}


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if room_of(module_of(path)) not in {"parsers", "sandbox"}],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_hostile_bytes_are_taken_apart_by_the_sandbox_alone(path: Path) -> None:
    """F46: neither the work nor a page reads them in its own process."""
    for line, name in imports(path):
        assert name not in ONLY_IN_A_CHILD, f"{path}:{line}: {name} is for the sandbox to call"


def test_every_room_stands_in_the_rule() -> None:
    """A new room needs a line in the table above and in docs/flow.md."""
    rooms = {room_of(module_of(path)) for path in SOURCES} - {"cee_mailbot", "__main__", None}
    assert rooms == set(MAY_IMPORT)
    flow = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
    missing = [room for room in sorted(rooms) if f"\n| `{room}` | " not in flow and f"\n| `{room}/` | " not in flow]
    assert not missing, f"docs/flow.md does not name {missing}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_are_short(path: Path) -> None:
    """A module is one room and a function one thought."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_OF_A_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LINES_OF_A_FUNCTION, f"{path}:{node.lineno}: {node.name} has {length} lines"


def test_parsers_is_ours() -> None:
    """The general name `parsers` must not come from somewhere else."""
    import cee_mailbot
    import parsers

    assert Path(parsers.__file__).parents[1] == Path(cee_mailbot.__file__).parents[1]


def test_the_migrations_are_one_line_up_to_the_schema() -> None:
    """Two of one number, made beside each other, would leave every database as it was."""
    versions = ROOT / "cee_mailbot" / "store" / "migrations" / "versions"
    texts = [path.read_text(encoding="utf-8") for path in sorted(versions.glob("0*.py"))]
    numbers = [re.findall(r'(?m)^(?:down_)?revision = (?:"(\d+)"|None)', text) for text in texts]
    assert numbers == [[f"{one:04}", f"{one - 1:04}" if one > 1 else ""] for one in range(1, len(texts) + 1)]
    database = (ROOT / "cee_mailbot" / "store" / "database.py").read_text(encoding="utf-8")
    assert f'SCHEMA = "{len(texts):04}"' in database
