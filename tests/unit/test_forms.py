"""Forms as they are drawn come back as they were filled in."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.entry_number import EntryNumber
from parsers.form_labels import CBP_7501, DCMA, FORMS, REIMBURSEMENT, TSCA, certificates_on, forms_on, shipped_labels
from parsers.forms import Form, _rows, find_forms, read_day
from parsers.importer_number import masked, masked_in
from parsers.papers import read_paper
from parsers.pdf import Page
from tests.support import drawn_forms
from tests.support.drawn_forms import EDITIONS, Summary

FILERS = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=3, max_size=3)
NUMBERS = st.builds(
    EntryNumber,
    filer_code=FILERS,
    number=st.from_regex(r"[0-9]{7}", fullmatch=True),
    check_digit=st.sampled_from("0123456789"),
)
PORTS = st.from_regex(r"[0-9]{4}", fullmatch=True)
DAYS = st.dates(date(1990, 1, 1), date(2089, 12, 31))
IMPORTERS = st.sampled_from(("12-345678900", "123-45-6789", "260731-00042"))


def forms_of(content: bytes) -> tuple[Form, ...]:
    paper = read_paper(content, "pdf")
    assert paper.status == "read"
    return paper.forms


@settings(max_examples=12, deadline=None)
@given(
    numbers=st.lists(NUMBERS, min_size=1, max_size=2, unique=True),
    entry_type=st.sampled_from(("01", "03", "07", "23")),
    port=PORTS,
    day=DAYS,
    importer=IMPORTERS,
    edition=st.sampled_from(EDITIONS),
    fillable=st.booleans(),
)
def test_an_entry_summary_is_read_as_it_was_drawn(  # noqa: PLR0913 - the blocks of a form
    numbers: list[EntryNumber], entry_type: str, port: str, day: date, importer: str, edition: str, *, fillable: bool
) -> None:
    """In every edition, flat or with form fields, one or several in a file, with continuation sheets."""
    drawn = [
        Summary(
            entry_number=f"{number.filer_code}-{number.number}-{number.check_digit}",
            entry_type=f"{entry_type} ABI/A",
            port=port,
            entry_date=day.strftime("%m/%d/%Y"),
            importer_number=importer,
            edition=edition,
        )
        for number in numbers
    ]
    found = forms_of(drawn_forms.form_7501(*drawn, fillable=fillable, sheets=1))
    assert [form.name for form in found] == [CBP_7501] * len(numbers)
    for form, number in zip(found, numbers, strict=True):
        (entry,) = form.entries
        assert (entry.entry_number, entry.entry_type, entry.port, entry.entry_date) == (number, entry_type, port, day)
        assert form.edition == edition
        assert form.importer_number is not None
        assert form.importer_number.endswith(importer[-2:])
        assert importer not in str(form)


@settings(max_examples=8, deadline=None)
@given(
    rows=st.lists(st.tuples(NUMBERS, PORTS, DAYS), min_size=1, max_size=25, unique_by=lambda row: row[0]),
    fillable=st.booleans(),
)
def test_a_protest_names_every_entry_of_its_table(rows: list[tuple[EntryNumber, str, date]], *, fillable: bool) -> None:
    """Its columns split the number in three."""
    drawn = [(str(number), port, day.strftime("%m/%d/%Y")) for number, port, day in rows]
    (form,) = forms_of(drawn_forms.form_19(drawn, fillable=fillable))
    assert [(one.entry_number, one.port, one.entry_date) for one in form.entries] == rows


@pytest.mark.parametrize("fillable", [False, True])
@pytest.mark.parametrize(
    ("draw", "name", "dated"),
    [(drawn_forms.form_28, "CBP 28", "request_date"), (drawn_forms.form_29, "CBP 29", "notice_date")],
)
def test_requests_and_notices_are_read(draw: object, name: str, dated: str, *, fillable: bool) -> None:
    assert callable(draw)
    (form,) = forms_of(draw(entry_number="345-6789012-3", fillable=fillable))
    assert form.name == name
    assert [str(entry.entry_number) for entry in form.entries] == ["345-67890123"]
    assert form.entries[0].entry_date == date(2026, 10, 5)
    assert dict(form.dates)[dated] == date(2026, 11, 2)


def test_certificates_are_told_by_their_words() -> None:
    """Which certificate a paper is, its wording says; a letter that speaks of one is none."""
    assert certificates_on("\n".join(drawn_forms.TSCA_CERTIFICATE)) == (TSCA,)
    assert certificates_on("\n".join(drawn_forms.DCMA_CERTIFICATE)) == (DCMA,)
    assert certificates_on(
        "We certify that no agreement exists by which the manufacturer will reimburse us for antidumping duties."
    ) == (REIMBURSEMENT,)
    assert certificates_on("Please tell us when the antidumping duties are due.") == ()


def test_a_letter_that_names_a_form_is_no_form() -> None:
    """A title is not enough."""
    assert forms_on("Attached is the ENTRY SUMMARY, CBP Form 7501 (2/18), for entry number 345-6789012-3.") == ()
    assert forms_on("PROTEST of the liquidation, 19 CFR 174") == ()


def test_the_census_form_is_read() -> None:
    (form,) = forms_of(drawn_forms.census_resolution(entry_number="345-67890123", port="3001"))
    assert [(str(one.entry_number), one.port) for one in form.entries] == [("345-67890123", "3001")]


def test_numbers_in_letters_count_when_their_check_digit_fits() -> None:
    """Order numbers look alike; one in ten of them fits by chance, the other nine are not shown."""
    paper = read_paper(b"Entries 345-67890123 and 345-67890124; order ABC-12345678.", "txt")
    assert [str(number) for number in paper.entry_numbers] == ["345-67890123"]


def test_importers_numbers_are_masked_in_every_text() -> None:
    """A number may be a person's Social Security number."""
    assert masked_in("importer 12-345678900, person 123-45-6789, assigned 262704-12345, entry 345-6789012-3") == (
        "importer **-*******00, person ***-**-**89, assigned ******-***45, entry 345-6789012-3"
    )
    paper = read_paper(drawn_forms.form_7501(Summary(entry_number="345-6789012-3"), fillable=True), "pdf")
    assert "12-345678900" not in "".join(paper.pages)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("11/20/26", date(2026, 11, 20)),
        ("1/2/1999", date(1999, 1, 2)),
        ("11-20-2026", date(2026, 11, 20)),
        ("2026-11-20", date(2026, 11, 20)),
        ("13/20/2026", None),
        ("02/30/2026 03/01/2026", date(2026, 3, 1)),
        ("111/20/2026", None),
        ("", None),
    ],
)
def test_days_are_read_as_forms_write_them(text: str, day: date | None) -> None:
    assert read_day(text) == day


