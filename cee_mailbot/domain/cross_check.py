"""What the papers of a submission say against its subject line: advice for staff, never a reject."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cee_mailbot.domain.entry_types import stays_elsewhere
from parsers.entry_number import EntryNumber
from parsers.form_labels import CBP_19, CBP_28, CBP_29, CBP_7501, CENSUS_RESOLUTION, DCMA, TSCA
from parsers.forms import NamedEntry
from parsers.papers import Paper

# The form without which a message of this type makes little sense. What a docs required message asked for is known to
# the broker alone, and the other types answer in letters: nothing is expected of them.
EXPECTED_FORMS = {"CE": CENSUS_RESOLUTION, "PR": CBP_19, "F28": CBP_28, "F29": CBP_29}

# Of which forms the entry, its port and its day are compared. A certificate names whatever it covers.
_NAMING = (CBP_7501, CBP_28, CBP_29, CBP_19, CENSUS_RESOLUTION)


@dataclass(frozen=True, kw_only=True, slots=True)
class FiledPaper:
    """A document of a submission as it was read, and the row id of the message that it came with."""

    message: int
    paper: Paper


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedItem:
    """What the papers are compared with.

    `presented_on` is the local day at the port, `joined` when the account joined, where that is known; `is_whole`
    tells that no part and no reading of a document is awaited.
    """

    code: str | None
    entry_number: str | None
    port: str | None
    presented_on: date
    joined: date | None = None
    is_whole: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossCheck:
    """What the papers say: doubts, each with the message that raised it, and the day of entry, when they agree on one.

    `entry_numbers` are all that the papers name, those on forms first.
    """

    flags: tuple[tuple[str, int], ...] = ()
    entry_date: date | None = None
    entry_numbers: tuple[str, ...] = ()

    @property
    def flag_names(self) -> tuple[str, ...]:
        """The doubts without their messages."""
        return tuple(name for name, _ in self.flags)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    """An entry that a form names, on which form, and the message that the form came with."""

    form: str
    entry: NamedEntry
    message: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Comparison:
    item: CheckedItem
    papers: Sequence[FiledPaper]
    named: Sequence[_Named]

    @property
    def mine(self) -> list[_Named]:
        """What forms say of the subject's entry; of any entry, where the subject names none."""
        wanted = self.item.entry_number
        return [one for one in self.named if wanted is None or str(one.entry.entry_number) == wanted]

    @property
    def is_legible(self) -> bool:
        """Whether what is not found is not there: there is a paper, and every page of every paper was read."""
        legible = all(one.paper.status == "read" and one.paper.is_legible for one in self.papers)
        return self.item.is_whole and bool(self.papers) and legible


def cross_check(item: CheckedItem, papers: Sequence[FiledPaper]) -> CrossCheck:
    """The papers of a submission against its subject line; the same papers always say the same."""
    named = [
        _Named(form=form.name, entry=entry, message=filed.message)
        for filed in papers
        for form in filed.paper.forms
        if form.name in _NAMING
        for entry in form.entries
    ]
    comparison = _Comparison(item=item, papers=papers, named=named)
    found = (pair for check in _CHECKS for pair in check(comparison))
    numbers = (number for filed in papers for number in filed.paper.entry_numbers)
    return CrossCheck(
        flags=tuple(dict.fromkeys(found)),
        entry_date=_entry_date(comparison),
        entry_numbers=tuple(dict.fromkeys(str(number) for number in numbers)),
    )


def _entry_date(comparison: _Comparison) -> date | None:
    """The day of the subject's entry, where its forms agree on one day."""
    if comparison.item.entry_number is None:
        return None
    days = {one.entry.entry_date for one in comparison.mine if one.form == CBP_7501} - {None}
    days = days or {one.entry.entry_date for one in comparison.mine} - {None}
    return days.pop() if len(days) == 1 else None


# --- the checks: each names a flag and the message that raised it ---------------------------------------------


def _entry_mismatch(comparison: _Comparison) -> Iterator[tuple[str, int]]:
    """Papers often name many entries: all is well while the subject's is among them, on a form or in any text."""
    wanted = comparison.item.entry_number
    if wanted is None or not comparison.named or comparison.mine:
        return
    mentioned: set[EntryNumber] = {number for one in comparison.papers for number in one.paper.entry_numbers}
    if wanted not in {str(number) for number in mentioned}:
        yield "entry-mismatch", comparison.named[0].message


def _port_mismatch(comparison: _Comparison) -> Iterator[tuple[str, int]]:
    item = comparison.item
    said = [one for one in comparison.mine if one.entry.port] if item.entry_number else []
    if item.port and said and item.port not in {one.entry.port for one in said}:
        yield "port-mismatch", said[0].message


def _form_missing(comparison: _Comparison) -> Iterator[tuple[str, int]]:
    wanted = EXPECTED_FORMS.get(comparison.item.code or "")
    if wanted is None or not comparison.is_legible:
        return
    if not any(form.name == wanted for filed in comparison.papers for form in filed.paper.forms):
        yield "form-missing", comparison.papers[0].message


def _certificate_unclear(comparison: _Comparison) -> Iterator[tuple[str, int]]:
    """A `C` stands for two subjects, and its papers tell which: a DCMA or a TSCA certificate, not both."""
    if comparison.item.code != "C" or not comparison.item.is_whole or not comparison.papers:
        return
    kinds = {form.name for filed in comparison.papers for form in filed.paper.forms} & {DCMA, TSCA}
    if len(kinds) != 1:
        yield "certificate-unclear", comparison.papers[0].message


def _stays_elsewhere(comparison: _Comparison) -> Iterator[tuple[str, int]]:
    item = comparison.item
    for one in comparison.mine:
        if one.entry.entry_type:
            on = one.entry.entry_date or item.presented_on
            yield from ((flag, one.message) for flag in stays_elsewhere(one.entry.entry_type, on, item.joined))


_CHECKS: tuple[Callable[[_Comparison], Iterator[tuple[str, int]]], ...] = (
    _entry_mismatch,
    _port_mismatch,
    _form_missing,
    _certificate_unclear,
    _stays_elsewhere,
)

PAPER_FLAGS = frozenset(
    {
        "entry-mismatch",
        "port-mismatch",
        "form-missing",
        "certificate-unclear",
        "not-center-quota",
        "not-center-tib",
        "not-center-reconciliation",
        "not-center-drawback",
        "not-center-adcvd",
    }
)
"""Every flag that papers can raise; they come and go with the papers."""
