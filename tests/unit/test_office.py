"""Word and Excel files to text: what a person sees in them, within limits, and never an error."""

import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import office, zip_archive
from parsers.content_types import type_of
from parsers.office import read_office
from parsers.papers import read_paper

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MOST = 100_000


def packed(parts: Mapping[str, str], types: str = "<Types/>") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", types)
        for name, text in parts.items():
            file.writestr(name, text)
    return out.getvalue()


def word(body: str, **more: str) -> bytes:
    page = f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    return packed({**more, "word/document.xml": page})


def excel(*sheets: str, shared: str = "") -> bytes:
    parts = {f"xl/worksheets/sheet{at}.xml": f'<worksheet xmlns="{X}"><sheetData>{rows}</sheetData></worksheet>'
             for at, rows in enumerate(sheets, 1)}  # fmt: skip
    return packed(
        {"xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": f'<sst xmlns="{X}">{shared}</sst>', **parts}
    )


def paragraph(text: str) -> str:
    return f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_document_is_read_with_its_breaks_tables_and_headers() -> None:
    body = (
        paragraph("Entry 345-<w:r/>")
        + "<w:p><w:r><w:t>Port</w:t><w:tab/><w:t>2704</w:t><w:br/><w:t>Los Angeles</w:t></w:r></w:p>"
        + f"<w:tbl><w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr></w:tbl>"
    )
    header = {"word/header1.xml": f'<w:hdr xmlns:w="{W}">{paragraph("Nokia Inc")}</w:hdr>'}
    (text,), whole = read_office(word(body, **header), "docx", MOST)
    assert whole
    assert text == "Entry 345-\nPort\t2704\nLos Angeles\n\ta\n\tb\n\nNokia Inc\n"


def test_what_was_deleted_or_is_the_code_of_a_field_is_not_read() -> None:
    body = "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
    assert read_office(word(body), "docx", MOST) == (("\n",), True)


def test_a_workbook_is_read_sheet_by_sheet_with_shared_inline_and_plain_cells() -> None:
    shared = "<si><t>Entry</t></si><si><r><t>No</t></r><r><t>kia</t></r><rPh><t>phonetic</t></rPh></si>"
    first = (
        '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c><v>2704</v></c></row>'
        '<row><c t="inlineStr"><is><t>345-67890123</t></is></c><c t="str"><f>A1</f><v>text</v></c>'
        '<c t="s"><v>99</v></c></row>'
    )
    pages, whole = read_office(excel(first, "<row><c><v>7</v></c></row>", shared=shared), "xlsx", MOST)
    assert whole
    assert pages == ("Entry\tNokia\t2704\t\n345-67890123\ttext\t\t\n", "7\t\n")


def test_sheets_come_in_the_order_of_their_numbers() -> None:
    sheets = [f"<row><c><v>{at}</v></c></row>" for at in range(1, 12)]
    pages, _ = read_office(excel(*sheets), "xlsx", MOST)
    assert [page.strip() for page in pages] == [str(at) for at in range(1, 12)]


def test_entry_numbers_in_office_files_are_found_and_importers_masked() -> None:
    content = word(paragraph("Entry 345-6789012-3, importer 12-3456789AB"))
    paper = read_paper(content, type_of(content))
    assert paper.status == "read"
    assert paper.is_legible
    assert [str(one) for one in paper.mentions] == ["345-67890123"]
    assert "12-3456789" not in paper.pages[0]


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
@pytest.mark.parametrize(
    "part",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        "<x><y>",
        "",
        "\x00\xff",
        "<a>" * 50_000,
    ],
)
def test_parts_that_no_program_of_office_writes_give_nothing_and_are_not_whole(part: str, kind: str) -> None:
    name = "word/document.xml" if kind == "docx" else "xl/worksheets/sheet1.xml"
    pages, whole = read_office(packed({name: part}), kind, MOST)
    assert "".join(pages) == ""
    assert not whole


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_what_is_no_archive_has_no_text(content: bytes, kind: str) -> None:
    pages, whole = read_office(content, kind, MOST)
    assert "".join(pages) == ""
    assert not whole


