import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import BinaryIO

import pytest

from cee_mailbot.errors import PermanentError, UnreachableError, UserError
from cee_mailbot.interfaces import SourceSession
from cee_mailbot.sources import maildir, source_class
from cee_mailbot.sources.maildir import MaildirSettings, MaildirSource
from tests.contract.source_contract import LONG_AGO, NOON, SourceContract, message


class MaildirBox:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.away = path.with_suffix(".away")
        self.numbers = count()
        for name in ("cur", "new", "tmp"):
            (path / name).mkdir(parents=True)
        self.source = MaildirSource(MaildirSettings(path=path))

    def put(self, raw: bytes, arrived_at: datetime) -> None:
        self.lay("new", f"{next(self.numbers)}.M1P1.host", raw, arrived_at)

    def lay(self, folder: str, name: str, raw: bytes, arrived_at: datetime) -> Path:
        file = self.path / folder / name
        file.write_bytes(raw)
        os.utime(file, (arrived_at.timestamp(), arrived_at.timestamp()))
        return file

    def as_served(self, raw: bytes) -> bytes:
        return raw

    def waiting(self) -> list[bytes]:
        return [file.read_bytes() for name in ("new", "cur") for file in sorted((self.path / name).iterdir())]

    def kept(self) -> list[bytes]:
        return [file.read_bytes() for file in sorted(self.path.glob(".Processed/cur/*"))]

    def traces(self) -> object:
        return sorted((str(file), file.stat().st_mtime_ns, file.stat().st_mode) for file in self.path.rglob("*"))

    def remove_all(self) -> None:
        for name in ("new", "cur"):
            for file in (self.path / name).iterdir():
                file.unlink()

    def break_off(self, _session: SourceSession) -> None:
        self.path.rename(self.away)

    def repair(self) -> None:
        self.away.rename(self.path)


