"""Who is told of what needs a person: the log, and by mail the addresses that are set."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from cee_mailbot.app import App
from cee_mailbot.domain.alarms import Alarm, ToldAlarm, Watch, to_tell
from cee_mailbot.errors import CeeMailbotError, PermanentError, UserError
from cee_mailbot.interfaces import Letter, MailerSession
from cee_mailbot.log import fields
from cee_mailbot.watching import look

logger = logging.getLogger(__name__)

TOLD_AGAIN_AFTER = timedelta(days=1)
FIRST_PAUSE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=1)
_OWED_AT_MOST = 20
_FOR_GOOD = (PermanentError, UserError)  # a password that can't be read needs a person, as one that is refused


class AlarmBell:
    """Logs and mails what needs a person: once when it begins, once a day while it lasts, once when it has ended.

    What was told is written down in the database; while there is none, and for addresses that could not be reached,
    it is kept here.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._post = AlarmPost(app)
        self._told: dict[tuple[str, str], ToldAlarm] = {}  # told, and not yet written down

    def sound(self) -> None:
        """Tells what is to be told now.

        An address that can't be reached gets its mail at a later call, the others do not get theirs again. Raises what
        the mailer raises when nobody could be told, and not for good: then nothing was, and all is told at the next
        call.
        """
        watch, _, sounding = look(self._app)
        down = watch.database_error is not None
        due, ended = to_tell(sounding, self._known(down=down), watch.at, TOLD_AGAIN_AFTER)
        if down:  # of what else was told before, nobody knows whether it has ended
            ended = ()
        self._log(due, ended)
        self._post.send(watch, News(due=due, ended=ended, sounding=sounding))
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
        post = self._post
        if not down and (self._told or ended or post.refused or post.reached):
            with self._app.store.begin(at) as unit:
                unit.note_told([one.alarm for one in self._told.values()], ended)
                unit.note_refused(post.refused, post.reached)
            self._told.clear()
            post.refused.clear()
            post.reached.clear()


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What is to be told now, what has ended, and all that sounds."""

    due: Sequence[Alarm]
    ended: Sequence[Alarm]
    sounding: Sequence[Alarm]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pause:
    length: timedelta
    until: datetime


class AlarmPost:
    """Mails news to the addresses that are set; `refused` and `reached` are what is to be written down of them.

    An address that can't be reached gets its mail at a later call. One that refuses for good is left alone for an
    hour, then for twice as long each time up to a day, or until the program starts again; then it is told what sounds.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._owed: deque[Letter] = deque(maxlen=_OWED_AT_MOST)
        self._pauses: dict[str, _Pause] = {}
        self.refused: dict[str, str] = {}
        self.reached: set[str] = set()

    def send(self, watch: Watch, news: News) -> None:
        """First what addresses are owed, then the news. Raises what the mailer raises when it reached nobody."""
        owed = [one for one in self._owed if one.to not in self._pauses]
        letters = list(self._letters(watch, news))
        if not (owed or letters):
            return
        ends = self._hand_over([*owed, *letters])
        for letter, error in ends:
            self._learn(letter.to, error, watch.at)
        self._owed = deque(_unreached(ends[: len(owed)]), maxlen=_OWED_AT_MOST)
        told = ends[len(owed) :]
        unreached = list(_unreached(told))
        if unreached and not any(error is None for _, error in told):
            raise next(error for letter, error in told if error is not None and letter in unreached)
        self._owed += unreached

    def _letters(self, watch: Watch, news: News) -> Iterable[Letter]:
        app, refused_before = self._app, {one.address for one in watch.refused}
        sender = app.config.mailboxes[0].address
        for to in app.config.alarms.to:
            pause = self._pauses.get(to)
            if pause is not None and watch.at < pause.until:
                continue
            anew = pause is not None or to in refused_before
            due, ended = (news.sounding, ()) if anew else (news.due, news.ended)
            if due or ended:
                yield Letter(return_path=sender, to=to, raw=_letter(app, sender, to, due, ended))

    def _hand_over(self, letters: Sequence[Letter]) -> list[tuple[Letter, CeeMailbotError | None]]:
        try:
            with self._app.mailer.session() as session:
                return [(one, _failure(session, one)) for one in letters]
        except _FOR_GOOD as error:  # nobody is let in: the same for every address
            logger.warning("alarms can't be mailed: %s", error)
            return [(one, error) for one in letters]

    def _learn(self, to: str, error: CeeMailbotError | None, at: datetime) -> None:
        if error is None:
            self._pauses.pop(to, None)
            self.refused.pop(to, None)
            self.reached.add(to)
        elif isinstance(error, _FOR_GOOD):
            last = self._pauses.get(to)
            length = min(last.length * 2, LONGEST_PAUSE) if last else FIRST_PAUSE
            self._pauses[to] = _Pause(length=length, until=at + length)
            self.refused[to] = str(error)
            self.reached.discard(to)


def _unreached(ends: Iterable[tuple[Letter, CeeMailbotError | None]]) -> Iterable[Letter]:
    """The letters that can go out later."""
    return (letter for letter, error in ends if error is not None and not isinstance(error, _FOR_GOOD))


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
