"""Key changes and revocations (SPEC 4.9), and what they mean for the documents that such keys signed."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from custody_log import CustodyLog
from custody_segment import Line, Segment
from evidence import Keeper, KeyChange, Receipted, Station
from findings import Report
from instants import milliseconds
from minisign_file import PublicKey, parse_public_key_line
from safe_files import is_unfinished, names_in
from signed_document import Document, Source, check_signature, read_document, read_unsigned, sha256_hex
from trusted_keys import TrustedKeys

_CHANGE = re.compile(r"([0-9a-f]{16})\.change\.json(\.minisig|\.new\.minisig)?", re.ASCII)
_REVOCATION = re.compile(r"([0-9a-f]{16})\.revocation\.json(\.minisig)?", re.ASCII)


def read_key_documents(
    folder: Path, place: str, keeper: Keeper, own: Sequence[PublicKey], keys: TrustedKeys, report: Report
) -> None:
    """Reads `<keeper>/keys/`. `own` are the keys that count for the keeper itself."""
    changes: set[str] = set()
    revocations: set[str] = set()
    for name, kind in names_in(folder):
        if is_unfinished(name, kind, lambda each: _CHANGE.fullmatch(each) or _REVOCATION.fullmatch(each)):
            report.unfinished(f"{place}/{name}")
        elif (match := _CHANGE.fullmatch(name)) is not None:
            changes.add(match[1])
        elif (match := _REVOCATION.fullmatch(name)) is not None and isinstance(keeper, Station):
            revocations.add(match[1])
        else:
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to the key documents")
    for name in sorted(changes):
        change = _read_change(
            Source(folder, place, f"{name}.change.json", "key-change", "key-change"), keeper, own, report
        )
        if change is not None:
            keeper.key_changes.append(change)
    for name in sorted(revocations):
        if isinstance(keeper, Station):
            _read_revocation(folder, place, name, keeper, keys, report)


def _read_change(source: Source, keeper: Keeper, own: Sequence[PublicKey], report: Report) -> KeyChange | None:
    read = read_unsigned(source, report)
    data, value = read if read is not None else (b"", None)
    if value is None:
        return None
    at = source.part(source.name)
    if sha256_hex(data)[:16] != source.name[:16]:
        report.find("key-change.other-name", at, "is not named by its own digest")
    if value["holder"] != keeper.name:
        report.find("key-change.other-holder", at, f"is of {value['holder']}")
    old, new = parse_public_key_line(value["old_key"]), parse_public_key_line(value["new_key"])
    if old is None or new is None:
        return None
    planned = value["reason"] == "planned"
    by_old = check_signature(source, f"{source.name}.minisig", data, [old], report, required=planned) is not None
    by_new = check_signature(source, f"{source.name}.new.minisig", data, [new], report) is not None
    if old not in own:
        report.find(
            "key-change.unknown-key", at, f"changes from key {old.key_id}, which is none of those that count here"
        )
    if not planned:
        report.note("key-change.lost", at, "counts for nothing but the reader: the old key was lost")
    return KeyChange(Document(at, sha256_hex(data), value, None), old.key_id, new.key_id, by_old, by_new)


def _read_revocation(folder: Path, place: str, name: str, station: Station, keys: TrustedKeys, report: Report) -> None:
    source = Source(folder, place, f"{name}.revocation.json", "revocation", "key-revocation")
    document = read_document(source, keys.store, report)
    if document is None:
        return
    for field, expected in (("key_id", name), ("station", station.name)):
        if document.value[field] != expected:
            report.find(f"revocation.other-{field.replace('_', '-')}", document.place, f"is of {document.value[field]}")
            return
    if document.key_id is not None:
        station.revocations[name] = document


def check_changes(keeper: Keeper, given: Sequence[PublicKey], report: Report) -> None:
    """A segment by another key than the one before begins with `key-changed`, and that names a change that both keys signed.

    `given` are the keys that came by hand: they count without the document, which is carried by hand as well.
    """
    given_ids = {key.key_id for key in given}
    changes = {each.document.sha256: each for each in keeper.key_changes}
    before: Segment | None = None
    for segment in keeper.log.order:
        for line in segment.lines:
            if line.event == "key-changed":
                _check_event(line, changes, given_ids, report)
        if before is not None and before.key_ids and segment.key_ids and before.key_ids.isdisjoint(segment.key_ids):
            _check_handover(before, segment, report)
        before = segment if segment.key_ids else before


def _check_event(line: Line, changes: dict[str, KeyChange], given_ids: set[str], report: Report) -> None:
    change = changes.get(line.facts.get("change_sha256", ""))
    if line.sequence != 2:
        report.find("key-change.not-second", line.place, "is not the second entry of its segment")
    if change is None and line.facts.get("new_key_id") in given_ids:
        report.note("key-change.missing", line.place, "names a key change that is not here, to a key that came by hand")
    elif change is None:
        report.find("key-change.missing", line.place, "names a key change that is not here")
    elif (change.old_key_id, change.new_key_id) != (line.facts.get("old_key_id"), line.facts.get("new_key_id")):
        report.find("key-change.other-keys", line.place, "names other keys than its change")


def _check_handover(before: Segment, segment: Segment, report: Report) -> None:
    second = segment.line(2)
    keys = (next(iter(before.key_ids)), next(iter(segment.key_ids)))
    named = (second.facts.get("old_key_id"), second.facts.get("new_key_id")) if second is not None else None
    if second is None or second.event != "key-changed" or named != keys:
        report.find(
            "key-change.untold", segment.place, f"is signed by key {keys[1]} and not opened as a change from {keys[0]}"
        )


def check_old_keys(station: Station, report: Report) -> None:
    """Nothing that an old key signed was made behind its change: by the clock, or by the order of the log, where the clock was set back."""
    changed: dict[str, Line] = {}
    logged_before: dict[str, set[Any]] = {}
    logged: set[Any] = set()
    for line in station.log.of("key-changed", "spooled", "docking-recorded"):
        if line.event != "key-changed":
            logged.add(line.facts.get("recording" if line.event == "spooled" else "record"))
        elif isinstance(line.facts.get("old_key_id"), str):
            changed[line.facts["old_key_id"]] = line
            logged_before[line.facts["old_key_id"]] = set(logged)
    for each in _receipted(station):
        document = each.document
        if document is None or document.key_id is None or document.key_id not in changed:
            continue
        made = document.value.get("sealed_at") or document.value.get("docked_at")
        late = made is not None and milliseconds(made) > changed[document.key_id].at_ms
        if late and each.name not in logged_before[document.key_id]:
            report.find(
                "key-change.used-after", document.place, "is signed by a key that was no longer in use when it was made"
            )


def check_revocations(station: Station, report: Report) -> None:
    """A document of a revoked key counts only with a receipt from before."""
    for key_id, revocation in station.revocations.items():
        revoked = milliseconds(revocation.value["revoked_at"])
        for each in _receipted(station):
            if each.document is not None and each.document.key_id == key_id and not _received_before(each, revoked):
                report.find(
                    "revocation.document",
                    each.document.place,
                    f"is signed by key {key_id} and was not receipted before that was revoked",
                )
        _check_log(station.log, key_id, revoked, report)


def _received_before(each: Receipted, instant: int) -> bool:
    receipt = each.receipt
    return receipt is not None and receipt.key_id is not None and milliseconds(receipt.value["received_at"]) < instant


def _check_log(log: CustodyLog, key_id: str, revoked: int, report: Report) -> None:
    for segment in log.order:
        if key_id not in segment.key_ids:
            continue
        late = next((line for line in segment.lines if line.at_ms >= revoked), None)
        if late is not None:
            report.find("revocation.entry", late.place, f"was entered after key {key_id} was revoked")


def _receipted(station: Station) -> Iterator[Receipted]:
    yield from station.recordings.values()
    yield from station.dockings.values()
