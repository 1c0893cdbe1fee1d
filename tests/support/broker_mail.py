"""Sixty messages as brokers, robots and mail servers send them, and what each must come to; the same every time."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from cee_mailbot.domain.routing import PROGRAM_TEAM, shipped_centers
from parsers.entry_number import check_digit

BORDER = "mx.cbp.dhs.gov"
ACTIVATION = datetime(2026, 11, 18, tzinfo=UTC)
FIRST_ARRIVAL = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
MESSAGE_LIMIT = 200_000

# name: (address, team), in the order in which the configuration lists them
MAILBOXES = {
    address.partition("@")[0]: (address, center.team)
    for center in sorted(shipped_centers().values(), key=lambda center: center.team)
    if center.team != PROGRAM_TEAM
    for address in center.mailboxes
}

ACKNOWLEDGED = "acknowledgement"
REJECTED = "reject"


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One message as it lies in one mailbox, and what is to become of it.

    `flags` are those of its item that come from its headers alone; `presented` and `basis` are of the item too;
    `joins` names the delivery whose item it is added to; `item` tells whether it makes one of its own.
    """

    name: str
    mailbox: str
    raw: bytes
    arrived_at: datetime
    status: str = "enqueued"
    reasons: tuple[str, ...] = ()
    reply: str | None = ACKNOWLEDGED
    sender: str = ""
    owner: str = ""
    line: str = ""
    flags: tuple[str, ...] = ()
    basis: str = "date"
    strength: str = "B"
    presented: datetime | None = None
    joins: str | None = None

    @property
    def item(self) -> bool:
        """Whether it makes an item of its own."""
        return self.status == "enqueued" and self.joins is None