def test_a_page_without_layout_still_gives_its_entry_number() -> None:
    """Pages beyond the limit of layout have text only."""
    text = "\n".join(label.text for label in shipped_labels() if label.form == CBP_7501) + "\n345-6789012-3 03 ABI/N"
    (form,) = find_forms([Page(number=1, text=text)]).forms
    assert [(str(one.entry_number), one.entry_type) for one in form.entries] == [("345-67890123", "03")]


def test_every_form_has_labels() -> None:
    """The table and the names in the code agree."""
    assert {*FORMS, TSCA, DCMA, REIMBURSEMENT} == {label.form for label in shipped_labels()}


@pytest.mark.parametrize("fillable", [False, True])
def test_a_date_in_the_wrong_box_is_no_port_and_no_type(*, fillable: bool) -> None:
    """A port of three digits with the day behind it is not the port 2026, and 4 July no quota entry."""
    drawn = Summary(entry_number="345-6789012-3", entry_type="07/04/2026", port="401 07/04/2026")
    ((entry,),) = (form.entries for form in forms_of(drawn_forms.form_7501(drawn, fillable=fillable)))
    assert (entry.port, entry.entry_type) == (None, None)


@pytest.mark.parametrize(
    ("written", "port"), [("2450 OCEAN BLVD 2709", "2709"), ("LONG BEACH 2709", "2709"), ("9999", "9999")]
)
def test_the_number_of_a_street_is_no_port(written: str, port: str) -> None:
    """Offices are written with their address; a code that the table does not know is kept where it stands alone."""
    ((entry,),) = (form.entries for form in forms_of(drawn_forms.form_28(entry_number="345-6789012-3", port=written)))
    assert entry.port == port


@pytest.mark.parametrize("fillable", [False, True])
def test_one_day_in_a_row_of_a_protest_is_what_its_column_says(*, fillable: bool) -> None:
    """The day of liquidation starts no clock of entry."""
    rows = [("345-6789012-3", "2704", ""), ("B7Q-9100001-3", "5301", "02/20/2026")]
    for liquidated in ("05/15/2026", ""):
        (form,) = forms_of(drawn_forms.form_19(rows, liquidated=liquidated, fillable=fillable))
        assert [(str(one.entry_number), one.entry_date) for one in form.entries] == [
            ("345-67890123", None),
            ("B7Q-91000013", date(2026, 2, 20)),
        ]


def test_a_day_under_no_heading_is_no_day_of_entry() -> None:
    """Where the layout of a table is not known, one day may be either."""
    page = Page(number=1, text="2704 345 6789012 3 05/15/2026\n5301 B7Q 9100001 3 02/20/2026 05/15/2026")
    assert [one.entry_date for one in _rows(page)] == [None, date(2026, 2, 20)]