@pytest.mark.parametrize("most", [0, 1, 17, 1000])
def test_no_more_is_read_than_is_allowed(most: int) -> None:
    cell = '<row><c t="s"><v>0</v></c></row>'
    for content, kind in (
        (word(paragraph("x" * 400) * 10), "docx"),
        (excel(cell * 50, cell * 50, shared=f"<si><t>{'x' * 300}</t></si>"), "xlsx"),
    ):
        pages, whole = read_office(content, kind, most)
        assert sum(map(len, pages)) <= most
        assert not whole


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<>&\ufffe\uffff"), max_size=50))
def test_every_text_comes_out_as_it_went_in(text: str) -> None:
    assert read_office(word(paragraph(text)), "docx", MOST) == ((text + "\n",), True)
    assert read_office(excel(f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>'), "xlsx", MOST) == (
        (text + "\t\n",),
        True,
    )


@pytest.mark.parametrize("encoding", ["gb2312", "Shift_JIS", "utf-7", "idna", "nonsense", "hex"])
def test_F46_an_encoding_that_cannot_be_read_is_no_error(encoding: str) -> None:
    page = f'<?xml version="1.0" encoding="{encoding}"?><w:document xmlns:w="{W}"><w:t>x</w:t></w:document>'
    assert read_office(packed({"word/document.xml": page}), "docx", MOST) == (("",), False)


def test_a_hyphen_that_holds_an_entry_number_together_is_read() -> None:
    number = "345</w:t><w:noBreakHyphen/><w:t>6789012</w:t><w:noBreakHyphen/><w:t>3"
    paper = read_paper(word(paragraph(f"Entry {number} for you")), "docx")
    assert [str(one) for one in paper.mentions] == ["345-67890123"]


def listed(parts: Mapping[str, tuple[str, str]]) -> bytes:
    """An Office file whose parts have the names that its own list gives them, each with the end of its type."""
    kind = "application/vnd.openxmlformats-officedocument"
    lines = "".join(f'<Override PartName="/{name}" ContentType="{kind}.{of}+xml"/>' for name, (of, _) in parts.items())
    return packed({name: text for name, (_, text) in parts.items()}, types=f"<Types>{lines}</Types>")


SHEET = f'<worksheet xmlns="{X}"><sheetData><row><c t="str"><v>%s</v></c></row></sheetData></worksheet>'


@pytest.mark.parametrize("name", ["xl/worksheets/sheet.xml", "xl/worksheets/Invoice.xml"])
def test_a_sheet_is_read_whatever_its_name(name: str) -> None:
    assert read_office(packed({name: SHEET % "2704"}), "xlsx", MOST) == (("2704\t\n",), True)


def test_parts_are_found_by_the_list_of_the_file_itself() -> None:
    body = f'<w:document xmlns:w="{W}"><w:body>{paragraph("Nokia Inc")}</w:body></w:document>'
    content = listed(
        {"word/document2.xml": ("wordprocessingml.document.main", body), "word/other.xml": ("theme", body)}
    )
    assert read_office(content, "docx", MOST) == (("Nokia Inc\n",), True)
    content = listed({"any/where.xml": ("spreadsheetml.worksheet", SHEET % "2704")})
    assert read_office(content, "xlsx", MOST) == (("2704\t\n",), True)


def test_an_empty_sheet_hides_nothing() -> None:
    paper = read_paper(excel("<row><c><v>7</v></c></row>", ""), "xlsx")
    assert (paper.status, paper.is_legible) == ("read", True)
    assert read_paper(excel("", ""), "xlsx").status == "unread"


def test_a_part_that_cannot_be_taken_out_is_missed() -> None:
    """What is not found in such a paper may be in it."""
    content = bytearray(excel("<row><c><v>7</v></c></row>", "<row><c><v>8</v></c></row>"))
    content[content.index(b"sheet2.xml") + 12] ^= 0xFF
    assert read_office(bytes(content), "xlsx", MOST) == (("7\t\n",), False)


def test_F45_no_part_is_unpacked_that_holds_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[str] = []

    def noted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
        unpacked.append(entry.filename)
        return archive.read(entry)[:most]

    monkeypatch.setattr(zip_archive, "_unpacked", noted)
    read_office(word(paragraph("x"), **{"word/media/image1.xml": "x" * 1000}), "docx", MOST)
    assert unpacked == ["[Content_Types].xml", "word/document.xml"]


def test_F45_a_small_file_says_no_more_than_so_many_times_its_bytes() -> None:
    """Shared texts that each cell names again."""
    content = excel('<row><c t="s"><v>0</v></c></row>' * 4000, shared=f"<si><t>{'x' * 500}</t></si>")
    pages, whole = read_office(content, "xlsx", 2_000_000)
    assert sum(map(len, pages)) <= 100_000
    assert not whole


def test_F45_parts_that_all_unpack_to_much_are_not_held_together() -> None:
    many = {f"word/header{at}.xml": " " * 1_000_000 for at in range(50)}
    parts, are_all = office._parts(word(paragraph("x"), **many), "docx", 3_000_000)
    assert sum(len(part.content) for part in parts) <= 3_000_000 + 1_000_000
    assert not are_all
