"""A whole custody log: segments in the order in which they follow each other; gaps, forks and second beginnings (SPEC 4.3)."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import canonical_json
from custody_segment import Holder, Line, Segment, read_segment
from findings import Report
from safe_files import is_unfinished, names_in
from shapes import RANDOM_ID, fits

_SEGMENT_FILE = re.compile(r"([a-z2-7]{25}[aeimquy4])\.jsonl(\.minisig)?", re.ASCII)


@dataclass
class CustodyLog:
    """The log of one station or receiver. `order` holds its segments as they follow each other."""

    place: str
    order: list[Segment] = field(default_factory=list)
    by_name: dict[str, Segment] = field(default_factory=dict)
    # Whether its very first segment is here: else what is older was dropped.
    from_the_start: bool = True
    # What the store says that it let go of this log, by segment: nobody else may.
    dropped: dict[str, Line] = field(default_factory=dict)
    # Segments that name an entry behind the last one that is here of the segment before.
    beyond: list[Segment] = field(default_factory=list)
    # Id of the station or receiver whose log it is.
    holder: str = ""
    # Entries by the station that they name, and of how many entries that was made: a vault has many stations.
    _about: dict[str, list[tuple[Line, int]]] = field(default_factory=lambda: defaultdict(list))
    _indexed: int = -1

    def lines(self) -> Iterator[Line]:
        """All entries that count, in order."""
        for segment in self.order:
            yield from segment.counting

    def timed(self) -> Iterator[tuple[Line, int]]:
        """Of a store's log: the same, each with its time by SPEC 10.3.20, since nobody who appends can date back."""
        time = 0
        for line in self.lines():
            time = max(time, line.at_ms)
            yield line, time

    def about(self, station: str) -> list[tuple[Line, int]]:
        """Of a store's log: entries that count and name the station, in order, each with its time."""
        counting = sum(segment.signed_up_to for segment in self.order)
        if self._indexed != counting:
            self._about.clear()
            for line, time in self.timed():
                if isinstance(named := line.facts.get("station"), str):
                    self._about[named].append((line, time))
            self._indexed = counting
        return self._about.get(station, [])

    def of(self, *events: str) -> Iterator[Line]:
        """Entries of these events in order, as far as they count."""
        for line in self.lines():
            if line.event in events:
                yield line

    @property
    def last(self) -> Line | None:
        """The newest entry that counts."""
        return next((lines[-1] for each in reversed(self.order) if (lines := each.counting)), None)

    def lets_go_of(self, head: dict[str, Any]) -> bool:
        """Whether the store says that it let the segment of a head go, with that entry in it (SPEC 4.3.6)."""
        said = self.dropped.get(head["segment"])
        if said is None or not isinstance(head["sequence"], int):
            return False
        last, digest = said.facts.get("last_sequence"), said.facts.get("last_sha256")
        if not isinstance(last, int) or head["sequence"] > last:
            return False
        return bool(head["sequence"] < last or head["sha256"] == digest)

    def before(self, segment: Segment) -> Segment | None:
        """The segment that one says it follows, where it is here. In `order` it comes first, but in a circle, which is a finding."""
        return self.by_name.get(last_segment_of(segment) or "")


def read_custody_log(
    folder: Path, place: str, holder: Holder, report: Report, beside: tuple[str, ...] = ()
) -> CustodyLog:
    """Reads all segments of a folder. No folder is an empty log. `beside`: endings of what else lies there of a segment."""
    log = CustodyLog(place, holder=holder.name)
    signatures: set[str] = set()
    for name, kind in names_in(folder):
        match = _SEGMENT_FILE.fullmatch(name)
        if kind == "file" and any(fits(RANDOM_ID, name.removesuffix(each)) for each in beside if name.endswith(each)):
            continue
        if match is None or kind != "file":
            _check_other(name, kind, place, report)
        elif match[2] is None:
            log.by_name[match[1]] = read_segment(folder, match[1], f"{place}/{name}", holder, report)
        else:
            signatures.add(match[1])
    for name in sorted(signatures - log.by_name.keys()):
        report.find("custody.segment-missing", f"{place}/{name}.jsonl", "is not there, and its signature is")
    _order(log, holder, report)
    return log


def _check_other(name: str, kind: str, place: str, report: Report) -> None:
    if (kind, name) == ("file", "newest.json"):
        return
    if is_unfinished(name, kind, lambda each: each == "newest.json" or _SEGMENT_FILE.fullmatch(each)):
        report.unfinished(f"{place}/{name}")
        return
    report.find("folder.unexpected", f"{place}/{json.dumps(name)[1:-1]}", "does not belong into a custody log")


def check_gaps(
    log: CustodyLog, report: Report, revoked: Collection[str] = (), *, has_head: bool = True
) -> None:
    """Entries and segments that are named by a later one and are not here. `revoked` are ids of keys: a store takes nothing
    of theirs, so that, where a store's log says how much it held (`has_head`), the end of what such a key signed is missing where the next segment names the change from it (4.9.3)."""
    for segment in log.beyond:
        if not (has_head and _note_refused(segment, revoked, report)):
            opened = segment.opened or {}
            report.find(
                "custody.link",
                f"{segment.place}:1",
                f"names an entry {opened.get('last_sequence')} that {last_segment_of(segment)} does not hold so",
            )
    missing = [each for each in log.order if (last := last_segment_of(each)) is not None and last not in log.by_name]
    for segment in missing:
        if log.lets_go_of(_head_named_by(segment)):
            report.note("custody.segment-dropped", segment.place, "follows a segment that the store let go")
        elif not (has_head and _note_refused(segment, revoked, report)):
            report.find("custody.gap", segment.place, f"follows segment {last_segment_of(segment)}, which is not here")


