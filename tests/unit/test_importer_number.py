"""Importer numbers: read in their permitted forms, masked wherever they are shown."""

import pytest

from parsers.importer_number import ImporterNumber

FORMS = [
    ("12-3456789AB", "irs", "**-*******AB"),
    ("12-345678900", "irs", "**-*******00"),
    ("123-45-6789", "ssn", "***-**-**89"),
    ("062704-12345", "cbp", "******-***45"),
]


@pytest.mark.parametrize(("text", "kind", "masked"), FORMS)
def test_each_permitted_form_is_read_and_told(text: str, kind: str, masked: str) -> None:
    importer_number = ImporterNumber.read(text)
    assert importer_number is not None
    assert (importer_number.kind, importer_number.masked, importer_number.clear_value) == (kind, masked, text)


@pytest.mark.parametrize(("text", "kind", "masked"), FORMS)
def test_no_output_but_the_clear_value_shows_the_number(text: str, kind: str, masked: str) -> None:
    importer_number = ImporterNumber(clear_value=text)
    shown = f"{importer_number} {importer_number!r} {importer_number!s} {[importer_number]}"
    assert text not in shown, kind
    assert shown.count(masked) == 4


@pytest.mark.parametrize(
    "text",
    ["", "12-3456789", "12-345678ABCD", "123456789", "123-45-67890", "062704-1234", "12-3456789ab", "1٢-345678900"],
)
def test_another_form_is_none(text: str) -> None:
    assert ImporterNumber.read(text) is None


def test_the_error_for_another_form_does_not_tell_the_number() -> None:
    with pytest.raises(ValueError, match="an importer number is") as refused:
        ImporterNumber(clear_value="123-45-67")
    assert "123" not in str(refused.value)


def test_importer_numbers_are_values() -> None:
    assert ImporterNumber(clear_value="123-45-6789") == ImporterNumber(clear_value="123-45-6789")
    assert len({ImporterNumber(clear_value="123-45-6789"), ImporterNumber(clear_value="123-45-6789")}) == 1
