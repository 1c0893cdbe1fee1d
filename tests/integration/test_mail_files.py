"""Mail in files: what `ingest` takes for a message, and what it does not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cee_mailbot.errors import UserError
from cee_mailbot.sources.mail_files import read_mail_files

ONE = b"From: a@one.example\nSubject: one\n\nHello,\n\nFrom our side everything is attached.\n"
TWO = b"From: b@two.example\nSubject: two\n\nbye\n"
MBOX = (
    b"From a@one.example Fri Nov 20 13:52:10 2026\n"
    + ONE
    + b"\nFrom b@two.example Sat Nov 21 09:00:00 UTC 2026\n"
    + TWO
)


def bodies(path: Path) -> list[bytes]:
    return [mail.raw for mail in read_mail_files(path)]


@pytest.mark.parametrize("name", ["inbox.mbox", "Inbox", "mail.MBOX", "mbox"])
def test_an_mbox_is_known_by_its_first_line_and_split_only_at_such_lines(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(MBOX)
    assert bodies(tmp_path / name) == [ONE, TWO]


def test_the_line_of_an_mbox_tells_when_a_message_arrived(tmp_path: Path) -> None:
    (tmp_path / "mbox").write_bytes(MBOX)
    times = [mail.arrived_at for mail in read_mail_files(tmp_path / "mbox")]
    assert times == [datetime(2026, 11, 20, 13, 52, 10, tzinfo=UTC), datetime(2026, 11, 21, 9, tzinfo=UTC)]


def test_a_file_that_only_begins_with_from_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(b"From our side\n\nhello\n")
    assert bodies(tmp_path / "1.eml") == [b"From our side\n\nhello\n"]


def test_of_a_maildir_only_its_mail_is_taken(tmp_path: Path) -> None:
    for folder in ("new", "cur", "tmp", ".Sent/cur"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("new/1", "cur/2:2,S", ".Sent/cur/3", "tmp/4", "dovecot-uidlist", "maildirfolder"):
        (tmp_path / name).write_bytes(name.encode())
    assert sorted(bodies(tmp_path)) == [b".Sent/cur/3", b"cur/2:2,S", b"new/1"]


def test_other_bytes_under_the_same_name_are_another_message(tmp_path: Path) -> None:
    """The earlier message's row must not stand for them, though their length be the same."""
    path = tmp_path / "t.eml"
    path.write_bytes(b"one")
    (first,) = read_mail_files(path)
    path.write_bytes(b"two")
    (second,) = read_mail_files(path)
    assert first.handle != second.handle


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", Path("/dev/null")):
        with pytest.raises(UserError, match="no file"):
            list(read_mail_files(path))
