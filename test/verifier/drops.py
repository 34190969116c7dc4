"""What the store dropped (SPEC 10.3): documents of deleted recordings, docking records, segments of stations' logs; each only where it was allowed to go."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate
from pathlib import Path
from typing import Any

from announced import Announced
from custody_events import STORE_EVENTS
from custody_facts import StationFacts
from custody_log import last_segment_of
from custody_segment import Line
from evidence import Receiver, Recording, Station, Vault
from findings import Report
from instants import DAY_MS, milliseconds, text_of
from key_succession import KnownKeys
from orders import Orders
from policies import Policies
from retention import StoreLogs, check_allowed, check_dated, is_of_later_store
from safe_files import is_unfinished, names_in
from shapes import fits
from signed_document import Source, read_document
from store_log import known_since

_FILES = {"deletion.json", "deletion.json.minisig"}
_SLACK_MS = DAY_MS
_FUTURE_MS = DAY_MS
# Entries of a station's log that say what something is that is offered.
_RECORDED = ("spooled", "docking-recorded", "document-recorded")
_NEVER = 1 << 60  # after every instant
_ALWAYS = -_NEVER  # before every instant


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
    # By a store of 0.1.0, which kept no deletion record of what it dropped.
    earlier: bool


class Drops:
    """All entries of a vault's store logs about what was dropped, and what they are judged by. All is looked up: logs are long."""

    def __init__(self, vault: Vault, policies: Policies, now_ms: int) -> None:
        self._vault = vault
        self.now_ms = now_ms
        self.announced = Announced(policies, vault.receivers.values())
        # What was dropped and was allowed to go: stations and ids, and segments with the time of the drop.
        self.counting: set[tuple[str, str]] = set()
        self.counting_segments: dict[str, int] = {}
        self._documents: dict[str, dict[tuple[Any, ...], _Said]] = defaultdict(dict)
        self._segments: list[_Said] = []
        # Times of entries, by event and what they name.
        self._deletions: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        # By station: segments whose head was entered, with the time.
        self._heads: dict[str, list[tuple[int, str]]] = defaultdict(list)
        # The first entry of a receipt of each.
        self._receipts: dict[tuple[str, str], _Said] = {}
        self._known_since = known_since(vault)
        for receiver in vault.receivers.values():
            self._read(receiver)

    def _read(self, receiver: Receiver) -> None:
        earlier = True
        for order, (line, time) in enumerate(receiver.log.timed()):
            if line.event in STORE_EVENTS and not fits(STORE_EVENTS[line.event], line.facts):
                continue  # which is a finding of its own
            earlier = earlier and not is_of_later_store(line)
            said = _Said(line, receiver.name, time, order, earlier)
            if line.event == "documents-dropped":
                self._enter_documents(said)
            elif line.event == "segment-dropped":
                self._segments.append(said)
            elif line.event in ("deleting", "deleted"):
                self._deletions[_deletion(line.event, line.facts)].append(time)
            elif line.event == "head":
                # No head counts before its receiver is known (SPEC 10.3.28).
                entered = max(time, self._known_since[receiver.name])
                self._heads[line.facts["station"]].append((entered, line.facts["segment"]))
            elif line.event == "receipt":
                name = (line.facts["station"], line.facts["recording"])
                if name not in self._receipts or time < self._receipts[name].time:
                    self._receipts[name] = said

    def _enter_documents(self, said: _Said) -> None:
        """Once: a cut may have made the store say it twice."""
        names = ("recording", "receipt_sha256", "deletion_sha256")
        key = tuple(said.line.facts[name] for name in names)
        kept = self._documents[said.line.facts["station"]]
        if key not in kept or said.time < kept[key].time:
            kept[key] = said

    def check(self, station: Station, orders: Orders, logs: StoreLogs, report: Report) -> None:
        """Judges what was dropped of a station's documents."""
        known = _Known(station)
        for said in self._documents[station.name].values():
            before = len(report.findings)
            name = said.line.facts["recording"]
            self._check_future(said, report)
            self._check_receipt(said, known, report)
            is_recording = bool(known.facts.of("spooled", name)) or logs.knows_recording(name)
            if said.line.facts["deletion_sha256"] is None and not is_recording:
                self._check_document(said, known, logs, report)
            else:
                self._check_recording(said, station, orders, logs, report)
            if len(report.findings) == before:
                self.counting.add((station.name, name))

    def _check_future(self, said: _Said, report: Report) -> None:
        if said.line.at_ms > self.now_ms + _FUTURE_MS:
            report.find("drop.in-future", said.line.place, "drops something at a time that has not come yet")

    def _gone_ms(self, said: _Said) -> int:
        """When something went, no later than now: an entry of a time that has not come must not make it old."""
        return min(said.time, self.now_ms + _FUTURE_MS)

    def policy_named(self, station: str, name: str) -> str | None:
        """Digest of the policy that a document named, by the first entry of its receipt: also once it was dropped (SPEC 4.16.29)."""
        first = self._receipts.get((station, name))
        return None if first is None else first.line.facts.get("policy_sha256")

    def check_receipts(self, report: Report) -> None:
        """The first entry of a receipt says which policy the document names that is here and holds (SPEC 4.15.42)."""
        for station in self._vault.stations.values():
            for each in station.receipted():
                first = self._receipts.get((station.name, each.name))
                if first is None or each.document is None or each.document.key_id is None:
                    continue
                names, said = each.document.value.get("policy_sha256"), first.line.facts.get("policy_sha256")
                if names != said:
                    report.find("receipt.policy", first.line.place, f"says policy {said}, and {each.name} names {names}")

    def _check_age(self, said: _Said, since_ms: int, what: str, report: Report) -> None:
        """Whether something stayed for the days that counted when it was received."""
        facts = said.line.facts
        received = milliseconds(facts["received_at"])
        policy = self.policy_named(facts["station"], facts["recording"])
        judged, least = (
            self.announced.days(said.receiver, "documents_days", received, policy=policy, with_unjudged=each) * DAY_MS - _SLACK_MS
            for each in (False, True)
        )
        stayed = self._gone_ms(said) - since_ms
        if stayed < least:
            report.find("drop.too-early", said.line.place, what)
        elif stayed < judged:
            report.leave_open("drop.policy-not-judged", said.line.place, f"{what}, as a policy allows that is not judged")

    def _check_recording(
        self, said: _Said, station: Station, orders: Orders, logs: StoreLogs, report: Report
    ) -> None:
        facts, place = said.line.facts, said.line.place
        name = facts["recording"]
        over = self._deletions.get(_deletion("deleted", facts), [])
        begun = self._deletions.get(_deletion("deleting", facts), [])
        if not over or min(over) > said.time:
            report.find("drop.not-deleted", place, f"drops documents of {name}, which was not deleted before")
        else:
            self._check_age(said, min(over + begun), f"drops documents of {name} too soon after its deletion", report)
        if orders.at_their_word("hold", "unhold").is_held_by_both(name, said.time):
            report.find("drop.held", place, f"drops documents of {name}, which a hold of both roles holds")
        elif orders.at_their_word("hold").is_held_by_both(name, said.time):
            report.leave_open("drop.hold-not-judged", place, f"drops documents of {name}, and who lifted a hold is not judged")
        self._check_kept(said, station, orders, logs, report)
        report.note(
            "drop.recording",
            place,
            f"documents of {name} were dropped at {text_of(said.time)}: received {facts['received_at']}, deleted {facts['deleted_at']}",
        )

    def _check_kept(self, said: _Said, station: Station, orders: Orders, logs: StoreLogs, report: Report) -> None:
        facts, place = said.line.facts, said.line.place
        kept = station.kept.get(facts["recording"])
        if kept is None or kept.sha256 != facts["deletion_sha256"]:
            if not said.earlier:
                report.find("deletion.missing", place, f"the deletion record of {facts['recording']} is not here")
            else:
                report.note("drop.unrecorded", place, f"the deletion record of {facts['recording']} was not kept then")
            return
        for name in ("manifest_sha256", "receipt_sha256", "deleted_at"):
            if kept.value[name] != facts[name]:
                report.find("deletion.other-dropped", kept.place, f"{name} is {kept.value[name]}, not {facts[name]}")
        _check_due(kept.value, facts["received_at"], kept.place, report)
        recording = Recording(facts["recording"], station.name, Path(), kept.place.rpartition("/")[0])
        policy = self.policy_named(facts["station"], facts["recording"])
        check_allowed(recording, kept.value, kept.sha256, facts["received_at"], orders, logs, report, policy=policy)
        check_dated(recording, kept.value, kept.sha256, logs, report)

    def _check_document(self, said: _Said, known: "_Known", logs: StoreLogs, report: Report) -> None:
        """A docking record, or a document of staff, of which a text may go at any time (SPEC 10.3.36)."""
        facts, place = said.line.facts, said.line.place
        if _is_text(facts, known.facts, logs):
            return
        since_ms = max([milliseconds(facts["received_at"]), *known.made_ms(facts["recording"])])
        self._check_age(said, since_ms, f"drops {facts['recording']} too soon", report)
        for docking in known.dockings_of(facts["recording"]):
            for name in known.unnamed.get(docking, ()):
                report.find("drop.docking-needed", place, f"drops the docking record of {name}, which is here")

    def _check_receipt(self, said: _Said, known: "_Known", report: Report) -> None:
        facts, place = said.line.facts, said.line.place
        name, received = facts["recording"], milliseconds(facts["received_at"])
        receipts = known.facts.of("receipted", name)
        entered = [line for event in _RECORDED for line in known.facts.of(event, name)]
        # A settlement enters long after what it found was made.
        made = [line.at_ms for line in entered if "settled" not in line.facts]
        if receipts and facts["receipt_sha256"] not in {line.facts.get("receipt_sha256") for line in receipts}:
            report.find("drop.other-receipt", place, f"names another receipt of {name} than the station had")
        early = bool(made) and received < min(made) - DAY_MS
        late = bool(receipts) and received > max(line.at_ms for line in receipts) + DAY_MS
        first = self._receipts.get((facts["station"], name))
        is_own = first is not None and first.line.facts["receipt_sha256"] == facts["receipt_sha256"]
        is_entered = first is not None and is_own and abs(first.time - received) <= DAY_MS
        if (early or late) and not is_entered:
            report.find("drop.other-time", place, f"{name} was not received at {facts['received_at']} by its station's log")

    def check_segments(self, report: Report) -> None:
        """Judges what was dropped of logs: a head that was entered long before is of a later segment, and nothing that old is left."""
        again, owners = _DroppedAgain(self._segments), _owners_of_segments(self._vault)
        ways = {
            receiver: {name: self._way_of(station, receiver, again) for name, station in self._vault.stations.items()}
            for receiver in {said.receiver for said in self._segments}
        }
        for said in sorted(self._segments, key=lambda each: (each.time, each.receiver, each.order)):
            before = len(report.findings)
            segment = said.line.facts["segment"]
            self._check_future(said, report)
            possible = [way for name, way in ways[said.receiver].items() if owners[segment] <= {name}]
            if not any(way.may_go(said, self._gone_ms(said)) for way in possible):
                report.find("drop.segment", said.line.place, f"drops segment {segment} too soon")
            if len(report.findings) == before:
                self.counting_segments[segment] = said.time

    def _way_of(self, station: Station, receiver: str, again: "_DroppedAgain") -> "_SegmentWay":
        received = [milliseconds(each.receipt.value["received_at"]) for each in station.receipted() if each.receipt is not None]
        dropped = [(each.time, milliseconds(each.line.facts["received_at"])) for each in self._documents[station.name].values()]
        entered = [(max(time, _begun_ms(station, segment)), segment) for time, segment in self._heads[station.name]]
        heads = [(time + self.announced.log_ms(receiver, time) - _SLACK_MS, time, segment) for time, segment in entered]
        return _SegmentWay(station, min(received, default=_NEVER), sorted(dropped), sorted(heads), again)


