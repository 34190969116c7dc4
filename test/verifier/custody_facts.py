"""A station's custody log against the documents that lie in the vault (SPEC 4.3): each says the same of a recording, and nothing is missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from custody_log import CustodyLog
from custody_segment import Line
from evidence import Receipted, Recording, StaffDocument, Station
from findings import Report
from instants import HOUR_MS, milliseconds
from signed_document import made_ms

# A document of staff is made on a later day than the one that it is of (SPEC 4.17.8).
_DOCUMENT_LATER_MS = 72 * HOUR_MS


class StationFacts:
    """Entries of a station's log by event and by what they are about."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in lines:
            for name in ("recording", "record"):
                if isinstance(line.facts.get(name), str):
                    self._lines[line.event, line.facts[name]].append(line)

    def of(self, event: str, name: str) -> list[Line]:
        """Entries of an event about a recording or a record."""
        return self._lines.get((event, name), [])

    def names(self, event: str) -> Iterator[str]:
        """What entries of an event are about."""
        return (name for each, name in self._lines if each == event)


def check_custody_facts(
    station: Station, dropped: set[str], report: Report, *, of_what_is_here: bool = False
) -> None:
    """Compares the log with all folders of the station. `dropped`: recordings whose documents the store let go."""
    facts, recorded = StationFacts(station.log.lines()), _recorded(station.log)
    for recording in station.recordings.values():
        _check_recording(recording, facts, report)
        if recording.value is not None and not facts.of("spooled", recording.name):
            _tell_unlogged(recording, recording.value["sealed_at"], "spooled", station, recorded, report)
    for part in station.dockings.values():
        _check_docking(part, facts, report)
        if part.value is not None and not facts.of("docking-recorded", part.name):
            made_at = part.value["ended_at"] or part.value["docked_at"]
            _tell_unlogged(part, made_at, "docking-recorded", station, recorded, report)
    for document in station.documents.values():
        _check_staff_document(document, station, facts, report)
    for each in station.receipted():
        _check_receipt(each, station, facts, report)
    _check_missing(station, facts, dropped, report)
    _check_erasures(station, report, of_what_is_here=of_what_is_here)
    _check_broken(station, report)


def _compare(lines: list[Line], expected: dict[str, Any], code: str, place: str, report: Report) -> None:
    for line in lines:
        differing = _differing(line, expected)
        if differing:
            report.find(code, place, f"{line.place} says another {', '.join(differing)}")


def _differing(line: Line, expected: dict[str, Any]) -> list[str]:
    return [name for name, value in expected.items() if line.facts.get(name) != value]


def _check_recording(recording: Recording, facts: StationFacts, report: Report) -> None:
    document = recording.document
    if document is None:
        return
    value, name, place = document.value, recording.name, document.place
    sealed, original = value["sealed"], value["original"]
    source = {"docking": value["docking"], "path_sha256": value["source"]["path_sha256"]}
    pulled = {**source, "size_bytes": original["size_bytes"], "sha256": original["sha256"]}
    spooled = {"manifest_sha256": document.sha256, "sealed_size_bytes": sealed["size_bytes"]}
    sealing = {"sealed_size_bytes": sealed["size_bytes"], "chunks_sha256": sealed["chunks_sha256"]}
    _compare(facts.of("pulled", name), pulled, "custody.other-original", place, report)
    _compare(facts.of("sealed", name), sealing, "custody.other-sealed", place, report)
    _compare(facts.of("spooled", name), spooled, "custody.other-manifest", place, report)
    rejected = value["rejected"]["reason"] if value["rejected"] is not None else None
    _compare(facts.of("rejected", name), {"reason": rejected}, "custody.other-rejection", place, report)


def _check_docking(part: Receipted, facts: StationFacts, report: Report) -> None:
    document = part.document
    if document is None:
        return
    value = document.value
    expected = {name: value[name] for name in ("docking", "part", "parts")}
    lines = facts.of("docking-recorded", part.name)
    _compare(lines, {**expected, "sha256": document.sha256}, "custody.other-docking", document.place, report)


def _check_staff_document(each: StaffDocument, station: Station, facts: StationFacts, report: Report) -> None:
    if each.document is None:
        return
    lines = facts.of("document-recorded", each.name)
    expected = {"kind": each.kind, "sha256": each.document.sha256}
    _compare(lines, expected, "custody.other-document", each.document.place, report)
    if lines:
        return
    log, until = station.log, made_ms(each.document.value) + _DOCUMENT_LATER_MS
    is_revoked = each.document.key_id in station.revocations
    own = [segment for segment in log.order if not is_revoked or each.document.key_id in segment.key_ids]
    is_before = log.from_the_start or any(line.at_ms <= until for line in log.lines())
    if is_before and any(line.at_ms > until for segment in own for line in segment.counting):
        report.find("document.unlogged", each.place, "is in no entry 'document-recorded', and the log continues days later")
    else:
        report.note("document.unlogged", each.place, "is in no entry 'document-recorded' of the log that is here")


