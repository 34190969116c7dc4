"""Retention and deletions (SPEC 4.7, 10): when a recording is due, whether it was held, and whether its deletion was allowed."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from announced import Announced
from custody_log import CustodyLog
from custody_segment import Line
from evidence import Recording, Station
from findings import Report
from instants import DAY_MS, HOUR_MS, milliseconds
from orders import Orders

_EARLY_MS = 72 * HOUR_MS
_WARNED_MS = 24 * HOUR_MS
_DOUBTED_MS = 24 * HOUR_MS
_UNSET_BEFORE_MS = milliseconds("2025-01-01T00:00:00.000Z")
_UNSET_DAYS_MAX = 30


def retention_start(manifest: dict[str, Any], received_at: str) -> tuple[str, int]:
    """Basis and instant that the days are counted from (10.1)."""
    received, capture = milliseconds(received_at), manifest["capture"]
    if manifest["clock_synchronised"] is not True:
        return "received", received
    if capture["basis"] != "clock-unmeasured" and capture["latest_at"] is not None:
        basis, instant = "capture", milliseconds(capture["latest_at"])
    else:
        basis, instant = "sealed", milliseconds(manifest["sealed_at"])
    return basis, min(instant, received)


def is_of_later_store(line: Line) -> bool:
    """Whether no store of 0.1.0 wrote that entry or any after it in that log (SPEC 10.3.24)."""
    return line.event == "retention" or (line.event == "segment-opened" and "log_origin" in line.facts)


class StoreLogs:
    """What the logs of all receivers of a vault say of one station, by recording; and what they announced."""

    def __init__(self, station: str, logs: Iterable[CustodyLog], now_ms: int, announced: Announced | None = None) -> None:
        """`now_ms`: time of the verification."""
        self.now_ms = now_ms
        self.announced = announced or Announced()
        self._lines: dict[tuple[str, str], list[Line]] = defaultdict(list)
        # Time and receiver of each entry, by its place.
        self._entered: dict[str, tuple[int, str]] = {}
        for log in logs:
            for line, time in log.about(station):
                self._entered[line.place] = (time, log.holder)
                if isinstance(line.facts.get("recording"), str):
                    self._lines[line.event, line.facts["recording"]].append(line)

    def of(self, event: str, recording: str) -> list[Line]:
        """Entries of an event about a recording."""
        return self._lines.get((event, recording), [])

    def time_of(self, line: Line) -> int:
        """Its time by SPEC 10.3.20: nobody who appends can date back."""
        return self._entered[line.place][0]

    def naming(self, recording: str, deletion_sha256: str) -> list[tuple[int, str]]:
        """Time and receiver of each entry that names a deletion record."""
        lines = [line for event in ("deleting", "deleted") for line in self.of(event, recording)]
        return [self._entered[line.place] for line in lines if line.facts.get("deletion_sha256") == deletion_sha256]

    def knows_recording(self, name: str) -> bool:
        """Whether an entry calls it a recording, or is one that only a recording has (SPEC 10.3.31)."""
        if any(line.facts.get("kind") == "recording" for line in self.of("receipt", name)):
            return True
        return any(self.of(event, name) for event in ("order", "hold-lapsed", "expiry-warned", "deleting", "deleted"))

    def all_of(self, event: str) -> list[Line]:
        """Entries of an event about any recording."""
        return [line for (name, _), lines in self._lines.items() if name == event for line in lines]


def check_deletions(station: Station, vault: str | None, orders: Orders, logs: StoreLogs, report: Report) -> None:
    """Every deletion record of a station."""
    for recording in station.recordings.values():
        if recording.deletion is not None:
            check_record(recording, recording.deletion.value, vault, report)
            received = recording.receipt.value["received_at"] if recording.receipt is not None else None
            check_allowed(recording, recording.deletion.value, recording.deletion.sha256, received, orders, logs, report)
            _check_logged(recording, recording.deletion.sha256, logs, report)
            check_dated(recording, recording.deletion.value, recording.deletion.sha256, logs, report)
        if recording.deleted:
            _check_left(recording, logs, report)


def check_record(recording: Recording, said: dict[str, Any], vault: str | None, report: Report) -> None:
    """What a deletion record says of the documents beside it, and when the recording was due."""
    at = f"{recording.place}/deletion.json"
    if recording.receipt is None:
        report.find("deletion.no-receipt", at, "deletes a recording that has no receipt")
    for field, expected in _expected(recording, vault).items():
        if said[field] != expected:
            code = f"deletion.other-{field.removesuffix('_sha256').removesuffix('_bytes').replace('_', '-')}"
            report.find(code, at, f"{field} is {said[field]}, not {expected}")
    if recording.value is not None and recording.receipt is not None:
        _check_retention(recording.value, recording.receipt.value["received_at"], said, at, report)


def _expected(recording: Recording, vault: str | None) -> dict[str, object]:
    expected: dict[str, object] = {"station": recording.station, "recording": recording.name}
    if vault is not None:
        expected["vault"] = vault
    if recording.document is not None:
        expected["manifest_sha256"] = recording.document.sha256
        expected["sealed_size_bytes"] = recording.document.value["sealed"]["size_bytes"]
    if recording.receipt is not None:
        expected["receipt_sha256"] = recording.receipt.sha256
    return expected


def _check_retention(manifest: dict[str, Any], received_at: str, said: dict[str, Any], at: str, report: Report) -> None:
    retention = said["retention"]
    basis, start = retention_start(manifest, received_at)
    if (retention["basis"], milliseconds(retention["from_at"])) != (basis, start):
        report.find(
            "deletion.retention-start",
            at,
            f"counts from {retention['from_at']} by basis {retention['basis']}; the documents say basis {basis}",
        )
    if milliseconds(retention["due_at"]) != milliseconds(retention["from_at"]) + retention["days"] * DAY_MS:
        report.find("deletion.retention-due", at, f"is not due {retention['days']} days after {retention['from_at']}")


def check_allowed(
    recording: Recording,
    said: dict[str, Any],
    sha256: str,
    received_at: str | None,
    orders: Orders,
    logs: StoreLogs,
    report: Report,
    *,
    policy: str | None = None,
) -> None:
    """Whether a recording was allowed to go: by an order of both roles, or because it was due; and nothing held it.

    `policy`: digest of the one that its manifest named, where that was dropped.
    """
    at = f"{recording.place}/deletion.json"
    deleted = milliseconds(said["deleted_at"])
    if received_at is not None and deleted < milliseconds(received_at):
        report.find("deletion.before-receipt", at, "was deleted before it was received")
    asked = (deleted, *_first_named(recording.name, sha256, logs))
    held = next((holds for instant in asked if (holds := orders.holds(recording.name, instant))), [])
    for hold in held:
        report.find("deletion.held", at, f"was deleted, or named by the log, while order {hold.value['order']} held it")
    at_their_word = orders.at_their_word("hold")
    longest = [hold for instant in asked for hold in at_their_word.holds(recording.name, instant, longest=True)]
    if any(hold.unjudged for hold in longest) or (longest and not held):
        report.leave_open("deletion.hold-not-judged", at, "was deleted, and whether a hold counted cannot be said without the keys of the roles")
    if said["reason"] == "ordered":
        _check_ordered(recording, said, deleted, orders, report)
        return
    if said["order_sha256"] is not None:
        report.find("deletion.order-without-reason", at, "names an order, and its reason is that it expired")
    if deleted < milliseconds(said["retention"]["due_at"]):
        report.find("deletion.before-due", at, f"was deleted before it was due at {said['retention']['due_at']}")
    if received_at is not None:
        named = (recording.value or {}).get("policy_sha256", policy)
        made = milliseconds(recording.value["sealed_at"]) if recording.value is not None else None
        receivers = {said["receiver"], *(receiver for _, receiver in logs.naming(recording.name, sha256))}
        _check_days(said, receivers, milliseconds(received_at), (named, made), at, logs.announced, report)
    _check_warned(recording, said, received_at, logs, report)
    _check_doubted(recording, said, deleted, report)


def _check_days(
    said: dict[str, Any],
    receivers: Iterable[str],
    received_ms: int,
    sealed: tuple[str | None, int | None],
    at: str,
    announced: Announced,
    report: Report,
) -> None:
    """`receivers`: the record's own, and those whose log names it (SPEC 10.2.5).

    `sealed`: digest of the policy that the manifest names, and when it was sealed, where that is known.
    """
    days, (policy, made_ms) = said["retention"]["days"], sealed
    # By what is judged; and by all: what a policy says that is not judged the store's own log put in force, or the station named.
    needed, least = (
        max(announced.days(each, "days", received_ms, policy=policy, made_ms=made_ms, with_unjudged=at_their_word) for each in receivers)
        for at_their_word in (False, True)
    )
    if days < least:
        report.find("deletion.retention-days", at, f"counts {days} days, and {max(least, needed)} counted then")
    elif days < needed or announced.rests_on_missing(received_ms, policy=policy, made_ms=made_ms):
        text = f"counts {days} days, and {needed} counted then but for a policy that is not judged"
        report.leave_open("deletion.policy-not-judged", at, text)


def _check_ordered(recording: Recording, said: dict[str, Any], deleted: int, orders: Orders, report: Report) -> None:
    at = f"{recording.place}/deletion.json"
    # Which recordings belong together, only their manifests say: of one whose documents were dropped that is not known any more.
    is_known = recording.deletion is not None
    open_order = orders.unjudged_deletion(said["order_sha256"]) if said["order_sha256"] is not None else None
    if open_order is not None:
        if open_order.value["verb"] != "delete" or (is_known and not orders.may_reach(open_order, recording.name)):
            report.find("deletion.other-order", at, "names an order that does not order this deletion")
        if milliseconds(open_order.value["ordered_at"]) > deleted:
            report.find("deletion.order-unsigned", at, "names an order that was given later")
        elif len(open_order.signed | open_order.unjudged) < 2:
            report.find("deletion.order-unsigned", at, "names an order that did not have both signatures then")
        report.leave_open("deletion.order-not-judged", at, "rests on an order, and the keys of the roles are not given")
        return
    found = orders.deletion(said["order_sha256"]) if said["order_sha256"] is not None else None
    if found is None:
        report.find("deletion.order-missing", at, "names no order that is here and signed")
        return
    order, both_ms = found
    if order.value["verb"] != "delete" or (is_known and not orders.may_reach(order, recording.name)):
        report.find("deletion.other-order", at, "names an order that does not order this deletion")
    if both_ms is None or both_ms > deleted:
        report.find("deletion.order-unsigned", at, "names an order that did not have both signatures then")


def _check_warned(
    recording: Recording, said: dict[str, Any], received_at: str | None, logs: StoreLogs, report: Report
) -> None:
    """What is due sooner than 72 h after its receipt wants a warning that is older than 24 h; one by an unset clock an older one (10.2)."""
    if received_at is None:
        return
    received, deleted = milliseconds(received_at), milliseconds(said["deleted_at"])
    unset = received < _UNSET_BEFORE_MS
    if not unset and milliseconds(said["retention"]["due_at"]) - received >= _EARLY_MS:
        return
    older_than = min(said["retention"]["days"], _UNSET_DAYS_MAX) * DAY_MS if unset else _WARNED_MS
    warned = [logs.time_of(line) for line in logs.of("expiry-warned", recording.name)]
    if not any(deleted - time > older_than for time in warned):
        report.find(
            "deletion.unwarned",
            f"{recording.place}/deletion.json",
            "was due within 72 h of its receipt, or that has no right time, and nobody was warned long enough before",
        )


def _check_doubted(recording: Recording, said: dict[str, Any], deleted: int, report: Report) -> None:
    """Where the station's clock was a day ahead of the store's, either may have been wrong: the later one counts too (10.2)."""
    if recording.receipt is None or recording.value is None:
        return
    sealed, received = milliseconds(recording.value["sealed_at"]), milliseconds(recording.receipt.value["received_at"])
    doubted = sealed - received > _DOUBTED_MS and sealed <= deleted
    if doubted and deleted < sealed + said["retention"]["days"] * DAY_MS:
        report.find(
            "deletion.before-due",
            f"{recording.place}/deletion.json",
            f"was deleted within {said['retention']['days']} days of {recording.value['sealed_at']}, when it was sealed",
        )


def check_dated(recording: Recording, said: dict[str, Any], sha256: str, logs: StoreLogs, report: Report) -> None:
    """The log names a record right after it was made: one that was dated ahead, so that it looks due, does not fit that, or is of a time to come."""
    at = f"{recording.place}/deletion.json"
    if milliseconds(said["deleted_at"]) > logs.now_ms + DAY_MS:
        report.find("deletion.in-future", at, "is of a time that has not come yet")
        return
    if any(milliseconds(said["deleted_at"]) > named + DAY_MS for named in _first_named(recording.name, sha256, logs)):
        report.find("deletion.before-due", at, "is of a time after that of its entry in the log")


def _first_named(name: str, sha256: str, logs: StoreLogs) -> list[int]:
    """Time of the entry that names the record first; empty where none does."""
    return sorted(time for time, _ in logs.naming(name, sha256))[:1]


def _check_logged(recording: Recording, sha256: str, logs: StoreLogs, report: Report) -> None:
    at = f"{recording.place}/deletion.json"
    named = {
        event: [line.facts.get("deletion_sha256") for line in logs.of(event, recording.name)]
        for event in ("deleting", "deleted")
    }
    for event, digests in named.items():
        if any(digest != sha256 for digest in digests):
            report.find("deletion.other-logged", at, f"is another deletion record than the store's log names ({event})")
    if not named["deleting"] and not named["deleted"]:
        report.find("deletion.unlogged", at, "stands in no log of the store")
    elif not named["deleted"]:
        report.note("deletion.unfinished", at, "was begun, and the store's log does not say that it ended")


def _check_left(recording: Recording, logs: StoreLogs, report: Report) -> None:
    """A receiver that was stopped in a deletion goes on with it at its next start. One that called it done left nothing."""
    done = logs.of("deleted", recording.name)
    for name in recording.left:
        at = f"{recording.place}/{name}"
        if done:
            report.find("deletion.not-finished", at, f"is there, and {done[0].place} says that it was deleted")
        else:
            report.note("deletion.unfinished", at, "is still there beside a deletion record")


def check_documents_of_deletions(station: Station, logs: StoreLogs, report: Report) -> None:
    """What the store's log says was deleted has its deletion record, unless its documents were dropped."""
    for line in [*logs.all_of("deleting"), *logs.all_of("deleted")]:
        name = line.facts["recording"]
        if logs.of("documents-dropped", name):
            continue
        recording = station.recordings.get(name)
        if recording is None:
            report.find(
                "recording.missing", line.place, f"recording {name} was deleted, and its documents are not here"
            )
        elif not recording.deleted:
            report.find(
                "deletion.missing",
                recording.place,
                f"has no deletion record, and {line.place} says that it was deleted",
            )
