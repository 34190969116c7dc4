"""Names in a vault: what belongs there, and what somebody put there."""

import os
import tempfile
import unittest
from pathlib import Path

import canonical_json
from findings import Report
from tests.samples import STATION, VAULT, codes, hex_of, notes, random_id
from trusted_keys import TrustedKeys
from vault_folder import VaultReader

_KEYS = TrustedKeys(())


class NamesTest(unittest.TestCase):
    """An empty vault of one station and one receiver, and one thing more."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in (f"{STATION}/custody", f"{STATION}/keys", "r-store/custody", ".leases"):
            (self.root / name).mkdir(parents=True)
        (self.root / "vault.json").write_bytes(canonical_json.encode({"type": "vault", "version": 1, "vault": VAULT}))

    def _read(self) -> Report:
        report = Report()
        VaultReader(self.root, _KEYS, None, report).read()
        return report

    def _put(self, name: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        return path

    def test_what_belongs_there_is_good(self) -> None:
        report = self._read()
        self.assertEqual((codes(report), notes(report)), ([], []))

    def test_a_name_that_begins_with_a_dot_hides_nothing(self) -> None:
        for name in (".hidden", f"{STATION}/.hidden/file", "r-store/.hidden", f"{STATION}/custody/.hidden"):
            path = self._put(name)
            self.assertEqual(codes(self._read()), ["folder.unexpected"], name)
            path.unlink()
            if path.parent.name == ".hidden":
                path.parent.rmdir()

    def test_a_write_that_was_cut_off_is_no_fault(self) -> None:
        for name in (
            "vault.json.tmp",
            f"{STATION}/custody/newest.json.tmp",
            f"{STATION}/custody/{random_id('s')}.jsonl.tmp",
            f"{STATION}/keys/0123456789abcdef.revocation.json.minisig.tmp",
        ):
            path = self._put(name)
            report = self._read()
            self.assertEqual((codes(report), notes(report)), ([], ["folder.unfinished"]), name)
            path.rename(path.with_name("other.tmp"))
            self.assertEqual(codes(self._read()), ["folder.unexpected"], name)
            path.with_name("other.tmp").unlink()

    def test_witnesses_of_0_1_0_are_said_and_not_judged(self) -> None:
        (self.root / "r-store/witness").mkdir()
        (self.root / "r-store/witness/2026-99-99.json").write_bytes(b"x")
        report = self._read()
        self.assertEqual((codes(report), notes(report)), ([], ["witness.old"]))

    def test_a_vault_may_be_the_whole_of_a_file_system(self) -> None:
        (self.root / "lost+found").mkdir()
        self.assertEqual(codes(self._read()), [])

    def test_disclosures_are_a_folder(self) -> None:
        self._put(".disclosures")
        self.assertEqual(codes(self._read()), ["folder.unexpected"])
        (self.root / ".disclosures").unlink()
        os.symlink(self.root / ".leases", self.root / ".disclosures")
        self.assertEqual(codes(self._read()), ["folder.unexpected"])

    def test_a_disclosure_is_named_after_its_id(self) -> None:
        value = {
            "type": "disclosure",
            "version": 1,
            "disclosure": random_id("o"),
            "station": STATION,
            "recording": random_id("a"),
            "manifest_sha256": hex_of("manifest"),
            "command": "open",
            "reason": "case-1",
            "asked_at": "2026-11-25T08:00:00.000Z",
        }
        for name, found in (("o", []), ("p", ["disclosure.other-disclosure"])):
            path = self._put(f".disclosures/{random_id(name)}.json")
            path.write_bytes(canonical_json.encode(value))
            self.assertEqual(codes(self._read()), found)
            path.unlink()

    def test_an_order_that_waits_for_the_receiver_counts_for_nothing(self) -> None:
        for role, found in (("officer", []), ("viewer", ["folder.unexpected"])):
            path = self._put(f".disclosures/{random_id('o')}.{role}.json")
            self.assertEqual(codes(self._read()), found)
            path.unlink()

    def test_only_what_belongs_into_a_recording_may_be_unfinished(self) -> None:
        folder = f"{STATION}/{random_id('a')}"
        for name, expected in (
            ("manifest.json.tmp", []),
            ("deleting.tmp", []),
            ("other.tmp", ["folder.unexpected"]),
        ):
            path = self._put(f"{folder}/{name}")
            found = [code for code in codes(self._read()) if code.startswith("folder.")]
            self.assertEqual(found, expected, name)
            path.unlink()
