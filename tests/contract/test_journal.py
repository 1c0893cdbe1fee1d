"""What every `Journal` must do, and what a folder does besides."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from cee_mailbot.errors import UnreachableError
from cee_mailbot.journal import FolderJournal
from cee_mailbot.journaling import Journal, NoJournal
from cee_mailbot.testing import MemoryJournal


@pytest.fixture(params=[FolderJournal, lambda _: MemoryJournal()], ids=["folder", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    make: Callable[[Path], Journal] = request.param
    return make(tmp_path / "deep" / "journal")


def test_entries_come_back_in_order_and_by_kind(journal: Journal) -> None:
    journal.append("sent", [{"n": 1}, {"n": 2, "text": "line\nend \u2028 é"}])
    journal.append("arrivals", [{"n": 9}])
    journal.append("sent", [{"n": 3}])
    assert [entry["n"] for entry in journal.entries("sent")] == [1, 2, 3]
    assert list(journal.entries("sent"))[1]["text"] == "line\nend \u2028 é"
    assert list(journal.entries("heads")) == []


def test_nothing_to_say_writes_nothing(tmp_path: Path) -> None:
    FolderJournal(tmp_path / "journal").append("sent", [])
    assert not (tmp_path / "journal").exists()


def test_no_journal_keeps_nothing() -> None:
    NoJournal().append("sent", [{"n": 1}])
    assert list(NoJournal().entries("sent")) == []


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_that_a_crash_cut_off_hides_no_other(tmp_path: Path, cut: int) -> None:
    journal = FolderJournal(tmp_path)
    journal.append("sent", [{"n": 1}])
    journal.append("sent", [{"n": 22}])
    [path] = tmp_path.glob("sent-*.jsonl")
    path.write_bytes(path.read_bytes()[:-cut])
    journal.append("sent", [{"n": 3}])
    left = [entry["n"] for entry in journal.entries("sent")]
    assert left == ([1, 22, 3] if cut == 1 else [1, 3])


def test_writers_beside_each_other_lose_nothing(tmp_path: Path) -> None:
    journals = [FolderJournal(tmp_path) for _ in range(4)]

    def write(journal: FolderJournal) -> None:
        for n in range(25):
            journal.append("sent", [{"n": n}] * 3)

    threads = [Thread(target=write, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(journals[0].entries("sent"))) == 4 * 25 * 3


def test_a_folder_that_cannot_be_written_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreachableError, match="check the disk"):
        FolderJournal(tmp_path / "file" / "journal").append("sent", [{"n": 1}])
