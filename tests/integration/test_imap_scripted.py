"""What a server may do that Dovecot never does."""

import pytest

from cee_mailbot.errors import PermanentError, SignInError, UnreachableError
from cee_mailbot.interfaces import Handle, Listed
from cee_mailbot.sources.imap import ImapSource
from tests.contract.source_contract import LONG_AGO, NOON
from tests.servers.scripted_imap import CLOSE, DRIP, SELECTED, scripted_imap

BOTH = [Listed(handle=Handle(folder="INBOX", validity="7", uid=uid), size=5, arrived_at=NOON) for uid in "12"]


@pytest.mark.parametrize("answer", [b"* 2 EXISTS\r\n", b"* 2 EXISTS\r\n* OK [UIDVALIDITY 0] x\r\n"])
def test_a_folder_without_uidvalidity_is_refused(answer: bytes) -> None:
    with (
        scripted_imap({b"EXAMINE": answer + b"{tag} OK x\r\n"}) as server,
        pytest.raises(PermanentError, match="no UIDVALIDITY"),
        ImapSource(server.settings()).session(),
    ):
        pass


def test_a_message_cut_off_in_its_literal_is_discarded() -> None:
    """C1: the server announces 500 bytes and ends the connection after five."""
    with (
        scripted_imap({b"FETCH": b"* 1 FETCH (UID 1 BODY[] {500}\r\nhello" + CLOSE}) as server,
        ImapSource(server.settings()).session() as session,
    ):
        with pytest.raises(UnreachableError, match="can't fetch"):
            list(session.fetch(BOTH))
        with pytest.raises(UnreachableError, match="has ended"):
            list(session.fetch(BOTH))


def test_a_message_the_server_cannot_give_does_not_hold_up_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    script = {
        b"FETCH 1,2": b"{tag} NO [CANNOT] corrupt\r\n",
        b"FETCH 1": b"{tag} NO [CANNOT] corrupt\r\n",
        b"FETCH 2": b"* 2 FETCH (UID 2 BODY[] {5}\r\nhello)\r\n{tag} OK x\r\n",
    }
    with scripted_imap(script) as server, ImapSource(server.settings()).session() as session:
        assert [(mail.handle.uid, mail.raw) for mail in session.fetch(BOTH)] == [("2", b"hello")]
    assert "message 1 stays where it is" in caplog.text


def test_a_message_the_server_cannot_tell_of_does_not_hide_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    told = b'* 2 FETCH (UID 2 INTERNALDATE " 2-Mar-2026 15:00:00 +0000" RFC822.SIZE 5)\r\n{tag} OK x\r\n'
    script = {
        b"SEARCH": b"* SEARCH 1 2\r\n{tag} OK x\r\n",
        b"FETCH 1,2": b"{tag} NO [CANNOT] corrupt\r\n",
        b"FETCH 1": b"{tag} NO [CANNOT] corrupt\r\n",
        b"FETCH 2": told,
    }
    with scripted_imap(script) as server, ImapSource(server.settings()).session() as session:
        assert [listed.handle.uid for listed in session.listing(LONG_AGO)] == ["2"]
    assert "message 1 stays where it is" in caplog.text


def test_a_message_that_went_between_listing_and_fetch_is_no_error() -> None:
    answer = b"* 1 FETCH (UID 1 BODY[] NIL)\r\n* 2 FETCH (UID 2 BODY[] {5}\r\nhello)\r\n{tag} OK [EXPUNGEISSUED] x\r\n"
    with scripted_imap({b"FETCH": answer}) as server, ImapSource(server.settings()).session() as session:
        assert [mail.handle.uid for mail in session.fetch(BOTH)] == ["2"]


def test_a_message_that_goes_while_streamed_is_an_error_not_half_a_message() -> None:
    script = {
        b"<0.": b"* 1 FETCH (UID 1 BODY[]<0> {5}\r\nhello)\r\n{tag} OK x\r\n",
        b"<5.": b"{tag} OK x\r\n",
    }
    with (
        scripted_imap(script) as server,
        ImapSource(server.settings()).session() as session,
        pytest.raises(UnreachableError, match="went while being read"),
    ):
        list(session.stream(BOTH[0]))


def test_a_server_that_only_estimates_sizes_is_believed_on_the_bytes() -> None:
    answer = b"* 2 FETCH (UID 2 BODY[] {7}\r\nhello!!)\r\n{tag} OK x\r\n"
    with scripted_imap({b"FETCH": answer}) as server, ImapSource(server.settings()).session() as session:
        assert [mail.raw for mail in session.fetch(BOTH[1:])] == [b"hello!!"]


def test_uidnext_need_not_be_right() -> None:
    """UIDNEXT says 3; the server has a message 900, and answers `1:*` with it."""
    script = {
        b"SEARCH": b"* SEARCH 900\r\n{tag} OK x\r\n",
        b"FETCH": b'* 2 FETCH (UID 900 INTERNALDATE " 2-Mar-2026 13:00:00 +0100" RFC822.SIZE 5)\r\n{tag} OK x\r\n',
    }
    with scripted_imap(script) as server, ImapSource(server.settings()).session() as session:
        assert [(each.handle.uid, each.arrived_at) for each in session.listing(LONG_AGO)] == [("900", NOON)]


def test_the_server_is_asked_a_day_early_since_its_zone_is_its_own() -> None:
    """A message of the 1st, 22:30 at -12:00, arrived after NOON of the 2nd, and SINCE looks at its own date."""
    with (
        scripted_imap({b"SEARCH": b"* SEARCH\r\n{tag} OK x\r\n"}) as server,
        ImapSource(server.settings()).session() as session,
    ):
        assert list(session.listing(NOON)) == []
    assert any(b"UID SEARCH UID 1:* SINCE 01-Mar-2026" in line for line in server.seen)


