"""Differences between a station's log and what the store or its spool showed (SPEC 4.3.8), as the station itself entered them.

They are notes: what was altered shows in the logs and documents themselves. But a recording that was spooled and is lost shows nowhere else.
"""

from custody_log import CustodyLog
from custody_segment import Line
from findings import Report

_MEANING = {
    "cut-tail": "the store held entries of segment {} that the station had no more",
    "rewritten": "the store held another entry of segment {} than the station",
    "older-image": "the store held segment {}, which the station did not know",
    "spool-lost": "recording {} was in the spool and is lost",
    "store-lost": "the store was restored and may lack recording {}, of which the station has no copy",
    "log-forked": "the log of vault {} is not the one that the station saw before",
}


def tell_differences(log: CustodyLog, report: Report) -> None:
    """Names each difference that was entered, and whether it is gone or a person has looked at it since."""
    stands: dict[tuple[str, str], Line] = {}
    for line in log.of("difference-found", "difference-gone", "difference-acknowledged"):
        if line.event == "difference-acknowledged":
            for found in stands.values():
                _tell(found, f"acknowledged in {line.place}: {line.facts.get('reason')}", report)
            stands.clear()
            continue
        key = (str(line.facts.get("difference")), str(line.facts.get("subject")))
        if line.event == "difference-found":
            stands[key] = line
        elif key in stands:
            _tell(stands.pop(key), f"gone in {line.place}", report)
    for found in stands.values():
        _tell(found, "neither gone nor acknowledged", report)


def _tell(found: Line, since: str, report: Report) -> None:
    meaning = _MEANING.get(str(found.facts.get("difference")), "an unknown difference about {}")
    report.note("custody.difference", found.place, f"{meaning.format(found.facts.get('subject'))}; {since}")
