"""Proofs of a kit that its receipts are in the store's log: whose line, whose log, whose key, and who outside saw it."""

import base64
import tempfile
import unittest
from pathlib import Path

from custody_log import CustodyLog
from custody_segment import Line, Segment
from evidence import Receiver, Vault
from findings import Report
from kit_proofs import check_proofs
from merkle_tree import leaf_hash
from tests.note_keys import LOG, ORIGIN, STRANGER, WITNESS, GivenKeys, Signer, cosign, note
from tests.samples import STATION, VAULT, codes, hex_of, notes, random_id, recording, station
from tests.test_merkle_tree import grown

_AT = "2026-11-25T08:00:30.000Z"
_LEAVES = [leaf_hash(each) for each in (b"opened", b"receipt")]
_SEEN = 1_764_000_000


class ProofsTest(unittest.TestCase):
    """A kit with one recording, whose receipt is the second line of a log of two."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.name = random_id("a")

    def _judge(self, *, sha256: str | None = None, counts: bool = True) -> Report:
        found = recording()
        assert found.receipt is not None
        facts = {"station": STATION, "recording": found.name, "receipt_sha256": sha256 or found.receipt.sha256}
        lines = [Line("s", at, "", "", _AT, None, 0, event, said, f"log:{at}") for at, event, said in ((1, "segment-opened", {}), (2, "receipt", facts))]
        segment = Segment("s", "s", lines, {"k"}, 2 if counts else 0, leaves=bytearray(b"".join(_LEAVES)))
        store = Receiver("r-store", "r-store", CustodyLog("custody", [segment], {"s": segment}))
        report = Report()
        check_proofs(self.root, Vault(VAULT, {STATION: station(found)}, {"r-store": store}), GivenKeys(), report)
        return report

    def _write(self, kind: str = "store", *, index: int = 1, origin: str = ORIGIN, by: Signer = LOG, seen: bool = False) -> None:
        data = note(origin, 2, grown(_LEAVES).root(), [by])
        head = f"c2sp.org/tlog-proof@v1\nindex {index}\n{base64.b64encode(_LEAVES[0]).decode()}\n\n"
        proof = head.encode() + (cosign(data, WITNESS, _SEEN) if seen else data)
        (self.root / f"{self.name}.{kind}.tlog-proof").write_bytes(proof)

    def test_who_saw_it_and_when_is_said_and_that_nobody_did(self) -> None:
        self.assertEqual((codes(self._judge()), notes(self._judge())), ([], ["receipt.not-fixed"]))
        self._write()
        self.assertEqual((codes(self._judge()), notes(self._judge())), ([], ["receipt.not-fixed"]))
        self._write("cosigned", seen=True)
        report = self._judge()
        self.assertEqual((codes(report), notes(report)), ([], ["receipt.fixed"]))
        self.assertIn("2025-11-24T16:00:00Z, by witness witness.example/one", report.notes[0].detail)

    def test_it_is_of_this_receipt_in_the_log_of_its_receiver_and_vault_by_a_key_of_the_store(self) -> None:
        other = ORIGIN.replace("v" * 25, "w" * 25)
        for wrong in ({"index": 0}, {"origin": other}, {"origin": f"{ORIGIN}x"}, {"by": STRANGER}):
            self._write(**wrong)
            self.assertEqual(codes(self._judge()), ["receipt.proof"], wrong)
        self._write(origin=f"{ORIGIN}/{'5' * 16}")
        self.assertEqual(codes(self._judge()), [])
        self.assertEqual(codes(self._judge(sha256=hex_of("x"))), ["receipt.proof"])
        self.assertEqual(codes(self._judge(counts=False)), ["receipt.proof"])

    def test_nothing_else_lies_among_them(self) -> None:
        for name, code in (
            ("x", "folder.unexpected"),
            (f"{self.name}.other.tlog-proof", "folder.unexpected"),
            (f"{random_id('b')}.store.tlog-proof", "receipt.proof"),
            (f"{self.name}.stamped.tsr", "receipt.proof"),
        ):
            (self.root / name).write_bytes(b"x")
            self.assertEqual(codes(self._judge()), [code], name)
            (self.root / name).unlink()


if __name__ == "__main__":
    unittest.main()
