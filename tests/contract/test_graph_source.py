"""A mailbox at Graph keeps the promises of a source, faults of the server included."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import tomlkit

from cee_mailbot.app import build
from cee_mailbot.config import load_config
from cee_mailbot.errors import CeeMailbotError, PermanentError, SignInError, UnreachableError
from cee_mailbot.graph_web import GraphSettings, GraphWeb
from cee_mailbot.sources import source_class
from cee_mailbot.sources.graph import GraphSource
from cee_mailbot.sources.imap import ImapSource
from cee_mailbot.sources.web_mailbox import WebMailboxSettings
from cee_mailbot.tokens import ClientCredentials, TokenSettings
from tests.contract.source_contract import LONG_AGO, NOON, message
from tests.contract.web_source_contract import WebBox, WebSourceContract, uids
from tests.servers.graph import TENANT, GraphServer, Trouble
from tests.servers.token_endpoint import CLIENT, SECRET
from tests.support.mails import numbered
from tests.support.workshop import Workshop

_numbers = count()


def tokens_of(server: GraphServer) -> ClientCredentials:
    scope = server.tokens.scope
    settings = TokenSettings(token_url=server.tokens.url, client_id=CLIENT, scope=scope, client_secret=lambda: SECRET)
    return ClientCredentials(settings)


class Graphbox(WebBox):
    lists, reads, makes_folder = "delta", "get content", "create folder"

    def __init__(self, server: GraphServer, processed: str = "Processed") -> None:
        self.server = server
        self.address = f"box{next(_numbers)}@agency.example"
        self.box = server.box(self.address)
        self.processed = processed
        self.paused: list[float] = []
        self.tokens = tokens_of(server)
        settings = GraphSettings(root=server.root, address=self.address, tokens=self.tokens)
        self.door = GraphWeb(settings, pause=self.paused.append)
        self.source = GraphSource(WebMailboxSettings(processed_folder=processed), self.door)

    def traces(self) -> object:
        names = sorted(one.name for one in self.box.folders.values())
        return names, [(one.id, one.read, one.folder.id) for one in self.box.messages.values()]


@pytest.fixture
def server() -> Iterator[GraphServer]:
    with GraphServer() as running:
        yield running
    assert running.faults == []
    assert running.tokens.faults == []
    assert running.most_at_once <= 4


@pytest.fixture
def box(server: GraphServer) -> Graphbox:
    return Graphbox(server)


class TestGraphSource(WebSourceContract):
    """All of it, on the mailbox above."""


def test_the_table_knows_the_class() -> None:
    assert source_class("graph") is GraphSource


def test_F83_two_ways_into_exchange_online_need_no_ews(tmp_path: Path) -> None:
    """Graph, and IMAP with access tokens: both are put together from the configuration alone."""
    oauth = {"client_id": "cee", "certificate_file": "/etc/cee.pem"}
    imap = {
        "host": "outlook.example",
        "user": "b",
        "auth": "oauth2",
        "token_url": "https://login.example",
        "scope": "s",
    }
    graph = {"name": "graph", "source": "graph", "address": "a@agency.example", "team": "006", "tenant": TENANT}
    other = {"name": "imap", "source": "imap", "address": "b@agency.example", "team": "007", **imap}
    replies = {"transport": "files", "dir": "out"}
    path = tmp_path / "mailboxes.toml"
    path.write_text(tomlkit.dumps({"replies": replies, "mailbox": [graph | oauth, other | oauth]}), encoding="utf-8")
    app = build(load_config(path, {}))
    assert {name: type(source) for name, source in app.sources.items()} == {"graph": GraphSource, "imap": ImapSource}
    assert all(one.oauth and one.oauth.certificate_file for one in app.config.mailboxes)
    app.store.close()


@pytest.mark.parametrize("code", ["SyncStateNotFound", "syncStateNotFound"])
def test_an_expired_link_begins_again_with_all_of_the_folder(box: Graphbox, code: str) -> None:
    box.put(message(1), NOON)
    box.put(message(2), NOON)
    with box.source.session() as session:
        uids(session)
        box.box.remove(box.box.lying_in("Inbox")[0])
        box.put(message(3), NOON)
        box.server.troubles["delta"].append(Trouble(status=410, code=code))
        assert sorted(uids(session)) == sorted(one.id for one in box.box.lying_in("Inbox"))
        assert len(uids(session)) == 2


def test_a_message_that_is_put_back_keeps_its_handle(box: Graphbox) -> None:
    box.put(message(1), NOON)
    with box.source.session() as session:
        [listed] = session.listing(LONG_AGO)
        session.settle([listed.handle])
        [kept] = [each for each in session.sightings() if each.settled]
        assert kept.delivered_as == listed.handle
        inbox = box.box.folder("inbox")
        assert inbox is not None
        box.box.move(box.box.lying_in("Processed")[0], inbox)
        assert [each.handle for each in session.listing(LONG_AGO)] == [listed.handle]


def test_F84_ids_that_change_with_a_move_file_nothing_twice_and_hold_up_nothing(box: Graphbox, tmp_path: Path) -> None:
    """Put back under a third id the message is known by its content; who holds a stale id is told so in one call."""
    box.box.ids_change = True
    workshop = Workshop(tmp_path)
    box.put(numbered(1), workshop.clock.now())
    with box.source.session() as session:
        [stale] = session.listing(LONG_AGO)
    workshop.poll(source=box.source)
    assert box.kept() == [numbered(1)]
    inbox = box.box.folder("inbox")
    assert inbox is not None
    box.box.move(box.box.lying_in("Processed")[0], inbox)
    box.put(numbered(2), workshop.clock.now())
    workshop.poll(source=box.source)
    assert sorted(workshop.statuses()) == ["duplicate", "enqueued", "enqueued"]
    assert (box.waiting(), len(box.kept()), len(workshop.items())) == ([], 2, 2)
    with box.source.session() as session:
        before = len(box.server.asked)
        session.settle([stale.handle])
        assert list(session.fetch([stale])) == []
        assert box.server.asked[before:] == ["batch", "get message", "get content"]
    workshop.store.close()


def test_F84_a_move_that_hangs_is_given_up_at_the_deadline(box: Graphbox) -> None:
    """The next session finds done what was done."""
    now = [0.0]
    box.put(message(1), NOON)
    settings = GraphSettings(root=box.server.root, address=box.address, tokens=box.tokens, deadline=60)
    source = GraphSource(WebMailboxSettings(), GraphWeb(settings, monotonic=lambda: now[0]))
    with source.session() as session:
        [listed] = session.listing(LONG_AGO)
        box.server.while_asked = lambda name: now.__setitem__(0, 61.0 if name == "move" else now[0])
        with pytest.raises(UnreachableError, match="took longer than 60 s; the pass is given up"):
            session.settle([listed.handle])
    with source.session() as session:
        session.settle([listed.handle])
        assert uids(session) == []
    assert box.kept() == [message(1)]
    assert box.server.asked.count("move") == 1


def test_a_message_of_which_only_a_change_is_told_keeps_what_was_known(box: Graphbox) -> None:
    """Somebody reads it: of what did not change Graph need not tell; one that is not known is looked up with all."""
    box.put(message(1), NOON)
    box.put(message(2), NOON - timedelta(days=9))
    with box.source.session() as session:
        before = list(session.listing(NOON))
        box.box.touch(box.box.lying_in("Inbox")[0])
        assert list(session.listing(NOON)) == before
        assert box.server.asked.count("delta") == 2
        box.box.touch(box.box.lying_in("Inbox")[1])
        assert list(session.listing(NOON)) == before
        assert box.server.asked.count("delta") == 4


def test_an_unanswered_move_is_found_done(box: Graphbox) -> None:
    """C9: nobody knows, so it is looked, and what was moved is not moved again."""
    box.put(message(1), NOON)
    box.server.troubles["batch"] += [Trouble(), Trouble(cut_after=0)]
    with box.source.session() as session:
        [listed] = session.listing(LONG_AGO)
        with pytest.raises(UnreachableError):
            session.settle([listed.handle])
    assert box.kept() == [message(1)]
    with box.source.session() as session:
        assert uids(session) == []
        session.settle([listed.handle])
    assert box.server.asked.count("move") == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_wait_is_waited_for(box: Graphbox, status: int) -> None:
    box.put(message(1), NOON)
    box.server.troubles["delta"] += [Trouble(status=status, code="TooManyRequests", retry_after="3")] * 2
    clock = iter(range(0, 100000, 100))
    box.door._turns._monotonic = lambda: float(next(clock))
    with box.source.session() as session:
        assert len(uids(session)) == 1
    assert box.paused == [3.0, 3.0]


def test_throttling_within_a_batch_is_kept_to(box: Graphbox) -> None:
    box.put(message(1), NOON)
    box.server.troubles["move in batch"].append(Trouble(status=429, code="ApplicationThrottled", retry_after="60"))
    with box.source.session() as session:
        listed = list(session.listing(LONG_AGO))
        with pytest.raises(UnreachableError):
            session.settle([each.handle for each in listed])
    with pytest.raises(UnreachableError, match="asked not to be called"), box.source.session():
        pass


def test_a_refused_token_is_renewed_once(box: Graphbox) -> None:
    box.put(message(1), NOON)
    with box.source.session() as session:
        uids(session)
        box.server.tokens.revoked.update(box.server.tokens.issued)
        assert len(uids(session)) == 1
    assert len(box.server.tokens.issued) == 2


def test_a_token_that_stays_refused_is_a_sign_in_that_failed(box: Graphbox) -> None:
    box.server.troubles["get folder"] += [Trouble(status=401, code="InvalidAuthenticationToken")] * 2
    with pytest.raises(SignInError, match="one cloud"), box.source.session():
        pass
    assert len(box.server.tokens.issued) == 2


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "ErrorAccessDenied", "RBAC for Applications"),
        (403, "SomethingNew", "RBAC for Applications"),
        (404, "ErrorInvalidUser", "check address and tenant"),
        (404, "MailboxNotEnabledForRESTAPI", "not in Exchange Online"),
        (302, "", "correct graph_root"),
    ],
)
def test_check_says_why_and_what_to_do(box: Graphbox, status: int, code: str, words: str) -> None:
    box.server.troubles["get folder"].append(Trouble(status=status, code=code))
    with pytest.raises(PermanentError, match=words):
        box.source.check()


def test_a_proxy_that_cannot_be_used_is_named(box: Graphbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ALL_PROXY` with a SOCKS proxy ended every command with a traceback."""
    settings = GraphSettings(root="https://graph.example/v1.0", address=box.address, tokens=tokens_of(box.server))
    for proxy in ("socks5://127.0.0.1:9", "http://user:hush/word@proxy.example:3128"):
        monkeypatch.setenv("ALL_PROXY", proxy)
        with pytest.raises(UnreachableError, match="proxy in the environment") as caught, GraphWeb(settings).calls():
            pass
        assert "hush" not in str(caught.value)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example"])
