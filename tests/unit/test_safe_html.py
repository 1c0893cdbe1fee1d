"""HTML made safe: whatever comes in, what goes out is of the lists, does nothing and loads nothing."""

import codecs
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parsers.html_attributes import MOST_ATTRIBUTES, with_few_attributes
from parsers.html_names import NAMES
from parsers.safe_html import (
    ATTRIBUTES,
    CUT_SHORT,
    LINK_REL,
    MOST_CHARACTERS,
    MOST_REFERENCES,
    MOST_TAGS,
    TAGS,
    sanitise_html,
    text_of_html,
    with_bare_formatting,
)

DATA = Path(__file__).parent / "data"
LINK = re.compile(r"(?:https?://[A-Za-z0-9]|mailto:[^?]+@)[!-~]*")
FRAGMENTS = ("<", ">", "</", "/>", "<!--", "-->", "<a href=", "<img src=x ", "onerror=", '"', "'", "`", "=", "&#", ";")
WORDS = ("javascript:", "https://a.example/", "//", "\\", "\x00", "\n", "\u2028", "<svg>", "<math>", "<style>", "</p>")


def payloads(name: str) -> list[str]:
    lines = (DATA / name).read_text(encoding="ascii").splitlines()
    return [codecs.decode(line, "unicode_escape") for line in lines if not line.startswith("#")]


ACTIVE, LEAKS = payloads("html_active.txt"), payloads("html_leaks.txt")


