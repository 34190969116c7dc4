"""Kits: what is one, and what is found in it."""

import tempfile
import unittest
from pathlib import Path

import canonical_json
from findings import Report
from kit_folder import KitReader, is_kit
from tests.samples import STATION, codes, manifest, random_id
from trusted_keys import TrustedKeys


class KitTest(unittest.TestCase):
    """A folder with one recording in it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.recording = self.root / random_id("a")
        self.recording.mkdir()

    def test_recordings_side_by_side_are_one_and_what_is_left_of_a_vault_is_none(self) -> None:
        self.assertTrue(is_kit(self.root))
        (self.root / STATION / "custody").mkdir(parents=True)
        self.assertFalse(is_kit(self.root))

    def test_a_vault_is_none_whatever_lies_in_it(self) -> None:
        (self.root / "vault.json").write_bytes(b"{}")
        self.assertFalse(is_kit(self.root))

    def test_findings_of_its_vault_and_documents_that_nobody_signed_are_found(self) -> None:
        (self.root / "FINDINGS.txt").write_bytes(b"x")
        (self.recording / "manifest.json").write_bytes(canonical_json.encode(manifest()))
        report = Report()
        kit = KitReader(self.root, TrustedKeys(()), None, report).judge()
        self.assertEqual(list(kit.stations), [STATION])
        self.assertLessEqual({"kit.findings", "manifest.signature-missing", "payload.missing"}, set(codes(report)))


if __name__ == "__main__":
    unittest.main()
