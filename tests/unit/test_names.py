"""The names of documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.names import shown_name

NAMES = {
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "C:\\docs\\invoice.pdf": "invoice.pdf",
    "/evil/because:of.pdf": "because:of.pdf",
    "O'Brien.pdf": "O'Brien.pdf",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "a\r\nb\x00.pdf": "a b .pdf",
    "..": "",
    " . ": "",
    "x" * 300 + ".pdf": "x" * 251 + ".pdf",
    "x" * 300: "x" * 255,
    "\ud800.pdf": ".pdf",
    "invoice\u00a0\u30004.pdf": "invoice  4.pdf",
    "invoice \ue8fa\u0378.pdf": "invoice \ufffd\ufffd.pdf",
}


@pytest.mark.parametrize(("written", "shown"), NAMES.items())
def test_F72_a_name_is_never_a_path_and_hides_nothing(written: str, shown: str) -> None:
    assert shown_name(written) == shown


@given(st.text())
def test_a_shown_name_is_one_line_without_folders(text: str) -> None:
    name = shown_name(text)
    assert not set(name) & set("/\\\r\n\x00\u202e\u2028")
    assert name.isprintable()
    assert len(name) <= 255
