"""Events of custody logs and the shape of their facts (SPEC 4.3)."""

from collections.abc import Iterator
from typing import Any

from document_shapes import NOT_TAKEN, REJECTED, STAFF_KINDS
from shapes import (
    BOOLEAN,
    DAY,
    DIGEST,
    INSTANT,
    KEY_ID,
    PLACE_ID,
    RANDOM_ID,
    REASON_CODE,
    RECEIVER_ID,
    SIZE,
    STATION_ID,
    Shape,
    constant,
    either,
    fields,
    fields_and,
    integer,
    one_of,
    text,
)

_OPENED: dict[str, Shape] = {
    "segment": RANDOM_ID,
    "station": PLACE_ID,
    "version": text(128),
    "last_segment": either(RANDOM_ID),
    "last_sequence": either(integer(1)),
    "last_sha256": either(DIGEST),
}

_BOTH: dict[str, Shape] = {
    "segment-opened": fields(**_OPENED),
    "checkpoint": fields(head=text(), signature=text()),
    "segment-dropped": fields(segment=RANDOM_ID, last_sequence=integer(1), last_sha256=DIGEST),
    "key-changed": fields(old_key_id=KEY_ID, new_key_id=KEY_ID, change_sha256=DIGEST),
    "chain-broken": fields(segment=RANDOM_ID, sequence=SIZE, reason=text()),
}

_DOCKED_FILE = {"docking": RANDOM_ID, "path_sha256": DIGEST}
_ERASURE = {"recording": RANDOM_ID, **_DOCKED_FILE}
_POLICY = fields(number=integer(1, 999_999), policy_sha256=DIGEST)
_CLOCK = fields(docking=RANDOM_ID, offset_ms=integer(), uncertainty_ms=SIZE)
_DIFFERENT = {
    "difference": one_of("cut-tail", "rewritten", "older-image", "spool-lost", "store-lost", "log-forked"),
    "subject": RANDOM_ID,
    "sequence": either(integer(1)),
    "sha256": either(DIGEST),
}
_DIFFERENCE = fields(**_DIFFERENT)

_END = {"camera": PLACE_ID, "recording": RANDOM_ID, "sha256": DIGEST, "key_id": KEY_ID, "docking": either(RANDOM_ID)}
_CARRIED: dict[str, Shape] = {
    "item": fields(
        what=text(),
        recording=RANDOM_ID,
        spooled=BOOLEAN,
        recorded=BOOLEAN,
        receipted=BOOLEAN,
        once_receipted=BOOLEAN,
        left=BOOLEAN,
    ),
    "manifest": fields(what=text(), **_END),
    "record": fields(what=text(), **_END),
    "docking": fields(what=text(), docking=RANDOM_ID, camera=PLACE_ID),
    "recorded": fields(what=text(), docking=RANDOM_ID),
    "difference": fields(what=text(), **_DIFFERENT, acknowledged=BOOLEAN),
    "dropped": fields(what=text(), segment=RANDOM_ID),
    "retired": fields(what=text(), camera=PLACE_ID),
    "bay": fields(what=text(), bay=PLACE_ID),
    "store-log": fields(what=text(), checkpoint=text()),
}


def _carried(value: Any, at: str) -> Iterator[str]:
    """What a station says again of its own state before a segment goes, by what it is about (SPEC 4.3.6)."""
    shape = _CARRIED.get(str(value.get("what"))) if isinstance(value, dict) else None
    if shape is None:
        yield f"{at}.what is none of {', '.join(_CARRIED)}"
    else:
        yield from shape(value, at)


def _maybe_settled(**shapes: Shape) -> Shape:
    """What a settlement may have made: with camera and key of the one that is the end of its camera's chain (SPEC 4.3.9)."""
    plain = fields(**shapes)
    settled = fields(**shapes, settled=constant(True))
    end = fields(**shapes, settled=constant(True), camera=PLACE_ID, key_id=KEY_ID)

    def check(value: Any, at: str) -> Iterator[str]:
        has = value if isinstance(value, dict) else {}
        shape = end if "camera" in has or "key_id" in has else settled if "settled" in has else plain
        yield from shape(value, at)

    return check


def _opened_by_store(value: Any, at: str) -> Iterator[str]:
    """A segment of a store's log has a place in a tree (SPEC 4.15.2); one of 0.1.0 has none."""
    has_place = isinstance(value, dict) and bool({"log_origin", "log_size"} & value.keys())
    place: dict[str, Shape] = {"log_origin": text(256), "log_size": SIZE} if has_place else {}
    yield from fields(**_OPENED, **place)(value, at)


