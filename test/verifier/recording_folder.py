"""Folders of recordings, docking records and staff documents (SPEC 4.4): exactly the files that belong there, each good in itself, and a receipt of just this."""

import json
from pathlib import Path

from age_file import AgeTool
from document_shapes import SHA256_OF_NOTHING
from evidence import Receipted, Recording, StaffDocument
from findings import Report
from key_succession import KnownKeys
from payload import check_payload, check_source, check_staff_text
from safe_files import is_unfinished, names_in
from signed_document import Document, Source, read_document

_RECEIPT = {"receipt.json", "receipt.json.minisig"}
_MANIFEST = {"manifest.json", "manifest.json.minisig"}
_DELETION = {"deletion.json", "deletion.json.minisig"}
_SEALED = {"payload.age", "chunks.bin"}
# Lies beside a deletion record while a deletion goes on, as `deleting.tmp` (4.7).
_DELETING = "deleting"
_DOCKING = {"docking.json", "docking.json.minisig"}
_STAFF = {"staff-report": "report.json", "staff-text": "text.json"}


def read_recording(
    folder: Path, place: str, station: str, keys: KnownKeys, age: AgeTool | None, report: Report
) -> Recording:
    """Reads a recording's folder and checks all that it shows alone."""
    found = Recording(folder.name, station, folder, place)
    names = _names_of(folder, place, _MANIFEST | _RECEIPT | _DELETION | _SEALED, report)
    source = Source(folder, place, "manifest.json", "manifest", "recording-manifest")
    found.document = read_document(source, keys.station(station), report)
    _check_owner(found, "recording", "manifest", report)
    _read_receipt(found, names, "recording", keys, report)
    found.deleted = bool(names & _DELETION)
    if found.deleted:
        deletion = Source(folder, place, "deletion.json", "deletion", "deletion-record")
        found.deletion = read_document(deletion, keys.store, report)
        found.left = tuple(sorted(names & _SEALED))
    if found.value is not None:
        check_source(place, found.value, age, report)
        if not found.deleted:
            check_payload(folder, place, found.value, age, report)
    return found


def read_docking(folder: Path, place: str, station: str, keys: KnownKeys, report: Report) -> Receipted:
    """Reads the folder of one part of a docking record."""
    found = Receipted(folder.name, station, folder, place)
    names = _names_of(folder, place, _DOCKING | _RECEIPT, report)
    source = Source(folder, place, "docking.json", "docking", "docking-record")
    found.document = read_document(source, keys.station(station), report)
    _check_owner(found, "record", "docking", report)
    _read_receipt(found, names, "docking", keys, report)
    return found


def read_staff_document(
    folder: Path, place: str, station: str, keys: KnownKeys, age: AgeTool | None, report: Report
) -> StaffDocument | None:
    """Reads the folder of a staff report or a staff text; None where it is of neither."""
    there = {name for name, _ in names_in(folder)}
    kind, file = next(((kind, file) for kind, file in _STAFF.items() if there & {file, f"{file}.minisig"}), (None, ""))
    if kind is None:
        return None
    found = StaffDocument(folder.name, station, folder, place, kind=kind)
    names = _names_of(folder, place, {file, f"{file}.minisig"} | _RECEIPT, report)
    area = file.removesuffix(".json")
    found.document = read_document(Source(folder, place, file, area, kind), keys.station(station), report)
    _check_owner(found, "record", area, report)
    _read_receipt(found, names, kind, keys, report)
    if found.value is not None and kind == "staff-text":
        check_staff_text(f"{place}/{file}", found.value, age, report)
    return found


def is_docking(folder: Path) -> bool:
    """Whether the folder is one of a docking record."""
    return any(name in _DOCKING for name, _ in names_in(folder))


def _names_of(folder: Path, place: str, allowed: set[str], report: Report) -> set[str]:
    kinds = dict(names_in(folder))
    names = set(kinds)
    for name in sorted(names - allowed):
        at = f"{place}/{json.dumps(name)[1:-1]}"
        if is_unfinished(name, kinds[name], {*allowed, _DELETING}.__contains__):
            report.unfinished(at)
        else:
            report.find("folder.unexpected", at, "does not belong here")
    return names


def _check_owner(found: Receipted, field: str, area: str, report: Report) -> None:
    if found.value is None:
        return
    at = f"{found.place}/{area}.json"
    if found.value[field] != found.name:
        report.find(f"{area}.other-{field}", at, f"is of {field} {found.value[field]}")
    if found.value["station"] != found.station:
        report.find(f"{area}.other-station", at, f"is of station {found.value['station']}")


def _read_receipt(found: Receipted, names: set[str], kind: str, keys: KnownKeys, report: Report) -> None:
    if not names & _RECEIPT:
        return
    source = Source(found.folder, found.place, "receipt.json", "receipt", "receipt")
    found.receipt = read_document(source, keys.store, report)
    if found.receipt is None:
        return
    said = found.receipt.value
    if found.document is None:
        return
    for field, expected in _expected(found.document, kind).items():
        if said[field] != expected:
            code = f"receipt.other-{field.removesuffix('_sha256').removesuffix('_bytes').replace('_', '-')}"
            report.find(code, found.receipt.place, f"{field} is {said[field]}, not {expected}")


def _expected(document: Document, kind: str) -> dict[str, object]:
    value = document.value
    expected = {"kind": kind, "station": value["station"], "manifest_sha256": document.sha256}
    if kind != "recording":
        held = {"recording": value["record"], "sealed_size_bytes": 0, "chunks_sha256": SHA256_OF_NOTHING}
    else:
        sealed = value["sealed"]
        held = {
            "recording": value["recording"],
            "sealed_size_bytes": sealed["size_bytes"],
            "chunks_sha256": sealed["chunks_sha256"],
        }
    return {**expected, **held}
