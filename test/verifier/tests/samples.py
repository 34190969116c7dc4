"""Evidence for tests, put together in memory: what the readers would have read. Every sample is good as it stands; a test changes one thing."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import canonical_json
from custody_log import CustodyLog
from custody_segment import Line, Segment
from document_shapes import SHA256_OF_NOTHING
from evidence import Receipted, Recording, Station
from findings import Report
from signed_document import Document

STATION = "kod-1"
VAULT = "v" * 25 + "a"
KEY = "0011223344556677"
SEGMENT = "s" * 25 + "a"
DOCKING = "d" * 25 + "a"


def random_id(letter: str) -> str:
    """An id of the letter."""
    return letter * 25 + "a"


def hex_of(text: str) -> str:
    """A digest of its own for each text."""
    return sha256(text.encode("utf-8")).hexdigest()


def manifest(name: str = "a", **changed: Any) -> dict[str, Any]:
    """A manifest of the recording `name`."""
    value: dict[str, Any] = {
        "type": "recording-manifest",
        "version": 1,
        "recording": random_id(name),
        "station": STATION,
        "bay": "bay-1",
        "docking": DOCKING,
        "camera": {"id": "cam-1", "model": None, "serial": None},
        "role": "media",
        "locked": False,
        "rejected": None,
        "source": {"path_sha256": hex_of(f"path {name}"), "sealed": "YWdl"},
        "original": {
            "size_bytes": 100,
            "sha256": hex_of(f"original {name}"),
            "modified_at": "2026-11-25T07:30:00.000Z",
        },
        "capture": {
            "earliest_at": "2026-11-25T07:30:00.000Z",
            "latest_at": "2026-11-25T07:30:00.000Z",
            "basis": "clock-unmeasured",
        },
        "sealed": {"size_bytes": 400, "unit_bytes": 524_288, "chunks_sha256": hex_of(f"chunks {name}")},
        "recipients": ["age1" + "q" * 58],
        "media": None,
        "sidecars": [],
        "sidecar_of": None,
        "supersedes": [],
        "previous_manifest_sha256": None,
        "sealed_at": "2026-11-25T08:00:10.000Z",
        "clock_synchronised": True,
    }
    return {**value, **changed}


def receipt(of: Document, kind: str = "recording", **changed: Any) -> dict[str, Any]:
    """A receipt for a manifest or a docking record."""
    value = of.value
    held = value.get("sealed", {"size_bytes": 0, "chunks_sha256": SHA256_OF_NOTHING})
    said: dict[str, Any] = {
        "type": "receipt",
        "version": 1,
        "kind": kind,
        "recording": value["recording"] if kind == "recording" else value["record"],
        "station": value["station"],
        "manifest_sha256": of.sha256,
        "sealed_size_bytes": held["size_bytes"],
        "chunks_sha256": held["chunks_sha256"],
        "receiver": "r-store",
        "vault": VAULT,
        "custody_head": None,
        "received_at": "2026-11-25T08:00:20.000Z",
    }
    return {**said, **changed}


def entry(of: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The entry of a docking record for what was sealed."""
    value: dict[str, Any] = {
        "path_sha256": of["source"]["path_sha256"],
        "size_bytes": of["original"]["size_bytes"],
        "modified_at": of["original"]["modified_at"],
        "later": False,
        "fate": "stored",
        "recording": of["recording"],
        "reason": None,
        "erased": False,
    }
    return {**value, **changed}


def docking_record(entries: list[dict[str, Any]], **changed: Any) -> dict[str, Any]:
    """A docking record in one part, whose inventory is that of its entries."""
    listed = [each for each in entries if not each["later"]]
    lines = [f"{each['path_sha256']} {each['size_bytes']} {each['modified_at'] or '-'}\n" for each in listed]
    value: dict[str, Any] = {
        "type": "docking-record",
        "version": 1,
        "docking": DOCKING,
        "station": STATION,
        "bay": "bay-1",
        "record": DOCKING,
        "part": 1,
        "parts": 1,
        "camera": {"id": "cam-1", "vendor": None, "model": None, "serial": None, "firmware": None},
        "docked_at": "2026-11-25T08:00:00.000Z",
        "ended_at": "2026-11-25T08:10:00.000Z",
        "ended": "unplugged",
        "clock_synchronised": True,
        "camera_clock": None,
        "condition": None,
        "inventory": {
            "taken_at": "2026-11-25T08:00:01.000Z",
            "entries": len(listed),
            "bytes": sum(each["size_bytes"] for each in listed),
            "sha256": hex_of("".join(lines)),
            "complete": True,
        },
        "later": len(entries) - len(listed),
        "entries": entries,
        "previous_docking_sha256": None,
    }
    return {**value, **changed}


def stay_record(name: str, before: dict[str, Any] | None, **changed: Any) -> dict[str, Any]:
    """An empty docking of version 2: the first of its stay, or one that goes on with that of the docking before."""
    own = random_id(name)
    at = {"stay": own, "stay_docked_at": "2026-11-25T08:00:00.000Z", "previous_docking_sha256": None}
    if before is not None:
        at = {name: before[name] for name in at} | {"previous_docking_sha256": document(before).sha256}
    version = {"version": 2, "docking": own, "record": own, "ended": "continued", "plug": None}
    return docking_record([], **{**version, **at, **changed})


def document(value: dict[str, Any], place: str = "document", key_id: str | None = KEY) -> Document:
    """A document whose signature holds."""
    return Document(place, sha256(canonical_json.encode(value)).hexdigest(), value, key_id)


def recording(value: dict[str, Any] | None = None, *, receipted: bool = True, **said: Any) -> Recording:
    """A recording's folder that was read; `said` changes its receipt."""
    value = value if value is not None else manifest()
    name = value["recording"]
    found = Recording(name, STATION, Path(name), f"{STATION}/{name}")
    found.document = document(value, f"{found.place}/manifest.json")
    if receipted:
        found.receipt = document(receipt(found.document, **said), f"{found.place}/receipt.json")
    return found


def docking(value: dict[str, Any], *, receipted: bool = True) -> Receipted:
    """The folder of one part of a docking record that was read."""
    name = value["record"]
    found = Receipted(name, STATION, Path(name), f"{STATION}/{name}")
    found.document = document(value, f"{found.place}/docking.json")
    if receipted:
        found.receipt = document(receipt(found.document, "docking"), f"{found.place}/receipt.json")
    return found


def log(*events: tuple[str, dict[str, Any]], at: str = "2026-11-25T08:00:00.000Z", name: str = SEGMENT) -> CustodyLog:
    """A log of one segment with these entries after its opening, all at the same time."""
    opening = {"segment": name, "last_segment": None}
    lines = [
        Line(name, number, "", hex_of(f"{name} {number}"), at, None, number, event, facts, f"log:{number}")
        for number, (event, facts) in enumerate([("segment-opened", opening), *events], 1)
    ]
    segment = Segment(name, f"custody/{name}.jsonl", lines, {KEY}, len(lines))
    return CustodyLog("custody", [segment], {name: segment})


def station(*found: Receipted, log: CustodyLog | None = None) -> Station:
    """A station with these folders."""
    kept = Station(STATION, STATION, log if log is not None else CustodyLog("custody"))
    for each in found:
        if isinstance(each, Recording):
            kept.recordings[each.name] = each
        else:
            kept.dockings[each.name] = each
    return kept


def codes(report: Report) -> list[str]:
    """Codes of the findings, each once."""
    return sorted({each.code for each in report.findings})


def notes(report: Report) -> list[str]:
    """Codes of the notes, each once."""
    return sorted({each.code for each in report.notes})
