"""Values as plain data and back, by their declared types: what a child says can be wrong, but it can't do anything.

JSON knows no types, so the reader names the one it expects, and anything else is refused: no class is ever chosen,
and no code ever run, by what stands in the data. Bytes and long texts travel beside it, by their number.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

# Of the blobs those that were not yet taken: each has one place.
_Blobs = list[bytes | None]
_Read = Callable[[Any, _Blobs], Any]
_LONG = 1000


class BrokenPlainError(Exception):
    """The data is no value of the type that was expected."""


def pack(value: object) -> tuple[bytes, list[bytes]]:
    """The value as UTF-8 JSON, and the bytes that it holds, in the order of their numbers."""
    blobs: list[bytes] = []
    text = json.dumps(_plain(value, blobs), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace"), blobs


def unpack(expected: Any, head: bytes, blobs: Sequence[bytes]) -> Any:
    """The value of the type `expected` that was packed. Raises `BrokenPlainError` on anything else."""
    try:
        return _reader(expected)(json.loads(head.decode("utf-8")), list(blobs))
    except BrokenPlainError:
        raise
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise BrokenPlainError(type(error).__name__) from error


def _plain(value: object, blobs: list[bytes]) -> object:
    """The value in the forms that JSON has: of a dataclass its fields in their order."""
    if isinstance(value, bytes) or (isinstance(value, str) and len(value) > _LONG):
        blobs.append(value if isinstance(value, bytes) else value.encode("utf-8", "replace"))
        return len(blobs) - 1
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, date):  # an instant, too
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(one, blobs) for key, one in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_plain(one, blobs) for one in value]
    if dataclasses.is_dataclass(value):
        return [_plain(getattr(value, field.name), blobs) for field in dataclasses.fields(value)]
    raise TypeError(f"{type(value).__name__} is no plain data")


@cache
def _reader(expected: Any) -> _Read:
    """What reads a value of this type; made once for each type."""
    if expected in _SIMPLE:
        return _SIMPLE[expected]
    if (make := _GENERIC.get(get_origin(expected))) is not None:
        return make(get_args(expected))
    if isinstance(expected, type) and issubclass(expected, Enum):
        return lambda value, _: expected(value)
    if isinstance(expected, type) and dataclasses.is_dataclass(expected):
        return _dataclass(expected)
    raise TypeError(f"{expected} can't be sent between processes")


def _held(right: bool, value: Any) -> Any:  # noqa: FBT001 - a question asked in place
    if not right:
        raise BrokenPlainError(f"unexpected {type(value).__name__}")
    return value


def _text(value: Any, blobs: _Blobs) -> str:
    """A text that everything can store: half characters are refused."""
    if type(value) is int:
        return _bytes(value, blobs).decode("utf-8")
    text: str = _held(isinstance(value, str), value)
    if not text.isascii():
        text.encode("utf-8")
    return text


def _instant(value: Any, _blobs: _Blobs) -> datetime:
    found = datetime.fromisoformat(value)
    return _held(found.tzinfo is not None, found)  # type: ignore[no-any-return]


def _bytes(value: Any, blobs: _Blobs) -> bytes:
    """A blob by its number; one that is named twice would be decoded as often as somebody likes."""
    number: int = _held(type(value) is int and 0 <= value < len(blobs), value)
    found, blobs[number] = blobs[number], None
    taken: bytes = _held(found is not None, found)
    return taken


_SIMPLE: dict[Any, _Read] = {
    str: _text,
    int: lambda value, _: _held(type(value) is int, value),
    bool: lambda value, _: _held(type(value) is bool, value),
    float: lambda value, _: float(_held(type(value) in (int, float), value)),
    NoneType: lambda value, _: _held(value is None, value),
    bytes: _bytes,
    datetime: _instant,
    date: lambda value, _: date.fromisoformat(value),
    timedelta: lambda value, _: timedelta(seconds=_held(type(value) in (int, float), value)),
}


def _optional(arguments: Sequence[Any]) -> _Read:
    """One type or None; what stands for several others could not be told apart."""
    others = [one for one in arguments if one is not NoneType]
    if len(others) != 1 or len(others) == len(arguments):
        raise TypeError(f"only one type or None can be sent, not {arguments}")
    inner = _reader(others[0])
    return lambda value, blobs: None if value is None else inner(value, blobs)


def _sequence(kind: Callable[[Any], Any]) -> Callable[[Sequence[Any]], _Read]:
    def make(arguments: Sequence[Any]) -> _Read:
        inner = _reader(arguments[0])
        return lambda value, blobs: kind([inner(one, blobs) for one in _held(type(value) is list, value)])

    return make


def _tuple(arguments: Sequence[Any]) -> _Read:
    if arguments[-1:] == (Ellipsis,):
        return _sequence(tuple)(arguments)
    inners = [_reader(item) for item in arguments]

    def read(value: Any, blobs: _Blobs) -> Any:
        _held(type(value) is list and len(value) == len(inners), value)
        return tuple(inner(one, blobs) for inner, one in zip(inners, value, strict=True))

    return read


def _mapping(arguments: Sequence[Any]) -> _Read:
    """From texts to values of one type."""
    inner = _reader(arguments[1])

    def read(value: Any, blobs: _Blobs) -> Any:
        _held(type(value) is dict, value)
        return {_text(key, blobs): inner(one, blobs) for key, one in value.items()}

    return read


_GENERIC: dict[Any, Callable[[Sequence[Any]], _Read]] = {
    Union: _optional,
    UnionType: _optional,
    Literal: lambda arguments: lambda value, _: _held(value in arguments, value),
    tuple: _tuple,
    list: _sequence(list),
    frozenset: _sequence(frozenset),
    dict: _mapping,
    Mapping: _mapping,
}


def _dataclass(kind: Any) -> _Read:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    inners = [_reader(hints[name]) for name in names]

    def read(value: Any, blobs: _Blobs) -> Any:
        _held(type(value) is list and len(value) == len(names), value)
        made = (inner(one, blobs) for inner, one in zip(inners, value, strict=True))
        return kind(**dict(zip(names, made, strict=True)))

    return read
