"""The configuration: what loads, what fails and with which words, and that every key is explained."""

import contextlib
import re
import tomllib
from dataclasses import fields
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from cee_mailbot.config import Config, find_config, load_config
from cee_mailbot.config.errors import ConfigError
from cee_mailbot.config.fields import Table
from cee_mailbot.config.file import lines_of
from cee_mailbot.config.official_tables import IdentifierTable
from cee_mailbot.config.staff_tables import GroupTable, OpenidTable, WebTable
from cee_mailbot.config.tables import (
    AlarmsConfig,
    CenterTable,
    LogConfig,
    MailboxTable,
    MonitoringConfig,
    PolicyTable,
    PollingConfig,
    ReadingConfig,
    RepliesTable,
    ScannerConfig,
    StorageConfig,
)
from cee_mailbot.config.values import (
    is_loopback,
    parse_duration,
    parse_office_hours,
    parse_size,
)
from cee_mailbot.domain.office_hours import OfficeHours
from cee_mailbot.domain.policy import Policy

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "config" / "mailboxes.toml"
PAGE = ROOT / "docs" / "configuration.md"
BROKEN = sorted((ROOT / "fixtures" / "config").glob("*.toml"))

MAILDIR = """
[[mailbox]]
name = "CEE-Electronics"
address = "CEE-Electronics@cbp.dhs.gov"
team = "007"
source = "maildir"
path = "var/mail/CEE-Electronics"
"""
IMAP = """
[[mailbox]]
name = "CEE-Machinery"
address = "CEE-Machinery@cbp.dhs.gov"
source = "imap"
host = "imap.example.gov"
user = "cee-machinery"
"""
TABLES: dict[str, type[Table]] = {
    "[storage]": StorageConfig,
    "[replies]": RepliesTable,
    "[policy]": PolicyTable,
    "[polling]": PollingConfig,
    "[reading]": ReadingConfig,
    "[scanner]": ScannerConfig,
    "[log]": LogConfig,
    "[monitoring]": MonitoringConfig,
    "[alarms]": AlarmsConfig,
    "[web]": WebTable,
    "[openid]": OpenidTable,
    "[identifier]": IdentifierTable,
    "[[group]]": GroupTable,
    "[[mailbox]]": MailboxTable,
    "[[center]]": CenterTable,
}


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    path = folder / "mailboxes.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environ or {})


def error_of(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, environ)
    return str(caught.value)


# Broken files


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_fails_for_the_expected_reason(path: Path) -> None:
    """The expected lines stand beside the file, whole: file, line, key, what is wrong, what to do."""
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})
    assert str(caught.value).replace(str(path), path.name) == path.with_suffix(".txt").read_text().rstrip("\n")
    assert caught.value.exit_code == 2
    assert "hunter2" not in str(caught.value)


def test_there_are_many_broken_files_and_each_has_its_expectation() -> None:
    assert len(BROKEN) >= 16
    assert {path.stem for path in BROKEN} == {path.stem for path in BROKEN[0].parent.glob("*.txt")}


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; write one with: cee-mailbot init"):
        load_config(tmp_path / "none.toml", {})


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a directory"):
        load_config(tmp_path, {})


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"can't be read \(Not a directory\)"):
        load_config(tmp_path / "file" / "mailboxes.toml", {})
    with pytest.raises(ConfigError, match="not a file name"):
        load_config(Path("a\0b"), {})


def test_brackets_without_end_are_no_crash(tmp_path: Path) -> None:
    assert "not TOML" in error_of(tmp_path, "x = " + "[" * 100_000)


ANYTHING = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("table", ["storage", "replies", "policy", "polling", "reading", "log", "mailbox", "center"])
@settings(deadline=None)
@given(value=ANYTHING)
def test_no_value_in_the_place_of_a_table_is_a_crash(
    tmp_path_factory: pytest.TempPathFactory, table: str, value: object
) -> None:
    written = tomlkit.dumps({table: value})
    for environ in ({}, {f"CEE_MAILBOT__{table.upper()}__KEY": "x"}):
        assert error_of(tmp_path_factory.getbasetemp(), written, environ)


