"""What a store dropped (SPEC 10.3): documents and segments, each only where it was allowed to go, and in a time that grows with the log alone."""

import time
import unittest
from datetime import UTC, datetime
from typing import Any

from custody_log import CustodyLog
from custody_segment import Line, Segment
from drops import Drops
from evidence import Order, Receiver, Station, Vault
from findings import Report
from instants import DAY_MS, milliseconds
from orders import Orders
from policies import Policies
from retention import StoreLogs
from tests.samples import STATION, VAULT, codes, document, hex_of, log, random_id, recording, station

_DAY = "2026-01-01"
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def _at(days: int) -> str:
    """An instant so many days after the first one."""
    at = datetime.fromtimestamp((milliseconds(f"{_DAY}T00:00:00.000Z") + days * DAY_MS) / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _id(number: int) -> str:
    """An id of the number."""
    digits = ""
    for _ in range(5):
        digits, number = digits + _LETTERS[number % 32], number // 32
    return digits + "a" * 21


def _store(*entries: tuple[int, str, dict[str, Any]]) -> Receiver:
    """A store's log of these entries, each with its day."""
    lines = [Line("s", at, "", "", _at(day), None, 0, event, facts, f"log:{at}") for at, (day, event, facts) in enumerate(entries, 1)]
    segment = Segment("s", "s", lines, {"k"}, len(lines))
    return Receiver("r-store", "r-store", CustodyLog("custody", [segment], {"s": segment}))


def _head(day: int, segment: str, of: str = STATION) -> tuple[int, str, dict[str, Any]]:
    return (day, "head", {"station": of, "segment": segment, "sequence": 1, "sha256": hex_of(segment)})


def _dropped(segment: str) -> dict[str, Any]:
    return {"segment": segment, "last_sequence": 1, "last_sha256": hex_of(segment)}


class SegmentsTest(unittest.TestCase):
    """SPEC 10.3.28."""

    def _codes(self, store: Receiver, kept: Station) -> list[str]:
        report = Report()
        Drops(Vault(VAULT, {STATION: kept}, {"r-store": store}), Policies(), milliseconds(_at(100_000))).check_segments(report)
        return codes(report)

    def test_a_head_that_was_entered_long_before_is_of_a_segment_that_is_here_or_was_dropped_later(self) -> None:
        first, second, third = random_id("a"), random_id("b"), random_id("c")
        for named, entered, gone, here, again, expected in (
            (second, 1, 120, [second], [], []),
            (second, 1, 119, [second], [], ["drop.segment"]),
            (first, 1, 120, [first], [], ["drop.segment"]),
            (second, 1, 120, [third], [], ["drop.segment"]),
            (second, 1, 120, [third], [(120, second)], ["drop.segment"]),
            (second, 1, 120, [third], [(300, second)], ["drop.segment"]),
        ):
            entries = [_head(entered, named), (gone, "segment-dropped", _dropped(first))]
            entries += [(day, "segment-dropped", _dropped(segment)) for day, segment in again]
            found = self._codes(_store(*entries), station(log=log(name=here[0], at=_at(0))))
            self.assertEqual(found, expected, (named, gone, here, again))

    def test_a_head_counts_from_when_its_receiver_is_known(self) -> None:
        first, second = random_id("a"), random_id("b")
        own = _store((1, "receipt", {}), (900, "segment-dropped", _dropped(first)))
        other = Receiver("r-other", "r-other", _store(_head(2, second)).log)
        for known, expected in ((700, []), (800, ["drop.segment"])):
            kept = station(log=log(at=_at(1), name=second))
            named = [("r-store", 1), ("r-other", known)]
            entries = [line for name, day in named for line in log(("receipted", {"receiver": name}), at=_at(day)).of("receipted")]
            kept.log.order[0].lines += entries
            kept.log.order[0].signed_up_to += len(entries)
            report = Report()
            vault = Vault(VAULT, {STATION: kept}, {"r-store": own, "r-other": other})
            Drops(vault, Policies(), milliseconds(_at(1000))).check_segments(report)
            self.assertEqual(codes(report), expected, known)

    def test_nothing_as_old_as_that_entry_is_left(self) -> None:
        first, second = random_id("a"), random_id("b")
        for received, expected in ((_at(1)[:-5] + ".001Z", []), (_at(1), ["drop.segment"])):
            store = _store(_head(1, second), (200, "segment-dropped", _dropped(first)))
            kept = station(recording(received_at=received), log=log(name=second, at=_at(0)))
            self.assertEqual(self._codes(store, kept), expected)

    def test_its_segment_was_begun_long_before_and_before_all_that_is_left_was_received(self) -> None:
        first, second = random_id("a"), random_id("b")
        for begun, received, expected in (
            (10, 11, []),
            (11, 12, ["drop.segment"]),
            (10, 10, ["drop.segment"]),
            (0, 10, []),
        ):
            store = _store(_head(1, second), (129, "segment-dropped", _dropped(first)))
            kept = station(recording(received_at=_at(received)), log=log(name=second, at=_at(begun)))
            self.assertEqual(self._codes(store, kept), expected, (begun, received))
            kept.log.order[0].signed_up_to = 0  # then it says nothing
            later = [] if received > 1 else expected
            self.assertEqual(self._codes(store, kept), later, (begun, received))

    def test_a_head_of_one_log_lets_no_segment_of_another_go(self) -> None:
        first, second, third = random_id("a"), random_id("b"), random_id("c")
        for more, expected in (
            ([], []),
            ([_head(2, first)], []),
            ([_head(2, first, "other")], ["drop.segment"]),
        ):
            store = _store(_head(1, second), *more, (200, "segment-dropped", _dropped(first)))
            self.assertEqual(self._codes(store, station(log=log(name=second, at=_at(0)))), expected)
        for own, expected in ((third, ["drop.segment"]), (first, [])):
            opened = (0, "segment-opened", {"last_segment": own})
            store = _store(opened, _head(1, second), (200, "segment-dropped", _dropped(third)))
            self.assertEqual(self._codes(store, station(log=log(name=second, at=_at(0)))), expected)

    def test_thousands_are_judged_in_a_moment(self) -> None:
        count = 4000
        entries = [_head(day + 1, _id(day + 1)) for day in range(count)]
        for day in range(count - 1):
            entries.append((count + 200 + day, "segment-dropped", _dropped(_id(day))))
        store = _store(*entries)
        begun = time.process_time()
        self.assertEqual(self._codes(store, station(log=log(name=_id(count), at=_at(0)))), [])
        self.assertLess(time.process_time() - begun, 10)


class DocumentsTest(unittest.TestCase):
    """SPEC 10.3.22 to 10.3.25."""

    def test_thousands_of_docking_records_are_judged_in_a_moment(self) -> None:
        count = 4000
        facts = {"station": STATION, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "deletion_sha256": None, "deleted_at": None}
        dropped = [(200, "documents-dropped", {**facts, "recording": _id(at), "received_at": _at(0)}) for at in range(count)]
        store = _store(*dropped)
        record = {"sha256": hex_of("m"), "part": 1, "parts": 1}
        events = [("docking-recorded", {**record, "docking": _id(at), "record": _id(at)}) for at in range(count)]
        events += [("receipted", {"recording": _id(at), "receiver": "r-store", "receipt_sha256": hex_of("r")}) for at in range(count)]
        kept = station(log=log(*events, at=_at(0)))
        vault = Vault(VAULT, {STATION: kept}, {"r-store": store})
        begun, report = time.process_time(), Report()
        drops, logs = Drops(vault, Policies(), milliseconds(_at(300))), [store.log]
        drops.check(kept, Orders(kept, logs), StoreLogs(STATION, logs, drops.now_ms, drops.announced), report)
        self.assertEqual(codes(report), [])
        self.assertEqual(len(drops.counting), count)
        self.assertLess(time.process_time() - begun, 10)

    def test_a_recording_does_not_go_as_a_docking_record_though_no_log_of_its_station_is_here(self) -> None:
        name = random_id("a")
        named = {"station": STATION, "recording": name}
        facts = {**named, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "received_at": _at(0)}
        gone = (200, "documents-dropped", {**facts, "deletion_sha256": None, "deleted_at": None})
        for event, more, expected in (
            ("receipt", {"kind": "docking", "receipt_sha256": hex_of("r")}, []),
            ("receipt", {"kind": "recording", "receipt_sha256": hex_of("r")}, ["drop.not-deleted"]),
            ("order", {"role": "officer"}, ["drop.not-deleted"]),
            ("expiry-warned", {}, ["drop.not-deleted"]),
        ):
            store = _store((1, event, {**named, **more}), gone)
            kept = station(log=CustodyLog("custody"))
            drops, report = Drops(Vault(VAULT, {STATION: kept}, {"r-store": store}), Policies(), milliseconds(_at(300))), Report()
            drops.check(kept, Orders(kept, [store.log]), StoreLogs(STATION, [store.log], drops.now_ms, drops.announced), report)
            self.assertEqual(codes(report), expected)

    def test_it_was_received_when_its_station_or_the_first_entry_of_its_receipt_says(self) -> None:
        name = random_id("a")
        named = {"station": STATION, "recording": name}
        facts = {**named, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "received_at": _at(10)}
        gone = (200, "documents-dropped", {**facts, "deletion_sha256": None, "deleted_at": None})
        record = {"docking": name, "record": name, "sha256": hex_of("m"), "part": 1, "parts": 1}
        receipted = {"recording": name, "receiver": "r-store", "receipt_sha256": hex_of("r")}
        given = {**named, "kind": "docking", "receipt_sha256": hex_of("r")}
        other = {**given, "receipt_sha256": hex_of("x")}
        for at, entries, expected in (
            (9, [], []),
            (8, [], ["drop.other-time"]),
            (12, [], ["drop.other-time"]),
            (8, [(11, "receipt", given)], []),
            (8, [(12, "receipt", given)], ["drop.other-time"]),
            (8, [(10, "receipt", other), (11, "receipt", given)], ["drop.other-time"]),
            (8, [(11, "receipt", other), (11, "receipt", given)], ["drop.other-time"]),
        ):
            store = _store(*entries, gone)
            kept = station(log=log(("docking-recorded", record), ("receipted", receipted), at=_at(at)))
            drops, report = Drops(Vault(VAULT, {STATION: kept}, {"r-store": store}), Policies(), milliseconds(_at(300))), Report()
            drops.check(kept, Orders(kept, [store.log]), StoreLogs(STATION, [store.log], drops.now_ms, drops.announced), report)
            self.assertEqual(codes(report), expected, (at, entries))

    def _judged(self, store: Receiver, kept: Station, now: int = 300) -> Report:
        drops, report = Drops(Vault(VAULT, {STATION: kept}, {"r-store": store}), Policies(), milliseconds(_at(now))), Report()
        drops.check(kept, Orders(kept, [store.log]), StoreLogs(STATION, [store.log], drops.now_ms, drops.announced), report)
        return report

    def test_an_entry_of_a_time_that_has_not_come_makes_nothing_old_and_a_report_is_no_text(self) -> None:
        named = {"station": STATION, "recording": random_id("a")}
        facts = {**named, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "received_at": _at(0)}
        gone = (5, "documents-dropped", {**facts, "deletion_sha256": None, "deleted_at": None})
        text, other = ((1, "receipt", {**named, "kind": kind, "receipt_sha256": hex_of("r")}) for kind in ("staff-text", "staff-report"))
        for before, expected in (
            ([], ["drop.too-early"]),
            ([(10_000, "receiver-started", {"version": "1"})], ["drop.too-early"]),
            ([text], []),
            ([text, other], ["drop.too-early"]),
        ):
            report = self._judged(_store(*before, gone), station(log=CustodyLog("custody")), 6)
            self.assertEqual(codes(report), expected, before)

    def test_its_own_deletion_record_is_kept_and_who_lifted_a_hold_may_be_open(self) -> None:
        name = random_id("a")
        facts = {"station": STATION, "recording": name, "deletion_sha256": hex_of("d")}
        named = {**facts, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "received_at": _at(0), "deleted_at": _at(20)}
        announced = (0, "retention", {"days": 14, "documents_days": 90})
        store = _store(announced, (20, "deleting", facts), (20, "deleted", facts), (200, "documents-dropped", named))
        kept = station(log=CustodyLog("custody"))
        others = {"reason": "expired", "order_sha256": None, "receiver": "r-store", "retention": {"days": 14, "basis": "received", "from_at": _at(0), "due_at": _at(14)}}
        kept.kept[name] = document({**named, **others})
        for verb, day in (("hold", 30), ("unhold", 40)):
            value = {"order": random_id(verb[0]), "verb": verb, "recording": name, "ordered_at": _at(day)}
            kept.orders[value["order"]] = Order(document(value), frozenset(), frozenset({"officer", "supervisor"}))
        report = self._judged(store, kept)
        self.assertEqual(codes(report), ["deletion.missing"])
        self.assertEqual([each.code for each in report.unjudged], ["drop.hold-not-judged"])

    def test_a_docking_record_goes_after_its_days_and_once_its_recordings_are_gone(self) -> None:
        found = recording()
        docking = (found.value or {})["docking"]
        facts = {"station": STATION, "recording": docking, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "received_at": _at(0)}
        gone = {**facts, "deletion_sha256": None, "deleted_at": None}
        recorded = ("docking-recorded", {"docking": docking, "record": docking, "sha256": hex_of("m"), "part": 1, "parts": 1})
        for day, here, expected in (
            (89, [], []),
            (88, [], ["drop.too-early"]),
            (89, [found], ["drop.docking-needed"]),
        ):
            store = _store((day, "documents-dropped", gone))
            kept = station(*here, log=log(recorded, at=_at(0)))
            drops, report = Drops(Vault(VAULT, {STATION: kept}, {"r-store": store}), Policies(), milliseconds(_at(300))), Report()
            drops.check(kept, Orders(kept, [store.log]), StoreLogs(STATION, [store.log], drops.now_ms, drops.announced), report)
            self.assertEqual(codes(report), expected)
            self.assertEqual(drops.counting, set() if expected else {(STATION, docking)})

    def test_no_slow_clock_of_the_store_makes_a_record_or_a_report_older_than_its_station_says(self) -> None:
        name, docking = random_id("a"), random_id("d")
        facts = {"station": STATION, "recording": name, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "received_at": _at(0)}
        gone = {**facts, "deletion_sha256": None, "deleted_at": None}
        recorded = ("docking-recorded", {"docking": docking, "record": name, "sha256": hex_of("m"), "part": 1, "parts": 1})
        docked = ("docked", {"bay": "b1", "camera": "cam-1", "docking": docking})
        report = ("document-recorded", {"kind": "staff-report", "record": name, "sha256": hex_of("m")})
        settled = (report[0], {**report[1], "settled": True})
        other = (docked[0], {**docked[1], "docking": name})
        given = (1, "receipt", {**facts, "kind": "docking"})
        for events, expected in (
            ([docked, recorded], ["drop.too-early"]),
            ([other, recorded], []),
            ([report], ["drop.too-early"]),
            ([settled], []),
        ):
            kept = station(log=log(*events, at=_at(1)))
            self.assertEqual(codes(self._judged(_store(given, (89, "documents-dropped", gone)), kept)), expected, events)
            self.assertEqual(codes(self._judged(_store(given, (90, "documents-dropped", gone)), kept)), [], events)


if __name__ == "__main__":
    unittest.main()