class TestMaildirSource(SourceContract):
    @pytest.fixture
    def box(self, tmp_path: Path) -> MaildirBox:
        return MaildirBox(tmp_path / "Maildir")

    def test_flags_are_no_part_of_the_identity(self, box: MaildirBox) -> None:
        seen = box.lay("cur", "7.host:2,S", message(1), NOON)
        with box.source.session() as session:
            [listed] = session.listing(LONG_AGO)
            seen.rename(box.path / "cur" / "7.host:2,FS")
            assert [mail.raw for mail in session.fetch([listed])] == [message(1)]
            session.settle([listed.handle])
        assert listed.handle.uid.startswith("7.host:")
        assert [file.name for file in box.path.glob(".Processed/cur/*")] == ["7.host:2,FS"]

    def test_the_processed_folder_is_a_maildir_of_its_own(self, box: MaildirBox) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            session.settle([each.handle for each in session.listing(LONG_AGO)])
        made = box.path / ".Processed"
        assert sorted(file.name for file in made.iterdir()) == ["cur", "maildirfolder", "new", "tmp"]
        assert stat.S_IMODE(made.stat().st_mode) == 0o700

    def test_a_move_is_on_disk_before_settle_returns(self, box: MaildirBox, monkeypatch: pytest.MonkeyPatch) -> None:
        box.put(message(1), NOON)
        synced = []
        monkeypatch.setattr(os, "fsync", lambda fd: synced.append(Path(f"/proc/self/fd/{fd}").readlink()))
        with box.source.session() as session:
            session.settle([each.handle for each in session.listing(LONG_AGO)])
        made = box.path / ".Processed"
        assert synced == [made, box.path, made / "cur", box.path / "new", box.path / "cur"]

    def test_a_message_of_the_same_name_is_not_written_over(self, box: MaildirBox) -> None:
        for number in range(3):
            box.lay("new", "same.host", message(number), NOON)
            with box.source.session() as session:
                session.settle([each.handle for each in session.listing(LONG_AGO)])
        assert sorted(box.kept()) == [message(0), message(1), message(2)]

    def test_links_folders_dotfiles_and_tmp_are_no_messages(self, box: MaildirBox) -> None:
        secret = box.lay("tmp", "unfinished", message(1), NOON)
        (box.path / "new" / "link").symlink_to(secret)
        (box.path / "new" / "folder").mkdir()
        box.lay("cur", ".hidden", message(2), NOON)
        with box.source.session() as session:
            assert list(session.listing(LONG_AGO)) == []
        assert secret.exists()

    def test_one_unreadable_file_is_reported_and_the_rest_read(
        self, box: MaildirBox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Root, who runs the tests, may read every file: the refusal is therefore made here."""
        bad = box.lay("new", "1.host", message(1), NOON)
        box.put(message(2), NOON)
        openings = maildir._open

        def open_all_but_bad(path: Path) -> BinaryIO:
            if path == bad:
                raise PermissionError(errno.EACCES, "Permission denied")
            return openings(path)

        monkeypatch.setattr(maildir, "_open", open_all_but_bad)

        def serve() -> None:
            with box.source.session() as session:
                listed = list(session.listing(LONG_AGO))
                assert [mail.raw for mail in session.fetch(listed)] == [message(2)]
                assert [b"".join(session.stream(each)) for each in listed] == [message(2), b""]

        with pytest.raises(
            PermanentError, match=r"message 1\.host of Maildir .* can't be read: Permission denied; give"
        ):
            serve()
        assert "message 1.host can't be read" in caplog.text
        assert bad.exists()

    def test_a_link_put_in_place_of_a_message_is_not_followed(self, box: MaildirBox, tmp_path: Path) -> None:
        file = box.lay("new", "1.host", message(1), NOON)
        secret = tmp_path / "secret"
        secret.write_bytes(b"secret")
        file.unlink()
        file.symlink_to(secret)
        with pytest.raises(OSError, match="symbolic links"):
            maildir._open(file)

    def test_a_message_from_the_future_is_not_there_yet(self, box: MaildirBox) -> None:
        box.put(message(1), NOON)
        box.put(message(2), NOON + timedelta(hours=1))
        source = MaildirSource(MaildirSettings(path=box.path), until=lambda: NOON)
        with source.session() as session:
            assert [each.arrived_at for each in session.listing(LONG_AGO)] == [NOON]

    def test_a_folder_name_is_written_as_mail_servers_do(self, box: MaildirBox) -> None:
        box.put(message(1), NOON)
        with MaildirSource(MaildirSettings(path=box.path, processed=".日本&Co")).session() as session:
            session.settle([each.handle for each in session.listing(LONG_AGO)])
        assert [file.read_bytes() for file in box.path.glob(".&ZeVnLA-&-Co/cur/*")] == [message(1)]


def test_a_missing_maildir_names_the_path_and_the_fix(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"none.*path must name"):
        MaildirSource(MaildirSettings(path=tmp_path / "none")).check()


@pytest.mark.parametrize("name", ["Processed", ".", "..", ".a/b", "./x", ".a\0", ""])
def test_a_processed_folder_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder of a Maildir"):
        MaildirSettings(path=tmp_path, processed=name)


def test_a_maildir_that_cannot_be_written_is_found_by_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere, so the system's answer to the question is made up."""
    box = MaildirBox(tmp_path / "Maildir")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermanentError, match="rights"):
        box.source.check()


def test_a_later_file_under_a_name_seen_before_is_another_message(tmp_path: Path) -> None:
    """People drop files by hand: what is known of a name is not known of the next file that has it."""
    path = tmp_path / "Maildir"
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir(parents=True)
    (path / "new" / "test.eml").write_bytes(b"one")
    source = MaildirSource(MaildirSettings(path=path))
    with source.session() as session:
        (first,) = session.listing(datetime(2000, 1, 1, tzinfo=UTC))
        session.settle([first.handle])
        (path / "new" / "test.eml").write_bytes(b"two")
        (second,) = session.listing(datetime(2000, 1, 1, tzinfo=UTC))
        session.settle([first.handle])
        assert [mail.raw for mail in session.fetch([second])] == [b"two"]
    assert first.handle != second.handle


def test_the_table_knows_the_class() -> None:
    assert source_class("maildir") is MaildirSource
    with pytest.raises(UserError, match="imap, maildir"):
        source_class("pop3")
