"""Orders of two roles, deletions, the store's own log, revoked keys, differences: what counts when, and what says so."""

import unittest
from dataclasses import replace
from typing import Any

from announced import Announced, Policy
from custody_log import CustodyLog
from custody_segment import Line
from differences import tell_differences
from evidence import Order, Recording, Station, Vault
from evidence import Receiver as StoreFolder
from findings import Report
from instants import milliseconds
from key_changes import check_old_keys
from orders import Orders
from received import check_received
from retention import StoreLogs, check_deletions, check_documents_of_deletions
from revocations import check_revocations
from store_log import check_orders_logged, check_receivers_known, check_revocations_logged, check_store_log
from tests.samples import (
    KEY,
    STATION,
    VAULT,
    codes,
    document,
    hex_of,
    log,
    manifest,
    notes,
    random_id,
    recording,
    station,
)

_DUE = "2026-12-09T08:00:10.000Z"
_DELETED = "2026-12-10T08:00:00.000Z"
_NOW_MS = milliseconds(_DELETED)


def _deletion(of: Recording, **changed: Any) -> dict[str, Any]:
    """The deletion record of a recording that expired after 14 days."""
    receipt = of.receipt.sha256 if of.receipt is not None else hex_of("receipt")
    value: dict[str, Any] = {
        "type": "deletion-record",
        "version": 1,
        "station": STATION,
        "recording": of.name,
        "receiver": "r-store",
        "vault": VAULT,
        "manifest_sha256": of.document.sha256 if of.document is not None else "",
        "receipt_sha256": receipt,
        "sealed_size_bytes": 400,
        "reason": "expired",
        "retention": {"days": 14, "basis": "sealed", "from_at": "2026-11-25T08:00:10.000Z", "due_at": _DUE},
        "order_sha256": None,
        "deleted_at": _DELETED,
    }
    return {**value, **changed}


def _deleted(of: Recording | None = None, **changed: Any) -> Recording:
    found = of if of is not None else recording()
    found.deleted = True
    found.deletion = document(_deletion(found, **changed), f"{found.place}/deletion.json")
    return found


def _order(verb: str, about: str, *roles: str, number: str = "o", at: str = "2026-12-01T08:00:00.000Z") -> Order:
    value = {
        "type": "order",
        "version": 1,
        "order": random_id(number),
        "verb": verb,
        "station": STATION,
        "recording": about,
        "manifest_sha256": hex_of("m"),
        "reason": "case-1",
        "ordered_at": at,
    }
    return Order(document(value), frozenset(roles or ("officer", "supervisor")))


def _with(orders: list[Order], *found: Recording) -> Station:
    kept = station(*found)
    kept.orders = {order.value["order"]: order for order in orders}
    return kept


def _store(of: Recording, *, done: bool = True) -> CustodyLog:
    digest = of.deletion.sha256 if of.deletion is not None else ""
    facts = {"station": STATION, "recording": of.name, "deletion_sha256": digest}
    return log(("deleting", facts), *([("deleted", facts)] if done else []), at=_DELETED)


def _warned_store(of: Recording, warned: dict[str, Any], at: str) -> CustodyLog:
    """A log with a warning before the deletion."""
    store = log(("expiry-warned", warned), at=at)
    _enter(store, *(replace(line, place=f"deletion-{line.place}") for line in _store(of).of("deleting", "deleted")))
    return store


def _enter(store: CustodyLog, *lines: Line) -> None:
    """Puts lines after the end of a log, under its signature."""
    segment = store.order[0]
    segment.lines.extend(lines)
    segment.signed_up_to = len(segment.lines)


def _check(kept: Station, store: CustodyLog, now: str = _DELETED) -> Report:
    report = Report()
    logs = StoreLogs(STATION, [store], milliseconds(now))
    check_deletions(kept, VAULT, Orders(kept, [store]), logs, report)
    check_documents_of_deletions(kept, logs, report)
    return report


