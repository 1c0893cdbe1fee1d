"""Every operation of the API with what it asks for: the table that it is built and described from, and tests walk."""

from typing import Any

from cee_mailbot.bulk_ledger import BulkJobFacts
from cee_mailbot.domain import facts
from cee_mailbot.domain.approved_texts import TextFacts
from cee_mailbot.domain.roles import Role, Scope
from cee_mailbot.web.api import acts, bulk, given, reads
from cee_mailbot.web.api.bulk import BulkInFull
from cee_mailbot.web.api.operation import Given, Operation
from cee_mailbot.web.gate import Of

_LOOKED_BEFORE = 2  # acts that look in one transaction, read the message, and act in the next


def _read(  # noqa: PLR0913 - the columns of the table
    path: str, carry: Any, says: str, *, of: Of = Of.NOTHING, gives: Any, query: Any = None, hands_out: str = ""
) -> Operation:
    return Operation(
        method="GET",
        path=path,
        needs=Role.VIEWER,
        of=of,
        scope=Scope.READ,
        says=says,
        carry=carry,
        query=query,
        gives=gives,
        hands_out=hands_out,
    )


def _act(  # noqa: PLR0913 - the columns of the table
    path: str, carry: Any, says: str, *, of: Of, body: type[Given], gives: Any, looks: int = 1
) -> Operation:
    return Operation(
        method="POST",
        path=path,
        needs=Role.SPECIALIST,
        of=of,
        scope=Scope.ACT,
        says=says,
        carry=carry,
        body=body,
        gives=gives,
        transactions=looks,
    )


def _site(  # noqa: PLR0913 - the columns of the table
    method: str, path: str, carry: Any, says: str, *, gives: Any, body: type[Given] | None = None, again: Any = None
) -> Operation:
    return Operation(
        method=method,
        path=path,
        needs=Role.ADMINISTRATOR,
        of=Of.SITE,
        scope=Scope.ADMIN,
        says=says,
        carry=carry,
        body=body,
        gives=gives,
        transactions=0 if method == "GET" else 1,
        again=again,
    )


def _bulk(  # noqa: PLR0913 - the columns of the table
    method: str,
    path: str,
    carry: Any,
    says: str,
    *,
    gives: Any = BulkInFull,
    body: type[Given] | None = None,
    query: type[Given] | None = None,
    acts: bool = False,
) -> Operation:
    return Operation(
        method=method,
        path=path,
        needs=Role.SUPERVISOR,
        of=Of.BULK if "{job}" in path else Of.NOTHING,
        scope=Scope.READ if method == "GET" else Scope.ACT,
        says=says,
        carry=carry,
        body=body,
        query=query,
        gives=gives,
        transactions=1 if acts else 0,
        again=bulk.job_now if acts else None,
    )


_ITEM, _MESSAGE, _REPLY = "/queue/{tracking}", "/messages/{message}", "/replies/{reply}"
_FULL = dict[str, Any]