def _is_text(facts: dict[str, Any], station: StationFacts, logs: StoreLogs) -> bool:
    """Whether a drop is one of a staff text: the station says it of that digest, or says nothing and the store does (SPEC 10.3.35)."""
    name = facts["recording"]
    entered = [line for event in _RECORDED for line in station.of(event, name)]
    if entered:
        said = [line.facts for line in entered if line.event == "document-recorded"]
        return any(each.get("kind") == "staff-text" and each.get("sha256") == facts["manifest_sha256"] for each in said)
    kinds = {line.facts.get("kind") for line in logs.of("receipt", name)}
    return kinds == {"staff-text"}


def _owners_of_segments(vault: Vault) -> dict[str, set[str]]:
    """Whose log a segment is of, by all that name it: its own log, heads in a store's log, receipts."""
    owners: dict[str, set[str]] = defaultdict(set)
    for keeper in [*vault.stations.values(), *vault.receivers.values()]:
        for segment in keeper.log.order:
            owners[segment.name].add(keeper.name)
            if (before := last_segment_of(segment)) is not None:
                owners[before].add(keeper.name)
    for receiver in vault.receivers.values():
        for line in receiver.log.of("head"):
            owners[str(line.facts.get("segment"))].add(str(line.facts.get("station")))
    for station in vault.stations.values():
        for found in station.receipted():
            if found.receipt is not None and found.receipt.value["custody_head"] is not None:
                owners[found.receipt.value["custody_head"]["segment"]].add(station.name)
    return owners


