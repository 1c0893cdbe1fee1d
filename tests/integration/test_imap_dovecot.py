"""What is peculiar to IMAP, on a real server."""

import socket
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cee_mailbot.errors import PermanentError, SignInError, UnreachableError, UserError
from cee_mailbot.sources import imap, imap_ranges
from cee_mailbot.sources.imap import ImapSession, ImapSettings, ImapSource
from cee_mailbot.sources.imap_connection import Connection
from tests.contract.source_contract import LONG_AGO, NOON, message
from tests.servers.certificates import make_certificates
from tests.servers.dovecot import Dovecot

_numbers = count()


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    name = f"imap{next(_numbers)}"
    dovecot.add_user(name)
    return name


@pytest.fixture
def old_user(old_dovecot: Dovecot) -> str:
    name = f"old{next(_numbers)}"
    old_dovecot.add_user(name)
    return name


def settle_all(source: ImapSource) -> None:
    with source.session() as session:
        session.settle([each.handle for each in session.listing(LONG_AGO)])


def test_F09_reading_leaves_seen_unset(dovecot: Dovecot, user: str) -> None:
    dovecot.append(user, message(1), NOON)
    with ImapSource(dovecot.settings(user)).session() as session:
        listed = list(session.listing(LONG_AGO))
        assert len(list(session.fetch(listed))) == 1
    with dovecot.client(user) as client:
        client.select_folder("INBOX", readonly=True)
        assert client.search("UNSEEN") == [1]


def test_F13_uidvalidity_change(dovecot: Dovecot, user: str) -> None:
    """After a folder was deleted and made anew, an old handle fetches and moves nothing, though its UID is there."""
    source = ImapSource(dovecot.settings(user, folder="Intake"))
    with dovecot.client(user) as client:
        client.create_folder("Intake")
        client.append("Intake", message(1))
        with source.session() as session:
            [old] = session.listing(LONG_AGO)
        client.delete_folder("Intake")
        client.create_folder("Intake")
        client.append("Intake", message(2))
    with source.session() as session:
        [new] = session.listing(LONG_AGO)
        assert (new.handle.uid, new.handle.folder) == (old.handle.uid, "Intake")
        assert new.handle.validity != old.handle.validity
        assert list(session.fetch([old])) == []
        assert list(session.stream(old)) == []
        session.settle([old.handle])
        assert dovecot.messages(user, "Intake") == [message(2)]
        session.settle([new.handle])
    assert dovecot.messages(user, "Processed") == [message(2)]


def test_literals_are_not_formatted_for_a_log(dovecot: Dovecot, user: str) -> None:
    with ImapSource(dovecot.settings(user)).session() as session:
        assert session._connection._client._imap.debug == 0


def test_listing_in_windows_and_portions_is_whole(dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_ranges, "_UIDS_A_SEARCH", 3)
    monkeypatch.setattr(imap_ranges, "_UIDS_A_COMMAND", 2)
    with dovecot.client(user) as client:
        for number in range(11):
            client.append("INBOX", message(number), msg_time=NOON + timedelta(minutes=number))
    with ImapSource(dovecot.settings(user)).session() as session:
        listed = list(session.listing(NOON + timedelta(minutes=1)))
        assert [each.arrived_at for each in listed] == [NOON + timedelta(minutes=n) for n in range(1, 11)]
        assert [mail.raw for mail in session.fetch(listed)] == [message(n) for n in range(1, 11)]
        session.settle([each.handle for each in listed])
    assert dovecot.messages(user) == [message(0)]
    assert len(dovecot.messages(user, "Processed")) == 10
    # The last window, 16:*, names message 15, the last there is (RFC 9051 6.4.4): it is not listed twice.
    with dovecot.client(user) as client:
        for number in range(6):
            client.append("INBOX", message(number), msg_time=NOON)
        client.select_folder("INBOX")
        client.delete_messages([16, 17])
        client.expunge()
    with ImapSource(dovecot.settings(user)).session() as session:
        assert [each.handle.uid for each in session.listing(LONG_AGO)] == ["1", "12", "13", "14", "15"]


