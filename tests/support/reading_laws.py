"""What holds of every message however made: what the fuzzer looks for, and its saved inputs are kept for."""

import hashlib

from cee_mailbot.interfaces import Reading
from cee_mailbot.sandbox.plain import pack, unpack
from cee_mailbot.sandbox.tasks import without_bytes
from parsers.documents import cut
from parsers.headers import MailRefused
from parsers.mail import read_mail
from parsers.second_reading import sees_other_documents


def hold(raw: bytes) -> None:
    """Reads these bytes as a message. Raises AssertionError when a law is broken, and whatever a parser raises."""
    try:
        mail, carried = read_mail(raw), cut(raw)
    except MailRefused:
        return
    for document in carried.documents:
        assert document.bytes == len(document.content)
        assert document.sha256 == hashlib.sha256(document.content).hexdigest()
        assert document.name
        assert document.name.isprintable()
        assert not document.path.startswith("/")
    assert sum(len(leaf.content) for leaf in carried.leaves) <= 2 * len(raw) + 1000
    sees_other_documents(raw, carried)
    reading = Reading(mail=mail, cut=without_bytes(carried))
    assert unpack(Reading, *pack(reading)) == reading