@pytest.mark.parametrize("table", ["policy", "replies", "mailbox"])
@settings(deadline=None)
@given(value=ANYTHING, data=st.data())
def test_no_value_of_a_key_is_a_crash(
    tmp_path_factory: pytest.TempPathFactory, table: str, value: object, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(TABLES[f"[{table}]" if table != "mailbox" else "[[mailbox]]"].model_fields)))
    keys = {key: value}
    tables = {"mailbox": [{"name": "A", **keys}]} if table == "mailbox" else {table: keys}
    with contextlib.suppress(ConfigError):
        load(tmp_path_factory.getbasetemp(), tomlkit.dumps(tables))


@settings(deadline=None)
@given(text=st.text(st.sampled_from("[]{}\"'=,.#\\\nab1 ")))
def test_no_text_is_a_crash(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    assert error_of(tmp_path_factory.getbasetemp(), text)


# Where the file is


def test_the_option_wins_over_the_variable_and_the_variable_over_the_usual_place(tmp_path: Path) -> None:
    usual = tmp_path / "config" / "mailboxes.toml"
    usual.parent.mkdir()
    usual.touch()
    assert find_config("a.toml", {"CEE_MAILBOT_CONFIG": "b.toml"}, tmp_path) == Path("a.toml")
    assert find_config(None, {"CEE_MAILBOT_CONFIG": "b.toml"}, tmp_path) == Path("b.toml")
    assert find_config(None, {}, tmp_path) == usual


def test_every_place_looked_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cee_mailbot.config.SYSTEM_PLACE", tmp_path / "etc" / "mailboxes.toml")
    with pytest.raises(ConfigError) as caught:
        find_config(None, {}, tmp_path)
    for place in ("--config", "$CEE_MAILBOT_CONFIG", "config/mailboxes.toml", "etc/mailboxes.toml"):
        assert place in str(caught.value)


def test_a_place_that_may_not_be_looked_into_is_told_of_as_the_configuration(tmp_path: Path) -> None:
    """A name that no file system takes stands for a folder without rights, which would not stop root."""
    found = find_config(None, {}, tmp_path / ("x" * 300))
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(found, {})


# What loads


def test_the_smallest_configuration_has_every_default(tmp_path: Path) -> None:
    config = load(tmp_path, MAILDIR)
    assert config.storage.database == "sqlite:///var/cee-mailbot.db"
    assert (config.replies.transport, config.replies.host, config.replies.tcp_port) == ("smtp", "localhost", 25)
    assert config.policy == Policy()
    assert config.mailboxes[0].policy == Policy()
    assert config.mailboxes[0].activation is None
    assert config.mailboxes[0].mailbox.team == "007"
    assert config.polling.interval == timedelta(minutes=1)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "mailboxes.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MAILDIR.replace("\n", "\r\n").encode())
    assert len(load_config(path, {}).mailboxes) == 1


def test_a_mailbox_takes_the_site_s_policy_and_lays_its_own_over_it(tmp_path: Path) -> None:
    text = '[policy]\nsubject = "strict"\nusvi = "reject"\n' + MAILDIR + '[mailbox.policy]\nusvi = "flag"\n'
    config = load(tmp_path, text)
    assert (config.policy.subject, config.policy.usvi) == ("strict", "reject")
    assert (config.mailboxes[0].policy.subject, config.mailboxes[0].policy.usvi) == ("strict", "flag")


def test_a_policy_key_may_stand_directly_in_the_mailbox(tmp_path: Path) -> None:
    config = load(tmp_path, MAILDIR + 'quiet_period = "3m"\n')
    assert config.mailboxes[0].policy.quiet_period == timedelta(minutes=3)
    assert config.policy.quiet_period == timedelta(minutes=15)


@pytest.mark.parametrize("written", ["08:30", "8:30-16:30", "16:30-08:30", "08:30-24:00", "08:30-08:30", "always", ""])
def test_what_are_no_office_hours_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError, match="office_hours"):
        load(tmp_path, MAILDIR + f'office_hours = "{written}"\n')