class DeletionTest(unittest.TestCase):
    """SPEC 4.7, 10.2."""

    def test_an_expired_recording_may_go(self) -> None:
        found = _deleted()
        report = _check(station(found), _store(found))
        self.assertEqual((codes(report), notes(report)), ([], []))

    def test_a_record_is_of_its_recording_receipt_and_vault(self) -> None:
        for field, code in (
            ("manifest_sha256", "deletion.other-manifest"),
            ("receipt_sha256", "deletion.other-receipt"),
            ("vault", "deletion.other-vault"),
            ("recording", "deletion.other-recording"),
            ("station", "deletion.other-station"),
        ):
            found = _deleted(None, **{field: hex_of("x")})
            self.assertEqual(codes(_check(station(found), _store(found))), [code])
        found = _deleted(sealed_size_bytes=1)
        self.assertEqual(codes(_check(station(found), _store(found))), ["deletion.other-sealed-size"])

    def test_nothing_goes_before_it_is_due_or_by_another_count(self) -> None:
        good = _deletion(recording())["retention"]
        for changed, code in (
            ({"deleted_at": "2026-12-09T08:00:09.999Z"}, "deletion.before-due"),
            ({"retention": {**good, "basis": "received"}}, "deletion.retention-start"),
            ({"retention": {**good, "days": 15}}, "deletion.retention-due"),
            ({"retention": {**good, "days": 13, "due_at": "2026-12-08T08:00:10.000Z"}}, "deletion.retention-days"),
            ({"order_sha256": hex_of("x")}, "deletion.order-without-reason"),
        ):
            found = _deleted(None, **changed)
            self.assertEqual(codes(_check(station(found), _store(found))), [code])

    def test_no_deletion_is_of_a_time_more_than_a_day_after_that_of_the_verification(self) -> None:
        for deleted, expected in (
            ("2026-12-11T08:00:00.000Z", []),
            ("2026-12-11T08:00:00.001Z", ["deletion.in-future"]),
        ):
            found = _deleted(None, deleted_at=deleted)
            self.assertEqual(codes(_check(station(found), _store(found))), expected)

    def test_what_is_due_within_three_days_of_its_receipt_wants_a_warning_a_day_before(self) -> None:
        start = "2026-11-12T08:00:10.000Z"
        short = {"days": 14, "basis": "capture", "from_at": start, "due_at": "2026-11-26T08:00:10.000Z"}
        capture = {"earliest_at": start, "latest_at": start, "basis": "clock-measured"}
        found = _deleted(recording(manifest(capture=capture)), retention=short)
        warned = {"station": STATION, "recording": found.name, "due_at": short["due_at"]}
        for at, expected in (
            ("2026-12-09T07:59:59.999Z", []),
            ("2026-12-09T08:00:00.000Z", ["deletion.unwarned"]),
        ):
            self.assertEqual(codes(_check(station(found), _warned_store(found, warned, at))), expected)
        self.assertEqual(codes(_check(station(found), _store(found))), ["deletion.unwarned"])
        dated_back = _store(found)
        _enter(dated_back, *log(("expiry-warned", warned), at="2026-11-26T08:00:00.000Z").of("expiry-warned"))
        self.assertEqual(codes(_check(station(found), dated_back)), ["deletion.unwarned"])

    def test_a_recording_stays_for_the_days_that_counted_when_it_was_received(self) -> None:
        received = milliseconds("2026-11-25T08:00:20.000Z")
        for announced, expected in (
            ([(received, 14)], []),
            ([(received, 15)], ["deletion.retention-days"]),
            ([(received - 1, 14), (received, 15), (received + 1, 14)], ["deletion.retention-days"]),
            ([(received, 7)], []),
            ([(received + 1, 99)], []),
        ):
            found = _deleted()
            said = Announced()
            for time, days in announced:
                said.announce("r-store", time, {"days": days, "documents_days": 730})
            report = Report()
            kept, store = station(found), _store(found)
            check_deletions(kept, VAULT, Orders(kept, [store]), StoreLogs(STATION, [store], _NOW_MS, said), report)
            self.assertEqual(codes(report), expected)

    def test_it_stays_for_the_days_of_each_receiver_whose_log_names_its_deletion(self) -> None:
        for names, expected in ((True, ["deletion.retention-days"]), (False, [])):
            found = _deleted(receiver="r-made-up")
            own, other = _store(found), _store(found) if names else log(at=_DELETED)
            own.holder, other.holder = "r-made-up", "r-store"
            said = Announced()
            said.announce("r-store", 0, {"days": 30, "documents_days": 730})
            report, kept = Report(), station(found)
            other.order[0].lines = [replace(line, place=f"other-{line.place}") for line in other.lines()]
            logs = StoreLogs(STATION, [own, other], _NOW_MS, said)
            check_deletions(kept, VAULT, Orders(kept, [own, other]), logs, report)
            self.assertEqual(codes(report), expected, names)

    def test_of_a_policy_that_is_not_judged_fewer_days_are_a_finding_and_as_many_are_not_judged(self) -> None:
        for days, expected, left_open in ((15, ["deletion.retention-days"], []), (14, [], []), (7, [], [])):
            found, said = _deleted(), Announced()
            said.put_in_force(0, 1, Policy({"days_min": days, "documents_days": 90}, is_judged=False))
            report, kept, store = Report(), station(found), _store(found)
            check_deletions(kept, VAULT, Orders(kept, [store]), StoreLogs(STATION, [store], _NOW_MS, said), report)
            self.assertEqual((codes(report), [each.code for each in report.unjudged]), (expected, left_open), days)

    def test_an_entry_that_was_dated_back_has_the_time_of_those_before_it(self) -> None:
        found = _deleted()
        store = _store(found)
        line = store.order[0].lines[-1]
        store.order[0].lines[-1] = replace(line, at="2025-01-01T00:00:00.000Z", place="log:back")
        self.assertEqual(codes(_check(station(found), store)), [])

    def test_a_receipt_by_a_clock_that_had_lost_its_time_wants_a_warning_that_is_older_than_the_days(self) -> None:
        unset = "1970-01-02T00:00:00.000Z"
        due = {"days": 14, "basis": "received", "from_at": unset, "due_at": "1970-01-16T00:00:00.000Z"}
        of = recording(manifest(clock_synchronised=None, sealed_at=unset), received_at=unset)
        found = _deleted(of, retention=due)
        warned = {"station": STATION, "recording": found.name, "due_at": due["due_at"]}
        for at, expected in (
            ("2026-11-26T07:59:59.999Z", []),
            ("2026-11-26T08:00:00.000Z", ["deletion.unwarned"]),
        ):
            self.assertEqual(codes(_check(station(found), _warned_store(found, warned, at))), expected)

    def test_where_the_station_was_a_day_ahead_of_the_store_the_days_count_from_both(self) -> None:
        for sealed_at, expected in (
            ("2026-11-26T08:00:20.001Z", ["deletion.before-due"]),
            ("2026-11-26T08:00:20.000Z", []),
            ("2027-01-01T00:00:00.000Z", []),
        ):
            received = "2026-11-25T08:00:20.000Z"
            due = {"days": 14, "basis": "sealed", "from_at": received, "due_at": "2026-12-09T08:00:20.000Z"}
            of = recording(manifest(sealed_at=sealed_at), received_at=received)
            found = _deleted(of, retention=due, deleted_at="2026-12-10T08:00:00.000Z")
            self.assertEqual(codes(_check(station(found), _store(found))), expected)

    def test_both_roles_may_order_it_sooner_and_one_may_not(self) -> None:
        order = _order("delete", random_id("a"))
        sooner = {"reason": "ordered", "order_sha256": order.document.sha256, "deleted_at": "2026-12-02T08:00:00.000Z"}
        found = _deleted(None, **sooner)
        self.assertEqual(codes(_check(_with([order], found), _store(found))), [])
        for given, code in (
            ([], "deletion.order-missing"),
            ([_order("delete", random_id("a"), "officer")], "deletion.order-unsigned"),
        ):
            self.assertEqual(codes(_check(_with(given, found), _store(found))), [code])
        for other in (_order("hold", random_id("x")), _order("delete", random_id("x"))):
            found = _deleted(None, **{**sooner, "order_sha256": other.document.sha256})
            self.assertEqual(codes(_check(_with([other], found), _store(found))), ["deletion.other-order"])

    def test_an_order_that_cannot_be_judged_is_about_the_recording_and_has_both_signatures_all_the_same(self) -> None:
        for about, signed, at, expected in (
            ("a", {"officer"}, "2026-12-01T08:00:00.000Z", []),
            ("a", set(), "2026-12-01T08:00:00.000Z", ["deletion.order-unsigned"]),
            ("a", {"officer"}, "2026-12-03T08:00:00.000Z", ["deletion.order-unsigned"]),
            ("x", {"officer"}, "2026-12-01T08:00:00.000Z", ["deletion.other-order"]),
        ):
            order = _order("delete", random_id(about), at=at)
            order = Order(order.document, frozenset(signed), frozenset({"supervisor"}))
            found = _deleted(
                None, reason="ordered", order_sha256=order.document.sha256, deleted_at="2026-12-02T08:00:00.000Z"
            )
            report = _check(_with([order], found), _store(found))
            self.assertEqual(codes(report), expected)
            self.assertEqual([each.code for each in report.unjudged], ["deletion.order-not-judged"])

    def test_a_hold_that_cannot_be_judged_leaves_open_what_it_would_have_held(self) -> None:
        for about, given, ordered, expected in (
            ("a", {"officer", "supervisor"}, "2026-12-01T08:00:00.000Z", ["deletion.hold-not-judged"]),
            ("a", {"officer"}, "2026-12-08T08:00:00.000Z", ["deletion.hold-not-judged"]),
            ("a", {"officer"}, "2026-12-01T08:00:00.000Z", []),
            ("x", {"officer", "supervisor"}, "2026-12-01T08:00:00.000Z", []),
        ):
            order = _order("hold", random_id(about), at=ordered)
            order = Order(order.document, frozenset(), frozenset(given))
            found = _deleted()
            report = _check(_with([order], found), _store(found))
            self.assertEqual((codes(report), [each.code for each in report.unjudged]), ([], expected), (about, given, ordered))

    def test_a_record_that_was_dated_ahead_does_not_fit_its_entry(self) -> None:
        found = _deleted(None, deleted_at="2026-12-12T08:00:00.000Z")
        later = "2026-12-13T08:00:00.000Z"
        self.assertEqual(codes(_check(station(found), _store(found), later)), ["deletion.before-due"])

    def test_it_is_judged_by_the_first_of_several_entries(self) -> None:
        found = _deleted()
        store = _store(found)
        segment = store.order[0]
        segment.lines[1] = replace(segment.lines[1], at="2026-12-09T07:59:59.999Z")
        segment.lines[0] = replace(segment.lines[0], at="2026-12-01T08:00:00.000Z")
        self.assertEqual(codes(_check(station(found), store)), ["deletion.before-due"])

    def test_an_order_has_both_signatures_when_it_deletes(self) -> None:
        found = recording()
        order = _order("delete", found.name, at="2026-12-09T08:00:00.000Z")
        _deleted(found, reason="ordered", order_sha256=order.document.sha256)
        facts = {"station": STATION, "recording": found.name, "order": order.value["order"], "verb": "delete"}
        for second, expected in (("2026-12-10T07:00:00.000Z", []), ("2026-12-11T07:00:00.000Z", ["deletion.order-unsigned"])):
            store = _store(found)
            line = store.order[0].lines[0]
            _enter(store, *(replace(line, event="order", at=at, facts={**facts, "role": role}) for role, at in (("officer", "2026-12-09T08:00:00.000Z"), ("supervisor", second))))
            self.assertEqual(codes(_check(_with([order], found), store)), expected)

    def test_a_signature_that_was_entered_after_the_deletion_and_dated_back_was_not_there(self) -> None:
        order = _order("delete", random_id("a"))
        found = _deleted(reason="ordered", order_sha256=order.document.sha256, deleted_at="2026-12-09T08:00:00.000Z")
        facts = {"station": STATION, "recording": found.name, "order": order.value["order"], "verb": "delete"}
        store = _store(found)
        entered = [("order", {**facts, "role": role}) for role in ("officer", "supervisor")]
        _enter(store, *log(*entered, at="2026-12-01T08:00:00.000Z").of("order"))
        self.assertEqual(codes(_check(_with([order], found), store)), ["deletion.order-unsigned"])

    def test_the_store_s_log_knows_a_deletion_and_a_deletion_that_it_knows_has_its_record(self) -> None:
        found = _deleted()
        self.assertEqual(codes(_check(station(found), log())), ["deletion.unlogged"])
        self.assertEqual(codes(_check(station(found), _store(_deleted(receiver="r-other")))), ["deletion.other-logged"])
        self.assertEqual(notes(_check(station(found), _store(found, done=False))), ["deletion.unfinished"])
        self.assertEqual(codes(_check(station(recording()), _store(found))), ["deletion.missing"])
        self.assertEqual(codes(_check(station(), _store(found))), ["recording.missing"])

    def test_what_is_left_of_a_payload_is_a_finding_once_the_log_calls_it_deleted(self) -> None:
        found = _deleted()
        found.left = ("payload.age",)
        self.assertEqual(codes(_check(station(found), _store(found))), ["deletion.not-finished"])
        report = _check(station(found), _store(found, done=False))
        self.assertEqual((codes(report), notes(report)), ([], ["deletion.unfinished"]))


