"""What a station's log says of a docking against the record of it (SPEC 4.3, 4.6)."""

from collections import defaultdict
from typing import Any

from dockings import Docking, is_full
from evidence import Station
from findings import Report


def check_docking_log(station: Station, wholes: dict[str, Docking], report: Report) -> None:
    """What the log says of a docking must be what its record says."""
    events: dict[str, list[tuple[str, dict[str, Any], str]]] = defaultdict(list)
    for line in station.log.lines():
        if isinstance(line.facts.get("docking"), str):
            events[line.facts["docking"]].append((line.event, line.facts, line.place))
    for name, docking in wholes.items():
        _compare(docking, events.get(name, []), report)
        _check_joined(docking, station, events.get(name, []), report)
    _check_unrecorded(station, report)
    _tell_never_docked(station, report)


def _tell_never_docked(station: Station, report: Report) -> None:
    """A camera that was taken out of use and of which a log, held from its beginning, names no docking (4.3.5)."""
    if not station.log.from_the_start:
        return
    docked = {line.facts.get("camera") for line in station.log.of("docked")}
    strange = {line.facts["camera"]: line.place for line in station.log.of("camera-retired")}
    for camera, place in strange.items():
        if camera not in docked:
            report.note("custody.retired-unknown", place, f"takes camera {camera} out of use, which never docked here")


def _compare(docking: Docking, events: list[tuple[str, dict[str, Any], str]], report: Report) -> None:
    value = docking.value
    first_inventory, has_no_place = True, is_full(docking)
    listed = {(entry["path_sha256"], entry["size_bytes"]) for entry in docking.entries}
    logged_erased: set[str] = set()
    logged_open: set[str] = set()
    for event, facts, place in events:
        if event == "docked" and (facts.get("bay"), facts.get("camera")) != (value["bay"], value["camera"]["id"]):
            report.find("docking.other-camera", docking.place, f"is of another bay or camera than {place} says")
        elif event == "inventory" and first_inventory:
            first_inventory = False
            _compare_inventory(docking, facts, place, report)
        elif event == "seen" and not has_no_place and (facts.get("path_sha256"), facts.get("size_bytes")) not in listed:
            report.find("docking.entry-missing", docking.place, f"does not list what {place} saw")
        elif event in ("camera-clock", "camera-clock-set"):
            _compare_clock(docking, event, facts, place, report)
        elif event in ("erasing", "erasure-unconfirmed"):
            logged_open.add(facts.get("recording", ""))
        elif event in ("erased", "not-erased"):
            logged_open.discard(facts.get("recording", ""))
            if event == "erased":
                logged_erased.add(facts.get("recording", ""))
    if any(event == "docked" for event, _, _ in events):
        _compare_erasures(docking, logged_erased, logged_open, report)


def _check_joined(
    docking: Docking, station: Station, events: list[tuple[str, dict[str, Any], str]], report: Report
) -> None:
    """What was read in several dockings is compared as a whole before its file may go (SPEC 18.4)."""
    stored = {entry["recording"] for entry in docking.entries if entry["fate"] == "stored"}
    known = {name: station.recordings[name].value for name in stored if name in station.recordings}
    joined = {name for name, value in known.items() if value is not None and "joints" in value}
    compared: set[Any] = set()
    for event, facts, place in events:
        name = facts.get("recording")
        if event == "matched":
            compared.add(name)
        elif event == "erasing" and name in joined and name not in compared:
            report.find("docking.erased-uncompared", place, f"{name} was read in several dockings and not compared")


def _compare_erasures(docking: Docking, logged_erased: set[str], logged_open: set[str], report: Report) -> None:
    """True, false or null (4.6); version 1 has no word for what nobody could see."""
    said: dict[bool | None, set[str]] = {True: set(), False: set(), None: set()}
    for entry in docking.entries:
        if entry["recording"] is not None:
            said[entry["erased"]].add(entry["recording"])
    wrong = (said[True] - logged_erased) | (said[None] - logged_open)
    if docking.value["version"] > 1:
        # A file that came back after its erasure, and known again, is another state of it.
        put_back = {each["recording"] for each in docking.entries if each["later"] and each["fate"] == "matched"}
        wrong |= said[False] & (logged_open | (logged_erased - put_back))
    for name in sorted(wrong):
        report.find("docking.erased-unlogged", docking.place, f"says of the erasure of {name} what the log does not")


def _compare_inventory(docking: Docking, facts: dict[str, Any], place: str, report: Report) -> None:
    inventory = docking.value["inventory"]
    fields = ("entries", "bytes", "sha256")
    if inventory is None and docking.value["ended"] == "cut-off":
        return  # its journal is gone (SPEC 4.6)
    if inventory is None or any(inventory[name] != facts.get(name) for name in fields):
        report.find("docking.other-inventory", docking.place, f"has another inventory than {place} says")


def _compare_clock(docking: Docking, event: str, facts: dict[str, Any], place: str, report: Report) -> None:
    clock = docking.value["camera_clock"]
    said = clock if event == "camera-clock" or clock is None else clock["set"]
    if said is None or any(said[name] != facts.get(name) for name in ("offset_ms", "uncertainty_ms")):
        report.find("docking.other-clock", docking.place, f"says another camera clock than {place}")


def _check_unrecorded(station: Station, report: Report) -> None:
    """A docking is over at the latest when the next one in its bay is recorded; then it has a record of its own."""
    recorded = {line.facts.get("docking") for line in station.log.of("docking-recorded")}
    open_dockings: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in station.log.of("docked"):
        open_dockings[str(line.facts.get("bay"))].append((str(line.facts.get("docking")), line.place))
    for dockings in open_dockings.values():
        last = max((at for at, (docking, _) in enumerate(dockings) if docking in recorded), default=0)
        for docking, place in dockings[:last]:
            if docking not in recorded:
                report.find("docking.unrecorded", place, f"docking {docking} is over and was never recorded")
