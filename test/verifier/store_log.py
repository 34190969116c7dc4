"""The store's own log (SPEC 4.3.7) against what it speaks of: orders, lapsed holds, revocations. And that each receiver that gave something has one (SPEC 10.3.9)."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

from custody_events import STORE_EVENTS
from custody_log import CustodyLog
from custody_segment import Line
from evidence import Order, Receiver, Station, Vault
from findings import Report
from instants import DAY_MS, HOUR_MS, milliseconds
from orders import Orders
from retention import StoreLogs, is_of_later_store
from shapes import fits
from signed_document import Document
from signed_note import receiver_in

# Entries of what only a receiver does that stations know of (SPEC 10.3.38).
_OF_NEW = ("receipt", "policy")
_OF_RECEIVER = (*_OF_NEW, "expiry-warned", "deleting", "deleted", "documents-dropped", "segment-dropped")
_ALWAYS = -(1 << 60)  # before every instant


def check_store_log(receiver: Receiver, vault: Vault, report: Report, *, of_what_is_here: bool = False) -> None:
    """Each entry names a document that is here and is the same; in a kit only entries about what is in it."""
    for line in receiver.log.lines():
        if of_what_is_here and not _is_about_what_is_here(line, vault):
            continue
        if line.event in ("order", "hold-lapsed"):
            _check_order(line, vault, report)
        elif line.event == "key-revoked":
            _check_revocation(line, vault, report)


def _is_about_what_is_here(line: Line, vault: Vault) -> bool:
    station = _station_of(line, vault)
    if line.event in ("order", "hold-lapsed"):
        return station is not None and (
            line.facts.get("recording") in station.recordings or line.facts.get("order") in station.orders
        )
    return line.event != "key-revoked" or (station is not None and any(station.receipted()))


def _station_of(line: Line, vault: Vault) -> Station | None:
    return vault.stations.get(line.facts.get("station", ""))


def _check_order(line: Line, vault: Vault, report: Report) -> None:
    station = _station_of(line, vault)
    order = station.orders.get(line.facts.get("order", "")) if station is not None else None
    if order is None and _was_not_kept(line, vault):
        report.note("store-log.order-not-kept", line.place, f"names order {line.facts.get('order')}, which was not kept then")
        return
    if order is None:
        report.find("store-log.order-missing", line.place, f"names order {line.facts.get('order')}, which is not here")
        return
    if line.event == "order":
        _compare_order(line, order, report)


def _was_not_kept(order: Line, vault: Vault) -> bool:
    """Stores of 0.1.0 let an order go with the documents of its recording, but for a hold of both roles that no `unhold` of both lifted (10.3.15)."""
    logs = [receiver.log.lines() for receiver in vault.receivers.values()]
    earlier = [line for lines in logs for line in takewhile(lambda line: not is_of_later_store(line), lines)]
    about = (order.facts.get("station"), order.facts.get("recording"))
    gone = [line for line in earlier if line.event == "documents-dropped"]
    if all((line.facts.get("station"), line.facts.get("recording")) != about for line in gone):
        return False
    lines = [line for receiver in vault.receivers.values() for line in receiver.log.of("order")]
    stands = _of_both(lines, "hold", order.facts.get("order"))
    return not stands or _of_both((line for line in earlier if line.event == "order"), "unhold")


def _of_both(lines: Iterable[Line], verb: str, name: Any = None) -> bool:
    """Whether an order of that verb, or the one of that name, was entered with the signatures of both roles."""
    roles: dict[Any, set[Any]] = defaultdict(set)
    for line in lines:
        if line.facts.get("verb") == verb and name in (None, line.facts.get("order")):
            roles[line.facts.get("order")].add(line.facts.get("role"))
    return any(len(by) == 2 for by in roles.values())


def _compare_order(line: Line, order: Order, report: Report) -> None:
    said = (line.facts.get("order_sha256"), line.facts.get("verb"), line.facts.get("recording"))
    role, by = str(line.facts.get("role")), line.facts.get("key_id")
    if said != (order.document.sha256, order.value["verb"], order.value["recording"]):
        report.find("store-log.other-order", line.place, "says something else of its order than the order itself")
    elif by is not None and dict(order.key_ids).get(role, by) != by:
        report.find("store-log.other-order", line.place, f"names key {by} as {role}, and another one signed the order")
    elif role not in order.signed | order.unjudged:
        report.find(
            "store-log.order-unsigned",
            line.place,
            f"names a signature as {line.facts.get('role')} that is not here or does not hold",
        )


def _check_revocation(line: Line, vault: Vault, report: Report) -> None:
    station = _station_of(line, vault)
    if station is None or line.facts.get("key_id") not in station.revocations:
        report.find(
            "store-log.revocation-missing",
            line.place,
            f"revokes key {line.facts.get('key_id')}, and no revocation of it is here",
        )


def check_orders_logged(station: Station, orders: Orders, logs: StoreLogs, report: Report) -> None:
    """A signature that the store has never entered does not count for it yet; and no hold lapses before its time."""
    for line in logs.all_of("hold-lapsed"):
        if logs.of("documents-dropped", str(line.facts.get("recording"))):
            continue  # of sidecars only their manifests say (10.3.33)
        lapses = orders.lapses_at(str(line.facts.get("order")), logs.time_of(line))
        if lapses is not None and logs.time_of(line) < lapses:
            report.find("store-log.lapsed-early", line.place, "calls a hold lapsed before its time")
    entered = {(line.facts.get("order"), line.facts.get("role")) for line in logs.all_of("order")}
    for name, order in station.orders.items():
        for role in sorted(order.signed):
            if (name, role) not in entered:
                report.note(
                    "store-log.order-unlogged",
                    order.document.place,
                    f"has a signature as {role} that the store's log does not name",
                )


def check_revocations_logged(station: Station, receivers: Iterable[Receiver], report: Report) -> None:
    """A revocation that no log names was put there from outside; one that says something else than the entries is another one (SPEC 4.9.3)."""
    entered: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    first: dict[Any, int] = {}
    for receiver in receivers:
        for line, time in receiver.log.about(station.name):
            if line.event == "key-revoked" and fits(STORE_EVENTS["key-revoked"], line.facts):
                key_id = line.facts.get("key_id")
                entered[key_id].append(line.facts)
                first[key_id] = min(time, first.get(key_id, time))
    for key_id, document in station.revocations.items():
        if key_id not in entered:
            report.find("store-log.revocation-unlogged", document.place, "is in no log of the store")
            continue
        since = min((each["compromised_since"] for each in entered[key_id] if "compromised_since" in each), default=None)
        reasons = {each.get("reason") for each in entered[key_id]}
        if document.value["reason"] not in reasons or document.value.get("compromised_since") != since:
            report.find("key-revocation.other-logged", document.place, "says something else than the log of the store")
        if abs(milliseconds(document.value["revoked_at"]) - first[key_id]) > HOUR_MS:
            report.find("key-revocation.misdated", document.place, "is of another time than its entry in the log of the store")


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


def check_receivers_known(vault: Vault, report: Report) -> None:
    """Who has the store's key can begin another log, or continue an old one, at any time; stations hear of the one that runs at once (SPEC 10.3.38)."""
    logs = {name: receiver.log for name, receiver in vault.receivers.items() if receiver.log.last is not None}
    named, carried = _namings(vault.stations.values())
    if not any(name in carried or name in named for name in logs):
        return
    every = [*logs.values(), *(station.log for station in vault.stations.values())]
    newest = max(line.at_ms for log in every for line in log.lines())
    timeline = sorted(at for name in logs for at in named.get(name, ()))
    for name, log in logs.items():
        is_new = name not in named and name not in carried
        for line, time in log.timed():
            if line.event not in _OF_RECEIVER or _ran(time, timeline, named.get(name, []), is_carried=name in carried):
                continue
            if is_new and line.event in _OF_NEW and time >= newest - DAY_MS:
                continue
            report.find("store-log.not-known", line.place, f"is of receiver {name}, which by the logs of the stations did not run then")
            break