def test_a_folder_that_turns_out_to_be_open_for_writing_is_still_only_peeked_at() -> None:
    script = {
        b"EXAMINE": SELECTED + b"{tag} OK [READ-WRITE] x\r\n",
        b"FETCH": b"{tag} OK x\r\n",
    }
    with scripted_imap(script) as server, ImapSource(server.settings()).session() as session:
        assert list(session.fetch(BOTH)) == []
        assert list(session.stream(BOTH[0])) == []
    fetches = [line for line in server.seen if b"FETCH" in line]
    assert len(fetches) == 2
    assert all(b"BODY.PEEK[]" in line for line in fetches)


def test_an_answer_nobody_can_read_ends_the_session() -> None:
    script = {b"SEARCH": b"* SEARCH one two\r\n{tag} OK x\r\n"}
    with scripted_imap(script) as server, ImapSource(server.settings()).session() as session:
        with pytest.raises(UnreachableError, match="can't search"):
            list(session.listing(LONG_AGO))
        with pytest.raises(UnreachableError, match="has ended"):
            list(session.listing(LONG_AGO))


@pytest.mark.parametrize("answer", [CLOSE, b"* BYE busy\r\n" + CLOSE, b"{tag} NO [UNAVAILABLE] later\r\n"])
def test_a_failure_at_sign_in_that_is_not_about_the_password_is_temporary(answer: bytes) -> None:
    with (
        scripted_imap({b"LOGIN": answer}) as server,
        pytest.raises(UnreachableError) as caught,
    ):
        ImapSource(server.settings()).check()
    assert "hush-hush" not in str(caught.value)


def test_a_server_stripped_of_starttls_never_sees_the_password() -> None:
    with (
        scripted_imap({}) as server,
        pytest.raises(PermanentError, match="offers no STARTTLS"),
    ):
        ImapSource(server.settings(tls="starttls")).check()
    assert not any(b"LOGIN" in line or b"hush" in line for line in server.seen)


def test_a_password_with_a_line_end_is_never_sent() -> None:
    with (
        scripted_imap({}) as server,
        pytest.raises(SignInError, match="control character"),
    ):
        ImapSource(server.settings(password=lambda: "x\r\nA9 CREATE Evil")).check()
    assert not any(b"Evil" in line for line in server.seen)


def test_a_user_with_quotes_stays_one_argument() -> None:
    with (
        scripted_imap({b"LOGIN": b"{tag} NO [AUTHENTICATIONFAILED] no\r\n"}) as server,
        pytest.raises(SignInError, match="check user and password"),
    ):
        ImapSource(server.settings(user='a "b\\ c')).check()
    assert any(b'LOGIN "a \\"b\\\\ c" "hush-hush"' in line for line in server.seen)


def test_a_refused_password_at_microsofts_own_server_names_the_ways_that_are_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cee_mailbot.domain.ways.ONLINE", ("127.0.0.1",))
    with (
        scripted_imap({b"LOGIN": b"{tag} NO [AUTHENTICATIONFAILED] no\r\n"}) as server,
        pytest.raises(SignInError, match='takes no password: set auth = "oauth2", or source = "graph"'),
    ):
        ImapSource(server.settings()).check()


def test_a_folder_without_the_right_to_move_is_told_apart() -> None:
    script = {b"SELECT": SELECTED + b"{tag} OK [READ-ONLY] x\r\n"}
    with (
        scripted_imap(script) as server,
        ImapSource(server.settings()).session() as session,
        pytest.raises(PermanentError, match="read-only"),
    ):
        session.settle([BOTH[0].handle])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"{tag} NO [NOPERM] no rights\r\n", PermanentError),
        (b"{tag} NO [INUSE] locked\r\n", UnreachableError),
        (b"{tag} BAD what?\r\n", UnreachableError),
        (CLOSE, UnreachableError),
    ],
)
def test_a_refused_move_says_whether_to_try_again(answer: bytes, error: type[Exception]) -> None:
    listed = b'* LIST () "/" Processed\r\n{tag} OK x\r\n'
    with (
        scripted_imap({b"MOVE": answer, b"LIST": listed}) as server,
        ImapSource(server.settings()).session() as session,
        pytest.raises(error, match="move messages"),
    ):
        session.settle([BOTH[0].handle])


def test_a_session_past_its_deadline_is_ended() -> None:
    with scripted_imap({}) as server, ImapSource(server.settings()).session() as session:
        session._connection._ends = 0
        with pytest.raises(UnreachableError, match="longer than"):
            list(session.listing(LONG_AGO))


@pytest.mark.parametrize("command", [b"LOGIN", b"FETCH"])
def test_f78_a_server_that_goes_on_byte_by_byte_is_ended_at_the_deadline(command: bytes) -> None:
    """It keeps to the timeout of every single read."""
    script = {command: b"* 1 FETCH (UID 1 BODY[] {900000}\r\n" + DRIP}
    with scripted_imap(script) as server:
        source = ImapSource(server.settings(deadline=0.5))
        with pytest.raises(UnreachableError, match=r"took longer than 0\.5 s"), source.session() as session:
            list(session.fetch(BOTH))


def test_a_server_that_says_nothing_is_given_up() -> None:
    with (
        scripted_imap({b"SEARCH": b""}) as server,
        ImapSource(server.settings(read_timeout=0.2)).session() as session,
        pytest.raises(UnreachableError, match="timed out"),
    ):
        list(session.listing(LONG_AGO))
