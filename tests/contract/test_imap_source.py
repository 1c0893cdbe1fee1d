import socket
from datetime import datetime
from itertools import count

import pytest

from cee_mailbot.interfaces import SourceSession
from cee_mailbot.sources import source_class
from cee_mailbot.sources.imap import ImapSession, ImapSource
from tests.contract.source_contract import SourceContract
from tests.servers.dovecot import Dovecot

_numbers = count()


class ImapBox:
    def __init__(self, server: Dovecot, processed: str = "Processed") -> None:
        self.server = server
        self.user = f"contract{next(_numbers)}"
        self.processed = processed
        server.add_user(self.user)
        self.source = ImapSource(server.settings(self.user))

    def put(self, raw: bytes, arrived_at: datetime) -> None:
        self.server.append(self.user, raw, arrived_at)

    def as_served(self, raw: bytes) -> bytes:
        """RFC 9051 has neither bare line ends nor NUL in a message; Dovecot replaces them on arrival."""
        return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\0", b"\x80")

    def waiting(self) -> list[bytes]:
        return self.server.messages(self.user)

    def kept(self) -> list[bytes]:
        return self.server.messages(self.user, self.processed)

    def traces(self) -> object:
        with self.server.client(self.user) as client:
            folders = sorted(name for _, _, name in client.list_folders())
            client.select_folder("INBOX", readonly=True)
            said = client.fetch(client.search("ALL"), ["FLAGS"])
            # \Recent is the server's own, and goes to whichever client looks first.
            flags = {uid: set(each[b"FLAGS"]) - {b"\\Recent"} for uid, each in said.items()}
            return folders, flags

    def remove_all(self) -> None:
        with self.server.client(self.user) as client:
            client.select_folder("INBOX")
            client.delete_messages(client.search("ALL"))
            client.expunge()

    def break_off(self, session: SourceSession) -> None:
        assert isinstance(session, ImapSession)
        session._connection._client.socket().shutdown(socket.SHUT_RDWR)

    def repair(self) -> None:
        pass


class TestImapSource(SourceContract):
    @pytest.fixture
    def box(self, dovecot: Dovecot) -> ImapBox:
        return ImapBox(dovecot)


class TestImapSourceWithoutMove(SourceContract):
    @pytest.fixture
    def box(self, old_dovecot: Dovecot) -> ImapBox:
        return ImapBox(old_dovecot, "INBOX.Processed")


def test_the_table_knows_the_class() -> None:
    assert source_class("imap") is ImapSource
