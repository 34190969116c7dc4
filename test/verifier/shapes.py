"""Shapes of JSON values, put together from small ones. A shape takes a value and the place of it, and yields a sentence for each thing that is wrong."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from instants import is_instant
from minisign_file import parse_base64, parse_public_key_line

Shape = Callable[[Any, str], Iterator[str]]

_INTEGER_MAX = 2**53 - 1


def fields(**shapes: Shape) -> Shape:
    """An object with exactly these fields."""
    return fields_and({}, **shapes)


def fields_and(optional: Mapping[str, Shape], **shapes: Shape) -> Shape:
    """An object with these fields, and any of the optional ones."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        for name in value.keys() - shapes.keys() - optional.keys():
            yield f"{at}.{name} is unknown"
        for name in shapes:
            if name not in value:
                yield f"{at}.{name} is missing"
        for name, shape in (*shapes.items(), *optional.items()):
            if name in value:
                yield from shape(value[name], f"{at}.{name}")

    return check


def either(value_shape: Shape) -> Shape:
    """The shape, or null."""
    return lambda value, at: iter(()) if value is None else value_shape(value, at)


def constant(expected: Any) -> Shape:
    """Exactly this value."""

    def check(value: Any, at: str) -> Iterator[str]:
        if type(value) is not type(expected) or value != expected:
            yield f"{at} is {value!r}, not {expected!r}"

    return check


def one_of(*texts: str) -> Shape:
    """One of these texts."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or value not in texts:
            yield f"{at} is {value!r}, none of {', '.join(texts)}"

    return check


def integer(least: int = -_INTEGER_MAX, most: int = _INTEGER_MAX) -> Shape:
    """A whole number within bounds."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"{at} is {value!r}, no integer from {least} to {most}"

    return check


def matching(pattern: str, what: str) -> Shape:
    """A text that the whole of the pattern matches."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            yield f"{at} is {value!r}, no {what}"

    return check


def text(longest: int = 16_384) -> Shape:
    """Any text up to so many characters."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or len(value) > longest:
            yield f"{at} is no text of at most {longest} characters"

    return check


def many(item: Shape, most: int) -> Shape:
    """A list of at most so many such values."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list) or len(value) > most:
            yield f"{at} is no list of at most {most}"
            return
        for number, each in enumerate(value):
            yield from item(each, f"{at}[{number}]")

    return check


def ascending(item: Shape, most: int) -> Shape:
    """A list of texts in ascending order, each once."""
    listed = many(item, most)

    def check(value: Any, at: str) -> Iterator[str]:
        problems = list(listed(value, at))
        yield from problems
        if not problems and any(left >= right for left, right in zip(value, value[1:], strict=False)):
            yield f"{at} is not ascending"

    return check


def _boolean(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{at} is {value!r}, neither true nor false"


def _instant(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str) or not is_instant(value):
        yield f"{at} is {value!r}, no instant in UTC with milliseconds"


def _day(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str) or not is_instant(f"{value}T00:00:00.000Z"):
        yield f"{at} is {value!r}, no day of the calendar"


def _base64(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str) or parse_base64(value) is None:
        yield f"{at} is no base64 in its canonical spelling"


def _public_key(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str) or parse_public_key_line(value) is None:
        yield f"{at} is no public key"


BOOLEAN: Shape = _boolean
INSTANT: Shape = _instant
BASE64: Shape = _base64
PUBLIC_KEY: Shape = _public_key
SIZE = integer(0)
DIGEST = matching(r"[0-9a-f]{64}", "SHA-256 in hex")
KEY_ID = matching(r"[0-9a-f]{16}", "key id of 16 hex digits")
RANDOM_ID = matching(r"[a-z2-7]{25}[aeimquy4]", "random id of 26 characters")
PLACE_ID = matching(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", "id")
STATION_ID = matching(r"(?!r-|policies$)[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", "station id")
RECEIVER_ID = matching(r"r-[a-z0-9-]{1,30}", "receiver id")
REASON_CODE = matching(r"[a-z0-9-]{1,64}", "reason code")
DAY: Shape = _day


def fits(shape: Shape, value: Any) -> bool:
    """Whether nothing is wrong with the value."""
    return next(shape(value, ""), None) is None


def problems_of(shape: Shape, value: Any, name: str, most: int = 5) -> Sequence[str]:
    """The first things that are wrong."""
    return [problem for _, problem in zip(range(most), shape(value, name), strict=False)]