@dataclass(kw_only=True, slots=True)
class Post:
    """Hands out senders, entry numbers, mailboxes and times, one after the other."""

    count: int = 0
    names: list[str] = field(default_factory=lambda: list(MAILBOXES))

    def write(self, name: str, subject: str = "{line}", *, code: str = "DR", **changes: object) -> Delivery:
        """A message with one document, sent half a minute before it arrived, in the next mailbox."""
        self.count += 1
        mailbox = str(changes.pop("mailbox", self.names[self.count % len(self.names)]))
        arrived_at = FIRST_ARRIVAL + timedelta(minutes=self.count)
        line = str(changes.pop("line", f"{code},NokiaInc,{entry(self.count)},2704"))
        sender = str(changes.pop("sender", f"papers@broker{self.count}.example"))
        letter = Letter(
            subject=subject.format(line=line, entry=entry(self.count)),
            sender=sender,
            to=str(changes.pop("to", MAILBOXES[mailbox][0])),
            message_id=str(changes.pop("message_id", f"<{self.count}@broker.example>")),
            arrived_at=arrived_at,
            date=changes.pop("date", format_datetime(arrived_at - timedelta(seconds=30))),  # type: ignore[arg-type]
            more=str(changes.pop("more", "")),
            document=bytes(changes.pop("document", b"invoice %d\r\n" % self.count)),  # type: ignore[call-overload]
            whole=changes.pop("whole", None),  # type: ignore[arg-type]
        )
        made = Delivery(
            name=name,
            mailbox=mailbox,
            raw=letter.as_bytes(),
            arrived_at=arrived_at,
            sender=sender,
            owner=mailbox,
            line=line,
            presented=arrived_at - timedelta(seconds=30),
        )
        return replace(made, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What stands in one message; `date` None leaves the header out, `whole` stands for content headers and body."""

    subject: str
    sender: str
    to: str
    message_id: str
    arrived_at: datetime
    date: str | None
    more: str
    document: bytes
    whole: str | None

    def as_bytes(self) -> bytes:
        """The message with CRLF line ends, as the border handed it over."""
        top = f"Return-Path: <{self.sender}>\n" if "Return-Path:" not in self.more else ""
        top += (
            f"Received: from mail.example (mail.example [192.0.2.7]) by {BORDER} with ESMTPS id 4F2;\n"
            f" {format_datetime(self.border_time)}\n"
        )
        date = f"Date: {self.date}\n" if self.date is not None else ""
        sender = f"From: {self.sender}\n" if self.sender and "From:" not in self.more else ""
        head = f"{sender}To: {self.to}\nSubject: {self.subject}\nMessage-ID: {self.message_id}\n{date}"
        text = top + self.more + head + "MIME-Version: 1.0\n" + (self.whole or self._content())
        return text.replace("\n", "\r\n").encode()

    @property
    def border_time(self) -> datetime:
        """When the border took it."""
        return self.arrived_at - timedelta(seconds=2)

    def _content(self) -> str:
        if not self.document:
            return "Content-Type: text/plain; charset=utf-8\n\nSee our letter of last week.\n"
        encoded = base64.encodebytes(self.document).decode()
        return (
            'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nPapers attached.\n'
            '--b\nContent-Type: text/csv; name="invoice.csv"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="invoice.csv"\n\n{encoded}--b--\n'
        )


def entry(number: int) -> str:
    """An entry number whose check digit fits."""
    digits = f"{1000000 + number * 37:07d}"
    return f"345-{digits}{check_digit('345', digits)}"


def sixty() -> tuple[Delivery, ...]:
    """All of them, in the order of their arrival."""
    post = Post()
    kinds = (_good, _repaired, _rejected, _machines, _copies, _held, _odd_dates, _doubtful)
    return tuple(delivery for kind in kinds for delivery in kind(post))


def before_activation() -> tuple[Delivery, ...]:
    """Mail that was there before the mailbox was taken over, with a good line: it stays where it is."""
    post = Post(count=900)
    written = [post.write(f"old {name}", mailbox=name) for name in list(MAILBOXES)[:2]]
    return tuple(replace(one, arrived_at=ACTIVATION - timedelta(minutes=1)) for one in written)


def _good(post: Post) -> Iterator[Delivery]:
    for code in ("DR", "CE", "PR", "CA", "F28", "F29", "C", "A", "I", "PE", "R", "PD", "5D"):
        flags = ("received-governs",) if code in ("PR", "PD") else ()
        yield post.write(f"good {code}", code=code, flags=flags)


def _repaired(post: Post) -> Iterator[Delivery]:
    written = (
        ("code in small letters", "dr,NokiaInc,{entry},2704"),
        ("reply and forward prefixes", "RE: FW: Re[2]: AW: {line}"),
        ("tag of a gateway", "[EXTERNAL] {line}"),
        ("blanks after commas", "DR, NokiaInc, {entry}, 2704"),
        ("semicolons", "DR;NokiaInc;{entry};2704"),
        ("quotes", '"{line}"'),
        ("long account", "DR,NokiaIncorporated,{entry},2704"),
        ("port without its zero", "DR,NokiaInc,{entry},401"),
        ("other order", "2704,DR,NokiaInc,{entry}"),
        ("full-width commas", "=?utf-8?q?DR=EF=BC=8CNokiaInc=EF=BC=8C{entry}=EF=BC=8C2704?="),
    )
    for name, subject in written:
        number = post.count + 1
        account = "NokiaIncor" if "Incorporated" in subject else "NokiaInc"
        port = "0401" if subject.endswith(",401") else "2704"
        yield post.write(name, subject, line=f"DR,{account},{entry(number)},{port}")


def _rejected(post: Post) -> Iterator[Delivery]:
    written = (
        ("no subject", "", ("subject-empty",)),
        ("free text", "Papers for our entry of last week", ("subject-fields",)),
        ("unknown code", "XX,NokiaInc,{entry},2704", ("code-unknown",)),
        ("no entry number", "DR,NokiaInc,2704", ("entry-missing",)),
        ("entry number too short", "DR,NokiaInc,345-6789,2704", ("entry-invalid",)),
        ("no port", "DR,NokiaInc,{entry}", ("port-missing",)),
        ("port that is none", "DR,NokiaInc,{entry},ABCD", ("port-invalid",)),
    )
    for name, subject, reasons in written:
        yield post.write(name, subject, status="rejected", reasons=reasons, reply=REJECTED)
    yield post.write("no document", document=b"", status="rejected", reasons=("no-documents",), reply=REJECTED)
    large = b"%PDF-1.4\r\n" + bytes(range(256)) * (MESSAGE_LIMIT // 256)
    flags = ("over-limit",)
    yield post.write(
        "too large", document=large, status="rejected", reasons=("too-large",), reply=REJECTED, flags=flags
    )


_REPORT = (
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
    "Not delivered.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n--b--\n"
)
_RECEIPT = (
    'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\n\n--b\n'
    "Content-Type: text/plain\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\n"
    "Final-Recipient: rfc822;papers@broker.example\nDisposition: manual-action; displayed\n\n--b--\n"
)


def _machines(post: Post) -> Iterator[Delivery]:
    ignored = {"status": "ignored", "reply": None}
    robot = "MAILER-DAEMON@mail.example"
    null = "Return-Path: <>\n"
    yield post.write(
        "bounce", "Delivered late", sender=robot, more=null, whole=_REPORT, reasons=("delivery-report",), **ignored
    )
    yield post.write(
        "bounce by its title", "Undelivered Mail Returned to Sender", more=null, reasons=("bounce-subject",), **ignored
    )
    yield post.write("out of office", "Automatic reply: {line}", reasons=("out-of-office",), **ignored)
    yield post.write("read receipt", "Read: {line}", whole=_RECEIPT, reasons=("read-receipt",), **ignored)
    marked = (
        ("auto-submitted", "Auto-Submitted: auto-replied\n", "auto-submitted"),
        ("mailing list", "List-Id: <news.broker.example>\n", "list"),
        ("bulk", "Precedence: bulk\n", "precedence"),
    )
    for name, header, reason in marked:
        yield post.write(name, "News of the week", more=header, reasons=(reason,), **ignored)
    own = MAILBOXES["CEE-Chemicals"][0]
    yield post.write("from ourselves", "Hello", sender=own, reasons=("own-address",), **ignored)
    yield post.write(
        "robot with documents", more="Auto-Submitted: auto-generated\n", reasons=("auto-submitted",), reply=None
    )


def _copies(post: Post) -> Iterator[Delivery]:
    """The same content again: in another mailbox that is polled later, and by another path in the same one."""
    to = f"{MAILBOXES['CEE-Aerospace'][0]}, {MAILBOXES['CEE-Machinery'][0]}"
    first = post.write("to two Centers", mailbox="CEE-Aerospace", to=to)
    yield first
    yield _copy(post, first, mailbox="CEE-Machinery")
    once = post.write("sent once", mailbox="CEE-Consumer")
    yield once
    yield _copy(post, once, mailbox="CEE-Consumer")


def _copy(post: Post, first: Delivery, *, mailbox: str) -> Delivery:
    post.count += 1
    return replace(
        first,
        name=f"copy of {first.name}",
        mailbox=mailbox,
        raw=b"X-Path: other\r\n" + first.raw,
        arrived_at=FIRST_ARRIVAL + timedelta(minutes=post.count),
        status="duplicate",
        reasons=("same-content",),
        reply=None,
        joins=first.name,
    )


def _held(post: Post) -> Iterator[Delivery]:
    held = {"status": "held", "reply": None}
    two = "From: one@broker.example\nFrom: two@broker.example\n"
    yield post.write("two From headers", more=two, sender="one@broker.example", reasons=("several-senders",), **held)
    both = "From: one@broker.example, two@broker.example\n"
    yield post.write("two addresses in From", more=both, reasons=("several-senders",), **held)
    yield post.write(
        "no From", more="Return-Path: <x@broker.example>\n", sender="", reasons=("sender-missing",), **held
    )
    failed = f"Authentication-Results: {BORDER}; dmarc=fail header.from=broker.example\n"
    forged = post.write("forged sender", reasons=("dmarc-fail",), **held)
    yield replace(forged, raw=failed.replace("\n", "\r\n").encode() + forged.raw)


def _odd_dates(post: Post) -> Iterator[Delivery]:
    received = {"basis": "received", "strength": "C"}
    for name, date in (
        ("no date", None),
        ("hour 29", "Fri, 20 Nov 2026 29:10:00 -0500"),
        ("zone +9999", "Fri, 20 Nov 2026 09:10:00 +9999"),
    ):
        made = post.write(name, date=date, **received)
        yield replace(made, presented=made.arrived_at - timedelta(seconds=2))
    at = FIRST_ARRIVAL + timedelta(minutes=post.count + 1)
    tomorrow = post.write("date of tomorrow", date=format_datetime(at + timedelta(days=1)), **received)
    yield replace(tomorrow, presented=at - timedelta(seconds=2), flags=("date-disputed",))
    at = FIRST_ARRIVAL + timedelta(minutes=post.count + 1)
    early = at - timedelta(hours=3)
    disputed = {"strength": "C", "flags": ("date-disputed",), "presented": early}
    yield post.write("sent three hours ago", date=format_datetime(early), **disputed)
    at = FIRST_ARRIVAL + timedelta(minutes=post.count + 1)
    named = (at - timedelta(hours=5)).strftime("%a, %d %b %Y %H:%M:00 EST")
    yield post.write("zone by its name", date=named, presented=at)
    two = f"Date: {format_datetime(FIRST_ARRIVAL + timedelta(minutes=post.count + 1))}\n"
    made = post.write("two dates", more=two, strength="C", flags=("two-dates", "message-ambiguous"))
    yield replace(made, presented=made.arrived_at)


def _doubtful(post: Post) -> Iterator[Delivery]:
    """Enqueued all the same: a rule that can be wrong never rejects."""
    yield post.write(
        "port in the Virgin Islands", line=f"DR,NokiaInc,{entry(post.count + 1)},5101", flags=("not-center-usvi",)
    )
    right = entry(post.count + 1)
    misprinted = f"{right[:-1]}{(int(right[-1]) + 1) % 10}"
    yield post.write("check digit", line=f"DR,NokiaInc,{misprinted},2704", flags=("check-digit",))
    # The letter that joins it was not vouched for.
    unverified = ("sender-unverified",)
    known = post.write("spoken of again", mailbox="CEE-Petroleum", sender="papers@broker.example", flags=unverified)
    yield known
    yield post.write(
        "letter about it",
        mailbox="CEE-Petroleum",
        sender="other@broker.example",
        line=known.line,
        document=b"",
        status="correspondence",
        reasons=("no-documents",),
        reply=None,
        joins=known.name,
    )
