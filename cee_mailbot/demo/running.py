"""The run of the samples: they lie in their mailboxes, and the clock goes through the rounds that they want."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cee_mailbot import operations
from cee_mailbot.app import App, SetClock, opened
from cee_mailbot.config import Config
from cee_mailbot.demo.samples import Sample, Step, samples, steps
from cee_mailbot.demo.telling import Told, what_became


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """How many samples were delivered, the exit code of the worst poll, and what became of all samples."""

    delivered: int
    exit_code: int
    told: Told


def run_samples(config: Config, *, now: datetime | None = None) -> Ran:
    """Delivers the samples that are not there yet, and polls by the clock of the samples, from where it stood last.

    The clock ends after the last sample, or at `now`.
    """
    some = samples()
    paths = {one.name: one.path for one in config.mailboxes if one.path is not None}
    delivered = sum(_deliver(one, paths[one.mailbox]) for one in some if one.mailbox in paths)
    rounds = steps(some)
    end = now or rounds[-1].at
    clock = SetClock(instant=end)
    with opened(config, clock=clock) as app:
        stood = _last_poll(app)
        last = Step(at=now or max(end, stood or end), mailboxes=frozenset(paths))
        due = [one for one in rounds if one.at < end and (stood is None or one.at > stood)]
        code = max(_round(app, clock, one) for one in (*due, last))
        return Ran(delivered=delivered, exit_code=code, told=what_became(app, some))


def _last_poll(app: App) -> datetime | None:
    with app.store.read() as ask:
        return max((one.last_completed for one in ask.mailboxes() if one.last_completed), default=None)


def _round(app: App, clock: SetClock, step: Step) -> int:
    """One pass and what follows from it, as `poll` does it; the exit code."""
    clock.instant = step.at
    # A timer waits for every mailbox that was ever polled: so each round looks into those too.
    wanted = step.mailboxes | _ever_polled(app)
    results = list(operations.poll(app, [one.name for one in app.config.mailboxes if one.name in wanted]))
    operations.chase_sets(app)
    operations.send(app)
    operations.read(app)
    return max((result.exit_code for result in results), default=0)


def _ever_polled(app: App) -> set[str]:
    with app.store.read() as ask:
        return {one.mailbox for one in ask.mailboxes() if one.last_completed}


def _deliver(sample: Sample, maildir: Path) -> bool:
    """Puts a sample into its Maildir as of its time of arrival; whether it was not there yet."""
    if any(_lie(maildir, sample.uid)):
        return False
    being_written = maildir / "tmp" / sample.uid
    being_written.write_bytes(sample.raw)
    os.utime(being_written, (sample.arrived.timestamp(), sample.arrived.timestamp()))
    being_written.rename(maildir / "new" / sample.uid)
    return True


def _lie(maildir: Path, uid: str) -> Iterator[Path]:
    for folder in ("new", "cur", ".Processed/cur", ".Processed/new"):
        yield from (maildir / folder).glob(f"{uid}*")
