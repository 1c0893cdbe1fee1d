"""Approved texts: who answers for them, what is filled in, what went into a letter, and what a site may write."""

import re
import string
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.approved_texts import ApprovedText, texts_in, unfilled, wait_ends
from cee_mailbot.domain.work_item import Act, Closing
from cee_mailbot.domain.working_days import Closure
from cee_mailbot.rendering import approved_texts
from tests.unit.reply_cases import BANNED

WORDS = st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=6), min_size=1, max_size=6).map(" ".join)


def site(folder: Path, text: str) -> Path:
    (folder / "texts.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_shipped_text_has_an_owner_a_version_and_plain_words() -> None:
    """What the replies of the program keep to, its texts for staff keep to too."""
    book = approved_texts()
    assert book.faults == ()
    assert sum(one.is_macro for one in book.texts.values()) >= 4
    for one in book.texts.values():
        assert one.owner
        assert one.version
        assert one.fields, "a person says what it is about"
        assert re.findall(BANNED, one.text, re.IGNORECASE) == []
        sentences = re.split(r"(?<=[.?])\s+", " ".join(one.text.split()))
        assert sum(len(each.split()) for each in sentences) / len(sentences) <= 20


def test_a_site_adds_its_own_changes_a_shipped_one_and_takes_one_away(tmp_path: Path) -> None:
    """Words that a Center wrote are not the shipped owner's, nor of the shipped version."""
    own = '[mine]\ntitle="Mine"\ntext="x"\n[unreadable]\ntitle="Other"\n[which-entry]\noffered=false\n'
    book = approved_texts(site(tmp_path, own))
    mine, other = book.texts["mine"], book.texts["unreadable"]
    assert book.faults == ()
    assert "which-entry" not in book.texts
    assert (mine.text, mine.owner, mine.version, mine.then) == ("x", "", "", None)
    assert (other.title, other.owner, other.version) == ("Other", "", "")
    assert "password" in other.text, "what it does not change stays"
    assert other.then is Act.WAIT


def test_a_text_names_owner_version_and_what_it_does(tmp_path: Path) -> None:
    more = 'owner="Legal"\nversion=3\nthen="close"\noutcome="no-action"\n'
    (one,) = (
        text
        for text in approved_texts(site(tmp_path, f'[mine]\ntitle="M"\ntext="x"\n{more}')).texts.values()
        if text.name == "mine"
    )
    assert (one.owner, one.version, one.then, one.outcome) == ("Legal", "3", Act.CLOSE, Closing.NO_ACTION)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('text="x"', "title is missing; write title ="),
        ('title="M"', "text is missing; write text ="),
        ('title="M"\ntext="x"\nownr="A"', "ownr means nothing here; did you mean owner?"),
        ('title="M"\ntext="x"\nversion=true', "version can't be used as it stands; write version = 2"),
        ('title="M"\ntext="x"\nowner=""', "owner can't be used as it stands; write owner ="),
        ('title="M\\u0000"\ntext="x"', "title can't be used"),
        ('title="M"\ntext="x\\u202Ey"', "characters, all of which can be seen"),
        ('title="M"\ntext="x"\nthen="transfer"', 'write then = "wait" or then = "close" or then = "return"'),
        ('title="M"\ntext="x"\nthen="close"', "outcome is missing, with which it closes the item; write outcome ="),
        ('title="M"\ntext="x"\nthen="close"\noutcome="returned"', "outcome can't be used"),
        ('title="M"\ntext="x"\ntags=["a b"]', "tags can't be used as it stands; write tags = ["),
        ('title="M"\ntext="x"\noutcome="done"', 'write then = "close" or leave outcome out'),
        ('title="M"\ntext="x"\nwait_days=5', 'write then = "wait" or leave wait_days out'),
        ('title="M"\ntext="x"\nthen="wait"\nwait_days=61', "write wait_days = 1 to 60 working days"),
    ],
)  # fmt: skip
def test_a_fault_names_file_text_and_what_to_write_and_costs_that_text_alone(
    tmp_path: Path, written: str, says: str
) -> None:
    book = approved_texts(site(tmp_path, f'[mine]\n{written}\n[good]\ntitle="G"\ntext="y"\n'))
    assert "mine" not in book.texts
    assert "good" in book.texts
    (fault,) = book.faults
    assert fault.startswith(f"{tmp_path / 'texts.toml'}: [mine] ")
    assert says in fault