def test_a_mailbox_has_its_own_office_hours_or_none(tmp_path: Path) -> None:
    """The one rule whose absence can be written: it takes back what the site has set."""
    site = '[policy]\noffice_hours = "08:30-16:30"\n'
    hours = OfficeHours(opens=time(8, 30), closes=time(16, 30))
    for key, expected in (("", hours), ('office_hours = "none"\n', None)):
        config = load(tmp_path, site + MAILDIR + key)
        assert (config.policy.office_hours, config.mailboxes[0].policy.office_hours) == (hours, expected)


def test_the_threshold_of_a_split_is_half_the_limit_unless_it_is_set(tmp_path: Path) -> None:
    text = '[policy]\nattachment_limit = "4MB"\n' + MAILDIR + 'split_threshold = "1MB"\n'
    config = load(tmp_path, text)
    assert config.policy.split_threshold == 2_000_000
    assert config.mailboxes[0].policy.split_threshold == 1_000_000


def test_domains_compare_without_regard_to_case(tmp_path: Path) -> None:
    config = load(tmp_path, '[policy]\nown_domains = ["CBP.dhs.gov"]\n' + MAILDIR)
    assert config.policy.own_domains == frozenset({"cbp.dhs.gov"})


@pytest.mark.parametrize(
    "written",
    ['"2026-01-01T00:00:00Z"', "2026-01-01T00:00:00Z", '"2025-12-31T19:00:00-05:00"', "2025-12-31 19:00:00-05:00"],
)
def test_activation_is_an_instant_in_utc(tmp_path: Path, written: str) -> None:
    config = load(tmp_path, MAILDIR + f"activation = {written}\n")
    assert config.mailboxes[0].activation == datetime(2026, 1, 1, tzinfo=UTC)


def test_an_address_of_the_directory_brings_its_team(tmp_path: Path) -> None:
    config = load(tmp_path, IMAP + 'password_env = "P"\n')
    assert (config.mailboxes[0].team, config.mailboxes[0].kind) == ("010", "center")


@pytest.mark.parametrize("path", ["", "  ", "a\\u0000b", "a\\nb"])
def test_a_path_is_neither_empty_nor_more_than_a_line(tmp_path: Path, path: str) -> None:
    assert "must be one line of text" in error_of(tmp_path, MAILDIR.replace("var/mail/CEE-Electronics", path))


def test_the_program_office_is_known_by_its_address(tmp_path: Path) -> None:
    text = '[[mailbox]]\nname = "CEE"\naddress = "cee@CBP.dhs.gov"\nsource = "maildir"\npath = "x"\n'
    config = load(tmp_path, text)
    assert (config.mailboxes[0].team, config.mailboxes[0].kind) == ("000", "program")


@pytest.mark.parametrize(("tls", "tcp_port"), [("implicit", 993), ("starttls", 143)])
def test_the_port_of_imap_follows_its_encryption(tmp_path: Path, tls: str, tcp_port: int) -> None:
    config = load(tmp_path, IMAP + f'password_env = "P"\ntls = "{tls}"\n')
    assert config.mailboxes[0].tcp_port == tcp_port


def test_replies_to_another_machine_are_encrypted_unless_that_is_refused(tmp_path: Path) -> None:
    config = load(tmp_path, '[replies]\nhost = "mail.example.gov"\n' + MAILDIR)
    assert (config.replies.tls, config.replies.tcp_port) == ("starttls", 587)


