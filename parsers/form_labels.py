"""The printed labels of the forms that brokers attach, and which form a page is, told by their words.

By the words, never by the numbers of blocks: these moved between editions (see `data/form_labels.tsv`).
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

CBP_7501 = "CBP 7501"
CBP_28 = "CBP 28"
CBP_29 = "CBP 29"
CBP_19 = "CBP 19"
CENSUS_RESOLUTION = "Census resolution"
TSCA = "TSCA certification"
DCMA = "DCMA certificate"
REIMBURSEMENT = "Reimbursement statement"

FORMS = (CBP_7501, CBP_28, CBP_29, CBP_19, CENSUS_RESOLUTION)
CERTIFICATES = (TSCA, DCMA, REIMBURSEMENT)

CONTINUATION = "entrysummarycontinuationsheet"

# How many of a form's titles and of its labels must stand on a page. One title alone is no form: letters name forms.
_ENOUGH = {CBP_7501: (1, 6), CBP_28: (1, 6), CBP_29: (1, 7), CBP_19: (2, 4), CENSUS_RESOLUTION: (1, 1)}
_BLOCK = re.compile(r"[0-9]{1,2}[a-z]?\.\s*")
_NOT_SAID = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """One printed label; `keys` are its words squeezed, with and without the number of its block."""

    form: str
    role: str
    text: str
    fact: str | None
    keys: tuple[str, ...]


def squeezed(text: str) -> str:
    """The text as labels are compared: small letters and digits, nothing else."""
    return _NOT_SAID.sub("", text.casefold())


@lru_cache(maxsize=1)
def shipped_labels() -> tuple[Label, ...]:
    """Every label of `data/form_labels.tsv`, read when first asked for."""
    text = files("parsers").joinpath("data", "form_labels.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    return tuple(_label(row) for row in rows)


def _label(row: Mapping[str, str]) -> Label:
    text = row["label"]
    keys = (squeezed(_BLOCK.sub("", text, count=1)), squeezed(text))
    return Label(
        form=row["form"], role=row["role"], text=text, fact=row["fact"] or None, keys=tuple(dict.fromkeys(keys))
    )


@lru_cache(maxsize=2 * len(FORMS))
def labels_of(form: str, role: str) -> Mapping[str, Label]:
    """The labels of a form in a role (`field`, `column`) by their keys; of two alike the first of the table."""
    labels = [label for label in shipped_labels() if label.form == form and label.role == role]
    return MappingProxyType({key: label for label in reversed(labels) for key in label.keys})


def forms_on(text: str) -> tuple[str, ...]:
    """Which forms a page is, by its text: usually none or one."""
    said = squeezed(text)
    return tuple(form for form in FORMS if _is_form(form, said))


def _is_form(form: str, said: str) -> bool:
    titles, fields = _ENOUGH[form]
    mine = [label for label in shipped_labels() if label.form == form]
    found_fields = {label.keys[0] for label in mine if label.role == "field" and label.keys[0] in said}
    if form == CBP_7501 and CONTINUATION in said:
        return bool(found_fields)
    return (
        len(found_fields) >= fields
        and sum(label.role == "title" and label.keys[-1] in said for label in mine) >= titles
    )


def certificates_on(text: str) -> tuple[str, ...]:
    """Which certificates and statements the text makes, by its wording."""
    said = squeezed(text)
    return tuple(
        form for form in CERTIFICATES if any(_says(label, said) for label in shipped_labels() if label.form == form)
    )


def _says(label: Label, said: str) -> bool:
    if label.role != "words":
        return label.keys[-1] in said
    return all(any(squeezed(word) in said for word in group.split("|")) for group in label.text.split(";"))