class HoldTest(unittest.TestCase):
    """SPEC 4.8: holds and what lifts them."""

    def _held(self, *orders: Order, about: Recording | None = None) -> list[str]:
        found = _deleted(about)
        return codes(_check(_with(list(orders), found), _store(found)))

    def test_a_hold_by_both_counts_until_both_lift_it(self) -> None:
        name = random_id("a")
        hold = _order("hold", name)
        self.assertEqual(self._held(hold), ["deletion.held"])
        lifted = _order("unhold", name, number="p", at="2026-12-02T08:00:00.000Z")
        self.assertEqual(self._held(hold, lifted), [])
        by_one = _order("unhold", name, "officer", number="p", at="2026-12-02T08:00:00.000Z")
        self.assertEqual(self._held(hold, by_one), ["deletion.held"])
        before = _order("unhold", name, number="p", at="2026-11-30T08:00:00.000Z")
        self.assertEqual(self._held(hold, before), ["deletion.held"])
        self.assertEqual(self._held(_order("hold", random_id("x"))), [])

    def test_a_hold_by_one_counts_for_seven_days(self) -> None:
        for at, expected in (
            ("2026-12-03T08:00:00.001Z", ["deletion.held"]),
            ("2026-12-03T08:00:00.000Z", []),
        ):
            self.assertEqual(self._held(_order("hold", random_id("a"), "supervisor", at=at)), expected)

    def test_one_role_that_orders_again_holds_no_longer(self) -> None:
        name = random_id("a")
        first = _order("hold", name, "officer", at="2026-12-03T07:00:00.000Z")
        again = _order("hold", name, "officer", number="p", at="2026-12-05T08:00:00.000Z")
        self.assertEqual(self._held(again), ["deletion.held"])
        self.assertEqual(self._held(first, again), [])
        by_both = _order("hold", name, number="q", at="2026-12-05T08:00:00.000Z")
        self.assertEqual(self._held(first, by_both), ["deletion.held"])
        self.assertEqual(self._held(_order("hold", name, at="2026-12-03T07:00:00.000Z"), again), ["deletion.held"])
        other = _order("hold", random_id("x"), "officer", number="q", at="2026-12-03T07:00:00.000Z")
        self.assertEqual(self._held(other, again), ["deletion.held"])

    def test_what_one_receiver_took_up_counts_although_another_one_did_so_later(self) -> None:
        order = _order("hold", random_id("a"))
        facts = {"station": STATION, "recording": random_id("a"), "order": order.value["order"]}
        roles = [("order", {**facts, "role": role}) for role in ("officer", "supervisor")]
        early, late = (log(*roles, at=f"2026-12-0{day}T08:00:00.000Z") for day in (2, 4))
        for logs in ((early, late), (late, early)):
            orders = Orders(_with([order], recording()), logs)
            self.assertEqual(orders.holds(random_id("a"), milliseconds("2026-12-03T08:00:00.000Z")), [order])

    def test_an_order_about_a_sidecar_is_one_about_the_other_sidecars_of_its_recording(self) -> None:
        owner = manifest("a")
        beside = [manifest(name, role="sidecar", sidecar_of=owner["source"]["path_sha256"]) for name in ("b", "c")]
        order = _order("delete", random_id("b"))
        said = {"reason": "ordered", "order_sha256": order.document.sha256}
        deleted = [_deleted(recording(value), **said) for value in (owner, *beside)]
        for each in deleted:
            self.assertEqual(codes(_check(_with([order], *deleted), _store(each))), ["deletion.unlogged"])
        held = _deleted(recording(beside[1]))
        kept = _with([_order("hold", random_id("b"))], recording(owner), recording(beside[0]), held)
        self.assertIn("deletion.held", codes(_check(kept, _store(held))))

    def test_a_hold_of_a_recording_is_one_of_its_sidecar_and_the_other_way_round(self) -> None:
        owner = manifest("a")
        sidecar = manifest("b", role="sidecar", sidecar_of=owner["source"]["path_sha256"])
        for deleted, held in ((owner, sidecar), (sidecar, owner)):
            found = _deleted(recording(deleted))
            kept = _with([_order("hold", held["recording"])], found, recording(held))
            self.assertEqual(codes(_check(kept, _store(found))), ["deletion.held"])

    def test_an_order_to_delete_or_to_end_a_hold_is_about_none_but_its_own_of_two_recordings_of_one_place(self) -> None:
        paused, whole = manifest("a"), manifest("b", source=manifest("a")["source"])
        ends = _order("unhold", random_id("a"), number="u", at="2026-12-02T08:00:00.000Z")
        order = _order("delete", random_id("a"), number="d")
        found = _deleted(recording(whole), reason="ordered", order_sha256=order.document.sha256)
        kept = _with([order, ends, _order("hold", random_id("b"))], found, recording(paused))
        self.assertEqual(codes(_check(kept, _store(found))), ["deletion.held", "deletion.other-order"])

    def test_a_hold_of_a_recording_is_one_of_what_replaces_it(self) -> None:
        hold = _order("hold", random_id("a"))
        heir = recording(manifest("b", supersedes=[random_id("a")]))
        lifted = _order("unhold", random_id("a"), number="p", at="2026-12-02T08:00:00.000Z")
        own = _order("unhold", random_id("b"), number="p", at="2026-12-02T08:00:00.000Z")
        self.assertIn("deletion.held", self._held(hold, about=heir))
        self.assertIn("deletion.held", self._held(hold, own, about=heir))
        self.assertEqual(self._held(hold, lifted, about=heir), [])
        self.assertEqual(self._held(_order("hold", random_id("b")), about=recording()), [])


