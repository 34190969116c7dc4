"""Events of custody logs and the shape of their facts (SPEC 4.3)."""

from document_shapes import NOT_TAKEN, REJECTED
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
    either,
    fields,
    fields_and,
    integer,
    one_of,
    text,
)

_BOTH: dict[str, Shape] = {
    "segment-opened": fields(
        segment=RANDOM_ID,
        station=PLACE_ID,
        version=text(128),
        last_segment=either(RANDOM_ID),
        last_sequence=either(integer(1)),
        last_sha256=either(DIGEST),
    ),
    "checkpoint": fields(head=text(), signature=text()),
    "segment-dropped": fields(segment=RANDOM_ID, last_sequence=integer(1), last_sha256=DIGEST),
    "key-changed": fields(old_key_id=KEY_ID, new_key_id=KEY_ID, change_sha256=DIGEST),
    "chain-broken": fields(segment=RANDOM_ID, sequence=SIZE, reason=text()),
}

_DOCKED_FILE = {"docking": RANDOM_ID, "path_sha256": DIGEST}
_ERASURE = {"recording": RANDOM_ID, **_DOCKED_FILE}
_CLOCK = fields(docking=RANDOM_ID, offset_ms=integer(), uncertainty_ms=SIZE)
_DIFFERENCE = fields(
    difference=one_of("cut-tail", "rewritten", "older-image", "spool-lost", "store-lost"),
    subject=RANDOM_ID,
    sequence=either(integer(1)),
    sha256=either(DIGEST),
)

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
    "spooled": fields(recording=RANDOM_ID, manifest_sha256=DIGEST, sealed_size_bytes=integer(1)),
    "matched": fields(recording=RANDOM_ID, **_DOCKED_FILE),
    "not-taken": fields(**_DOCKED_FILE, reason=one_of(*NOT_TAKEN)),
    "docking-recorded": fields(docking=RANDOM_ID, record=RANDOM_ID, sha256=DIGEST, part=integer(1), parts=integer(1)),
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
    "camera-retired": fields(camera=PLACE_ID, reason=REASON_CODE),
    "proof-installed": fields(recipient_sha256=DIGEST),
}

_OF_RECORDING = {"station": STATION_ID, "recording": RANDOM_ID}

STORE_EVENTS: dict[str, Shape] = {
    **_BOTH,
    "receiver-started": fields(version=text(128)),
    "receiver-stopped": fields(),
    "expiry-warned": fields(**_OF_RECORDING, due_at=INSTANT),
    "order": fields(
        **_OF_RECORDING,
        order=RANDOM_ID,
        verb=one_of("hold", "unhold", "delete"),
        role=one_of("officer", "supervisor"),
        order_sha256=DIGEST,
    ),
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
    "key-revoked": fields(station=STATION_ID, key_id=KEY_ID, reason=one_of("lost", "stolen", "retired")),
    "clock-checked": fields(),
    "witnessed": fields(day=DAY, sha256=DIGEST),
    "restored": fields(restored_sha256=DIGEST, complete_until=INSTANT),
}