@pytest.mark.parametrize("port", ["5301-HOU", "HOU-5301", "5301 HOU", "HOU 5301"])
def test_a_port_is_read_with_its_name_beside_it(port: str) -> None:
    (form,) = forms_of(drawn_forms.form_7501(Summary(entry_number="345-6789012-3", port=port)))
    assert form.entries[0].port == "5301"


def test_dashes_of_every_kind_hold_numbers_together() -> None:
    (form,) = forms_of(drawn_forms.form_7501(Summary(entry_number="345\u20136789012\u20133")))
    assert [str(one.entry_number) for one in form.entries] == ["345-67890123"]
    paper = read_paper("Entry 345\u20106789012\u20143, importer 12\u2013345678900.".encode(), "txt")
    assert [str(one) for one in paper.mentions] == ["345-67890123"]
    assert paper.pages == ("Entry 345-6789012-3, importer **-*******00.",)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("EIN 123456789", "EIN *******89"),
        ("Importer of record no.: 123456789AB", "Importer of record no.: *********AB"),
        ("importer number\n12 345678900", "importer number\n** *******00"),
        ("importer_number: 12345678900", "importer_number: *********00"),
        ("Importer IRS # 12345678900", "Importer IRS # *********00"),
        ("SSN is 123 45 6789", "SSN is *** ** **89"),
        ("CBP assigned 2012345-00001", "CBP assigned *******-***01"),
        ("assigned number 20123456-00001", "assigned number ********-***01"),
        ("consignee no 26270412345", "consignee no *********45"),
        ("Importer 34567890124", "Importer *********24"),
        ("importer number 98765432103", "importer number *********03"),
        ("assigned 20262704-12345", "assigned ********-***45"),
    ],
)
def test_an_importers_number_without_dashes_is_told_by_the_word_before_it(text: str, masked: str) -> None:
    assert masked_in(f"{text}, entry 345-6789012-3") == f"{masked}, entry 345-6789012-3"


@pytest.mark.parametrize(
    "text",
    [
        "order 123456789",
        "34567890123 and 345 67890123",
        "entry number 34567890123",
        "Importer NokiaInc, entry 34567890123",
        "importer's entries: 345-67890123, 345-6789012-3",
        "called 2026030215 about 123456789012",
        "the importer has 3 entries of 2026",
        "ABI 345-67890123 tin cans 2 1234567",
        "Importer 98765432103 and consignee: 34567890123",
        "INV 20261120-00012, PO 1234567-12345, order 21001120-12345",
        "call +49-1234567, 310-555-1234, (310) 555-1234",
        "HTS 8517.62.0090, tin 8001.10.0000",
        "importer 2026-11-20, 11/20/2026",
    ],
)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    """Entry numbers above all: the search finds them in the text."""
    assert masked_in(text) == text


@pytest.mark.parametrize("text", ["irs " * 50_000, "importer" + " " * 200_000, "irs" + " no" * 70_000])
def test_names_of_numbers_without_numbers_are_read_in_linear_time(text: str) -> None:
    assert masked_in(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("27 987654321 00", "27 *******21 00"),
        ("987654321 AB and 98-7654321", "*******21 AB and **-*****21"),
        ("98  7654321\n22 12", "**  *****21\n22 12"),
        ("123 45\n6789, 123456789", "*** **\n**89, *******89"),
        ("1987654321 or 987654321-0 or X987654321", "1987654321 or 987654321-0 or X987654321"),
        ("", ""),
    ],
)
def test_known_numbers_are_masked_however_they_are_parted_and_no_others(text: str, masked: str) -> None:
    assert masked_in(text, {"987654321", "123 45 6789"}) == masked


@pytest.mark.parametrize("written", ["987654321", "98765432100", "98 7654321 00", "123456789AB", "2012345-00001"])
@pytest.mark.parametrize("fillable", [True, False])
def test_the_number_in_an_importers_block_is_masked_wherever_it_stands(written: str, *, fillable: bool) -> None:
    drawn = drawn_forms.form_7501(Summary(entry_number="345-6789012-3", importer_number=written), fillable=fillable)
    paper = read_paper(drawn, "pdf")
    text = " ".join("".join(paper.pages).split())
    assert written not in text
    assert "345-6789012-3" in text
    assert [form.importer_number for form in paper.forms] == [masked(written)]


@pytest.mark.parametrize(
    ("written", "masked"),
    [("12-3456789", "**-*****89"), ("12-3456789 00", "**-******* 00"), ("12-3456789 AB", "**-******* AB")],
)
def test_an_importers_number_is_masked_without_its_suffix_too(written: str, masked: str) -> None:
    assert masked_in(f"importer {written}, entry 345-6789012-3") == f"importer {masked}, entry 345-6789012-3"
    drawn = drawn_forms.form_7501(Summary(entry_number="345-6789012-3", importer_number=written))
    assert "12-3456789" not in "".join(read_paper(drawn, "pdf").pages)