def test_looking_again_asks_only_about_what_is_new(
    dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told of a UID never changes: amid a flood the same thousands are not asked about again and again."""
    asked: list[list[int]] = []
    dated = ImapSession._dated

    def noted(session: ImapSession, uids: list[int]) -> Any:
        asked.append(uids)
        return dated(session, uids)

    monkeypatch.setattr(ImapSession, "_dated", noted)
    for number in range(3):
        dovecot.append(user, message(number), NOON)
    with ImapSource(dovecot.settings(user)).session() as session:
        first = list(session.listing(LONG_AGO))
        session.settle([first[0].handle])
        dovecot.append(user, message(3), NOON)
        assert list(session.listing(LONG_AGO))[:2] == first[1:]
        assert [each.handle.uid for each in session.listing(LONG_AGO)] == ["2", "3", "4"]
    assert asked == [[1, 2, 3], [4]]


def test_a_message_of_many_pieces_is_streamed_whole(
    dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_PIECE", 10)
    dovecot.append(user, message(1), NOON)
    with ImapSource(dovecot.settings(user)).session() as session:
        [listed] = session.listing(LONG_AGO)
        assert b"".join(session.stream(listed)) == message(1)


@pytest.mark.parametrize("name", ["A&B", "日本", "Été", "Two words", "Archive/Done"])
def test_F85_folder_names_in_any_script(dovecot: Dovecot, user: str, name: str) -> None:
    source = ImapSource(dovecot.settings(user, processed_folder=name))
    dovecot.append(user, message(1), NOON)
    assert f"folder {name} will be created" in source.check()
    settle_all(source)
    assert dovecot.messages(user, name) == [message(1)]
    with dovecot.client(user) as client:
        assert name in [folder for _, _, folder in client.list_sub_folders()]
    assert f"folder {name} is there" in source.check()


def test_a_slash_in_a_folder_name_is_the_servers_separator(old_dovecot: Dovecot, old_user: str) -> None:
    old_dovecot.append(old_user, message(1), NOON)
    settle_all(ImapSource(old_dovecot.settings(old_user, processed_folder="Archive/Done")))
    assert old_dovecot.messages(old_user, "INBOX.Archive.Done") == [message(1)]


def test_implicit_tls_and_starttls_are_verified(dovecot: Dovecot, user: str) -> None:
    for tls, port in (("implicit", dovecot.tls_port), ("starttls", dovecot.port)):
        settings = dovecot.settings(user, tls=tls, tcp_port=port, ca_file=dovecot.authority)
        assert "certificate verified" in ImapSource(settings).check()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_of_another_authority_is_refused(dovecot: Dovecot, user: str, tls: str, tmp_path: Path) -> None:
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    for ca_file in (None, make_certificates(tmp_path).authority):
        source = ImapSource(dovecot.settings(user, tls=tls, tcp_port=port, ca_file=ca_file))
        with pytest.raises(PermanentError, match="ca_file"):
            source.check()
    assert f"user=<{user}>" not in dovecot.log()


def test_a_missing_ca_file_is_named(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    settings = dovecot.settings(user, tls="implicit", tcp_port=dovecot.tls_port, ca_file=tmp_path / "none.pem")
    with pytest.raises(PermanentError, match=r"none\.pem"):
        ImapSource(settings).check()


def test_a_bad_password_is_a_sign_in_error_without_the_password(dovecot: Dovecot, user: str) -> None:
    settings = dovecot.settings(user, "wrong-secret")
    with pytest.raises(SignInError, match="check user and password") as caught:
        ImapSource(settings).check()
    assert "wrong-secret" not in str(caught.value) + repr(settings)


def test_a_password_may_hold_any_letter(dovecot: Dovecot) -> None:
    dovecot.add_user("umlaut", 'pä"ss\\wörd')
    assert "signed in as umlaut" in ImapSource(dovecot.settings("umlaut", 'pä"ss\\wörd')).check()


def test_a_dead_port_is_unreachable_and_names_the_fix(dovecot: Dovecot, user: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(UnreachableError, match=f"can't reach IMAP 127.0.0.1:{port}.*check host"):
            ImapSource(dovecot.settings(user, tcp_port=port)).check()


def test_a_missing_source_folder_is_named(dovecot: Dovecot, user: str) -> None:
    with pytest.raises(PermanentError, match=r"open folder Nowhere.*check the name"):
        ImapSource(dovecot.settings(user, folder="Nowhere")).check()


@pytest.mark.parametrize("field", ["host", "user", "folder", "processed_folder"])
@pytest.mark.parametrize("value", ["", "x\r\nA1 LOGOUT", "x\0y"])
def test_control_characters_in_settings_are_refused(field: str, value: str) -> None:
    names: dict[str, Any] = {"host": "h", "user": "u", field: value}
    with pytest.raises(UserError, match=field):
        ImapSettings(password=str, **names)


def test_clear_text_is_for_loopback_only() -> None:
    for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
        ImapSettings(host=host, user="u", password=str, tls="none")
    for host in ("imap.example.gov", "10.0.0.1", "localhost.example.gov", "0.0.0.0"):  # noqa: S104 - to be refused
        with pytest.raises(UserError, match="loopback only"):
            ImapSettings(host=host, user="u", password=str, tls="none")


def test_C9b_what_was_copied_before_a_crash_is_not_copied_again(old_dovecot: Dovecot, old_user: str) -> None:
    source = ImapSource(old_dovecot.settings(old_user))
    for number in range(3):
        old_dovecot.append(old_user, message(number), NOON)
    with old_dovecot.client(old_user) as client:
        client.create_folder("INBOX.Processed")
        client.select_folder("INBOX")
        client.copy([2], "INBOX.Processed")
    settle_all(source)
    assert Counter(old_dovecot.messages(old_user, "INBOX.Processed")) == Counter(message(n) for n in range(3))
    assert old_dovecot.messages(old_user) == []


def test_F14_another_message_with_the_same_id_and_size_is_no_copy(old_dovecot: Dovecot, old_user: str) -> None:
    source = ImapSource(old_dovecot.settings(old_user))
    first, second = message(1), message(1).replace(b"body", b"BODY")
    for raw in (first, second):
        old_dovecot.append(old_user, raw, NOON)
        settle_all(source)
    assert old_dovecot.messages(old_user, "INBOX.Processed") == [first, second]


def test_the_same_bytes_that_arrived_again_are_kept_again(old_dovecot: Dovecot, old_user: str) -> None:
    for hour in range(2):
        old_dovecot.append(old_user, message(1), NOON + timedelta(hours=hour))
        settle_all(ImapSource(old_dovecot.settings(old_user)))
    assert old_dovecot.messages(old_user, "INBOX.Processed") == [message(1)] * 2


def test_other_peoples_deleted_mail_is_not_expunged(old_dovecot: Dovecot, old_user: str) -> None:
    for number in range(2):
        old_dovecot.append(old_user, message(number), NOON)
    with old_dovecot.client(old_user) as client:
        client.select_folder("INBOX")
        client.delete_messages([1])
    with ImapSource(old_dovecot.settings(old_user)).session() as session:
        [_, second] = session.listing(LONG_AGO)
        session.settle([second.handle])
    assert old_dovecot.messages(old_user) == [message(0)]


def test_over_quota_the_message_stays_and_the_mailbox_is_named(old_dovecot: Dovecot) -> None:
    old_dovecot.add_user("full", quota="*:bytes=10K")
    raw = message(1) + b"x" * 6000
    old_dovecot.append("full", raw, NOON)
    with pytest.raises(PermanentError, match=r"mailbox full .*is over quota: make room"):
        settle_all(ImapSource(old_dovecot.settings("full")))
    assert old_dovecot.messages("full") == [raw]
    assert old_dovecot.messages("full", "INBOX.Processed") == []


def test_a_server_that_can_only_expunge_everything_is_refused(
    dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "can", lambda _self, capability: capability == "NAMESPACE")
    dovecot.append(user, message(1), NOON)
    source = ImapSource(dovecot.settings(user))
    with pytest.raises(PermanentError, match="neither MOVE nor UIDPLUS"):
        source.check()
    with pytest.raises(PermanentError, match="neither MOVE nor UIDPLUS"):
        settle_all(source)
    assert dovecot.messages(user) == [message(1)]
