"""Evaluations (SPEC 4.18) as they lie in a station's folder, and what the store's log says of them."""

import tempfile
import unittest
from pathlib import Path
from typing import Any

import canonical_json
from custody_log import CustodyLog
from evaluations import check_evaluations, read_evaluations
from evidence import Station
from findings import Report
from key_succession import KnownKeys
from signed_document import sha256_hex
from tests.note_keys import LOG, Signer, minisign
from tests.samples import STATION, codes, hex_of, log, notes, random_id, recording, station
from trusted_keys import TrustedKeys, _Trusted

_ONE, _OTHER = Signer(b"e" * 32), Signer(b"f" * 32)
_NAME = random_id("a")


class EvaluationsTest(unittest.TestCase):
    """With the key of one evaluator, or none."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.held = recording()
        self.logged: list[tuple[str, dict[str, Any]]] = []

    def _give(self, *, by: Signer = _ONE, name: str = _NAME, key_id: str | None = None, **changed: Any) -> None:
        assert self.held.document is not None
        value = {"type": "evaluation", "version": 1, "station": STATION, "recording": name, "day": "2026-11-25"}
        value |= {"manifest_sha256": self.held.document.sha256, "questions_sha256": hex_of("q"), "answers": {"need": "yes"}}
        data = canonical_json.encode(value | changed)
        key_id = key_id or by.public.key_id
        place = self.root / name / key_id
        place.mkdir(parents=True)
        (place / "evaluation.json").write_bytes(data)
        (place / "evaluation.json.minisig").write_bytes(minisign(by, data, "evaluation"))
        facts = {"station": STATION, "recording": name, "evaluation_sha256": sha256_hex(data), "key_id": key_id}
        self.logged.append(("evaluation", facts))

    def _judge(self, *roles: tuple[str, Signer], dropped: tuple[str, ...] = (), here: bool = True) -> Report:
        keys = KnownKeys(TrustedKeys([_Trusted(role, None, signer.public) for role, signer in (("store", LOG), *roles)]))
        found: Station = station(*([self.held] if here else []))
        report = Report()
        read_evaluations(self.root, f"{STATION}/evaluations", found, keys, report)
        kept: CustodyLog = log(*self.logged)
        check_evaluations(found, [kept], set(dropped), report)
        return report

    def test_a_good_one_is_no_finding_and_without_keys_not_judged(self) -> None:
        self._give()
        self.assertEqual(codes(self._judge(("evaluator", _ONE))), [])
        report = self._judge()
        self.assertEqual((codes(report), notes(report)), ([], ["evaluation.not-judged"]))
        self.assertEqual(codes(self._judge(("evaluator", _OTHER))), ["evaluation.signature-unknown-key"])

    def test_its_place_and_its_recording_are_its_own(self) -> None:
        self._give(key_id="0" * 16)
        self.assertEqual(codes(self._judge(("evaluator", _ONE))), ["evaluation.misplaced"])
        self._give(by=_OTHER, manifest_sha256=hex_of("x"))
        both = (("evaluator", _ONE), ("evaluator", _OTHER))
        self.assertEqual(codes(self._judge(*both)), ["evaluation.misplaced", "evaluation.no-recording"])

    def test_the_log_names_each(self) -> None:
        self._give()
        keys = ("evaluator", _ONE)
        event, facts = self.logged[0]
        self.logged = []
        self.assertEqual(notes(self._judge(keys)), ["evaluation.not-logged"])
        self.logged = [(event, {**facts, "evaluation_sha256": hex_of("x")})]
        self.assertEqual(codes(self._judge(keys)), ["evaluation.other-logged"])
        self.logged = [(event, facts), (event, {**facts, "key_id": _OTHER.public.key_id})]
        self.assertEqual(codes(self._judge(keys)), ["evaluation.missing"])

    def test_it_goes_with_the_documents_of_its_recording(self) -> None:
        self.logged = [("evaluation", {"station": STATION, "recording": _NAME, "evaluation_sha256": hex_of("x"), "key_id": "0" * 16})]
        self.assertEqual(codes(self._judge(dropped=(_NAME,), here=False)), [])
        self.assertEqual(codes(self._judge(here=False)), ["evaluation.missing"])


if __name__ == "__main__":
    unittest.main()
