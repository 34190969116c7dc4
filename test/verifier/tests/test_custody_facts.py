"""The station's log against the documents: each says the same, nothing is missing, nothing was erased too early; and the counts of both."""

import unittest
from typing import Any

from custody_facts import check_custody_facts
from custody_log import CustodyLog
from evidence import Recording
from findings import Report
from reconciliation import reconcile
from tests.samples import (
    DOCKING,
    KEY,
    SEGMENT,
    codes,
    docking,
    docking_record,
    document,
    hex_of,
    log,
    manifest,
    notes,
    random_id,
    recording,
    station,
)

_LATER = "2026-11-25T09:00:00.000Z"


def _events(of: Recording) -> list[tuple[str, dict[str, Any]]]:
    """What a station enters of a recording from pulling to erasing."""
    value = of.value or {}
    name, sealed = of.name, value["sealed"]
    source = {"docking": DOCKING, "path_sha256": value["source"]["path_sha256"]}
    original = {"size_bytes": value["original"]["size_bytes"], "sha256": value["original"]["sha256"]}
    digest = of.document.sha256 if of.document is not None else ""
    receipt = of.receipt.sha256 if of.receipt is not None else hex_of("receipt")
    return [
        ("pulled", {"recording": name, **source, **original}),
        (
            "sealed",
            {"recording": name, "sealed_size_bytes": sealed["size_bytes"], "chunks_sha256": sealed["chunks_sha256"]},
        ),
        ("spooled", {"recording": name, "manifest_sha256": digest, "sealed_size_bytes": sealed["size_bytes"]}),
        ("receipted", {"recording": name, "receiver": "r-store", "receipt_sha256": receipt}),
        ("erasing", {"recording": name, **source}),
        ("erased", {"recording": name, **source}),
    ]


def _check(found: list[Recording], kept: CustodyLog, dropped: set[str] | None = None) -> Report:
    report = Report()
    check_custody_facts(station(*found, log=kept), dropped or set(), report)
    return report


