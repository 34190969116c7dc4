"""Reads a whole vault (SPEC 4.4): which folder is what, and nothing that belongs nowhere."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from age_file import AgeTool
import canonical_json
from custody_log import CustodyLog, read_custody_log
from custody_segment import Holder
from disclosures import check_disclosures
from drops import read_kept
from document_shapes import VAULT
from evaluations import read_evaluations
from evidence import KeyChange, Receiver, Station, Vault
from findings import Report
from key_documents import check_names, read_changes, read_revocations
from key_succession import KnownKeys
from log_folder import read_log_folder
from orders import read_order
from policies import Policies, read_policies
from recording_folder import is_docking, read_docking, read_recording, read_staff_document
from restored import read_restored
from safe_files import FileFault, holds_files, is_unfinished, names_in, read_small
from shapes import RANDOM_ID, RECEIVER_ID, STATION_ID, fits, problems_of
from signed_document import Document
from trusted_keys import TrustedKeys

_ID = re.compile(r"[a-z2-7]{26}", re.ASCII)
_VAULT_BYTES_MAX = 4096
# What receivers keep for themselves (SPEC 4.4), and of that what says nothing about evidence.
_OWN = (".incoming", ".leases", ".quarantine", ".disclosures", ".dockings", ".missing")
_QUIET = (".leases", ".dockings")


class VaultReader:
    """Reads with the same keys and into the same report."""

    def __init__(self, root: Path, keys: TrustedKeys, age: AgeTool | None, report: Report) -> None:
        self._root = root
        self._keys = KnownKeys(keys)
        self._age = age
        self._report = report
        self._changes: dict[str, list[KeyChange]] = {}
        self._revocations: dict[str, dict[str, Document]] = {}
        self.policies = Policies()

    @property
    def keys(self) -> KnownKeys:
        """The keys that everything in it was judged by."""
        return self._keys

    def read(self) -> Vault:
        """Everything in the vault."""
        vault = Vault(self._read_id())
        self._read_key_documents()
        self.policies = read_policies(self._root / "policies", vault.vault, self._keys, self._report)
        check_disclosures(self._root, self._report)
        for name, kind in names_in(self._root):
            if name == "vault.json" or (kind, name) == ("folder", "policies"):
                continue
            if kind == "folder" and name in _OWN:
                self._tell_own(name)
            elif is_unfinished(name, kind, "vault.json".__eq__):
                self._report.unfinished(name)
            elif (kind, name) == ("folder", "lost+found"):
                continue  # of the file system, where a vault is the whole of one
            elif kind == "folder" and fits(STATION_ID, name):
                vault.stations[name] = self._read_station(name)
            elif kind == "folder" and fits(RECEIVER_ID, name):
                vault.receivers[name] = self._read_receiver(name)
            else:
                self._unexpected(name)
        check_receipts(vault, self._report)
        return vault

    def _read_key_documents(self) -> None:
        """Before all else: what they introduce and revoke, everything else is judged by. Who revokes is the store, so its keys come first."""
        keepers = [name for name, kind in names_in(self._root) if kind == "folder"]
        receivers = [name for name in keepers if fits(RECEIVER_ID, name)]
        stations = [name for name in keepers if fits(STATION_ID, name)]
        for name in [*receivers, *stations]:
            self._changes[name] = read_changes(self._root / name / "keys", f"{name}/keys", name, self._report)
        self._keys.follow_stores(change for name in receivers for change in self._changes[name])
        for name in stations:
            folder, place = self._root / name / "keys", f"{name}/keys"
            self._revocations[name] = read_revocations(folder, place, name, self._keys.store, self._report)
            self._keys.follow_station(self._changes[name], self._revocations[name])

    def _read_id(self) -> str | None:
        try:
            value = canonical_json.parse(read_small(self._root / "vault.json", _VAULT_BYTES_MAX))
        except FileFault as fault:
            tell = self._report.note if fault.reason == "missing" else self._report.find
            tell(f"vault.id-{fault.reason}", "vault.json", str(fault))
            return None
        except canonical_json.NotCanonical as error:
            self._report.find("vault.id-not-canonical", "vault.json", str(error))
            return None
        problems = problems_of(VAULT, value, "vault")
        for problem in problems:
            self._report.find("vault.id-shape", "vault.json", problem)
        return None if problems else str(value["vault"])

    def _tell_own(self, name: str) -> None:
        if name not in _QUIET and holds_files(self._root / name):
            self._report.note(
                "vault.own",
                json.dumps(name)[1:-1],
                "holds things of the receivers that are no evidence yet, or were refused",
            )

    def _unexpected(self, place: str) -> None:
        self._report.find("folder.unexpected", json.dumps(place)[1:-1], "does not belong into a vault")

    def _read_station(self, name: str) -> Station:
        holder = Holder(name, self._keys.station(name), is_store=False)
        station = Station(name, name, self._read_log(name, holder), self._changes.get(name, []))
        station.revocations = self._revocations.get(name, {})
        readers: dict[str, Callable[[Path], None]] = {
            "custody": lambda folder: None,
            "orders": lambda folder: self._read_orders(folder, station),
            "evaluations": lambda folder: read_evaluations(folder, f"{name}/evaluations", station, self._keys, self._report),
            "deletions": lambda folder: self._read_kept(folder, station),
            "keys": lambda folder: check_names(folder, f"{name}/keys", self._report, of_station=True),
        }
        for each, kind in names_in(self._root / name):
            folder = self._root / name / each
            if kind == "folder" and each in readers:
                readers[each](folder)
            elif kind == "folder" and _ID.fullmatch(each) is not None:
                self._read_folder(folder, station)
            else:
                self._unexpected(f"{name}/{each}")
        return station

    def _read_log(self, name: str, holder: Holder) -> CustodyLog:
        return read_custody_log(self._root / name / "custody", f"{name}/custody", holder, self._report)

    def _read_folder(self, folder: Path, station: Station) -> None:
        place = f"{station.name}/{folder.name}"
        if not fits(RANDOM_ID, folder.name):
            self._report.find("folder.name", place, "is no id in its one spelling")
        if is_docking(folder):
            station.dockings[folder.name] = read_docking(folder, place, station.name, self._keys, self._report)
            return
        reading = (folder, place, station.name, self._keys, self._age, self._report)
        document = read_staff_document(*reading)
        if document is not None:
            station.documents[folder.name] = document
        else:
            station.recordings[folder.name] = read_recording(*reading)

    def _read_orders(self, folder: Path, station: Station) -> None:
        for name, kind in names_in(folder):
            place = f"{station.name}/orders/{name}"
            if kind != "folder" or not fits(RANDOM_ID, name):
                self._unexpected(place)
                continue
            order = read_order(folder / name, place, station.name, self._keys, self._report)
            if order is not None:
                station.orders[name] = order

    def _read_kept(self, folder: Path, station: Station) -> None:
        for name, kind in names_in(folder):
            place = f"{station.name}/deletions/{name}"
            if kind != "folder" or not fits(RANDOM_ID, name):
                self._unexpected(place)
            else:
                read_kept(folder / name, place, station, self._keys, self._report)

    def _read_receiver(self, name: str) -> Receiver:
        holder = Holder(name, self._keys.store, is_store=True)
        receiver = Receiver(name, name, self._read_log(name, holder), self._changes.get(name, []))
        for each, kind in names_in(self._root / name):
            folder, place = self._root / name / each, f"{name}/{each}"
            if kind == "folder" and each == "keys":
                check_names(folder, place, self._report, of_station=False)
            elif kind == "folder" and each == "witness":
                self._report.note("witness.old", place, "is of 0.1.0; nothing in it is judged")
            elif kind == "folder" and each == "restored":
                read_restored(folder, place, receiver, self._keys, self._report)
            elif kind == "folder" and each == "log":
                read_log_folder(folder, place, receiver, self._report)
            elif (kind, each) != ("folder", "custody"):
                self._unexpected(place)
        return receiver


def check_receipts(vault: Vault, report: Report) -> None:
    """All receipts are of this vault; where its own id is not there, of one and the same."""
    for station in vault.stations.values():
        for each in station.receipted():
            if each.receipt is None:
                continue
            said = str(each.receipt.value["vault"])
            vault.vault = vault.vault or said
            if said != vault.vault:
                report.find("receipt.other-vault", each.receipt.place, f"is of vault {said}, and this is {vault.vault}")
