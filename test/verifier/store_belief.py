"""Logs of receivers that rest on a key that somebody changed (SPEC 4.9.2), and that each receiver that gave something has a log, with an entry by its key."""

from collections.abc import Iterator

from custody_log import CustodyLog
from custody_segment import Segment
from evidence import Receiver, Vault
from findings import Report
from key_succession import KnownKeys
from signed_document import Document

# What may go, or is not here, by the store's word alone.
_LETS_GO = ("documents-dropped", "segment-dropped", "expiry-warned", "order", "hold-lapsed", "deleting", "deleted")


def believe_logs(vault: Vault, keys: KnownKeys, report: Report) -> None:
    """Reports what of the logs of receivers rests on a key that was put aside, where nothing else speaks for that receiver (SPEC 4.9.2.15)."""
    named = {
        line.facts.get("receiver") for station in vault.stations.values() for line in station.log.of("receipted")
    }
    for receiver in vault.receivers.values():
        if receiver.name not in named:
            _believe(receiver, keys, report)


def _believe(receiver: Receiver, keys: KnownKeys, report: Report) -> None:
    log = receiver.log
    old = [each for each in log.order if _rests_on_old(each, keys, log)]
    resting = {each.name for each in old}
    vouched: set[str] = set()
    for each in log.order:
        at = log.before(each) if each.name not in resting and each.key_ids else None
        while at is not None and at.name not in vouched:
            vouched.add(at.name)
            at = log.before(at)
    for segment in old:
        if segment.name in vouched:
            continue
        line = next((each for each in segment.counting if each.event in _LETS_GO), None)
        if line is not None:
            report.find("store-log.old-key", line.place, "lets something go, and rests on a key that was put aside")
        else:
            report.note("store-log.old-key", segment.place, "rests on a key that was put aside")


def _rests_on_old(segment: Segment, keys: KnownKeys, log: CustodyLog) -> bool:
    """A segment without a signature of its own rests on that of the one that follows."""
    signers = segment.key_ids or {
        key_id
        for each in log.order
        if log.before(each) is segment
        for key_id in each.key_ids
    }
    return any(keys.rests_on_old(key_id) for key_id in signers)


def check_logs_there(vault: Vault, report: Report) -> None:
    """A receiver begins its log with its first start, and a segment with its key, before it signs anything (SPEC 10.3)."""
    begun = {name: receiver.log for name, receiver in vault.receivers.items()}
    logs = {name: log for name, log in begun.items() if any(each.lines for each in log.order)}
    if not logs and any(station.orders for station in vault.stations.values()):
        report.find("store-log.none", ".", "orders lie here, and no log of the store")
    reported: set[tuple[str, str | None]] = set()
    for receiver, document in _given(vault):
        if (receiver, None) in reported or (receiver, document.key_id) in reported:
            continue
        if receiver not in logs:
            reported.add((receiver, None))
            report.find("store-log.none", document.place, f"is of receiver {receiver}, which has no log here")
        elif document.key_id is not None and not _has_key(logs[receiver], document.key_id):
            reported.add((receiver, document.key_id))
            text = f"is by key {document.key_id}, and nothing in the log of {receiver} is"
            report.find("store-log.no-such-key", document.place, text)
    for name, keeper in vault.receivers.items():
        if keeper.key_changes and name not in logs and (name, None) not in reported:
            report.find("store-log.none", keeper.place, "has changes of keys, and no log")


def _has_key(log: CustodyLog, key_id: str) -> bool:
    return any(key_id in each.key_ids for each in log.order)


def _given(vault: Vault) -> Iterator[tuple[str, Document]]:
    for station in vault.stations.values():
        for each in station.receipted():
            if each.receipt is not None:
                yield str(each.receipt.value["receiver"]), each.receipt
        for recording in station.recordings.values():
            if recording.deletion is not None:
                yield str(recording.deletion.value["receiver"]), recording.deletion
        for kept in station.kept.values():
            yield str(kept.value["receiver"]), kept
