"""Witnesses (SPEC 4.10): one root over all documents of a day, computed again from what the vault holds."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custody_log import CustodyLog
from evidence import Receiver, Station, Vault
from findings import Report
from instants import day_of, end_of_day, milliseconds
from key_succession import KnownKeys
from merkle_tree import merkle_root
from safe_files import is_unfinished, names_in
from signed_document import Document, Source, read_document

_FILE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.json(\.minisig)?", re.ASCII)
_SOONEST_MS = 15 * 60 * 1000


def read_witnesses(folder: Path, place: str, receiver: Receiver, keys: KnownKeys, report: Report) -> None:
    """Reads `<receiver>/witness/`."""
    names = dict(names_in(folder))
    for name, kind in names.items():
        match = _FILE.fullmatch(name)
        if is_unfinished(name, kind, _FILE.fullmatch):
            report.unfinished(f"{place}/{name}")
        elif match is None:
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to the witnesses")
        elif match[2] is not None and f"{match[1]}.json" not in names:
            report.find("witness.missing", f"{place}/{name}", "signs a witness that is not here")
        elif match[2] is None:
            source = Source(folder, place, name, "witness", "witness")
            document = read_document(source, keys.store, report)
            if document is not None and _check_own(document, match[1], receiver, report):
                receiver.witnesses[match[1]] = document


def _check_own(document: Document, day: str, receiver: Receiver, report: Report) -> bool:
    for field, expected in (("day", day), ("receiver", receiver.name)):
        if document.value[field] != expected:
            report.find(
                f"witness.other-{field}", document.place, f"is of {field} {document.value[field]}, not {expected}"
            )
            return False
    return True


def check_witnesses(receiver: Receiver, vault: Vault, report: Report) -> None:
    """Each witness of a receiver, and the chain of them."""
    previous: Document | None = None
    days = _Days(vault)
    for day in sorted(receiver.witnesses):
        witness = receiver.witnesses[day]
        _check_chain(witness, previous, report)
        _check_whole(witness, vault, report)
        _check_keepers(witness, days.of(witness), receiver, vault, report)
        previous = witness
    if previous is not None:
        for day in sorted(_days_of(receiver, days)):
            if day < previous.value["day"] and day not in receiver.witnesses:
                text = f"{day} has documents, and no witness of it: a clock that was set back gave them their time"
                report.note("witness.day-missing", receiver.place, text)


def _days_of(receiver: Receiver, days: "_Days") -> set[str]:
    """Days that must have their witness. A receiver whose first one is here saw nothing of what others had let go before."""
    first = min(receiver.witnesses)
    if receiver.witnesses[first].value["previous_sha256"] is not None:
        return days.all()
    return {day for day in days.all() if day >= first or day in days.here}


def _check_chain(witness: Document, previous: Document | None, report: Report) -> None:
    said = witness.value["previous_sha256"]
    if previous is None and said is not None:
        report.note("witness.older-dropped", witness.place, "follows a witness that is not here")
    elif previous is not None and said != previous.sha256:
        report.find("witness.chain", witness.place, f"does not follow {previous.place}")


def _check_whole(witness: Document, vault: Vault, report: Report) -> None:
    value = witness.value
    texts = [f"{each['keeper']} {each['root']}".encode("ascii") for each in value["keepers"]]
    if merkle_root(texts).hex() != value["root"]:
        report.find("witness.root", witness.place, "has a root that is not the one of its keepers")
    if vault.vault is not None and value["vault"] != vault.vault:
        report.find("witness.other-vault", witness.place, f"is of vault {value['vault']}")
    if milliseconds(value["made_at"]) < end_of_day(value["day"]) + _SOONEST_MS:
        report.find(
            "witness.too-soon", witness.place, f"was made at {value['made_at']}, before the day was long enough over"
        )


def _check_keepers(
    witness: Document, documents: dict[str, list[str]], receiver: Receiver, vault: Vault, report: Report
) -> None:
    """Each keeper's documents and head."""
    named = {each["keeper"]: each for each in witness.value["keepers"]}
    for keeper in sorted(documents.keys() - named.keys()):
        report.find("witness.keeper-missing", witness.place, f"does not name {keeper}, which has documents of that day")
    for keeper, said in named.items():
        found = documents.get(keeper, [])
        if len(found) != said["documents"]:
            report.find(
                "witness.documents",
                witness.place,
                f"counts {said['documents']} documents of {keeper}, and {len(found)} are here",
            )
        _check_root(witness, said, found, _log_of(keeper, receiver, vault), report)


