"""Reading in a child: good mail as in this process, and whatever breaks a child costs one message and no more."""

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from cee_mailbot.config.tables import ReadingConfig
from cee_mailbot.domain.policy import Policy
from cee_mailbot.errors import UnreachableError
from cee_mailbot.interfaces import Body, Reader
from cee_mailbot.sandbox import ChildReader, InProcessReader, ReadingLimits
from cee_mailbot.sandbox.process import ReadingFailedError
from parsers.containers import ContainerLimits
from parsers.headers import MailRefused
from tests.support import bad_tasks, bombs
from tests.support.mails import mail

ROOT = Path(__file__).resolve().parents[2]
MAILS = sorted((ROOT / "fixtures" / "eml").glob("*/*.eml"))
SHORT = ReadingLimits(
    children=2,
    memory=400_000_000,
    cpu=timedelta(seconds=1),
    wall=timedelta(seconds=20),
    answer=10_000_000,
)


@pytest.fixture(scope="module")
def reader() -> Iterator[ChildReader]:
    with ChildReader() as reader:
        yield reader


@pytest.fixture(scope="module")
def bad() -> Iterator[ChildReader]:
    with ChildReader(SHORT, table=bad_tasks.__name__) as bad:
        yield bad


def test_every_case_is_read_as_in_this_process(reader: ChildReader) -> None:
    here = InProcessReader()
    for path in MAILS:
        raw = path.read_bytes()
        for task in ("read", "documents"):
            assert read_or_refused(reader, task, raw) == read_or_refused(here, task, raw), path
        assert reader.read_header(raw[:500]) == here.read_header(raw[:500]), path


def read_or_refused(reader: Reader, task: str, raw: bytes) -> object:
    try:
        return getattr(reader, task)(raw)
    except MailRefused as refused:
        return refused.args


def test_the_bytes_of_one_document_can_be_asked_for(reader: ChildReader) -> None:
    raw = next(raw for path in MAILS if reader.documents(raw := path.read_bytes()))
    first = reader.documents(raw)[0]
    assert first.content
    assert reader.documents(raw, first.sha256)[0] == first
    assert reader.documents(raw, "0" * 64) == ()
    assert all(document.content == b"" for document in reader.read(raw).cut.documents)


def test_of_equal_copies_one_is_handed_back() -> None:
    """They are the same bytes: ten of them would be beyond the limit of an answer, which one is not."""
    content = b"invoice " * 10_000
    raw = mail(documents=[content] * 10)
    with ChildReader(ReadingLimits(answer=200_000)) as reader:
        [found] = reader.documents(raw, sha256(content).hexdigest())
        with pytest.raises(MailRefused):
            reader.documents(raw)
    assert found.content == content


def test_every_document_of_a_message_within_the_limits_can_be_handed_back() -> None:
    """Those of the message itself, those out of its containers, and what is told of them."""
    most = Policy().message_limit + ContainerLimits().opened_bytes
    assert ReadingLimits().answer == ReadingConfig().answer > most


def test_good_mail_and_refused_mail_use_the_same_child_again(bad: ChildReader) -> None:
    first = bad.ask(bad_tasks.pid)
    with pytest.raises(MailRefused) as refused:
        bad.ask(bad_tasks.refuse)
    assert refused.value.code == "too-deep"
    assert bad.ask(bad_tasks.echo, b"x" * 5_000_000) == b"x" * 5_000_000
    assert bad.ask(bad_tasks.pid) == first


