"""Out-of-office subjects."""

import pytest

from parsers.out_of_office import OUT_OF_OFFICE_SUBJECTS, out_of_office_mark


@pytest.mark.parametrize("pattern", OUT_OF_OFFICE_SUBJECTS)
def test_F58_each_subject_of_the_list_is_known(pattern: str) -> None:
    mark = out_of_office_mark(f"[EXTERNAL]  {pattern} DR,NokiaInc,345-67890123,2704")
    assert mark is not None
    assert mark.code == "out-of-office"
    assert mark.detail.startswith("Subject: ")


@pytest.mark.parametrize(
    "subject", ["", "DR,NokiaInc,345-67890123,2704", "Question: automatic reply: how?", "Auto parts"]
)
def test_a_persons_subject_has_no_mark(subject: str) -> None:
    assert out_of_office_mark(subject) is None


def test_a_site_has_its_own_list() -> None:
    assert out_of_office_mark("Ferie: til mandag", ["", "ferie:"]) is not None
    assert out_of_office_mark("Automatic reply: x", ["ferie:"]) is None
    assert out_of_office_mark("", [""]) is None
