"""Stays (SPEC 4.6): dockings of one camera in one bay from plug to unplug, which follow each other in the camera's chain."""

from typing import Any

from dockings import Docking
from evidence import Receipted, Station
from findings import Report

# How a docking may have ended behind which the camera stayed.
_GOES_ON = ("continued", "stopped", "cut-off")
# So many records of other bays are looked through between two dockings of a stay.
_BETWEEN_MAX = 1000


def stay_of(value: dict[str, Any]) -> object:
    """The stay of a docking record: in version 1 each docking is its own."""
    return value.get("stay", value["docking"])


def check_stays(station: Station, wholes: dict[str, Docking], report: Report) -> None:
    """Names each docking that says it is of a stay to which it cannot belong."""
    by_digest = {part.document.sha256: part for part in station.dockings.values() if part.document is not None}
    firsts = {docking.parts[0].value["docking"]: docking.parts[0] for docking in wholes.values() if docking.parts[0].value}
    for part in station.dockings.values():
        value = part.value
        if value is None or value["part"] != 1 or stay_of(value) == value["docking"]:
            continue
        why = _not_of(value, firsts.get(value["stay"])) or _not_behind(part, by_digest)
        if why is not None:
            report.find("docking.stay", part.place, f"names stay {value['stay']}, {why}")
    _check_logged(station, wholes, report)


def _place_of(value: dict[str, Any]) -> tuple[object, ...]:
    camera = value["camera"]
    return value["station"], value["bay"], camera["id"] if isinstance(camera, dict) else None


def _not_of(value: dict[str, Any], first: Receipted | None) -> str | None:
    """Against the docking by which the stay is named."""
    if first is None or first.value is None:
        return None
    if stay_of(first.value) != first.value["docking"]:
        return f"and {first.place} is of another one itself"
    if value["stay_docked_at"] not in (None, first.value["docked_at"]):
        return f"which began at another time than {first.place}"
    if _place_of(first.value) != _place_of(value):
        return f"and {first.place} is of another camera or bay"
    return None


def _not_behind(part: Receipted, by_digest: dict[str, Receipted]) -> str | None:
    """Against the chain, as far as it is here."""
    value = part.value or {}
    if value["ended"] == "cut-off":
        return None
    previous = value["previous_docking_sha256"]
    for _ in range(_BETWEEN_MAX):
        if previous is None:
            return "and no docking of it comes before"
        before = by_digest.get(previous)
        if before is None or before.value is None or _chain(before) != _chain(part):
            return None  # the chain itself says so
        if stay_of(before.value) == value["stay"]:
            if before.value["ended"] not in _GOES_ON:
                return f"which ended with {before.place}"
            if _other_plug(before.value, value):
                return f"and {before.place} is of another plug"
            return None if _place_of(before.value) == _place_of(value) else f"and {before.place} is of another bay"
        if before.value["bay"] == value["bay"]:
            return f"and {before.place} comes between"
        previous = before.value["previous_docking_sha256"]
    return None


def _other_plug(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Within one boot the transport tells plugs apart."""
    plugs = one.get("plug"), other.get("plug")
    return None not in plugs and plugs[0]["boot"] == plugs[1]["boot"] and plugs[0] != plugs[1]


def _chain(part: Receipted) -> tuple[object, ...]:
    document = part.document
    return (document.key_id, document.value["camera"]["id"]) if document is not None else ()


def _check_logged(station: Station, wholes: dict[str, Docking], report: Report) -> None:
    for line in station.log.of("docked"):
        docking = wholes.get(str(line.facts.get("docking")))
        if docking is not None and line.facts.get("stay", line.facts["docking"]) != stay_of(docking.value):
            report.find("docking.other-stay", docking.place, f"is of another stay than {line.place} says")
