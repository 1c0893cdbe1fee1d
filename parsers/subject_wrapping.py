"""What stands around a subject line: reply prefixes, gateway tags, quotes, part markers and trailing signs."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from parsers.entry_number import find_entry_spans
from parsers.part_marker import (
    PartMarker,
    bare_leading_marker,
    bracketed_markers,
    leading_marker,
    rest_after_no_marker,
    trailing_marker,
)
from parsers.subject_types import read_code, subject_table

_QUOTES = "\"'`*_~"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_CLOSING_SIGNS = " \t.,;:!?-=+|/\\>"
TRAILING_SIGNS = _CLOSING_SIGNS + _QUOTES
"""What a line loses at its end: signs and quotation marks."""
_AFTER_SIGNS = " \t,;:.-"
_TAG = re.compile(r"[\[({<]([^\[\](){}<>]{1,80})[\])}>]|([*#!])\2{0,9} ?([^*#!]{1,60}?) ?\2{1,10}")
_WORD = re.compile(r"[\W_]*(\w+)")
_COLON = re.compile(r" ?:")
_FRONT_TAG = re.compile(r"\[([^\[\]]{1,80})\]")
# What our own replies begin with is never taken for a tag.
_OUR_WORDS = re.compile(
    r"\s*(?:received|not processed|waiting|parts missing|added|duplicate|transferred)\b", re.IGNORECASE
)
_BARE_FRONT_END = re.compile(r"[ \t;,!-]+")
_FIELD_SIGNS = " \t,;|:.-"
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


def open_front(line: Unwrapped | None, wrappings: Wrappings) -> Unwrapped | None:
    """The line without one more front, unwrapped again, which the caller believes before a whole line only."""
    if line is None:
        return None
    steps = (step(line, wrappings) for step in (_without_bare_marker, _without_any_tag, _without_bare_front))
    opened = next((step for step in steps if step is not None), None)
    if opened is None:
        return None
    inner = unwrap(opened.text, wrappings)
    return Unwrapped(
        text=inner.text,
        repairs=opened.repairs | inner.repairs,
        reply_depth=opened.reply_depth + inner.reply_depth,
        markers=opened.markers | inner.markers,
    )


def _without_bare_marker(line: Unwrapped, _: Wrappings) -> Unwrapped | None:
    return _without_marker(line, bare_leading_marker(line.text))


def _without_any_tag(line: Unwrapped, wrappings: Wrappings) -> Unwrapped | None:
    """Without `[JIRA-123]`; a code or an entry number in brackets is no tag, nor anything where a site has none."""
    found = _FRONT_TAG.match(line.text) if wrappings.tags else None
    if found is None or read_code(found[1].strip()) or find_entry_spans(found[1]) or _OUR_WORDS.match(found[1]):
        return None
    rest = line.text[found.end() :].lstrip(_AFTER_SIGNS)
    return replace(line, text=rest, repairs=line.repairs | {"gateway-tag"})


def _without_bare_front(line: Unwrapped, wrappings: Wrappings) -> Unwrapped | None:
    """Without `RE` or `URGENT` that has no colon; a prefix that is a code too is none without it."""
    prefix = _bare_prefix_pattern(wrappings.prefixes).match(line.text)
    if prefix and prefix[0].upper() in subject_table():
        return None
    found = prefix or _tag_pattern(wrappings.tags).match(line.text)
    end = _BARE_FRONT_END.match(line.text, found.end()) if found else None
    if end is None:
        return None
    repair, depth = ("reply-prefix", 1) if prefix else ("gateway-tag", 0)
    return replace(
        line, text=line.text[end.end() :], repairs=line.repairs | {repair}, reply_depth=line.reply_depth + depth
    )


def take_inner_markers(line: Unwrapped) -> Unwrapped:
    """The line without the part markers in brackets that stand between its fields: `DR (1 of 3),NokiaInc,…`."""
    text, markers = line.text, line.markers
    for found in reversed(bracketed_markers(text)):
        before, after = text[: found.start], text[found.end :].lstrip()
        spans = find_entry_spans(before)
        is_sign_next = after[:1] in {",", ";", "|"} if after else False
        is_between = (
            not before[spans[-1][1] :].strip(_FIELD_SIGNS) if spans else is_sign_next or find_entry_spans(after)
        )
        if is_between and after:
            text = before.rstrip() + ("" if is_sign_next or before[-1:] in {",", ";", "|"} else " ") + after
            markers |= {(found.part, found.parts)}
    return replace(line, text=text, markers=markers)


def _without_leading_marker(line: Unwrapped, _: Wrappings) -> Unwrapped | None:
    return _without_marker(line, leading_marker(line.text))


def _without_no_marker(line: Unwrapped, _: Wrappings) -> Unwrapped | None:
    """Without the `(1 of 1)` of a message that was never split."""
    rest = rest_after_no_marker(line.text)
    return None if rest is None else replace(line, text=rest, repairs=line.repairs | {"trailing-text"})


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
    hashed = words.match(line.text, 1) if line.text[0] == "#" else None
    if hashed:
        end = hashed.end()
    elif found and words.match((found[1] or found[3]).strip()):
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
    _without_no_marker,
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
def _bare_prefix_pattern(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:{_alternatives(prefix.strip(' :') for prefix in prefixes)})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=64)
def _tag_pattern(tags: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:{_alternatives(tag.strip(' []()<>{}*#!:') for tag in tags)})(?!\w)", re.IGNORECASE)


def _alternatives(words: Iterable[str]) -> str:
    """The words as one pattern, longest first; no words match nothing."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word) or "(?!)"