class StoreLogTest(unittest.TestCase):
    """SPEC 4.3.7: entries of the store's log, and the documents that they name."""

    def _codes(self, kept: Station, *events: tuple[str, dict[str, Any]], at: str = _DELETED) -> list[str]:
        report = Report()
        receiver = StoreFolder("r-store", "r-store", log(*events, at=at))
        check_store_log(receiver, Vault(VAULT, {STATION: kept}, {"r-store": receiver}), report)
        check_orders_logged(kept, Orders(kept, [receiver.log]), StoreLogs(STATION, [receiver.log], _NOW_MS), report)
        return codes(report)

    def test_an_order_is_the_one_that_was_entered_and_signed_by_whom_it_says(self) -> None:
        order = _order("hold", random_id("a"), "officer")
        facts = {
            "station": STATION,
            "recording": random_id("a"),
            "order": random_id("o"),
            "verb": "hold",
            "role": "officer",
            "order_sha256": order.document.sha256,
        }
        dropped = (
            "documents-dropped",
            {"station": STATION, "recording": random_id("a"), "manifest_sha256": hex_of("m")},
        )
        for changed, expected in (
            ({}, []),
            ({"order_sha256": hex_of("x")}, ["store-log.other-order"]),
            ({"verb": "unhold"}, ["store-log.other-order"]),
            ({"role": "supervisor"}, ["store-log.order-unsigned"]),
            ({"order": random_id("x")}, ["store-log.order-missing"]),
        ):
            self.assertEqual(self._codes(_with([order]), ("order", {**facts, **changed})), expected)
        announced = ("retention", {"days": 14, "documents_days": 90})
        self.assertEqual(self._codes(station(), dropped, ("order", facts)), [])
        tree = ("segment-opened", {"log_origin": "x", "log_size": 0})
        for later in (announced, tree):
            self.assertEqual(self._codes(station(), later, dropped, ("order", facts)), ["store-log.order-missing"])
        both = [("order", {**facts, "role": role}) for role in ("officer", "supervisor")]
        lifted = [("order", {**of, "order": random_id("x"), "verb": "unhold"}) for _, of in both]
        self.assertEqual(self._codes(station(), dropped, *both), ["store-log.order-missing"])
        self.assertEqual(self._codes(station(), dropped, *both, *lifted), [])
        self.assertEqual(self._codes(station(), dropped, *both, announced, *lifted), ["store-log.order-missing"])

    def test_a_hold_that_is_not_judged_counts_at_its_word_for_a_drop(self) -> None:
        held = random_id("a")
        given = [_order("hold", held), _order("unhold", held, at="2026-12-02T08:00:00.000Z", number="u")]
        given = [Order(each.document, frozenset(), frozenset({"officer", "supervisor"})) for each in given]
        orders, instant = Orders(_with(given), []), milliseconds("2026-12-05T08:00:00.000Z")
        words: tuple[tuple[str, ...], ...] = ((), ("hold",), ("hold", "unhold"))
        said = [orders.at_their_word(*verbs).is_held_by_both(held, instant) for verbs in words]
        self.assertEqual(said, [False, True, False])

    def test_a_hold_lapses_after_seven_days(self) -> None:
        facts = {"station": STATION, "recording": random_id("a"), "order": random_id("o")}
        held = _with([_order("hold", random_id("a"), "officer")])
        self.assertEqual(self._codes(held, ("hold-lapsed", facts), at="2026-12-08T08:00:00.000Z"), [])
        early = self._codes(held, ("hold-lapsed", facts), at="2026-12-08T07:59:59.999Z")
        self.assertEqual(early, ["store-log.lapsed-early"])

    def test_when_a_hold_lapsed_is_asked_of_the_time_of_the_entry(self) -> None:
        kept, store = _with([_order("hold", random_id("a"), "officer")]), log(at="2026-12-08T08:00:00.000Z")
        facts = {"station": STATION, "recording": random_id("a"), "order": random_id("o")}
        _enter(store, *log(("hold-lapsed", facts), at="2026-12-07T08:00:00.000Z").of("hold-lapsed"))
        report = Report()
        check_orders_logged(kept, Orders(kept, [store]), StoreLogs(STATION, [store], _NOW_MS), report)
        self.assertEqual(codes(report), [])

    def test_a_signature_that_the_store_never_entered_is_told(self) -> None:
        report = Report()
        kept = _with([_order("hold", random_id("a"))])
        check_orders_logged(kept, Orders(kept, []), StoreLogs(STATION, [], _NOW_MS), report)
        self.assertEqual((codes(report), notes(report)), ([], ["store-log.order-unlogged"]))


