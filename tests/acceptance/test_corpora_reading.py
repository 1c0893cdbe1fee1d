"""Mail that nobody here wrote: each message is read, none stops or slows the rest, no robot is taken for a person."""

import email
import tarfile
import time
from collections import Counter
from pathlib import Path

import pytest

from parsers.documents import cut
from parsers.headers import with_line_feeds
from parsers.mail import out_of_office_mark, read_mail

ARCHIVE = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "mail.tar.gz"
pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the corpora of foreign mail are not on this machine")

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
    with tarfile.open(ARCHIVE) as archive:
        files = [member for member in archive if member.isfile()]
        return {member.name: content.read() for member in files if (content := archive.extractfile(member))}


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
