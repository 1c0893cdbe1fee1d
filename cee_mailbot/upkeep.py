"""What keeps the program honest while it runs: the census, daily."""

import logging
from collections.abc import Sequence
from typing import Any

from cee_mailbot.app import App
from cee_mailbot.census import Census, CensusReport, differences, take_census
from cee_mailbot.domain.facts import to_json
from cee_mailbot.errors import UserError
from cee_mailbot.log import fields

logger = logging.getLogger(__name__)


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
