"""What the store dropped (SPEC 10.3): documents of deleted recordings, docking records, segments of stations' logs; each only where it was allowed to go."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custody_events import STORE_EVENTS
from custody_segment import Line
from evidence import Receiver, Recording, Station, Vault
from findings import Report
from instants import DAY_MS, day_of, milliseconds
from key_succession import KnownKeys
from orders import Orders
from retention import Announced, StoreLogs, check_allowed, check_dated
from safe_files import is_unfinished, names_in
from shapes import fits
from signed_document import Source, read_document

_FILES = {"deletion.json", "deletion.json.minisig"}
_SLACK_MS = DAY_MS
_SEGMENTS_LATER_MS = 28 * DAY_MS
_FUTURE_MS = DAY_MS


def read_kept(folder: Path, place: str, station: Station, keys: KnownKeys, report: Report) -> None:
    """Reads `<station>/deletions/<recording>/`: a deletion record of which the other documents were dropped."""
    for name, kind in names_in(folder):
        if is_unfinished(name, kind, _FILES.__contains__):
            report.unfinished(f"{place}/{name}")
        elif name not in _FILES:
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to a deletion record")
    document = read_document(Source(folder, place, "deletion.json", "deletion", "deletion-record"), keys.store, report)
    if document is None:
        return
    for name, expected in (("station", station.name), ("recording", folder.name)):
        if document.value[name] != expected:
            report.find(f"deletion.other-{name}", document.place, f"is of {name} {document.value[name]}")
            return
    station.kept[folder.name] = document


@dataclass(frozen=True)
class _Said:
    """An entry of a store's log with its time: the latest of it and all before it in that log (10.3.20)."""

    line: Line
    receiver: str
    time: int
    order: int
    # Whether that log had announced its retention before.
    announced: bool


