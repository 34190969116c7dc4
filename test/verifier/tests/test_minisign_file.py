"""Minisign files: the project's vectors, which stock minisign has made in part, and stock minisign itself where it is installed."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import minisign_file
from minisign_file import SignatureFault

_VECTORS = Path(__file__).parents[2] / "vectors" / "minisign"


def _reason(vector: dict[str, str]) -> str:
    key = minisign_file.parse_public_key(vector["public_key"].encode("utf-8"))
    kind = vector["trusted_comment"].removeprefix("bodydock ")
    try:
        keys = [key] if key is not None else []
        minisign_file.check(vector["document"].encode("utf-8"), vector["signature"].encode("utf-8"), kind, keys)
    except SignatureFault as fault:
        return fault.reason
    return "verifies"


class MinisignTest(unittest.TestCase):
    """Signatures and keys."""

    def test_the_vectors_have_their_reasons(self) -> None:
        expected = {
            "comment-altered": "comment-altered",
            "good": "verifies",
            "legacy": "legacy",
            "no-last-line": "malformed",
            "other-comment": "comment",
            "other-document": "wrong",
            "stock": "verifies",
            "stranger": "unknown-key",
        }
        for name, reason in expected.items():
            self.assertEqual(_reason(json.loads((_VECTORS / f"{name}.json").read_text("utf-8"))), reason, name)

    def test_what_is_no_key_is_none(self) -> None:
        for text in (b"", b"x", b"x\n", b"x\nRWQ=\n", b"x\n!!\n"):
            self.assertIsNone(minisign_file.parse_public_key(text))

    @unittest.skipIf(shutil.which("minisign") is None and "CI" not in os.environ, "minisign is not installed")
    def test_stock_minisign_and_this_one_agree(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._minisign(folder, "-G", "-W", "-p", "key.pub", "-s", "key")
            (folder / "document").write_bytes(b"\x00\xffevidence\n" * 1000)
            self._minisign(folder, "-S", "-s", "key", "-m", "document", "-t", "bodydock receipt")
            key = minisign_file.parse_public_key((folder / "key.pub").read_bytes())
            signature = (folder / "document.minisig").read_bytes()
            for changed in (b"", b"x"):
                document = (folder / "document").read_bytes() + changed
                (folder / "document").write_bytes(document)
                stock = self._minisign(folder, "-V", "-p", "key.pub", "-m", "document", check=False) == 0
                self.assertEqual(stock, changed == b"")
                self.assertEqual(self._holds(document, signature, key), stock)

    @staticmethod
    def _holds(document: bytes, signature: bytes, key: minisign_file.PublicKey | None) -> bool:
        try:
            return minisign_file.check(document, signature, "receipt", [key] if key is not None else []) is key
        except SignatureFault:
            return False

    @staticmethod
    def _minisign(folder: Path, *arguments: str, check: bool = True) -> int:
        command = [shutil.which("minisign") or "minisign", *arguments]
        return subprocess.run(command, cwd=folder, check=check, capture_output=True, timeout=60).returncode


if __name__ == "__main__":
    unittest.main()