def check_witness_alone(receiver: Receiver, day: str, vault: Vault, report: Report) -> None:
    """A witness without the documents of its day: its own root, the one before where that is here, and its heads."""
    witness = receiver.witnesses[day]
    before = next((each for each in receiver.witnesses.values() if each.sha256 == witness.value["previous_sha256"]), None)
    if before is not None and before.value["day"] >= day:
        report.find("witness.chain", witness.place, f"follows {before.place}, which is of a later day")
    _check_whole(witness, vault, report)
    for said in witness.value["keepers"]:
        log, head = _log_of(said["keeper"], receiver, vault), said["custody_head"]
        segment = log.by_name.get(head["segment"]) if log is not None and head is not None else None
        line = segment.line(head["sequence"]) if segment is not None else None
        if segment is not None and (line is None or line.sha256 != head["sha256"]):
            report.find("witness.head", witness.place, f"names an entry of the log of {said['keeper']} that is not here so")


def _log_of(keeper: str, receiver: Receiver, vault: Vault) -> CustodyLog | None:
    station = vault.stations.get(keeper)
    if station is not None:
        return station.log
    return receiver.log if keeper == receiver.name else None


def _check_root(
    witness: Document, said: dict[str, Any], found: list[str], log: CustodyLog | None, report: Report
) -> None:
    head = said["custody_head"]
    leaves = [*found, *([head["sha256"]] if head is not None else [])]
    if merkle_root(sorted(bytes.fromhex(leaf) for leaf in leaves)).hex() != said["root"]:
        report.find(
            "witness.keeper-root",
            witness.place,
            f"has another root of {said['keeper']} than the documents that are here",
        )
    if head is None:
        return
    segment = log.by_name.get(head["segment"]) if log is not None else None
    line = segment.line(head["sequence"]) if segment is not None else None
    if log is not None and segment is None and log.lets_go_of(head):
        report.note(
            "witness.head-dropped", witness.place, f"names segment {head['segment']}, which is not here any more"
        )
    elif line is None or line.sha256 != head["sha256"]:
        report.find("witness.head", witness.place, f"names an entry of the log of {said['keeper']} that is not here so")


@dataclass(frozen=True)
class _Dropped:
    """A document that the store let go. `at` is the time by which it belongs to a day."""

    station: str
    digest: str
    at: str
    dropped_at: str


class _Days:
    """Digests of documents by day: of those that are here, and of those that the store let go (SPEC 10.3)."""

    def __init__(self, vault: Vault) -> None:
        self.here: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._dropped: dict[str, list[_Dropped]] = defaultdict(list)
        for station in vault.stations.values():
            for at, digest in _documents_of(station):
                self.here[day_of(at)][station.name].append(digest)
        for dropped in _dropped_documents(vault):
            self._dropped[day_of(dropped.at)].append(dropped)

    def all(self) -> set[str]:
        """Days of which there are or were documents."""
        return self.here.keys() | self._dropped.keys()

    def of(self, witness: Document) -> dict[str, list[str]]:
        """Digests of its day, by station: of what is here, and of what was dropped since it was made."""
        day, made_at = witness.value["day"], witness.value["made_at"]
        stations = {name: list(digests) for name, digests in self.here.get(day, {}).items()}
        for dropped in self._dropped.get(day, []):
            digests = stations.get(dropped.station, [])
            # A power cut may have kept it from going.
            if dropped.dropped_at > made_at and dropped.digest not in digests:
                stations[dropped.station] = [*digests, dropped.digest]
        return stations


def _documents_of(station: Station) -> Iterator[tuple[str, str]]:
    for each in [*station.recordings.values(), *station.dockings.values()]:
        if each.receipt is not None:
            received = each.receipt.value["received_at"]
            yield received, each.receipt.sha256
            if each.document is not None:
                yield received, each.document.sha256
    for recording in station.recordings.values():
        if recording.deletion is not None:
            yield recording.deletion.value["deleted_at"], recording.deletion.sha256


def _dropped_documents(vault: Vault) -> Iterator[_Dropped]:
    """Each document that the store says it let go (SPEC 10.3)."""
    for receiver in vault.receivers.values():
        for line in receiver.log.of("documents-dropped"):
            facts = line.facts
            for at, digest in (
                ("received_at", "receipt_sha256"),
                ("received_at", "manifest_sha256"),
                ("deleted_at", "deletion_sha256"),
            ):
                if isinstance(facts.get(at), str) and isinstance(facts.get(digest), str):
                    yield _Dropped(str(facts.get("station")), facts[digest], facts[at], line.at)
