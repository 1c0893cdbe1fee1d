"""What every `BlobStore` must do; each implementation inherits this suite."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from cee_mailbot.errors import DamagedBlobError, NotFoundError
from cee_mailbot.interfaces import BlobStore

CONTENTS = {
    "empty": b"",
    "nul": b"\0" * 10,
    "line-ends": b"a\r\nb\nc\r",
    "all-bytes": bytes(range(256)),
    "ten-megabytes": b"0123456789" * 1_000_000,
}


Damage = Callable[[str], None]


class BlobContract:
    """The promises of `BlobStore`; an implementation brings two fixtures.

    `blobs` is an empty store, and `damage` changes the bytes of a digest behind its back.
    """

    @pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
    def test_what_was_put_is_what_is_got(self, blobs: BlobStore, content: bytes) -> None:
        sha256 = blobs.put(content)
        assert sha256 == hashlib.sha256(content).hexdigest()
        assert blobs.get(sha256) == content
        with blobs.open(sha256) as file:
            assert file.read() == content

    def test_a_stream_is_kept_as_one_blob(self, blobs: BlobStore) -> None:
        stored = blobs.put_stream(iter([b"ab", b"", b"c"]))
        assert (stored.sha256, stored.size) == (hashlib.sha256(b"abc").hexdigest(), 3)
        assert blobs.get(stored.sha256) == b"abc"

    def test_an_empty_stream_is_the_empty_blob(self, blobs: BlobStore) -> None:
        assert blobs.get(blobs.put_stream(()).sha256) == b""

    def test_a_stream_that_breaks_off_keeps_nothing(self, blobs: BlobStore) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"ab"
            raise EOFError("cut")

        with pytest.raises(EOFError):
            blobs.put_stream(pieces())
        with pytest.raises(NotFoundError):
            blobs.get(hashlib.sha256(b"ab").hexdigest())

    def test_putting_again_changes_nothing(self, blobs: BlobStore) -> None:
        assert blobs.put(b"x") == blobs.put(b"x")
        assert blobs.get(blobs.put(b"x")) == b"x"

    def test_a_part_can_be_read(self, blobs: BlobStore) -> None:
        with blobs.open(blobs.put(b"0123456789")) as file:
            file.seek(4)
            assert file.read(3) == b"456"

    @pytest.mark.parametrize("sha256", ["0" * 64, "", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
    def test_what_is_not_there_is_not_found(self, blobs: BlobStore, sha256: str) -> None:
        with pytest.raises(NotFoundError):
            blobs.get(sha256)
        with pytest.raises(NotFoundError):
            blobs.open(sha256)

    def test_damage_is_noticed(self, blobs: BlobStore, damage: Damage) -> None:
        sha256 = blobs.put(b"evidence")
        damage(sha256)
        with pytest.raises(DamagedBlobError):
            blobs.get(sha256)

    def test_putting_mends_damage(self, blobs: BlobStore, damage: Damage) -> None:
        sha256 = blobs.put(b"evidence")
        damage(sha256)
        assert blobs.put(b"evidence") == sha256
        assert blobs.get(sha256) == b"evidence"

    def test_sweeping_takes_nothing_that_is_finished(self, blobs: BlobStore) -> None:
        sha256 = blobs.put(b"evidence")
        assert blobs.sweep(timedelta(0)) == 0
        assert blobs.get(sha256) == b"evidence"

    def test_check_says_where_blobs_are(self, blobs: BlobStore) -> None:
        assert "blobs in" in blobs.check()

    def test_every_digest_is_told_once(self, blobs: BlobStore) -> None:
        kept = {blobs.put(content) for content in (b"a", b"b", b"a")}
        assert sorted(blobs.digests()) == sorted(kept)
