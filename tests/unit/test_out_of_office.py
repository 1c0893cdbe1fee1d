"""Out-of-office subjects."""

import pytest

from parsers.out_of_office import OUT_OF_OFFICE_SUBJECTS, out_of_office_mark


@pytest.mark.parametrize("pattern", OUT_OF_OFFICE_SUBJECTS)
def test_F58_each_subject_of_the_list_is_known(pattern: str) -> None:
    title = pattern.removesuffix(":")
    assert out_of_office_mark(pattern) is not None
    mark = out_of_office_mark(f"[EXTERNAL]  {title}: DR,NokiaInc,345-67890123,2704")
    assert mark is not None
    assert mark.code == "out-of-office"
    assert mark.detail.startswith("Subject: ")


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "DR,NokiaInc,345-67890123,2704",
        "Question: automatic reply: how?",
        "Auto parts",
        "Absence du bureau SARL, PR",
        "Fuori sede Srl, I",
    ],
)
def test_a_persons_subject_has_no_mark(subject: str) -> None:
    assert out_of_office_mark(subject) is None


@pytest.mark.parametrize(
    "subject",
    ["Absence du bureau", "Absence du bureau du 3 au 10 mars", "Fuori sede - rientro", "Automatisk svar (Anna)"],
)
def test_a_note_ends_with_its_pattern_or_goes_on_with_a_sign_or_a_date(subject: str) -> None:
    assert out_of_office_mark(subject) is not None


def test_a_site_has_its_own_list() -> None:
    assert out_of_office_mark("Ferie: til mandag", ["", "ferie:"]) is not None
    assert out_of_office_mark("Automatic reply: x", ["ferie:"]) is None
    assert out_of_office_mark("", [""]) is None