def _deletion(event: str, facts: dict[str, Any]) -> tuple[Any, ...]:
    return event, facts["station"], facts["recording"], facts["deletion_sha256"]


def _begun_ms(station: Station, name: str) -> int:
    """When the segment was begun, by its first entry: a clock of the store that was slow makes its head look old. Where that is not here: always."""
    segment = station.log.by_name.get(name)
    return segment.lines[0].at_ms if segment is not None and segment.counting else _ALWAYS


class _Known:
    """What a station's log and its documents say, by what it is about."""

    def __init__(self, station: Station) -> None:
        self.facts = StationFacts(station.log.lines())
        self._docked: dict[Any, list[int]] = defaultdict(list)
        for line in station.log.of("docked"):
            self._docked[line.facts.get("docking")].append(line.at_ms)
        # Recordings that are here and that no docking record here names, by their docking.
        self.unnamed: dict[Any, list[str]] = defaultdict(list)
        parts = [part.value for part in station.dockings.values() if part.value is not None]
        named = {entry["recording"] for value in parts for entry in value["entries"]}
        for recording in station.recordings.values():
            if recording.value is not None and recording.name not in named:
                self.unnamed[recording.value["docking"]].append(recording.name)

    def dockings_of(self, record: str) -> set[Any]:
        """Dockings that a part of a record is of."""
        return {line.facts.get("docking") for line in self.facts.of("docking-recorded", record)}

    def made_ms(self, record: str) -> Iterator[int]:
        """When its station says that a docking record was begun, or a staff report made (SPEC 10.3.25)."""
        for docking in self.dockings_of(record):
            yield from self._docked[docking]
        for line in self.facts.of("document-recorded", record):
            if "settled" not in line.facts:
                yield line.at_ms