class Elements(HTMLParser):
    """Every tag and attribute of a text, and what stands between them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.other: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((tag, []))

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment

    def handle_data(self, data: str) -> None:
        assert "<" not in data


def assert_harmless(safe: str) -> None:
    page = Elements(safe)
    assert page.other == []
    for tag, attributes in page.found:
        assert tag in TAGS
        for name, value in attributes:
            assert name in ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
            assert value is not None
            assert {"href": LINK.fullmatch, "rel": LINK_REL.__eq__}.get(name, str.isdigit)(value), (name, value)


@pytest.mark.parametrize("payload", ACTIVE)
def test_nothing_that_acts_is_left(payload: str) -> None:
    assert_harmless(sanitise_html(payload))


@pytest.mark.parametrize("payload", LEAKS)
def test_nothing_that_loads_is_left(payload: str) -> None:
    safe = sanitise_html(payload)
    assert_harmless(safe)
    assert "evil.example" not in re.sub(r">[^<]*<", "><", f">{safe}<")


def test_the_lists_are_long_enough() -> None:
    assert (len(set(ACTIVE)) >= 150, len(set(LEAKS)) >= 100) == (True, True)


@given(st.lists(st.sampled_from((*FRAGMENTS, *WORDS, *ACTIVE)), max_size=8).map("".join) | st.text(max_size=200))
@example("<math><mtext><h1><a><h6></a></h6><style></h1>")  # a heading within one, which the next parser puts behind it
def test_whatever_comes_in_only_the_lists_go_out(text: str) -> None:
    """However often it is parsed again, as a browser does."""
    safe = sanitise_html(text)
    assert_harmless(safe)
    assert_harmless(sanitise_html(safe))


@given(st.lists(st.sampled_from((*FRAGMENTS, *WORDS, *ACTIVE, *LEAKS)), max_size=8).map("".join))
def test_every_link_leads_to_the_page_that_warns(text: str) -> None:
    for _, attributes in Elements(sanitise_html(text, leave="/leave?to=")).found:
        for name, value in attributes:
            assert name != "href" or re.fullmatch(
                r"/leave\?to=https?%3A%2F%2F[A-Za-z0-9_.~%-]+|mailto:[^?]+", value or ""
            )


LINKS = {
    "https://broker.example/a?b=1&amp;c=%20#d": "https://broker.example/a?b=1&c=%20#d",
    "HTTP://broker.example": None,
    "http://broker.example:8080/": "http://broker.example:8080/",
    "mailto:agent@broker.example?bcc=x": "mailto:agent@broker.example",
    "https://cbp.example@evil.example/": None,
    "https://evil.example\\x": None,
    "https://evil.example/ x": None,
    "/app/delete": None,
    "//evil.example": None,
    "https://evil.example/" + "x" * 3000: None,
}


@pytest.mark.parametrize(("written", "kept"), LINKS.items(), ids=range(len(LINKS)))
def test_only_absolute_plain_links_are_kept(written: str, kept: str | None) -> None:
    found = dict(Elements(sanitise_html(f'<a href="{written}">x</a>')).found[0][1])
    assert found == ({"href": kept, "rel": LINK_REL} if kept else {"rel": LINK_REL})


def test_what_a_broker_writes_stays_readable() -> None:
    written = (
        '<html><head><title>t</title><style>p{}</style></head><body class=x><p style="color:red">Dear <b>Team</b>,'
        "<br>see <i>7501</i>.</p><table border=1><tr><td colspan=2>a</td></tr></table>"
        "<ul><li>one</li></ul></body></html>"
    )
    assert sanitise_html(written) == (
        "<p>Dear <b>Team</b>,<br>see <i>7501</i>.</p>"
        '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table><ul><li>one</li></ul>'
    )


TEXTS = {
    "<p>Dear Team,</p><p>part 1 of 2</p>": "Dear Team,\n\npart 1 of 2",
    "a<br>b<br/>c": "a\nb\nc",
    "one\ntwo   three": "one two three",
    "<ul><li>a<li>b</ul>": "- a\n- b",
    "<table><tr><td>Entry</td><td>345-67890123</td></tr><tr><td>Port</td><td>2704</td></tr></table>": (
        "Entry 345-67890123\n\nPort 2704"
    ),
    "a &lt;b&gt; &amp;amp; &nbsp;c": "a <b> &amp; c",
    "<style>p{}</style><script>x</script>text<!-- note -->": "text",
    "abc\u202egpj.exe": "abc gpj.exe",
    "<b>4</b>5<i>6</i>": "456",
    "": "",
}


@pytest.mark.parametrize(("written", "text"), TEXTS.items())
def test_the_text_of_html_reads_as_its_lines_were_shown(written: str, text: str) -> None:
    assert text_of_html(written) == text


@given(st.lists(st.sampled_from((*FRAGMENTS, *WORDS, *ACTIVE, *LEAKS)), max_size=8).map("".join) | st.text())
def test_text_has_no_controls_and_is_stored_anywhere(written: str) -> None:
    text = text_of_html(written)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]|\n\n\n", text)
    text.encode("utf-8")


def test_F46_a_page_of_nothing_but_tags_is_cut_short_and_says_so() -> None:
    """A parser of HTML takes the square of the depth; the text before the limit is there."""
    page = "<p>first</p>" + "<div>" * (MOST_TAGS * 3) + "last"
    safe = sanitise_html(page)
    assert safe.startswith("<p>first</p>")
    assert safe.endswith(CUT_SHORT)
    assert "last" not in safe
    assert text_of_html(page) == "first"


@pytest.mark.parametrize("name", ["b", "code", "em", "font", "i", "nobr", "small", "strong", "tt", "U", "big"])
def test_F46_tags_that_are_never_closed_are_not_opened_anew_without_end(name: str) -> None:
    """A parser of HTML opens each in every paragraph that follows, unless they are alike: then three of them."""
    page = "<p>" + "".join(f"<{name} id={number}>" for number in range(100)) + "<p>x" * 100
    safe = sanitise_html(page)
    assert safe.count("x") == 100
    assert safe.count("<") < 100 * 12, "three opened and closed in each, and all of them once"
    assert text_of_html(page).split() == ["x"] * 100


def attributes(count: int = MOST_ATTRIBUTES + 1, between: str = " ", value: str = "") -> str:
    return between.join(f"a{number:x}{value}" for number in range(count))


@pytest.mark.parametrize(
    "hidden",
    {
        "plain": "<p ",
        "an end tag": "</p ",
        "behind an end within quotation marks": "<p title='>' ",
        "each with an end": "<p " + attributes(value='=">"'),
        "begun within a comment": '<!-- <a x=" --><p ',
        "begun within a script": '<script><a</script="><p ',
        "begun within a name": '<a<b="><p ',
        "parted by a slash": "<p/" + attributes(between="/"),
        "parted by controls": "<p " + attributes(between="\x0c"),
    }.values(),
)
def test_F46_a_tag_of_attributes_without_end_is_text(hidden: str) -> None:
    """A parser of HTML takes the square of their number: 300,000 are half a minute of the child."""
    page = f"<p>first</p>{hidden} {attributes(100_000)}>last"
    assert sanitise_html(page).startswith("<p>first</p>")
    cleaned, whole = with_few_attributes(page)
    assert whole
    assert with_few_attributes(cleaned) == (cleaned, True), "none is left, wherever one begins to read"
    assert all(len(attributes) <= MOST_ATTRIBUTES for _, attributes in Elements(cleaned).found)


@pytest.mark.parametrize("around", [("<style>", "</style>"), ("<script>", "</script>"), ("<!-- ", " -->")])
def test_what_only_looks_like_such_a_tag_hides_nothing(around: tuple[str, str]) -> None:
    """A comparison in a script, with more words behind it than a tag may have."""
    begin, end = around
    page = f"<p>first</p>{begin}if (i<n) {attributes()} {end}<p>last</p>"
    assert sanitise_html(page) == "<p>first</p><p>last</p>"
    assert text_of_html(page).split() == ["first", "last"]


@pytest.mark.parametrize("opened", ["<a<b ", "<a ", "<a b=\"'", "<a b='", "<a/"])
def test_F46_what_only_looks_like_tags_is_looked_at_in_linear_time(opened: str) -> None:
    page = "<p>first</p>" + opened * 19_000 + "x" * 1_500_000
    assert sanitise_html(page).startswith("<p>first</p>")


ORDINARY = (
    "<br>",
    '<a href="https://a.example/?a>b">',
    "</a>",
    "it's",
    'say "so"',
    "<!-- <b> -->",
    "1 < 2",
    "<p id=x/>",
)


@given(st.lists(st.sampled_from(ORDINARY), max_size=60).map(" ".join))
def test_ordinary_text_is_whole_whatever_is_quoted_in_it(text: str) -> None:
    assert with_few_attributes(text) == (text, True)


def test_F46_blanks_without_end_cost_no_more_than_their_length() -> None:
    """Each of two thousand tags looked through the same million blanks, and gave them back one by one."""
    page = "<p>first</p>" + "<a" * 1_000 + " " * 1_000_000 + ">last"
    kept, whole = with_few_attributes(page)
    assert kept.startswith("<p>first</p>")
    assert len(kept) < 100
    assert not whole


@pytest.mark.parametrize("text", ["a < b and " + "word = sign " * 1_500 + "> x", "price <5 " + "x=1 " * 1_500 + ">"])
def test_a_sign_for_less_begins_no_tag(text: str) -> None:
    assert with_few_attributes(text) == (text, True)


BODY = "<p>Entry 345-67890123</p>"
ENDS = {
    "a comment": f"<!-- where a <b --> {BODY}",
    "a comment with a mark": f"<!-- where a <b --!> {BODY}",
    "a style": f"<style>x <b </style>{BODY}",
    "a script with a comparison": f"<script>if (a <i </script>{BODY}",
    "a section of a drawing": f"<svg><![CDATA[ <b ]]></svg>{BODY}",
    "a value": f"<p title='a <b '>{BODY}<i>it's</i>",
    "a style, and has more than a tag may": f"<style></style {attributes()}>{BODY}",
    "nothing, for it is never closed": f"{BODY}<b and the rest",
}


@pytest.mark.parametrize("page", ENDS.values(), ids=ENDS)
def test_what_looks_like_a_tag_takes_no_end_with_it(page: str) -> None:
    """The words behind it would be gone, and nothing would say so."""
    assert "Entry 345-67890123" in sanitise_html(page)
    assert "Entry 345-67890123" in text_of_html(page)


@pytest.mark.parametrize("name", ["noscript", "object", "textarea", "xmp"])
def test_what_is_shown_where_no_script_or_plugin_runs_is_text(name: str) -> None:
    page = f"<{name}>Entry 345-67890123 <img src=x onerror=alert(1)></{name}>"
    assert "Entry 345-67890123" in sanitise_html(page)
    assert "Entry 345-67890123" in text_of_html(page)
    assert_harmless(sanitise_html(page))


NEVER_SHOWN = {
    *("applet", "audio", "canvas", "iframe", "math", "noembed", "noframes", "script", "style", "svg", "template"),
    *("title", "video"),
}


@pytest.mark.parametrize("name", ["list", "LINE", "desc", "text", "not", "g", "o:p", "mtext", "a-z", *NAMES])
def test_what_stands_behind_a_tag_of_any_other_name_is_shown(name: str) -> None:
    """A broker who writes `see the <list>` lost all that followed: formulas and drawings have such names."""
    page = f"<p>See the <{name}> of lines: Entry 345-67890123"
    shown = name not in NEVER_SHOWN
    assert ("Entry 345-67890123" in sanitise_html(page)) == shown
    assert ("Entry 345-67890123" in text_of_html(page)) == shown


LINK_OF = {"attributes": attributes(1_000), "an address": f"href='{'y' * 100_000}'"}


@pytest.mark.parametrize("has", LINK_OF.values(), ids=LINK_OF)
def test_F46_a_link_that_is_opened_anew_in_every_paragraph_is_short(has: str) -> None:
    """With a thousand attributes it took the child's memory, with a million characters its time."""
    safe = sanitise_html(f"<p>first<a {has}>" + "<p>x" * 10)
    assert safe.startswith("<p>first&lt;a ")
    assert safe.count("<a") == 0


