"""What a document is, told by its content."""

import io
import zipfile

import pytest

from parsers.content_types import type_of
from parsers.names import saved_name
from parsers.running_names import runs_by_name

TYPES = {
    b"%PDF-1.7 ...": "pdf",
    b"\r\njunk %PDF-1.4": "pdf",
    b"II*\x00....": "tiff",
    b"MM\x00*....": "tiff",
    b"\xff\xd8\xff\xe0": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF89a": "gif",
    b"{\\rtf1": "rtf",
    b"PK\x03\x04....[Content_Types].xml....word/document.xml": "zip",
    b"PK\x03\x04....[Content_Types].xml....word/VbaProject.bin": "office-macro",
    b"PK\x03\x04....a.pdf": "zip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.." + "WordDocument".encode("utf-16-le"): "doc",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.." + "Workbook".encode("utf-16-le"): "xls",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.." + "__substg1.0_".encode("utf-16-le"): "msg",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole",
    b"\x78\x9f\x3e\x22": "tnef",
    b"\xef\xbb\xbf<?xml version='1.0'?>": "xml",
    b" <!DOCTYPE html>": "html",
    b"plain": "txt",
    b"\x00\x01": "unknown",
    b"": "unknown",
}


@pytest.mark.parametrize(("content", "kind"), TYPES.items())
def test_F73_the_content_decides_whatever_was_declared(content: bytes, kind: str) -> None:
    assert type_of(content, "application/octet-stream", "x.bin") == kind


def test_kinds_of_text_are_told_by_name_or_declaration() -> None:
    assert type_of(b"a,b", "text/plain", "LIST.CSV") == "csv"
    assert type_of(b"a,b", "text/csv") == "csv"
    assert type_of(b"From: a", "application/octet-stream", "fwd.eml") == "eml"
    assert type_of(b"anything", "message/rfc822") == "eml"


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "")
    return out.getvalue()


_FORM = b"<script>steal()</script>"
_XHTML = b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>" + _FORM + b"</html>"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "declared", "name"),
    [
        (b"<div>" + _FORM + b"</div>", "text/html", ""),
        (b"<title>Invoice</title>" + _FORM, "application/octet-stream", "invoice.HTM"),
        (b"Invoice " + _FORM, "text/plain", "invoice.html"),
        (b"<!--" + b"x" * 5000 + b"--><html>" + _FORM, "text/html", "invoice.html"),
        (("\ufeff<html>" + _FORM.decode()).encode("utf-16-le"), "text/html", "invoice.html"),
        (b"<html><!-- %PDF-1.4 -->" + _FORM, "application/pdf", "invoice.html"),
        (_XHTML, "text/xml", "invoice.xhtml"),
        (_XHTML, "text/xml", "invoice.xml"),
    ],
)
def test_a_page_that_acts_is_one_however_it_begins(content: bytes, declared: str, name: str) -> None:
    assert type_of(content, declared, name) == "active-html"


@pytest.mark.parametrize("content", [b"//%PDF-1.4\nrun()", b"%PDF-1.4\nrun()", b"GIF89a=1;run()"])
@pytest.mark.parametrize("name", ["invoice.js", "invoice.hta", "invoice.BAT. ", "invoice.mht"])
def test_a_script_is_one_whatever_mark_it_begins_with(content: bytes, name: str) -> None:
    assert type_of(content, "application/pdf", name) == "script"


def test_a_file_with_macros_is_one_though_a_name_of_mail_stands_in_it() -> None:
    marks = ("__substg1.0_", "_VBA_PROJECT")
    assert type_of(_OLE + b"".join(mark.encode("utf-16-le") for mark in marks)) == "office-macro"


@pytest.mark.parametrize("declared", ["message/rfc822", "message/global"])
def test_an_attached_message_is_one_whatever_its_text_says_or_its_name(declared: str) -> None:
    assert type_of(b"From: a\r\n\r\nI could not open the %PDF-1.4", declared) == "eml"
    assert type_of(b"From: a\r\n\r\nHello", declared, "invoice from site.py") == "eml"
    assert type_of(b"%PDF-1.4", declared) == "eml"
    assert type_of(_OLE, declared) == "ole"


@pytest.mark.parametrize(
    "name",
    [
        "a.msc",
        "a.settingcontent-ms",
        "a.application",
        "a.pyw",
        "a.website",
        "a.xbap",
        "a.jar",
        "a.CSH",
        "a.mht",
    ],
)
def test_a_file_that_runs_by_its_name_is_set_aside_whatever_is_in_it(name: str) -> None:
    for content in (b"<?xml version='1.0'?><MMC_ConsoleFile/>", b"%PDF-1.4\nPK", b"plain"):
        assert type_of(content, "application/xml", name) == "script"


@pytest.mark.parametrize("name", ["x.h:ta", "x.j?s", 'x.v"bs', "a" * 96 + ".hta.txt"])
def test_no_name_becomes_one_that_runs_when_it_is_saved(name: str) -> None:
    assert type_of(b"run()", "", name) == "txt"
    assert not runs_by_name(saved_name(name))