STATION_EVENTS: dict[str, Shape] = {
    **_BOTH,
    "agent-started": fields(version=text(128)),
    "agent-stopped": fields(),
    "configuration": fields(sha256=DIGEST),
    "clock-state": fields(synchronised=either(BOOLEAN)),
    "clock-stepped": fields(step_ms=integer()),
    "docked": fields_and({"stay": RANDOM_ID}, bay=PLACE_ID, camera=PLACE_ID, docking=RANDOM_ID),
    "undocked": fields(bay=PLACE_ID, docking=RANDOM_ID),
    "camera-refused": fields(bay=PLACE_ID, reason=one_of("unknown", "no-serial", "other-camera")),
    "camera-clock": _CLOCK,
    "camera-clock-set": _CLOCK,
    "inventory": fields(docking=RANDOM_ID, entries=SIZE, bytes=SIZE, sha256=DIGEST),
    "seen": fields(**_DOCKED_FILE, size_bytes=SIZE),
    "seen-more": fields(docking=RANDOM_ID, entries=integer(1), sha256=DIGEST),
    "pulled": fields(recording=RANDOM_ID, **_DOCKED_FILE, size_bytes=SIZE, sha256=DIGEST),
    "sealed": fields(recording=RANDOM_ID, sealed_size_bytes=integer(1), chunks_sha256=DIGEST),
    "rejected": fields(recording=RANDOM_ID, reason=one_of(*REJECTED)),
    "spooled": _maybe_settled(recording=RANDOM_ID, manifest_sha256=DIGEST, sealed_size_bytes=integer(1)),
    "matched": fields(recording=RANDOM_ID, **_DOCKED_FILE),
    "not-taken": fields(**_DOCKED_FILE, reason=one_of(*NOT_TAKEN)),
    "docking-recorded": _maybe_settled(
        docking=RANDOM_ID, record=RANDOM_ID, sha256=DIGEST, part=integer(1), parts=integer(1)
    ),
    "document-recorded": fields_and(
        {"settled": constant(True)}, kind=one_of(*STAFF_KINDS), record=RANDOM_ID, sha256=DIGEST
    ),
    "offered": fields(recording=RANDOM_ID),
    "receipted": fields(recording=RANDOM_ID, receiver=RECEIVER_ID, receipt_sha256=DIGEST),
    "asked-again": fields(recording=RANDOM_ID, receiver=RECEIVER_ID, receipt_sha256=DIGEST),
    "store-restored": fields(receiver=RECEIVER_ID, restored_sha256=DIGEST),
    "receipt-refused": fields(recording=RANDOM_ID, reason=text()),
    "erasing": fields(**_ERASURE),
    "erased": fields(**_ERASURE),
    "not-erased": fields(**_ERASURE, reason=text()),
    "erasure-unconfirmed": fields(**_ERASURE, reason=text()),
    "spool-reclaimed": fields(recording=RANDOM_ID),
    "spool-documents-dropped": fields(recording=RANDOM_ID, manifest_sha256=DIGEST, receipt_sha256=DIGEST),
    "quarantined": fields(name=text(), reason=text()),
    "difference-found": _DIFFERENCE,
    "difference-gone": _DIFFERENCE,
    "difference-acknowledged": fields(differences=SIZE, reason=REASON_CODE),
    "policy": _POLICY,
    "camera-retired": fields(camera=PLACE_ID, reason=REASON_CODE),
    "carried": _carried,
    "store-log": fields(checkpoint=text()),
    "proof-installed": fields(recipient_sha256=DIGEST),
}

_OF_RECORDING = {"station": STATION_ID, "recording": RANDOM_ID}

STORE_EVENTS: dict[str, Shape] = {
    **_BOTH,
    "segment-opened": _opened_by_store,
    "receiver-started": fields(version=text(128)),
    "receiver-stopped": fields(),
    "retention": fields(days=integer(1), documents_days=integer(1)),
    "expiry-warned": fields(**_OF_RECORDING, due_at=INSTANT),
    "order": fields_and(
        {"key_id": KEY_ID},
        **_OF_RECORDING,
        order=RANDOM_ID,
        verb=one_of("hold", "unhold", "delete"),
        role=one_of("officer", "supervisor"),
        order_sha256=DIGEST,
    ),
    "policy": _POLICY,
    "hold-lapsed": fields(**_OF_RECORDING, order=RANDOM_ID),
    "deleting": fields(**_OF_RECORDING, deletion_sha256=DIGEST),
    "deleted": fields(**_OF_RECORDING, deletion_sha256=DIGEST),
    "documents-dropped": fields(
        **_OF_RECORDING,
        manifest_sha256=DIGEST,
        receipt_sha256=DIGEST,
        received_at=INSTANT,
        deletion_sha256=either(DIGEST),
        deleted_at=either(INSTANT),
    ),
    "disclosed": fields(
        **_OF_RECORDING,
        disclosure=RANDOM_ID,
        command=one_of("open", "export"),
        reason=REASON_CODE,
        asked_at=INSTANT,
    ),
    "evaluation": fields(**_OF_RECORDING, evaluation_sha256=DIGEST, key_id=KEY_ID),
    "key-revoked": fields_and(
        {"compromised_since": INSTANT},
        station=STATION_ID,
        key_id=KEY_ID,
        reason=one_of("lost", "stolen", "retired"),
    ),
    "clock-checked": fields(),
    "outside-time": fields(
        by=one_of("witness", "time-stamp", "station"),
        name=text(),
        said_at=INSTANT,
        boot=either(text(64)),
    ),
    "expiry-waits": fields(due=SIZE, recordings=SIZE),
    "witnessed": fields(day=DAY, sha256=DIGEST),
    "restored": fields(restored_sha256=DIGEST, complete_until=INSTANT),
    "receipt": fields_and(
        {"policy_sha256": DIGEST},
        kind=one_of("recording", "docking", *STAFF_KINDS),
        **_OF_RECORDING,
        receipt_sha256=DIGEST,
    ),
    "head": fields(station=STATION_ID, segment=RANDOM_ID, sequence=integer(1), sha256=DIGEST),
}