class KnownTest(unittest.TestCase):
    """SPEC 10.3.37 and 10.3.38: which receiver ran when, by what stations named. Days are of December 2026."""

    def _codes(self, *stations: Station, acts: int = 10, event: str = "receipt", before: int = 1, newest: int = 1) -> list[str]:
        """Of a second receiver with an entry on a day, after one of the day `before`; the log of the first ends on the day `newest`."""
        first, second = log(at=_on(newest)), log(at=_on(before))
        _enter(second, *log((event, {"station": STATION}), at=_on(acts)).of(event))
        receivers = {name: StoreFolder(name, name, each) for name, each in (("r-store", first), ("r-other", second))}
        report = Report()
        check_receivers_known(Vault(VAULT, {str(at): each for at, each in enumerate(stations)}, receivers), report)
        return codes(report)

    def test_it_runs_from_the_last_word_on_the_one_before_to_the_first_on_the_next(self) -> None:
        retired = (_naming("r-other", 2), _naming("r-store", 5), _naming("r-store", 20))
        for acts, expected in ((3, []), (4, []), (6, ["store-log.not-known"]), (18, ["store-log.not-known"])):
            self.assertEqual(self._codes(*retired, acts=acts), expected, acts)
        later = (_naming("r-store", 2), _naming("r-store", 14), _naming("r-other", 18))
        for acts, expected in ((12, ["store-log.not-known"]), (13, ["store-log.not-known"]), (15, []), (25, [])):
            self.assertEqual(self._codes(*later, acts=acts), expected, acts)
            by_checkpoint = (*later[:2], _naming("r-other", 18, event="store-log"))
            self.assertEqual(self._codes(*by_checkpoint, acts=acts), expected, acts)

    def test_clocks_a_day_apart_are_no_finding(self) -> None:
        both = (_naming("r-other", 10), _naming("r-store", 9), _naming("r-store", 10), _naming("r-store", 11))
        self.assertEqual(self._codes(*both, acts=11), [])
        self.assertEqual(self._codes(*both, acts=12), ["store-log.not-known"])

    def test_its_time_is_that_of_the_entries_before_it_and_other_entries_say_nothing(self) -> None:
        late = (_naming("r-store", 2), _naming("r-store", 11), _naming("r-other", 12))
        self.assertEqual(self._codes(*late, before=11), [])
        self.assertEqual(self._codes(*late, event="retention"), [])
        for event in ("receipt", "policy", "expiry-warned", "deleting", "deleted", "documents-dropped", "segment-dropped"):
            self.assertEqual(self._codes(*late, event=event), ["store-log.not-known"], event)

    def test_one_that_no_station_names_removes_nothing(self) -> None:
        for event in ("deleting", "deleted", "documents-dropped", "segment-dropped", "expiry-warned"):
            self.assertEqual(self._codes(_naming("r-store", 2), event=event), ["store-log.not-known"], event)

    def test_one_that_no_station_names_is_judged_by_the_newest_entry_of_any_log(self) -> None:
        for newest, expected in ((11, []), (12, ["store-log.not-known"])):
            self.assertEqual(self._codes(_naming("r-store", 2), _naming("r-store", newest)), expected)
            self.assertEqual(self._codes(_naming("r-store", 2), newest=newest), expected)

    def test_a_receipt_is_not_judged_that_says_an_earlier_day_than_its_entry(self) -> None:
        whole = {"manifest_sha256": "0" * 64, "receipt_sha256": "0" * 64, "deletion_sha256": None, "deleted_at": None}
        for received_at, expected in ((_on(9), []), (_on(8), ["receipt.misdated"]), ("then", [])):
            dropped = {"station": STATION, "recording": random_id("r"), "received_at": received_at, **whole}
            entered = log(("receipt", {"station": STATION, "recording": random_id("r"), "receipt_sha256": "0" * 64}), at=_on(10))
            _enter(entered, *log(("documents-dropped", dropped), at=_on(10)).of("documents-dropped"))
            receivers = {"r-store": StoreFolder("r-store", "r-store", entered)}
            for in_kit in (False, True):
                report = Report()
                check_received(Vault(VAULT, {}, receivers), {(STATION, random_id("r"))}, report, of_what_is_here=in_kit)
                self.assertEqual(sorted({each.code for each in report.unjudged}), expected, (received_at, in_kit))

    def test_it_is_not_asked_where_stations_name_none_that_is_here(self) -> None:
        self.assertEqual(self._codes(_naming("r-elsewhere", 2), _naming("r-other", 12), _naming("r-store", 13)), [])
        self.assertEqual(self._codes(_naming("r-elsewhere", 12)), [])
        self.assertEqual(self._codes(station()), [])

    def test_what_a_station_carries_on_ran_before(self) -> None:
        carried = _naming("r-other", 12, event="carried")
        self.assertEqual(self._codes(_naming("r-store", 11), carried), [])
        self.assertEqual(self._codes(_naming("r-store", 2), carried), ["store-log.not-known"])


