"""Sealed files as they lie on disk: units, sizes, headers; and with stock age what is in them."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from age_file import AgeTool, parse_header
from document_shapes import UNIT_BYTES
from findings import Report
from payload import check_payload
from tests.samples import codes, manifest

_STANZA = "-> X25519 " + "A" * 43 + "\n" + "B" * 43 + "\n"
_HEADER = f"age-encryption.org/v1\n{_STANZA}--- {'C' * 43}\n".encode("ascii")


def _sealed(original_bytes: int, header: bytes = _HEADER) -> bytes:
    """Bytes with the header and the size of an age file; nothing opens it."""
    chunks = max(1, -(-original_bytes // 65_536))
    return header + bytes(16 + original_bytes + 16 * chunks)


def _digests(payload: bytes) -> bytes:
    units = [payload[at : at + UNIT_BYTES] for at in range(0, len(payload), UNIT_BYTES)]
    return b"".join(hashlib.sha256(unit).digest() for unit in units)


def _manifest_of(payload: bytes, original: bytes) -> dict[str, Any]:
    digests = hashlib.sha256(_digests(payload)).hexdigest()
    return manifest(
        original={"size_bytes": len(original), "sha256": hashlib.sha256(original).hexdigest(), "modified_at": None},
        sealed={"size_bytes": len(payload), "unit_bytes": UNIT_BYTES, "chunks_sha256": digests},
    )


class PayloadTest(unittest.TestCase):
    """Without an identity."""

    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self._path = Path(self._folder.name)
        self._payload = _sealed(1_100_000)
        self._manifest = _manifest_of(self._payload, bytes(1_100_000))

    def _codes(
        self, payload: bytes | None, chunks: bytes | None = None, value: dict[str, Any] | None = None
    ) -> list[str]:
        (self._path / "payload.age").unlink(missing_ok=True)
        if payload is not None:
            (self._path / "payload.age").write_bytes(payload)
        (self._path / "chunks.bin").write_bytes(_digests(self._payload) if chunks is None else chunks)
        report = Report()
        check_payload(self._path, "place", value or self._manifest, None, report)
        return codes(report)

    def test_a_file_of_three_units_is_good(self) -> None:
        self.assertEqual(self._codes(self._payload), [])

    def test_a_byte_in_any_unit_is_found(self) -> None:
        for at in (UNIT_BYTES - 1, UNIT_BYTES, len(self._payload) - 1):
            changed = bytearray(self._payload)
            changed[at] ^= 1
            self.assertEqual(self._codes(bytes(changed)), ["payload.unit"], at)

    def test_bytes_that_are_missing_or_more_are_found(self) -> None:
        for payload in (self._payload[:-1], self._payload + b"\0", self._payload[: 2 * UNIT_BYTES]):
            self.assertEqual(self._codes(payload), ["payload.size", "payload.unit"])
        self.assertEqual(self._codes(None), ["payload.missing"])

    def test_sizes_that_nobody_can_hold_are_findings_like_others(self) -> None:
        sealed = {**self._manifest["sealed"], "size_bytes": 2**53 - 1}
        found = self._codes(self._payload, value={**self._manifest, "sealed": sealed})
        self.assertEqual(found, ["chunks.length", "payload.original-size", "payload.size"])
        (self._path / "chunks.bin").write_bytes(_digests(self._payload))
        for name, expected in (("payload.age", "payload.size"), ("chunks.bin", "chunks.length")):
            os.truncate(self._path / name, 2**42)
            report = Report()
            check_payload(self._path, "place", self._manifest, None, report)
            self.assertIn(expected, codes(report))

    def test_a_list_of_digests_is_that_of_the_manifest(self) -> None:
        digests = _digests(self._payload)
        self.assertIn("chunks.length", self._codes(self._payload, digests[:-32]))
        self.assertIn("chunks.length", self._codes(self._payload, digests + digests))
        self.assertIn("chunks.digest", self._codes(self._payload, digests[32:64] + digests[:32] + digests[64:]))

    def test_a_link_in_place_of_a_payload_is_not_followed(self) -> None:
        (self._path / "elsewhere").write_bytes(self._payload)
        (self._path / "payload.age").symlink_to(self._path / "elsewhere")
        (self._path / "chunks.bin").write_bytes(_digests(self._payload))
        report = Report()
        check_payload(self._path, "place", self._manifest, None, report)
        self.assertEqual(codes(report), ["payload.unreadable"])

    def test_a_header_has_a_stanza_for_each_recipient_of_the_manifest_and_no_other_kind(self) -> None:
        two = {**self._manifest, "recipients": self._manifest["recipients"] * 2}
        self.assertEqual(self._codes(self._payload, value=two), ["payload.recipients"])
        for header in (b"", _HEADER[:-1], _HEADER.replace(b"X25519", b"scrypt"), _HEADER.replace(b"/v1", b"/v2")):
            self.assertIsNone(parse_header(header), header)

    def test_it_has_no_stanza_more(self) -> None:
        self._payload = _sealed(1_100_000, _HEADER.replace(_STANZA.encode(), 2 * _STANZA.encode()))
        self._manifest = _manifest_of(self._payload, bytes(1_100_000))
        self.assertEqual(self._codes(self._payload), ["payload.recipients"])

    def test_an_original_of_another_size_cannot_be_in_it(self) -> None:
        original = {**self._manifest["original"], "size_bytes": 1_100_001}
        self.assertEqual(
            self._codes(self._payload, value={**self._manifest, "original": original}), ["payload.original-size"]
        )


@unittest.skipIf(shutil.which("age") is None and "CI" not in os.environ, "age is not installed")
class OpenedTest(unittest.TestCase):
    """With an identity and stock age."""

    def test_what_is_in_it_is_what_the_manifest_says(self) -> None:
        original = b"evidence\n" * 10_000
        with tempfile.TemporaryDirectory() as name:
            path = Path(name)
            for who in ("ours", "theirs"):
                subprocess.run(["age-keygen", "-o", path / who], check=True, capture_output=True)
            ours = subprocess.run(
                ["age-keygen", "-y", path / "ours"], check=True, capture_output=True, text=True
            ).stdout.strip()
            (path / "original").write_bytes(original)
            subprocess.run(["age", "-r", ours, "-o", path / "payload.age", path / "original"], check=True)
            payload = (path / "payload.age").read_bytes()
            (path / "chunks.bin").write_bytes(_digests(payload))
            program = shutil.which("age") or "age"
            for who, claimed, expected in (
                ("ours", original, []),
                ("ours", original[::-1], ["payload.original-digest"]),
                ("theirs", original, ["payload.unopened"]),
            ):
                report = Report()
                check_payload(path, "place", _manifest_of(payload, claimed), AgeTool(program, path / who), report)
                self.assertEqual(codes(report), expected)


if __name__ == "__main__":
    unittest.main()
