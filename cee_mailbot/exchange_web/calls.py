"""What can be asked of Exchange for one mailbox."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cee_mailbot.exchange_calls import Changes, Inbox, RefusedCallError
from cee_mailbot.exchange_web.answers import Node
from cee_mailbot.exchange_web.envelopes import Envelopes
from cee_mailbot.exchange_web.listing import changes_in, folders_in, id_in, inbox_in
from cee_mailbot.exchange_web.refusals import GONE, OF_ONE_ITEM, TEMPORARY, Refusal, refusal_of
from cee_mailbot.exchange_web.wire import Request, Wire
from cee_mailbot.exchange_web.words import END_ONLINE


class Calls:
    """As `ExchangeCalls`, over one connection."""

    def __init__(self, wire: Wire, envelopes: Envelopes) -> None:
        self._wire = wire
        self._envelopes = envelopes

    @property
    def who(self) -> str:
        """As `ExchangeCalls.who`."""
        return self._wire.who

    @property
    def version(self) -> str:
        """As `ExchangeCalls.version`."""
        return self._wire.version

    @property
    def advice(self) -> str:
        """As `ExchangeCalls.advice`."""
        return END_ONLINE if self._wire.online else ""

    def inbox(self) -> Inbox:
        """As `ExchangeCalls.inbox`."""
        return inbox_in(self._one(self._envelopes.get_inbox()))

    def folder_called(self, name: str) -> str | None:
        """As `ExchangeCalls.folder_called`."""
        offset: int | None = 0
        while offset is not None:
            folders, offset = folders_in(self._one(self._envelopes.find_folders(offset)), offset)
            for uid, called in folders:
                if called.casefold() == name.casefold():
                    return uid
        return None

    def create_folder(self, name: str) -> str:
        """As `ExchangeCalls.create_folder`."""
        return id_in(self._one(self._envelopes.create_folder(name)), "Folders")

    def changes(self, folder: str, state: str) -> Changes:
        """As `ExchangeCalls.changes`."""
        return changes_in(self._one(self._envelopes.sync(folder, state)), state)

    def contents(self, uids: Sequence[str]) -> Iterator[bytes | RefusedCallError | None]:
        """As `ExchangeCalls.contents`."""
        pieces: list[bytes] = []
        given = 0
        for event in self._wire.events(Request(body=self._envelopes.get_content(uids), content=True)):
            if isinstance(event, bytes):
                pieces.append(event)
                continue
            given += 1
            if given > len(uids):
                break
            yield self._item(event, pieces)
            pieces = []
        self._wire.require_all(given, len(uids))

    def _item(self, message: Node, pieces: list[bytes]) -> bytes | RefusedCallError | None:
        refusal = refusal_of(message)
        if refusal is None:
            if not pieces:
                return self._wire.refused_call(Refusal(code="NoMimeContent"))
            return b"".join(pieces)
        if refusal.code == GONE:
            return None
        if refusal.code in TEMPORARY - OF_ONE_ITEM:
            raise self._wire.failed(refusal)
        return self._wire.refused_call(refusal)

    def stream(self, uid: str) -> Iterator[bytes]:
        """As `ExchangeCalls.stream`."""
        messages = 0
        for event in self._wire.events(Request(body=self._envelopes.get_content([uid]), content=True)):
            if isinstance(event, bytes):
                yield event
                continue
            messages += 1
            refusal = refusal_of(event)
            if refusal is not None and refusal.code in OF_ONE_ITEM:
                raise self._wire.refused_call(refusal)
            if refusal is not None and refusal.code != GONE:
                raise self._wire.failed(refusal)
        self._wire.require_all(messages, 1)

    def move(self, uids: Sequence[str], target: str) -> None:
        """As `ExchangeCalls.move`."""
        messages = self._wire.messages(Request(body=self._envelopes.move(uids, target)))
        self._wire.require_all(len(messages), len(uids))
        refusals = [refusal for one in messages if (refusal := refusal_of(one)) and refusal.code != GONE]
        for refusal in refusals:
            # One item that can't be moved now must not end the pass for the others.
            of_one = refusal.code in OF_ONE_ITEM
            raise self._wire.refused_call(refusal) if of_one else self._wire.failed(refusal)

    def send(self, raw: bytes) -> None:
        """As `ExchangeCalls.send`."""
        self._one(self._envelopes.send(raw), once=True)

    def clock_skew(self) -> timedelta:
        """As `ExchangeCalls.clock_skew`."""
        return self._wire.skew

    def _one(self, body: bytes, *, once: bool = False) -> Node:
        request = Request(body=body, once=once)
        messages = self._wire.messages(request)
        refusals = [refusal for one in messages if (refusal := refusal_of(one))]
        for refusal in refusals:
            raise self._wire.failed(refusal, request)
        self._wire.require_all(len(messages), 1)
        return messages[0]
