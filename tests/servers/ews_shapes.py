"""The shapes of Exchange Web Services: what a request must look like, to the letter, and how answers are written.

They are those of the schema that an Exchange server publishes (messages.xsd, types.xsd) as its reference tells them
("Web service reference for Exchange"); the page is named beside each.
"""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from tests.servers.ews_mailbox import ExchangeBox, Folder, Item, shown

NAMESPACES = {
    "http://schemas.xmlsoap.org/soap/envelope/": "s",
    "http://schemas.microsoft.com/exchange/services/2006/messages": "m",
    "http://schemas.microsoft.com/exchange/services/2006/types": "t",
}
LISTED = {
    "item:DateTimeCreated",
    "item:DateTimeReceived",
    "item:DateTimeSent",
    "item:Size",
    "message:From",
    "message:InternetMessageId",
}

# "DistinguishedFolderId", "Mailbox": a folder of somebody's by its well-known name.
_KNOWN = r"t:DistinguishedFolderId@Id\(t:Mailbox\(t:EmailAddress\(\) t:RoutingType\(\) t:MailboxType\(\)\)\)"
_SHAPE = r"t:BaseShape\(\) t:AdditionalProperties\((t:FieldURI@FieldURI\(\) ?)+\)"
_ITEMS = r"m:ItemIds\((t:ItemId@Id\(\) ?)+\)"
# "RequestServerVersion", "ExchangeImpersonation", "ConnectingSID", "TimeZoneContext", "TimeZoneDefinition".
_HEAD = (
    r"s:Header\(t:RequestServerVersion@Version\(\) "
    r"(t:ExchangeImpersonation\(t:ConnectingSID\(t:PrimarySmtpAddress\(\)\)\) )?"
    r"t:TimeZoneContext\(t:TimeZoneDefinition@Id\(\)\)\)"
)
OPERATIONS = {
    # "GetFolder operation"
    "GetFolder": rf"m:GetFolder\(m:FolderShape\({_SHAPE}\) m:FolderIds\({_KNOWN}\)\)",
    # "FindFolder operation", "IndexedPageFolderView"
    "FindFolder": (
        rf"m:FindFolder@Traversal\(m:FolderShape\({_SHAPE}\) "
        r"m:IndexedPageFolderView@BasePoint@MaxEntriesReturned@Offset\(\) "
        rf"m:ParentFolderIds\({_KNOWN}\)\)"
    ),
    # "CreateFolder operation"
    "CreateFolder": rf"m:CreateFolder\(m:ParentFolderId\({_KNOWN}\) m:Folders\(t:Folder\(t:DisplayName\(\)\)\)\)",
    # "SyncFolderItems operation"
    "SyncFolderItems": (
        rf"m:SyncFolderItems\(m:ItemShape\({_SHAPE}\) m:SyncFolderId\(t:FolderId@Id\(\)\) "
        r"(m:SyncState\(\) )?m:MaxChangesReturned\(\)\)"
    ),
    # "GetItem operation"
    "GetItem": rf"m:GetItem\(m:ItemShape\({_SHAPE}\) {_ITEMS}\)",
    # "MoveItem operation"
    "MoveItem": rf"m:MoveItem\(m:ToFolderId\(t:FolderId@Id\(\)\) {_ITEMS}\)",
    # "CreateItem operation" for an email message, "MimeContent"
    "CreateItem": (
        rf"m:CreateItem@MessageDisposition@SendMeetingInvitations\(m:SavedItemFolderId\({_KNOWN}\) "
        r"m:Items\(t:Message\(t:MimeContent\(\)\)\)\)"
    ),
}
ENVELOPE = rf"s:Envelope\({_HEAD} s:Body\((?P<body>.*)\)\)"


def outline(element: "etree._Element") -> str:
    """The elements of a request, each with its attributes, in their order."""
    space, _, name = str(element.tag).removeprefix("{").partition("}")
    attributes = "".join(f"@{one}" for one in sorted(map(str, element.attrib)))
    inner = " ".join(outline(child) for child in element)
    return f"{NAMESPACES.get(space, '?')}:{name}{attributes}({inner})"


def texts(element: "etree._Element", name: str) -> list[str]:
    """The texts of all elements of this name."""
    return [one.text or "" for one in element.iter("{*}" + name)]


def attributes(element: "etree._Element", name: str, attribute: str) -> list[str]:
    """An attribute of all elements of this name."""
    return [str(one.get(attribute)) for one in element.iter("{*}" + name)]