def test_a_child_is_replaced_after_its_share_of_tasks() -> None:
    with ChildReader(ReadingLimits(tasks=2), table=bad_tasks.__name__) as reader:
        pids = [reader.ask(bad_tasks.pid) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


@pytest.mark.parametrize(
    ("task", "limit"),
    [
        (bad_tasks.eat_memory, True),
        (bad_tasks.spin, True),
        (bad_tasks.say_too_much, True),
        (bad_tasks.say_much_in_words, True),
        (bad_tasks.crash, False),
        (bad_tasks.leave, False),
        (bad_tasks.break_down, False),
        (bad_tasks.answer_otherwise, False),
        (bad_tasks.talk_out_of_turn, False),
    ],
)
def test_what_breaks_a_child_ends_its_task_and_the_next_gets_a_new_one(
    bad: ChildReader, task: Callable[[], object], *, limit: bool
) -> None:
    before = bad.ask(bad_tasks.pid)
    with pytest.raises(ReadingFailedError) as failed:
        bad.ask(task)
    assert failed.value.limit is limit
    assert bad.ask(bad_tasks.echo, b"good mail") == b"good mail"
    assert bad.ask(bad_tasks.pid) != before


def test_F46_what_hangs_is_ended_by_the_clock() -> None:
    limits = ReadingLimits(wall=timedelta(seconds=1))
    with ChildReader(limits, table=bad_tasks.__name__) as reader, pytest.raises(ReadingFailedError) as failed:
        reader.ask(bad_tasks.hang)
    assert failed.value.limit


def test_a_child_that_dies_by_chance_is_tried_once_more(bad: ChildReader, tmp_path: Path) -> None:
    flag = tmp_path / "first"
    flag.touch()
    assert bad.ask(bad_tasks.die_once, str(flag)) == "alive"


def test_the_log_says_where_it_broke_and_nothing_of_what_the_mail_said(
    bad: ChildReader, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(ReadingFailedError):
        bad.ask(bad_tasks.break_down)
    assert "ValueError at bad_tasks.py:" in caplog.text
    assert "what the sender wrote" not in caplog.text


@pytest.mark.parametrize(("task", "code"), [("crash", "reader-broke"), ("eat_memory", "reading-limit")])
def test_a_message_that_no_child_survives_is_refused_with_a_reason(bad: ChildReader, task: str, code: str) -> None:
    with pytest.raises(MailRefused) as refused:
        bad._read(getattr(bad_tasks, task))
    assert refused.value.code == code


def test_F46_a_document_that_breaks_whoever_opens_it_costs_the_message_nothing(bad: ChildReader) -> None:
    """It is filed with its containers unreadable; what needs no opening is there."""
    archive, plain = bombs.zip_of_slips(), bombs.pdf_with_a_loop()
    found = bad.read(mail(documents=[archive, plain]))
    assert found.mail.sender is not None
    assert [(one.bytes, one.status) for one in found.cut.documents] == [
        (len(archive), "unreadable"),
        (len(plain), "unread"),
    ]


def test_F46_a_body_that_takes_too_much_is_refused_and_its_message_read(bad: ChildReader) -> None:
    raw = bombs.attributes()
    for ask in (bad.body, lambda raw: bad.html(raw, "")):
        with pytest.raises(MailRefused) as refused:
            ask(raw)
        assert refused.value.code == "reading-limit"
    assert bad.read(raw).cut.html


def test_F45_a_body_is_read_whatever_is_attached(reader: ChildReader) -> None:
    raw = mail(body="Papers enclosed.", documents=[bombs.zip_of_slips()])
    assert reader.body(raw) == Body(text="Papers enclosed.", has_html=False)
    assert reader.html(raw, "") is None


def test_a_child_has_no_rights(bad: ChildReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "secret")
    bad.close()
    # Root may start processes whatever the limit says; the bot is not run as root.
    expected = ("start a process",) if os.geteuid() == 0 else ()
    assert set(bad.ask(bad_tasks.rights, str(tmp_path))) <= set(expected)
    assert not [file for file in tmp_path.iterdir() if file.read_bytes()]


UNSHARE = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x10000000 | 0x40000000) != 0)"


def test_a_child_reaches_no_network_where_the_kernel_gives_it_one_of_its_own(bad: ChildReader) -> None:
    granted = subprocess.run([sys.executable, "-c", UNSHARE], check=False).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert bad.ask(bad_tasks.connects, server.getsockname()[1]) is not granted


def test_threads_share_a_bounded_number_of_children() -> None:
    limits = ReadingLimits(children=2)
    with ChildReader(limits, table=bad_tasks.__name__) as reader, ThreadPoolExecutor(8) as threads:
        pids = set(threads.map(lambda _: reader.ask(bad_tasks.pid), range(64)))
    assert len(pids) <= 2


def test_a_childs_end_does_not_hang_on_the_thread_that_started_it(bad: ChildReader) -> None:
    bad.close()
    pids: list[int] = []
    thread = threading.Thread(target=lambda: pids.append(bad.ask(bad_tasks.pid)))
    thread.start()
    thread.join()
    assert [bad.ask(bad_tasks.pid)] == pids


def test_a_closed_reader_leaves_no_process(bad: ChildReader) -> None:
    pid = bad.ask(bad_tasks.pid)
    bad.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


PARENT = """
import sys
from datetime import timedelta
from cee_mailbot.sandbox import ChildReader, ReadingLimits
from tests.support import bad_tasks
reader = ChildReader(ReadingLimits(wall=timedelta(seconds=3)), table=bad_tasks.__name__)
print(reader.ask(bad_tasks.pid), flush=True)
if "reading" in sys.argv:
    reader.ask(bad_tasks.hang)
sys.stdin.read()
"""


@pytest.mark.parametrize("state", ["idle", "reading"])
def test_no_child_survives_its_parent(state: str) -> None:
    """Killed without a word, amid a task or between two."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, state], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([child], [], [], 60)
        os.close(child)
    assert ended


def test_a_machine_that_gives_no_process_is_no_fault_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(UnreachableError):
        ChildReader().read(b"")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UnreachableError):
        ChildReader().read(b"")


def test_a_check_says_what_reading_may_take(reader: ChildReader) -> None:
    assert reader.check() == "2 children at most, 10 s and 768 MB for each message"


def test_children_load_no_database_and_no_client_of_servers() -> None:
    """What a child has not loaded it can't be made to use, and it starts the sooner."""
    code = "import sys; import cee_mailbot.sandbox.child, cee_mailbot.sandbox.tasks; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert loaded.isdisjoint(
        {"sqlmodel", "sqlalchemy", "exchangelib", "imapclient", "pydantic", "fastapi", "apscheduler"}
    )