class _DroppedAgain:
    """When a segment is dropped for the last time: until then it was there for who looked."""

    def __init__(self, segments: Iterable[_Said]) -> None:
        self.last_ms: dict[str, int] = {}
        self._last_of: dict[tuple[str, str], int] = {}
        for said in segments:
            segment = said.line.facts["segment"]
            self.last_ms[segment] = max(said.time, self.last_ms.get(segment, 0))
            self._last_of[segment, said.receiver] = said.order

    def is_after(self, segment: str, said: _Said) -> bool:
        """Whether the segment is dropped after that entry."""
        return self.last_ms.get(segment, -1) > said.time or self._last_of.get((segment, said.receiver), -1) > said.order


class _SegmentWay:
    """Of one station, for drops of one receiver in the order of their times: whether a head of long ago lets a segment go.

    `dropped`: times of drops of documents, with those at which these were received. `heads`: segments whose head was entered, with the
    time from which on that is long enough ago, and the later one of the entry and of the segment's begin. Both in ascending order.
    """

    def __init__(
        self,
        station: Station,
        oldest: int,
        dropped: list[tuple[int, int]],
        heads: list[tuple[int, int, str]],
        again: _DroppedAgain,
    ) -> None:
        self._here = station.log.by_name
        self._heads, self._next = heads, 0
        self._again = again
        self._old: list[tuple[int, str]] = []
        self._times = [time for time, _ in dropped]
        # When the oldest of what is here, or was dropped since each of these times, was received.
        self._oldest = [*accumulate((received for _, received in reversed(dropped)), min, initial=oldest)][::-1]

    def may_go(self, said: _Said, gone_ms: int) -> bool:
        """Whether a head of another segment, which is here or was dropped later, was entered before all that is left was received."""
        while self._next < len(self._heads) and self._heads[self._next][0] <= gone_ms:
            heappush(self._old, self._heads[self._next][1:])
            self._next += 1
        oldest = self._oldest[bisect_right(self._times, said.time)]
        passed: list[tuple[int, str]] = []
        found = False
        while self._old and self._old[0][0] < oldest and not found:
            segment = self._old[0][1]
            is_there = segment in self._here or self._again.is_after(segment, said)
            found = is_there and segment != said.line.facts["segment"]
            if not found:
                head = heappop(self._old)
                if is_there or self._again.last_ms.get(segment, -1) >= said.time:
                    passed.append(head)
        for head in passed:
            heappush(self._old, head)
        return found


def _check_due(said: dict[str, Any], received_at: str, at: str, report: Report) -> None:
    """The manifest is gone; what is left says from when on it counted."""
    retention = said["retention"]
    start, received = milliseconds(retention["from_at"]), milliseconds(received_at)
    if start > received or (retention["basis"] == "received" and start != received):
        report.find("deletion.retention-start", at, f"counts from {retention['from_at']}, and came at {received_at}")
    if milliseconds(retention["due_at"]) != start + retention["days"] * DAY_MS:
        report.find("deletion.retention-due", at, f"is not due {retention['days']} days after {retention['from_at']}")
