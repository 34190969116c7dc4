"""Time that removes comes from outside of the store's machine (SPEC 10.5.9): a deletion by time has such a word before it in its receiver's log."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from operator import itemgetter

from evidence import Vault
from findings import Report
from instants import HOUR_MS, milliseconds
from shapes import INSTANT, fits

_BEFORE_MS, _AFTER_MS = 25 * HOUR_MS, HOUR_MS


@dataclass
class _Words:
    """Of one receiver: when its tree began, and what was said of the time, with the time of the entry, by the first."""

    begun_ms: int | None = None
    words: list[tuple[int, int]] = field(default_factory=list)

    def has(self, deleted_ms: int, entered_ms: int) -> bool:
        """Whether a word of about then was entered by then."""
        first = bisect_left(self.words, deleted_ms - _BEFORE_MS, key=itemgetter(0))
        last = bisect_right(self.words, deleted_ms + _AFTER_MS, key=itemgetter(0))
        return any(entered <= entered_ms for _, entered in self.words[first:last])


def check_outside_time(vault: Vault, report: Report) -> None:
    """Judges the deletion records of a whole vault that name a time as their reason."""
    logs: dict[str, _Words] = {}
    named: dict[object, int] = {}
    for receiver in vault.receivers.values():
        own = logs.setdefault(receiver.name, _Words())
        for line, time in receiver.log.timed():
            if line.event == "segment-opened" and "log_origin" in line.facts and own.begun_ms is None:
                own.begun_ms = time
            elif line.event == "outside-time" and fits(INSTANT, line.facts.get("said_at")):
                own.words.append((milliseconds(line.facts["said_at"]), time))
            elif line.event in ("deleting", "deleted"):
                sha256 = line.facts.get("deletion_sha256")
                named[sha256] = min(time, named.get(sha256, time))
        own.words.sort()
    for station in vault.stations.values():
        beside = [each.deletion for each in station.recordings.values() if each.deletion is not None]
        for record in [*beside, *station.kept.values()]:
            own, deleted = logs.get(record.value["receiver"], _Words()), milliseconds(record.value["deleted_at"])
            is_asked = record.value["reason"] == "expired" and own.begun_ms is not None and deleted >= own.begun_ms
            # One that no entry names is a finding of its own.
            if is_asked and record.sha256 in named and not own.has(deleted, named[record.sha256]):
                text = "expired, and no word from outside about the time of then is in the log before it"
                report.find("deletion.no-outside-time", record.place, text)
