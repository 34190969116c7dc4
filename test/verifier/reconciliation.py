"""A station's log, its receipts and its folders counted against each other: what one of them has and another has not is named."""

from typing import Any

from custody_facts import StationFacts, receipted_before_log
from evidence import Station


def reconcile(station: Station, dropped: set[str], entered: set[str]) -> dict[str, Any]:
    """The station's log, the receipts and the folders counted against each other.

    `differences` names what one of log and receipts has and the other has not. Apart from them are counted receipts that the log cannot
    know: from before its oldest entry that is here (`before_log`), and given when its newest entry that is here was its newest one
    (`behind_log`). `entered`: recordings that entries `receipt` of a store's log name, counted beside (SPEC 10.3.30).
    """
    facts = StationFacts(station.log.lines())
    others = {*facts.names("docking-recorded"), *facts.names("document-recorded")}
    logged = set(facts.names("receipted")) - others
    receipts = {name for name, each in station.recordings.items() if each.receipt is not None}
    unlogged = receipts - logged
    first = next(station.log.lines(), None)
    before = {name for name in unlogged if receipted_before_log(station, name, first)}
    behind = {name for name in unlogged - before if _ends_with_head_of(station, name)}
    return {
        "recordings": len(station.recordings),
        "receipts": len(receipts),
        "receipted_in_log": len(logged),
        "received_by_store_log": len(entered),
        "deleted": sum(each.deleted for each in station.recordings.values()),
        "documents_dropped": len(dropped),
        "before_log": len(before),
        "behind_log": len(behind),
        "differences": sorted((logged ^ receipts) - dropped - before - behind),
    }


def _ends_with_head_of(station: Station, name: str) -> bool:
    """Whether the log that is here ends with the entry that the receipt calls the newest one, or a checkpoint behind it."""
    receipt = station.recordings[name].receipt
    last = station.log.last
    if last is None or receipt is None:
        return True
    head = receipt.value["custody_head"]
    if head is None or head["segment"] != last.segment:
        return False
    return head["sequence"] == last.sequence or (last.event == "checkpoint" and head["sequence"] == last.sequence - 1)
