"""Shapes of the documents of SPEC 4, by type. What one field says about another is in here too, as far as one document alone can show it."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from instants import milliseconds
from minisign_file import parse_base64
from shapes import (
    BASE64,
    BOOLEAN,
    DAY,
    DIGEST,
    INSTANT,
    KEY_ID,
    PLACE_ID,
    PUBLIC_KEY,
    RANDOM_ID,
    REASON_CODE,
    RECEIVER_ID,
    SIZE,
    STATION_ID,
    Shape,
    ascending,
    constant,
    either,
    fields,
    fields_and,
    integer,
    many,
    matching,
    one_of,
    text,
)

UNIT_BYTES = 524_288
DOCKING_PART_ENTRIES_MAX = 256
DOCKING_ENTRIES_MAX = 100_000
SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

# Reasons of the event `not-taken` (4.3), and the one that only a docking record knows (4.6).
NOT_TAKEN = (
    "not-a-file",
    "changing",
    "unreadable",
    "too-damaged",
    "camera-failed",
    "spool-full",
    "spool-failed",
    "quarantined",
    "agent-failed",
)
REJECTED = ("empty", "unknown-kind", "odd-name", "damaged")

# Documents of staff (4.17), as their types and the kinds of their receipts.
STAFF_KINDS = ("staff-report", "staff-text")

_LIST_MAX = 65_536
_SAID = either(text(128))
_HOLDER_ID = PLACE_ID  # a receiver id has the form of one as well
_RECIPIENT = matching(r"age1[02-9ac-hj-np-z]{58}", "age recipient")
_RANGE = fields(offset_bytes=SIZE, size_bytes=integer(1))
_COUNT = either(SIZE)
_HEAD = fields(segment=RANDOM_ID, sequence=integer(1), sha256=DIGEST)


def _all(*shapes: Shape) -> Shape:
    """Each of the shapes; a later one is asked only where those before found nothing."""

    def check(value: Any, at: str) -> Iterator[str]:
        for shape in shapes:
            problems = list(shape(value, at))
            yield from problems
            if problems:
                return

    return check


def _manifest_sense(value: Any, at: str) -> Iterator[str]:
    rejected, capture, size = value["rejected"], value["capture"], value["original"]["size_bytes"]
    if rejected is not None:
        yield from _unreadable_sense(rejected, size, at)
    if size == 0 and value["original"]["sha256"] != SHA256_OF_NOTHING:
        yield f"{at}.original has no byte and the digest of some"
    ends = (capture["earliest_at"], capture["latest_at"])
    if None not in ends and milliseconds(ends[0]) > milliseconds(ends[1]):
        yield f"{at}.capture ends before it begins"
    claimed = value["original"]["modified_at"]
    # Null, or what the camera claimed, as stations of 0.1.0 wrote.
    if capture["basis"] == "clock-unmeasured" and (
        ends[0] != ends[1] or (ends[0] is not None and claimed not in (None, ends[0]))
    ):
        yield f"{at}.capture is neither unknown nor what the camera said, and its basis says so"
    if (value["sidecar_of"] is not None) != (value["role"] == "sidecar"):
        yield f"{at}.sidecar_of and role {value['role']} do not agree"
    if value["sidecars"] and value["role"] != "media":
        yield f"{at}.sidecars are there for role {value['role']}"
    if value["recording"] in value["supersedes"]:
        yield f"{at}.supersedes names the recording itself"
    if "joints" in value:
        joints = value["joints"]
        if not joints or joints != sorted(set(joints)) or joints[-1] > size:
            yield f"{at}.joints do not ascend within the original"


def _unreadable_sense(rejected: Any, size: int, at: str) -> Iterator[str]:
    if rejected["reason"] == "empty" and size != 0:
        yield f"{at}.rejected is empty, and the original has {size} bytes"
    if rejected["unreadable"] and rejected["reason"] != "damaged":
        yield f"{at}.rejected has unreadable ranges and is not damaged"
    end = -1
    for each in rejected["unreadable"]:
        if each["offset_bytes"] <= end:
            yield f"{at}.rejected.unreadable is not ascending, or touches"
        end = each["offset_bytes"] + each["size_bytes"]
    if end > size:
        yield f"{at}.rejected.unreadable goes beyond the original"


def _receipt_sense(value: Any, at: str) -> Iterator[str]:
    held = (value["sealed_size_bytes"], value["chunks_sha256"])
    if value["kind"] != "recording" and held != (0, SHA256_OF_NOTHING):
        yield f"{at} of what has no bytes names some"


def _docking_sense(value: Any, at: str) -> Iterator[str]:
    if value["part"] > value["parts"]:
        yield f"{at}.part is {value['part']} of {value['parts']}"
    if (value["record"] == value["docking"]) != (value["part"] == 1):
        yield f"{at}.record is not the docking's id in part 1 alone"
    if value["part"] > 1 and value["previous_docking_sha256"] is None:
        yield f"{at}.previous_docking_sha256 does not name the part before"
    if value["ended_at"] is None and value["ended"] != "cut-off":
        yield f"{at}.ended_at is null, and somebody saw how it ended"
    clock = value["camera_clock"]
    if clock is not None and milliseconds(clock["claimed_at"]) - milliseconds(clock["read_at"]) != clock["offset_ms"]:
        yield f"{at}.camera_clock.offset_ms is not what its two times make"
    first = [entry for entry in value["entries"] if not entry["later"]]
    if value["inventory"] is None and (first or (value["ended"] != "cut-off" and (value["entries"] or value["later"]))):
        yield f"{at} has entries of a listing that was not taken"
    if value["version"] > 1 and value["stay"] == value["docking"] and value["stay_docked_at"] != value["docked_at"]:
        yield f"{at}.stay_docked_at is not its own beginning"
    later = [entry["later"] for entry in value["entries"]]
    if later != sorted(later):
        yield f"{at}.entries has later ones before those of the first listing"


_FATES = {
    # fate: whether it names a recording, and what reasons it may have
    "stored": (True, (None, *REJECTED)),
    "matched": (True, (None,)),
    "not-a-file": (False, (None,)),
    "waiting": (False, (*NOT_TAKEN, "not-reached")),
    "vanished": (False, (None,)),
}


def _entry_sense(value: Any, at: str) -> Iterator[str]:
    named, reasons = _FATES[value["fate"]]
    if (value["recording"] is not None) != named:
        yield f"{at}.recording does not fit fate {value['fate']}"
    if value["reason"] not in reasons:
        yield f"{at}.reason {value['reason']!r} does not fit fate {value['fate']}"
    if value["erased"] is not False and not named:
        yield f"{at} is erased and nothing of it was kept"
    if value["erased"] is not False and value["reason"] == "damaged":
        yield f"{at} is erased and was damaged"


def _restored_sense(value: Any, at: str) -> Iterator[str]:
    if value["complete_until"] > value["restored_at"]:
        yield f"{at}.complete_until is after the statement"
    named = value.get("checkpoint")
    own = f"bodydock/{value['vault']}/{value['receiver']}"
    if named is not None and re.fullmatch(rf"{re.escape(own)}(/[0-9a-f]{{16}})?", named["origin"], re.ASCII) is None:
        yield f"{at}.checkpoint is of another log"


def _key_change_sense(value: Any, at: str) -> Iterator[str]:
    if value["old_key"] == value["new_key"]:
        yield f"{at}.new_key is the old one"


def _vault_sense(value: Any, at: str) -> Iterator[str]:
    expected = hashlib.sha256(value["vault"].encode("ascii")).hexdigest()
    if value.get("vault_sha256", expected) != expected:
        yield f"{at}.vault_sha256 is not of this id"


def _manifest(version: int, optional: Mapping[str, Shape] | None = None, **more: Shape) -> Shape:
    return fields_and(
        optional or {},
        type=constant("recording-manifest"),
        version=constant(version),
        recording=RANDOM_ID,
        station=STATION_ID,
        bay=PLACE_ID,
        docking=RANDOM_ID,
        camera=fields(id=PLACE_ID, model=_SAID, serial=_SAID),
        role=one_of("media", "sidecar", "other"),
        locked=BOOLEAN,
        rejected=either(fields(reason=one_of(*REJECTED), unreadable=many(_RANGE, 1024))),
        source=fields(path_sha256=DIGEST, sealed=BASE64),
        original=fields(size_bytes=SIZE, sha256=DIGEST, modified_at=either(INSTANT)),
        capture=fields(
            earliest_at=either(INSTANT),
            latest_at=either(INSTANT),
            basis=one_of("clock-unmeasured", "clock-measured", "docking-interval"),
        ),
        sealed=fields(size_bytes=integer(1), unit_bytes=constant(UNIT_BYTES), chunks_sha256=DIGEST),
        recipients=many(_RECIPIENT, 64),
        media=either(
            fields(
                container=either(text(128)),
                duration_ms=_COUNT,
                codec=either(text(128)),
                width_px=_COUNT,
                height_px=_COUNT,
            )
        ),
        sidecars=ascending(DIGEST, _LIST_MAX),
        sidecar_of=either(DIGEST),
        supersedes=ascending(RANDOM_ID, _LIST_MAX),
        previous_manifest_sha256=either(DIGEST),
        sealed_at=INSTANT,
        clock_synchronised=either(BOOLEAN),
        **more,
    )


_JOINTS = many(integer(1), 1024)
_MANIFEST_VERSIONS = {
    1: _manifest(1),
    2: _manifest(2, joints=_JOINTS),
    3: _manifest(3, {"joints": _JOINTS}, policy_sha256=DIGEST),
}


def _of_version(shapes: Mapping[int, Shape]) -> Shape:
    """What a document of its version is; each is read for ever."""

    def check(value: Any, at: str) -> Iterator[str]:
        version = value.get("version") if isinstance(value, dict) else None
        known = type(version) is int and version in shapes
        yield from shapes[version if known else max(shapes)](value, at)

    return check


# Version 2 is of what was read in several dockings, version 3 of a station that holds a policy (4.1).
_MANIFEST = _all(_of_version(_MANIFEST_VERSIONS), _manifest_sense)

_RECEIPT = _all(
    fields(
        type=constant("receipt"),
        version=constant(1),
        kind=one_of("recording", "docking", *STAFF_KINDS),
        recording=RANDOM_ID,
        station=STATION_ID,
        manifest_sha256=DIGEST,
        sealed_size_bytes=SIZE,
        chunks_sha256=DIGEST,
        receiver=RECEIVER_ID,
        vault=RANDOM_ID,
        custody_head=either(_HEAD),
        received_at=INSTANT,
    ),
    _receipt_sense,
)


def _entry(erased: Shape) -> Shape:
    return _all(
        fields(
            path_sha256=DIGEST,
            size_bytes=either(SIZE),
            modified_at=either(INSTANT),
            later=BOOLEAN,
            fate=one_of(*_FATES),
            recording=either(RANDOM_ID),
            reason=either(text(64)),
            erased=erased,
        ),
        _entry_sense,
    )


def _docking(version: int, erased: Shape, *ended: str, **more: Shape) -> Shape:
    return fields(
        type=constant("docking-record"),
        version=constant(version),
        docking=RANDOM_ID,
        station=STATION_ID,
        bay=PLACE_ID,
        record=RANDOM_ID,
        part=integer(1),
        parts=integer(1),
        camera=fields(id=PLACE_ID, vendor=_SAID, model=_SAID, serial=_SAID, firmware=_SAID),
        docked_at=INSTANT,
        ended_at=either(INSTANT),
        ended=one_of("unplugged", "stopped", "failed", "cut-off", *ended),
        clock_synchronised=either(BOOLEAN),
        camera_clock=either(
            fields(
                read_at=INSTANT,
                claimed_at=INSTANT,
                offset_ms=integer(),
                uncertainty_ms=SIZE,
                zone_minutes=either(integer(-1440, 1440)),
                set=either(fields(at=INSTANT, offset_ms=integer(), uncertainty_ms=SIZE)),
            )
        ),
        condition=either(
            fields(
                battery_percent=either(integer()),
                battery_mv=either(integer()),
                battery_cycles=either(integer()),
                charging=either(BOOLEAN),
                temperature_c=either(integer()),
                storage_total_bytes=_COUNT,
                storage_free_bytes=_COUNT,
                power_ons=_COUNT,
            )
        ),
        inventory=either(fields(taken_at=INSTANT, entries=SIZE, bytes=SIZE, sha256=DIGEST, complete=BOOLEAN)),
        later=SIZE,
        entries=many(_entry(erased), DOCKING_PART_ENTRIES_MAX),
        previous_docking_sha256=either(DIGEST),
        **more,
    )


def _docking_of_stay(version: int, **more: Shape) -> Shape:
    plug = either(fields(boot=text(64), device=text(64)))
    stay = {"stay": RANDOM_ID, "stay_docked_at": either(INSTANT), "plug": plug}
    return _docking(version, either(BOOLEAN), "continued", **stay, **more)


_DOCKING_VERSIONS = {
    1: _docking(1, BOOLEAN),
    2: _docking_of_stay(2),
    3: _docking_of_stay(3, policy_sha256=DIGEST),
}


_DOCKING = _all(_of_version(_DOCKING_VERSIONS), _docking_sense)

_DELETION = fields(
    type=constant("deletion-record"),
    version=constant(1),
    station=STATION_ID,
    recording=RANDOM_ID,
    receiver=RECEIVER_ID,
    vault=RANDOM_ID,
    manifest_sha256=DIGEST,
    receipt_sha256=DIGEST,
    sealed_size_bytes=SIZE,
    reason=one_of("expired", "ordered"),
    retention=fields(days=SIZE, basis=one_of("received", "capture", "sealed"), from_at=INSTANT, due_at=INSTANT),
    order_sha256=either(DIGEST),
    deleted_at=INSTANT,
)

_DISCLOSURE = fields(
    type=constant("disclosure"),
    version=constant(1),
    disclosure=RANDOM_ID,
    station=STATION_ID,
    recording=RANDOM_ID,
    manifest_sha256=DIGEST,
    command=one_of("open", "export"),
    reason=REASON_CODE,
    asked_at=INSTANT,
)

_ORDER = fields(
    type=constant("order"),
    version=constant(1),
    order=RANDOM_ID,
    verb=one_of("hold", "unhold", "delete"),
    station=STATION_ID,
    recording=RANDOM_ID,
    manifest_sha256=DIGEST,
    reason=REASON_CODE,
    ordered_at=INSTANT,
)

_KEY_CHANGE = _all(
    fields(
        type=constant("key-change"),
        version=constant(1),
        holder=_HOLDER_ID,
        old_key=PUBLIC_KEY,
        new_key=PUBLIC_KEY,
        reason=one_of("planned", "lost"),
        changed_at=INSTANT,
    ),
    _key_change_sense,
)


def _suspected(value: Any, at: str) -> Iterator[str]:
    since = value.get("compromised_since") if isinstance(value, dict) else None
    if isinstance(since, str) and isinstance(value.get("revoked_at"), str) and since > value["revoked_at"]:
        yield f"{at}.compromised_since is after its revocation"


_KEY_REVOCATION = _all(
    fields_and(
        {"compromised_since": INSTANT},
        type=constant("key-revocation"),
        version=constant(1),
        station=STATION_ID,
        key_id=KEY_ID,
        reason=one_of("lost", "stolen", "retired"),
        revoked_at=INSTANT,
    ),
    _suspected,
)

_DAYS_MAX = 3650
_DOCUMENT_DAYS_MAX = 36_525
_POLICY_KEYS_MAX = 64


def _policy_sense(value: Any, at: str) -> Iterator[str]:
    if value["days_min"] > value["days_max"]:
        yield f"{at}.days_min is above days_max"
    keys = [*value["officers"], *value["supervisors"]]
    if not value["officers"] or not value["supervisors"]:
        yield f"{at} has no key of a role"
    # The key itself: an id is what anybody may write beside it.
    if len({parse_base64(key)[10:] for key in keys}) != len(keys):  # type: ignore[index]
        yield f"{at} has a key twice"


def _policy(version: int, **optional: Shape) -> Shape:
    return fields_and(
        optional,
        type=constant("policy"),
        version=constant(version),
        number=integer(1, 999_999),
        vault=RANDOM_ID,
        days_min=integer(1, _DAYS_MAX),
        days_max=integer(1, _DAYS_MAX),
        documents_days=integer(1, _DOCUMENT_DAYS_MAX),
        officers=many(PUBLIC_KEY, _POLICY_KEYS_MAX),
        supervisors=many(PUBLIC_KEY, _POLICY_KEYS_MAX),
        made_at=INSTANT,
    )


_POLICY_VERSIONS = {
    1: _policy(1),
    2: _policy(
        2,
        free_text_days=integer(1, _DAYS_MAX),
        hold_days=integer(1, 90),
        log_days=integer(1, _DOCUMENT_DAYS_MAX),
        station_bytes=integer(1 << 30),
    ),
}

_POLICY = _all(_of_version(_POLICY_VERSIONS), _policy_sense)

_ANSWERS_MAX = 8
_TEXT_CHARACTERS_MAX = 32_768
_TEXT_RECIPIENTS_MAX = 16


def _answers(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict) or not 1 <= len(value) <= _ANSWERS_MAX:
        yield f"{at} is no object of 1 to {_ANSWERS_MAX} members"
        return
    for question, answer in value.items():
        yield from PLACE_ID(question, f"{at} has a question that")
        yield from PLACE_ID(answer, f"{at}.{question}")


def _staff_text_sense(value: Any, at: str) -> Iterator[str]:
    if not value["recipients"]:
        yield f"{at}.recipients are none"
    if len(value["sealed"]) > _TEXT_CHARACTERS_MAX:
        yield f"{at}.sealed is longer than {_TEXT_CHARACTERS_MAX} characters"


def _of_staff(kind: str, **own: Shape) -> Shape:
    return fields(type=constant(kind), version=constant(1), record=RANDOM_ID, station=STATION_ID, day=DAY, **own)


_STAFF_REPORT = _of_staff("staff-report", questions_sha256=DIGEST, answers=_answers)

_EVALUATION = fields(
    type=constant("evaluation"),
    version=constant(1),
    station=STATION_ID,
    recording=RANDOM_ID,
    manifest_sha256=DIGEST,
    day=DAY,
    questions_sha256=DIGEST,
    answers=_answers,
)

_STAFF_TEXT = _all(
    _of_staff("staff-text", recipients=many(_RECIPIENT, _TEXT_RECIPIENTS_MAX), sealed=BASE64),
    _staff_text_sense,
)


def _restored(version: int, **own: Shape) -> Shape:
    return fields(
        type=constant("restored"),
        version=constant(version),
        receiver=RECEIVER_ID,
        vault=RANDOM_ID,
        restored_at=INSTANT,
        complete_until=INSTANT,
        custody_head=either(_HEAD),
        **own,
    )


_RESTORED_VERSIONS = {
    1: _restored(1),
    2: _restored(2, checkpoint=either(fields(origin=text(256), size=SIZE, root=DIGEST))),
}

_RESTORED = _all(_of_version(_RESTORED_VERSIONS), _restored_sense)

VAULT = _all(
    fields_and(
        {"vault_sha256": DIGEST},
        type=constant("vault"),
        version=constant(1),
        vault=RANDOM_ID,
    ),
    _vault_sense,
)

CUSTODY_HEAD = fields(
    type=constant("custody-head"),
    version=constant(1),
    station=_HOLDER_ID,
    segment=RANDOM_ID,
    sequence=integer(1),
    sha256=DIGEST,
    at=INSTANT,
    boot=either(text(64)),
    monotonic_ms=integer(0),
)

#: Versions of a kind of document, where there is more than the first.
DOCUMENT_VERSIONS: dict[str, tuple[int, ...]] = {
    "docking-record": tuple(_DOCKING_VERSIONS),
    "policy": tuple(_POLICY_VERSIONS),
    "recording-manifest": tuple(_MANIFEST_VERSIONS),
    "restored": tuple(_RESTORED_VERSIONS),
}

DOCUMENT_SHAPES: dict[str, Shape] = {
    "recording-manifest": _MANIFEST,
    "receipt": _RECEIPT,
    "docking-record": _DOCKING,
    "deletion-record": _DELETION,
    "order": _ORDER,
    "policy": _POLICY,
    "disclosure": _DISCLOSURE,
    "key-change": _KEY_CHANGE,
    "key-revocation": _KEY_REVOCATION,
    "restored": _RESTORED,
    "evaluation": _EVALUATION,
    "staff-report": _STAFF_REPORT,
    "staff-text": _STAFF_TEXT,
}
