"""Part markers: found in all their forms, before and after the line and in a body, and nowhere else."""

import pytest

from parsers.subject import find_body_marker, parse_subject

LINE = "DR,NokiaInc,345-67890123,2704"
MARKERS = [
    ("1 of 3", 1, 3),
    ("(1/3)", 1, 3),
    ("(1 of 3)", 1, 3),
    ("[2 of 3]", 2, 3),
    ("{2/3}", 2, 3),
    ("Part 2 of 3", 2, 3),
    ("PART 2/3", 2, 3),
    ("(part 2 of 3)", 2, 3),
    ("[Pt. 2]", 2, None),
    ("part 2", 2, None),
    ("Part: 2", 2, None),
    ("pt 1", 1, None),
    ("pt. 1 of 2", 1, 2),
    ("email 3/3", 3, 3),
    ("e-mail 3 of 3", 3, 3),
    ("message 1 of 2", 1, 2),
    ("#2 of 3", 2, 3),
    ("#2/3", 2, 3),
    ("1of3", 1, 3),
    ("1 OF 3", 1, 3),
    ("2 of 12 emails", 2, 12),
    ("999 of 999", 999, 999),
]
NO_MARKERS = [
    "3 of 2", "(3/2)", "1 of 1", "0 of 3", "1 of 0", "(1/1)", "part 0", "Part 5 of 3",
    "1 of 3 pages", "page 1 of 3", "1/3", "1234 of 5678", "part 99999999999", f"1 of {'9' * 5000}",
    f"{'9' * 5000} of 3", "part of 3", "of 3", "1 of", "one of three", "1 of 1 of 3", "part 2.5",
]  # fmt: skip


@pytest.mark.parametrize(("marker", "part", "parts"), MARKERS)
@pytest.mark.parametrize("form", ["{0} {1}", "{1} {0}", "{1}, {0}", "{1} - {0}", "{0}: {1}", "RE: {0} {1}", "{1} {0}."])
def test_a_marker_before_or_after_the_line_is_read_and_is_no_repair(
    marker: str, part: int, parts: int | None, form: str
) -> None:
    subject = parse_subject(form.format(marker, LINE))
    assert (subject.ok, subject.part, subject.parts, subject.canonical) == (True, part, parts, LINE)
    assert set(subject.repairs) <= {"reply-prefix", "trailing"}


@pytest.mark.parametrize("text", NO_MARKERS)
def test_what_is_no_marker_is_text_after_the_line(text: str) -> None:
    subject = parse_subject(f"{LINE} {text}")
    assert (subject.ok, subject.part, subject.parts) == (True, None, None)
    assert subject.repairs == ("trailing-text",)


@pytest.mark.parametrize("form", ["{0} {1}", "{0} - {1}", "{0}: {1}", "RE: {0} {1}", "{0} RE: {1}"])
@pytest.mark.parametrize("text", ["1 of 1", "(1/1)", "[3 of 2]", "Part 1 of 1", "- 1 of 1"])
def test_what_counts_one_message_of_one_before_the_line_is_left_out(text: str, form: str) -> None:
    subject = parse_subject(form.format(text, LINE))
    assert (subject.ok, subject.part, subject.parts, subject.canonical) == (True, None, None, LINE)
    assert set(subject.repairs) - {"reply-prefix"} == {"trailing-text"}


@pytest.mark.parametrize("text", NO_MARKERS)
def test_what_is_no_marker_in_a_subject_is_none_in_a_body(text: str) -> None:
    assert find_body_marker(text) is None


@pytest.mark.parametrize(("marker", "part", "parts"), MARKERS)
@pytest.mark.parametrize("form", ["{}", "Hello,\n\n{}\n\nRegards", "Dear sirs,\r\n  {}.\r\n", f"{LINE} {{}}"])
def test_a_marker_is_found_in_the_first_lines_of_a_body(marker: str, part: int, parts: int | None, form: str) -> None:
    assert find_body_marker(form.format(marker)) == (part, parts)


@pytest.mark.parametrize(
    ("body", "marker"),
    [
        ("This is part 2 of 3 of our answer.", (2, 3)),
        ("Please find attached email 1/2, thank you", (1, 2)),
        ("We paid a third (1/3) of the duty.", None),
        ("See page 2 of 3", None),
        ("Of the containers 1 of 3 was opened.", None),
        ("> part 1 of 3", None),
        ("> part 1 of 3\npart 2 of 3", (2, 3)),
        ("", None),
        ("see part 2 of the form", None),
        ("CF28 question 2 of 5", None),
        ("Question: 2 of 5", None),
        ("2 of 5 questions are answered here.", None),
        ("This is not part 2 of 3", None),
        ("This isn't part 2 of 3 but all there is.", None),
        ("We will send part 2 of 3 tomorrow", None),
        ("Part 3 of 3 will follow.", None),
        ("This is part 1 of 3; part 2 of 3 will follow.", (1, 3)),
        ("Do not reply here. Part 2 of 3", (2, 3)),
        ("Part 2 of 3 is attached.", (2, 3)),
        ("1 of 3 - papers of the entry", (1, 3)),
        ("Papers attached (1 of 3)", (1, 3)),
    ],
)
def test_a_body_is_searched_for_markers_but_not_for_fractions(body: str, marker: tuple[int, int] | None) -> None:
    assert find_body_marker(body) == marker


@pytest.mark.parametrize("line", [f"(2 of 3) {LINE} (1 of 3)", f"{LINE} (1 of 3) (2 of 3)"])
def test_markers_that_differ_say_nothing_but_are_told(line: str) -> None:
    subject = parse_subject(line)
    assert (subject.ok, subject.part, subject.canonical) == (True, None, LINE)
    assert "trailing-text" in subject.repairs


@pytest.mark.parametrize(
    "line",
    [
        f"1/3 {LINE}",
        "DR (1 of 3),NokiaInc,345-67890123,2704",
        "DR,NokiaInc (1 of 3),345-67890123,2704",
        "DR,NokiaInc [1/3],345-67890123,2704",
        "DR,NokiaInc,345-67890123 (1 of 3),2704",
    ],
)
def test_a_marker_between_the_fields_is_read_and_is_no_repair(line: str) -> None:
    subject = parse_subject(line)
    assert (subject.canonical, subject.part, subject.parts, subject.repairs) == (LINE, 1, 3, ())


def test_a_fraction_in_the_words_after_the_line_is_no_marker() -> None:
    assert parse_subject(f"{LINE} see (1/3) of it").part is None


def test_markers_on_both_sides_that_agree_are_one() -> None:
    subject = parse_subject(f"Part 2 {LINE} (2 of 3)")
    assert (subject.part, subject.parts) == (2, 3)


def test_a_marker_is_read_from_a_line_that_has_problems() -> None:
    subject = parse_subject("DR,NokiaInc,345-67890123 (1 of 3)")
    assert [found.code for found in subject.problems] == ["port-missing"]
    assert (subject.part, subject.parts) == (1, 3)


def test_a_marker_alone_is_no_line() -> None:
    subject = parse_subject("RE: (1 of 3)")
    assert [found.code for found in subject.problems] == ["subject-empty"]
    assert (subject.part, subject.parts) == (1, 3)