def test_F46_what_the_page_itself_has_is_not_gathered() -> None:
    """A parser compares each attribute of each `html` with all of those before it."""
    bare = with_bare_formatting("<html a><html b=1><html\tc>")
    assert bare == "<html><html><html>"


def test_F46_signs_without_end_are_cut_short_and_say_so() -> None:
    """Each is a look over what follows: two million were half a minute."""
    safe = sanitise_html("&" * 200_000)
    assert safe == "&amp;" * MOST_REFERENCES + CUT_SHORT


def test_signs_that_are_written_longer_are_cut_between_two() -> None:
    """Nothing was left of a text without tags."""
    safe = sanitise_html("x" + "<" * (MOST_CHARACTERS - 1)).removesuffix(CUT_SHORT)
    assert len(safe) > MOST_CHARACTERS - 10
    assert set(safe.removeprefix("x").split(";")) == {"&lt", ""}


def test_half_a_character_is_none() -> None:
    assert sanitise_html("a\ud800b") == "a b"


def test_controls_part_no_attributes_once_they_are_blanks() -> None:
    """What is read as one name here would be many where controls were made blanks before."""
    assert text_of_html(f"<p {attributes(between=chr(1))}>last").startswith("<p a0 a1 ")


def test_a_tag_with_as_many_attributes_as_are_allowed_is_whole() -> None:
    assert sanitise_html(f"<p {attributes(MOST_ATTRIBUTES)}>x</p>") == "<p>x</p>"


def test_what_an_open_tag_is_made_into_is_cut_short_and_says_so() -> None:
    """A link that is never closed is written again, with its address, in each paragraph."""
    safe = sanitise_html(f'<p><a href="https://a.example/{"x" * 1900}">' + "<p>x" * 2000)
    assert len(safe) <= MOST_CHARACTERS + len(CUT_SHORT)
    assert safe.endswith(CUT_SHORT)
    assert_harmless(safe)


@pytest.mark.parametrize(
    ("written", "safe"),
    {
        '<b title="1 > 0">x</b>': '&lt;b title="1 &gt; 0"&gt;x',
        "<font face=\"'Arial', serif\" title='a \"b'>x</font>": "<span>x</span>",
        "<b\x00id=1>x</b\t>": "<b>x</b>",
        "<B/><FONT face='A'>x</FONT>": "<b><span>x</span></b>",
        "<bx id=1>x</bx><br clear=all>": "x<br>",
        "<b id=1": "&lt;b id=1",
    }.items(),
)
def test_formatting_tags_lose_their_attributes_and_no_others(written: str, safe: str) -> None:
    assert sanitise_html(written) == safe
