"""Documents of keys as they lie in a vault (SPEC 4.9): changes, which their keys sign, and revocations, which the store signs."""

import re
from collections.abc import Sequence
from pathlib import Path

from evidence import KeyChange
from findings import Report
from minisign_file import PublicKey, parse_public_key_line
from safe_files import is_unfinished, names_in
from signed_document import Document, Source, check_signature, read_document, read_unsigned, sha256_hex

_CHANGE = re.compile(r"([0-9a-f]{16})\.change\.json(\.minisig|\.new\.minisig)?", re.ASCII)
_REVOCATION = re.compile(r"([0-9a-f]{16})\.revocation\.json(\.minisig)?", re.ASCII)


def check_names(folder: Path, place: str, report: Report, *, of_station: bool) -> None:
    """Nothing else lies in `<keeper>/keys/`; revocations only in a station's."""
    for name, kind in names_in(folder):
        if is_unfinished(name, kind, lambda each: _CHANGE.fullmatch(each) or _REVOCATION.fullmatch(each)):
            report.unfinished(f"{place}/{name}")
        elif not _CHANGE.fullmatch(name) and not (of_station and _REVOCATION.fullmatch(name)):
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to the key documents")


def read_changes(folder: Path, place: str, holder: str, report: Report) -> list[KeyChange]:
    """The changes in `<keeper>/keys/`, each with what its own two keys say of it."""
    names = sorted({match[1] for name, _ in names_in(folder) if (match := _CHANGE.fullmatch(name)) is not None})
    sources = [Source(folder, place, f"{name}.change.json", "key-change", "key-change") for name in names]
    return [change for source in sources if (change := _read_change(source, holder, report)) is not None]


def _read_change(source: Source, holder: str, report: Report) -> KeyChange | None:
    read = read_unsigned(source, report)
    data, value = read if read is not None else (b"", None)
    if value is None:
        return None
    at = source.part(source.name)
    if sha256_hex(data)[:16] != source.name[:16]:
        report.find("key-change.other-name", at, "is not named by its own digest")
    if value["holder"] != holder:
        report.find("key-change.other-holder", at, f"is of {value['holder']}")
    old, new = parse_public_key_line(value["old_key"]), parse_public_key_line(value["new_key"])
    if old is None or new is None:
        return None
    planned = value["reason"] == "planned"
    by_old = check_signature(source, f"{source.name}.minisig", data, [old], report, required=planned) is not None
    by_new = check_signature(source, f"{source.name}.new.minisig", data, [new], report) is not None
    if not planned:
        report.note("key-change.lost", at, "counts for nothing but the reader: the old key was lost")
    return KeyChange(Document(at, sha256_hex(data), value, None), value["holder"], old, new, by_old, by_new)


def read_revocations(
    folder: Path, place: str, station: str, keys: Sequence[PublicKey], report: Report
) -> dict[str, Document]:
    """The revocations in a station's `keys/` that the store signed, by the id of the key."""
    names = sorted({match[1] for name, _ in names_in(folder) if (match := _REVOCATION.fullmatch(name)) is not None})
    found: dict[str, Document] = {}
    for name in names:
        source = Source(folder, place, f"{name}.revocation.json", "revocation", "key-revocation")
        document = read_document(source, keys, report)
        if document is not None and _check_own(document, name, station, report) and document.key_id is not None:
            found[name] = document
    return found


def _check_own(document: Document, name: str, station: str, report: Report) -> bool:
    for field, expected in (("key_id", name), ("station", station)):
        if document.value[field] != expected:
            report.find(f"revocation.other-{field.replace('_', '-')}", document.place, f"is of {document.value[field]}")
            return False
    return True