def _package(types: str, *names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", types)
        for name in names:
            file.writestr(name, "")
    return out.getvalue()


_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_VBA = "application/vnd.ms-office.vbaProject"


@pytest.mark.parametrize(
    ("types", "names", "kind"),
    [
        (_MAIN, ["word/document.xml", "_rels/.rels", "docProps/thumbnail.jpeg"], "docx"),
        (_MAIN, ["word/document2.xml"], "docx"),
        ("", ["word/document.xml"], "docx"),
        (f"{_MAIN} {_VBA}", ["word/document.xml", "word/x.bin"], "office-macro"),
        (f"{_MAIN} application/vnd.ms-office.vba&#80;roject", ["word/document.xml", "word/x.bin"], "office-macro"),
        ("application/vnd.ms-excel.macrosheet+xml", ["xl/workbook.xml", "xl/ms/sheet1.xml"], "office-macro"),
        ("application/vnd.ms-word.document.macroEnabled.main+xml", ["word/document.xml"], "office-macro"),
        (_MAIN, ["word/document.xml", "invoice.exe"], "zip"),
        (_MAIN, ["word/document.xml", "word/invoice.js"], "zip"),
        (_MAIN, ["word/document.xml", "invoice.pdf"], "zip"),
    ],
)
def test_a_package_of_office_is_told_by_its_list_of_parts(types: str, names: list[str], kind: str) -> None:
    assert type_of(_package(types, *names)) == kind


_X, _S = "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"


@pytest.mark.parametrize(
    "text",
    [
        f"<s:script xmlns:s='{_X}'>run()</s:script>",
        f"<r><script xmlns='{_X}'>run()</script></r>",
        f"<r xmlns:h='{_X.replace('xhtml', 'xht&#109;l')}'><h:script/></r>",
        f"<r><b xmlns='{_X}' onclick='run()'/></r>",
        f"<g:svg xmlns:g='{_S}' onload='run()'/>",
        f"<a:a xmlns:a='{_X}' href='java&#9;script:run()'/>",
        f"<!DOCTYPE r [<!ENTITY e \"<script xmlns='{_X}'/>\">]><r>&e;</r>",
        "<?xml-stylesheet type='text/xsl' href='&#35;s'?><r/>",
        f"<!--%PDF-1.4--><script xmlns='{_X}'/>",
        f"<r><script xmlns='{_X}'/> broken",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_a_browser_would_run_is_set_aside(text: str, encoding: str) -> None:
    assert type_of(text.encode(encoding), "application/xml", "list.xml") == "active-html"
    if not text.startswith("<!--"):
        assert type_of(f"<?xml version='1.0'?>{text}".encode(encoding), "application/xml") == "active-html"


@pytest.mark.parametrize(
    "text",
    [
        "<?xml version='1.0' encoding='utf-8'?><Invoice onhand='3'><script>of a play</script></Invoice>",
        "<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='invoice.xsl'?><Invoice/>",
        "<?xml version='1.0' encoding='iso-8859-1'?><Invoice>Müller</Invoice>",
        "<?xml version='1.0'?><Invoice> not closed",
    ],
)
def test_xml_of_business_stays_xml(text: str) -> None:
    assert type_of(text.encode("latin-1"), "application/xml", "invoice.xml") == "xml"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><scr\x00ipt>run()</script>",
        b"<html><scr\x1b(Bipt>run()</script>",
        "\ufeff<html>\x00<script>".encode("utf-16-le"),
        b"<html><a href='java&#115;cript:run()'>",
    ],
)
def test_a_page_that_acts_is_one_however_it_is_encoded(content: bytes) -> None:
    assert type_of(content, "text/html", "invoice.html") == "active-html"


_BOOK = _OLE + "Workbook".encode("utf-16-le") + b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12)


def _sheet(kind: int) -> bytes:
    return b"\x85\x00\x0e\x00" + b"\x34\x12\x00\x00" + bytes([0, kind]) + b"\x06\x00Macro1"


def test_a_workbook_with_macros_of_excel_4_is_one_with_macros() -> None:
    assert type_of(_BOOK + _sheet(0) + _sheet(1)) == "office-macro"
    assert type_of(_BOOK + _sheet(0)) == "xls"
    assert type_of(_BOOK + bytes(70_000) + _sheet(1)) == "xls"
    assert type_of(packed("[Content_Types].xml", "xl/workbook.xml", "xl/macrosheets/a.xml")) == "office-macro"
    assert type_of(_BOOK * 20_000) == "xls"


@pytest.mark.parametrize("word", [b"{\\*\\objdata 0105}", b"{\\object\\objocx}", b"\\objupdate ", b"{\\*\\objdata0 01"])
def test_an_rtf_text_with_an_object_of_another_program_is_told(word: bytes) -> None:
    for start in (b"{\\rtf1 ", b"{\\rt1", b" \n{\\rtf1 "):
        assert type_of(start + word + b"}") == "rtf-object"
    assert type_of(b"{\\rtf1 the word objdata}") == "rtf"


def test_pages_and_tables_that_do_nothing_stay_what_they_are() -> None:
    assert type_of(b"<p>Invoice</p>", "text/html", "invoice.html") == "html"
    assert type_of(b"<?xml version='1.0'?><row onhand='3' note='javascript:'/>", "text/xml", "stock.xml") == "xml"
    assert type_of(b"%PDF-1.7", "application/pdf", "invoice.pdf") == "pdf"
    assert type_of(b"plain", "text/plain", "notes.txt") == "txt"
