"""The sealed file of a recording and its list of digests (SPEC 3): size, units, header, and with an identity the original."""

import json
import os
from contextlib import ExitStack
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, BinaryIO

import canonical_json
from age_file import AgeHeader, AgeTool, parse_header, read_header
from document_shapes import UNIT_BYTES
from findings import Report
from minisign_file import parse_base64
from safe_files import FileFault, open_regular
from shapes import BASE64, fields, problems_of
from signed_document import sha256_hex

_DIGEST_BYTES = 32
_UNITS_TOLD_MAX = 8
_TEXT_POINTS_MAX = 1000
_SOURCE = fields(path=BASE64, vendor=lambda value, at: iter(_vendor_problems(value, at)))


def _vendor_problems(value: Any, at: str) -> list[str]:
    good = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    return [] if good else [f"{at} is no object of texts"]


def check_payload(folder: Path, place: str, manifest: dict[str, Any], age: AgeTool | None, report: Report) -> None:
    """Compares what lies beside a manifest with what it says. Whatever sizes both claim, a unit at a time is held."""
    at, expected = f"{place}/payload.age", manifest["sealed"]["size_bytes"]
    with ExitStack() as opened:
        chunks = _open_chunks(folder / "chunks.bin", f"{place}/chunks.bin", manifest["sealed"], opened, report)
        try:
            file = opened.enter_context(open_regular(folder / "payload.age"))
        except FileFault as fault:
            report.find(f"payload.{fault.reason}", at, str(fault))
            return
        size = _size_of(file)
        differing = _differing(file, chunks, expected) if chunks is not None else []
        header = read_header(file)
    if size != expected:
        report.find("payload.size", at, f"has {size} bytes, and its manifest says {expected}")
    if differing:
        report.find("payload.unit", at, f"differs from chunks.bin in units {_listed(differing)}")
    _check_header(header, at, manifest, report)
    if age is not None:
        _check_original(folder / "payload.age", at, manifest["original"], age, report)


def _size_of(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _open_chunks(path: Path, at: str, sealed: dict[str, Any], opened: ExitStack, report: Report) -> BinaryIO | None:
    """The list of digests, at its beginning; compared with the manifest where it has the length that it must have."""
    expected = _DIGEST_BYTES * -(-sealed["size_bytes"] // UNIT_BYTES)
    try:
        file = opened.enter_context(open_regular(path))
    except FileFault as fault:
        report.find(f"chunks.{fault.reason}", at, str(fault))
        return None
    if _size_of(file) != expected:
        report.find("chunks.length", at, f"has {_size_of(file)} bytes, not {expected}")
    elif file_digest(file, "sha256").hexdigest() != sealed["chunks_sha256"]:
        report.find("chunks.digest", at, "has another digest than its manifest says")
    file.seek(0)
    return file


def _differing(file: BinaryIO, chunks: BinaryIO, expected: int) -> list[int]:
    """Numbers of the first units that are not those of the list; nothing is read far behind the size that is expected."""
    units: list[int] = []
    number, left = 0, expected + UNIT_BYTES
    while len(units) <= _UNITS_TOLD_MAX:
        unit = file.read(min(UNIT_BYTES, left))
        digest = chunks.read(_DIGEST_BYTES)
        if not unit and not digest:
            break
        if not unit or sha256(unit).digest() != digest:
            units.append(number)
        number, left = number + 1, left - len(unit)
    return units


def _listed(units: list[int]) -> str:
    more = " and more" if len(units) > _UNITS_TOLD_MAX else ""
    return ", ".join(str(unit) for unit in units[:_UNITS_TOLD_MAX]) + more


def _check_header(header: AgeHeader | None, at: str, manifest: dict[str, Any], report: Report) -> None:
    if header is None:
        report.find("payload.header", at, "has no age header of X25519 recipients")
        return
    if header.recipients != len(manifest["recipients"]):
        named = len(manifest["recipients"])
        report.find(
            "payload.recipients", at, f"is sealed to {header.recipients} recipients, and its manifest names {named}"
        )
    original, sealed = manifest["original"]["size_bytes"], manifest["sealed"]["size_bytes"]
    if header.sealed_size(original) != sealed:
        report.find("payload.original-size", at, f"does not have the size of {original} sealed bytes")


def _check_original(path: Path, at: str, original: dict[str, Any], age: AgeTool, report: Report) -> None:
    opened = age.open_file(path)
    if opened is None:
        report.find("payload.unopened", at, "age does not open it with this identity")
    elif opened.sha256 != original["sha256"] or opened.size_bytes != original["size_bytes"]:
        report.find("payload.original-digest", at, "opens to other bytes than its manifest says")


def check_source(place: str, manifest: dict[str, Any], age: AgeTool | None, report: Report) -> None:
    """The sealed path of the original."""
    at = f"{place}/manifest.json"
    sealed = parse_base64(manifest["source"]["sealed"]) or b""
    header = parse_header(sealed)
    if header is None or header.recipients != len(manifest["recipients"]):
        report.find("manifest.source-sealed", at, "source.sealed is no age file for the recipients of the manifest")
        return
    if age is None:
        return
    text = age.open_bytes(sealed)
    if text is None:
        report.find("manifest.source-unopened", at, "age does not open source.sealed with this identity")
        return
    problem = _source_problem(text, manifest["source"]["path_sha256"])
    if problem is not None:
        report.find("manifest.source-path", at, problem)


def check_staff_text(at: str, value: dict[str, Any], age: AgeTool | None, report: Report) -> None:
    """The sealed words of a staff text (SPEC 4.17)."""
    sealed = parse_base64(value["sealed"]) or b""
    header = parse_header(sealed)
    if header is None or header.recipients != len(value["recipients"]):
        report.find("text.sealed", at, "sealed is no age file for the recipients that it names")
        return
    opened = age.open_bytes(sealed) if age is not None else None
    if age is not None and opened is None:
        report.find("text.unopened", at, "age does not open it with this identity")
    elif opened is not None and not 1 <= len(opened.decode("utf-8", "replace")) <= _TEXT_POINTS_MAX:
        report.find("text.length", at, f"holds no text of 1 to {_TEXT_POINTS_MAX} characters")


def _source_problem(text: bytes, path_sha256: str) -> str | None:
    try:
        value = canonical_json.parse(text)
    except canonical_json.NotCanonical as error:
        return f"source.sealed holds no canonical JSON: {error}"
    problems = problems_of(_SOURCE, value, "source")
    if problems:
        return json.dumps(problems[0])[1:-1]
    path = parse_base64(value["path"]) or b""
    return None if sha256_hex(path) == path_sha256 else "source.sealed holds a path of another digest"
