"""What a revoked key may still stand for (SPEC 4.9.3): what was receipted before."""

from evidence import Receipted, Station
from findings import Report
from instants import milliseconds


def check_revocations(station: Station, report: Report) -> None:
    """A document of a revoked key counts only with a receipt from before, and one since somebody else may have had the key is doubtful."""
    for key_id, revocation in station.revocations.items():
        revoked = milliseconds(revocation.value["revoked_at"])
        suspected = milliseconds(revocation.value.get("compromised_since", revocation.value["revoked_at"]))
        for each in station.receipted():
            if each.document is None or each.document.key_id != key_id:
                continue
            if not _received_before(each, revoked):
                text = f"is signed by key {key_id} and was not receipted before that was revoked"
                report.find("revocation.document", each.document.place, text)
            elif not _received_before(each, suspected):
                what = each.document.place.rpartition("/")[2].removesuffix(".json")
                text = f"was receipted when somebody else may have had key {key_id}"
                report.find(f"{what}.doubtful-key", each.document.place, text)
        _check_log(station, key_id, suspected, report)


def _received_before(each: Receipted, instant: int) -> bool:
    receipt = each.receipt
    return receipt is not None and receipt.key_id is not None and milliseconds(receipt.value["received_at"]) < instant


def _check_log(station: Station, key_id: str, suspected: int, report: Report) -> None:
    """By the station's clock, and it came before or not: only a head in a receipt from before vouches for an entry."""
    vouched: dict[str, int] = {}
    for each in station.receipted():
        head = each.receipt.value["custody_head"] if each.receipt is not None else None
        if head is not None and _received_before(each, suspected):
            vouched[head["segment"]] = max(head["sequence"], vouched.get(head["segment"], 0))
    for segment in station.log.order:
        if key_id not in segment.key_ids:
            continue
        lines = segment.lines[vouched.get(segment.name, 0) :]
        late = next((line for line in lines if line.at_ms >= suspected), None)
        if late is not None:
            report.note("revocation.entry", late.place, f"was entered after key {key_id} was revoked, or may have been another person's")
