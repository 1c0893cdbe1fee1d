"""Templates to text and pages: the facts of a reply become the bytes of a mail."""

from cee_mailbot.rendering.composer import TemplateComposer
from cee_mailbot.rendering.texts import approved_texts

__all__ = ["TemplateComposer", "approved_texts"]
