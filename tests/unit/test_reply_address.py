"""Which addresses a reply can carry."""

import pytest

from cee_mailbot.domain.reply import reply_address


@pytest.mark.parametrize(
    ("sender", "carried"),
    [
        ("dana@broker.example", "dana@broker.example"),
        ("dana@müller.example", "dana@xn--mller-kva.example"),
        ("müller@broker.example", None),
        (f"{'d' * 65}@broker.example", None),
        (f"dana@{'.'.join(['b' * 60] * 5)}.example", None),
        ("", None),
        ("dana@", None),
        ("dana@broker..example", None),
        ("da na@broker.example", None),
    ],
)
def test_a_domain_in_another_script_has_an_ascii_form_and_a_local_part_has_none(
    sender: str, carried: str | None
) -> None:
    assert reply_address(sender) == carried