def _note_refused(follower: Segment, revoked: Collection[str], report: Report) -> bool:
    second = follower.line(2) if follower.signed_up_to >= 2 else None
    if second is None or second.event != "key-changed" or second.facts.get("old_key_id") not in revoked:
        return False
    report.note("custody.end-refused", follower.place, "follows what a revoked key signed, which no store takes")
    return True


def _head_named_by(segment: Segment) -> dict[str, Any]:
    opened = segment.opened or {}
    return {name: opened.get(f"last_{name}") for name in ("segment", "sequence", "sha256")}


def last_segment_of(segment: Segment) -> str | None:
    """The segment that it says it follows."""
    last = segment.opened.get("last_segment") if segment.opened is not None else None
    return last if isinstance(last, str) else None


def _order(log: CustodyLog, holder: Holder, report: Report) -> None:
    followers: dict[str | None, list[Segment]] = defaultdict(list)
    begun = [segment for segment in log.by_name.values() if segment.lines]
    for segment in begun:
        followers[last_segment_of(segment)].append(segment)
    starts = [each for name, group in followers.items() if name not in log.by_name for each in group]
    starts.sort(key=lambda each: (last_segment_of(each) is not None, each.lines[0].at if each.lines else ""))
    if len(followers[None]) > 1:
        names = ", ".join(each.name for each in followers[None])
        report.find("custody.two-starts", log.place, f"begins several times: {names}")
    log.from_the_start = bool(followers[None]) or not log.by_name
    # One of which a cut took the very first line says nothing of where it belongs.
    for start in [*starts, *(segment for segment in log.by_name.values() if not segment.lines)]:
        _walk(start, followers, log, report)
    walked = {segment.name for segment in log.order}
    for segment in log.by_name.values():
        if segment.name not in walked:
            report.find("custody.circle", segment.place, "follows itself through others")
            log.order.append(segment)
    _check_tails(log, report)
    if not holder.is_store:
        _check_unsigned_runs(log, report)


def _walk(start: Segment, followers: dict[str | None, list[Segment]], log: CustodyLog, report: Report) -> None:
    pending = [start]
    while pending:
        segment = pending.pop(0)
        log.order.append(segment)
        after = sorted(followers[segment.name], key=lambda each: each.lines[0].at)
        if len(after) > 1:
            names = ", ".join(each.name for each in after)
            report.find("custody.fork", segment.place, f"is followed by several segments: {names}")
        for each in after:
            _check_link(segment, each, log, report)
        pending.extend(after)


def _told(line: Line) -> tuple[object, ...]:
    """What of an entry is the same where it is repeated (4.3.2.4)."""
    return line.at, line.boot, line.monotonic_ms, line.event, canonical_json.encode(line.facts)


def _check_link(before: Segment, after: Segment, log: CustodyLog, report: Report) -> None:
    """The head that a segment names is an entry of the one before; what stands behind it there is repeated (4.3.2)."""
    opened = after.opened or {}
    sequence = opened.get("last_sequence")
    named = before.line(sequence) if isinstance(sequence, int) else None
    if named is None and isinstance(sequence, int) and sequence > len(before.lines):
        log.beyond.append(after)
        return
    if named is None or named.sha256 != opened.get("last_sha256"):
        place = f"{after.place}:1"
        report.find("custody.link", place, f"names an entry {sequence} that {before.name} does not hold so")
        return
    lost = [_told(each) for each in before.lines[named.sequence :] if each.event != "checkpoint"]
    again = {_told(each) for each in after.lines} if lost else set()
    if any(each not in again for each in lost):
        report.find(
            "custody.fork", after.place, f"leaves {before.name} at {named.sequence}, and that one goes on otherwise"
        )
    elif len(before.lines) > named.sequence:
        report.note(
            "custody.repeated",
            after.place,
            f"repeats {len(lost)} entries that {before.name} holds behind {named.sequence}",
        )
    # A signature of the segment that follows covers what that one names. It has to be one of its own: no third one lends it (10.3).
    if after.key_ids and after.signed_up_to >= 1:
        before.signed_up_to = max(before.signed_up_to, named.sequence)


def _check_tails(log: CustodyLog, report: Report) -> None:
    newest = log.order[-1] if log.order else None
    for segment in log.order:
        if segment.torn and segment is newest:
            report.note("custody.torn", segment.place, "ends inside a line, as a running log may")
        elif segment.torn:
            report.find("custody.torn", segment.place, "ends inside a line")
        behind = len(segment.lines) - segment.signed_up_to
        if behind > 0:
            report.note("custody.unsigned", segment.place, f"ends with {behind} entries that no signature covers yet")


def _check_unsigned_runs(log: CustodyLog, report: Report) -> None:
    """An append that was cut off leaves lines without a checkpoint at the end of one segment; two in a row came through no receiver (10.3)."""
    for segment in log.order:
        before = log.before(segment)
        if before is not None and not segment.key_ids and len(before.lines) > before.signed_up_to:
            text = f"has no checkpoint, and follows lines of {before.name} without one"
            report.find("custody.unsigned-run", segment.place, text)
