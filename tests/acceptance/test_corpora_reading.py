"""Mail that nobody here wrote: each message is read, none stops or slows the rest, no robot is taken for a person."""

import email
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from parsers.documents import cut
from parsers.headers import with_line_feeds
from parsers.leaves import ATTACHED_MESSAGE, leaves_of
from parsers.mail import out_of_office_mark, read_mail
from parsers.second_reading import sees_other_documents
from tests.support.corpora import foreign_mail, needs_corpora

pytestmark = needs_corpora

# Where ours is right and the standard library (3.11) is not: a boundary folded within its quotes; blanks at the
# ends of quoted-printable lines, which RFC 2045 has us drop; `base64` with a blank behind it, left undecoded.
OTHERWISE = {
    *(f"multi-{name}" for name in ("simple.out", "simple.msg", "clen.out", "clen.msg", "digest.out", "digest.msg")),
    *("multi-badnames.out", "multi-badnames.msg"),
    *("german-qp.out", "attachment_message_rfc822_inline_image.eml", "lhost-gmail-19.eml"),
    *("twopart.msg", "twopart.out"),
}
# Without any mark, and why they are not answered either: an mbox of nothing, and a From that can't be read.
# The last two are no machine's mail: they stand there because they look like it.
UNMARKED = {
    *("size-0", "size-1", "size-2", "lhost-mcafee-04.eml"),
    *("is-not-bounce-01.eml", "is-not-bounce-02.eml"),
}
BY_PEOPLE = {"is-not-bounce-01.eml", "is-not-bounce-02.eml"}


@pytest.fixture(scope="module")
def corpora() -> dict[str, bytes]:
    return dict(foreign_mail())


def test_every_message_is_read_and_none_slowly(corpora: dict[str, bytes]) -> None:
    assert len(corpora) > 1600
    for name, raw in corpora.items():
        begin = time.process_time()
        read_mail(raw)
        cut(raw)
        assert time.process_time() - begin < 2, name


def leaves_of_stdlib(raw: bytes) -> list[bytes]:
    """Return the decoded leaves that compat32 sees, attached messages left out."""
    leaves: list[bytes] = []
    waiting = [email.message_from_bytes(raw)]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "message":
            continue
        if part.is_multipart():
            waiting += reversed(part.get_payload())
        else:
            leaves.append(part.get_payload(decode=True))
    return leaves


def test_well_formed_leaves_are_those_of_the_standard_library(corpora: dict[str, bytes]) -> None:
    compared = 0
    for name, raw in corpora.items():
        result = cut(raw)
        if result.defects or name.rpartition("/")[2] in OTHERWISE:
            continue
        ours = [leaf.content for leaf in result.leaves if not leaf.content_type.startswith("message/")]
        assert ours == leaves_of_stdlib(raw), name
        compared += 1
    assert compared > 1000


def test_F57_no_bounce_is_taken_for_a_persons_mail(corpora: dict[str, bytes]) -> None:
    bounces = {name: read_mail(raw) for name, raw in corpora.items() if "sisimai/" in name}
    assert len(bounces) == 841
    unmarked = {
        name.rpartition("/")[2]: mail
        for name, mail in bounces.items()
        if {mark.code for mark in mail.machine} <= {"missing-return-path"} and not out_of_office_mark(mail.subject)
    }
    assert set(unmarked) == UNMARKED
    assert {name for name, mail in unmarked.items() if mail.sender is not None} == BY_PEOPLE
    codes = Counter(mark.code for mail in bounces.values() for mark in mail.machine)
    assert codes["robot-name"] > 700


def test_digests_do_not_depend_on_line_ends(corpora: dict[str, bytes]) -> None:
    for name, raw in corpora.items():
        lines = with_line_feeds(raw)[0].replace(b"\r\n", b"\n")
        if b"\r" not in lines:
            assert read_mail(lines).content_digest == read_mail(lines.replace(b"\n", b"\r\n")).content_digest, name


# Where the second reading differs from ours over these corpora. In the first group ours is right: a boundary folded
# within its quotes, which the standard library takes with its line end. In the others the structure is broken and
# each reader makes of it what it can: that is what the flag is for.
SECOND_READING_DIFFERS = {
    "a boundary folded within its quotes": {
        *("multi-badnames.msg", "multi-badnames.out", "multi-clen.msg", "multi-clen.out"),
        *("multi-digest.msg", "multi-digest.out", "multi-simple.msg", "multi-simple.out"),
    },
    "a broken line amid headers, below which we go on and others do not": {
        *("bad-header-wrap.raw", "lhost-apachejames-01.eml", "lhost-verizon-02.eml"),
        *(f"lhost-office365-{number}.eml" for number in ("09", "10", "11", "12")),
    },
    "a multipart without its delimiters: one opaque leaf to us, text to others": {
        *("ending-boundaries.msg", "missing-boundary.out", "missing-inner-boundary.msg", "missing-inner-boundary.out"),
        *("missing-inner-start-boundary.msg", "missing-inner-start-boundary.out", "multipartemptypart.msg"),
        *("multipartnopart.msg", "multipartnopart.out"),
    },
}


def is_message(name: str) -> bool:
    """Beside the messages lie their oracles."""
    return not name.lower().endswith((".xml", ".txt", ".bin"))


def test_a_second_reader_sees_the_same_documents_but_where_it_is_told_why(corpora: dict[str, bytes]) -> None:
    differing = {
        name.rpartition("/")[2]
        for name, raw in corpora.items()
        if is_message(name) and sees_other_documents(raw, cut(raw))
    }
    assert differing == set().union(*SECOND_READING_DIFFERS.values())


# Messages of mime4j with defects are not well-formed, and each reader repairs them in its way. Of the others:
MIME4J_OTHERWISE = {
    "2002_06_12_doublebound.msg": "between two delimiters of which one ends the other begins we see no part",
    "double-bound.msg": "as above",
    "frag.msg": "an unclosed multipart within an attached message keeps its last line end",
}


def leaves_within(raw: bytes) -> list[bytes]:
    """Return the content of every leaf, attached messages opened, with line feeds as line ends."""
    found: list[bytes] = []
    for leaf in leaves_of(with_line_feeds(raw)[0])[0]:
        within = leaf.content_type == ATTACHED_MESSAGE
        found += leaves_within(leaf.content) if within else [leaf.content.replace(b"\r\n", b"\n")]
    return found


def test_well_formed_documents_are_those_of_the_oracles_of_mime4j(corpora: dict[str, bytes]) -> None:
    compared, differing = 0, set()
    for name, oracle in corpora.items():
        path = Path(name)
        message = corpora.get(name.replace("_decoded.xml", ".msg"))
        if not name.endswith("_decoded.xml") or message is None or cut(message).defects:
            continue
        bodies = re.findall(rb'<(?:text|binary)-body name="([^"]*)"', oracle)
        expected = [corpora[str(path.with_name(body.decode()))].replace(b"\r\n", b"\n") for body in bodies]
        compared += 1
        if leaves_within(message) != expected:
            differing.add(path.name.replace("_decoded.xml", ".msg"))
    assert compared > 50
    assert differing == set(MIME4J_OTHERWISE)