class Drops:
    """All entries of a vault's store logs about what was dropped, and what they are judged by."""

    def __init__(self, vault: Vault, now_ms: int) -> None:
        self._vault = vault
        self._now_ms = now_ms
        self.announced = Announced()
        self._said: dict[str, list[_Said]] = defaultdict(list)
        # What was dropped and was allowed to go: stations and ids, and segments with the time of the drop.
        self.counting: set[tuple[str, str]] = set()
        self.counting_segments: dict[str, int] = {}
        for receiver in vault.receivers.values():
            self._read(receiver)

    def _read(self, receiver: Receiver) -> None:
        time, announced = 0, False
        for order, line in enumerate(receiver.log.lines()):
            time = max(time, line.at_ms)
            if line.event in STORE_EVENTS and not fits(STORE_EVENTS[line.event], line.facts):
                continue  # which is a finding of its own
            self._said[line.event].append(_Said(line, receiver.name, time, order, announced))
            if line.event == "retention":
                announced = True
                self.announced.enter(receiver.name, time, line.facts)

    def documents_of(self, station: Station) -> Iterator[_Said]:
        """Each `documents-dropped` about a station, once: a cut may have made the store say it twice."""
        first: dict[tuple[Any, ...], _Said] = {}
        for said in self._said["documents-dropped"]:
            if said.line.facts.get("station") == station.name:
                names = ("recording", "receipt_sha256", "deletion_sha256")
                key = tuple(said.line.facts.get(name) for name in names)
                if key not in first or said.time < first[key].time:
                    first[key] = said
        yield from first.values()

    def check(self, station: Station, orders: Orders, logs: StoreLogs, report: Report) -> None:
        """Judges what was dropped of a station's documents."""
        for said in self.documents_of(station):
            before = len(report.findings)
            self._check_future(said, report)
            self._check_receipt(said, station, report)
            if said.line.facts["deletion_sha256"] is None and not _is_recording(said, station):
                self._check_docking(said, station, report)
            else:
                self._check_recording(said, station, orders, logs, report)
            if len(report.findings) == before:
                self.counting.add((station.name, said.line.facts["recording"]))

    def _check_future(self, said: _Said, report: Report) -> None:
        if said.line.at_ms > self._now_ms + _FUTURE_MS:
            report.find("drop.in-future", said.line.place, "drops something at a time that has not come yet")

    def _gone_ms(self, said: _Said) -> int:
        """When something went, no later than now: an entry of a time that has not come must not make it old."""
        return min(said.time, self._now_ms + _FUTURE_MS)

    def _needed_ms(self, said: _Said, received_ms: int) -> int:
        return self.announced.days(said.receiver, "documents_days", received_ms) * DAY_MS - _SLACK_MS

    def _check_recording(
        self, said: _Said, station: Station, orders: Orders, logs: StoreLogs, report: Report
    ) -> None:
        facts, place = said.line.facts, said.line.place
        name = facts["recording"]
        over, begun = self._deletion_of(said, "deleted"), self._deletion_of(said, "deleting")
        if not over or min(over) > said.time:
            report.find("drop.not-deleted", place, f"drops documents of {name}, which was not deleted before")
        elif self._gone_ms(said) - min(over + begun) < self._needed_ms(said, milliseconds(facts["received_at"])):
            report.find("drop.too-early", place, f"drops documents of {name} too soon after its deletion")
        if orders.is_held_by_both(name, said.time) or _is_held_in_log(name, said.time, logs):
            report.find("drop.held", place, f"drops documents of {name}, which a hold of both roles holds")
        self._check_kept(said, station, orders, logs, report)
        report.note(
            "drop.recording",
            place,
            f"documents of {name} were dropped at {said.line.at}: received {facts['received_at']}, deleted {facts['deleted_at']}",
        )

    def _deletion_of(self, said: _Said, event: str) -> list[int]:
        names = ("station", "recording", "deletion_sha256")
        wanted = [said.line.facts[name] for name in names]
        return [each.time for each in self._said[event] if [each.line.facts.get(name) for name in names] == wanted]

    def _check_kept(self, said: _Said, station: Station, orders: Orders, logs: StoreLogs, report: Report) -> None:
        facts, place = said.line.facts, said.line.place
        kept = station.kept.get(facts["recording"])
        if kept is None or kept.sha256 != facts["deletion_sha256"]:
            if said.announced:
                report.find("deletion.missing", place, f"the deletion record of {facts['recording']} is not here")
            else:
                report.note("drop.unrecorded", place, f"the deletion record of {facts['recording']} was not kept then")
            return
        for name in ("manifest_sha256", "receipt_sha256", "deleted_at"):
            if kept.value[name] != facts[name]:
                report.find("deletion.other-dropped", kept.place, f"{name} is {kept.value[name]}, not {facts[name]}")
        _check_due(kept.value, facts["received_at"], kept.place, report)
        recording = Recording(facts["recording"], station.name, Path(), kept.place.rpartition("/")[0])
        check_allowed(recording, kept.value, facts["received_at"], orders, logs, report)
        check_dated(recording, kept.value, kept.sha256, logs, report)

    def _check_docking(self, said: _Said, station: Station, report: Report) -> None:
        facts, place = said.line.facts, said.line.place
        received = milliseconds(facts["received_at"])
        if self._gone_ms(said) - received < self._needed_ms(said, received):
            report.find("drop.too-early", place, f"drops docking record {facts['recording']} too soon")
        recorded = [line for line in station.log.of("docking-recorded") if line.facts.get("record") == facts["recording"]]
        dockings = {line.facts.get("docking") for line in recorded}
        named = _named(station)
        for recording in station.recordings.values():
            if recording.value is not None and recording.value["docking"] in dockings and recording.name not in named:
                report.find("drop.docking-needed", place, f"drops the docking record of {recording.name}, which is here")

    def _check_receipt(self, said: _Said, station: Station, report: Report) -> None:
        facts, place = said.line.facts, said.line.place
        name, received = facts["recording"], milliseconds(facts["received_at"])
        receipts = [line for line in station.log.of("receipted") if line.facts.get("recording") == name]
        entered = [line for line in station.log.of("spooled") if line.facts.get("recording") == name]
        entered += [line for line in station.log.of("docking-recorded") if line.facts.get("record") == name]
        # A settlement enters long after what it found was made.
        made = [line.at_ms for line in entered if "settled" not in line.facts]
        if receipts and facts["receipt_sha256"] not in {line.facts.get("receipt_sha256") for line in receipts}:
            report.find("drop.other-receipt", place, f"names another receipt of {name} than the station had")
        early = bool(made) and received < min(made) - DAY_MS
        late = bool(receipts) and received > max(line.at_ms for line in receipts) + DAY_MS
        witnessed = {each.line.facts.get("day") for each in self._said["witnessed"]}
        if (early or late) and day_of(facts["received_at"]) not in witnessed:
            report.find("drop.other-time", place, f"{name} was not received at {facts['received_at']} by its station's log")

    def check_segments(self, report: Report) -> None:
        """Judges what was dropped of logs: a witness of long before names a later segment, and nothing that old is left."""
        for said in self._said["segment-dropped"]:
            before = len(report.findings)
            self._check_future(said, report)
            if not any(self._may_go(said, station) for station in self._vault.stations.values()):
                report.find("drop.segment", said.line.place, f"drops segment {said.line.facts.get('segment')} too soon")
            if len(report.findings) == before:
                self.counting_segments[said.line.facts["segment"]] = said.line.at_ms

    def _may_go(self, said: _Said, station: Station) -> bool:
        oldest = self._oldest_left(station, said.time)
        later = {
            each.line.facts.get("segment")
            for each in self._said["segment-dropped"]
            if each.time > said.time or (each.receiver == said.receiver and each.order > said.order)
        }
        return any(
            head["segment"] != said.line.facts.get("segment")
            and (head["segment"] in station.log.by_name or head["segment"] in later)
            and (oldest is None or day < oldest)
            and self._gone_ms(said) - entered >= self._needed_ms(said, entered) + _SEGMENTS_LATER_MS
            for day, entered, head in self._heads_of(station)
        )

    def _heads_of(self, station: Station) -> Iterator[tuple[str, int, dict[str, Any]]]:
        for said in self._said["witnessed"]:
            document = self._vault.receivers[said.receiver].witnesses.get(said.line.facts.get("day", ""))
            for each in document.value["keepers"] if document is not None else ():
                if each["keeper"] == station.name and each["custody_head"] is not None:
                    yield document.value["day"], said.time, each["custody_head"]

    def _oldest_left(self, station: Station, time: int) -> str | None:
        days = [day_of(each.receipt.value["received_at"]) for each in station.receipted() if each.receipt is not None]
        days += [day_of(said.line.facts["received_at"]) for said in self.documents_of(station) if said.time > time]
        return min(days, default=None)


