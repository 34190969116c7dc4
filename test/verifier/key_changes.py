"""What key changes mean for logs and for each other (SPEC 4.9): who changed tells it, once, and nobody comes back to a key that he put aside."""

from collections.abc import Iterable, Iterator
from typing import Any

from custody_log import CustodyLog
from custody_segment import Line, Segment
from evidence import Keeper, KeyChange, Station
from findings import Report
from instants import milliseconds
from key_succession import KnownKeys
from signed_document import made_ms


def check_changes(keeper: Keeper, keys: KnownKeys, everybody: Iterable[KeyChange], report: Report, *, is_store: bool) -> None:
    """A segment by another key than the one before begins with `key-changed`, and that names a change that both keys signed.

    A key that came by hand counts without the document, which is carried by hand as well. `everybody`: changes of all holders.
    """
    documents = {each.document.sha256: each for each in everybody}
    for segment in keeper.log.order:
        for line in segment.lines[: segment.signed_up_to]:
            if line.event == "key-changed":
                _check_event(line, segment, documents.get(line.facts.get("change_sha256", "")), keeper, report)
                by_hand = keys.came_by_hand(keeper.name, str(line.facts.get("new_key_id")), is_store=is_store)
                if line.facts.get("change_sha256") not in documents:
                    _tell_missing(line, by_hand, report)
        before = keeper.log.before(segment)
        if before is not None and before.key_ids and segment.key_ids:
            _check_handover(before, segment, report)
    _check_used_again(keeper.log, report)
    own = keys.of(keeper.name, is_store=is_store)
    for each in keeper.key_changes:
        if each.is_planned and each.old not in own:
            text = f"changes from key {each.old.key_id}, which is none of those that count here"
            report.find("key-change.unknown-key", each.document.place, text)


def _check_event(line: Line, segment: Segment, change: KeyChange | None, keeper: Keeper, report: Report) -> None:
    old, new = line.facts.get("old_key_id"), line.facts.get("new_key_id")
    if line.sequence != 2:
        report.find("key-change.not-second", line.place, "is not the second entry of its segment")
    if segment.key_ids and new not in segment.key_ids:
        report.find("key-change.other-signer", line.place, "stands in a segment that its new key did not sign")
    if change is not None and change.holder != keeper.name:
        report.find("key-change.other-holder", line.place, f"names a change of {change.holder}")
    if change is not None and (change.old.key_id, change.new.key_id) != (old, new):
        report.find("key-change.other-keys", line.place, "names other keys than its change")


def _tell_missing(line: Line, by_hand: bool, report: Report) -> None:
    if by_hand:
        report.note("key-change.missing", line.place, "names a key change that is not here, to a key that came by hand")
    else:
        report.find("key-change.missing", line.place, "names a key change that is not here")


def _check_handover(before: Segment, segment: Segment, report: Report) -> None:
    second = segment.line(2)
    keys = (next(iter(before.key_ids)), next(iter(segment.key_ids)))
    told = second is not None and second.event == "key-changed"
    named = (second.facts.get("old_key_id"), second.facts.get("new_key_id")) if second is not None and told else None
    if named != keys and (told or not before.key_ids & segment.key_ids):
        text = f"is signed by key {keys[1]} behind key {keys[0]}, and tells no such change"
        report.find("key-change.untold", segment.place, text)


def _check_used_again(log: CustodyLog, report: Report) -> None:
    # By segment: keys that those in front of it put aside.
    told: dict[str, frozenset[Any]] = {}
    for segment in log.order:
        before = log.before(segment)
        changes = [] if before is None else [line.facts.get("old_key_id") for line in _changes_in(before)]
        front = frozenset() if before is None else told.get(before.name, frozenset())
        told[segment.name] = front.union(changes) if changes else front
        for key_id in sorted(segment.key_ids & told[segment.name]):
            text = f"is signed by {key_id}, which was put aside in front of it"
            report.find("key-change.used-again", segment.place, text)


def _changes_in(segment: Segment) -> Iterator[Line]:
    return (line for line in segment.lines[: segment.signed_up_to] if line.event == "key-changed")


def check_ways(changes: Iterable[KeyChange], keys: KnownKeys, report: Report) -> None:
    """Changes of all holders against each other: none leads to a key that was put aside, and none leads two ways."""
    for change in changes:
        for away in keys.putting_aside(change.new.key_id):
            if away.holder != change.holder or _is_behind(change, away, changes):
                text = f"leads to key {change.new.key_id}, from which {away.document.place} leads away"
                report.find("key-change.back", change.document.place, text)
    for change in keys.changes:
        for other in keys.putting_aside(change.old.key_id):
            is_first = other.document.place < change.document.place
            if other.holder == change.holder and other.new != change.new and is_first:
                text = f"leads from key {change.old.key_id} to another key than {other.document.place}"
                report.find("key-change.two-ways", change.document.place, text)


def _is_behind(change: KeyChange, away: KeyChange, changes: Iterable[KeyChange]) -> bool:
    """Whether a way of changes of that holder leads from the one to the other: clocks do not tell which came first."""
    reached, pending = {away.new.key_id}, [away.new.key_id]
    while pending:
        at = pending.pop()
        for each in changes:
            if each.holder == change.holder and each.old.key_id == at and each.new.key_id not in reached:
                reached.add(each.new.key_id)
                pending.append(each.new.key_id)
    return change.old.key_id in reached


def check_old_keys(station: Station, report: Report) -> None:
    """Nothing that an old key signed was made after its change: by the clock, or by the order of the log, where the clock was set back."""
    changed: dict[str, Line] = {}
    logged_before: dict[str, set[Any]] = {}
    logged: set[Any] = set()
    for line in station.log.of("key-changed", "spooled", "docking-recorded", "document-recorded"):
        if line.event != "key-changed":
            logged.add(line.facts.get("recording" if line.event == "spooled" else "record"))
        elif isinstance(line.facts.get("old_key_id"), str):
            changed[line.facts["old_key_id"]] = line
            logged_before[line.facts["old_key_id"]] = set(logged)
    for each in station.receipted():
        document = each.document
        if document is None or document.key_id is None or document.key_id not in changed:
            continue
        late = made_ms(document.value) > changed[document.key_id].at_ms
        if late and each.name not in logged_before[document.key_id]:
            report.find(
                "key-change.used-after", document.place, "is signed by a key that was no longer in use when it was made"
            )
