"""The composer: one template for each kind of reply, rendered as text and as a page, made into a mail."""

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound

from cee_mailbot.domain.policy import MB
from cee_mailbot.domain.reply import ComposedReply, ReplyFacts, ReplyKind
from cee_mailbot.errors import CeeMailbotError
from cee_mailbot.rendering.layout import row, tidy, wrap
from cee_mailbot.rendering.message import build
from cee_mailbot.rendering.sample import sample_facts
from cee_mailbot.rendering.view import Limits, view
from cee_mailbot.rendering.words import Words
from cee_mailbot.resources import resource

logger = logging.getLogger(__name__)

# X-CEE-Status and the machine-readable block, for the programs of brokers.
STATUSES = {
    ReplyKind.ACKNOWLEDGEMENT: "received",
    ReplyKind.WAITING: "waiting",
    ReplyKind.INCOMPLETE: "received",
    ReplyKind.SUPPLEMENT: "received",
    ReplyKind.DUPLICATE: "duplicate",
    ReplyKind.REJECT: "not-processed",
    ReplyKind.TRANSFER: "received",
    ReplyKind.RETURN: "not-processed",
    ReplyKind.STAFF: "",  # a person wrote it: it is no news of a program
}

_SHIPPED = resource("templates/replies")
_TEXT = "_text.j2"
_PAGE = "_html.j2"


class TemplateComposer:
    """Composes replies from `templates/replies`; a site's own folder is looked in first.

    `agency_text` is what the agency wants said about time limits, and is left out when empty.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        agency_text: str = "",
        attachment_limit: int = 10 * MB,
        message_limit: int = 50 * MB,
    ) -> None:
        """Templates and words are read when they are first needed, and templates again when they have changed."""
        self._shipped = _shipped()
        self._folder = folder
        self._site = _Templates([folder, _SHIPPED]) if folder else self._shipped
        self._agency_text = agency_text
        self._limits = Limits(attachments=attachment_limit, message=message_limit)

    def compose(self, facts: ReplyFacts) -> ComposedReply:
        """As the interface says; where the site's own words are broken the shipped ones speak, and the log says so.

        Staff edit them while the bot runs: a slip must keep no broker waiting for an answer.
        """
        try:
            return self._composed(self._site, facts)
        except CeeMailbotError as error:
            if self._site is self._shipped:
                raise
            self._site.read_anew()
            logger.error("%s; the shipped words are used until it is mended", error)  # noqa: TRY400 - no bug of ours
        return self._composed(self._shipped, facts)

    def _composed(self, templates: "_Templates", facts: ReplyFacts) -> ComposedReply:
        status = STATUSES.get(facts.kind)
        if status is None:
            raise CeeMailbotError(f"there is no template for replies of the kind {facts.kind}")
        values = {**view(facts, templates.words, self._limits, status), "agency_text": self._agency_text}
        subject = cast("str", values["subject"])
        text = tidy(_render(templates.text, _TEXT, facts.kind, values))
        page = tidy(_render(templates.page, _PAGE, facts.kind, values))
        return ComposedReply(subject=subject, raw=build(facts, subject=subject, status=status, text=text, page=page))

    def check(self) -> str:
        """Composes a sample of every kind and says in words that it went well.

        Raises `CeeMailbotError` when the site's own words are broken, or their folder is not there.
        """
        if self._folder is not None and not self._folder.is_dir():
            raise CeeMailbotError(
                f"there is no folder {self._folder}, so replies are written from the shipped templates; correct "
                "templates in [replies], or leave it out"
            )
        for kind in STATUSES:
            self._composed(self._site, sample_facts(kind))
        return f"{len(STATUSES)} kinds of replies can be written: {', '.join(STATUSES)}"


class _Templates:
    """The templates and words of these folders, those of an earlier one first."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._words: Words | None = None
        self.text = _environment(folders, autoescape=False)
        self.page = _environment(folders, autoescape=True)

    @property
    def words(self) -> Words:
        """The words, read once. Raises `CeeMailbotError` when a file can't be read."""
        self._words = self._words or Words(self._folders)
        return self._words

    def read_anew(self) -> None:
        """Makes the next reply read the words again: someone may be mending them."""
        self._words = None


@lru_cache(maxsize=1)
def _shipped() -> _Templates:
    """One for all composers of a process: compiling them costs more than anything else about a reply."""
    return _Templates([_SHIPPED])


def _environment(folders: Sequence[Path], *, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=autoescape,  # noqa: S701 - off for plain text alone
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., str]] = {"wrap": wrap, "row": row}
    environment.filters.update(filters)
    environment.globals["counted"] = _counted
    return environment


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _render(environment: Environment, marks: str, kind: str, values: dict[str, object]) -> str:
    """The template of this kind with these marks: the words are in the one, the look is in the other."""
    try:
        page = environment.get_template(marks).make_module(values)
        return environment.get_template(f"{kind}.j2").render({**values, "page": page})
    except TemplateNotFound as error:
        raise CeeMailbotError(f"the reply template {error.name} is missing") from error
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A template that a site has changed can go wrong in all the ways in which a program can.
        raise CeeMailbotError(f"the reply template {kind}.j2 is broken: {error}") from error
