"""Canonical JSON by SPEC 1.3: RFC 8785 with integers only. Bytes that are not the canonical form of their value are refused."""

import json
from functools import lru_cache
from sys import intern
from typing import Any, NoReturn

_INTEGER_MAX = 2**53 - 1
_LEVELS_MAX = 16
_SMALL_BYTES = 4096
_REMEMBERED = 8192
# Names of fields, ids and digests stand in thousands of documents and lines: each text of so many characters is held once.
_HELD_ONCE_MAX = 64


class NotCanonical(ValueError):
    """The bytes are no canonical JSON; the text says what is wrong."""


def parse(data: bytes) -> Any:
    """The value that the bytes are the canonical form of; nobody may change it, since small ones are remembered."""
    return _parse_small(data) if len(data) <= _SMALL_BYTES else _parse(data)


def _parse(data: bytes) -> Any:
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object_of,
            parse_float=_no_number,
            parse_constant=_no_number,
            parse_int=_integer_of,
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"no JSON: {error}") from error
    if encode(value) != data:
        raise NotCanonical("not the canonical form of its value")
    return value


# Copies of a vault have most lines and documents in common.
_parse_small = lru_cache(maxsize=_REMEMBERED)(_parse)


def encode(value: Any) -> bytes:
    """The canonical bytes of a value."""
    try:
        return _text_of(value, 0).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("a lone surrogate") from error


def _text_of(value: Any, level: int) -> str:
    if isinstance(value, dict | list) and level >= _LEVELS_MAX:
        raise NotCanonical(f"more than {_LEVELS_MAX} levels")
    if isinstance(value, dict):
        keys = sorted(value, key=_utf16)
        return "{" + ",".join(f"{_text_of(key, 0)}:{_text_of(value[key], level + 1)}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text_of(item, level + 1) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _utf16(key: str) -> bytes:
    """RFC 8785, 3.2.3: keys are sorted by their UTF-16 code units."""
    return key.encode("utf-16-be")


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = {intern(name): intern(each) if type(each) is str and len(each) <= _HELD_ONCE_MAX else each for name, each in pairs}
    if len(value) != len(pairs):
        raise NotCanonical("a key is there twice")
    return value


def _no_number(text: str) -> NoReturn:
    raise NotCanonical(f"{text} is no integer")


def _integer_of(text: str) -> int:
    number = int(text) if len(text) <= 17 else _INTEGER_MAX + 1
    if abs(number) > _INTEGER_MAX:
        raise NotCanonical("an integer beyond 2^53 - 1")
    return number
