"""One segment of a custody log (SPEC 4.3): lines that follow each other, and checkpoints that sign them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO

import canonical_json
from custody_events import STATION_EVENTS, STORE_EVENTS
from document_shapes import CUSTODY_HEAD
from findings import Report
from instants import milliseconds
from merkle_tree import leaf_hash
from minisign_file import SIGNATURE_BYTES_MAX, PublicKey, SignatureFault, check, is_plainly_spelled
from safe_files import FileFault, open_regular, read_small
from shapes import DIGEST, INSTANT, Shape, either, fields, integer, problems_of, text
from signed_document import sha256_hex

LINE_BYTES_MAX = 16 * 1024
SEGMENT_BYTES_MAX = 64 * 1024 * 1024
GROUP_ENTRIES_MAX = 64
CHAIN_START = "0" * 64


def _facts(value: Any, at: str) -> Any:
    if not isinstance(value, dict) or any(isinstance(each, dict | list) for each in value.values()):
        yield f"{at} is no object of texts, integers, booleans and nulls"


_ENTRY: Shape = fields(
    sequence=integer(1),
    previous=DIGEST,
    at=INSTANT,
    boot=either(text(64)),
    monotonic_ms=integer(0),
    event=text(64),
    facts=_facts,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, with its digest."""

    segment: str
    sequence: int
    previous: str
    sha256: str
    at: str
    boot: str | None
    monotonic_ms: int
    event: str
    facts: dict[str, Any]
    place: str

    @property
    def at_ms(self) -> int:
        """When it was entered."""
        return milliseconds(self.at)


@dataclass
class Segment:
    """What a segment holds, as far as it can be read."""

    name: str
    place: str
    lines: list[Line] = field(default_factory=list)
    # Ids of the keys that signed in it; one in a good segment.
    key_ids: set[str] = field(default_factory=set)
    # Every line up to this sequence is under a signature.
    signed_up_to: int = 0
    torn: bool = False
    # Of a store's log: hashes of its lines as leaves of the tree (SPEC 4.15), 32 bytes each.
    leaves: bytearray = field(default_factory=bytearray)

    @property
    def opened(self) -> dict[str, Any] | None:
        """Facts of its first line."""
        first = self.lines[0] if self.lines else None
        return first.facts if first is not None and first.event == "segment-opened" else None

    @property
    def counting(self) -> list[Line]:
        """Lines that say something and excuse something: after the last signature anybody can put others (SPEC 10.3)."""
        return self.lines[: self.signed_up_to]

    def line(self, sequence: int) -> Line | None:
        """The line with that number."""
        return self.lines[sequence - 1] if 1 <= sequence <= len(self.lines) else None


@dataclass(frozen=True)
class Holder:
    """Whose log it is: a station or a receiver, with the keys that count for it."""

    name: str
    keys: Sequence[PublicKey]
    is_store: bool

    @property
    def events(self) -> dict[str, Shape]:
        """Events that its log may have."""
        return STORE_EVENTS if self.is_store else STATION_EVENTS


def read_segment(folder: Path, name: str, place: str, holder: Holder, report: Report) -> Segment:
    """Reads and checks one segment; `place` is that of its file."""
    segment = Segment(name, place)
    try:
        with open_regular(folder / f"{name}.jsonl", SEGMENT_BYTES_MAX) as file:
            _read_lines(file, segment, holder, report)
    except FileFault as fault:
        report.find(f"custody.{fault.reason}", place, str(fault))
        return segment
    _check_opening(segment, holder, report)
    _check_whole(folder, segment, holder, report)
    if len(segment.key_ids) > 1:
        report.find("custody.two-keys", place, f"is signed by several keys: {', '.join(sorted(segment.key_ids))}")
    return segment


def _read_lines(file: BinaryIO, segment: Segment, holder: Holder, report: Report) -> None:
    previous, group = CHAIN_START, 0
    while data := file.readline(LINE_BYTES_MAX + 1):
        number = len(segment.lines) + 1
        place = f"{segment.place}:{number}"
        if not data.endswith(b"\n"):
            segment.torn = len(data) <= LINE_BYTES_MAX
            if not segment.torn:
                report.find("custody.oversize", place, f"is longer than {LINE_BYTES_MAX} bytes")
            return
        line = _parse_line(data[:-1], segment, place, holder, report)
        if line is None:
            return
        _check_follows(line, number, previous, report)
        previous = line.sha256
        segment.lines.append(line)
        if holder.is_store:
            segment.leaves += leaf_hash(data[:-1])
        group = _follow_group(line, segment, holder, group, report)


def _parse_line(data: bytes, segment: Segment, place: str, holder: Holder, report: Report) -> Line | None:
    """The entry; None where it cannot be read at all, and then nothing behind it can be."""
    try:
        value = canonical_json.parse(data)
    except canonical_json.NotCanonical as error:
        report.find("custody.not-canonical", place, str(error))
        return None
    problems = problems_of(_ENTRY, value, "entry")
    for problem in problems:
        report.find("custody.shape", place, problem)
    if problems:
        return None
    _check_facts(value["event"], value["facts"], place, holder, report)
    return Line(
        segment=segment.name,
        sequence=value["sequence"],
        previous=value["previous"],
        sha256=intern(sha256_hex(data)),  # the next line names it
        at=value["at"],
        boot=value["boot"],
        monotonic_ms=value["monotonic_ms"],
        event=value["event"],
        facts=value["facts"],
        place=place,
    )


