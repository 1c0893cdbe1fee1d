"""Who is told of what needs a person: the log, and by mail the addresses that are set."""

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from cee_mailbot.app import App
from cee_mailbot.domain.alarms import Alarm, ToldAlarm, to_tell
from cee_mailbot.errors import CeeMailbotError, RefusedReplyError
from cee_mailbot.interfaces import Letter, MailerSession
from cee_mailbot.log import fields
from cee_mailbot.watching import look

logger = logging.getLogger(__name__)

TOLD_AGAIN_AFTER = timedelta(days=1)
_OWED_AT_MOST = 20


class AlarmBell:
    """Logs and mails what needs a person: once when it begins, once a day while it lasts, once when it has ended.

    What was told is written down in the database; while there is none, and for addresses that could not be reached,
    it is kept here.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._told: dict[tuple[str, str], ToldAlarm] = {}  # told, and not yet written down
        self._owed: deque[Letter] = deque(maxlen=_OWED_AT_MOST)

    def sound(self) -> None:
        """Tells what is to be told now.

        An address that can't be reached gets its mail at a later call, the others do not get theirs again. Raises what
        the mailer raises when nobody could be told: then nothing was, and all is told at the next call.
        """
        watch, _, sounding = look(self._app)
        down = watch.database_error is not None
        due, ended = to_tell(sounding, self._known(down=down), watch.at, TOLD_AGAIN_AFTER)
        if down:  # of what else was told before, nobody knows whether it has ended
            ended = ()
        self._log(due, ended)
        if self._app.config.alarms.to:
            self._mail(due, ended)
        self._note(due, ended, at=watch.at, down=down)

    def _known(self, *, down: bool) -> tuple[ToldAlarm, ...]:
        if down:
            return tuple(self._told.values())
        with self._app.store.read() as ask:
            told = {_key(one.alarm): one for one in ask.told_alarms()}
        return tuple((told | self._told).values())

    def _log(self, due: Sequence[Alarm], ended: Sequence[Alarm]) -> None:
        for alarm in due:
            logger.error("alarm: %s", alarm.reason, extra=fields(subject=alarm.subject or None))
        for alarm in ended:
            logger.info("alarm has ended: %s", alarm.reason, extra=fields(subject=alarm.subject or None))

    def _note(self, due: Sequence[Alarm], ended: Sequence[Alarm], *, at: datetime, down: bool) -> None:
        """Here first: whatever becomes of the database, nobody is told twice."""
        self._told |= {_key(alarm): ToldAlarm(alarm=alarm, told_at=at) for alarm in due}
        for alarm in ended:
            self._told.pop(_key(alarm), None)
        if not down and (self._told or ended):
            with self._app.store.begin(at) as unit:
                unit.note_told([one.alarm for one in self._told.values()], ended)
            self._told.clear()

    def _mail(self, due: Sequence[Alarm], ended: Sequence[Alarm]) -> None:
        """First what addresses are owed, then the news."""
        app = self._app
        sender = app.config.mailboxes[0].address
        news = [
            Letter(return_path=sender, to=to, raw=_letter(app, sender, to, due, ended))
            for to in app.config.alarms.to
            if due or ended
        ]
        if not (news or self._owed):
            return
        with app.mailer.session() as session:
            owed = [one for one in self._owed if _failure(session, one) is not None]
            failures = [(one, _failure(session, one)) for one in news]
        self._owed = deque(owed, maxlen=_OWED_AT_MOST)
        failed = [(one, error) for one, error in failures if error is not None]
        if failed and len(failed) == len(news):
            raise failed[0][1]
        self._owed += [one for one, error in failed if not isinstance(error, RefusedReplyError)]


def _failure(session: MailerSession, letter: Letter) -> CeeMailbotError | None:
    """What kept a letter from being sent, which is logged without the address."""
    try:
        session.send(letter)
    except CeeMailbotError as error:
        logger.warning("an address of [alarms] to could not be told: %s", type(error).__name__)
        return error
    return None


def _key(alarm: Alarm) -> tuple[str, str]:
    return alarm.reason, alarm.subject


def _letter(app: App, sender: str, to: str, due: Sequence[Alarm], ended: Sequence[Alarm]) -> bytes:
    mail = EmailMessage(policy=SMTP)
    reasons = sorted({alarm.reason for alarm in due}) or ["ended"]
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = f"cee-mailbot: {', '.join(reasons)}"
    mail["Date"] = format_datetime(app.site.clock.now())
    mail["Message-ID"] = app.site.new_message_id()
    mail["Auto-Submitted"] = "auto-generated"
    lines = [f"{alarm.reason}: {alarm.words}" for alarm in due]
    lines += [f"ended: {alarm.reason}: {alarm.words}" for alarm in ended]
    mail.set_content("\n".join([*lines, "", "What to do: docs/operations.md, under the reason's name.", ""]))
    return mail.as_bytes()
