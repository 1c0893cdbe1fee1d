from datetime import datetime

import pytest

from cee_mailbot.errors import UnreachableError
from cee_mailbot.interfaces import SourceSession
from cee_mailbot.testing import MemorySource
from tests.contract.source_contract import LONG_AGO, NOON, SourceContract, message


class MemoryBox:
    def __init__(self) -> None:
        self.source = MemorySource()

    def put(self, raw: bytes, arrived_at: datetime) -> None:
        self.source.deliver(raw, arrived_at)

    def as_served(self, raw: bytes) -> bytes:
        return raw

    def waiting(self) -> list[bytes]:
        return [mail.raw for mail in self.source.inbox.values()]

    def kept(self) -> list[bytes]:
        return [mail.raw for mail in self.source.processed.values()]

    def traces(self) -> object:
        return dict(self.source.inbox), dict(self.source.processed)

    def remove_all(self) -> None:
        self.source.inbox.clear()

    def break_off(self, _session: SourceSession) -> None:
        self.source.failure = UnreachableError("cut")

    def repair(self) -> None:
        pass


class TestMemorySource(SourceContract):
    @pytest.fixture
    def box(self) -> MemoryBox:
        return MemoryBox()

    def test_handles_from_before_a_folder_was_made_anew_are_stale(self, box: MemoryBox) -> None:
        box.put(message(1), NOON)
        with box.source.session() as session:
            [old] = session.listing(LONG_AGO)
            box.source.make_anew()
            box.put(message(2), NOON)
            assert list(session.fetch([old])) == []
            session.settle([old.handle])
        assert box.waiting() == [message(2)]