def _on(day: int) -> str:
    return f"2026-12-{day:02}T08:00:00.000Z"


def _naming(receiver: str, day: int, event: str = "receipted") -> Station:
    """A station whose log names a receiver on that day."""
    facts = {"checkpoint": f"bodydock/{VAULT}/{receiver}/0011223344556677\n5\n"}
    return station(log=log((event, {"receiver": receiver} if event == "receipted" else facts), at=_on(day)))


class KeysTest(unittest.TestCase):
    """SPEC 4.9: what a key that was changed or revoked may still stand for."""

    def _revoked(self, at: str, **said: str) -> Station:
        kept = station(recording())
        value = {"key_id": KEY, "station": STATION, "reason": "stolen", "revoked_at": at, **said}
        kept.revocations = {KEY: document(value)}
        return kept

    def test_what_was_receipted_before_the_revocation_stays_good(self) -> None:
        for at, expected in (
            ("2026-11-25T08:00:20.001Z", []),
            ("2026-11-25T08:00:20.000Z", ["revocation.document"]),
        ):
            report = Report()
            check_revocations(self._revoked(at), report)
            self.assertEqual(codes(report), expected)

    def test_a_receipt_that_nobody_signed_confirms_nothing(self) -> None:
        kept, report = self._revoked("2026-11-26T08:00:00.000Z"), Report()
        for each in kept.recordings.values():
            each.receipt = document(each.receipt.value, key_id=None) if each.receipt is not None else None
        check_revocations(kept, report)
        self.assertEqual(codes(report), ["revocation.document"])

    def test_what_came_since_another_person_may_have_had_the_key_is_doubtful(self) -> None:
        for since, expected in (
            ("2026-11-25T08:00:20.001Z", []),
            ("2026-11-25T08:00:20.000Z", ["manifest.doubtful-key"]),
        ):
            report = Report()
            check_revocations(self._revoked("2026-11-26T08:00:00.000Z", compromised_since=since), report)
            self.assertEqual(codes(report), expected)

    def test_a_revocation_is_what_the_store_s_log_says_and_of_that_time(self) -> None:
        kept = self._revoked("2026-11-26T08:00:00.000Z")
        facts = {"station": STATION, "key_id": KEY, "reason": "stolen"}
        since = {**facts, "compromised_since": "2026-11-25T08:00:00.000Z"}
        for events, at, expected in (
            ([facts], "2026-11-26T09:00:00.000Z", []),
            ([facts], "2026-11-26T07:00:00.000Z", []),
            ([], "2026-11-26T08:00:00.000Z", ["store-log.revocation-unlogged"]),
            ([facts], "2026-11-26T09:00:00.001Z", ["key-revocation.misdated"]),
            ([facts], "2026-11-26T06:59:59.999Z", ["key-revocation.misdated"]),
            ([{**facts, "reason": "lost"}], "2026-11-26T08:00:00.000Z", ["key-revocation.other-logged"]),
            ([facts, since], "2026-11-26T08:00:00.000Z", ["key-revocation.other-logged"]),
            ([facts, {**since, "compromised_since": 5}], "2026-11-26T08:00:00.000Z", []),
        ):
            report = Report()
            entered = log(*(("key-revoked", each) for each in events), at=at)
            check_revocations_logged(kept, [StoreFolder("r-store", "r-store", entered)], report)
            self.assertEqual(codes(report), expected)

    def test_an_old_key_signs_nothing_behind_its_change(self) -> None:
        facts = {"old_key_id": KEY, "new_key_id": "f" * 16, "change_sha256": hex_of("c")}
        for at, expected in (
            ("2026-11-25T08:00:10.000Z", []),
            ("2026-11-25T08:00:09.999Z", ["key-change.used-after"]),
        ):
            report = Report()
            check_old_keys(station(recording(), log=log(("key-changed", facts), at=at)), report)
            self.assertEqual(codes(report), expected)

    def test_it_signs_nothing_behind_its_change_though_others_were_entered_before(self) -> None:
        kept = log(("spooled", {"recording": random_id("x")}), ("key-changed", {"old_key_id": KEY}), at="2026-11-25T08:00:05.000Z")
        report = Report()
        check_old_keys(station(recording(), log=kept), report)
        self.assertEqual(codes(report), ["key-change.used-after"])

    def test_a_clock_that_was_set_back_in_front_of_a_change_speaks_against_nothing(self) -> None:
        found = recording()
        spooled = ("spooled", {"recording": found.name})
        changed = ("key-changed", {"old_key_id": KEY, "new_key_id": "f" * 16, "change_sha256": hex_of("c")})
        for events, expected in (((spooled, changed), []), ((changed, spooled), ["key-change.used-after"])):
            report = Report()
            check_old_keys(station(found, log=log(*events, at="2026-11-25T07:00:00.000Z")), report)
            self.assertEqual(codes(report), expected)


class DifferencesTest(unittest.TestCase):
    """SPEC 4.3.8."""

    def _told(self, *events: tuple[str, dict[str, Any]]) -> list[str]:
        report = Report()
        tell_differences(log(*events), report)
        self.assertEqual(report.findings, [])
        return [each.detail.rpartition("; ")[2].split(" in ")[0] for each in report.notes]

    def test_each_is_told_and_what_became_of_it(self) -> None:
        lost = {"difference": "spool-lost", "subject": random_id("a"), "sequence": None, "sha256": None}
        cut = {"difference": "cut-tail", "subject": random_id("s"), "sequence": 9, "sha256": hex_of("9")}
        self.assertEqual(self._told(("difference-found", lost)), ["neither gone nor acknowledged"])
        self.assertEqual(self._told(("difference-found", lost), ("difference-gone", lost)), ["gone"])
        acknowledged = ("difference-acknowledged", {"differences": 1, "reason": "card-replaced"})
        told = self._told(("difference-found", lost), acknowledged, ("difference-found", cut))
        self.assertEqual(told, ["acknowledged", "neither gone nor acknowledged"])


if __name__ == "__main__":
    unittest.main()
