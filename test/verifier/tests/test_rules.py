"""Small rules that can be told by example: instants, sizes of age files, beginnings of retention, names of keys."""

import tempfile
import unittest
from hashlib import sha256
from pathlib import Path

from age_file import AgeHeader
from dockings import inventory_sha256
from instants import is_instant, milliseconds
from retention import retention_start
from trusted_keys import KeysUnusable, read_trusted_keys


class InstantsTest(unittest.TestCase):
    """One form of instants."""

    def test_only_the_one_form_is_an_instant(self) -> None:
        self.assertTrue(is_instant("2024-02-29T23:59:59.999Z"))
        for text in (
            "2026-11-25T09:30:00Z",
            "2026-11-25T09:30:00.000+00:00",
            "2026-11-25 09:30:00.000Z",
            "2026-02-30T09:30:00.000Z",
            "2026-11-25T24:00:00.000Z",
            "2026-11-25T09:30:60.000Z",
            "2026-11-25T09:30:00.000Z\n",
            "\u0662026-11-25T09:30:00.000Z",
        ):
            self.assertFalse(is_instant(text), text)


class SealedSizeTest(unittest.TestCase):
    """Sizes of age files."""

    def test_each_chunk_has_a_tag_and_there_is_one_at_least(self) -> None:
        header = AgeHeader(200, 1)
        self.assertEqual(header.sealed_size(0), 232)
        self.assertEqual(header.sealed_size(65_536), 200 + 16 + 65_536 + 16)
        self.assertEqual(header.sealed_size(65_537), 200 + 16 + 65_537 + 32)


class RetentionTest(unittest.TestCase):
    """SPEC 10.1."""

    def _start(
        self, basis: str, synchronised: bool | None, latest: str = "2026-11-24T08:00:00.000Z"
    ) -> tuple[str, str]:
        capture = {"earliest_at": latest, "latest_at": latest, "basis": basis}
        manifest = {
            "capture": capture,
            "clock_synchronised": synchronised,
            "sealed_at": "2026-11-25T08:00:00.000Z",
        }
        found, at = retention_start(manifest, "2026-11-26T08:00:00.000Z")
        names = {24: "capture", 25: "sealed", 26: "received"}
        day = next(day for day in names if at == milliseconds(f"2026-11-{day}T08:00:00.000Z"))
        return found, names[day]

    def test_it_begins_with_the_latest_plausible_time(self) -> None:
        self.assertEqual(self._start("clock-measured", True), ("capture", "capture"))
        self.assertEqual(self._start("docking-interval", True), ("capture", "capture"))
        self.assertEqual(self._start("clock-unmeasured", True), ("sealed", "sealed"))
        self.assertEqual(self._start("clock-measured", False), ("received", "received"))
        self.assertEqual(self._start("clock-measured", None), ("received", "received"))

    def test_it_never_begins_behind_the_receipt(self) -> None:
        self.assertEqual(self._start("clock-measured", True, "2027-01-01T08:00:00.000Z"), ("capture", "received"))


class InventoryTest(unittest.TestCase):
    """SPEC 4.3, `inventory`."""

    def test_lines_are_digest_size_and_claimed_time(self) -> None:
        entries = [
            {"path_sha256": "a" * 64, "size_bytes": 12, "modified_at": None},
            {"path_sha256": "b" * 64, "size_bytes": 0, "modified_at": "2026-11-25T08:00:00.000Z"},
        ]
        text = f"{'a' * 64} 12 -\n{'b' * 64} 0 2026-11-25T08:00:00.000Z\n"
        self.assertEqual(inventory_sha256(entries), sha256(text.encode("ascii")).hexdigest())


class TrustedKeysTest(unittest.TestCase):
    """The folder of keys."""

    def _read(self, files: dict[str, int]) -> object:
        import base64

        with tempfile.TemporaryDirectory() as name:
            for file, number in files.items():
                line = base64.b64encode(b"Ed" + bytes([number]) * 40).decode("ascii")
                (Path(name) / file).write_text(f"untrusted comment: x\n{line}\n", "ascii")
            keys = read_trusted_keys(Path(name))
        return {station: [key.key[0] for key in keys.station(station)] for station in ("dock-1", "dock-2")}

    def test_a_station_s_own_keys_are_its_only_ones(self) -> None:
        files = {"station.pub": 1, "station-dock-1.pub": 2, "station-dock-1.old.pub": 3, "store.pub": 4}
        self.assertEqual(self._read(files), {"dock-1": [3, 2], "dock-2": [1]})

    def test_a_name_that_leaves_open_which_station_it_is_of_is_refused(self) -> None:
        for name in ("station_new.pub", "station-Dock.pub", "station-.pub", "stations.pub", "station-r-1-.pub"):
            with self.assertRaises(KeysUnusable, msg=name):
                self._read({"station.pub": 1, name: 2, "store.pub": 3})

    def test_whatever_else_stands_in_the_name_of_a_store_s_key_it_counts(self) -> None:
        self.assertEqual(self._read({"station.pub": 1, "store_new.pub": 2}), {"dock-1": [1], "dock-2": [1]})

    def test_without_a_key_of_each_side_and_with_one_key_for_two_there_is_no_verification(self) -> None:
        for files in ({"station.pub": 1}, {"store.pub": 1}, {}, {"station.pub": 1, "store.pub": 1}):
            with self.assertRaises(KeysUnusable):
                self._read(files)


if __name__ == "__main__":
    unittest.main()
