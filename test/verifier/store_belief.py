"""That each receiver that gave something has a log, with an entry by its key (SPEC 10.3.9)."""

from collections.abc import Iterator

from custody_log import CustodyLog
from evidence import Vault
from findings import Report
from signed_document import Document

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
