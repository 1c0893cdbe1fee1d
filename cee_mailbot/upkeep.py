"""What keeps the program honest while it runs: the census, the history and the settings that are in force."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cee_mailbot import __version__
from cee_mailbot.app import App
from cee_mailbot.audit import AuditReport, verify
from cee_mailbot.audit_ledger import HistoryHead
from cee_mailbot.census import Census, CensusReport, differences, take_census
from cee_mailbot.config import Config
from cee_mailbot.config.values import Secret
from cee_mailbot.domain.facts import to_json
from cee_mailbot.errors import UserError
from cee_mailbot.log import fields

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
BULK_JOBS_KEPT = timedelta(days=30)


def census(app: App, names: Sequence[str] = ()) -> tuple[CensusReport, tuple[str, ...]]:
    """Counts the named mailboxes (all, when none is named); the report, and what differs from the census kept last.

    Changes nothing. Raises `UserError` when there is no such mailbox.
    """
    unknown = sorted(set(names) - {one.name for one in app.config.mailboxes})
    if unknown:
        known = ", ".join(one.name for one in app.config.mailboxes)
        raise UserError(f"no mailbox is called {unknown[0]}; there are: {known}")
    wanted = [one.mailbox for one in app.config.mailboxes if not names or one.name in names]
    needs = Census(store=app.store, blobs=app.blobs, sources=app.sources, clock=app.site.clock)
    report = take_census(needs, wanted)
    with app.store.read() as ask:
        before = ask.last_census()
    return report, differences(before, to_json(report))


def keep_census(app: App) -> CensusReport:
    """Counts all mailboxes, and keeps and logs the result."""
    report, changes = census(app)
    result: dict[str, Any] = to_json(report)
    with app.store.begin(app.site.clock.now()) as unit:
        unit.keep_census(result, clean=report.clean)
    facts = fields(clean=report.clean, rows=report.rows, blobs=report.blobs)
    (logger.info if report.clean else logger.error)("census", extra=facts)
    for change in changes:
        logger.warning("since the last census: %s", change)
    return report


def take_daily_census(app: App) -> CensusReport | None:
    """A census, if the last one was a day ago, how long the history is, and no leftovers; None if it is not yet time.

    A mailbox whose poll was under way meanwhile may seem to miss messages: what is unclean is counted once more.
    """
    with app.store.read() as ask:
        last = ask.last_census()
    # One that is still to come was dated by a clock that was ahead.
    if last is not None and timedelta() <= app.site.clock.now() - datetime.fromisoformat(last["at"]) < DAY:
        return None
    note_head(app)
    forget_bulk_jobs(app)
    if swept := app.blobs.sweep(DAY):
        logger.info(
            "unfinished files among the blobs, of writers that were killed, are removed", extra=fields(files=swept)
        )
    report = keep_census(app)
    return keep_census(app) if report.unclean else report


def forget_bulk_jobs(app: App) -> None:
    """Forgets what bulk jobs did to which items, long after; what was done stands in the history of each item."""
    with app.store.begin(app.site.clock.now()) as unit:
        if forgotten := unit.forget_bulk_jobs(previewed=DAY, ended=BULK_JOBS_KEPT):
            logger.info("bulk jobs that ended long ago are forgotten", extra=fields(jobs=forgotten))


def verify_history(app: App) -> AuditReport:
    """Checks the whole history against itself and against its heads in the journal."""
    return verify(app.store, _heads(app.journal.entries("heads")))


def _heads(entries: Iterable[Mapping[str, Any]]) -> list[HistoryHead]:
    """The heads that still hold: what was written down of a history that a restored one replaced does not."""
    heads: list[HistoryHead] = []
    for entry in entries:
        lines = int(entry.get("lines", 0))
        if entry.get("restored"):
            heads = [head for head in heads if head.lines <= lines]
        heads.append(HistoryHead(lines=lines, digest=str(entry.get("digest"))))
    return heads


def note_head(app: App) -> None:
    """Writes down, outside the database and in the log, how long the history is: nobody cuts off its end unseen."""
    with app.store.read() as ask:
        head = ask.history_head()
    at = app.site.clock.now().isoformat()
    app.journal.append("heads", [{"at": at, "lines": head.lines, "digest": head.digest}])
    logger.info("history", extra=fields(lines=head.lines, digest=head.digest))


def note_settings(app: App) -> None:
    """Writes down which settings are in force, when they are not those that were."""
    settings = {
        "program": __version__,
        "configuration": _digest(app.config),
        "policies": {one.name: one.policy.version for one in app.config.mailboxes},
    }
    with app.store.begin(app.site.clock.now()) as unit:
        if unit.note_settings(settings):
            logger.info("settings", extra=fields(configuration=settings["configuration"]))


def _digest(config: Config) -> str:
    """The SHA-256 of every setting but secrets: equal settings have equal digests."""
    return sha256(json.dumps(_plain(config), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return str(value)  # where it comes from, never what it is
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclass_fields(value)}
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump())
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(str(one) for one in value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value)