def test_a_file_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    """The bot must start whatever a Center did to its words; `check` says what is wrong."""
    for broken in ("[mine\n", "mine = 1\n"):
        book = approved_texts(site(tmp_path, broken))
        assert book.texts.keys() >= approved_texts().texts.keys()
        assert len(book.faults) == 1


@given(st.text(alphabet="[]a b\n", max_size=40))
def test_a_field_is_found_wherever_it_stands(around: str) -> None:
    assert "which page" in unfilled(f"{around} [[which page]] {around}")


def test_a_text_may_have_blanks_that_break_no_line_and_its_name_none_around_it(tmp_path: Path) -> None:
    """As in what was pasted; and of a name with a blank before it the button did nothing."""
    pasted = approved_texts(
        site(tmp_path, '[mine]\ntitle="M"\ntext="CBP\\u00A0Form 28"\n[" theirs"]\ntitle="T"\ntext="x"\n')
    )
    assert pasted.texts["mine"].text == "CBP\N{NO-BREAK SPACE}Form 28"
    assert [one.split("; ")[0].split(": ")[1] for one in pasted.faults] == [
        "[ theirs] the name is no line of up to 60 characters without blanks around it"
    ]


def test_single_brackets_are_no_fields() -> None:
    assert unfilled("[CEE-007-26-000123-S] and [page 2]") == ()


def text(words: str, name: str = "one") -> ApprovedText:
    return ApprovedText(name=name, title="T", text=words)


@given(WORDS, WORDS, WORDS, WORDS, WORDS)
def test_a_text_is_told_of_a_letter_whatever_stands_around_it_and_in_its_fields(
    before: str, first: str, value: str, last: str, after: str
) -> None:
    """Law: what an approved text became is known by its own words alone, however lines were broken."""
    one = text(f"{first} [[field]]\n\n{last}")
    assert texts_in(f"{before}\n{first} {value}  {last}\n{after}", [one]) == (one,)
    assert texts_in(f"{before} {first}", [text(f"{first} and more [[field]] {last}")]) == ()


def test_words_that_a_person_changed_are_not_called_approved() -> None:
    one = text("We can't find [[what is missing]]. Please send it.")
    assert texts_in("We can't find page 2. Please send it.", [one]) == (one,)
    assert texts_in("We can't find page 2. Send it!", [one]) == ()
    assert texts_in("Beneath we can't find page 2. Please send it.", [text("neath we")]) == (), "words, not letters"
    assert texts_in("anything", [text("[[all]]")]) == (), "what has no words of its own is told of nothing"


def test_a_text_within_another_is_not_told_of_beside_it() -> None:
    short, long = text("Please send it.", "short"), text("We miss [[it]]. Please send it.", "long")
    assert texts_in("We miss page 2. Please send it.", [short, long]) == (long,)
    assert texts_in("Please send it.", [short, long]) == (short,)
    twice = (text("We miss [[it]]. Please send it.", "again"), long)
    assert texts_in("We miss page 2. Please send it.", [short, *twice]) == twice, "two names of the same words"
    alike = (text("[[a]] hello", "a"), text("hello [[b]]", "b"))
    assert texts_in("x hello y", alike) == alike


def test_a_macro_waits_until_a_morning_at_the_port() -> None:
    """Five working days after a Friday before Thanksgiving, with a snow day between."""
    friday = datetime(2026, 11, 21, 2, tzinfo=UTC)  # still Friday at Los Angeles
    macro = ApprovedText(name="m", title="M", text="x", then=Act.WAIT, wait_days=5)
    snow = Closure(port="2704", first=date(2026, 11, 24), last=date(2026, 11, 24), reason="snow")
    ends = wait_ends(macro, friday, port="2704", zone="America/Los_Angeles", closures=[snow])
    assert ends == datetime(2026, 12, 1, 16, tzinfo=UTC)
    assert wait_ends(macro, friday, port="1001", zone="America/New_York", closures=[snow]) == datetime(
        2026, 11, 30, 13, tzinfo=UTC
    )