def envelope(body: str) -> bytes:
    """See "ServerVersionInfo"; this is Exchange Server SE."""
    names = 'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
    names += 'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
    version = 'MajorVersion="15" MinorVersion="2" MajorBuildNumber="2562" MinorBuildNumber="17" Version="V2017_07_11"'
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" {names}><s:Header>'
        f"<t:ServerVersionInfo {version}/></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode("utf-8", "surrogatepass")


def response(operation: str, messages: Iterable[str]) -> bytes:
    """See "ResponseMessages"."""
    inner = "".join(messages)
    return envelope(f"<m:{operation}Response><m:ResponseMessages>{inner}</m:ResponseMessages></m:{operation}Response>")


def success(operation: str, inner: str) -> str:
    """See "SyncFolderItemsResponseMessage" and its kin."""
    name = f"m:{operation}ResponseMessage"
    return f'<{name} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{inner}</{name}>'


def error(operation: str, code: str, inner: str = "", *, back_off: int = 0) -> str:
    """See "ResponseCode", "MessageText", "DescriptiveLinkKey", "MessageXml"."""
    name = f"m:{operation}ResponseMessage"
    wait = f"<m:MessageXml>{_value('BackOffMilliseconds', back_off)}</m:MessageXml>" if back_off else ""
    return (
        f'<{name} ResponseClass="Error"><m:MessageText>Said by the test\'s server.</m:MessageText>'
        f"<m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{wait}{inner}</{name}>"
    )


def soap_fault(code: str, back_off: int = 0) -> bytes:
    """See "EWS throttling in Exchange" and SOAP 1.1 section 4.4; the detail is in the namespace of errors."""
    errors = "http://schemas.microsoft.com/exchange/services/2006/errors"
    wait = f"<t:MessageXml>{_value('BackOffMilliseconds', back_off)}</t:MessageXml>" if back_off else ""
    return envelope(
        f"<s:Fault><faultcode>a:{code}</faultcode><faultstring>Said by the test's server.</faultstring><detail>"
        f'<e:ResponseCode xmlns:e="{errors}">{code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{errors}">Said by the test\'s server.</e:Message>{wait}</detail></s:Fault>'
    )


def _value(name: str, value: int) -> str:
    return f'<t:Value Name="{name}">{value}</t:Value>'


def folder(one: Folder, box: ExchangeBox) -> str:
    """See "Folder", "CalendarFolder"."""
    count = sum(item.folder is one for item in box.items.values())
    return (
        f'<t:{one.kind}><t:FolderId Id={quoteattr(one.id)} ChangeKey="AQAAAB"/>'
        f"<t:DisplayName>{escape(one.name)}</t:DisplayName><t:TotalCount>{count}</t:TotalCount></t:{one.kind}>"
    )


def change(what: str, uid: str, box: ExchangeBox, fields: Iterable[str]) -> str:
    """See "Changes (Items)", "Create (ItemSync)", "Delete (ItemSync)", "ReadFlagChange"."""
    if what == "Delete":
        return f"<t:Delete>{item_id(uid)}</t:Delete>"
    if what == "ReadFlagChange":
        return f"<t:ReadFlagChange>{item_id(uid)}<t:IsRead>true</t:IsRead></t:ReadFlagChange>"
    return f"<t:{what}>{_item(box.items[uid], fields)}</t:{what}>"


def item_id(uid: str) -> str:
    """See "ItemId"."""
    return f'<t:ItemId Id={quoteattr(uid)} ChangeKey="CQAAABYA"/>'


def _item(item: Item, fields: Iterable[str]) -> str:
    """See "Message": the elements in the order of types.xsd, those without a value left out."""
    order = (
        "item:DateTimeReceived",
        "item:Size",
        "item:DateTimeSent",
        "item:DateTimeCreated",
        "message:From",
        "message:InternetMessageId",
    )
    inner = "".join(_field(item, name) for name in order if name in set(fields))
    return f"<t:{item.kind}>{item_id(item.id)}{inner}</t:{item.kind}>"


def _field(item: Item, name: str) -> str:
    value = shown(item, name)
    element = name.partition(":")[2]
    if isinstance(value, tuple):
        person, address = value
        routing = "<t:RoutingType>SMTP</t:RoutingType>"
        return (
            f"<t:From><t:Mailbox><t:Name>{_text(person)}</t:Name><t:EmailAddress>{_text(address)}</t:EmailAddress>"
            f"{routing}</t:Mailbox></t:From>"
            if address
            else ""
        )
    return f"<t:{element}>{_text(value)}</t:{element}>" if value else ""


def _text(value: str) -> str:
    """Control characters as Exchange writes them, by references that XML 1.0 does not allow (section 2.2)."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", lambda one: f"&#x{ord(one[0]):X};", escape(value))