def test_a_host_that_no_name_can_be_is_unreachable(box: Graphbox, host: str) -> None:
    settings = GraphSettings(root=f"https://{host}/v1.0", address=box.address, tokens=tokens_of(box.server))
    with GraphWeb(settings).calls() as calls, pytest.raises(UnreachableError, match="check graph_root"):
        calls.get("/users/x")


@pytest.mark.parametrize("link", ["https://[", "https://graph.example:port/x", "\x00"])
def test_a_link_that_is_no_address_is_refused(box: Graphbox, link: str) -> None:
    with box.door.calls() as calls, pytest.raises(CeeMailbotError):
        calls.get(link)


def test_a_full_mailbox_moves_nothing_and_goes_on(box: Graphbox) -> None:
    box.put(message(1), NOON)
    box.server.troubles["move in batch"].append(Trouble(status=403, code="ErrorQuotaExceeded"))
    with box.source.session() as session:
        listed = list(session.listing(LONG_AGO))
        with pytest.raises(PermanentError, match="ErrorQuotaExceeded"):
            session.settle([each.handle for each in listed])
        assert uids(session) == [listed[0].handle.uid]


def test_one_message_that_is_refused_holds_up_no_other(box: Graphbox, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        box.put(message(number), NOON + timedelta(seconds=number))
    box.server.troubles["get content"].append(Trouble(status=403, code="ErrorMimeContentConversionFailed"))
    with box.source.session() as session:
        assert len(list(session.fetch(list(session.listing(LONG_AGO))))) == 2
    assert "stays where it is" in caplog.text


def test_one_large_message_that_is_refused_holds_up_no_other(box: Graphbox, caplog: pytest.LogCaptureFixture) -> None:
    box.put(message(1), NOON)
    box.server.troubles["get content"].append(Trouble(status=403, code="ErrorMimeContentConversionFailed"))
    with box.source.session() as session:
        [listed] = session.listing(LONG_AGO)
        assert list(session.stream(listed)) == []
        assert b"".join(session.stream(listed)) == message(1)
    assert "stays where it is" in caplog.text


def test_no_more_than_four_calls_at_once(box: Graphbox) -> None:
    """The server holds each call until four are there: fewer would wait for ever, and a fifth would be seen."""
    for number in range(12):
        box.put(message(number), NOON)
    four = threading.Barrier(4)
    box.server.while_asked = lambda name: four.wait(30) if name == "get content" else None
    with box.source.session() as session:
        listed = list(session.listing(LONG_AGO))
        assert len(list(session.fetch(listed))) == 12
    assert box.server.most_at_once == 4


def test_a_token_goes_to_no_other_host(box: Graphbox) -> None:
    """A link in an answer names another host: nothing is sent there."""
    with box.door.calls() as calls:
        for link in ("http://elsewhere.example/v1.0/x", "https://127.0.0.1/v1.0/x", "http://127.0.0.1:1/x"):
            with pytest.raises(PermanentError, match="another host"):
                calls.get(link)
