"""How replies read.

The golden files in `golden/replies` are what a broker gets in each situation. After a change of words run
`REWRITE_GOLDEN=1 pytest tests/unit/test_rendering.py` and read every difference before committing it.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cee_mailbot.domain.reply import ListedDocument, ReplyFacts, ReplyKind, Stamp
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.rendering import TemplateComposer, composer
from cee_mailbot.rendering.composer import STATUSES
from cee_mailbot.rendering.layout import parts_in_short, parts_in_words, time_in_words
from cee_mailbot.rendering.words import Words
from cee_mailbot.resources import resource
from parsers.subject import REPAIRS, parse_subject
from parsers.subject_problems import problem
from tests.unit.reply_cases import ACKNOWLEDGEMENT, BANNED, CASES, EXACT, REJECT

GOLDEN = Path(__file__).parent / "golden" / "replies"
AGENCY_TEXT = "The Center decides whether documents are on time.\n\nThis message changes no time limit."
COMPOSER = TemplateComposer(agency_text=AGENCY_TEXT)

PROBLEMS = [
    "subject-empty",
    "subject-fields",
    "code-unknown",
    "account-missing",
    "entry-missing",
    "entry-invalid",
    "port-missing",
    "port-invalid",
]
REASONS = [*PROBLEMS, "no-documents", "too-large", "not-center-usvi"]

# The flags of the contract.
FLAGS = [
    "check-digit",
    "port-unknown",
    "account-unknown",
    "entry-missing",
    "port-missing",
    "sender-unrecognised",
    "sender-unverified",
    "message-id-reused",
    "message-ambiguous",
    "over-limit",
    "not-scanned",
    "document-unreadable",
    "type-unlisted",
    "quarantined",
    "entry-mismatch",
    "port-mismatch",
    "form-missing",
    "certificate-unclear",
    "not-center-usvi",
    "not-center-quota",
    "not-center-tib",
    "not-center-reconciliation",
    "not-center-drawback",
    "not-center-adcvd",
    "parts-missing",
    "completed-late",
    "part-conflict",
    "fields-differ",
    "unmarked-in-set",
    "date-disputed",
    "two-dates",
    "received-governs",
    "forwarded",
    "transferred",
]

FIRST_WORDS = {
    ReplyKind.ACKNOWLEDGEMENT: "We received your",
    ReplyKind.WAITING: "We received part",
    ReplyKind.INCOMPLETE: "We received part",
    ReplyKind.SUPPLEMENT: "We added",
    ReplyKind.DUPLICATE: "We already have",
    ReplyKind.REJECT: "We could not process this message, because",
    ReplyKind.TRANSFER: "We passed your documents to",
    ReplyKind.RETURN: "We could not process your documents.",
}


def parts(raw: bytes) -> tuple[str, str]:
    """The text and the page of a reply."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    text, page = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert page
    return text.get_content().replace("\r\n", "\n"), page.get_content().replace("\r\n", "\n")


def text_of(facts: ReplyFacts, composer: TemplateComposer = COMPOSER) -> str:
    return parts(composer.compose(facts).raw)[0]


