"""A word from outside before a deletion by time (SPEC 10.5.9)."""

import unittest
from dataclasses import replace
from typing import Any

from custody_segment import Line
from evidence import Receiver, Vault
from findings import Report
from outside_time import check_outside_time
from tests.samples import STATION, VAULT, codes, document, hex_of, log, recording, station


def _at(hour: int) -> str:
    return f"2026-12-{10 + hour // 24:02}T{hour % 24:02}:00:00.000Z"


class OutsideTimeTest(unittest.TestCase):
    """A record that is deleted at hour 48, with entries at hours."""

    def _codes(self, *entries: tuple[int, str, dict[str, Any]], begun: int = 0, is_tree: bool = True, **said: Any) -> list[str]:
        found = recording()
        value = {"reason": "expired", "receiver": "r-store", "deleted_at": _at(48), **said}
        found.deletion = document(value)
        deleting = {"station": STATION, "recording": found.name, "deletion_sha256": found.deletion.sha256}
        opened = {"log_origin": "x", "log_size": 0} if is_tree else {}
        events = [(begun, "segment-opened", opened), *entries, (49, "deleting", deleting), (90, "outside-time", {"said_at": _at(48)})]
        kept = log(*((event, facts) for _, event, facts in events))
        lines: list[Line] = kept.order[0].lines
        lines[1:] = [replace(line, at=_at(hour)) for line, (hour, _, _) in zip(lines[1:], events, strict=True)]
        report = Report()
        check_outside_time(Vault(VAULT, {STATION: station(found)}, {"r-store": Receiver("r-store", "r-store", kept)}), report)
        return codes(report)

    def test_it_is_of_about_then_and_was_entered_before(self) -> None:
        for said, entered, expected in ((23, 30, []), (49, 49, []), (22, 30, ["deletion.no-outside-time"]), (50, 49, ["deletion.no-outside-time"])):
            self.assertEqual(self._codes((entered, "outside-time", {"said_at": _at(said)})), expected, (said, entered))
        self.assertEqual(self._codes(), ["deletion.no-outside-time"])

    def test_no_word_is_asked_for_an_order_or_of_a_time_before_the_tree(self) -> None:
        self.assertEqual(self._codes(reason="ordered"), [])
        self.assertEqual(self._codes(is_tree=False), [])
        self.assertEqual(self._codes(begun=49), [])
        self.assertEqual(self._codes(begun=48), ["deletion.no-outside-time"])

    def test_the_log_of_its_own_receiver_has_it(self) -> None:
        self.assertEqual(self._codes((40, "outside-time", {"said_at": _at(40)}), receiver="r-other"), [])

    def test_an_entry_that_was_dated_back_is_of_the_time_of_those_before_it(self) -> None:
        word = {"said_at": _at(40)}
        self.assertEqual(self._codes((47, "expiry-waits", {}), (40, "outside-time", word)), [])
        later = ((60, "expiry-waits", {}), (40, "outside-time", word))
        self.assertEqual(self._codes(*later), [])  # so is the one that names the record

    def test_a_word_that_is_no_time_is_none(self) -> None:
        self.assertEqual(self._codes((40, "outside-time", {"said_at": "noon"})), ["deletion.no-outside-time"])

    def test_an_entry_of_another_record_says_nothing(self) -> None:
        other = {"station": STATION, "recording": "x", "deletion_sha256": hex_of("other")}
        self.assertEqual(self._codes((1, "deleting", other)), ["deletion.no-outside-time"])


if __name__ == "__main__":
    unittest.main()
