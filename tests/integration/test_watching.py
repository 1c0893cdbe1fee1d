"""Figures, metrics, health and alarms of a whole small site; contrib uses no metric that is not there."""

import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from cee_mailbot import watching
from cee_mailbot.alarming import AlarmBell
from cee_mailbot.app import App, opened
from cee_mailbot.blobs import DiskReserve, FolderBlobs
from cee_mailbot.config import ConfigError, load_config
from cee_mailbot.desk.bulk import Asker, foretell, start, stop
from cee_mailbot.domain.alarms import RULES
from cee_mailbot.domain.roles import Person, Role
from cee_mailbot.errors import RefusedReplyError, SignInError, TemporaryError, UnreachableError
from cee_mailbot.interfaces import Letter
from cee_mailbot.log import configure_logging
from cee_mailbot.mailers.files import FilesMailer, FilesSettings
from cee_mailbot.metrics import METRICS, PREFIX
from cee_mailbot.operations import check, poll, send
from cee_mailbot.questions import ItemQuery
from cee_mailbot.store.database import SqlStore
from cee_mailbot.testing import FixedClock, MemoryMailer
from cee_mailbot.upkeep import keep_census, take_daily_census
from tests.support.bot import Bot
from tests.support.mails import mail, numbered
from tests.support.needs import needed
from tests.support.workshop import ELECTRONICS, Workshop

ROOT = Path(__file__).parents[2]
LABELS = {"mailbox", "team", "code", "outcome", "reason", "stage"}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(folder=tmp_path)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return made


def configured(bot: Bot, **tables: dict[str, Any]) -> None:
    bot.configure(
        [
            {
                "name": "electronics",
                "address": "CEE-Electronics@cbp.dhs.gov",
                "team": "007",
                "source": "maildir",
                "path": str(bot.folder / "mail"),
            }
        ],
        replies={"transport": "files", "dir": str(bot.folder / "sent")},
        **tables,
    )


@pytest.fixture
def app(bot: Bot) -> Iterator[App]:
    configured(bot, alarms={"to": ["duty@agency.example"]})
    with opened(load_config(bot.folder / "mailboxes.toml", {})) as made:
        clock = FixedClock(made.site.clock.now())
        mailer = MemoryMailer()
        site = replace(made.site, clock=clock)
        yield replace(made, site=site, mailer=mailer, intake=replace(made.intake, site=site), started_at=clock.now())


def deliver(bot: Bot, *raws: bytes) -> None:
    for number, raw in enumerate(raws):
        (bot.folder / "mail" / "new" / f"{number}.host").write_bytes(raw)


