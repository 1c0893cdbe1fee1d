"""Parameters of Content-Type and Content-Disposition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.parameters import read_parameters
from tests.support.bounded import bounded

NAMES = {
    'attachment; filename="O\'Brien.pdf"': "O'Brien.pdf",
    "attachment; filename=O'Brien.pdf": "O'Brien.pdf",
    "attachment; filename=report (1).pdf": "report (1).pdf",
    'attachment; filename="a;b\\"c.pdf"; size=3': 'a;b"c.pdf',
    "attachment; filename*=UTF-8''Rechnung%20%C3%BC.pdf": "Rechnung ü.pdf",
    "attachment; filename*0*=UTF-8''%F0%9F; filename*1*=%93%84; filename*2=.pdf": "📄.pdf",
    'attachment; filename*1="b.pdf"; filename*0="a"': "ab.pdf",
    'attachment; filename="=?utf-8?B?w7wucGRm?="': "ü.pdf",
    "attachment; filename=\"x.pdf\"; filename*=utf-8''y.pdf": "y.pdf",
    "attachment; filename*=x.pdf; filename*1*=y": "x.pdfy",
    "attachment; filename*=no-such-charset''%fc.pdf": "ü.pdf",
    'attachment; filename="unclosed.pdf': "unclosed.pdf",
    "attachment; filename*0*=a%20\ud800.pdf": "a ?.pdf",
}


@pytest.mark.parametrize(("written", "name"), NAMES.items())
def test_F71_names_are_read_in_every_way_they_are_written(written: str, name: str) -> None:
    assert read_parameters(written).parameters["filename"] == name


def test_comments_and_case_say_nothing_outside_names() -> None:
    read = read_parameters("Text/Plain (a; b); Charset=us-ascii (Plain)")
    assert (read.media_type, read.parameters["charset"]) == ("text/plain", "us-ascii")


def test_of_a_parameter_written_twice_the_first_counts_and_both_are_told() -> None:
    read = read_parameters("multipart/mixed; boundary=a; boundary=b")
    assert (read.parameters["boundary"], read.repeated) == ("a", {"boundary"})


@pytest.mark.parametrize("written", ["", "text", ";;;", "/", "text/"])
def test_what_is_no_media_type_is_none(written: str) -> None:
    assert read_parameters(written).media_type == ""


@pytest.mark.parametrize(
    "hostile",
    ["; " * 60_000, "; a=b" * 30_000, "; a" + " " * 120_000, '; a="' + "\\" * 120_000, "; a*" * 40_000, "(" * 120_000],
)
def test_F44_any_parameters_are_read_in_linear_time(hostile: str) -> None:
    with bounded():
        read_parameters("text/html " + hostile)


@given(st.text(alphabet=st.sampled_from("ab;*=0'\"\\%( )=?é\ud800/")))
def test_no_text_makes_the_reading_raise(text: str) -> None:
    read_parameters(text)
