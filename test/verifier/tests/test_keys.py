"""Which keys count and which are put aside (SPEC 4.9), that receivers have logs, and what revocations leave of changes."""

import unittest
from dataclasses import replace
from typing import Any

from evidence import KeyChange, Receiver, Vault
from findings import Report
from key_changes import check_ways
from key_succession import KnownKeys
from minisign_file import PublicKey
from store_log import check_logs_there
from tests.samples import STATION, codes, document, hex_of, log, recording, station
from trusted_keys import TrustedKeys, _Trusted


def _key(name: str) -> PublicKey:
    return PublicKey(hex_of(name)[:16], bytes.fromhex(hex_of(name)))


def _change(holder: str, old: str, new: str, reason: str = "planned") -> KeyChange:
    value: dict[str, Any] = {"holder": holder, "reason": reason, "changed_at": "2026-11-25T08:00:00.000Z"}
    found = document(value, f"{holder}/{old}-{new}")
    return KeyChange(found, holder, _key(old), _key(new), reason == "planned", True)


def _known(changes: list[KeyChange], *by_hand: str) -> KnownKeys:
    trusted = [_Trusted("store", None, _key(name)) for name in ("old", *by_hand)]
    known = KnownKeys(TrustedKeys([*trusted, _Trusted("station", None, _key("station"))]))
    known.follow_stores(changes)
    return known


class SuccessionTest(unittest.TestCase):
    """Changes one after the other."""

    def test_planned_ones_introduce_key_after_key_and_others_none(self) -> None:
        ways = (("two", "three", "planned"), ("old", "two", "planned"), ("old", "x", "lost"))
        known = _known([_change("r-a", *way) for way in ways])
        self.assertEqual([key in known.store for key in map(_key, ("old", "two", "three", "x"))], [True] * 3 + [False])
        self.assertNotIn(_key("y"), _known([_change("r-a", "stranger", "y")]).store)

    def test_one_that_its_new_key_did_not_sign_introduces_none(self) -> None:
        for by_old, by_new in ((True, False), (False, True)):
            change = replace(_change("r-a", "old", "two"), by_old=by_old, by_new=by_new)
            self.assertNotIn(_key("two"), _known([change]).store)

    def test_a_stolen_key_leads_nowhere_and_a_retired_one_no_more(self) -> None:
        for reason, at, counts in (
            ("retired", "2026-11-25T08:00:00.000Z", True),
            ("retired", "2026-11-25T07:59:59.999Z", False),
            ("stolen", "2026-11-26T08:00:00.000Z", False),
        ):
            known = _known([])
            revocation = document({"reason": reason, "revoked_at": at})
            known.follow_station([_change(STATION, "station", "next")], {_key("station").key_id: revocation})
            self.assertEqual(_key("next") in known.station(STATION), counts, (reason, at))

    def test_nobody_goes_back_nor_two_ways_nor_to_what_another_left(self) -> None:
        on = _change("r-a", "old", "two")
        for other, expected in (
            (_change("r-a", "two", "three"), []),
            (_change("r-a", "two", "old"), ["key-change.back"]),
            (_change("r-a", "two", "old", "lost"), ["key-change.back"]),
            (_change("r-a", "old", "three"), ["key-change.two-ways"]),
            (_change("r-b", "old", "three"), []),
            (_change("r-b", "x", "old", "lost"), ["key-change.back"]),
        ):
            report = Report()
            check_ways([on, other], _known([on, other]), report)
            self.assertEqual(codes(report), expected, other)


class LogsThereTest(unittest.TestCase):
    """Logs of receivers."""

    def _vault(self, signer: str) -> Vault:
        own = log()
        own.order[0].key_ids = {_key(signer).key_id}
        return Vault(None, {STATION: station(log=log())}, {"r-evil": Receiver("r-evil", "r-evil", own)})

    def test_a_receiver_that_gave_a_receipt_has_a_log_and_in_it_something_by_its_key(self) -> None:
        for receiver, signer, found in (
            ("r-store", "0", ["store-log.none"]),
            ("r-evil", "other", ["store-log.no-such-key"]),
            ("r-evil", "0", []),
        ):
            vault, report = self._vault(signer), Report()
            given = recording(receiver=receiver)
            if given.receipt is not None:
                given.receipt = document(given.receipt.value, key_id=_key("0").key_id)
            vault.stations[STATION].recordings[given.name] = given
            check_logs_there(vault, report)
            self.assertEqual(codes(report), found)

    def test_so_has_one_of_which_a_deletion_record_alone_is_left(self) -> None:
        for receiver, found in (("r-store", ["store-log.none"]), ("r-evil", [])):
            vault, report = self._vault("0"), Report()
            vault.stations[STATION].kept["a"] = document({"receiver": receiver}, key_id=_key("0").key_id)
            check_logs_there(vault, report)
            self.assertEqual(codes(report), found)


if __name__ == "__main__":
    unittest.main()