def samples(app: App) -> dict[str, float]:
    given = watching.answer(app, "/metrics")
    assert given.status == 200
    lines = [line for line in given.body.decode().splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_the_metrics_say_what_the_store_has(app: App, bot: Bot) -> None:
    deliver(bot, numbered(1), mail(subject="DR,NokiaInc,345-6789,2704"), mail())
    list(poll(app))
    keep_census(app)
    said = samples(app)
    assert said['cee_mailbot_messages{mailbox="electronics",outcome="rejected"}'] >= 1
    assert said['cee_mailbot_items{stage="new",team="007"}'] == 2
    assert said['cee_mailbot_messages_rejected{reason="entry-invalid"}'] >= 1
    assert sum(value for name, value in said.items() if name.startswith("cee_mailbot_replies{")) == 3
    assert said["cee_mailbot_census_clean"] == 1
    assert said["cee_mailbot_breaker_open"] == 0
    assert said["cee_mailbot_disk_free_bytes"] > 0
    assert {name for name in said if name.startswith("cee_mailbot_alarm{")} == {
        f'cee_mailbot_alarm{{reason="{reason}"}}' for reason, _ in RULES
    }


def test_names_and_labels_are_those_that_programs_rely_on(app: App) -> None:
    """Twice the same: nothing is registered anywhere."""
    assert samples(app).keys() == samples(app).keys()
    text = watching.answer(app, "/metrics").body.decode()
    assert set(re.findall(r"(?m)^# TYPE (\S+)", text)) == {PREFIX + name for name in METRICS}
    assert {label for _, labels in METRICS.values() for label in labels} <= LABELS


def test_every_metric_that_contrib_uses_is_there() -> None:
    used = {
        name
        for path in sorted((ROOT / "contrib").rglob("*"))
        if path.suffix in (".json", ".yml")
        for name in re.findall(r"cee_mailbot_[a-z_]+", path.read_text(encoding="utf-8"))
    }
    assert used == {PREFIX + name for name in METRICS}


def test_health_says_what_is_well(app: App, bot: Bot) -> None:
    assert [watching.answer(app, path).status for path in ("/livez", "/readyz", "/metrics", "/other")] == [
        200,
        200,
        200,
        404,
    ]
    (bot.folder / "blobs").write_text("no folder")
    given = watching.answer(app, "/readyz")
    assert (given.status, b"blobs" in given.body) == (503, True)
    assert watching.answer(app, "/livez").status == 200


def test_health_is_served_on_loopback_where_a_port_is_set(app: App) -> None:
    with watching.health_served(app) as none:
        assert none is None
    monitoring = app.config.monitoring.model_copy(update={"tcp_port": 0})
    with watching.health_served(replace(app, config=replace(app.config, monitoring=monitoring))) as port:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as given:
            assert (given.status, given.read()) == (200, b"ready\n")
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{port}/passwd", timeout=30)


def letters(app: App) -> list[str]:
    assert isinstance(app.mailer, MemoryMailer)
    return [letter.raw.decode() for letter in app.mailer.letters]


def test_an_alarm_is_mailed_when_it_begins_once_a_day_and_when_it_has_ended(app: App) -> None:
    clock = app.site.clock
    assert isinstance(clock, FixedClock)
    AlarmBell(app).sound()
    assert letters(app) == []
    clock.advance(timedelta(minutes=16))
    for _ in range(3):
        AlarmBell(app).sound()
    [first] = letters(app)
    assert "Subject: cee-mailbot: no-completed-poll" in first
    assert "To: duty@agency.example" in first
    assert "Auto-Submitted: auto-generated" in first
    clock.advance(timedelta(days=1))
    AlarmBell(app).sound()
    assert len(letters(app)) == 2
    list(poll(app))
    for _ in range(2):
        AlarmBell(app).sound()
    assert len(letters(app)) == 3
    assert "ended: no-completed-poll" in letters(app)[2]


def test_an_alarm_whose_mail_could_not_be_sent_is_told_at_the_next_call(app: App) -> None:
    clock, mailer = app.site.clock, app.mailer
    assert isinstance(clock, FixedClock)
    assert isinstance(mailer, MemoryMailer)
    clock.advance(timedelta(minutes=16))
    mailer.be_down()
    with pytest.raises(UnreachableError):
        AlarmBell(app).sound()
    mailer.be_down(down=False)
    AlarmBell(app).sound()
    assert len(letters(app)) == 1


class PickyMailer(MemoryMailer):
    """Does not reach some addresses now; or refuses everything for good, and counts how often it was asked."""

    unreached: frozenset[str] = frozenset()
    refusal: Exception | None = None
    asked = 0

    @contextmanager
    def session(self) -> Iterator[MemoryMailer]:
        self.asked += 1
        if isinstance(self.refusal, SignInError):
            raise self.refusal
        yield self

    def send(self, letter: Letter) -> None:
        if letter.to in self.unreached:
            raise TemporaryError("450 greylisted")
        if self.refusal is not None:
            raise self.refusal
        super().send(letter)


def told_to(app: App, *addresses: str) -> tuple[App, PickyMailer, FixedClock]:
    mailer, clock = PickyMailer(), app.site.clock
    assert isinstance(clock, FixedClock)
    alarms = app.config.alarms.model_copy(update={"to": list(addresses)})
    return replace(app, mailer=mailer, config=replace(app.config, alarms=alarms)), mailer, clock


@pytest.mark.parametrize("order", [("a@agency.example", "b@agency.example"), ("b@agency.example", "a@agency.example")])
def test_one_address_that_fails_gets_its_mail_later_and_the_other_nothing_twice(
    app: App, order: tuple[str, str]
) -> None:
    app, mailer, clock = told_to(app, *order)
    bell = AlarmBell(app)
    clock.advance(timedelta(minutes=16))
    mailer.unreached = frozenset({"b@agency.example"})
    for _ in range(3):
        bell.sound()
    assert [letter.to for letter in mailer.letters] == ["a@agency.example"]
    mailer.unreached = frozenset()
    for _ in range(3):
        bell.sound()
    assert [letter.to for letter in mailer.letters] == ["a@agency.example", "b@agency.example"]


def subjects(mailer: MemoryMailer) -> list[tuple[str, str]]:
    return [(one.to.partition("@")[0], str(message_from_bytes(one.raw)["Subject"])) for one in mailer.letters]


def test_an_address_that_is_refused_for_good_keeps_nobody_from_being_told_once(app: App) -> None:
    """The others are told of that too."""
    app, mailer, clock = told_to(app, "gone@agency.example", "a@agency.example")
    mailer.refuse("gone@agency.example")
    clock.advance(timedelta(minutes=16))
    bell = AlarmBell(app)
    for _ in range(3):
        bell.sound()
    assert subjects(mailer) == [
        ("a", "cee-mailbot: no-completed-poll"),
        ("a", "cee-mailbot: alarm-mail-refused"),
    ]


@pytest.mark.parametrize(
    "refusal",
    [
        RefusedReplyError("550 no such user"),
        SignInError("535 wrong password"),
        ConfigError(["file mail: can't be read; create it, readable by this user"]),
    ],
)
def test_a_refusal_for_good_is_spaced_out_and_seen(
    app: App, refusal: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """A day of calls asks the mail server five times; every other place says meanwhile what is wrong."""
    app, mailer, clock = told_to(app, "gone@agency.example")
    mailer.refusal = refusal
    clock.advance(timedelta(minutes=16))
    bell = AlarmBell(app)
    tries = []
    for minute in range(0, 24 * 60, 20):
        before = mailer.asked
        bell.sound()
        if mailer.asked > before:
            tries.append(minute)
        clock.advance(timedelta(minutes=20))
    assert tries == [0, 60, 180, 420, 900]
    assert samples(app)['cee_mailbot_alarm{reason="alarm-mail-refused"}'] == 1
    [alarm] = [one for one in watching.status(app)["alarms"] if one.reason == "alarm-mail-refused"]
    assert "gone@agency.example since" in alarm.words
    assert str(refusal) in alarm.words
    assert "gone@agency.example" not in caplog.text


def test_an_address_that_takes_mail_again_is_told_what_sounds_and_no_alarm_any_more(app: App) -> None:
    """After the pause, or at once when the program is started again."""
    app, mailer, clock = told_to(app, "gone@agency.example")
    mailer.refusal = RefusedReplyError("550 no such user")
    clock.advance(timedelta(minutes=16))
    bell = AlarmBell(app)
    bell.sound()
    mailer.refusal = None
    bell.sound()
    assert subjects(mailer) == []
    started_again = AlarmBell(app)
    for _ in range(3):
        started_again.sound()
    assert subjects(mailer) == [
        ("gone", "cee-mailbot: alarm-mail-refused, no-completed-poll"),
        ("gone", "cee-mailbot: ended"),
    ]
    assert samples(app)['cee_mailbot_alarm{reason="alarm-mail-refused"}'] == 0
    clock.advance(timedelta(hours=1))
    bell.sound()
    assert samples(app)['cee_mailbot_alarm{reason="alarm-mail-refused"}'] == 0


def test_a_database_that_is_down_is_logged_mailed_once_and_a_metric(
    app: App, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    """What was told before goes on being known when the database is back."""
    clock, bell = app.site.clock, AlarmBell(app)
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(minutes=16))
    bell.sound()
    with closing(sqlite3.connect(bot.database, isolation_level=None)) as other:
        other.execute("alter table message rename to lost")
        for _ in range(3):
            bell.sound()
        assert [("database-down" in one) for one in letters(app)] == [False, True]
        said = samples(app)
        assert said['cee_mailbot_alarm{reason="database-down"}'] == 1
        assert said["cee_mailbot_disk_free_bytes"] > 0
        assert "alarm: database-down" in caplog.text
        other.execute("alter table lost rename to message")
    for _ in range(3):
        bell.sound()
    assert len(letters(app)) == 3
    assert "ended: database-down" in letters(app)[2]
    assert "no-completed-poll" not in letters(app)[2]
    assert samples(app)['cee_mailbot_alarm{reason="database-down"}'] == 0


# A name that no file system takes stands for what the system will not let anybody look at: a folder without rights,
# a disk that went away. Tests run as root too, whom no rights stop.
NOT_TO_BE_LOOKED_AT = "x" * 300


def without_the_disk_of_blobs(app: App, bot: Bot) -> App:
    gone = app.config.storage.model_copy(update={"blobs": f"{bot.folder}/{NOT_TO_BE_LOOKED_AT}"})
    return replace(app, config=replace(app.config, storage=gone), blobs=FolderBlobs(Path(gone.blobs)))


def test_alarms_sound_and_health_answers_while_the_disk_of_blobs_is_away(app: App, bot: Bot) -> None:
    app = without_the_disk_of_blobs(app, bot)
    deliver(bot, numbered(1))
    reserve = DiskReserve(Path(app.config.storage.blobs), 1)
    [result] = poll(replace(app, intake=replace(app.intake, reserve=reserve, blobs=app.blobs)))
    assert result.exit_code == 3
    assert "mail stays on its server" in str(result.error)
    assert isinstance(app.site.clock, FixedClock)
    app.site.clock.advance(timedelta(minutes=16))
    AlarmBell(app).sound()
    [letter] = letters(app)
    assert "no-completed-poll" in letter
    assert "can't look how much is free" in letter.replace("=\r\n", "")
    assert "cee_mailbot_disk_free_bytes" not in samples(app)
    ready = watching.answer(app, "/readyz")
    assert (ready.status, ready.body.partition(b":")[0]) == (503, b"blobs")


def test_a_database_that_can_not_be_looked_for_is_down(app: App, bot: Bot) -> None:
    app = replace(app, store=SqlStore(f"sqlite:///{bot.folder}/{NOT_TO_BE_LOOKED_AT}/bot.db"))
    assert [one.reason for one in watching.look(app)[2]] == ["database-down"]
    assert watching.answer(app, "/readyz").status == 503


def test_what_the_system_refuses_one_check_keeps_no_other_from_being_made(app: App) -> None:
    mailer = FilesMailer(FilesSettings(dir=Path(NOT_TO_BE_LOOKED_AT)))
    findings = {one.what: one for one in check(replace(app, mailers={"electronics": mailer}))}
    assert not findings["replies"].ok
    assert "File name too long" in findings["replies"].words
    assert findings["mailbox electronics"].ok


def test_the_census_is_taken_once_a_day_and_an_unclean_one_is_an_alarm(app: App, bot: Bot) -> None:
    clock = app.site.clock
    assert isinstance(clock, FixedClock)
    deliver(bot, numbered(1))
    list(poll(app))
    first = take_daily_census(app)
    assert first is not None
    assert first.clean
    assert take_daily_census(app) is None
    clock.advance(timedelta(days=1))
    next(bot.blobs.glob("??/??/*")).unlink()
    second = take_daily_census(app)
    assert second is not None
    assert second.unclean
    assert "census-unclean" in [alarm.reason for alarm in watching.look(app)[2]]


def test_bulk_jobs_are_forgotten_long_after_with_the_census(app: App, bot: Bot) -> None:
    """A preview that nobody started after a day, one that ended after a month; one that is under way stays."""
    clock, store = app.site.clock, app.store
    assert isinstance(clock, FixedClock)
    deliver(bot, numbered(1))
    list(poll(app))
    with store.read() as ask:
        items = [item.tracking for item in ask.items(ItemQuery())]
    asker = Asker(person=Person(name="sue", role=Role.SUPERVISOR))
    previewed, ended, under_way = (foretell(app.intake, asker, "claim", items=items) for _ in range(3))
    for job in (ended, under_way):
        start(app.intake, asker, job)
    stop(app.intake, ended, actor="sue")

    def kept(after: timedelta) -> list[int]:
        clock.advance(after)
        take_daily_census(app)
        with store.read() as ask:
            return [one.id for one in ask.bulk_jobs(person=None, limit=9)]

    assert kept(timedelta(hours=1)) == [under_way, ended, previewed]
    assert kept(timedelta(days=1)) == [under_way, ended]
    assert kept(timedelta(days=30)) == [under_way]


def test_C2_what_a_killed_writer_left_is_removed_once_a_day(app: App, bot: Bot) -> None:
    deliver(bot, numbered(1))
    list(poll(app))
    left, under_way = bot.blobs / "tmp" / "left", bot.blobs / "tmp" / "under-way"
    for file in (left, under_way):
        file.touch()
    os.utime(left, (0, 0))
    take_daily_census(app)
    assert (left.exists(), under_way.exists()) == (False, True)


def test_new_mail_stays_on_its_server_while_the_disk_is_short_and_comes_when_there_is_room(tmp_path: Path) -> None:
    """The reserve is looked at before anything is fetched."""
    workshop = Workshop(tmp_path)
    workshop.source.deliver(numbered(1), workshop.clock.now())
    short = replace(workshop.intake, reserve=DiskReserve(tmp_path / "blobs", 10**18))
    with pytest.raises(UnreachableError, match="stays on its server"):
        workshop.poll(ELECTRONICS, intake=short)
    assert (len(workshop.source.inbox), workshop.messages(), workshop.blobs.kept) == (1, (), {})
    assert "disk_reserve" in str(workshop.error())
    workshop.poll(ELECTRONICS, intake=replace(workshop.intake, reserve=DiskReserve(tmp_path / "blobs", 0)))
    assert (len(workshop.source.inbox), len(workshop.messages()), workshop.error()) == (0, 1, None)
    workshop.store.close()


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_of_a_whole_run_holds_no_address_and_no_subject(app: App, bot: Bot, form: str) -> None:
    stream = StringIO()
    configure_logging("info", form, stream)  # type: ignore[arg-type]
    deliver(bot, numbered(1), mail(subject="DR,SecretCo,345-6789,2704"), b"\xff\xfe no mail at all")
    list(poll(app))
    send(app)
    keep_census(app)
    AlarmBell(app).sound()
    said = stream.getvalue()
    assert "electronics" in said
    for secret in ("broker@", "filer.example", "SecretCo", "NokiaInc", "@cbp.dhs.gov", "Paper 1"):
        assert secret not in said
    if form == "json":
        assert all(json.loads(line)["event"] for line in said.splitlines())


def test_the_alert_rules_are_what_promtool_takes_and_sound_when_they_should() -> None:
    promtool, folder = needed("promtool", "prometheus"), ROOT / "contrib" / "prometheus"
    for words in (("check", "rules", "cee-mailbot.rules.yml"), ("test", "rules", "cee-mailbot.test.yml")):
        run = subprocess.run([promtool, *words], cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_promtool_takes_the_metrics(app: App) -> None:
    text = watching.answer(app, "/metrics").body
    run = subprocess.run(
        [needed("promtool", "prometheus"), "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_the_unit_is_what_systemd_takes_and_is_sandboxed(tmp_path: Path) -> None:
    systemd, unit = needed("systemd-analyze", "systemd"), ROOT / "contrib" / "systemd" / "cee-mailbot.service"
    here = tmp_path / unit.name
    # The program lies elsewhere on this machine; everything else is as it is shipped.
    here.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
    verify = subprocess.run([systemd, "verify", here], capture_output=True, text=True, check=False)
    assert (verify.returncode, verify.stderr) == (0, "")
    exposure = subprocess.run(
        [systemd, "security", "--offline=true", "--threshold=20", here], capture_output=True, text=True, check=False
    )
    assert exposure.returncode == 0, exposure.stdout


def test_the_dashboard_is_json_with_a_query_in_every_panel() -> None:
    board = json.loads((ROOT / "contrib" / "grafana" / "cee-mailbot.json").read_text(encoding="utf-8"))
    assert board["panels"]
    assert all(target["expr"] for panel in board["panels"] for target in panel["targets"])
