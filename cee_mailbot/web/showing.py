"""Templates to pages; everything is escaped, and what a sender wrote can't turn a line around."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cee_mailbot.domain.flow_picture import in_hours
from cee_mailbot.domain.reasons import FLAGS, REASONS, REPLY_REASONS, SUBJECT_LINE, Meaning
from cee_mailbot.domain.roles import Role
from cee_mailbot.resources import resource
from cee_mailbot.web.asking import Asked, new_key
from cee_mailbot.web.claims import lasting
from cee_mailbot.web.session_cookie import session_left

_SIZES = ((1_000_000, "MB"), (1_000, "KB"))
_MINUTES = 120


def show(asked: Asked, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page; `asked` and the settings are there for every template."""
    page = (
        environment()
        .get_template(template)
        .render(
            asked=asked,
            person=asked.visitor,
            settings=asked.parts.settings,
            left=session_left(asked),
            centers=asked.parts.intake.site.centers,
            now=asked.parts.now(),
            can_work=asked.visitor is not None and asked.visitor.may(Role.SPECIALIST),
            **values,
        )
    )
    return HTMLResponse(page, status_code=status)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of the pages, with what they need to say times, sizes and codes in words."""
    made = Environment(
        loader=FileSystemLoader(resource("templates/web")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"when": when, "day": day, "size": size, "plain": plain, "sentence": sentence}
    made.filters |= {"hours": in_hours, "seconds": in_seconds, "lasting": lasting}
    made.globals |= {"meaning": meaning, "new_key": new_key}
    return made


def when(instant: datetime | None, zone: str = "UTC") -> str:
    """`Fri Nov 20, 2026, 1:52 PM PST (UTC-08:00)`: with its zone's name and offset."""
    if instant is None:
        return "-"
    local = instant.astimezone(ZoneInfo(zone))
    offset = local.isoformat()[-6:]
    hour = local.strftime("%I").lstrip("0")
    return f"{day(local)}, {hour}{local.strftime(':%M %p %Z')} (UTC{offset})"


def day(instant: datetime, zone: str | None = None) -> str:
    """`Fri Nov 20, 2026`."""
    local = instant.astimezone(ZoneInfo(zone)) if zone else instant
    return f"{local.strftime('%a %b')} {local.day}, {local.year}"


def size(count: int) -> str:
    """`812 KB`, decimal."""
    for unit, name in _SIZES:
        if count >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count} bytes"


def in_seconds(span: timedelta) -> str:
    """A short span: `42 seconds`, from two minutes on as `in_hours` has it."""
    seconds = int(span.total_seconds())
    return f"{seconds} second{'' if seconds == 1 else 's'}" if seconds < _MINUTES else in_hours(span)


def plain(text: object) -> str:
    """What somebody else wrote, on one line: what acts on a reader or turns the line around is shown as an escape."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in str(text or "")
    )


def sentence(code: str) -> str:
    """A code as words: `date-disputed` as `Date disputed`."""
    return code.replace("-", " ").capitalize()


_MEANINGS: Mapping[str, Meaning] = {**SUBJECT_LINE, **REPLY_REASONS, **REASONS, **FLAGS}


def meaning(code: str) -> Meaning:
    """What a flag or reason means, and what to do about it."""
    return _MEANINGS.get(code) or Meaning(means=sentence(code) + ".", act="See docs/reasons.md.")
