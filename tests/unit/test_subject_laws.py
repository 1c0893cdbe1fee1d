"""Laws of the subject line: what is written is read, what is repaired is named, and nothing raises."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers.entry_number import EntryNumber, check_digit
from parsers.port import port_table
from parsers.subject import REPAIRS, SubjectRules, find_part_marker, parse_subject, write_subject
from parsers.subject_types import subject_table

CODES = st.sampled_from(sorted(subject_table()))
PORTS = st.sampled_from(sorted(port_table()))
ACCOUNTS = st.from_regex(r"[A-Z][a-z]{1,4}[A-Z][a-z]{1,4}", fullmatch=True)
WRONG_BY = st.integers(1, 9)


@st.composite
def entry_numbers(draw: st.DrawFn) -> EntryNumber:
    filer_code = draw(st.from_regex(r"[A-Z0-9]{3}", fullmatch=True))
    number = draw(st.from_regex(r"[0-9]{7}", fullmatch=True))
    return EntryNumber(filer_code=filer_code, number=number, check_digit=check_digit(filer_code, number))


@st.composite
def lines(draw: st.DrawFn) -> str:
    return write_subject(draw(CODES), draw(ACCOUNTS), draw(entry_numbers()), draw(PORTS))


PIECES = st.sampled_from(
    [
        "DR", "PR", "A", "i", "NokiaInc", "Nokia Inc", "345-67890123", "34567890123", "345-6789", "2704", "401", "9999",
        ",", ", ", ";", "|", "\t", " - ", " ", ".", '"', "'", "RE: ", "FW:", "[EXT] ", "***SPAM***", "(1 of 3)",
        "part 2", "1/3", "#2 of 3", "=?utf-8?q?", "?=", "=2C", "\u200b", "\u00a0",
        "\uff0c", "\u2010", "é", "\u0301", "ß", "ﬁ", "\x00", "\r\n ",
        "\ud800", "R:", "I:", "[", "]", "(", ")", "n/a", "Inc", "*", "_", "x" * 30, "Part", "Message", "/",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join))


@given(CODES, ACCOUNTS, entry_numbers(), PORTS)
def test_a_line_written_is_read_without_a_repair(code: str, account: str, entry: EntryNumber, port: str) -> None:
    line = write_subject(code, account, entry, port)
    subject = parse_subject(line)
    assert (subject.ok, subject.canonical, subject.repairs, subject.flags) == (True, line, (), ())
    assert (subject.code, subject.account, subject.entry_number, subject.port) == (code, account, entry, port)


@given(lines(), WRONG_BY)
def test_a_wrong_check_digit_is_flagged_and_never_a_problem(line: str, off: int) -> None:
    code, account, entry, port = line.split(",")
    wrong = f"{code},{account},{entry[:-1]}{(int(entry[-1]) + off) % 10},{port}"
    subject = parse_subject(wrong)
    assert (subject.ok, subject.canonical, subject.flags) == (True, wrong, ("check-digit",))


def entry_as(form: Callable[[str], str]) -> Callable[[str], str]:
    def changed(line: str) -> str:
        code, account, entry, port = line.split(",")
        return f"{code},{account},{form(entry)},{port}"

    return changed


DAMAGES: dict[str, list[Callable[[str], str]]] = {
    "encoded-word": [
        lambda line: f"=?utf-8?q?{line}?=",
        lambda line: f"=?latin1?Q?{line[:9]}?= =?utf-8?Q?{line[9:]}?=",
    ],
    "unicode": [
        lambda line: line.replace(",", "\uff0c"),
        lambda line: line.replace("-", "\u2011"),
        lambda line: line.translate({ord("0") + n: 0xFF10 + n for n in range(10)} | {ord("-"): 0x2013}),
    ],
    "invisible": ["\u200e".join, lambda line: f"\ufeff{line}\x00"],
    "reply-prefix": [lambda line: f"RE: FW: {line}", lambda line: f"Re[3]: aw:{line}", lambda line: f"回复: {line}"],
    "gateway-tag": [lambda line: f"[EXTERNAL] {line}", lambda line: f"***SPAM*** {line}"],
    "comma-space": [lambda line: line.replace(",", ", "), lambda line: line.replace(",", " ,")],
    "separator": [
        lambda line: line.replace(",", ";"),
        lambda line: line.replace(",", " | "),
        lambda line: line.replace(",", "\t"),
        lambda line: line.replace(",", " - "),
        lambda line: line.replace(",", " "),
    ],
    "quotes": [lambda line: f'"{line}"', lambda line: f"'{line}'"],
    "trailing": [lambda line: f"{line}.", lambda line: f"{line},"],
    "trailing-text": [lambda line: f"{line} please", lambda line: f"{line}, thank you"],
    "entry-form": [
        entry_as(lambda entry: entry.replace("-", "")),
        entry_as(lambda entry: f"{entry[:-1]}-{entry[-1]}"),
        entry_as(lambda entry: f"{entry[:3]} {entry[4:-1]} {entry[-1]}"),
    ],
    "field-order": [lambda line: ",".join((*line.split(",")[:2], *line.split(",")[:1:-1]))],
}


@pytest.mark.parametrize(("repair", "damage"), [(name, damage) for name, all_ in DAMAGES.items() for damage in all_])
@given(line=lines())
def test_each_damage_is_undone_and_named(repair: str, damage: Callable[[str], str], line: str) -> None:
    """One damage to a valid line takes exactly one repair, and gives the same line again."""
    subject = parse_subject(damage(line))
    assert (subject.ok, subject.canonical, subject.repairs) == (True, line, (repair,))


@given(lines(), st.lists(st.sampled_from(["encoded-word", "reply-prefix", "gateway-tag", "quotes"]), max_size=5))
def test_wrappings_in_any_order_are_undone_and_named(line: str, damages: list[str]) -> None:
    wrapped = line
    for name in damages:
        wrapped = DAMAGES[name][0](wrapped)
        if name == "encoded-word":
            break
    subject = parse_subject(wrapped)
    assert subject.canonical == line
    assert set(subject.repairs) == set(
        damages[: damages.index("encoded-word") + 1] if "encoded-word" in damages else damages
    )


@settings(max_examples=1000)
@given(TEXTS)
@example("PR,Message1/3Fooo,,")
@example("PR,Part 2 0000000")
@example("PR,a .,,")
@example('PR,Toys "R" Us\'')
@example("DR,'abcdefgh'ijk l,345-67890123,2704")
def test_any_text_is_read_and_repaired_once(text: str) -> None:
    """Repair is idempotent: a canonical line is read as itself, without a repair, with the same fields."""
    subject = parse_subject(text)
    assert subject.line == text
    assert subject.ok == (not subject.problems)
    assert subject.repairs == tuple(name for name in REPAIRS if name in subject.repairs)
    if subject.ok:
        again = parse_subject(subject.canonical or "")
        assert (again.ok, again.repairs, again.canonical) == (True, (), subject.canonical)
        assert (again.code, again.account, again.entry_number, again.port, again.flags) == (
            subject.code, subject.account, subject.entry_number, subject.port, subject.flags,
        )  # fmt: skip
        strict = parse_subject(text, SubjectRules(strict=True))
        assert strict.ok == (not subject.repairs)


@settings(max_examples=500)
@given(TEXTS)
def test_what_is_accepted_is_plain(text: str) -> None:
    """Threat 25: no control, bidi or look-alike of a separator is left in a canonical line."""
    canonical = parse_subject(text).canonical or ""
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in canonical)
    assert unicodedata.normalize("NFKC", canonical) == canonical
    assert len([*canonical.split(","), ""][1]) <= 10


@given(TEXTS)
def test_a_part_marker_of_any_text_is_possible_or_none(text: str) -> None:
    found = find_part_marker(text)
    assert found is None or (found[0] >= 1 and (found[1] is None or 2 <= found[1] >= found[0]))
