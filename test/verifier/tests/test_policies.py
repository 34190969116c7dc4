"""Policies (SPEC 4.16): which count, what follows for what was deleted, and what a log says of them. All signatures are real."""

import tempfile
import unittest
from pathlib import Path
from typing import Any

import canonical_json
from announced import Announced, Policy
from document_shapes import DOCUMENT_SHAPES
from drops import Drops
from evidence import Receiver, Vault
from findings import Report
from instants import DAY_MS, milliseconds
from key_succession import KnownKeys
from minisign_file import PublicKey
from policies import Policies, check_policies, check_policies_of_kit, read_policies
from shapes import STATION_ID, fits
from tests.note_keys import Signer, minisign, public_line
from tests.samples import STATION, VAULT, codes, document, hex_of, log, manifest, notes, random_id, recording, station
from trusted_keys import TrustedKeys

_OFFICER, _SUPERVISOR, _NEW_OFFICER, _STRANGER = (Signer(bytes([at]) * 32) for at in range(4))


class _ByHand(TrustedKeys):
    """Keys of the two roles."""

    def __init__(self, *, officers: list[PublicKey] | None = None) -> None:
        super().__init__(())
        self.officers = [_OFFICER.public] if officers is None else officers
        self.supervisors = [_SUPERVISOR.public]


def _policy(number: int, officer: Signer = _OFFICER, **changed: Any) -> dict[str, Any]:
    value: dict[str, Any] = {
        "type": "policy",
        "version": 1,
        "number": number,
        "vault": VAULT,
        "days_min": 7,
        "days_max": 30,
        "documents_days": 60,
        "officers": [public_line(officer)],
        "supervisors": [public_line(_SUPERVISOR)],
        "made_at": "2026-11-25T08:00:00.000Z",
    }
    return {**value, **changed}


def _says(days: int, documents_days: int, *, is_judged: bool = True, **more: int) -> Policy:
    return Policy({"days_min": days, "documents_days": documents_days, **more}, is_judged)


