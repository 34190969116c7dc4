"""A kit (SPEC 4.13): recordings and docking records side by side, and key documents. What is not in it is no fault; what is in it holds alone and together."""

from pathlib import Path
from typing import Any

import canonical_json
from age_file import AgeTool
from chains import check_chain, docking_links, manifest_links
from custody_log import CustodyLog
from dockings import check_dockings, whole_dockings
from evidence import Receipted, Station, Vault
from findings import Report
from key_changes import check_ways
from key_documents import check_names, read_changes, read_revocations
from key_succession import KnownKeys
from recording_folder import is_docking, read_docking, read_recording
from retention import check_record
from revocations import check_revocations
from safe_files import FileFault, is_folder, names_in, read_small
from shapes import RANDOM_ID, RECEIVER_ID, STATION_ID, fits
from signed_document import DOCUMENT_BYTES_MAX
from trusted_keys import TrustedKeys

_FOLDERS = ("keys", "log", "orders", "witness")
_FINDINGS = "FINDINGS.txt"


def is_kit(root: Path) -> bool:
    """Whether it is a folder of recordings and none of a vault whose id file was taken away."""
    names = dict(names_in(root))
    if "vault.json" in names or not any(fits(RANDOM_ID, name) for name in names):
        return False
    keepers = [name for name in names if name not in _FOLDERS and (fits(STATION_ID, name) or fits(RECEIVER_ID, name))]
    return not any(is_folder(root / name / "custody") for name in keepers)


class KitReader:
    """Reads and judges one kit."""

    def __init__(self, root: Path, by_hand: TrustedKeys, age: AgeTool | None, report: Report) -> None:
        self._root = root
        self._keys = KnownKeys(by_hand)
        self._age = age
        self._report = report
        self._revocations: dict[str, Any] = {}

    def judge(self) -> Vault:
        """Everything that can be said of it."""
        self._read_keys()
        vault = Vault(None)
        for name, kind in names_in(self._root):
            if kind == "folder" and fits(RANDOM_ID, name):
                self._read_folder(name, vault)
            elif name == _FINDINGS:
                self._report.find("kit.findings", name, "the kit was made in spite of findings in its vault")
        for station in vault.stations.values():
            self._check(station)
        return vault

    def _read_keys(self) -> None:
        folder, changes = self._root / "keys", {}
        holders = [name for name, kind in names_in(folder) if kind == "folder"]
        for name in holders:
            check_names(folder / name, f"keys/{name}", self._report, of_station=not fits(RECEIVER_ID, name))
            changes[name] = read_changes(folder / name, f"keys/{name}", name, self._report)
        self._keys.follow_stores(each for name in holders if fits(RECEIVER_ID, name) for each in changes[name])
        for name in (each for each in holders if fits(STATION_ID, each)):
            place = f"keys/{name}"
            found = read_revocations(folder / name, place, name, self._keys.store, self._report)
            self._revocations[name] = found
            self._keys.follow_station(changes[name], found)
        everybody = [each for own in changes.values() for each in own]
        check_ways(everybody, self._keys, self._report)
        for each in everybody:
            is_store = fits(RECEIVER_ID, each.holder)
            if each.is_planned and each.old not in self._keys.of(each.holder, is_store=is_store):
                self._report.find("key-change.unknown-key", each.document.place, "is away from a key that does not count")

    def _read_folder(self, name: str, vault: Vault) -> None:
        folder = self._root / name
        document = "docking.json" if is_docking(folder) else "manifest.json"
        owner = _station_in(folder / document)
        station = vault.stations.setdefault(owner, Station(owner, ".", CustodyLog("log")))
        station.revocations = self._revocations.get(owner, {})
        if is_docking(folder):
            station.dockings[name] = read_docking(folder, name, owner, self._keys, self._report)
        else:
            station.recordings[name] = read_recording(folder, name, owner, self._keys, self._age, self._report)

    def _check(self, station: Station) -> None:
        check_revocations(station, self._report)
        for recording in station.recordings.values():
            if recording.deletion is not None:
                check_record(recording, recording.deletion.value, None, self._report)
        for area, links in (("chain", manifest_links(station)), ("docking-chain", docking_links(station))):
            elsewhere = {link.previous: "it is not in the kit" for link in links if link.previous is not None}
            check_chain(area, links, elsewhere, self._report)
        elsewhere = _named(station) - station.recordings.keys()
        check_dockings(station, whole_dockings(station, elsewhere, Report()), elsewhere, self._report)


def _named(station: Station) -> set[str]:
    """Recordings that docking records of the kit name."""
    parts: list[Receipted] = list(station.dockings.values())
    return {
        entry["recording"]
        for part in parts
        if part.value is not None
        for entry in part.value["entries"]
        if entry["recording"] is not None
    }


def _station_in(path: Path) -> str:
    """Whose document it says that it is; nothing is believed of it before its signature holds with a key of that station."""
    try:
        value = canonical_json.parse(read_small(path, DOCUMENT_BYTES_MAX))
    except (FileFault, canonical_json.NotCanonical):
        return ""
    said = value.get("station") if isinstance(value, dict) else None
    return said if isinstance(said, str) and fits(STATION_ID, said) else ""
