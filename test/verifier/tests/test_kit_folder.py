"""Kits: what is one, and what is found in it."""

import tempfile
import unittest
import unittest.mock
from hashlib import sha256
from pathlib import Path
from typing import Any

import canonical_json
from evidence import Vault
from findings import Report
from instants import milliseconds
from kit_folder import KitReader, check_deleters, is_kit
from minisign_file import PublicKey
from signed_document import Document
from tests.samples import KEY, STATION, VAULT, codes, document, hex_of, log, manifest, random_id, recording, station
from trusted_keys import TrustedKeys

_NOW_MS = milliseconds("2026-12-10T08:00:00.000Z")


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
        kit = KitReader(self.root, TrustedKeys(()), None, report).judge(_NOW_MS)
        self.assertEqual(list(kit.stations), [STATION])
        self.assertLessEqual({"kit.findings", "manifest.signature-missing", "payload.missing"}, set(codes(report)))


_A, _B, _C = random_id("a"), random_id("b"), random_id("c")


def _segment(name: str, *events: tuple[str, dict[str, Any]], after: str | None = None) -> bytes:
    """A segment that ends with a checkpoint; `after`: the name of one that it follows, which is not here."""
    last = {"last_segment": after, "last_sequence": after and 7, "last_sha256": after and hex_of("7")}
    opening = {"segment": name, "station": STATION, "version": "1", **last}
    lines: list[bytes] = []
    at = {"at": "2026-11-25T09:00:00.000Z", "boot": None, "monotonic_ms": 0}
    for event, facts in (("segment-opened", opening), *events, ("checkpoint", {})):
        before = sha256(lines[-1][:-1]).hexdigest() if lines else "0" * 64
        if event == "checkpoint":
            head = {"type": "custody-head", "version": 1, "station": STATION, "segment": name}
            said = canonical_json.encode({**head, "sequence": len(lines), "sha256": before, **at}).decode()
            facts = {"head": said, "signature": "signed"}
        entry = {"sequence": len(lines) + 1, "previous": before, **at, "event": event, "facts": facts}
        lines.append(canonical_json.encode(entry) + b"\n")
    return b"".join(lines)


class KitLogTest(unittest.TestCase):
    """Segments and heads of a kit, here with signatures that hold."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in ("custody_segment.check", "signed_document.check"):
            patched = unittest.mock.patch(name, return_value=PublicKey(KEY, b""))
            patched.start()
            self.addCleanup(patched.stop)
        plain = unittest.mock.patch("custody_segment.is_plainly_spelled", return_value=True)
        plain.start()
        self.addCleanup(plain.stop)

    def _write(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _log(self, name: str, data: bytes) -> None:
        checkpoint = canonical_json.parse(data.splitlines()[-1])["facts"]
        self._write(f"log/{STATION}/{name}.jsonl", data)
        self._write(f"log/{STATION}/{name}.head.json", checkpoint["head"].encode())
        self._write(f"log/{STATION}/{name}.head.json.minisig", checkpoint["signature"].encode())

    def _kit(self, head: dict[str, Any] | None = None) -> None:
        found = recording(custody_head=head)
        document, receipt = found.document, found.receipt
        assert document is not None and receipt is not None
        for name, value in (("manifest", document.value), ("receipt", receipt.value)):
            self._write(f"{found.name}/{name}.json", canonical_json.encode(value))
            self._write(f"{found.name}/{name}.json.minisig", b"")
        receipted = {"recording": found.name, "receiver": "r-store", "receipt_sha256": receipt.sha256}
        sealed = {"recording": found.name, "manifest_sha256": document.sha256, "sealed_size_bytes": 400}
        self._log(_B, _segment(_B, ("spooled", sealed), ("receipted", receipted), after=_A))

    def _codes(self) -> list[str]:
        report = Report()
        KitReader(self.root, TrustedKeys(()), None, report).judge(_NOW_MS)
        return [each for each in codes(report) if not each.startswith(("payload.", "chunks.", "manifest."))]

    def test_what_of_the_vault_is_not_in_it_is_no_fault(self) -> None:
        self._kit({"segment": _C, "sequence": 3, "sha256": hex_of("c")})
        other = {"recording": random_id("q"), "receiver": "r-store", "receipt_sha256": hex_of("q")}
        self._log(_C, _segment(_C, ("receipted", other), after=random_id("p")))
        self.assertEqual(self._codes(), ["receipt.head-other"])
        for path in (self.root / "log" / STATION).glob(f"{_C}*"):
            path.unlink()
        self.assertEqual(self._codes(), [])

    def test_a_head_is_that_of_the_last_checkpoint(self) -> None:
        self._kit()
        head = f"log/{STATION}/{_B}.head.json"
        for name in (head, f"{head}.minisig"):
            data = (self.root / name).read_bytes()
            self._write(name, data + b" ")
            self.assertEqual(self._codes(), ["custody.other-head"])
            (self.root / name).unlink()
            self.assertEqual(self._codes(), ["custody.other-head"])
            self._write(name, data)
        self._write(f"log/{STATION}/{_C}.head.json", b"x")
        self.assertEqual(self._codes(), ["custody.segment-missing"])

    def test_a_log_that_says_another_thing_of_a_recording_is_found(self) -> None:
        self._kit()
        said = {"recording": random_id("a"), "manifest_sha256": hex_of("other"), "sealed_size_bytes": 400}
        self._log(_B, _segment(_B, ("spooled", said), after=_A))
        self.assertEqual(self._codes(), ["custody.other-manifest"])

    def test_what_the_log_names_of_a_recording_that_is_in_it_is_in_it_too(self) -> None:
        self._kit()
        (self.root / random_id("a") / "receipt.json").unlink()
        (self.root / random_id("a") / "receipt.json.minisig").unlink()
        self.assertEqual(self._codes(), ["receipt.missing"])

    def test_nothing_else_lies_among_its_logs_and_orders(self) -> None:
        self._kit()
        for name in ("log/x", f"log/{STATION}/x", "orders/x"):
            self._write(name, b"")
        report = Report()
        KitReader(self.root, TrustedKeys(()), None, report).judge(_NOW_MS)
        self.assertEqual(len([each for each in report.findings if each.code == "folder.unexpected"]), 3)


def _deletion(receiver: str, reason: str = "expired") -> Document:
    return document({"receiver": receiver, "reason": reason}, "deletion.json")


class DeletersTest(unittest.TestCase):
    """SPEC 4.13.5.19."""

    def test_a_deletion_by_a_receiver_that_nothing_names_is_not_judged(self) -> None:
        one, other = recording(), recording(manifest(recording=random_id("q")))
        other.receipt = None
        kept = station(one, other, log=log(("receipted", {"receiver": "r-heard"}), ("carried", {"checkpoint": f"bodydock/{VAULT}/r-carried\n5\n"})))
        for deletion, expected in (
            (_deletion("r-store"), []),
            (_deletion("r-heard"), []),
            (_deletion("r-carried"), []),
            (_deletion("r-never"), ["deletion.receiver-not-known"]),
            (_deletion("r-never", "ordered"), []),
        ):
            report, other.deletion = Report(), deletion
            check_deleters(Vault(VAULT, {STATION: kept}), report)
            self.assertEqual([each.code for each in report.unjudged], expected, deletion.value)


if __name__ == "__main__":
    unittest.main()
