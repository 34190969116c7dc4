"""Corrected capture times against the dockings that they were computed from (SPEC 9.5), as far as documents show it.

The resolution of a camera's file times stands in no document: it only widens an interval, equally at both ends, and that is what is held here.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from dockings import Docking
from evidence import Recording, Station
from findings import Report
from instants import milliseconds

# A station's clock may have been stepped by so much in a docking, and what was measured still counts (9.3.2).
_STEP_MS = 1000


@dataclass(frozen=True)
class _Between:
    """From `least` to `most` milliseconds: an instant, or what a camera's clock was off by."""

    least: int
    most: int


def check_capture_times(station: Station, wholes: dict[str, Docking], report: Report, *, in_part: bool = False) -> None:
    """Compares each corrected interval with the docking it was sealed in and the one before.

    `in_part`: a change of the station's keys may be elsewhere, as in a kit.
    """
    by_digest = {docking.last_sha256: docking for docking in wholes.values()}
    new_keys = {line.facts.get("new_key_id") for line in station.log.of("key-changed")}
    new_keys.update(change.new.key_id for change in station.key_changes)
    if len({docking.key_id for docking in wholes.values()}) > 1:
        new_keys.update(docking.key_id for docking in wholes.values())
    for recording in station.recordings.values():
        value = recording.value
        docking = wholes.get(value["docking"]) if value is not None else None
        if value is None or docking is None or value["capture"]["basis"] == "clock-unmeasured":
            continue
        named = docking.value["previous_docking_sha256"]
        previous = by_digest.get(named)
        if in_part and named is None:
            continue
        if _is_judged(docking, previous, new_keys) and _stored(value, docking):
            _check(recording, value, docking, previous, report)


def _is_judged(docking: Docking, previous: Docking | None, new_keys: Container[str | None]) -> bool:
    """Whether the records show surely what the station knew of the two dockings (SPEC 9.5.2)."""
    value = docking.value
    if value["ended"] == "cut-off" or value["ended_at"] is None or value["ended_at"] < value["docked_at"]:
        return False
    if value["previous_docking_sha256"] is None:
        return docking.key_id not in new_keys
    if previous is None or previous.value["ended"] == "cut-off" or previous.value["ended_at"] is None:
        return False
    return previous.value["ended_at"] <= value["docked_at"]


def _stored(manifest: dict[str, Any], docking: Docking) -> list[dict[str, Any]]:
    """Entries by which the recording was stored."""
    return [each for each in docking.entries if each["recording"] == manifest["recording"] and each["fate"] == "stored"]


def _check(
    recording: Recording, manifest: dict[str, Any], docking: Docking, previous: Docking | None, report: Report
) -> None:
    capture = manifest["capture"]
    place = f"{recording.place}/manifest.json"
    begins, ends = _begins(previous), _ends(manifest, docking)
    earliest, latest = _instant(capture["earliest_at"]), _instant(capture["latest_at"])
    if earliest is None or latest is None:
        report.find("capture.open", place, "has a corrected interval without an end")
        return
    if capture["basis"] == "docking-interval":
        if earliest != begins or ends is None or not ends.least <= latest <= ends.most:
            report.find("capture.bounds", place, "is not the interval between the dockings that its basis names")
        return
    if ends is not None and latest > ends.most or begins is not None and earliest < begins:
        report.find("capture.bounds", place, "was captured outside of the dockings that bound it")
    _check_measured(manifest, docking, previous, (begins, ends), place, report)


def _instant(text: str | None) -> int | None:
    return milliseconds(text) if text is not None else None


def _begins(previous: Docking | None) -> int | None:
    """End of the camera's docking before, where the station's clock was not wrong then."""
    if previous is None or previous.value["ended_at"] is None or not _clock_counts(previous):
        return None
    return milliseconds(previous.value["ended_at"])


def _ends(manifest: dict[str, Any], docking: Docking) -> _Between | None:
    """When the listing ended that showed the file first: known for the first listing, bounded for the others."""
    if not _clock_counts(docking):
        return None
    inventory = docking.value["inventory"]
    docked = docking.value["docked_at"]
    taken = milliseconds(max(docked, inventory["taken_at"] if inventory is not None else docked))
    if inventory is not None and not _is_later(manifest, docking):
        return _Between(taken, taken)
    return _Between(taken - _STEP_MS, max(taken, milliseconds(manifest["sealed_at"]) + _STEP_MS))


def _is_later(manifest: dict[str, Any], docking: Docking) -> bool:
    """Whether only a later listing than the first one showed the file as it was sealed."""
    return all(entry["later"] for entry in _stored(manifest, docking))


def _clock_counts(docking: Docking) -> bool:
    return docking.value["clock_synchronised"] is not False


def _check_measured(
    manifest: dict[str, Any],
    docking: Docking,
    previous: Docking | None,
    bounds: tuple[int | None, _Between | None],
    place: str,
    report: Report,
) -> None:
    claimed, offsets = _instant(manifest["original"]["modified_at"]), _offsets(docking, previous)
    later = _left(docking) if offsets and _is_later(manifest, docking) else []
    if claimed is None or not offsets:
        report.find("capture.unmeasured", place, "says that a clock was measured, and the docking records do not")
        return
    span = (milliseconds(manifest["capture"]["earliest_at"]), milliseconds(manifest["capture"]["latest_at"]))
    cut = (span[0] == bounds[0], bounds[1] is not None and bounds[1].least <= span[1] <= bounds[1].most)
    if not any(_is_made_of(span, cut, claimed, each) for each in (offsets, [*offsets, *later])):
        report.find(
            "capture.measured", place, "is not what the measured offsets of the camera's clock make of its claim"
        )


def _is_made_of(span: tuple[int, int], cut: tuple[bool, bool], claimed: int, offsets: list[_Between]) -> bool:
    wider_before = claimed - max(each.most for each in offsets) - span[0]
    wider_behind = span[1] - (claimed - min(each.least for each in offsets))
    too_narrow = (wider_before < 0 and not cut[0]) or (wider_behind < 0 and not cut[1])
    return not too_narrow and (True in cut or wider_before == wider_behind)


def _left(docking: Docking) -> list[_Between]:
    """What was left once the clock was set in this docking: files of later listings may have their times from either."""
    clock = docking.value["camera_clock"]
    return [_offset(clock["set"])] if clock is not None and clock["set"] is not None else []


def _offsets(docking: Docking, previous: Docking | None) -> list[_Between]:
    """The offset of this docking before setting; with it the one that was left at the end of the docking before."""
    clock = docking.value["camera_clock"]
    if clock is None or not _clock_counts(docking):
        return []
    found = [_offset(clock)]
    before = previous.value["camera_clock"] if previous is not None and _clock_counts(previous) else None
    if before is not None:
        found.append(_offset(before["set"] or before))
    return found


def _offset(measured: dict[str, Any]) -> _Between:
    offset, uncertainty = measured["offset_ms"], measured["uncertainty_ms"]
    return _Between(offset - uncertainty, offset + uncertainty)
