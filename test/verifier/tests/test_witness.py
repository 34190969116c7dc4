"""Witnesses against the documents of their days (SPEC 4.10)."""

import unittest
from typing import Any

from evidence import Receiver, Vault
from findings import Report
from merkle_tree import merkle_root
from tests.samples import STATION, VAULT, codes, document, hex_of, log, notes, random_id, recording, station
from witness import check_witnesses

_DAY = "2026-11-25"


def _witness(digests: list[str], head: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    leaves = sorted(bytes.fromhex(each) for each in [*digests, *([head["sha256"]] if head is not None else [])])
    root = merkle_root(leaves).hex()
    value = {
        "type": "witness",
        "version": 1,
        "receiver": "r-store",
        "vault": VAULT,
        "day": _DAY,
        "previous_sha256": None,
        "keepers": [{"keeper": STATION, "documents": len(digests), "custody_head": head, "root": root}],
        "root": merkle_root([f"{STATION} {root}".encode("ascii")]).hex(),
        "made_at": "2026-11-26T00:15:00.000Z",
    }
    return {**value, **changed}


class WitnessTest(unittest.TestCase):
    """One day with one recording."""

    def setUp(self) -> None:
        self.found = recording()
        self.kept = station(self.found, log=log(("agent-stopped", {})))
        of = [self.found.document, self.found.receipt]
        self.digests = [each.sha256 for each in of if each is not None]

    def _check(
        self, *values: dict[str, Any], dropped: dict[str, Any] | None = None, at: str = "2028-11-26T08:00:00.000Z"
    ) -> Report:
        lines = [("documents-dropped", dropped)] if dropped is not None else []
        receiver = Receiver("r-store", "r-store", log(*lines, at=at))
        receiver.witnesses = {value["day"]: document(value, value["day"]) for value in values}
        report = Report()
        check_witnesses(receiver, Vault(VAULT, {STATION: self.kept}, {"r-store": receiver}), report)
        return report

    def test_a_day_is_the_root_of_its_documents_and_of_the_log_s_head(self) -> None:
        line = self.kept.log.last
        head = {"segment": line.segment, "sequence": line.sequence, "sha256": line.sha256} if line is not None else None
        self.assertEqual(codes(self._check(_witness(self.digests, head))), [])
        other = {**(head or {}), "sha256": hex_of("x")}
        self.assertEqual(codes(self._check(_witness(self.digests, other))), ["witness.head"])

    def test_what_is_altered_is_told_by_what_it_is(self) -> None:
        good = _witness(self.digests)
        fewer = _witness(self.digests[:1])
        for value, expected in (
            (good, []),
            ({**good, "root": hex_of("x")}, ["witness.root"]),
            ({**good, "vault": "x" * 25 + "a"}, ["witness.other-vault"]),
            ({**good, "made_at": "2026-11-26T00:14:59.999Z"}, ["witness.too-soon"]),
            (fewer, ["witness.documents", "witness.keeper-root"]),
            (_witness([self.digests[0], hex_of("x")]), ["witness.keeper-root"]),
            ({**good, "keepers": [], "root": merkle_root([]).hex()}, ["witness.keeper-missing"]),
        ):
            self.assertEqual(codes(self._check(value)), expected)

    def test_witnesses_follow_each_other_and_a_day_with_documents_and_none_is_told(self) -> None:
        first = _witness(self.digests)
        later = _witness(
            [], day="2026-11-27", made_at="2026-11-28T00:15:00.000Z", keepers=[], root=merkle_root([]).hex()
        )
        follows = {**later, "previous_sha256": document(first).sha256}
        self.assertEqual(codes(self._check(first, follows)), [])
        self.assertEqual(codes(self._check(first, {**follows, "previous_sha256": hex_of("x")})), ["witness.chain"])
        self.assertEqual(codes(self._check(first, {**follows, "previous_sha256": None})), ["witness.chain"])
        report = self._check(follows)
        self.assertEqual((codes(report), notes(report)), ([], ["witness.day-missing", "witness.older-dropped"]))

    def test_a_receiver_has_no_witness_of_days_whose_documents_went_before_its_first(self) -> None:
        dropped = {
            "station": STATION,
            "recording": random_id("gone"),
            "manifest_sha256": hex_of("m"),
            "receipt_sha256": hex_of("r"),
            "received_at": "2024-11-25T08:00:00.000Z",
            "deletion_sha256": None,
            "deleted_at": None,
        }
        self.assertNotIn("witness.day-missing", notes(self._check(_witness(self.digests), dropped=dropped)))
        later = _witness(self.digests, previous_sha256=hex_of("before"))
        self.assertIn("witness.day-missing", notes(self._check(later, dropped=dropped)))

    def test_documents_that_were_dropped_count_by_what_the_store_s_log_says_of_them(self) -> None:
        more = _witness([*self.digests, hex_of("m"), hex_of("r"), hex_of("d")])
        dropped = {
            "station": STATION,
            "recording": random_id("gone"),
            "manifest_sha256": hex_of("m"),
            "receipt_sha256": hex_of("r"),
            "received_at": f"{_DAY}T08:00:00.000Z",
            "deletion_sha256": hex_of("d"),
            "deleted_at": f"{_DAY}T23:59:59.999Z",
        }
        report = self._check(more, dropped=dropped)
        self.assertEqual((codes(report), notes(report)), ([], []))
        for changed in (
            {"received_at": "2026-11-26T00:00:00.000Z"},
            {"deleted_at": None, "deletion_sha256": None},
            {"station": "kod-2"},
        ):
            self.assertIn("witness.keeper-root", codes(self._check(more, dropped={**dropped, **changed})))
        self.assertEqual(codes(self._check(more)), ["witness.documents", "witness.keeper-root"])
        # Made by a second receiver, which never saw them.
        later = _witness(self.digests, made_at="2028-11-27T08:00:00.000Z")
        self.assertEqual(codes(self._check(later, dropped=dropped)), [])
        self.assertEqual(
            codes(self._check(later, dropped=dropped, at=later["made_at"].replace("27", "28"))),
            ["witness.documents", "witness.keeper-root"],
        )
        # Taken away by somebody on a day of which something else was dropped.
        without = _witness([*self.digests, hex_of("m"), hex_of("r"), hex_of("d"), hex_of("stolen")])
        self.assertEqual(
            codes(self._check(without, dropped=dropped)), ["witness.documents", "witness.keeper-root"]
        )

    def test_what_is_named_as_dropped_and_still_here_counts_once(self) -> None:
        manifest, receipt = self.digests
        named = {
            "station": STATION,
            "recording": self.found.name,
            "manifest_sha256": manifest,
            "receipt_sha256": receipt,
            "received_at": self.found.receipt.value["received_at"] if self.found.receipt is not None else "",
            "deletion_sha256": None,
            "deleted_at": None,
        }
        self.assertEqual(codes(self._check(_witness(self.digests), dropped=named)), [])


if __name__ == "__main__":
    unittest.main()