def _check_facts(event: str, facts: Any, place: str, holder: Holder, report: Report) -> None:
    shape = holder.events.get(event)
    if shape is None and event in (STATION_EVENTS if holder.is_store else STORE_EVENTS):
        report.find("custody.facts", place, f"event {event!r} does not belong into this log")
        return
    if shape is None:
        report.note("custody.unknown-event", place, f"event {event!r} cannot be judged")
        return
    for problem in problems_of(shape, facts, event):
        report.find("custody.facts", place, problem)


def _check_follows(line: Line, number: int, previous: str, report: Report) -> None:
    if line.sequence != number:
        report.find("custody.sequence", line.place, f"has sequence {line.sequence}, not {number}")
    if line.previous != previous:
        report.find("custody.chain", line.place, "does not follow the line before")


def _follow_group(line: Line, segment: Segment, holder: Holder, group: int, report: Report) -> int:
    if line.event != "checkpoint":
        return group + 1
    if group > GROUP_ENTRIES_MAX:
        report.find("custody.group", line.place, f"closes a group of {group} entries")
    _check_checkpoint(line, segment, holder, report)
    return 0


def _check_checkpoint(line: Line, segment: Segment, holder: Holder, report: Report) -> None:
    before = segment.line(len(segment.lines) - 1)
    head, signature = line.facts.get("head"), line.facts.get("signature")
    if not isinstance(head, str) or not isinstance(signature, str):
        return
    if before is None or _head_of(head) != _expected_head(before, line, holder):
        report.find("custody.checkpoint-head", line.place, "is not of the entry before it in this log, or of another time")
    try:
        key = check(head.encode("utf-8"), signature.encode("utf-8"), "custody-head", holder.keys)
    except (SignatureFault, UnicodeEncodeError) as fault:
        reason = fault.reason if isinstance(fault, SignatureFault) else "malformed"
        report.find(f"custody.checkpoint-{reason}", line.place, f"signature {fault}")
        return
    if not is_plainly_spelled(signature):
        report.find("custody.checkpoint-malformed", line.place, "signature was altered where it signs nothing")
        return
    segment.key_ids.add(key.key_id)
    # All that it says of itself is in what it signs: it is under the signature, too.
    segment.signed_up_to = len(segment.lines)


def _head_of(text_of_head: str) -> Any:
    try:
        value = canonical_json.parse(text_of_head.encode("utf-8", "surrogatepass"))
    except canonical_json.NotCanonical:
        return None
    return None if problems_of(CUSTODY_HEAD, value, "head") else value


def _expected_head(before: Line, checkpoint: Line, holder: Holder) -> dict[str, Any]:
    return {
        "type": "custody-head",
        "version": 1,
        "station": holder.name,
        "segment": before.segment,
        "sequence": before.sequence,
        "sha256": before.sha256,
        "at": checkpoint.at,
        "boot": checkpoint.boot,
        "monotonic_ms": checkpoint.monotonic_ms,
    }


def _check_opening(segment: Segment, holder: Holder, report: Report) -> None:
    for line in segment.lines[1:]:
        if line.event == "segment-opened":
            report.find("custody.opened-twice", line.place, "opens a segment inside one")
    opened = segment.opened
    if not segment.lines:
        report.note("custody.empty", segment.place, "holds no whole line: its first write was cut off")
    elif opened is None:
        report.find("custody.not-opened", segment.place, "does not begin with 'segment-opened'")
    elif opened.get("segment") != segment.name:
        report.find("custody.other-segment", segment.place, f"opens as {opened.get('segment')}")
    elif opened.get("station") != holder.name:
        report.find("custody.other-station", segment.place, f"is of {opened.get('station')}, not of {holder.name}")


def _check_whole(folder: Path, segment: Segment, holder: Holder, report: Report) -> None:
    """The signature over an ended segment. A vault's copy of a station's segment need not have it."""
    name = f"{segment.name}.jsonl.minisig"
    try:
        signature = read_small(folder / name, SIGNATURE_BYTES_MAX)
        data = read_small(folder / f"{segment.name}.jsonl", SEGMENT_BYTES_MAX)
        key = check(data, signature, "custody-segment", holder.keys)
    except FileFault as fault:
        if fault.reason != "missing":
            report.find(f"custody.signature-{fault.reason}", f"{segment.place}.minisig", str(fault))
    except SignatureFault as fault:
        report.find(f"custody.signature-{fault.reason}", f"{segment.place}.minisig", f"signature {fault}")
    else:
        segment.key_ids.add(key.key_id)
        segment.signed_up_to = len(segment.lines)
