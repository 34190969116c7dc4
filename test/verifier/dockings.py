"""Docking records as wholes (SPEC 4.6): all parts, what the log says of the docking, the inventory, and what became of each entry."""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from document_shapes import DOCKING_ENTRIES_MAX
from evidence import Receipted, Recording, Station
from findings import Report

# Fields that may differ between the parts of one record.
_OWN_FIELDS = {"record", "part", "previous_docking_sha256", "entries"}


@dataclass(frozen=True)
class Docking:
    """A docking whose record is whole. `parts` are in order."""

    value: dict[str, Any]
    parts: tuple[Receipted, ...]

    @property
    def place(self) -> str:
        """Where its first part lies."""
        return self.parts[0].place

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Entries of all parts."""
        return [entry for part in self.parts if part.value is not None for entry in part.value["entries"]]

    @property
    def key_id(self) -> str | None:
        """The key that signed its first part; None where no signature holds."""
        document = self.parts[0].document
        return document.key_id if document is not None else None

    @property
    def last_sha256(self) -> str:
        """Digest of its last part: what the next docking names."""
        document = self.parts[-1].document
        return document.sha256 if document is not None else ""


def whole_dockings(station: Station, dropped: set[str], report: Report) -> dict[str, Docking]:
    """Joins parts to records, by docking. A part that is missing is a finding, unless it waits at the station or the store let it go.

    `dropped`: ids of recordings and docking records whose documents the store let go.
    """
    grouped: dict[str, list[Receipted]] = defaultdict(list)
    for part in station.dockings.values():
        if part.value is not None:
            grouped[part.value["docking"]].append(part)
    recorded: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for line in station.log.of("docking-recorded"):
        recorded[line.facts.get("docking")].append(line.facts)
    receipted = {line.facts.get("recording") for line in station.log.of("receipted")}
    # Once the log of that time went as well, nothing tells which part a record that was dropped had been.
    untold = not station.log.from_the_start and bool(dropped)
    wholes: dict[str, Docking] = {}
    for docking, parts in grouped.items():
        parts.sort(key=lambda part: (part.value or {})["part"])
        waiting = {each.get("part", 0) for each in recorded[docking] if each.get("record") not in receipted}
        gone = {each.get("part", 0) for each in recorded[docking] if each.get("record") in dropped}
        if _check_parts(parts, waiting, gone, report, untold=untold):
            wholes[docking] = Docking(parts[0].value or {}, tuple(parts))
    return wholes


def _check_parts(parts: list[Receipted], waiting: set[int], gone: set[int], report: Report, *, untold: bool) -> bool:
    values = [part.value for part in parts if part.value is not None]
    if any(_shared(value) != _shared(values[0]) for value in values[1:]):
        report.find("docking.parts-differ", parts[0].place, "has parts that do not say the same of the docking")
        return False
    numbers = [value["part"] for value in values]
    expected = list(range(1, values[0]["parts"] + 1))
    if numbers == expected:
        return _check_order(parts, report)
    if len(set(numbers)) != len(numbers):
        report.find("docking.part-doubled", parts[0].place, f"has parts {numbers} of {values[0]['parts']}")
        return False
    missing = sorted(set(expected) - set(numbers))
    if set(missing) <= waiting:
        report.note("docking.part-waiting", parts[0].place, f"parts {missing} wait at the station")
    elif set(missing) <= gone or untold:
        report.note("docking.part-dropped", parts[0].place, f"parts {missing} were let go by the store")
    else:
        report.find("docking.part-missing", parts[0].place, f"parts {missing} of {values[0]['parts']} are not here")
    return False


def _shared(value: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name not in _OWN_FIELDS}


def _check_order(parts: list[Receipted], report: Report) -> bool:
    good = True
    for before, after in zip(parts, parts[1:], strict=False):
        previous = (after.value or {}).get("previous_docking_sha256")
        if before.document is None or previous != before.document.sha256:
            report.find("docking.part-chain", after.place, "does not follow the part before it")
            good = False
    return good


def check_dockings(station: Station, wholes: dict[str, Docking], dropped: set[str], report: Report) -> None:
    """Everything about whole records."""
    known: dict[Any, set[str]] = defaultdict(set)
    for line in station.log.of("spooled", "receipted"):
        known[line.facts.get("recording")].add(line.event)
    for docking in wholes.values():
        _check_inventory(docking, report)
        for entry in docking.entries:
            _check_entry(entry, docking, station, known, dropped, report)
    _check_manifests(station, wholes, report)


def _check_inventory(docking: Docking, report: Report) -> None:
    value, entries = docking.value, docking.entries
    listed = [entry for entry in entries if not entry["later"]]
    if len(entries) - len(listed) != value["later"] and not is_full(docking):
        report.find(
            "docking.later",
            docking.place,
            f"lists {len(entries) - len(listed)} later entries and says {value['later']}",
        )
    inventory = value["inventory"]
    if inventory is None:
        return
    if len(listed) != inventory["entries"]:
        report.find("docking.entries", docking.place, f"lists {len(listed)} entries and says {inventory['entries']}")
    size = sum(entry["size_bytes"] or 0 for entry in listed)
    if size != inventory["bytes"]:
        report.find("docking.bytes", docking.place, f"lists {size} bytes and says {inventory['bytes']}")
    if inventory_sha256(listed) != inventory["sha256"]:
        report.find("docking.inventory", docking.place, "lists entries that do not have the digest of its inventory")


def is_full(docking: Docking) -> bool:
    """Whether later entries had no place in the record: then it only counts them."""
    entries = docking.entries
    later = sum(entry["later"] for entry in entries)
    return len(entries) >= DOCKING_ENTRIES_MAX and docking.value["later"] > later


def inventory_sha256(entries: list[dict[str, Any]]) -> str:
    """Digest of a listing (SPEC 4.3, event `inventory`)."""
    digest = sha256()
    for entry in entries:
        claimed = entry["modified_at"] or "-"
        digest.update(f"{entry['path_sha256']} {entry['size_bytes']} {claimed}\n".encode("ascii"))
    return digest.hexdigest()


def _check_entry(
    entry: dict[str, Any], docking: Docking, station: Station, known: dict[Any, set[str]], dropped: set[str], report: Report
) -> None:
    name = entry["recording"]
    if name is None:
        return
    recording = station.recordings.get(name)
    if recording is None:
        if name not in dropped:
            _tell_missing(name, docking, known.get(name, set()), report)
        return
    value = recording.value
    if value is not None and _differs(entry, value, docking):
        report.find("docking.other-recording", docking.place, f"says of {name} what its manifest does not")
    if entry["erased"] is not False and recording.receipt is None:
        report.find("docking.erased", docking.place, f"{name} was erased from its camera, or may be, and has no receipt")


def _tell_missing(name: str, docking: Docking, events: set[str], report: Report) -> None:
    if "receipted" in events:
        return  # a finding or an explained one already: the log is asked for all that it calls receipted
    if "spooled" in events:
        report.note("docking.recording-waiting", docking.place, f"recording {name} waits at the station")
    else:
        report.find(
            "docking.recording-missing", docking.place, f"recording {name} is not here, and the log does not know it"
        )


def _differs(entry: dict[str, Any], manifest: dict[str, Any], docking: Docking) -> bool:
    same = (
        manifest["camera"]["id"] == docking.value["camera"]["id"]
        and manifest["source"]["path_sha256"] == entry["path_sha256"]
        and manifest["original"]["size_bytes"] == entry["size_bytes"]
    )
    if entry["fate"] == "matched":
        return not same
    rejected = manifest["rejected"]["reason"] if manifest["rejected"] is not None else None
    modified_at = manifest["original"]["modified_at"]
    if docking.value["ended"] == "cut-off" and entry["later"] and entry["modified_at"] is None:
        modified_at = None  # the record was made of the log, which does not hold it
    expected = (
        docking.value["docking"],
        docking.value["bay"],
        entry["modified_at"],
        entry["reason"],
    )
    found = (
        manifest["docking"],
        manifest["bay"],
        modified_at,
        rejected,
    )
    return not same or expected != found


def _check_manifests(station: Station, wholes: dict[str, Docking], report: Report) -> None:
    """What was sealed in a docking is stored by an entry of its record, unless it was replaced (SPEC 4.6.16)."""
    replaced = {
        name for each in station.recordings.values() if each.value is not None for name in each.value["supersedes"]
    }
    stored = {name: {entry["recording"] for entry in docking.entries if entry["fate"] == "stored"} for name, docking in wholes.items()}
    for name, recording in station.recordings.items():
        docking = recording.value["docking"] if recording.value is not None else None
        if docking in stored and name not in stored[docking] and name not in replaced:
            report.find(
                "docking.unlisted",
                _manifest_place(recording),
                f"was sealed in docking {docking}, whose record does not list it",
            )


def _manifest_place(recording: Recording) -> str:
    return f"{recording.place}/manifest.json"