class FactsTest(unittest.TestCase):
    """Entries and documents."""

    def test_a_recording_and_what_was_entered_of_it_agree(self) -> None:
        found = recording()
        report = _check([found], log(*_events(found), at=_LATER))
        self.assertEqual((codes(report), notes(report)), ([], []))

    def test_another_value_in_an_entry_is_named_by_what_it_is_about(self) -> None:
        found = recording()
        expected = ["custody.other-original", "custody.other-sealed", "custody.other-manifest", "custody.other-receipt"]
        for at, code in enumerate(expected):
            events = _events(found)
            field = next(name for name in events[at][1] if name.endswith("sha256") and name != "path_sha256")
            events[at] = (events[at][0], {**events[at][1], field: hex_of("other")})
            self.assertEqual(codes(_check([found], log(*events, at=_LATER))), [code])

    def test_one_of_the_receipts_that_the_log_names_is_here(self) -> None:
        found = recording()
        before = {"recording": found.name, "receiver": "r-store", "receipt_sha256": hex_of("before")}
        for receipts in ([("receipted", before), ("asked-again", before)], [("receipted", before)]):
            events = _events(found)
            events[3:3] = receipts
            self.assertEqual(codes(_check([found], log(*events, at=_LATER))), [])
        events[4:5] = []
        self.assertEqual(codes(_check([found], log(*events, at=_LATER))), ["custody.other-receipt"])

    def test_a_rejection_is_that_of_the_manifest(self) -> None:
        found = recording()
        rejected = ("rejected", {"recording": found.name, "reason": "odd-name"})
        self.assertEqual(codes(_check([found], log(rejected, *_events(found), at=_LATER))), ["custody.other-rejection"])

    def test_a_log_that_goes_on_behind_a_document_knows_it(self) -> None:
        found = recording()
        self.assertEqual(codes(_check([found], log(("agent-stopped", {}), at=_LATER))), ["custody.unlogged"])
        for at, note in (("2026-11-25T08:00:00.000Z", "custody.not-arrived"), (_LATER, "custody.not-covered")):
            kept = log(("agent-stopped", {}), at=at)
            kept.from_the_start = at != _LATER
            report = _check([found], kept)
            self.assertEqual((codes(report), notes(report)), ([], [note]))

    def test_a_log_that_holds_the_docking_of_a_document_knows_it_whatever_the_clock_said(self) -> None:
        found = recording()
        docked = {"bay": "bay-1", "camera": "cam-1", "docking": DOCKING}
        record = {"docking": DOCKING, "record": DOCKING, "sha256": hex_of("d"), "part": 1, "parts": 1}
        early = "2026-11-25T07:00:00.000Z"
        report = _check([found], log(("docked", docked), ("docking-recorded", record), at=early))
        self.assertIn("custody.unlogged", codes(report))
        for events in ([("docked", docked)], [("docking-recorded", record)]):
            self.assertNotIn("custody.unlogged", codes(_check([found], log(*events, at=early))))

    def test_the_end_of_the_log_of_a_revoked_key_need_not_be_here(self) -> None:
        for signer, found, noted in ((KEY, ["custody.unlogged"], []), ("f" * 16, [], ["custody.not-arrived"])):
            kept = station(recording(), log=log(("agent-stopped", {}), at=_LATER))
            kept.log.order[0].key_ids = {signer}
            kept.revocations = {KEY: document({})}
            report = Report()
            check_custody_facts(kept, set(), report)
            self.assertEqual((codes(report), notes(report)), (found, noted))

    def test_what_was_receipted_is_here_unless_the_store_let_it_go(self) -> None:
        found = recording()
        self.assertEqual(codes(_check([], log(*_events(found), at=_LATER))), ["recording.missing"])
        self.assertEqual(codes(_check([], log(*_events(found), at=_LATER), {found.name})), [])
        record = {"docking": DOCKING, "record": DOCKING, "sha256": hex_of("d"), "part": 1, "parts": 1}
        receipted = {"recording": DOCKING, "receiver": "r-store", "receipt_sha256": hex_of("r")}
        gone = log(("docking-recorded", record), ("receipted", receipted), at=_LATER)
        self.assertEqual(codes(_check([], gone)), ["docking.missing"])

    def test_what_was_spooled_and_not_receipted_waits(self) -> None:
        report = _check([], log(*_events(recording())[:3], at=_LATER))
        self.assertEqual((codes(report), notes(report)), ([], ["recording.waiting"]))

    def test_a_receipt_that_the_log_knows_is_here(self) -> None:
        events = _events(recording())
        self.assertEqual(codes(_check([recording(receipted=False)], log(*events, at=_LATER))), ["receipt.missing"])
        report = _check([recording(receipted=False)], log(*events[:3], at=_LATER))
        self.assertEqual((codes(report), notes(report)), ([], ["receipt.none"]))

    def test_nothing_is_erased_before_its_receipt(self) -> None:
        found = recording()
        events = _events(found)
        for early in (4, 5):
            moved = [*events[:3], events[early], events[3]]
            self.assertEqual(codes(_check([found], log(*moved, at=_LATER))), ["custody.erased-unreceipted"])

    def test_what_a_restored_store_may_have_lost_is_not_erased_by_the_receipt_of_before(self) -> None:
        found = recording()
        events = _events(found)
        restored = ("store-restored", {"receiver": "r-store", "restored_sha256": hex_of("s")})
        kept = log(*events[:4], restored, *events[4:], at=_LATER)
        self.assertEqual(codes(_check([found], kept)), ["custody.erased-unreceipted"])
        again = log(*events[:4], restored, events[3], *events[4:], at=_LATER)
        self.assertEqual(codes(_check([found], again)), [])

    def test_the_head_that_a_receipt_names_is_still_there(self) -> None:
        whole = {"segment": SEGMENT, "sequence": 2, "sha256": hex_of(f"{SEGMENT} 2")}
        for head, found in (
            (whole, []),
            ({**whole, "segment": random_id("x")}, ["receipt.head-segment"]),
            ({**whole, "sequence": 99}, ["receipt.head-cut"]),
            ({**whole, "sha256": hex_of("x")}, ["receipt.head-other"]),
        ):
            of = recording(custody_head=head)
            self.assertEqual(codes(_check([of], log(*_events(of), at=_LATER))), found)

    def test_a_docking_record_and_its_entry_agree(self) -> None:
        part = docking(docking_record([]))
        digest = part.document.sha256 if part.document is not None else ""
        facts = {"docking": DOCKING, "record": DOCKING, "sha256": digest, "part": 1, "parts": 1}
        for changed, found in (({}, []), ({"parts": 2}, ["custody.other-docking"])):
            report = Report()
            kept = log(("docking-recorded", {**facts, **changed}), at="2026-11-25T08:10:00.000Z")
            check_custody_facts(station(part, log=kept), set(), report)
            self.assertEqual(codes(report), found)

    def test_a_chain_that_the_station_itself_found_broken_is_told(self) -> None:
        facts = {"segment": random_id("x"), "sequence": 3, "reason": "chain"}
        self.assertEqual(codes(_check([], log(("chain-broken", facts)))), ["custody.chain-broken"])


class ReconcileTest(unittest.TestCase):
    """Receipts, folders and log counted against each other."""

    def _counted(self, found: list[Recording], kept: CustodyLog, dropped: set[str] | None = None) -> dict[str, Any]:
        return reconcile(station(*found, log=kept), dropped or set(), set())

    def test_the_same_on_all_sides_is_no_difference(self) -> None:
        both = [recording(manifest(name)) for name in "ab"]
        kept = log(*[event for each in both for event in _events(each)])
        counts = self._counted(both, kept)
        self.assertEqual((counts["recordings"], counts["receipts"], counts["receipted_in_log"]), (2, 2, 2))
        self.assertEqual(counts["differences"], [])

    def test_what_one_side_alone_knows_is_named(self) -> None:
        one, two, three = (recording(manifest(name)) for name in "abc")
        kept = log(*_events(one), *_events(two))
        self.assertEqual(self._counted([one, three], kept)["differences"], [two.name, three.name])
        self.assertEqual(self._counted([one], kept, {two.name})["differences"], [])

    def test_a_receipt_that_the_log_cannot_know_is_counted_apart(self) -> None:
        kept = log(("agent-stopped", {}), at=_LATER)
        kept.from_the_start = False
        counts = self._counted([recording()], kept)
        self.assertEqual((counts["before_log"], counts["behind_log"], counts["differences"]), (1, 0, []))
        newest = {"segment": SEGMENT, "sequence": 2, "sha256": hex_of(f"{SEGMENT} 2")}
        stopped: tuple[str, dict[str, Any]] = ("agent-stopped", {})
        for events, behind in (([stopped], 1), ([stopped] * 2, 0)):
            counts = self._counted([recording(custody_head=newest)], log(*events))
            self.assertEqual((counts["behind_log"], len(counts["differences"])), (behind, 1 - behind))


if __name__ == "__main__":
    unittest.main()
