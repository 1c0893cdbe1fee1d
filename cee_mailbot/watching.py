"""How the program fares: figures, health, and what needs a person."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cee_mailbot import metrics
from cee_mailbot.app import App
from cee_mailbot.connections import credential_end_of
from cee_mailbot.domain.alarms import Alarm, Watch, WatchedMailbox, alarms
from cee_mailbot.domain.facts import MailboxFacts
from cee_mailbot.domain.reply import ReplyState
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.watch_ledger import Figures

logger = logging.getLogger(__name__)

_FAILED = (ReplyState.FAILED, ReplyState.UNDELIVERABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one of the addresses of health answers: an HTTP status, a content type and a body."""

    status: int
    content_type: str
    body: bytes


def look(app: App, fault: CeeMailbotError | None = None) -> tuple[Watch, Figures, tuple[Alarm, ...]]:
    """How the program fares now, and what of that needs a person; of a database that can't be read, just that.

    A `fault` that is known keeps it from being asked.
    """
    try:
        watch, figures = _look(app) if fault is None else _without_database(app, fault)
    except CeeMailbotError as error:
        watch, figures = _without_database(app, error)
    return watch, figures, alarms(watch, app.config.alarms.thresholds)


def _without_database(app: App, fault: CeeMailbotError) -> tuple[Watch, Figures]:
    return Watch(at=app.site.clock.now(), disk_free=free_bytes(app), database_error=str(fault)), Figures()


def _look(app: App) -> tuple[Watch, Figures]:
    now = app.site.clock.now()
    with app.store.read() as ask:
        figures = ask.figures(now)
        polled = {one.mailbox: one for one in ask.mailboxes()}
        breaker, refused = ask.breaker_opened_at(), ask.refused_addresses()
    census: dict[str, Any] = dict(figures.census or {})
    watch = Watch(
        at=now,
        mailboxes=tuple(_watched(one, polled.get(one.name), app.started_at) for one in app.config.mailboxes),
        oldest_due=figures.oldest_due,
        disk_free=free_bytes(app),
        skew=figures.skew,
        census_at=datetime.fromisoformat(census["at"]) if census else None,
        census_clean=census["clean"] if census else None,
        census_unclean=bool(census) and _unclean(census),
        undeliverable=sum(figures.replies.get(state, 0) for state in _FAILED),
        breaker_opened_at=breaker,
        held=sum(number for (_, status), number in figures.messages.items() if status == "held"),
        held_since=figures.held_since,
        refused=tuple(one for one in refused if one.address in app.config.alarms.to),
    )
    return watch, figures


def status(app: App, fault: CeeMailbotError | None = None) -> dict[str, Any]:
    """How polling goes mailbox by mailbox, counts of messages, items and replies, and alarms: `status --json`.

    While the database can't be read `database` says why (the `fault`, if one is known), and what only the database
    knows is null.
    """
    watch, _, sounding = look(app, fault)
    polled: dict[str, MailboxFacts] = {}
    counts: Mapping[str, object] = dict.fromkeys(("database_bytes", "messages", "items", "replies"))
    if watch.database_error is None:
        with app.store.read() as ask:
            polled = {one.mailbox: one for one in ask.mailboxes()}
            counts = {"database_bytes": ask.database_bytes(), **ask.counts()}
    return {
        "at": watch.at,
        "database": watch.database_error,
        "mailboxes": [_polled(one, polled.get(one.name), watch.at) for one in app.config.mailboxes],
        "breaker_opened_at": watch.breaker_opened_at,
        "disk_free_bytes": watch.disk_free,
        "alarms": sounding,
        **counts,
    }


def _polled(mailbox: Any, facts: Any, now: datetime) -> dict[str, Any]:
    completed = facts.last_completed if facts else None
    return {
        "mailbox": mailbox.name,
        "team": mailbox.team,
        "last_completed": completed,
        "last_message": facts.last_message if facts else None,
        "lag_seconds": int((now - completed).total_seconds()) if completed else None,
        "error": facts.error if facts else None,
        "credential_ends": mailbox.credential_ends,
    }


def _watched(mailbox: Any, facts: Any, since: datetime) -> WatchedMailbox:
    return WatchedMailbox(
        mailbox=mailbox.name,
        team=mailbox.team,
        since=since,
        last_completed=facts.last_completed if facts else None,
        last_message=facts.last_message if facts else None,
        error=facts.error if facts else None,
        credential_ends=credential_end_of(mailbox),
    )


def _unclean(census: dict[str, Any]) -> bool:
    missing = any(one["missing"] for one in census["mailboxes"])
    return bool(census["blobs_missing"] or census["blobs_damaged"] or missing)


def free_bytes(app: App) -> int | None:
    """What is free where blobs are kept; None where that can't be known."""
    place = Path(app.config.storage.blobs).absolute()
    with suppress(OSError):  # a folder that may not be entered, or a disk that is away: the polls say so
        return shutil.disk_usage(next(path for path in (place, *place.parents) if path.exists())).free
    return None


# --- health ---------------------------------------------------------------------------------------------------


def answer(app: App, path: str) -> Answer:
    """What `/livez`, `/readyz` and `/metrics` say; 404 for any other path. Never raises what the store raises."""
    if path == "/livez":
        return _text(200, "alive")
    if path == "/readyz":
        return _ready(app)
    if path != "/metrics":
        return _text(404, "there are /livez, /readyz and /metrics")
    return Answer(status=200, content_type=metrics.CONTENT_TYPE, body=metrics.exposition(*look(app)))


def _ready(app: App) -> Answer:
    """Database, schema and blobs; the first that is not well is named."""
    for what, check in (("database", app.store.check), ("blobs", app.blobs.check)):
        try:
            said = check()
        except CeeMailbotError as error:
            return _text(503, f"{what}: {error}")
        if "will be" in said and what == "database":
            return _text(503, f"{what}: {said}")
    return _text(200, "ready")


def _text(status: int, words: str) -> Answer:
    return Answer(status=status, content_type="text/plain; charset=utf-8", body=(words + "\n").encode())


@contextmanager
def health_served(app: App) -> Iterator[int | None]:
    """Serves health and metrics on the configured loopback port while in use; the port, or None where none is set."""
    if app.config.monitoring.tcp_port is None:
        yield None
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = answer(app, self.path.partition("?")[0])
            self.send_response(given.status)
            self.send_header("Content-Type", given.content_type)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name it overrides
            logger.debug(format, *arguments)

    with ThreadingHTTPServer(("127.0.0.1", app.config.monitoring.tcp_port), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
