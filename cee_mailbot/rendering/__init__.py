"""Templates to text and pages: the facts of a reply become the bytes of a mail."""

from cee_mailbot.rendering.composer import TemplateComposer

__all__ = ["TemplateComposer"]
