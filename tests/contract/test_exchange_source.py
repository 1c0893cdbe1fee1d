"""A mailbox at Exchange keeps the promises of a source, faults of the server included."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.errors import PermanentError, SignInError, UnreachableError
from cee_mailbot.exchange_web import ExchangeSettings, ExchangeWeb
from cee_mailbot.exchange_web.answers import Answer
from cee_mailbot.exchange_web.words import in_words
from cee_mailbot.sources import source_class
from cee_mailbot.sources.exchange import ExchangeSource
from cee_mailbot.sources.web_mailbox import WebMailboxSettings
from cee_mailbot.tokens import ClientCredentials, TokenSettings
from tests.contract.source_contract import HEAD, LONG_AGO, NOON, message
from tests.contract.web_source_contract import WebBox, WebSourceContract, uids
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.ews import PASSWORD, USER, EwsServer, Trouble
from tests.servers.token_endpoint import CLIENT, SCOPE, SECRET, TokenEndpoint
from tests.support.mails import numbered
from tests.support.workshop import Workshop

_numbers = count()


class Exchangebox(WebBox):
    lists, reads, makes_folder = "SyncFolderItems", "GetItem", "CreateFolder"

    def __init__(self, server: EwsServer, processed: str = "Processed", **settings: Any) -> None:
        self.server = server
        self.address = f"box{next(_numbers)}@agency.example"
        self.box = server.box(self.address)
        self.processed = processed
        self.paused: list[float] = []
        signing_in = {"user": USER, "password": lambda: PASSWORD} | settings
        made = ExchangeSettings(endpoint=server.endpoint, address=self.address, **signing_in)
        self.door = ExchangeWeb(made, pause=self.paused.append)
        self.source = ExchangeSource(WebMailboxSettings(processed_folder=processed), self.door)

    def traces(self) -> object:
        names = sorted(one.name for one in self.box.folders.values())
        return names, [(one.id, one.read, one.folder.id) for one in self.box.items.values()]


@pytest.fixture(scope="module")
def running() -> Iterator[EwsServer]:
    with EwsServer() as server:
        yield server


@pytest.fixture
def server(running: EwsServer) -> Iterator[EwsServer]:
    running.reset()
    yield running
    assert running.faults == []


@pytest.fixture
def box(server: EwsServer) -> Exchangebox:
    return Exchangebox(server)


class TestExchangeSource(WebSourceContract):
    """All of it, on the mailbox above."""


def test_the_table_knows_the_class() -> None:
    assert source_class("exchange") is ExchangeSource


def test_an_expired_state_begins_again_with_all_of_the_folder(box: Exchangebox) -> None:
    for number in range(2):
        box.put(message(number), NOON)
    with box.source.session() as session:
        uids(session)
        box.box.remove(box.box.lying_in("Inbox")[0])
        box.put(message(3), NOON)
        box.box.states.clear()
        assert sorted(uids(session)) == sorted(one.id for one in box.box.lying_in("Inbox"))


def test_what_people_do_to_a_message_that_stays_makes_it_no_other(box: Exchangebox) -> None:
    box.put(message(1), NOON)
    with box.source.session() as session:
        before = uids(session)
        box.box.mark_read(box.box.lying_in("Inbox")[0])
        assert uids(session) == before
        box.box.touch(box.box.lying_in("Inbox")[0])
        assert uids(session) == before


def test_a_listing_that_is_cut_between_two_messages_is_none(box: Exchangebox) -> None:
    """Without a length only the XML tells: what comes after the cut must not be passed over for ever."""
    for number in range(3):
        box.put(message(number), NOON)
    box.server.troubles["SyncFolderItems"].append(Trouble(cut_after=1500, short=True))
    with box.source.session() as session, pytest.raises(UnreachableError, match="not whole"):
        uids(session)
    with box.source.session() as session:
        assert len(uids(session)) == 3


@pytest.mark.parametrize("streamed", [True, False])
def test_a_message_that_is_cut_without_a_word_is_none_at_all(box: Exchangebox, *, streamed: bool) -> None:
    """No length is announced, and base64 cut at a good place decodes: only the end of the XML tells."""
    box.put(message(1) * 1000, NOON)
    box.server.troubles["GetItem"].append(Trouble(cut_after=9000, short=True))
    with box.source.session() as session:
        [listed] = session.listing(LONG_AGO)
        with pytest.raises(UnreachableError, match="not whole"):
            list(session.stream(listed) if streamed else session.fetch([listed]))


def test_small_messages_come_several_in_one_call_and_large_ones_alone(box: Exchangebox) -> None:
    for number in range(45):
        box.put(message(number), NOON)
    for number in range(2):
        box.put(message(100 + number) + b"x" * 4_000_000, NOON + timedelta(hours=1))
    with box.source.session() as session:
        listed = list(session.listing(LONG_AGO))
        mails = list(session.fetch(listed))
    assert [mail.handle for mail in mails] == [each.handle for each in listed]
    assert box.server.asked.count("GetItem") == 5


def test_an_unanswered_move_is_found_done(box: Exchangebox) -> None:
    """C9: nobody knows, so it is looked, and what was moved is not moved again."""
    box.put(message(1), NOON)
    box.server.troubles["MoveItem"].append(Trouble(cut_after=0, done=True))
    with box.source.session() as session:
        [listed] = session.listing(LONG_AGO)
        with pytest.raises(UnreachableError):
            session.settle([listed.handle])
    assert box.kept() == [message(1)]
    with box.source.session() as session:
        assert uids(session) == []
        session.settle([listed.handle])
    assert box.kept() == [message(1)]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=503, retry_after="3"),
        Trouble(status=429, retry_after="3"),
        Trouble(fault=True, code="ErrorServerBusy", back_off=3000),
        Trouble(code="ErrorServerBusy", back_off=3000),
        Trouble(code="ErrorExceededConnectionCount", back_off=3000),
    ],
)
def test_a_short_wait_is_waited_for(box: Exchangebox, trouble: Trouble) -> None:
    box.put(message(1), NOON)
    box.server.troubles["SyncFolderItems"] += [trouble] * 2
    with box.source.session() as session:
        assert len(uids(session)) == 1
    assert box.paused == [3.0, 3.0]


def test_waits_are_waited_for_a_minute_in_all(box: Exchangebox) -> None:
    """A server that is always busy must not hold up the other mailboxes for longer."""
    box.put(message(1), NOON)
    box.server.troubles["SyncFolderItems"] += [Trouble(status=503, retry_after="25")] * 3
    with box.source.session() as session, pytest.raises(UnreachableError, match="busy"):
        uids(session)
    assert box.paused == [25.0, 25.0]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble(code="ErrorAccessDenied"), "FullAccess"),
        (Trouble(code="ErrorFolderNotFound"), "FullAccess"),
        (Trouble(code="ErrorNonExistentMailbox"), "check address"),
        (Trouble(fault=True, code="ErrorImpersonateUserDenied"), "full_access_as_app"),
        (Trouble(status=403), "EWS is switched off"),
        (Trouble(status=404), "no EWS at this address"),
        (Trouble(status=302), "points to another address"),
    ],
)
def test_check_says_why_and_what_to_do(box: Exchangebox, trouble: Trouble, words: str) -> None:
    box.server.troubles["GetFolder"].append(trouble)
    with pytest.raises(PermanentError, match=words):
        box.source.check()


def test_check_says_that_ews_is_no_way_into_exchange_online(server: EwsServer) -> None:
    """F83: whether it still works or is refused; nothing is called here."""
    online = ExchangeSettings(
        endpoint="https://outlook.office365.com/EWS/Exchange.asmx", address="b@agency.example", password=lambda: "x"
    )
    with ExchangeWeb(online).calls() as calls:
        assert 'ends it on 1 April 2027; read the mailbox with source = "graph"' in calls.advice
    assert 'source = "graph"' in in_words("a mailbox", "403", "", online=True)
    with Exchangebox(server).door.calls() as calls:
        assert calls.advice == ""


@pytest.mark.parametrize("code", ["ErrorMailboxMoveInProgress", "ErrorMailboxStoreUnavailable", "ErrorADUnavailable"])
def test_what_passes_by_itself_is_tried_later(box: Exchangebox, code: str) -> None:
    box.server.troubles["GetFolder"].append(Trouble(code=code))
    with pytest.raises(UnreachableError, match=code), box.source.session():
        pass


def test_check_tells_the_version_of_the_server(box: Exchangebox) -> None:
    assert "Exchange 15.2.2562.17: the inbox holds 0 messages; folder Processed will be created" in box.source.check()


def test_a_full_mailbox_moves_nothing_and_goes_on(box: Exchangebox) -> None:
    box.put(message(1), NOON)
    box.server.troubles["MoveItem"].append(Trouble(code="ErrorQuotaExceeded"))
    with box.source.session() as session:
        listed = list(session.listing(LONG_AGO))
        with pytest.raises(PermanentError, match="the mailbox is full"):
            session.settle([each.handle for each in listed])
        uids(session)


@pytest.mark.parametrize("code", ["ErrorMimeContentConversionFailed", "ErrorItemCorrupt", "ErrorInternalServerError"])
def test_one_message_that_is_refused_holds_up_no_other(
    box: Exchangebox, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        box.put(message(number), NOON + timedelta(seconds=number))
    box.server.troubles["GetItem"] += [Trouble(code=code)] * 2
    with box.source.session() as session:
        listed = list(session.listing(LONG_AGO))
        assert [mail.raw for mail in session.fetch(listed)] == [message(1), message(2)]
        assert list(session.stream(listed[0])) == []
    assert caplog.text.count("stays where it is") == 2


def test_a_sender_cannot_make_the_folder_unreadable(box: Exchangebox) -> None:
    """Exchange writes what a sender wrote, control characters that XML does not allow included."""
    odd = 'From: \x01"<&]]>\x0b" <x@example.com>\r\nMessage-ID: <\x1f&<a>@example.com>\r\n\r\nbody\r\n'
    box.put(odd.encode(), NOON)
    box.put(HEAD, NOON)
    with box.source.session() as session:
        assert sorted(mail.raw for mail in session.fetch(list(session.listing(LONG_AGO)))) == sorted(
            [odd.encode(), HEAD]
        )


def test_an_item_that_is_no_message_is_read_too(box: Exchangebox) -> None:
    """A meeting request, and what a person put into the inbox, which never arrived and was made at some time."""
    box.box.deliver(message(1), NOON, "MeetingRequest")
    box.box.deliver(message(2), None, "Item")
    with box.source.session() as session:
        mails = list(session.fetch(list(session.listing(LONG_AGO))))
    assert sorted(mail.raw for mail in mails) == [message(1), message(2)]


def test_F84_a_message_that_is_put_back_is_known_by_its_content(box: Exchangebox, tmp_path: Path) -> None:
    """Ids change with each move: what a person puts back is a delivery of its own, and files nothing twice."""
    workshop = Workshop(tmp_path)
    box.put(numbered(1), workshop.clock.now())
    workshop.poll(source=box.source)
    box.box.move(box.box.lying_in("Processed")[0], box.box.known_folder("inbox"))
    box.put(numbered(2), workshop.clock.now())
    workshop.poll(source=box.source)
    assert sorted(workshop.statuses()) == ["duplicate", "enqueued", "enqueued"]
    assert (box.waiting(), len(box.kept()), len(workshop.items())) == ([], 2, 2)
    workshop.store.close()


def test_F84_a_move_that_hangs_is_given_up_at_the_deadline(server: EwsServer) -> None:
    """The next session finds done what was done."""
    now = [0.0]
    box = Exchangebox(server)
    door = ExchangeWeb(replace(box.door._settings, deadline=60), monotonic=lambda: now[0], pause=box.paused.append)
    box.put(message(1), NOON)
    with ExchangeSource(WebMailboxSettings(), door).session() as session:
        [listed] = session.listing(LONG_AGO)
        now[0] = 61.0
        with pytest.raises(UnreachableError, match="took longer than 60 s; the pass is given up"):
            session.settle([listed.handle])


def test_a_server_that_is_busy_for_a_blink_is_not_asked_all_the_time(box: Exchangebox) -> None:
    box.server.troubles["SyncFolderItems"] += [Trouble(fault=True, code="ErrorServerBusy", back_off=1)] * 99
    with box.source.session() as session, pytest.raises(UnreachableError, match="too many calls"):
        uids(session)
    assert box.paused == [1.0] * 60


def test_an_item_that_cannot_be_read_is_no_end_of_the_count(box: Exchangebox) -> None:
    """Its digest is that of no row, so that the census says that it is missing."""
    box.put(message(1), NOON)
    with box.source.session() as session:
        [seen] = session.sightings()
        box.server.troubles["GetItem"].append(Trouble(code="ErrorItemCorrupt"))
        assert session.digest(seen.listed.handle) == ""


def test_a_calendar_of_the_same_name_takes_no_mail(box: Exchangebox) -> None:
    box.box.add_folder("Processed", "CalendarFolder")
    box.put(message(1), NOON)
    with box.source.session() as session:
        listed = list(session.listing(LONG_AGO))
        with pytest.raises(PermanentError, match="ErrorFolderExists"):
            session.settle([each.handle for each in listed])
    assert box.waiting() == [message(1)]


# --- signing in ----------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_a_sign_in_that_failed(server: EwsServer) -> None:
    box = Exchangebox(server, password=lambda: "other")
    with pytest.raises(SignInError, match="refused user and password"), box.source.session():
        pass
    assert server.asked == []


def test_a_wrong_clock_is_told_with_the_refused_sign_in(server: EwsServer) -> None:
    """With a wrong clock NTLM and tokens are refused, so that no answer ever comes which `check` could compare."""
    server.skew = timedelta(minutes=-12)
    box = Exchangebox(server, password=lambda: "other")
    with pytest.raises(SignInError, match=r"password.* 12 min apart; set ours by NTP"), box.source.session():
        pass


@pytest.mark.parametrize("element", [b"<b/>", b'<b x="' + b"y" * 2000 + b'"/>'])
def test_an_answer_of_elements_without_end_ends(element: bytes) -> None:
    """Of little on the wire they made a gigabyte in memory, and where content comes nothing bounded them."""
    pieces = chain([b"<Envelope><Body><ResponseMessages><M>"], repeat(element * 10_000, 20))
    with pytest.raises(UnreachableError, match="no end"):
        list(Answer().feed(pieces))


def test_a_host_that_no_name_can_be_is_unreachable() -> None:
    settings = ExchangeSettings(
        endpoint=f"https://{'a' * 64}.example/EWS/Exchange.asmx", address="b@agency.example", password=lambda: "x"
    )
    with ExchangeWeb(settings).calls() as calls, pytest.raises(UnreachableError, match="check endpoint"):
        calls.inbox()


def test_no_piece_of_a_proxys_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a slash in it the password is taken for a port, and the error of the library names that."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hush/word@proxy.example:3128")
    settings = ExchangeSettings(
        endpoint="https://mail.agency.example/EWS/Exchange.asmx", address="b@agency.example", password=lambda: "x"
    )
    with ExchangeWeb(settings).calls() as calls, pytest.raises(UnreachableError, match="that of a proxy") as caught:
        calls.inbox()
    assert "hush" not in str(caught.value)


def test_a_sign_in_that_is_not_offered_is_named(server: EwsServer) -> None:
    box = Exchangebox(server, auth="ntlm")
    with pytest.raises(SignInError, match='set auth = "basic"'), box.source.session():
        pass


@pytest.fixture
def ntlm_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server looks up the password of a domain's user."""
    (tmp_path / "users").write_text(f"{USER.replace(chr(92), ':')}:{PASSWORD}\n", encoding="utf-8")
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "users"))


