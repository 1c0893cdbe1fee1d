"""What colours must be told apart from what they stand on, by the numbers of WCAG 2.2."""

import re
from pathlib import Path

import pytest

STATIC = Path("cee_mailbot/web/static")
LIGHT, DARK = "light", "dark"
GROUNDS = (
    "ground",
    "base-lightest",
    "info-ground",
    "warning-ground",
    "error-ground",
    "done-ground",
    "note-ground",
    "filer-ground",
)


def tokens(name: str, scheme: str) -> dict[str, str]:
    """The colours of a style sheet by their names, those of the dark screen over those of the light one."""
    sheet = (STATIC / name).read_text(encoding="utf-8").partition("@media print")[0]
    roots = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", root)) for root in roots]
    return found[0] if scheme == LIGHT else found[0] | found[1]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_ring_of_the_focus_is_seen_on_everything_it_can_stand_on(scheme: str) -> None:
    """1.4.11: three to one, on a row in hand and in a notice too."""
    colours = tokens("queue.css", scheme)
    grounds = {name: contrast(colours["focus"], colours[name]) for name in GROUNDS}
    assert min(grounds.values()) >= 3, grounds
    viewer = tokens("viewer/viewer.css", scheme)
    assert contrast(viewer["focus"], viewer["ground"]) >= 3


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_border_of_a_field_is_seen(scheme: str) -> None:
    """1.4.11."""
    colours = tokens("queue.css", scheme)
    assert min(contrast(colours["base-dark"], colours[name]) for name in GROUNDS) >= 3
