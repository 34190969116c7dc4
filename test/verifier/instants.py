"""Instants by SPEC 1.4: RFC 3339 in UTC with milliseconds. Here they are milliseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SECOND_MS = 1000
HOUR_MS = 3600 * SECOND_MS
DAY_MS = 24 * HOUR_MS


def is_instant(text: str) -> bool:
    """Whether the text is an instant of the calendar in the one form that is allowed."""
    if _FORM.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def text_of(instant: int) -> str:
    """The instant for people, in whole seconds."""
    return datetime.fromtimestamp(instant // SECOND_MS, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    """The instant as a number. The text was checked before."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)
