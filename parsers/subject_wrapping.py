"""What stands around a subject line: reply prefixes, gateway tags, quotes, part markers and trailing signs."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from parsers.part_marker import PartMarker, leading_marker, trailing_marker
from parsers.subject_types import subject_table

_QUOTES = "\"'`*_~"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_CLOSING_SIGNS = " \t.,;:!?-=+|/\\>"
TRAILING_SIGNS = _CLOSING_SIGNS + _QUOTES
"""What a line loses at its end: signs and quotation marks."""
_AFTER_SIGNS = " \t,;:.-"
_TAG = re.compile(r"[\[({<]([^\[\](){}<>]{1,80})[\])}>]|([*#!])\2{0,9} ?([^*#!]{1,60}?) ?\2{1,10}")
_WORD = re.compile(r"[\W_]*(\w+)")
_COLON = re.compile(r" ?:")
_LONGEST_FRONT = 200
_MOST_WRAPPINGS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Unwrapped:
    """A line without what stood around it, the repairs by name, the replies counted, the markers met."""

    text: str
    repairs: frozenset[str] = frozenset()
    reply_depth: int = 0
    markers: frozenset[tuple[int, int | None]] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrappings:
    """The reply and forward prefixes (without colon) and the words that gateway tags begin with."""

    prefixes: tuple[str, ...]
    tags: tuple[str, ...]


def unwrap(text: str, wrappings: Wrappings) -> Unwrapped:
    """The line inside its wrappings; words that are no known wrapping are never taken off."""
    inner = Unwrapped(text=text)
    for _ in range(_MOST_WRAPPINGS):
        steps = (step(inner, wrappings) for step in _STEPS) if inner.text else iter(())
        outcome = next((outcome for outcome in steps if outcome is not None), None)
        if outcome is None:
            break
        inner = outcome
    return inner


def _without_leading_marker(line: Unwrapped, _: Wrappings) -> Unwrapped | None:
    return _without_marker(line, leading_marker(line.text))


def _without_trailing_marker(line: Unwrapped, _: Wrappings) -> Unwrapped | None:
    return _without_marker(line, trailing_marker(line.text))


def _without_marker(line: Unwrapped, marker: PartMarker | None) -> Unwrapped | None:
    if marker is None:
        return None
    return replace(line, text=marker.rest, markers=line.markers | {(marker.part, marker.parts)})


def _without_reply_prefix(line: Unwrapped, wrappings: Wrappings) -> Unwrapped | None:
    found = _prefix_pattern(wrappings.prefixes).match(line.text)
    if found is None:
        return None
    rest = line.text[found.end() :]
    if found["name"].upper() in subject_table() and not _begins_a_line(rest, wrappings):
        return None
    if found["bracket"]:
        rest = rest.removesuffix("]")
    depth = line.reply_depth + max(1, int(found["count"] or 1))
    return replace(line, text=rest.lstrip(_AFTER_SIGNS), repairs=line.repairs | {"reply-prefix"}, reply_depth=depth)


def _begins_a_line(rest: str, wrappings: Wrappings) -> bool:
    """Whether after `R:`, `I:` or `PD:`, which are codes as well as prefixes, a line of its own begins."""
    word = _WORD.match(rest[:_LONGEST_FRONT])
    if word is None:
        return False
    known = {name.casefold() for name in wrappings.prefixes + wrappings.tags}
    return word[1].upper() in subject_table() or word[1].casefold() in known


def _without_gateway_tag(line: Unwrapped, wrappings: Wrappings) -> Unwrapped | None:
    words = _tag_pattern(wrappings.tags)
    found = _TAG.match(line.text[:_LONGEST_FRONT])
    if found and words.match((found[1] or found[3]).strip()):
        end = found.end()
    else:
        bare = words.match(line.text)
        colon = _COLON.match(line.text, bare.end()) if bare else None
        if colon is None:
            return None
        end = colon.end()
    rest = line.text[end:].lstrip(_AFTER_SIGNS)
    return replace(line, text=rest, repairs=line.repairs | {"gateway-tag"})


def _without_quotes(line: Unwrapped, _: Wrappings) -> Unwrapped | None:
    """Without brackets around the whole line, or a quotation mark or another sign at one of its ends."""
    text = line.text
    closing = _BRACKETS.get(text[0])
    if closing and text.find(closing) == len(text) - 1:
        rest = text[1:-1]
    elif text[0] not in _BRACKETS and not text[0].isalnum():
        rest = text.lstrip(text[0])
    elif text[-1] in _QUOTES:
        rest = text.rstrip(_QUOTES)
    else:
        return None
    return replace(line, text=rest.strip(), repairs=line.repairs | {"quotes"})


def _without_trailing_signs(line: Unwrapped, _: Wrappings) -> Unwrapped | None:
    rest = line.text.rstrip(_CLOSING_SIGNS)
    return replace(line, text=rest, repairs=line.repairs | {"trailing"}) if rest != line.text else None


_STEPS: tuple[Callable[[Unwrapped, Wrappings], Unwrapped | None], ...] = (
    # Markers and tags come before quotes and signs, which would break their brackets and stars.
    _without_leading_marker,
    _without_reply_prefix,
    _without_gateway_tag,
    _without_trailing_marker,
    _without_quotes,
    _without_trailing_signs,
)


@lru_cache(maxsize=64)
def _prefix_pattern(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    names = _alternatives(prefix.strip(" :") for prefix in prefixes)
    count = r"(?: ?[\[(^*] ?(?P<count>[0-9]{1,3}) ?[\])]?)?"
    return re.compile(rf"(?P<bracket>\[?)(?P<name>{names}){count} ?:", re.IGNORECASE)


@lru_cache(maxsize=64)
def _tag_pattern(tags: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:{_alternatives(tag.strip(' []()<>{}*#!:') for tag in tags)})(?!\w)", re.IGNORECASE)


def _alternatives(words: Iterable[str]) -> str:
    """The words as one pattern, longest first; no words match nothing."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word) or "(?!)"