def _tell_unlogged(
    each: Receipted, made_at: str, event: str, station: Station, recorded: dict[Any, int], report: Report
) -> None:
    """A log that goes on after a document and does not know it is not the log that it was made under (SPEC 4.3.5.6)."""
    log, document = station.log, each.document
    is_revoked = document is not None and document.key_id in station.revocations
    own = [each for each in log.order if not is_revoked or (document is not None and document.key_id in each.key_ids)]
    first, last = next(log.lines(), None), next((lines[-1] for each in reversed(own) if (lines := each.counting)), None)
    part = document.value.get("part", 0) if document is not None else 0
    holds = document is not None and recorded.get(document.value["docking"], -1) > part
    older = first is None or (not log.from_the_start and milliseconds(made_at) < first.at_ms)
    if older and not holds:
        report.note("custody.not-covered", each.place, "is older than the log that is here")
    elif (last is None or last.at_ms <= milliseconds(made_at)) and not holds:
        report.note("custody.not-arrived", each.place, f"is newer than the log, which has no '{event}' of it yet")
    else:
        report.find("custody.unlogged", each.place, f"stands in no entry '{event}', and the log goes on behind it")


def _recorded(log: CustodyLog) -> dict[Any, int]:
    """Dockings that the log holds from `docked` to `docking-recorded`, with the last part that it names."""
    docked = {line.facts.get("docking") for line in log.of("docked")}
    recorded: dict[Any, int] = {}
    for line in log.of("docking-recorded"):
        docking, part = line.facts.get("docking"), line.facts.get("part")
        if docking in docked and isinstance(part, int):
            recorded[docking] = max(part, recorded.get(docking, 0))
    return recorded


def _check_receipt(each: Receipted, station: Station, facts: StationFacts, report: Report) -> None:
    logged = facts.of("receipted", each.name)
    receipt = each.receipt
    if receipt is None:
        if logged:
            report.find("receipt.missing", each.place, f"has no receipt, and {logged[0].place} says that it came")
        else:
            report.note("receipt.none", each.place, "has no receipt yet")
        return
    expected = {"receiver": receipt.value["receiver"], "receipt_sha256": receipt.sha256}
    # A vault that was restored gives another receipt (4.2): the log names both, and one of them is here.
    if all(_differing(line, expected) for line in logged):
        _compare(logged, expected, "custody.other-receipt", receipt.place, report)
    _check_head(receipt.value["custody_head"], receipt.place, station.log, report)


def _check_head(head: dict[str, Any] | None, place: str, log: CustodyLog, report: Report) -> None:
    """What a receipt says that the vault held of the log it must hold still, unless older segments were dropped."""
    if head is None:
        return
    segment = log.by_name.get(head["segment"])
    if segment is None and log.lets_go_of(head):
        report.note("receipt.head-dropped", place, f"names segment {head['segment']}, which the store let go")
    elif segment is None:
        report.find("receipt.head-segment", place, f"names segment {head['segment']} of the log, which is not here")
    elif (line := segment.line(head["sequence"])) is None:
        report.find(
            "receipt.head-cut", place, f"names entry {head['sequence']} of {segment.name}, which ends before it"
        )
    elif line.sha256 != head["sha256"]:
        report.find(
            "receipt.head-other",
            place,
            f"names another entry {head['sequence']} of {segment.name} than the one that is here",
        )


def _check_missing(station: Station, facts: StationFacts, dropped: set[str], report: Report) -> None:
    here = station.recordings.keys() | station.dockings.keys() | station.documents.keys()
    for name in sorted(set(facts.names("receipted")) - here - dropped):
        place = facts.of("receipted", name)[0].place
        what, code = "recording", "recording.missing"
        if facts.of("docking-recorded", name):
            what, code = "docking record", "docking.missing"
        elif facts.of("document-recorded", name):
            what, code = "document of staff", "document.missing"
        report.find(code, place, f"{what} {name} was receipted and is not here")
    receipted = set(facts.names("receipted"))
    waiting = {"spooled": "recording", "docking-recorded": "docking", "document-recorded": "document"}
    for event, what in waiting.items():
        for name in sorted(set(facts.names(event)) - here - dropped - receipted):
            report.note(f"{what}.waiting", facts.of(event, name)[0].place, f"{name} has not come yet")


def _check_erasures(station: Station, report: Report, *, of_what_is_here: bool) -> None:
    """Nothing is erased from a camera before its receipt (SPEC 8)."""
    receipted: set[Any] = set()
    allowed: set[Any] = set()
    taken_back: set[Any] = set()
    first = next(station.log.lines(), None)
    reclaimed: set[Any] = set()
    for line in station.log.of("receipted", "asked-again", "store-restored", "spool-reclaimed", "erasing", "erased"):
        name = line.facts.get("recording")
        if line.event == "spool-reclaimed":
            reclaimed.add(name)
        elif line.event == "store-restored":
            taken_back |= receipted - reclaimed
            receipted &= reclaimed
        elif line.event == "receipted":
            receipted.add(name)
            allowed.add(name)
        elif line.event == "asked-again":
            receipted.discard(name)
            taken_back.add(name)
        elif of_what_is_here and name not in station.recordings:
            continue
        elif name in receipted or (line.event == "erased" and name in allowed):
            continue  # what was allowed when it began may end behind a question of the store
        elif name in taken_back or not receipted_before_log(station, name, first):
            report.find(
                "custody.erased-unreceipted", line.place, f"{name} is '{line.event}' before the log calls it receipted"
            )


def receipted_before_log(station: Station, name: Any, first: Line | None) -> bool:
    """Where older segments were dropped, a receipt from before the oldest line that is here counts."""
    if station.log.from_the_start or first is None:
        return False
    recording = station.recordings.get(name)
    receipt = recording.receipt if recording is not None else None
    return receipt is not None and milliseconds(receipt.value["received_at"]) <= first.at_ms


def _check_broken(station: Station, report: Report) -> None:
    for line in station.log.of("chain-broken"):
        report.find(
            "custody.chain-broken", line.place, f"the station itself found segment {line.facts.get('segment')} broken"
        )
