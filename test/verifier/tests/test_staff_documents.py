"""Staff reports and staff texts (SPEC 4.17): what the log and the store say of them, and when they go."""

import unittest
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from announced import Announced, Policy
from custody_facts import check_custody_facts
from custody_log import CustodyLog
from document_shapes import DOCUMENT_SHAPES
from drops import Drops
from evidence import Receiver, StaffDocument, Station, Vault
from findings import Report
from instants import milliseconds
from orders import Orders
from policies import Policies
from retention import StoreLogs
from shapes import fits
from tests.samples import KEY, STATION, VAULT, codes, document, hex_of, log, notes, random_id, receipt

_NAME = random_id("a")


def _report_of(day: str = "2026-11-25", **changed: Any) -> dict[str, Any]:
    value = {"type": "staff-report", "version": 1, "record": _NAME, "station": STATION, "day": day}
    return {**value, "questions_sha256": hex_of("questions"), "answers": {"mood": "good"}, **changed}


def _with(value: dict[str, Any], kept: CustodyLog) -> Station:
    found = StaffDocument(_NAME, STATION, Path(_NAME), f"{STATION}/{_NAME}", kind=value["type"])
    found.document = document(value, f"{found.place}/report.json")
    found.receipt = document(receipt(found.document, value["type"]), f"{found.place}/receipt.json")
    own = Station(STATION, STATION, kept)
    own.documents[_NAME] = found
    return own


def _at(day: int) -> str:
    return f"{date(2026, 11, 1) + timedelta(day)}T08:00:00.000Z"


class ShapeTest(unittest.TestCase):
    """What is in one, and nothing of who gave it."""

    def test_answers_are_one_to_eight_of_known_form(self) -> None:
        for answers, good in (
            ({}, False),
            ({str(at): "yes" for at in range(8)}, True),
            ({str(at): "yes" for at in range(9)}, False),
            ({"mood": "Good"}, False),
            ({"-": "good"}, False),
            ({"mood": None}, False),
        ):
            self.assertEqual(fits(DOCUMENT_SHAPES["staff-report"], _report_of(answers=answers)), good, answers)
        self.assertFalse(fits(DOCUMENT_SHAPES["staff-report"], _report_of("2026-02-30")))


class LoggedTest(unittest.TestCase):
    """SPEC 4.17.7 to 4.17.11."""

    def _judge(self, *events: tuple[str, dict[str, Any]], first: str, last: str, from_the_start: bool = True) -> Report:
        kept = log(*events)
        lines = kept.order[0].lines
        lines[0], lines[-1] = replace(lines[0], at=first), replace(lines[-1], at=last)
        kept.from_the_start = from_the_start
        report = Report()
        check_custody_facts(_with(_report_of(), kept), set(), report)
        return report

    def test_the_log_calls_it_by_its_digest_and_kind(self) -> None:
        said = {"kind": "staff-report", "record": _NAME, "sha256": document(_report_of()).sha256}
        for changed, expected in (
            ({}, []),
            ({"sha256": hex_of("x")}, ["custody.other-document"]),
            ({"kind": "staff-text"}, ["custody.other-document"]),
        ):
            found = self._judge(("document-recorded", {**said, **changed}), first=_at(20), last=_at(21))
            self.assertEqual(codes(found), expected)

    def test_a_log_that_continues_three_days_later_knows_it(self) -> None:
        until, after = "2026-11-28T00:00:00.000Z", "2026-11-28T00:00:00.001Z"
        for first, last, whole, is_found in (
            (until, until, True, False),
            (until, after, True, True),
            (until, after, False, True),
            (after, after, False, False),
            (after, after, True, True),
        ):
            found = self._judge(("agent-stopped", {}), first=first, last=last, from_the_start=whole)
            self.assertEqual(codes(found), ["document.unlogged"] if is_found else [], (first, last, whole))
            self.assertEqual("document.unlogged" in notes(found), not is_found)

    def test_of_a_revoked_key_the_later_entry_is_one_of_its_own(self) -> None:
        for key_ids, expected in (({KEY}, ["document.unlogged"]), ({"ffff"}, [])):
            kept = log(("agent-stopped", {}), at="2026-11-29T00:00:00.000Z")
            kept.order[0].key_ids = key_ids
            own, report = _with(_report_of(), kept), Report()
            own.revocations[KEY] = document({"key_id": KEY})
            check_custody_facts(own, set(), report)
            self.assertEqual(codes(report), expected)

    def test_one_that_was_receipted_and_is_not_here_is_missing(self) -> None:
        recorded = ("document-recorded", {"kind": "staff-report", "record": _NAME, "sha256": hex_of("m")})
        receipted = ("receipted", {"recording": _NAME, "receiver": "r-store", "receipt_sha256": hex_of("r")})
        for events, dropped, expected, waiting in (
            ((recorded,), set(), [], ["document.waiting"]),
            ((recorded, receipted), set(), ["document.missing"], []),
            ((recorded, receipted), {_NAME}, [], []),
        ):
            report = Report()
            check_custody_facts(Station(STATION, STATION, log(*events)), dropped, report)
            self.assertEqual((codes(report), notes(report)), (expected, waiting))


class DroppedTest(unittest.TestCase):
    """SPEC 10.3.34 to 10.3.36."""

    def _codes(self, days: int, own: str | None, given: str | None, *, sha256: str = "m") -> list[str]:
        kept = Station(STATION, STATION, CustodyLog("custody"))
        if own is not None:
            kept.log = log(("document-recorded", {"kind": own, "record": _NAME, "sha256": hex_of(sha256)}), at=_at(1))
        named = {"station": STATION, "recording": _NAME}
        entries = [] if given is None else [("receipt", {"kind": given, **named, "receipt_sha256": hex_of("r")})]
        facts = {**named, "manifest_sha256": hex_of("m"), "receipt_sha256": hex_of("r"), "received_at": _at(1)}
        gone = ("documents-dropped", {**facts, "deletion_sha256": None, "deleted_at": None})
        store = Receiver("r-store", "r-store", log(*entries, gone, at=_at(1)))
        lines = store.log.order[0].lines
        lines[-1] = replace(lines[-1], at=_at(1 + days))
        drops = Drops(Vault(VAULT, {STATION: kept}, {"r-store": store}), Policies(), milliseconds(_at(1 + days)))
        drops.announced = Announced()
        drops.announced.put_in_force(0, 1, Policy({"days_min": 1, "documents_days": 40}, is_judged=True))
        report, logs = Report(), [store.log]
        drops.check(kept, Orders(kept, logs), StoreLogs(STATION, logs, drops.now_ms), report)
        return codes(report)

    def test_a_text_goes_at_any_time(self) -> None:
        self.assertEqual(self._codes(1, "staff-text", None), [])

    def test_a_report_goes_as_a_docking_record_does(self) -> None:
        self.assertEqual(self._codes(39, "staff-report", "staff-text"), [])
        self.assertEqual(self._codes(38, "staff-report", "staff-text"), ["drop.too-early"])

    def test_the_station_says_what_it_was_and_the_store_where_that_says_nothing(self) -> None:
        self.assertEqual(self._codes(20, None, "staff-text"), [])
        self.assertEqual(self._codes(20, None, "docking"), ["drop.too-early"])
        self.assertEqual(self._codes(20, None, None), ["drop.too-early"])
        self.assertEqual(self._codes(20, "staff-text", None, sha256="x"), ["drop.too-early"])


if __name__ == "__main__":
    unittest.main()