def _ran(time: int, timeline: list[int], own: list[int], *, is_carried: bool) -> bool:
    """Whether a receiver that stations named at these times was the last one named, or the first one after, or near; `timeline`: of all receivers."""
    until = bisect_right(timeline, time)
    if until == 0 and is_carried:
        return True
    near = {*timeline[max(until - 1, 0) : until], *timeline[until : until + 1]}
    place = bisect_right(own, time)
    around = own[max(place - 1, 0) : place + 1]
    return any(at in near or abs(at - time) <= DAY_MS for at in around)


def named_by_stations(vault: Vault) -> set[str]:
    """Receivers that the logs of stations here name at any time (SPEC 10.3.37)."""
    named, carried = _namings(vault.stations.values())
    return {*named, *carried}


def known_since(vault: Vault) -> dict[str, int]:
    """When stations named each receiver that has a log here first (SPEC 10.3.37): the first of these was known always, as all are where they name none."""
    logs = {name: receiver.log for name, receiver in vault.receivers.items() if receiver.log.last is not None}
    named = _named_since(vault.stations.values())
    since = {name: named[name] for name in logs if name in named}
    if len(since) not in (0, len(logs)):
        every = [*logs.values(), *(station.log for station in vault.stations.values())]
        newest = max(line.at_ms for log in every for line in log.lines())
        since = {name: since.get(name, newest) for name in logs}
    first = min(since.values(), default=_ALWAYS)
    return {name: _ALWAYS if since.get(name, first) == first else since[name] for name in logs}


def _named_since(stations: Iterable[Station]) -> dict[str, int]:
    named, carried = _namings(stations)
    return {**{name: times[0] for name, times in named.items()}, **dict.fromkeys(carried, _ALWAYS)}


def _namings(stations: Iterable[Station]) -> tuple[dict[str, list[int]], set[str]]:
    """When stations named each receiver, in order, and those that they named before everything that is here (SPEC 10.3.37)."""
    named: dict[str, list[int]] = defaultdict(list)
    carried: set[str] = set()
    for station in stations:
        for line in station.log.of("receipted", "store-log", "carried"):
            is_receipt = line.event == "receipted"
            name = str(line.facts.get("receiver")) if is_receipt else receiver_in(str(line.facts.get("checkpoint")))
            if line.event == "carried":
                carried.add(name)
            else:
                named[name].append(line.at_ms)
    return {name: sorted(times) for name, times in named.items()}, carried


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
