"""Papers against the subject line: which doubts are raised, and which are not."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.cross_check import EXPECTED_FORMS, PAPER_FLAGS, CheckedItem, FiledPaper, cross_check
from cee_mailbot.domain.entry_types import shipped_rules, stays_elsewhere
from cee_mailbot.domain.reasons import FLAGS
from parsers.entry_number import EntryNumber
from parsers.form_labels import CBP_19, CBP_28, CBP_7501, CERTIFICATES, DCMA, FORMS, REIMBURSEMENT, TSCA
from parsers.forms import Form, NamedEntry
from parsers.papers import Paper

MINE = "345-67890123"
OTHER = "B7Q-91000013"
DAY = date(2026, 11, 9)
ITEM = CheckedItem(code="DR", entry_number=MINE, port="2704", presented_on=date(2026, 11, 16))


def number(text: str) -> EntryNumber:
    found = EntryNumber.read(text)
    assert found is not None
    return found


def form(name: str = CBP_7501, entry: str = MINE, **said: object) -> Form:
    values: dict[str, object] = {"port": "2704", "entry_date": DAY, "entry_type": "01", **said}
    return Form(name=name, page=1, entries=(NamedEntry(entry_number=number(entry), **values),))  # type: ignore[arg-type]


def filed(*forms: Form, message: int = 1, legible: bool = True, mentions: tuple[str, ...] = ()) -> FiledPaper:
    paper = Paper(status="read", is_legible=legible, forms=forms, mentions=tuple(number(one) for one in mentions))
    return FiledPaper(message=message, paper=paper)


SCAN = FiledPaper(message=1, paper=Paper(status="unread"))
CERTIFICATE = {name: Form(name=name, page=1) for name in CERTIFICATES}


@pytest.mark.parametrize(
    ("item", "papers", "flags"),
    [
        (ITEM, [filed(form())], ()),
        (ITEM, [], ()),
        (ITEM, [SCAN], ()),
        (ITEM, [filed(form(entry=OTHER))], ("entry-mismatch",)),
        (ITEM, [filed(form(entry=OTHER)), filed(form())], ()),
        (ITEM, [filed(form(entry=OTHER)), filed(mentions=(MINE,))], ()),
        (replace(ITEM, entry_number=None), [filed(form(entry=OTHER, port="3001"))], ()),
        (replace(ITEM, is_whole=False, code="PR"), [filed()], ()),
        (ITEM, [filed(form(port="3001"))], ("port-mismatch",)),
        (ITEM, [filed(form(port=None))], ()),
        (replace(ITEM, port=None), [filed(form(port="3001"))], ()),
        (replace(ITEM, code="PR"), [filed(form(CBP_19, entry_type=None))], ()),
        (replace(ITEM, code="PR"), [filed()], ("form-missing",)),
        (replace(ITEM, code="PR"), [filed(), SCAN], ()),
        (replace(ITEM, code="PR"), [filed(legible=False)], ()),
        (replace(ITEM, code="F28"), [], ()),
        (replace(ITEM, code="F28"), [filed(form(CBP_28, entry_type=None))], ()),
        (replace(ITEM, code="C"), [filed(CERTIFICATE[TSCA])], ()),
        (replace(ITEM, code="C"), [filed(CERTIFICATE[DCMA])], ()),
        (replace(ITEM, code="C"), [filed(CERTIFICATE[DCMA], CERTIFICATE[TSCA])], ("certificate-unclear",)),
        (replace(ITEM, code="C"), [filed(CERTIFICATE[REIMBURSEMENT])], ("certificate-unclear",)),
        (replace(ITEM, code="C"), [SCAN], ("certificate-unclear",)),
        (ITEM, [filed(form(entry_type="02"))], ("not-center-quota",)),
        (ITEM, [filed(form(entry_type="23"))], ("not-center-tib",)),
        (ITEM, [filed(form(entry_type="09"))], ("not-center-reconciliation",)),
        (ITEM, [filed(form(entry_type="47"))], ("not-center-drawback",)),
        (ITEM, [filed(form(entry_type="03"))], ()),
        (replace(ITEM, joined=date(2026, 11, 10)), [filed(form(entry_type="03"))], ("not-center-adcvd",)),
        (replace(ITEM, joined=DAY), [filed(form(entry_type="03"))], ()),
        (
            replace(ITEM, joined=date(2026, 12, 1)),
            [filed(form(entry_type="07"))],
            ("not-center-quota", "not-center-adcvd"),
        ),
        (ITEM, [filed(form(entry=OTHER, entry_type="02")), filed(form())], ()),
    ],
)
def test_papers_raise_the_doubts_that_they_should(
    item: CheckedItem, papers: list[FiledPaper], flags: tuple[str, ...]
) -> None:
    assert cross_check(item, papers).flag_names == flags


def test_the_entry_date_is_that_of_the_subjects_entry() -> None:
    """A paper of another entry starts no clock; two days for one entry start none either."""
    assert cross_check(ITEM, [filed(form())]).entry_date == DAY
    assert cross_check(ITEM, [filed(form(entry=OTHER))]).entry_date is None
    assert cross_check(ITEM, [filed(form()), filed(form(entry_date=date(2026, 11, 10)))]).entry_date is None
    assert cross_check(ITEM, [filed(form(CBP_19)), filed(form(entry_date=None))]).entry_date == DAY
    assert cross_check(replace(ITEM, entry_number=None), [filed(form())]).entry_date is None


def test_a_doubt_names_the_message_that_raised_it() -> None:
    assert cross_check(ITEM, [filed(message=1), filed(form(entry=OTHER), message=2)]).flags == (("entry-mismatch", 2),)


@given(st.lists(st.sampled_from([filed(form()), filed(form(entry=OTHER)), filed(mentions=(MINE,)), SCAN])))
def test_more_papers_never_make_a_mismatch_of_an_entry_that_was_found(papers: list[FiledPaper]) -> None:
    """All is well while the subject's entry is among those named."""
    found = cross_check(ITEM, [filed(form()), *papers])
    assert "entry-mismatch" not in found.flag_names
    assert found.entry_numbers[0] == MINE


def test_every_flag_that_papers_raise_is_listed_and_explained() -> None:
    assert {rule.flag for rule in shipped_rules()} <= PAPER_FLAGS
    assert set(FLAGS) >= PAPER_FLAGS
    assert set(EXPECTED_FORMS.values()) <= set(FORMS)


def test_a_rule_holds_on_its_days_only() -> None:
    """The procedures change: a row ends, and the next one begins."""
    rule = replace(shipped_rules()[0], since=date(2026, 1, 1), until=date(2026, 12, 31))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [rule.holds("02", day, None) for day in days] == [False, True, True, False]
    assert stays_elsewhere("01", DAY) == ()