def test_a_center_can_be_overridden_and_added(tmp_path: Path) -> None:
    text = (
        '[[center]]\nteam = "007"\nphone = "+1 202 555 0100"\ntime_zone = "America/Denver"\n'
        '[[center]]\nteam = "011"\nname = "Plastics"\nlocation = "Boston"\ntime_zone = "America/New_York"\n'
    )
    config = load(tmp_path, text + MAILDIR.replace('"007"', '"011"'))
    assert (config.centers["007"].name, config.centers["007"].time_zone) == ("Electronics", "America/Denver")
    assert config.centers["011"].mailboxes == ("CEE-Electronics@cbp.dhs.gov",)
    assert config.centers["007"].phone == "+1 202 555 0100"
    assert len(config.centers) == 12


def test_a_configured_address_comes_before_those_of_the_directory(tmp_path: Path) -> None:
    config = load(tmp_path, MAILDIR.replace("CEE-Electronics@cbp.dhs.gov", "test@example.gov"))
    assert config.centers["007"].mailboxes == ("test@example.gov", "CEE-Electronics@cbp.dhs.gov")


# The environment


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = {
        "CEE_MAILBOT__STORAGE__DATABASE": "sqlite:////srv/x.db",
        "CEE_MAILBOT__POLICY__QUIET_PERIOD": "30m",
        "CEE_MAILBOT__POLICY__BREAKER_FLOOR": "7",
        "CEE_MAILBOT__POLICY__OWN_DOMAINS": "cbp.dhs.gov, dhs.gov",
        "CEE_MAILBOT__POLLING__SET_BYTES": "1000",
    }
    config = load(tmp_path, '[storage]\ndatabase = "sqlite:///a"\nblobs = "b"\n' + MAILDIR, environ)
    assert (config.storage.database, config.storage.blobs) == ("sqlite:////srv/x.db", "b")
    assert config.policy.quiet_period == timedelta(minutes=30)
    assert config.policy.breaker_floor == 7
    assert config.policy.own_domains == frozenset({"cbp.dhs.gov", "dhs.gov"})
    assert config.polling.set_bytes == 1000


def test_one_variable_switches_replies_to_files(tmp_path: Path) -> None:
    environ = {"CEE_MAILBOT__REPLIES__TRANSPORT": "files", "CEE_MAILBOT__REPLIES__DIR": "out"}
    config = load(tmp_path, '[replies]\nhost = "mail.example.gov"\n' + MAILDIR, environ)
    assert (config.replies.transport, config.replies.dir) == ("files", Path("out"))


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CEE_MAILBOT__POLICY__QUIET_PERIOD", "soon", "is not a duration"),
        ("CEE_MAILBOT__POLICY__QUIET_PEROD", "3m", "did you mean quiet_period?"),
        ("CEE_MAILBOT__POLICY__BREAKER_FLOOR", "-1", "is not a whole number"),
        ("CEE_MAILBOT__POLICY__DOCUMENTS_REQUIRED", "DR,XX", '"XX" is not known'),
        ("CEE_MAILBOT__STORRAGE__BLOBS", "x", "names no section"),
        ("CEE_MAILBOT__BLOBS", "x", "names no section"),
        ("CEE_MAILBOT__MAILBOX__0__HOST", "x", "can't be set from the environment"),
        ("CEE_MAILBOT__STORAGE__BLOBS", "s3://x", "not in this version"),
    ],
)
def test_a_fault_of_the_environment_names_the_variable(tmp_path: Path, variable: str, value: str, words: str) -> None:
    first = error_of(tmp_path, MAILDIR, {variable: value}).splitlines()[0]
    assert first.startswith(f"environment: {variable}: ")
    assert words in first


# Secrets


def test_a_password_is_read_when_it_is_asked_for_and_its_line_end_is_none_of_it(tmp_path: Path) -> None:
    config = load(tmp_path, IMAP + f'password_file = "{tmp_path}/secret"\n')
    secret = config.mailboxes[0].password
    assert secret is not None
    with pytest.raises(ConfigError, match="can't be read"):
        secret()
    (tmp_path / "secret").write_text("hunter2 \r\n")
    assert secret() == "hunter2 "
    (tmp_path / "secret").write_text("changed")
    assert secret() == "changed"