@pytest.mark.usefixtures("ntlm_users")
def test_ntlm_signs_in_a_connection_once() -> None:
    with EwsServer(auth="ntlm") as server:
        box = Exchangebox(server, auth="ntlm", password=lambda: "wrong")
        with pytest.raises(SignInError), box.source.session():
            pass
        box = Exchangebox(server, auth="ntlm")
        raw = message(1) + b"x" * 3_000_000
        box.put(raw, NOON)
        with box.source.session() as session:
            listed = list(session.listing(LONG_AGO))
            assert [mail.raw for mail in session.fetch(listed)] == [raw]
            session.settle([each.handle for each in listed])
        assert box.kept() == [raw]
    assert server.sign_ins == 1
    assert server.faults == []


def test_a_refused_token_is_renewed_once() -> None:
    with TokenEndpoint() as tokens, EwsServer(auth="oauth2", tokens=tokens) as server:
        settings = TokenSettings(token_url=tokens.url, client_id=CLIENT, scope=SCOPE, client_secret=lambda: SECRET)
        box = Exchangebox(server, auth="oauth2", password=None, tokens=ClientCredentials(settings))
        box.put(message(1), NOON)
        with box.source.session() as session:
            uids(session)
            tokens.revoked.update(tokens.issued)
            assert len(uids(session)) == 1
        assert len(tokens.issued) == 2
        server.tokens = None
        with pytest.raises(SignInError, match="does not accept our token"), box.source.session():
            pass
    assert server.faults == []
    assert tokens.faults == []


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("ews"))


def test_an_authority_of_ones_own_is_trusted_when_it_is_named(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only then, whatever the environment says."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.authority))
    with EwsServer(certificates=certificates) as server:
        with pytest.raises(UnreachableError, match="ca_file"), Exchangebox(server).source.session():
            pass
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
        assert "0 messages" in Exchangebox(server, ca_file=certificates.authority).source.check()
    assert server.faults == []
