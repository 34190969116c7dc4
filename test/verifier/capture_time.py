"""Corrected capture times against the dockings that they were computed from (SPEC 9.3, 9.4), as far as documents show it.

The resolution of a camera's file times stands in no document: it only widens an interval, equally at both ends, and that is what is held here.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from dockings import Docking
from evidence import Recording, Station
from findings import Report
from instants import milliseconds


@dataclass(frozen=True)
class _Between:
    """From `least` to `most` milliseconds: an instant, or what a camera's clock was off by."""

    least: int
    most: int


def check_capture_times(station: Station, wholes: dict[str, Docking], report: Report) -> None:
    """Compares each corrected interval with the docking it was sealed in and the one before."""
    by_digest = {docking.last_sha256: docking for docking in wholes.values()}
    new_keys = {line.facts.get("new_key_id") for line in station.log.of("key-changed")}
    new_keys.update(change.new.key_id for change in station.key_changes)
    for recording in station.recordings.values():
        value = recording.value
        docking = wholes.get(value["docking"]) if value is not None else None
        if value is None or docking is None or value["capture"]["basis"] == "clock-unmeasured":
            continue
        named = docking.value["previous_docking_sha256"]
        previous: Docking | None = _latest_before(docking, wholes) if named is None else by_digest.get(named)
        if named is None or previous is not None:  # else a gap, reported as such: nothing can be computed without it
            is_exact = named is not None or not _begins_chain_of_new_key(docking, previous, new_keys)
            _check(recording, value, docking, previous, report, is_exact=is_exact)


def _begins_chain_of_new_key(docking: Docking, previous: Docking | None, new_keys: Container[str | None]) -> bool:
    """Whether a docking names none before it because the station's key changed: an earlier key may have signed one that is not here."""
    return docking.key_id in new_keys if previous is None else docking.key_id != previous.key_id


def _latest_before(docking: Docking, wholes: dict[str, Docking]) -> Docking | None:
    """A new station key begins a new chain; the camera's docking before is still the one before."""
    camera, docked = docking.value["camera"]["id"], milliseconds(docking.value["docked_at"])
    before = [
        (milliseconds(each.value["docked_at"]), name)
        for name, each in wholes.items()
        if each.value["camera"]["id"] == camera and milliseconds(each.value["docked_at"]) < docked
    ]
    return wholes[max(before)[1]] if before else None


def _check(
    recording: Recording,
    manifest: dict[str, Any],
    docking: Docking,
    previous: Docking | None,
    report: Report,
    *,
    is_exact: bool,
) -> None:
    capture = manifest["capture"]
    place = f"{recording.place}/manifest.json"
    begins, ends = _begins(previous), _ends(manifest, docking)
    earliest, latest = _instant(capture["earliest_at"]), _instant(capture["latest_at"])
    if earliest is None or latest is None:
        report.find("capture.open", place, "has a corrected interval without an end")
        return
    if capture["basis"] == "docking-interval":
        # By a new key the docking names none before it: a later one than is here may bound it.
        wrong = earliest != begins if is_exact else begins is not None and earliest < begins
        if wrong or ends is None or not ends.least <= latest <= ends.most:
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
    taken = milliseconds(inventory["taken_at"] if inventory is not None else docking.value["docked_at"])
    if inventory is not None and not _is_later(manifest, docking):
        return _Between(taken, taken)
    return _Between(taken, milliseconds(manifest["sealed_at"]))


def _is_later(manifest: dict[str, Any], docking: Docking) -> bool:
    """Whether only a later listing than the first one showed the file as it was sealed."""
    sealed = [entry["later"] for entry in docking.entries if entry["recording"] == manifest["recording"]]
    return all(sealed)


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