class ReadingTest(unittest.TestCase):
    """What lies in `policies/`."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def _write(self, value: dict[str, Any], officer: Signer = _OFFICER, supervisor: Signer = _SUPERVISOR) -> None:
        folder = self.root / str(value["number"])
        folder.mkdir(exist_ok=True)
        data = canonical_json.encode(value)
        (folder / "policy.json").write_bytes(data)
        for role, signer in (("officer", officer), ("supervisor", supervisor)):
            (folder / f"policy.json.{role}.minisig").write_bytes(minisign(signer, data, "policy"))

    def _read(self, by_hand: TrustedKeys | None = None) -> tuple[Policies, KnownKeys, Report]:
        keys, report = KnownKeys(by_hand or _ByHand()), Report()
        return read_policies(self.root, VAULT, keys, report), keys, report

    def test_one_that_both_roles_signed_counts_and_its_keys_sign_the_next(self) -> None:
        self._write(_policy(1, _NEW_OFFICER))
        self._write(_policy(2, _NEW_OFFICER, days_min=9), officer=_NEW_OFFICER)
        found, keys, report = self._read()
        self.assertEqual((codes(report), len(found.counting)), ([], 2))
        self.assertIn(_NEW_OFFICER.public, keys.officers)

    def test_one_that_others_signed_does_not_count_nor_does_what_it_names(self) -> None:
        self._write(_policy(1, _NEW_OFFICER), officer=_STRANGER)
        self._write(_policy(2, _NEW_OFFICER), officer=_NEW_OFFICER)
        found, keys, report = self._read()
        self.assertEqual((codes(report), len(found.counting)), (["policy.signature-unknown-key"], 0))
        self.assertNotIn(_NEW_OFFICER.public, keys.officers)

    def test_both_signatures_are_there_and_by_two_keys(self) -> None:
        self._write(_policy(1), supervisor=_OFFICER)
        self.assertEqual(codes(self._read()[2]), ["policy.signature-unknown-key"])
        (self.root / "1" / "policy.json.supervisor.minisig").unlink()
        self.assertEqual(codes(self._read()[2]), ["policy.signature-missing"])
        (self.root / "1" / "x").write_bytes(b"")
        self.assertIn("folder.unexpected", codes(self._read()[2]))

    def test_one_key_is_no_two_roles_and_a_key_of_one_role_signs_nothing_as_the_other(self) -> None:
        both = _ByHand(officers=[PublicKey("0" * 16, _SUPERVISOR.key), _SUPERVISOR.public])
        self._write(_policy(1), officer=_SUPERVISOR)
        found, _, report = self._read(both)
        self.assertEqual((codes(report), len(found.counting)), (["policy.one-key-twice"], 0))
        self._write(_policy(1, _NEW_OFFICER))
        self._write(_policy(2), supervisor=_NEW_OFFICER)
        found, _, report = self._read()
        self.assertEqual((codes(report), len(found.counting)), (["policy.signature-unknown-key"], 1))

    def test_one_of_another_number_or_vault_is_found(self) -> None:
        self._write(_policy(1, vault=random_id("w")))
        found, _, report = self._read()
        self.assertEqual((codes(report), len(found.counting)), (["policy.other-vault"], 0))
        self._write(_policy(2))
        (self.root / "2").rename(self.root / "3")
        self.assertIn("policy.other-number", codes(self._read()[2]))

    def test_in_a_kit_they_are_of_the_vault_of_the_lowest_number_and_so_are_the_receipts(self) -> None:
        self._write(_policy(1, vault=random_id("w")))
        self._write(_policy(2))
        report = Report()
        found = read_policies(self.root, None, KnownKeys(_ByHand()), report, of_one_vault=True)
        self.assertEqual((codes(report), len(found.counting), found.vault), (["policy.other-vault"], 1, random_id("w")))
        for policies, expected in ((found, ["policy.other-vault"]), (Policies(vault=VAULT), []), (Policies(), [])):
            report = Report()
            check_policies_of_kit(Vault(None, {STATION: station(recording())}), policies, report)
            self.assertEqual(codes(report), expected)

    def test_without_keys_of_a_role_none_is_judged(self) -> None:
        self._write(_policy(1), officer=_STRANGER)
        found, keys, report = self._read(_ByHand(officers=[]))
        self.assertEqual((codes(report), notes(report)), ([], ["policy.not-judged"]))
        self.assertEqual((len(found.counting), len(found.unjudged), list(keys.officers)), (0, 1, []))

    def test_no_station_has_their_name(self) -> None:
        self.assertFalse(fits(STATION_ID, "policies"))
        self.assertTrue(fits(STATION_ID, "policies-1"))


class EntriesTest(unittest.TestCase):
    """SPEC 4.16.13 and 4.16.14."""

    def test_each_entry_names_one_that_is_here_with_a_number_above_those_before(self) -> None:
        here = {number: document(_policy(number), f"policies/{number}/policy.json") for number in (1, 2)}
        first, second = ({"number": number, "policy_sha256": here[number].sha256} for number in (1, 2))
        for said, expected, noted in (
            ([first, second], [], []),
            ([first, first, second], [], []),
            ([second, first], ["policy.number"], []),
            ([first, second, first], ["policy.number"], []),
            ([first, {**first, "policy_sha256": here[2].sha256}], ["policy.differs", "policy.number"], []),
            ([first], [], ["policy.unlogged"]),
            ([first, {**second, "policy_sha256": hex_of("x")}], ["policy.differs"], ["policy.unlogged"]),
            ([first, second, {"number": 3, "policy_sha256": hex_of("x")}], ["policy.missing"], []),
            ([first, second, {"number": "3"}], [], []),
        ):
            store = Receiver("r-store", "r-store", log(*(("policy", facts) for facts in said)))
            report = Report()
            check_policies(Vault(VAULT, {}, {"r-store": store}), Policies(by_number=here), report)
            self.assertEqual((codes(report), notes(report)), (expected, noted))


class NamedTest(unittest.TestCase):
    """SPEC 4.16.20 and 4.16.22."""

    def test_a_policy_that_a_signed_document_names_is_here(self) -> None:
        here = {1: document(_policy(1), "policies/1/policy.json")}
        for sha256, by, expected in (
            (here[1].sha256, "k", []),
            (hex_of("x"), "k", ["policy.missing"]),
            (hex_of("x"), None, []),
        ):
            found = [recording(manifest(name, version=3, policy_sha256=sha256)) for name in "ab"]
            for each in found:
                each.document = document(each.document.value, key_id=by) if each.document is not None else None
            report = Report()
            check_policies(Vault(VAULT, {STATION: station(*found)}), Policies(by_number=here), report)
            self.assertEqual(codes(report), expected)

    def test_the_most_of_what_is_in_force_and_what_it_names_counts(self) -> None:
        said = Announced()
        said.know("long", _says(30, 200))
        said.know("short", _says(3, 10))
        said.know("open", _says(20, 200, is_judged=False))
        for policy, strict, lenient in ((None, 14, 14), ("long", 30, 30), ("short", 14, 14), ("open", 14, 20), ("unknown", 14, 14)):
            self.assertEqual(said.days("r-store", "days", 5, policy=policy), strict)
            self.assertEqual(said.days("r-store", "days", 5, policy=policy, with_unjudged=True), lenient)


class DaysTest(unittest.TestCase):
    """SPEC 4.16.7 and 4.16.15."""

    def test_the_policy_in_force_takes_the_place_of_the_least_days(self) -> None:
        said, at = Announced(), milliseconds("2026-11-25T08:00:00.000Z")
        said.put_in_force(at, 2, _says(7, 60))
        said.put_in_force(at + 10, 3, _says(3, 10, is_judged=False))
        said.put_in_force(at + 5, 1, _says(1, 1))
        for received, expected, lenient in ((at - 1, 14, 14), (at, 7, 7), (at + 10, 7, 3)):
            self.assertEqual(said.days("r-store", "days", received), expected)
            self.assertEqual(said.days("r-store", "days", received, with_unjudged=True), lenient)
        self.assertEqual(said.days("r-other", "documents_days", at - 1), 90)
        self.assertEqual(said.days("r-other", "documents_days", at), 60)
        said.announce("r-store", at, {"days": 20, "documents_days": 50})
        self.assertEqual((said.days("r-store", "days", at), said.days("r-store", "documents_days", at)), (20, 60))

    def test_one_that_was_entered_before_it_was_made_is_in_force_from_then_on(self) -> None:
        entered, made = "2026-11-01T08:00:00.000Z", "2026-11-25T08:00:00.000Z"
        for at, since in ((entered, made), (made, made), ("2026-12-01T08:00:00.000Z", "2026-12-01T08:00:00.000Z")):
            here = document(_policy(1))
            store = Receiver("r-store", "r-store", log(("policy", {"number": 1, "policy_sha256": here.sha256}), at=at))
            said = Announced(Policies(counting={here.sha256: here}), [store])
            days = [said.days("r-store", "days", milliseconds(since) + later) for later in (-1, 0)]
            self.assertEqual(days, [14, 7], at)

    def test_version_2_says_more_within_bounds_and_version_1_does_not(self) -> None:
        shape, second = DOCUMENT_SHAPES["policy"], _policy(1, version=2)
        self.assertTrue(fits(shape, second))
        for name, least, most in (("free_text_days", 1, 3650), ("hold_days", 1, 90), ("log_days", 1, 36_525), ("station_bytes", 1 << 30, 2**53 - 1)):
            for value, good in ((least, True), (most, True), (least - 1, False), (most + 1, False), (None, False)):
                self.assertEqual(fits(shape, {**second, name: value}), good, (name, value))
            self.assertFalse(fits(shape, {**_policy(1), name: least}))

    def test_the_first_entry_of_a_receipt_names_the_policy_of_its_document(self) -> None:
        for names, said, again, expected in (
            (None, None, None, []),
            ("p", "p", "p", []),
            ("p", "p", None, []),
            ("p", None, "p", ["receipt.policy"]),
            (None, "p", None, ["receipt.policy"]),
            ("p", "q", "p", ["receipt.policy"]),
        ):
            value = manifest() if names is None else manifest(version=3, policy_sha256=hex_of(names))
            found = recording(value)
            facts = {"kind": "recording", "station": STATION, "recording": found.name, "receipt_sha256": hex_of("r")}
            entries = [("receipt", facts if each is None else {**facts, "policy_sha256": hex_of(each)}) for each in (said, again)]
            store = Receiver("r-store", "r-store", log(*entries))
            report = Report()
            Drops(Vault(VAULT, {STATION: station(found)}, {"r-store": store}), Policies(), 0).check_receipts(report)
            self.assertEqual(codes(report), expected, (names, said, again))

    def test_in_a_kit_what_rests_on_a_policy_that_is_not_in_it_is_left_open(self) -> None:
        here = document(_policy(1), "policies/1/policy.json")
        entered = [("policy", {"number": 1, "policy_sha256": here.sha256}), ("policy", {"number": 2, "policy_sha256": hex_of("x")})]
        policies = Policies(counting={here.sha256: here}, by_number={1: here})
        at = milliseconds("2026-11-25T08:00:00.000Z")
        for entries, named, is_open in ((entered[:1], None, False), (entered, None, True), (entered[:1], hex_of("y"), True), (entered, here.sha256, True)):
            store = Receiver("r-store", "r-store", log(*entries))
            said = Announced(policies, [store], in_part=True)
            self.assertEqual(said.rests_on_missing(at, policy=named, made_ms=None), is_open)
            self.assertFalse(Announced(policies, [store]).rests_on_missing(at, policy=named, made_ms=None))
        self.assertEqual([each // DAY_MS for each in said.hold_ms(at)], [1, 90])

    def test_what_was_made_while_more_was_in_force_keeps_it_where_it_names_none(self) -> None:
        said = Announced()
        for time, number, days in ((10, 1, 20), (20, 2, 5)):
            said.put_in_force(time, number, _says(days, 90))
        # Made before the first one, under it, under the second, and by a clock that is ahead.
        for made, received, expected in ((5, 9, 14), (5, 30, 20), (15, 30, 20), (20, 30, 5), (40, 30, 5), (None, 30, 5)):
            self.assertEqual(said.days("r-store", "days", received, made_ms=made), expected, (made, received))
        said.know("short", _says(3, 90))
        self.assertEqual(said.days("r-store", "days", 30, policy="short", made_ms=15), 5)

    def test_a_hold_by_one_role_lasts_as_the_policy_says_and_one_that_is_not_judged_leaves_it_open(self) -> None:
        said = Announced()
        said.put_in_force(10, 1, _says(5, 90, hold_days=3))
        said.put_in_force(20, 2, _says(5, 90))
        said.put_in_force(30, 3, _says(5, 90, is_judged=False, hold_days=20))
        said.put_in_force(40, 4, _says(5, 90, is_judged=False, hold_days=2))
        days = [tuple(each // DAY_MS for each in said.hold_ms(at)) for at in (9, 10, 20, 30, 40)]
        self.assertEqual(days, [(7, 7), (3, 3), (7, 7), (7, 20), (2, 7)])

    def test_a_segment_of_a_log_stays_as_the_policy_says_at_the_time_of_its_head(self) -> None:
        said = Announced()
        said.announce("r-store", 0, {"days": 14, "documents_days": 100})
        said.put_in_force(10, 1, _says(5, 150, log_days=40))
        said.put_in_force(20, 2, _says(5, 150))
        said.put_in_force(30, 3, _says(5, 10, is_judged=False, log_days=60))
        said.put_in_force(40, 4, _says(5, 10, is_judged=False, log_days=600))
        days = [said.log_ms("r-store", at) // DAY_MS for at in (9, 10, 20, 30, 40)]
        self.assertEqual(days, [130, 40, 180, 120, 600])

    def test_in_a_kit_a_policy_may_be_missing_that_allowed_fewer_but_not_fewer_than_were_announced(self) -> None:
        said = Announced(in_part=True)
        said.announce("r-store", 10, {"days": 9, "documents_days": 9})
        for received, strict, lenient in ((9, 14, 0), (10, 14, 9)):
            self.assertEqual(said.days("r-store", "days", received), strict)
            self.assertEqual(said.days("r-store", "days", received, with_unjudged=True), lenient)


if __name__ == "__main__":
    unittest.main()
