"""A kit (SPEC 4.13.5): a part of a vault that was handed out, judged with the reader's keys. What of the vault is not in it is no fault."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import canonical_json
from age_file import AgeTool
from announced import Announced
from capture_time import check_capture_times
from chains import check_chain, docking_links, manifest_links
from custody_facts import check_custody_facts
from custody_log import CustodyLog, check_gaps, read_custody_log
from custody_segment import Holder, Segment
from docking_log import check_docking_log
from dockings import check_dockings, whole_dockings
from evidence import Keeper, Receipted, Receiver, Station, Vault
from findings import Report
from key_changes import check_changes, check_old_keys, check_ways
from key_documents import check_names, read_changes, read_revocations
from key_succession import KnownKeys
from kit_proofs import check_proofs
from orders import Orders, read_order
from policies import check_policies_of_kit, read_policies
from received import check_heads, check_received
from recording_folder import is_docking, read_docking, read_recording
from retention import StoreLogs, check_deletions, check_documents_of_deletions
from revocations import check_revocations
from safe_files import FileFault, is_folder, names_in, read_small
from shapes import RANDOM_ID, RECEIVER_ID, STATION_ID, fits
from signed_document import DOCUMENT_BYTES_MAX
from stays import check_stays
from store_log import check_orders_logged, check_revocations_logged, check_store_log, named_by_stations
from trusted_keys import TrustedKeys
from vault_folder import check_receipts

_FOLDERS = ("keys", "log", "orders", "policies", "proofs", "witness")
_FINDINGS = "FINDINGS.txt"
_HEAD = ".head.json"
# What is only found where something of the vault is not in the kit: no fault there.
_ELSEWHERE = {
    "custody.gap",
    "deletion.unlogged",
    "docking.missing",
    "document.missing",
    "document.waiting",
    "docking.part-missing",
    "docking.unrecorded",
    "docking.waiting",
    "receipt.head-segment",
    "recording.missing",
    "recording.waiting",
    "store-log.order-unlogged",
    "store-log.revocation-unlogged",
}


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
        self._changes: dict[str, Any] = {}

    def judge(self, now_ms: int) -> Vault:
        """Everything that can be said of it at that time."""
        self._read_keys()
        policies = read_policies(self._root / "policies", None, self._keys, self._report, of_one_vault=True)
        vault = Vault(None)
        for name, kind in names_in(self._root):
            if kind == "folder" and fits(RANDOM_ID, name):
                self._read_folder(name, vault)
            elif name == _FINDINGS:
                self._report.find("kit.findings", name, "the kit was made in spite of findings in its vault")
        self._read_logs(vault)
        self._read_orders(vault)
        if is_folder(self._root / "witness"):
            self._report.note("witness.old", "witness", "is of 0.1.0; nothing in it is judged")
        check_receipts(vault, self._report)
        check_policies_of_kit(vault, policies, self._report)
        announced = Announced(policies, vault.receivers.values(), in_part=True)
        for station in vault.stations.values():
            self._check_station(station, vault, announced, now_ms)
        for receiver in vault.receivers.values():
            self._check_receiver(receiver, vault)
        check_deleters(vault, self._report)
        self._in_part(lambda report: check_received(vault, set(), report, of_what_is_here=True))
        self._in_part(lambda report: check_heads(vault, {}, report, of_what_is_here=True))
        check_proofs(self._root / "proofs", vault, self._keys, self._report)
        return vault

    def _in_part(self, check: Callable[[Report], object]) -> Any:
        """What a check says, without what only means that something is elsewhere."""
        said = Report()
        result = check(said)
        for each in said.findings:
            if each.code not in _ELSEWHERE:
                self._report.find(each.code, each.place, each.detail)
        for each in said.notes:
            if each.code not in _ELSEWHERE:
                self._report.note(each.code, each.place, each.detail)
        for each in said.unjudged:
            self._report.leave_open(each.code, each.place, each.detail)
        return result

    def _read_keys(self) -> None:
        folder = self._root / "keys"
        holders = [name for name, kind in names_in(folder) if kind == "folder"]
        for name in holders:
            check_names(folder / name, f"keys/{name}", self._report, of_station=not fits(RECEIVER_ID, name))
            self._changes[name] = read_changes(folder / name, f"keys/{name}", name, self._report)
        self._keys.follow_stores(each for name in holders if fits(RECEIVER_ID, name) for each in self._changes[name])
        for name in (each for each in holders if fits(STATION_ID, each)):
            place = f"keys/{name}"
            found = read_revocations(folder / name, place, name, self._keys.store, self._report)
            self._revocations[name] = found
            self._keys.follow_station(self._changes[name], found)
        check_ways([each for own in self._changes.values() for each in own], self._keys, self._report)

    def _station(self, name: str, vault: Vault) -> Station:
        if name not in vault.stations:
            station = Station(name, ".", CustodyLog(f"log/{name}"), self._changes.get(name, []))
            station.revocations = self._revocations.get(name, {})
            vault.stations[name] = station
        return vault.stations[name]

    def _receiver(self, name: str, vault: Vault) -> Receiver:
        if name not in vault.receivers:
            vault.receivers[name] = Receiver(name, ".", CustodyLog(f"log/{name}"), self._changes.get(name, []))
        return vault.receivers[name]

    def _read_folder(self, name: str, vault: Vault) -> None:
        folder = self._root / name
        document = "docking.json" if is_docking(folder) else "manifest.json"
        owner = _station_in(folder / document)
        station = self._station(owner, vault)
        if is_docking(folder):
            station.dockings[name] = read_docking(folder, name, owner, self._keys, self._report)
        else:
            station.recordings[name] = read_recording(folder, name, owner, self._keys, self._age, self._report)

    def _read_logs(self, vault: Vault) -> None:
        for name in self._key_holders(vault):
            is_store = fits(RECEIVER_ID, name)
            self._receiver(name, vault) if is_store else self._station(name, vault)
        for name, kind in names_in(self._root / "log"):
            folder, place, is_store = self._root / "log" / name, f"log/{name}", fits(RECEIVER_ID, name)
            if kind != "folder" or not (is_store or fits(STATION_ID, name)):
                self._report.find("folder.unexpected", place, "does not belong to the logs of a kit")
                continue
            keeper: Keeper = self._receiver(name, vault) if is_store else self._station(name, vault)
            holder = Holder(name, self._keys.of(name, is_store=is_store), is_store=is_store)
            keeper.log = read_custody_log(folder, place, holder, self._report, beside=(_HEAD, f"{_HEAD}.minisig"))
            self._check_heads(keeper.log, folder, place)

    def _key_holders(self, vault: Vault) -> list[str]:
        """Those of which the kit has changes of keys alone."""
        held = vault.stations.keys() | vault.receivers.keys()
        return [name for name in self._changes if name not in held and (fits(RECEIVER_ID, name) or fits(STATION_ID, name))]

    def _check_heads(self, log: CustodyLog, folder: Path, place: str) -> None:
        for name, segment in log.by_name.items():
            head, signature = _last_head(segment)
            for ending, expected in ((_HEAD, head), (f"{_HEAD}.minisig", signature)):
                if _read_text(folder / f"{name}{ending}") != expected:
                    text = "is not of the last checkpoint of its segment"
                    self._report.find("custody.other-head", f"{place}/{name}{ending}", text)
        for name, _ in names_in(folder):
            if _HEAD in name and name.partition(".")[0] not in log.by_name:
                self._report.find("custody.segment-missing", f"{place}/{name}", "is of a segment that is not here")

    def _read_orders(self, vault: Vault) -> None:
        for name, kind in names_in(self._root / "orders"):
            folder, place = self._root / "orders" / name, f"orders/{name}"
            if kind != "folder" or not fits(RANDOM_ID, name):
                self._report.find("folder.unexpected", place, "does not belong to the orders of a kit")
                continue
            station = self._station(_station_in(folder / "order.json"), vault)
            order = read_order(folder, place, station.name, self._keys, self._report)
            if order is not None:
                station.orders[name] = order

    def _check_station(self, station: Station, vault: Vault, announced: Announced, now_ms: int) -> None:
        everybody = [each for own in self._changes.values() for each in own]
        logs = [receiver.log for receiver in vault.receivers.values()]
        said_by_store = StoreLogs(station.name, logs, now_ms, announced)
        check_changes(station, self._keys, everybody, self._report, is_store=False)
        check_old_keys(station, self._report)
        check_revocations(station, self._report)
        self._in_part(lambda report: check_gaps(station.log, report, station.revocations.keys()))
        self._in_part(lambda report: check_revocations_logged(station, vault.receivers.values(), report))
        self._in_part(lambda report: check_custody_facts(station, set(), report, of_what_is_here=True))
        for area, links in (("chain", manifest_links(station)), ("docking-chain", docking_links(station))):
            elsewhere = {link.previous: "it is not in the kit" for link in links if link.previous is not None}
            check_chain(area, links, elsewhere, self._report)
        not_here = _named(station) - station.recordings.keys()
        wholes = self._in_part(lambda report: whole_dockings(station, not_here, report))
        check_dockings(station, wholes, not_here, self._report)
        self._in_part(lambda report: check_docking_log(station, wholes, report))
        check_stays(station, wholes, self._report)
        check_capture_times(station, wholes, self._report, in_part=True)
        orders = Orders(station, logs, announced, in_part=True)
        self._in_part(lambda report: check_deletions(station, vault.vault, orders, said_by_store, report))
        self._in_part(lambda report: check_documents_of_deletions(station, said_by_store, report))
        self._in_part(lambda report: check_orders_logged(station, orders, said_by_store, report))

    def _check_receiver(self, receiver: Receiver, vault: Vault) -> None:
        everybody = [each for own in self._changes.values() for each in own]
        check_changes(receiver, self._keys, everybody, self._report, is_store=True)
        self._in_part(lambda report: check_gaps(receiver.log, report))
        self._in_part(lambda report: check_store_log(receiver, vault, report, of_what_is_here=True))


def check_deleters(vault: Vault, report: Report) -> None:
    """Who has the store's key could hand out a deletion by a receiver that never was: only the whole vault shows more (SPEC 4.13.5.19)."""
    receipted = {each.receipt.value["receiver"] for own in vault.stations.values() for each in own.receipted() if each.receipt is not None}
    known = receipted | named_by_stations(vault)
    for station in vault.stations.values():
        for deletion in (each.deletion for each in station.recordings.values()):
            if deletion is not None and deletion.value["reason"] != "ordered" and deletion.value["receiver"] not in known:
                text = f"is by receiver {deletion.value['receiver']}, which no receipt and no log of a station here names"
                report.leave_open("deletion.receiver-not-known", deletion.place, text)


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


def _last_head(segment: Segment) -> tuple[str | None, str | None]:
    for line in reversed(segment.lines):
        if line.event == "checkpoint":
            return line.facts.get("head"), line.facts.get("signature")
    return None, None


def _read_text(path: Path) -> str | None:
    try:
        return read_small(path, DOCUMENT_BYTES_MAX).decode("utf-8", "surrogateescape")
    except FileFault:
        return None


def _station_in(path: Path) -> str:
    """Whose document it says that it is; nothing is believed of it before its signature holds with a key of that station."""
    try:
        value = canonical_json.parse(read_small(path, DOCUMENT_BYTES_MAX))
    except (FileFault, canonical_json.NotCanonical):
        return ""
    said = value.get("station") if isinstance(value, dict) else None
    return said if isinstance(said, str) and fits(STATION_ID, said) else ""
