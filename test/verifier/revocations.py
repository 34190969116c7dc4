"""What a revoked key may still stand for (SPEC 4.9.3): what was receipted before."""

from custody_log import CustodyLog
from evidence import Receipted, Station
from findings import Report
from instants import milliseconds


def check_revocations(station: Station, report: Report) -> None:
    """A document of a revoked key counts only with a receipt from before."""
    for key_id, revocation in station.revocations.items():
        revoked = milliseconds(revocation.value["revoked_at"])
        for each in station.receipted():
            if each.document is not None and each.document.key_id == key_id and not _received_before(each, revoked):
                report.find(
                    "revocation.document",
                    each.document.place,
                    f"is signed by key {key_id} and was not receipted before that was revoked",
                )
        _check_log(station.log, key_id, revoked, report)


def _received_before(each: Receipted, instant: int) -> bool:
    receipt = each.receipt
    return receipt is not None and receipt.key_id is not None and milliseconds(receipt.value["received_at"]) < instant


def _check_log(log: CustodyLog, key_id: str, revoked: int, report: Report) -> None:
    for segment in log.order:
        if key_id not in segment.key_ids:
            continue
        late = next((line for line in segment.lines if line.at_ms >= revoked), None)
        if late is not None:
            # By the station's clock, and it came before or not: only the head in a receipt tells.
            report.note("revocation.entry", late.place, f"was entered after key {key_id} was revoked")