def test_a_relative_password_file_is_looked_for_among_the_credentials_of_the_service(tmp_path: Path) -> None:
    (tmp_path / "cee").write_text("hunter2")
    config = load(tmp_path, IMAP + 'password_file = "cee"\n', {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.mailboxes[0].password is not None
    assert config.mailboxes[0].password() == "hunter2"


def test_a_folder_of_secrets_that_may_not_be_looked_into_holds_none(tmp_path: Path) -> None:
    """`/run/secrets` is often root's alone."""
    config = load(tmp_path, IMAP + 'password_file = "cee"\n', {"CREDENTIALS_DIRECTORY": "x" * 300})
    assert config.mailboxes[0].password is not None
    with pytest.raises(ConfigError, match="file cee: can't be read"):
        config.mailboxes[0].password()


def test_a_password_can_come_from_a_variable(tmp_path: Path) -> None:
    environ = {"CEE_PASSWORD": "hunter2"}
    secret = load(tmp_path, IMAP + 'password_env = "CEE_PASSWORD"\n', environ).mailboxes[0].password
    assert secret is not None
    assert secret() == "hunter2"
    environ.clear()
    with pytest.raises(ConfigError, match="CEE_PASSWORD: is not set"):
        secret()


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff\xfe"])
def test_a_file_that_holds_no_password_is_named_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    secret = load(tmp_path, IMAP + f'password_file = "{tmp_path}/secret"\n').mailboxes[0].password
    assert secret is not None
    with pytest.raises(ConfigError) as caught:
        secret()
    assert "secret" in str(caught.value)
    assert "two" not in str(caught.value)


def test_no_form_of_the_configuration_shows_a_password(tmp_path: Path) -> None:
    config = load(tmp_path, IMAP + 'password = "hunter2"\n')
    assert config.mailboxes[0].password is not None
    assert config.mailboxes[0].password() == "hunter2"
    assert "hunter2" not in f"{config!r} {config}"
    assert "Secret(from the configuration)" in repr(config)
    assert "hunter2" not in repr(MailboxTable(name="a", address="a@b", source="imap", password="hunter2"))


# Laws of the values


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["seconds", "minutes", "hours", "days"]))
def test_a_duration_is_as_many_of_its_unit_as_it_says(count: int, unit: str) -> None:
    assert parse_duration(f"{count}{unit[0]}") == timedelta(**{unit: count})


@settings(deadline=None)
@given(st.integers(1, 100_000), st.sampled_from([("B", 0), ("KB", 1), ("MB", 2), ("GB", 3)]))
def test_a_size_is_as_many_of_its_unit_as_it_says(count: int, unit: tuple[str, int]) -> None:
    name, thousands = unit
    assert parse_size(f"{count}{name}") == count * 1000**thousands
    assert parse_size(count) == count


@pytest.mark.parametrize("text", ["", "15", "m", "1.5h", "-1m", " 1m", "1m ", "1h30m", "1M", "٣m", "9" * 9 + "d", 15])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "0", "MB", "1.5MB", "-1", "1 MB", "1mb", "1MiB", True, 0, -5, 1.5, "9" * 15 + "GB"]
)
def test_anything_else_is_no_size(text: object) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "a.localhost"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "127.0.0.1.example.gov", "localhost.example.gov", "10.0.0.1", "0.0.0.0", "::"])  # noqa: S104 - a name, nothing is bound
def test_another_machine_is_not_taken_for_this_one(host: str) -> None:
    assert not is_loopback(host)