OPERATIONS: tuple[Operation, ...] = (
    _read("/queue", reads.list_items, "The items.", gives=tuple[facts.ItemFacts, ...], query=given.QueueQuery),
    _read(
        "/elsewhere",
        reads.list_elsewhere,
        "Items of other Centers that came to one's mailboxes: links, with what the message says that both have.",
        gives=tuple[facts.ElsewhereFacts, ...],
        query=given.ElsewhereQuery,
    ),
    _read("/texts", reads.list_texts, "The approved texts and macros.", gives=tuple[TextFacts, ...]),
    _read(_ITEM, reads.show_item, "Everything known of one item.", of=Of.ITEM, gives=_FULL),
    *(
        _act(f"{_ITEM}/{name}", acts.performed(act), act.says, of=Of.ITEM, body=act.body, gives=_FULL)
        for name, act in acts.ITEM_ACTS.items()
    ),
    _read(
        "/messages",
        reads.list_messages,
        "Every message ever received, oldest first.",
        gives=tuple[facts.MessageFacts, ...],
        query=given.MessagesQuery,
    ),
    _read(_MESSAGE, reads.show_message, "One message.", of=Of.MESSAGE, gives=_FULL),
    _read(f"{_MESSAGE}/raw", reads.raw_message, "Its exact bytes.", of=Of.MESSAGE, gives=None, hands_out="downloaded"),
    _read(
        f"{_MESSAGE}/documents",
        reads.list_documents,
        "Its documents.",
        of=Of.MESSAGE,
        gives=tuple[facts.DocumentFacts, ...],
    ),
    _read(
        f"{_MESSAGE}/documents/{{number}}",
        reads.document,
        "The bytes of one document, numbered from 1; one set aside as quarantined needs the role supervisor.",
        of=Of.MESSAGE,
        gives=None,
        hands_out="downloaded",
    ),
    _act(
        f"{_MESSAGE}/release",
        acts.release,
        "Puts a held, rejected or ignored message into the queue.",
        of=Of.MESSAGE,
        body=given.Releasing,
        gives=facts.MessageFacts,
        looks=_LOOKED_BEFORE,
    ),
    _read(
        "/replies",
        reads.list_replies,
        "The outbox, oldest first.",
        gives=tuple[facts.ReplyFacts, ...],
        query=given.RepliesQuery,
    ),
    _read(_REPLY, reads.show_reply, "One reply.", of=Of.REPLY, gives=facts.ReplyFacts),
    _read(f"{_REPLY}/raw", reads.raw_reply, "Its exact bytes.", of=Of.REPLY, gives=None),
    _act(
        f"{_REPLY}/retry",
        acts.retry_reply,
        "Tries a failed, withheld or delayed reply again.",
        of=Of.REPLY,
        body=given.Nothing,
        gives=facts.ReplyFacts,
    ),
    _act(
        f"{_REPLY}/cancel",
        acts.cancel_reply,
        "Takes back a reply that has not left.",
        of=Of.REPLY,
        body=given.Nothing,
        gives=facts.ReplyFacts,
    ),
    _bulk(
        "GET",
        "/bulk",
        bulk.list_jobs,
        "One's last bulk jobs, newest first.",
        query=given.BulkJobsQuery,
        gives=tuple[BulkJobFacts, ...],
    ),
    _bulk(
        "POST",
        "/bulk",
        bulk.foretell,
        "Writes down what an act would do to each of many items; nothing is done until the job is started.",
        body=given.BulkGiven,
    ),
    _bulk("GET", "/bulk/{job}", bulk.show_job, "What became of each item of a job.", query=given.BulkRowsQuery),
    _bulk("POST", "/bulk/{job}/start", bulk.start, "Lets it be carried out.", body=given.Nothing, acts=True),
    _bulk("POST", "/bulk/{job}/stop", bulk.stop, "Ends what is not done yet.", body=given.Nothing, acts=True),
    _bulk(
        "POST",
        "/bulk/{job}/undo",
        bulk.foretell_undo,
        "A new job that takes back what this one changed, foretold and to be started.",
        body=given.Nothing,
    ),
    _read("/closures", reads.list_closures, "The snow days in force.", gives=tuple[facts.ClosureFacts, ...]),
    _site(
        "POST",
        "/closures",
        acts.add_closure,
        "Enters snow days.",
        body=given.ClosureGiven,
        gives=facts.ClosureFacts,
        again=acts.closure_added,
    ),
    _site(
        "POST",
        "/closures/{closure}/remove",
        acts.remove_closure,
        "Takes a line of snow days out; it stays on record.",
        body=given.Nothing,
        gives=tuple[facts.ClosureFacts, ...],
        again=reads.list_closures,
    ),
    _site("GET", "/census", reads.last_census, "The census that was kept last.", gives=_FULL),
    _site("GET", "/status", reads.status, "How polling goes; counts of queue and outbox; alarms.", gives=_FULL),
)
