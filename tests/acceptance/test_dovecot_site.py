"""A whole site: twelve mailboxes on Dovecot behind TLS, sixty messages, the queue, the replies, and every byte."""

import email
import json
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.servers.certificates import make_certificates
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.receiver import Receiver, Taken
from tests.support.bot import Bot
from tests.support.broker_mail import ACTIVATION, BORDER, MAILBOXES, MESSAGE_LIMIT, Delivery, before_activation, sixty

Facts = dict[str, Any]

LISTS = (("queue", "list"), ("messages", "list"), ("replies", "list"))
# Flags that come of what stands in the headers; what documents say is another test's matter.
OF_HEADERS = {
    *("check-digit", "port-unknown", "entry-missing", "port-missing", "message-id-reused", "over-limit", "forwarded"),
    *("not-center-usvi", "date-disputed", "two-dates", "received-governs", "sender-unverified", "message-ambiguous"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The program, the two servers it talks to, and the users of its mailboxes."""

    bot: Bot
    dovecot: Dovecot
    receiver: Receiver
    prefix: str

    def user(self, mailbox: str) -> str:
        """The account of a mailbox."""
        return f"{self.prefix}-{mailbox.lower()}"

    def deliver(self, deliveries: tuple[Delivery, ...]) -> None:
        """Puts them into their mailboxes."""
        for one in deliveries:
            self.dovecot.append(self.user(one.mailbox), one.raw, one.arrived_at)

    def lists(self) -> list[Any]:
        """Queue, messages and replies as the commands tell them."""
        return [self.bot.ask(*words) for words in LISTS]

    def in_folder(self, mailbox: str, folder: str) -> list[str]:
        """The digests of the messages in a folder on the server."""
        return sorted(sha256(raw).hexdigest() for raw in self.dovecot.messages(self.user(mailbox), folder))


@pytest.fixture
def site(dovecot: Dovecot, tmp_path: Path) -> Iterator[Site]:
    """A site with twelve empty mailboxes, half of them with STARTTLS, half with TLS from the first byte."""
    certificates = make_certificates(tmp_path / "tls")
    users = {"bot": PASSWORD}
    with Receiver(tls="starttls", certificates=certificates, users=users) as receiver:
        site = Site(bot=Bot(folder=tmp_path), dovecot=dovecot, receiver=receiver, prefix=tmp_path.name.lower())
        for name in MAILBOXES:
            dovecot.add_user(site.user(name))
        (tmp_path / "password").write_text(f"{PASSWORD}\n")
        replies = {"transport": "smtp", "host": "localhost", "tcp_port": receiver.tcp_port, "tls": "starttls"}
        replies |= {"user": "bot", "password_file": str(tmp_path / "password"), "ca_file": str(certificates.authority)}
        site.bot.configure(
            [_mailbox(site, number, name) for number, name in enumerate(MAILBOXES)],
            replies=replies,
            policy={
                "message_limit": MESSAGE_LIMIT,
                "trusted_authserv_ids": [BORDER],
                "border_hosts": [BORDER],
            },
            polling={"interval": "1s"},
        )
        yield site


def _mailbox(site: Site, number: int, name: str) -> Facts:
    address, team = MAILBOXES[name]
    how = ("starttls", site.dovecot.port) if number % 2 else ("implicit", site.dovecot.tls_port)
    return {
        "name": name,
        "address": address,
        "team": team,
        "source": "imap",
        "host": "localhost",
        "tls": how[0],
        "tcp_port": how[1],
        "ca_file": str(site.dovecot.authority),
        "user": site.user(name),
        "password_file": str(site.bot.folder / "password"),
        "activation": ACTIVATION,
    }


def test_sixty_messages_in_twelve_mailboxes_end_as_the_specification_says(site: Site) -> None:
    """Every message has its row, item and reply and its bytes lie in Processed; a second poll finds nothing to do."""
    sent, old = sixty(), before_activation()
    assert (len(sent), len({one.mailbox for one in sent})) == (60, 12)
    site.deliver((*sent, *old))
    polled = site.bot.ask("poll")
    assert sum(one["taken_in"] for one in polled["mailboxes"]) == len(sent)
    items, messages, replies = lists = site.lists()
    rows = rows_by_name(sent, messages)
    check_messages(sent, rows, items)
    check_items(sent, rows, items)
    check_replies(sent, rows, replies, site.receiver.taken)
    check_folders(site, sent, old)

    count = len(site.receiver.taken)
    polled = site.bot.ask("poll")
    assert [one["taken_in"] for one in polled["mailboxes"]] == [0] * 12
    assert site.lists() == lists
    assert len(site.receiver.taken) == count
    check_folders(site, sent, old)


def rows_by_name(sent: tuple[Delivery, ...], messages: list[Facts]) -> dict[str, Facts]:
    """The one row of each delivery, found by its mailbox and digest."""
    rows = {(row["mailbox"], row["sha256"]): row for row in messages}
    assert len(rows) == len(messages) == len(sent)
    return {one.name: rows[one.mailbox, sha256(one.raw).hexdigest()] for one in sent}


def check_messages(sent: tuple[Delivery, ...], rows: dict[str, Facts], items: list[Facts]) -> None:
    """Status, reasons, size, arrival and number of every message are as written."""
    numbers = {row: item["tracking"] for item in items for row in item["messages"]}
    for one in sent:
        row = rows[one.name]
        assert (row["status"], tuple(row["reasons"])) == (one.status, one.reasons), one.name
        assert row["bytes"] == len(one.raw), one.name
        assert datetime.fromisoformat(row["received_at"]) == one.arrived_at, one.name
        numbered = one.item or one.status == "rejected" or one.joins is not None
        assert (row["tracking"] is not None) == numbered, one.name
        if one.status != "rejected":
            assert numbers.get(row["id"]) == row["tracking"], one.name


def check_items(sent: tuple[Delivery, ...], rows: dict[str, Facts], items: list[Facts]) -> None:
    """One item for each message that makes one, with its fields, times, flags and messages."""
    by_number = {item["tracking"]: item for item in items}
    makers = [one for one in sent if one.item]
    assert len(by_number) == len(items) == len(makers)
    for one in makers:
        item = by_number[rows[one.name]["tracking"]]
        read = ",".join(item[field] for field in ("code", "account", "entry_number", "port"))
        assert (read, item["team"], item["state"]) == (one.line, MAILBOXES[one.owner][1], "new"), one.name
        assert (item["basis"], item["strength"]) == (one.basis, one.strength), one.name
        assert datetime.fromisoformat(item["presented_at"]) == one.presented, one.name
        assert datetime.fromisoformat(item["presented_local"]) == one.presented, one.name
        assert datetime.fromisoformat(item["received_at"]) == one.arrived_at, one.name
        assert set(item["flags"]) & OF_HEADERS == set(one.flags), one.name
        assert (item["sender"], item["documents"]) == (one.sender, 1), one.name
        belong = [rows[other.name]["id"] for other in sent if one.name in (other.name, other.joins)]
        assert item["messages"] == sorted(belong), one.name


def check_replies(sent: tuple[Delivery, ...], rows: dict[str, Facts], replies: list[Facts], taken: list[Taken]) -> None:
    """One reply for each message that is answered, sent once, by TLS, from the mailbox that owns the matter."""
    answered = {rows[one.name]["tracking"]: one for one in sent if one.reply}
    assert sorted(reply["tracking"] for reply in replies) == sorted(answered)
    letters = {letter["Message-ID"]: (each, letter) for each in taken for letter in [_letter(each.raw)]}
    assert len(letters) == len(taken) == len(replies)
    for reply in replies:
        one = answered[reply["tracking"]]
        assert (reply["kind"], reply["to"], reply["state"], reply["attempts"]) == (one.reply, one.sender, "sent", 1)
        assert reply["in_reply_to"] == rows[one.name]["message_id"], one.name
        each, letter = letters[reply["message_id"]]
        owner = MAILBOXES[one.owner][0]
        assert (each.mail_from, each.rcpt_tos, each.encrypted, each.user) == (owner, (one.sender,), True, "bot")
        assert (letter["X-CEE-Tracking"], letter["In-Reply-To"]) == (reply["tracking"], reply["in_reply_to"])
        assert letter["Auto-Submitted"] == "auto-replied"
        assert one.reply == "reject" or one.line.split(",")[2] in _text(letter), one.name


def _letter(raw: bytes) -> EmailMessage:
    letter = email.message_from_bytes(raw, policy=default)
    assert isinstance(letter, EmailMessage)
    return letter


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def check_folders(site: Site, sent: tuple[Delivery, ...], old: tuple[Delivery, ...]) -> None:
    """Processed holds exactly the bytes that were sent; only mail from before the activation is left, unread."""
    for name in MAILBOXES:
        kept = sorted(sha256(one.raw).hexdigest() for one in sent if one.mailbox == name)
        left = sorted(sha256(one.raw).hexdigest() for one in old if one.mailbox == name)
        assert site.in_folder(name, "Processed") == kept, name
        assert site.in_folder(name, "INBOX") == left, name
        with site.dovecot.client(site.user(name)) as client:
            client.select_folder("INBOX", readonly=True)
            assert len(client.search("UNSEEN")) == len(left), name


def test_F87_a_mailbox_with_a_wrong_password_stops_no_other(site: Site) -> None:
    """The others are served and answered, the command ends with 3, and its report names the one and the fix."""
    wrong = "CEE-Apparel"
    site.dovecot.add_user(site.user(wrong), "changed")
    sent = tuple(one for one in sixty() if one.mailbox != wrong)
    site.deliver(sent)
    code, said = site.bot.run("poll", "--json")
    assert code == 3
    errors = {one["mailbox"]: one["error"] for one in json.loads(said)["mailboxes"] if one["error"]}
    assert list(errors) == [wrong]
    assert site.user(wrong) in errors[wrong]
    assert "check user and password" in errors[wrong]
    assert PASSWORD not in said + site.bot.log()
    assert len(site.bot.ask("messages", "list")) == len(sent)
    assert len(site.receiver.taken) == len([one for one in sent if one.reply])
    told = {one["mailbox"]: one for one in site.bot.ask("status")["mailboxes"]}
    assert [name for name, one in told.items() if one["error"]] == [wrong]
    assert told[wrong]["last_completed"] is None


def test_the_daemon_takes_in_what_comes_and_ends_when_it_is_told_to(site: Site) -> None:
    """Mail that arrives while it runs is in the queue and acknowledged; SIGTERM ends it within 30 s, well."""
    process = site.bot.start("run", "--no-web")
    try:
        for number in (1, 2):
            site.deliver((_fresh(number),))
            wait_until(lambda number=number: len(site.receiver.taken) == number, site)  # type: ignore[misc]
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, site.bot.log()
    items, messages, replies = site.lists()
    assert [item["state"] for item in items] == ["new", "new"], said
    assert [message["status"] for message in messages] == ["enqueued", "enqueued"]
    assert [reply["state"] for reply in replies] == ["sent", "sent"]
    folders = defaultdict(int, {name: len(site.in_folder(name, "INBOX")) for name in MAILBOXES})
    assert not any(folders.values())


def _fresh(number: int) -> Delivery:
    now = datetime.now(UTC).replace(microsecond=0)
    like = sixty()[number]
    old = format_datetime(like.presented or now).encode()
    return Delivery(
        name="fresh",
        mailbox=like.mailbox,
        raw=like.raw.replace(b"Date: " + old, b"Date: " + format_datetime(now).encode()),
        arrived_at=now,
    )


def wait_until(happened: Callable[[], bool], site: Site) -> None:
    """Returns when it has happened; a minute is enough for that on any machine."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, site.bot.log()
        time.sleep(0.05)
