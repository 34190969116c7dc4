"""What a store's log says that the vault received (SPEC 4.15.20 to 4.15.23): each receipt, and each head of a station's log, is of something that is here."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from custody_events import STORE_EVENTS
from custody_segment import Line
from evidence import Receipted, Station, Vault
from findings import Report
from instants import DAY_MS, HOUR_MS, milliseconds
from shapes import fits

Named = tuple[str, str]


def check_received(
    vault: Vault, dropped: Collection[Named], report: Report, *, of_what_is_here: bool = False
) -> None:
    """`dropped`: stations and ids of what a drop that counts let go."""
    named: dict[Named, set[str]] = defaultdict(set)
    first: dict[Named, tuple[Line, int]] = {}
    earliest: dict[Named, int] = {}
    for receiver in vault.receivers.values():
        for line, time in receiver.log.timed():
            if line.event != "receipt":
                continue
            name = (str(line.facts.get("station")), str(line.facts.get("recording")))
            named[name].add(str(line.facts.get("receipt_sha256")))
            first.setdefault(name, (line, time))
            earliest[name] = min(time, earliest.get(name, time))
    until = _complete_until(vault)
    for (station, name), (line, time) in first.items():
        found = _item(vault.stations.get(station), name)
        if of_what_is_here and found is None:
            continue
        if (station, name) in dropped or (found is not None and _has_receipt(found, named[station, name])):
            continue
        what = "is not here" if found is None else "has no such receipt here"
        since = f"; the vault was restored, complete until {until}" if until is not None and time > milliseconds(until) else ""
        report.find("receipt.missing", line.place, f"{line.facts.get('kind')} {name} of {station} {what}{since}")
    if not of_what_is_here:
        _report_unlogged(vault, named, report)
    _report_misdated(vault, earliest, report)


def _item(station: Station | None, name: str) -> Receipted | None:
    if station is None:
        return None
    return station.recordings.get(name) or station.dockings.get(name) or station.documents.get(name)


def _has_receipt(found: Receipted, digests: Collection[str]) -> bool:
    return found.receipt is not None and found.receipt.sha256 in digests


def _complete_until(vault: Vault) -> str | None:
    """What the newest statement says that the vault was restored to."""
    statements = [each.value for receiver in vault.receivers.values() for each in receiver.restored.values()]
    newest = max(statements, key=lambda each: str(each["restored_at"]), default=None)
    return None if newest is None else str(newest["complete_until"])


def _report_unlogged(vault: Vault, named: Mapping[Named, Collection[str]], report: Report) -> None:
    """A receipt of the time of the tree that no line of it names: a cut may have taken the line."""
    times: dict[str, tuple[int, int]] = {}
    for name, receiver in vault.receivers.items():
        begun = None
        for line, time in receiver.log.timed():
            if begun is None and line.event == "segment-opened" and "log_origin" in line.facts:
                begun = time
            if begun is not None:
                times[name] = (begun, time - HOUR_MS)
    for station in vault.stations.values():
        for each in station.receipted():
            if each.receipt is None or each.receipt.sha256 in named.get((station.name, each.name), ()):
                continue
            begun, ended = times.get(str(each.receipt.value["receiver"]), (0, 0))
            if begun < milliseconds(each.receipt.value["received_at"]) < ended:
                report.note("receipt.unlogged", each.receipt.place, "is in no entry 'receipt' of the store's log")


def _report_misdated(vault: Vault, earliest: Mapping[Named, int], report: Report) -> None:
    """What the log names long after the time that its receipt says (SPEC 10.3.40), but for what a store had before it knew trees."""
    begins: list[int] = []
    for receiver in vault.receivers.values():
        lines = list(receiver.log.timed())
        trees = (at for at, (line, _) in enumerate(lines) if line.event == "segment-opened" and "log_origin" in line.facts)
        if (first := next(trees, 0)) > 0:
            begins.append(lines[first][1])

    def judge(name: Named, received_at: str, place: str) -> None:
        entered, received = earliest.get(name), milliseconds(received_at)
        if entered is not None and entered > received + DAY_MS and not any(received < begun for begun in begins):
            report.leave_open("receipt.misdated", place, f"says {received_at}, more than a day before the store's log names it")

    for station in vault.stations.values():
        for each in station.receipted():
            if each.receipt is not None:
                judge((station.name, each.name), str(each.receipt.value["received_at"]), each.receipt.place)
    for receiver in vault.receivers.values():
        for line in receiver.log.of("documents-dropped"):
            facts = line.facts
            if not fits(STORE_EVENTS[line.event], facts):
                continue  # which is a finding of its own
            judge((str(facts.get("station")), str(facts.get("recording"))), str(facts["received_at"]), line.place)


def check_heads(vault: Vault, dropped: Mapping[str, int], report: Report, *, of_what_is_here: bool = False) -> None:
    """`dropped`: segments that drops that count let go, with the time of the drop."""
    for receiver in vault.receivers.values():
        for line, time in receiver.log.timed():
            if line.event != "head":
                continue
            station, name = vault.stations.get(str(line.facts.get("station"))), str(line.facts.get("segment"))
            segment = station.log.by_name.get(name) if station is not None else None
            sequence = line.facts.get("sequence")
            entry = segment.line(sequence) if segment is not None and isinstance(sequence, int) else None
            if entry is not None and entry.sha256 == line.facts.get("sha256"):
                continue
            if segment is None and of_what_is_here:
                continue
            if segment is None and dropped.get(name, -1) >= time:
                continue
            text = f"the log of {line.facts.get('station')} has not entry {sequence} of segment {name}, which the vault held"
            report.find("log.tail-missing", line.place, text)
