"""What Exchange is asked, as exchangelib writes it."""

from collections.abc import Sequence
from typing import Any

from exchangelib import (
    DELEGATE,
    IMPERSONATION,
    UTC,
    Account,
    Build,
    Configuration,
    FailFast,
    Message,
    Version,
)
from exchangelib.fields import FieldPath
from exchangelib.folders import Folder
from exchangelib.items import ID_ONLY, SEND_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.properties import DistinguishedFolderId, FolderId, ItemId, Mailbox
from exchangelib.services import CreateFolder, CreateItem, FindFolder, GetFolder, GetItem, MoveItem, SyncFolderItems
from exchangelib.transport import NOAUTH
from exchangelib.util import add_xml_child, create_element

from cee_mailbot.exchange_web.settings import ExchangeSettings

# The schema of Exchange 2013 SP1, which every later server still speaks.
_VERSION = Version(build=Build(15, 0, 847, 32))
_LISTED = ("author", "datetime_created", "datetime_received", "datetime_sent", "message_id", "size")
CHANGES_AT_ONCE, FOLDERS_AT_ONCE = 200, 100


class Envelopes:
    """SOAP requests for one mailbox; nothing here calls anybody.

    A token is the app's own, and the app acts as the mailbox, by impersonation; a user goes by his rights to it.
    """

    def __init__(self, settings: ExchangeSettings) -> None:
        configuration = Configuration(
            service_endpoint=settings.endpoint, auth_type=NOAUTH, version=_VERSION, retry_policy=FailFast()
        )
        self._account = Account(
            settings.address,
            config=configuration,
            autodiscover=False,
            access_type=IMPERSONATION if settings.tokens else DELEGATE,
            default_timezone=UTC,
        )
        self._mailbox = Mailbox(email_address=settings.address)

    def get_inbox(self) -> bytes:
        """Of the inbox its id and how many items it holds."""
        fields = _paths(Folder, ("total_count",))
        return self._written(GetFolder, folders=[self._known_folder("inbox")], additional_fields=fields, shape=ID_ONLY)

    def find_folders(self, offset: int) -> bytes:
        """The folders at the root of the mailbox, a page of them."""
        return self._written(
            FindFolder,
            folders=[self._known_folder("msgfolderroot")],
            additional_fields=_paths(Folder, ("name",)),
            restriction=None,
            shape=ID_ONLY,
            depth="Shallow",
            page_size=FOLDERS_AT_ONCE,
            offset=offset,
        )

    def create_folder(self, name: str) -> bytes:
        """A folder at the root of the mailbox."""
        folder = create_element("t:Folder")
        add_xml_child(folder, "t:DisplayName", name)
        return self._written(CreateFolder, folders=[folder], parent_folder=self._known_folder("msgfolderroot"))

    def sync(self, folder: str, state: str) -> bytes:
        """What changed in a folder."""
        return self._written(
            SyncFolderItems,
            folder=FolderId(id=folder),
            shape=ID_ONLY,
            additional_fields=_paths(Message, _LISTED),
            sync_state=state or None,
            ignore=None,
            max_changes_returned=CHANGES_AT_ONCE,
            sync_scope=None,
        )

    def get_content(self, uids: Sequence[str]) -> bytes:
        """The MIME content of items."""
        items = [ItemId(id=uid) for uid in uids]
        return self._written(GetItem, items=items, additional_fields=_paths(Message, ("mime_content",)), shape=ID_ONLY)

    def move(self, uids: Sequence[str], target: str) -> bytes:
        """Items to a folder."""
        return self._written(MoveItem, items=[ItemId(id=uid) for uid in uids], to_folder=FolderId(id=target))

    def send(self, raw: bytes) -> bytes:
        """A letter in MIME and nothing beside it: exchangelib would add values of its own for what it finds unset."""
        service = CreateItem(account=self._account)
        payload = service.get_payload(
            items=[],
            folder=self._known_folder("sentitems"),
            message_disposition=SEND_AND_SAVE_COPY,
            send_meeting_invitations=SEND_TO_NONE,
        )
        message = create_element("t:Message")
        add_xml_child(message, "t:MimeContent", raw)
        payload[-1].append(message)
        return self._enveloped(service, payload)

    def _known_folder(self, name: str) -> DistinguishedFolderId:
        return DistinguishedFolderId(id=name, mailbox=self._mailbox)

    def _written(self, kind: type, **what: Any) -> bytes:
        service = kind(account=self._account)
        return self._enveloped(service, service.get_payload(**what))

    def _enveloped(self, service: Any, payload: Any) -> bytes:
        written: bytes = service.wrap(payload, api_version=_VERSION.api_version)
        return written


def _paths(kind: Any, names: Sequence[str]) -> list[Any]:
    return [FieldPath(field=kind.get_field_by_fieldname(name)) for name in names]
