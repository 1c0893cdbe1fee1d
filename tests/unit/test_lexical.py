"""Comments and quoted strings."""

from parsers.lexical import split_unquoted, strip_comments, unquote


def test_comments_become_blanks_and_quoted_parentheses_stay() -> None:
    assert strip_comments('a (b (c) \\) d) e "(f)"') == 'a   e "(f)"'


def test_a_parenthesis_that_closes_nothing_is_text() -> None:
    assert strip_comments("a) b (c)").strip() == "a) b"


def test_an_open_comment_reaches_to_the_end() -> None:
    assert strip_comments("a (b") == "a "


def test_separators_in_quotes_separate_nothing() -> None:
    assert split_unquoted('a;"b;\\";c";d', ";") == ["a", '"b;\\";c"', "d"]


def test_only_quotes_and_backslashes_are_unescaped() -> None:
    assert unquote(' "a \\"b\\" \\\\ C:\\docs" ') == 'a "b" \\ C:\\docs'
    assert (unquote('"open'), unquote('"'), unquote(" a ")) == ("open", "", "a")