def _is_recording(said: _Said, station: Station) -> bool:
    return any(line.facts.get("recording") == said.line.facts["recording"] for line in station.log.of("spooled"))


def _named(station: Station) -> set[str]:
    """Recordings that a docking record here names."""
    parts = [part.value for part in station.dockings.values() if part.value is not None]
    return {entry["recording"] for value in parts for entry in value["entries"] if entry["recording"] is not None}


def _is_held_in_log(recording: str, time: int, logs: StoreLogs) -> bool:
    """What the log itself says of the signatures: also where no key of a role is given."""
    both: dict[str, list[int]] = {"hold": [], "unhold": []}
    orders: dict[tuple[Any, Any], dict[Any, int]] = defaultdict(dict)
    for line in logs.of("order", recording):
        if line.at_ms <= time:
            orders[line.facts.get("order"), line.facts.get("verb")].setdefault(line.facts.get("role"), line.at_ms)
    for (_, verb), roles in orders.items():
        if len(roles) == 2 and verb in both:
            both[verb].append(max(roles.values()))
    return any(held > max(both["unhold"], default=0) for held in both["hold"])


def _check_due(said: dict[str, Any], received_at: str, at: str, report: Report) -> None:
    """The manifest is gone; what is left says from when on it counted."""
    retention = said["retention"]
    start, received = milliseconds(retention["from_at"]), milliseconds(received_at)
    if start > received or (retention["basis"] == "received" and start != received):
        report.find("deletion.retention-start", at, f"counts from {retention['from_at']}, and came at {received_at}")
    if milliseconds(retention["due_at"]) != start + retention["days"] * DAY_MS:
        report.find("deletion.retention-due", at, f"is not due {retention['days']} days after {retention['from_at']}")
