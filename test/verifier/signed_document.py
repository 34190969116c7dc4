"""Reads a signed document: its bytes, its signature by a key that counts, its canonical form and its shape."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import canonical_json
from document_shapes import DOCUMENT_SHAPES, DOCUMENT_VERSIONS
from findings import Report
from instants import milliseconds
from minisign_file import SIGNATURE_BYTES_MAX, PublicKey, SignatureFault, check
from safe_files import FileFault, read_small
from shapes import problems_of

DOCUMENT_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A document that has the shape of its type. `key_id` is that of the key whose signature holds, or None where none does."""

    place: str
    sha256: str
    value: dict[str, Any]
    key_id: str | None


@dataclass(frozen=True)
class Source:
    """Where a document lies and what it must be: `area` begins the codes of what is found."""

    folder: Path
    place: str
    name: str
    area: str
    kind: str

    def part(self, name: str) -> str:
        """Place of a file beside it."""
        return f"{self.place}/{name}"


def made_ms(value: dict[str, Any]) -> int:
    """When a document of a station was made: one of staff, where its day began in UTC (SPEC 4.17.10)."""
    at = value.get("sealed_at") or value.get("docked_at")
    return milliseconds(str(at) if at is not None else f"{value['day']}T00:00:00.000Z")


def sha256_hex(data: bytes) -> str:
    """The digest as the documents write it."""
    return sha256(data).hexdigest()


def read_document(source: Source, keys: Sequence[PublicKey], report: Report) -> Document | None:
    """The document, with everything that is wrong with it in the report. None where it has not the shape of its type."""
    data = _read(source, report)
    if data is None:
        return None
    signed = check_signature(source, f"{source.name}.minisig", data, keys, report)
    value = parse_value(source, data, report)
    if value is None:
        return None
    key_id = signed.key_id if signed is not None else None
    return Document(source.part(source.name), sha256_hex(data), value, key_id)


def read_unsigned(source: Source, report: Report) -> tuple[bytes, dict[str, Any] | None] | None:
    """Bytes and value of a document whose signatures have names of their own."""
    data = _read(source, report)
    return None if data is None else (data, parse_value(source, data, report))


def _read(source: Source, report: Report) -> bytes | None:
    try:
        return read_small(source.folder / source.name, DOCUMENT_BYTES_MAX)
    except FileFault as fault:
        report.find(f"{source.area}.{fault.reason}", source.part(source.name), str(fault))
        return None


def check_signature(
    source: Source, name: str, data: bytes, keys: Sequence[PublicKey], report: Report, *, required: bool = True
) -> PublicKey | None:
    """The key that signed the bytes, by the signature file of that name. A missing one is a finding where it is required."""
    place = source.part(name)
    try:
        return check(data, read_small(source.folder / name, SIGNATURE_BYTES_MAX), source.kind, keys)
    except FileFault as fault:
        if required or fault.reason != "missing":
            report.find(f"{source.area}.signature-{_file_reason(fault)}", place, str(fault))
    except SignatureFault as fault:
        report.find(f"{source.area}.signature-{fault.reason}", place, f"signature {fault}")
    return None


def _file_reason(fault: FileFault) -> str:
    return "malformed" if fault.reason == "oversize" else fault.reason


def parse_value(source: Source, data: bytes, report: Report) -> dict[str, Any] | None:
    """The value of the bytes, where it has the shape of the type."""
    place = source.part(source.name)
    try:
        value = canonical_json.parse(data)
    except canonical_json.NotCanonical as error:
        report.find(f"{source.area}.not-canonical", place, str(error))
        return None
    reason, problems = _judge(source.kind, value)
    for problem in problems:
        report.find(f"{source.area}.{reason}", place, problem)
    return value if isinstance(value, dict) and not problems else None


def _judge(kind: str, value: Any) -> tuple[str, Iterable[str]]:
    if isinstance(value, dict) and value.get("type") != kind:
        return "other-type", [f"is of type {value.get('type')!r}, not {kind!r}"]
    known = DOCUMENT_VERSIONS.get(kind, (1,))
    if isinstance(value, dict) and value.get("version") not in known:
        return "other-version", [f"has version {value.get('version')!r}, and known is {known}"]
    return "shape", problems_of(DOCUMENT_SHAPES[kind], value, kind)
