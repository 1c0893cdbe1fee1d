"""One message as the checks see it, made from its bytes."""

from dataclasses import replace
from hashlib import sha256
from itertools import count

from cee_mailbot.domain.case import Case, Standing
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.routing import Mailbox, shipped_centers
from cee_mailbot.domain.submission import MessageStatus
from cee_mailbot.interfaces import Handle
from cee_mailbot.ledger import KeptMessage
from cee_mailbot.outcome import Release, Subject, case_of, read_line
from cee_mailbot.rendering import TemplateComposer
from cee_mailbot.sandbox import InProcessReader
from cee_mailbot.site import Site
from cee_mailbot.testing import FixedClock
from tests.support.workshop import ARRIVED, ELECTRONICS, MAILBOXES

_IDS = count(1)
SITE = Site(
    mailboxes=MAILBOXES,
    policies={one.name: Policy() for one in MAILBOXES},
    centers=shipped_centers(),
    composer=TemplateComposer(),
    clock=FixedClock(ARRIVED),
    new_message_id=lambda: f"<{next(_IDS):040x}@cbp.dhs.gov>",
)


def subject_from(
    raw: bytes, *, mailbox: Mailbox = ELECTRONICS, policy: Policy | None = None, release: Release | None = None
) -> Subject:
    """A message ready to be judged; over the limit only its header is read."""
    rules = policy or Policy()
    reader = InProcessReader()
    kept = KeptMessage(
        id=1,
        mailbox=mailbox.name,
        handle=Handle(folder="INBOX", validity="1", uid="1"),
        sha256=sha256(raw).hexdigest(),
        size=len(raw),
        arrived_at=ARRIVED,
        first_seen_at=ARRIVED,
        status=MessageStatus.RECEIVED,
        tracking=None,
        settled=False,
    )
    reading = reader.read(raw) if len(raw) <= rules.message_limit else reader.read_header(raw)
    return Subject(kept=kept, reading=reading, mailbox=mailbox, policy=rules, release=release)


def case_from(
    raw: bytes,
    *,
    mailbox: Mailbox = ELECTRONICS,
    policy: Policy | None = None,
    standing: Standing | None = None,
    released: bool = False,
) -> Case:
    """The message with what the store is said to know of it."""
    subject = subject_from(raw, mailbox=mailbox, policy=policy)
    case = case_of(subject, SITE, line=read_line(subject), standing=standing or Standing())
    return replace(case, released=released)