def test_lines_are_known_through_every_form_of_toml() -> None:
    text = '''a = """
[b]
x = 1
"""  # [c]
"d.e" . f = [ # ]
  "]",
  '\\', { g = 1 },
]
[[m]]
n = 1
  [m.p]
  q = 2
[[m]]
n = """one"""
m2.r = 3
[[m.s]]
t = 4
[[m.s]]
t = 5
'''
    lines = lines_of(text)
    assert lines == {
        ("a",): 1,
        ("d.e",): 5,
        ("d.e", "f"): 5,
        ("m",): 9,
        ("m", 0): 9,
        ("m", 0, "n"): 10,
        ("m", 0, "p"): 11,
        ("m", 0, "p", "q"): 12,
        ("m", 1): 13,
        ("m", 1, "n"): 14,
        ("m", 1, "m2"): 15,
        ("m", 1, "m2", "r"): 15,
        ("m", 1, "s"): 16,
        ("m", 1, "s", 0): 16,
        ("m", 1, "s", 0, "t"): 17,
        ("m", 1, "s", 1): 18,
        ("m", 1, "s", 1, "t"): 19,
    }


# The sample and the page


def sample_with_every_key(folder: Path) -> Config:
    """The sample with the "#" taken away from every key and table."""
    return load(folder, re.sub(r"(?m)^#(?=\[|[a-z_]+ = )", "", SAMPLE.read_text(encoding="utf-8")))


def test_the_sample_loads_as_it_stands_and_its_rules_are_the_defaults() -> None:
    config = load_config(SAMPLE, {})
    assert config.policy == Policy()
    assert [mailbox.source for mailbox in config.mailboxes] == ["maildir"]
    assert config.replies.transport == "files"


def test_the_sample_loads_with_every_key_set_and_has_every_mailbox_of_the_directory(tmp_path: Path) -> None:
    config = sample_with_every_key(tmp_path)
    known = {address for center in config.centers.values() for address in center.mailboxes}
    assert {mailbox.address for mailbox in config.mailboxes} == known
    assert len(known) == 13


def test_what_the_sample_shows_for_a_rule_is_its_default(tmp_path: Path) -> None:
    shown, default = sample_with_every_key(tmp_path).policy, Policy()
    lists = {"reply_prefixes", "gateway_tags", "out_of_office_subjects"}  # too long to be repeated there
    for key in {field.name for field in fields(Policy)} - lists:
        assert getattr(shown, key) == getattr(default, key), key


def test_the_rules_that_can_be_set_are_those_of_the_policy() -> None:
    assert set(PolicyTable.model_fields) == {field.name for field in fields(Policy)}


@pytest.mark.parametrize("table", TABLES)
def test_the_page_has_a_row_for_every_key_and_no_other(table: str) -> None:
    section = PAGE.read_text(encoding="utf-8").split(f"## `{table}`\n")[1].split("\n## ")[0]
    rows = re.findall(r"(?m)^\| `([a-z_]+)` \|", section)
    keys = set(TABLES[table].model_fields)
    beside = set(PolicyTable.model_fields) if table == "[[mailbox]]" else set()
    assert sorted(rows) == sorted(keys - beside)


@pytest.mark.parametrize("table", TABLES)
def test_the_sample_names_every_key(table: str) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    for key in set(TABLES[table].model_fields) - {"policy"}:
        assert re.search(rf"\b{key}\b", text), key


def test_the_page_tells_the_defaults_of_the_rules() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for field in fields(Policy):
        row = re.search(rf"(?m)^\| `{field.name}` \| (.*?) \|", text.split("## `[policy]`")[1])
        assert row, field.name
        assert row[1] == "the shipped list" or _read(row[1]) == _plain(getattr(Policy(), field.name)), field.name


def _read(cell: str) -> object:
    """The default as the page writes it, in the form that the rules hold."""
    value = tomllib.loads(f"value = {cell.strip('`')}")["value"]
    for parse in (parse_duration, parse_size, parse_office_hours):
        with contextlib.suppress(ValueError):
            return parse(value)
    return value


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value
