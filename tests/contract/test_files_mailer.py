from pathlib import Path

import pytest

from cee_mailbot.errors import PermanentError
from cee_mailbot.interfaces import Letter
from cee_mailbot.mailers import mailer_class
from cee_mailbot.mailers.files import FilesMailer, FilesSettings
from tests.contract.mailer_contract import MailerContract, letter


class FilesOffice:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.mailer = FilesMailer(FilesSettings(dir=folder))

    def taken(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self._folder.glob("*.eml"))]

    def break_off(self) -> None:
        """A file stands where the folder should be."""
        if self._folder.exists():
            self._folder.rename(self._folder.with_suffix(".away"))
        self._folder.touch()

    def repair(self) -> None:
        self._folder.unlink()
        away = self._folder.with_suffix(".away")
        if away.exists():
            away.rename(self._folder)


class TestFilesMailer(MailerContract):
    @pytest.fixture
    def office(self, tmp_path: Path) -> FilesOffice:
        return FilesOffice(tmp_path / "replies")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "replies"


def send(folder: Path, *letters: Letter) -> None:
    with FilesMailer(FilesSettings(dir=folder)).session() as session:
        for each in letters:
            session.send(each)


def test_the_same_letter_again_is_the_same_file(folder: Path) -> None:
    send(folder, letter(1), letter(2))
    before = sorted(folder.iterdir())
    send(folder, letter(1))
    assert sorted(folder.iterdir()) == before
    assert len(before) == 2


def test_a_file_is_named_by_its_time_and_its_message_id(folder: Path) -> None:
    send(folder, letter(1))
    (path,) = folder.iterdir()
    assert path.name.startswith("20261120T215241Z-")
    assert path.suffix == ".eml"


@pytest.mark.parametrize("date", ["", "Date: nonsense\r\n", "Date: Fri, 20 Nov 2026 99:52:41 +0000\r\n"])
def test_a_letter_without_a_time_is_written_too(folder: Path, date: str) -> None:
    send(folder, Letter(return_path="", to="b@example.com", raw=f"{date}Subject: x\r\n\r\n".encode()))
    (path,) = folder.iterdir()
    assert path.name.startswith("undated-")


def test_a_message_id_never_becomes_a_path(folder: Path) -> None:
    raw = b"Message-ID: <../../../etc/passwd@x>\r\n\r\n"
    send(folder, Letter(return_path="", to="b@example.com", raw=raw))
    assert [path.read_bytes() for path in folder.iterdir()] == [raw]


def test_no_half_written_file_is_left_behind(folder: Path) -> None:
    send(folder, letter(1))
    assert [path.suffix for path in folder.iterdir()] == [".eml"]


def test_check_makes_no_folder(folder: Path) -> None:
    assert str(folder) in FilesMailer(FilesSettings(dir=folder)).check()
    assert not folder.exists()


def test_check_names_what_is_in_the_way(folder: Path) -> None:
    folder.touch()
    with pytest.raises(PermanentError, match=r"make .* a folder"):
        FilesMailer(FilesSettings(dir=folder)).check()


def test_the_table_of_transports_knows_it() -> None:
    assert mailer_class("files") is FilesMailer
