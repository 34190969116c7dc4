"""Who signs as both roles: an order, and the statement that a store was restored."""

import tempfile
import unittest
import unittest.mock
from pathlib import Path

import canonical_json
from custody_log import CustodyLog
from evidence import Receiver
from findings import Report
from key_succession import KnownKeys
from minisign_file import PublicKey
from orders import check_roles
from restored import read_restored
from signed_document import Source, sha256_hex
from tests.note_keys import LOG, Signer, minisign
from tests.samples import VAULT, codes
from trusted_keys import TrustedKeys, _Trusted

_OFFICER, _SUPERVISOR = Signer(b"o" * 32), Signer(b"u" * 32)


class RolesTest(unittest.TestCase):
    """With keys of the store and of both roles."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        held = (("store", LOG), ("officer", _OFFICER), ("supervisor", _SUPERVISOR))
        self.keys = KnownKeys(TrustedKeys([_Trusted(role, None, signer.public) for role, signer in held]))

    def test_one_key_under_two_ids_is_one(self) -> None:
        source, report = Source(self.root, "orders/x", "order.json", "order", "order"), Report()
        signers = [PublicKey("1" * 16, b"k"), PublicKey("2" * 16, b"k")]
        with unittest.mock.patch("orders.check_signature", side_effect=signers):
            self.assertEqual(check_roles(source, b"", self.keys, report), ({}, frozenset()))
        self.assertEqual(codes(report), ["order.one-key-twice"])

    def _restored(self, *roles: tuple[str, Signer]) -> list[str]:
        at = "2026-11-25T08:00:00.000Z"
        data = canonical_json.encode(
            {"type": "restored", "version": 1, "receiver": "r-store", "vault": VAULT, "restored_at": at, "complete_until": at, "custody_head": None}
        )
        name = f"{sha256_hex(data)[:16]}.json"
        (self.root / name).write_bytes(data)
        (self.root / f"{name}.minisig").write_bytes(minisign(LOG, data, "restored"))
        for role, signer in roles:
            (self.root / f"{name}.{role}.minisig").write_bytes(minisign(signer, data, "restored"))
        report = Report()
        read_restored(self.root, "r-store/restored", Receiver("r-store", "r-store", CustodyLog("custody")), self.keys, report)
        for each in self.root.iterdir():
            each.unlink()
        return codes(report)

    def test_both_sign_that_a_store_was_restored(self) -> None:
        officer, supervisor = ("officer", _OFFICER), ("supervisor", _SUPERVISOR)
        self.assertEqual(self._restored(officer, supervisor), [])
        for roles in ((), (officer,), (supervisor,)):
            self.assertEqual(self._restored(*roles), ["restored.unsigned"])


if __name__ == "__main__":
    unittest.main()