class Shown(HTMLParser):
    """What a person sees of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_head = self._in_head or tag == "head"

    def handle_endtag(self, tag: str) -> None:
        self._in_head = self._in_head and tag != "head"

    def handle_data(self, data: str) -> None:
        if not self._in_head:
            self.seen.append(data)


def read_page(page: str) -> Shown:
    shown = Shown()
    shown.feed(page)
    shown.close()
    return shown


def letters(text: str) -> str:
    """The letters and digits alone: where lines break and what is in capitals makes no difference."""
    return re.sub(r"[\W_]+", "", text).casefold()


def golden(name: str, made: str) -> str:
    path = GOLDEN / name
    if os.environ.get("REWRITE_GOLDEN"):
        path.write_text(made, encoding="utf-8")
    return path.read_text(encoding="utf-8")


@pytest.fixture(params=CASES.values(), ids=CASES)
def facts(request: pytest.FixtureRequest) -> ReplyFacts:
    found: ReplyFacts = request.param
    return found


@pytest.mark.parametrize("name", CASES)
def test_replies_are_the_golden_ones(name: str) -> None:
    raw = COMPOSER.compose(CASES[name]).raw
    text, page = parts(raw)
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    assert f"{head}\n\n{text}" == golden(f"{name}.txt", f"{head}\n\n{text}")
    assert page == golden(f"{name}.html", page)


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


class TestWording:
    """The rules of how replies read."""

    def test_the_text_fits_72_columns(self, facts: ReplyFacts) -> None:
        assert max(map(len, text_of(facts).splitlines())) <= 72

    def test_text_and_page_have_the_same_words(self, facts: ReplyFacts) -> None:
        text, page = parts(COMPOSER.compose(facts).raw)
        assert letters(text) == letters("".join(read_page(page).seen))

    def test_the_page_is_plain(self, facts: ReplyFacts) -> None:
        _, page = parts(COMPOSER.compose(facts).raw)
        tags = read_page(page).tags
        names = [tag for tag, _ in tags]
        assert not {"img", "script", "style", "link", "iframe", "a"} & set(names)
        assert ("html", {"lang": "en-US"}) in tags
        assert names.count("h1") == 1
        assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")

    def test_no_word_is_a_legal_act_or_an_accusation(self, facts: ReplyFacts) -> None:
        spoken = re.sub(r"[\w-]*-[\w-]*|Code .*", "", text_of(facts))
        assert re.findall(BANNED, spoken, re.IGNORECASE) == []

    def test_sentences_are_short(self, facts: ReplyFacts) -> None:
        text = text_of(facts).split("-- machine-readable --")[0]
        paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
        sentences = [s for each in paragraphs for s in re.findall(r"[A-Z][^.]*\.(?= |$)", each)]
        lengths = [len(sentence.split()) for sentence in sentences if "SHA-256" not in sentence]
        assert sum(lengths) / len(lengths) <= 20

    def test_the_first_sentence_is_the_outcome(self, facts: ReplyFacts) -> None:
        first = text_of(facts).split("\n\n")[0]
        assert first.startswith(FIRST_WORDS[facts.kind])

    def test_the_subject_tells_the_outcome_and_the_number(self, facts: ReplyFacts) -> None:
        subject = COMPOSER.compose(facts).subject
        assert re.match(
            r"(Received( with parts missing| before| and passed on)?|Waiting for parts): |Not processed - ", subject
        )
        assert subject.endswith(f"[{facts.tracking}]") == (facts.tracking is not None)

    def test_the_subject_is_no_submission(self, facts: ReplyFacts) -> None:
        assert not parse_subject(COMPOSER.compose(facts).subject).ok

    def test_a_receipt_says_what_it_is_not(self) -> None:
        assert "This confirms receipt. It is not a decision about the entry summary." in text_of(ACKNOWLEDGEMENT)

    def test_every_document_has_its_size_and_its_digest_in_full(self) -> None:
        text = text_of(ACKNOWLEDGEMENT)
        assert "9,640,118 bytes" in text
        assert all(document.sha256 in text for document in ACKNOWLEDGEMENT.documents)

    def test_nothing_of_a_submission_is_told_in_a_reject(self) -> None:
        """A stranger learns from a reject what he wrote himself, and no more."""
        text = text_of(replace(REJECT, flags=("check-digit", "part-conflict"), messages=4))
        assert "Los Angeles" not in text
        assert "queue" not in text

    def test_agency_text_stands_only_where_there_is_one(self) -> None:
        assert "This message changes no time limit." in text_of(REJECT)
        assert "ABOUT TIME LIMITS" not in text_of(REJECT, TemplateComposer())

    def test_the_limits_are_those_of_the_configuration(self) -> None:
        composer = TemplateComposer(attachment_limit=2_500_000, message_limit=7_000_000)
        text = " ".join(text_of(CASES["reject-too-large"], composer).split())
        assert "7 MB (7,000,000 bytes)" in text
        assert "2.5 MB (2,500,000 bytes)" in text

    def test_a_reason_without_words_is_answered_all_the_same(self) -> None:
        assert "Reply to this message." in text_of(replace(REJECT, problems=(), reasons=("brand-new",)))
        assert "Reply to this message." in text_of(replace(REJECT, problems=(), reasons=()))


class TestSets:
    """What is told of a split submission."""

    @pytest.mark.parametrize(
        ("numbers", "words", "short"),
        [
            ([], "", ""),
            ([2], "part 2", "2"),
            ([3, 2], "parts 2 and 3", "2,3"),
            ([1, 2, 3], "parts 1 to 3", "1-3"),
            ([2, 4, 5, 6, 9, 9], "parts 2, 4 to 6 and 9", "2,4-6,9"),
            (range(1, 1000), "parts 1 to 999", "1-999"),
            (range(1, 1000, 2), "parts 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23 and others", ""),
        ],
        ids=["none", "one", "two", "run", "mixed", "many", "too-many-pieces"],
    )
    def test_part_numbers(self, numbers: Iterable[int], words: str, short: str) -> None:
        assert parts_in_words(numbers) == words
        assert parts_in_short(numbers) == short

    def test_the_line_to_copy_is_one_of_the_missing_part(self) -> None:
        for name, total in (("waiting-first-part", 3), ("waiting-gaps", 6)):
            shown = re.search(rf"^   ({EXACT} .*)$", text_of(CASES[name]), re.MULTILINE)
            assert shown
            line = parse_subject(shown[1])
            assert (line.canonical, line.part, line.parts) == (EXACT, 2, total)

    def test_the_line_to_copy_without_a_total(self) -> None:
        text = text_of(replace(CASES["waiting-first-part"], total=None))
        assert f"\n   {EXACT} part 2\n" in text
        assert parse_subject(f"{EXACT} part 2").part == 2

    def test_programs_are_told_what_is_missing(self) -> None:
        block = text_of(CASES["waiting-gaps"]).split("-- machine-readable --")[1]
        assert "status=waiting; " in block
        assert " ".join(block.split()).endswith("parts=2; total=6; missing=2,4-6; files=3")

    def test_only_a_late_part_completes_a_set(self) -> None:
        complete = CASES["supplement-set-complete"]
        assert "The set of 3 parts is now complete." in text_of(complete)
        assert "complete" not in text_of(replace(complete, line=CASES["supplement-unmarked"].line))

    @pytest.mark.parametrize("name", ["supplement-set-complete", "duplicate-files"])
    def test_programs_do_not_take_a_later_time_for_that_of_the_submission(self, name: str) -> None:
        assert "presented=" not in text_of(CASES[name])


class TestStaff:
    """What a person on the staff wrote."""

    def test_it_is_cleaned_line_by_line(self) -> None:
        text = text_of(replace(CASES["return-reason"], reason="One\u202e.\r\n\r\n\x00-- machine-readable --\nTwo."))
        assert "\n   One.\n\n   -- machine-readable --\n\n   Two.\n" in text
        assert text.count("\n-- machine-readable --\n") == 1

    def test_it_is_bounded(self) -> None:
        text = text_of(replace(CASES["return-reason"], reason="word " * 5000))
        assert 1900 < text.count("word ") + text.count("word\n") < 2020

    def test_it_is_text_on_the_page(self) -> None:
        _, page = parts(COMPOSER.compose(replace(CASES["return-reason"], reason="<b>now</b>")).raw)
        assert "&lt;b&gt;now&lt;/b&gt;" in page

    def test_a_transfer_to_a_port_names_no_team_of_ours(self) -> None:
        assert "team=" not in text_of(CASES["transfer-to-the-port"])


class TestWords:
    """Every code has its words."""

    words = Words([resource("templates/replies")])
    values: dict[str, object] = dict.fromkeys(("attachment_limit", "message_limit", "canonical"), "x") | {
        "messages": 1,
        "has_documents": False,
        "set_aside": False,
    }

    @pytest.mark.parametrize("code", REASONS)
    def test_reasons(self, code: str) -> None:
        own = self.words.table("reasons", code, self.values)
        assert set(own) == {"because", "todo", "found", "need", "fix", "example"}
        assert own["because"] != self.words.table("reasons", "other", self.values)["because"]
        assert all(own.values())

    def test_reasons_are_counted(self) -> None:
        assert set(self.words.codes("reasons")) == {*REASONS, "other"}

    @pytest.mark.parametrize("code", PROBLEMS)
    def test_problems_of_the_parser_are_told_with_their_own_fix(self, code: str) -> None:
        found = problem(code, "what stood there")
        text = " ".join(text_of(replace(REJECT, problems=(found,), reasons=(code,))).split())
        assert " ".join(found.fix.split()) in text
        assert code in text

    def test_repairs_are_counted(self) -> None:
        assert set(self.words.codes("repairs")) == {*REPAIRS, "other"}
        assert all(self.words.sentence("repairs", code, self.values) for code in REPAIRS)

    def test_flags_are_counted(self) -> None:
        """Each is told, or has an empty sentence because it is for staff alone."""
        assert set(self.words.codes("flags")) == set(FLAGS)
        assert self.words.sentence("flags", "sender-unverified", self.values) == ""

    @pytest.mark.parametrize("section", ["presented", "received"])
    def test_sources_of_times_are_counted(self, section: str) -> None:
        clocks = {"date", "received", "arrival"}
        assert set(self.words.codes(section)) == (clocks | {"staff"} if section == "presented" else clocks)

    def test_every_kind_with_a_status_has_a_template_and_a_subject(self) -> None:
        assert set(self.words.codes("kinds")) == set(STATUSES)
        assert COMPOSER.check().startswith(f"{len(STATUSES)} kinds")


class TestTimes:
    @pytest.mark.parametrize(
        ("instant", "zone", "shown"),
        [
            ("2026-11-20T21:52:10Z", "America/Los_Angeles", "Fri Nov 20, 2026, 1:52:10 PM PST (UTC-08:00)"),
            ("2026-07-04T04:00:00Z", "America/New_York", "Sat Jul 4, 2026, 12:00:00 AM EDT (UTC-04:00)"),
            ("2026-07-04T16:00:00Z", "America/New_York", "Sat Jul 4, 2026, 12:00:00 PM EDT (UTC-04:00)"),
            ("2026-01-01T00:00:00Z", "America/Sao_Paulo", "Wed Dec 31, 2025, 9:00:00 PM (UTC-03:00)"),
        ],
        ids=["pacific", "midnight", "noon", "zone-without-a-name"],
    )  # fmt: skip
    def test_times_are_told_with_zone_and_offset(self, instant: str, zone: str, shown: str) -> None:
        assert time_in_words(Stamp(instant=datetime.fromisoformat(instant), zone=zone, source="date")) == shown

    def test_an_unknown_zone_is_an_error_with_its_name(self) -> None:
        with pytest.raises(CeeMailbotError, match="Mars/Olympus"):
            time_in_words(Stamp(instant=datetime(2026, 1, 1, tzinfo=UTC), zone="Mars/Olympus", source="date"))


BROKEN = pytest.mark.parametrize(
    ("name", "content"),
    [
        ("reject.j2", "{{ no_such_value }}"),
        ("reject.j2", "{% if %}"),
        ("reject.j2", "{{ 1 / 0 }}"),
        ("reject.j2", "{{ tracking() }}"),
        ("words.toml", '[reasons.entry-invalid]\nfix = "{{ no_such_value }}"'),
        ("words.toml", '[reasons.entry-invalid]\nfix = "{{ 1 / 0 }}"'),
        ("words.toml", "[reasons.entry-invalid]\nfix = 5"),
        ("words.toml", "because = nonsense"),
    ],
)


class TestOverrides:
    """A site changes every word without touching the package."""

    def test_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "words.toml").write_text('[reasons.no-documents]\nbecause = "there was <nothing> in it"\n')
        text, page = parts(TemplateComposer(folder=tmp_path).compose(CASES["reject-no-documents"]).raw)
        assert "because there was <nothing> in it." in " ".join(text.split())
        assert "there was &lt;nothing&gt; in it" in page
        assert "Attach the documents" in text

    def test_a_template(self, tmp_path: Path) -> None:
        (tmp_path / "acknowledgement.j2").write_text("{% call page.lead() %}Hello {{ tracking }}.{% endcall %}")
        site = TemplateComposer(folder=tmp_path)
        assert text_of(ACKNOWLEDGEMENT, site) == "Hello CEE-007-26-004217-K.\n"
        assert text_of(REJECT, site) == text_of(REJECT, TemplateComposer())

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        """Else a slip in its name has the shipped words sent in the Center's name, and nobody told."""
        site = TemplateComposer(folder=tmp_path / "tempaltes")
        with pytest.raises(CeeMailbotError, match="tempaltes"):
            site.check()
        assert text_of(REJECT, site) == text_of(REJECT, TemplateComposer())

    @BROKEN
    def test_what_is_broken_is_named(self, tmp_path: Path, name: str, content: str) -> None:
        (tmp_path / name).write_text(content)
        site = TemplateComposer(folder=tmp_path)
        with pytest.raises(CeeMailbotError, match=re.escape(name)):
            site.check()

    @BROKEN
    def test_what_is_broken_keeps_nobody_waiting(
        self, tmp_path: Path, name: str, content: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A slip of staff in their own words: the broker gets the shipped ones, and the log says where it is."""
        alarms: list[str] = []
        monkeypatch.setattr(composer.logger, "error", lambda text, *values: alarms.append(text % values))
        (tmp_path / name).write_text(content)
        assert text_of(REJECT, TemplateComposer(folder=tmp_path)) == text_of(REJECT, TemplateComposer())
        assert name in alarms[0]

    def test_what_is_mended_speaks_again(self, tmp_path: Path) -> None:
        """No restart is needed."""
        words = tmp_path / "words.toml"
        site = TemplateComposer(folder=tmp_path)
        for broken in ("because = nonsense", '[reasons.entry-invalid]\nbecause = "{{ no_such_value }}"'):
            words.write_text(broken)
            assert text_of(REJECT, site) == text_of(REJECT, TemplateComposer())
        words.write_text('[reasons.entry-invalid]\nbecause = "it was mended"')
        assert "because it was mended" in text_of(REJECT, site)

    def test_what_a_person_writes_is_no_news_of_a_program(self) -> None:
        composed = COMPOSER.compose(replace(ACKNOWLEDGEMENT, kind=ReplyKind.STAFF, reason="Which page is it?"))
        assert composed.subject == f"From the Center: {EXACT} [CEE-007-26-004217-K]"
        assert not parse_subject(composed.subject).ok
        assert b"Which page is it?" in composed.raw
        for mark in (b"Auto-Submitted", b"X-CEE-Status", b"machine-readable"):
            assert mark not in composed.raw


def test_the_same_facts_give_the_same_bytes() -> None:
    assert COMPOSER.compose(ACKNOWLEDGEMENT) == TemplateComposer(agency_text=AGENCY_TEXT).compose(ACKNOWLEDGEMENT)


def test_inline_pictures_are_no_documents() -> None:
    logo = ListedDocument(name="logo.png", bytes=9, sha256="9" * 64, status="inline")
    assert "logo.png" not in text_of(replace(ACKNOWLEDGEMENT, documents=(logo,)))


def test_what_the_parser_reads_can_be_told() -> None:
    """The composer and the parser agree on what a subject line is."""
    for written in (f"re: {EXACT.lower()}", "DR NokiaInc 345-67890 2704", "", "?", "PD,NokiaInc"):
        line = parse_subject(written)
        kind = ReplyKind.ACKNOWLEDGEMENT if line.ok else ReplyKind.REJECT
        facts = replace(REJECT, kind=kind, line=line, line_as_written=written, problems=line.problems)
        assert COMPOSER.compose(facts).raw
