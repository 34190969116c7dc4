"""Docking records: parts, inventories, what became of each entry, what the log says of it; and the capture times that follow from them."""

import time
import unittest
from typing import Any

from capture_time import check_capture_times
from custody_log import CustodyLog
from docking_log import check_docking_log
from dockings import check_dockings, whole_dockings
from evidence import Receipted
from findings import Report
from stays import check_stays
from tests.samples import (
    DOCKING,
    KEY,
    codes,
    docking,
    docking_record,
    document,
    entry,
    hex_of,
    log,
    manifest,
    notes,
    random_id,
    recording,
    station,
    stay_record,
)


def _check(*found: Receipted, kept: CustodyLog | None = None, dropped: set[str] | None = None) -> Report:
    report = Report()
    place = station(*found, log=kept)
    wholes = whole_dockings(place, dropped or set(), report)
    check_dockings(place, wholes, dropped or set(), report)
    check_docking_log(place, wholes, report)
    check_stays(place, wholes, report)
    check_capture_times(place, wholes, report)
    return report


def _of(value: dict[str, Any], *more: Receipted, **changed: Any) -> list[str]:
    """Codes of what is found in a record of one entry, that of the manifest."""
    return codes(_check(docking(docking_record([entry(value)], **changed)), recording(value), *more))


class RetiredCamerasTest(unittest.TestCase):
    """Cameras that were taken out of use (4.3.5)."""

    def _notes(self, camera: str, docked: str = "cam-1", whole: bool = True) -> list[str]:
        events = [
            ("docked", {"bay": "bay-1", "camera": docked, "docking": DOCKING}),
            ("camera-retired", {"camera": camera, "reason": "lost"}),
        ]
        kept = log(*events)
        kept.from_the_start = whole
        report = Report()
        check_docking_log(station(log=kept), {}, report)
        return notes(report)

    def test_one_that_never_docked_is_told_where_the_log_begins_at_its_beginning(self) -> None:
        self.assertNotIn("custody.retired-unknown", self._notes("cam-1"))
        self.assertIn("custody.retired-unknown", self._notes("cam-01"))
        self.assertNotIn("custody.retired-unknown", self._notes("cam-01", whole=False))


class StaysTest(unittest.TestCase):
    """Dockings of one stay."""

    def _codes(self, *values: dict[str, Any], kept: CustodyLog | None = None) -> list[str]:
        return codes(_check(*map(docking, values), kept=kept))

    def test_dockings_that_follow_each_other_in_one_bay_are_a_stay(self) -> None:
        first = stay_record("a", None)
        second = stay_record("b", first, ended="stopped")
        self.assertEqual(self._codes(first, second, stay_record("c", second, ended="unplugged")), [])

    def test_a_stay_goes_on_beside_another_camera_of_that_id_and_behind_a_record_that_is_made_late(self) -> None:
        first = stay_record("a", None)
        beside = stay_record("b", first, bay="bay-2", stay=random_id("b"), ended="unplugged")
        third = stay_record("c", first, previous_docking_sha256=document(beside).sha256)
        self.assertEqual(self._codes(first, beside, third), [])
        late = stay_record("c", first, previous_docking_sha256=None, ended="cut-off", ended_at=None)
        self.assertEqual(self._codes(first, late), [])

    def test_another_camera_another_bay_an_end_or_a_stay_between_is_a_finding(self) -> None:
        first = stay_record("a", None)
        camera = {**first["camera"], "id": "cam-9"}
        between = stay_record("b", first, stay=random_id("b"))
        for values in (
            (first, stay_record("c", first, bay="bay-2")),
            (
                stay_record("a", None, plug={"boot": "b", "device": "1.5"}),
                stay_record(
                    "c",
                    stay_record("a", None, plug={"boot": "b", "device": "1.5"}),
                    plug={"boot": "b", "device": "1.6"},
                ),
            ),
            (first, stay_record("c", first, camera=camera)),
            (stay_record("a", None, ended="unplugged"), stay_record("c", stay_record("a", None, ended="unplugged"))),
            (first, between, stay_record("c", first, previous_docking_sha256=document(between).sha256)),
            (stay_record("c", first, previous_docking_sha256=None),),
            (first, stay_record("c", first, stay_docked_at="2026-11-25T07:00:00.000Z")),
        ):
            self.assertEqual(self._codes(*values), ["docking.stay"])

    def test_the_log_names_the_same_stay_and_version_1_names_none(self) -> None:
        first = stay_record("a", None)
        second = stay_record("b", first)
        said = {"bay": "bay-1", "camera": "cam-1", "docking": second["docking"]}
        self.assertEqual(self._codes(first, second, kept=log(("docked", {**said, "stay": first["docking"]}))), [])
        self.assertEqual(self._codes(first, second, kept=log(("docked", said))), ["docking.other-stay"])
        old = docking_record([])
        said = {"bay": "bay-1", "camera": "cam-1", "docking": DOCKING}
        self.assertEqual(self._codes(old, kept=log(("docked", said))), [])


class PartsTest(unittest.TestCase):
    """Records of several parts."""

    def _parts(self) -> list[dict[str, Any]]:
        values = [manifest(name) for name in "ab"]
        whole = docking_record([entry(value) for value in values], parts=2)
        first = {**whole, "entries": whole["entries"][:1]}
        second = {
            **whole,
            "entries": whole["entries"][1:],
            "part": 2,
            "record": random_id("e"),
            "previous_docking_sha256": document(first).sha256,
        }
        return [first, second]

    def _recordings(self) -> list[Receipted]:
        return [recording(manifest(name)) for name in "ab"]

    def test_all_parts_together_are_the_record(self) -> None:
        self.assertEqual(codes(_check(*map(docking, self._parts()), *self._recordings())), [])

    def test_a_part_that_is_missing_waits_was_dropped_or_is_a_finding(self) -> None:
        first, second = self._parts()
        recorded = {"docking": DOCKING, "record": second["record"], "sha256": hex_of("x"), "part": 2, "parts": 2}
        receipted = {"recording": second["record"], "receiver": "r-store", "receipt_sha256": hex_of("r")}
        waiting = log(("docking-recorded", recorded))
        arrived = log(("docking-recorded", recorded), ("receipted", receipted))
        for kept, dropped, expected in (
            (waiting, set(), ([], ["docking.part-waiting"])),
            (arrived, {second["record"]}, ([], ["docking.part-dropped"])),
            (arrived, set(), (["docking.part-missing"], [])),
        ):
            report = _check(docking(first), *self._recordings(), kept=kept, dropped=dropped)
            self.assertEqual((codes(report), notes(report)), expected)

    def test_parts_say_the_same_follow_each_other_and_are_there_once(self) -> None:
        first, second = self._parts()
        both = self._recordings()
        for changed, code in (
            ({"ended": "stopped"}, "docking.parts-differ"),
            ({"previous_docking_sha256": hex_of("x")}, "docking.part-chain"),
            ({"part": 1}, "docking.part-doubled"),
        ):
            self.assertEqual(codes(_check(docking(first), docking({**second, **changed}), *both)), [code])


class EntriesTest(unittest.TestCase):
    """One record, the recordings that it names, and the log."""

    def test_a_record_of_what_was_sealed_and_one_of_an_empty_day_are_good(self) -> None:
        self.assertEqual(_of(manifest()), [])
        self.assertEqual(codes(_check(docking(docking_record([])))), [])

    def test_an_inventory_is_that_of_its_entries(self) -> None:
        good = docking_record([entry(manifest())])["inventory"]
        for changed, code in (
            ({"entries": 2}, "docking.entries"),
            ({"bytes": 99}, "docking.bytes"),
            ({"sha256": hex_of("x")}, "docking.inventory"),
        ):
            self.assertEqual(_of(manifest(), inventory={**good, **changed}), [code])
        self.assertEqual(_of(manifest(), later=1), ["docking.later"])

    def test_an_entry_says_of_its_recording_what_the_manifest_does(self) -> None:
        value = manifest()
        for changed in (
            {"size_bytes": 99},
            {"path_sha256": hex_of("x")},
            {"modified_at": None},
            {"reason": "odd-name"},
        ):
            part = docking(docking_record([{**entry(value), **changed}]))
            self.assertEqual(codes(_check(part, recording(value))), ["docking.other-recording"], changed)
        self.assertEqual(
            _of(value, camera={**docking_record([])["camera"], "id": "cam-2"}), ["docking.other-recording"]
        )

    def test_after_a_cut_a_later_entry_has_no_time(self) -> None:
        value = manifest()
        later = {**entry(value), "later": True, "modified_at": None}
        for ended, found in (("cut-off", []), ("unplugged", ["docking.other-recording"])):
            part = docking(docking_record([later], ended=ended))
            self.assertEqual(codes(_check(part, recording(value))), found)

    def test_a_match_is_of_the_same_path_and_size(self) -> None:
        value = manifest(docking=random_id("x"))
        for changed, found in (
            ({}, []),
            ({"modified_at": None}, []),
            ({"path_sha256": hex_of("x")}, ["docking.other-recording"]),
            ({"size_bytes": 99}, ["docking.other-recording"]),
        ):
            part = docking(docking_record([{**entry(value), "fate": "matched", **changed}]))
            self.assertEqual(codes(_check(part, recording(value))), found)

    def test_a_recording_that_is_not_here_waits_was_dropped_or_is_a_finding(self) -> None:
        value = manifest()
        part = docking(docking_record([entry(value)]))
        facts = {"recording": value["recording"], "manifest_sha256": hex_of("m"), "sealed_size_bytes": 1}
        self.assertEqual(codes(_check(part)), ["docking.recording-missing"])
        report = _check(part, kept=log(("spooled", facts)))
        self.assertEqual((codes(report), notes(report)), ([], ["docking.recording-waiting"]))
        self.assertEqual(codes(_check(part, dropped={value["recording"]})), [])

    def test_thousands_that_wait_at_the_station_are_judged_in_a_moment(self) -> None:
        values = [{**manifest(), "recording": f"{at:026}", "source": {"path_sha256": hex_of(f"{at}")}} for at in range(8000)]
        kept = log(*(("spooled", {"recording": each["recording"]}) for each in values))
        begun = time.process_time()
        report = _check(docking(docking_record([entry(each) for each in values])), kept=kept)
        self.assertEqual((codes(report), len(report.notes)), ([], 8000))
        self.assertLess(time.process_time() - begun, 10)

    def test_what_was_sealed_in_a_docking_is_not_only_known_again_in_it(self) -> None:
        value = manifest()
        found = _check(docking(docking_record([entry(value, fate="matched")])), recording(value))
        self.assertEqual(codes(found), ["docking.unlisted"])

    def test_what_was_erased_has_its_receipt(self) -> None:
        erased = {**entry(manifest()), "erased": True}
        part = docking(docking_record([erased]))
        self.assertEqual(codes(_check(part, recording(receipted=False))), ["docking.erased"])

    def test_what_was_sealed_in_a_docking_is_listed_or_was_replaced(self) -> None:
        part = docking(docking_record([]))
        self.assertEqual(codes(_check(part, recording())), ["docking.unlisted"])
        replaces = recording(manifest("b", docking=random_id("x"), supersedes=[random_id("a")]))
        self.assertEqual(codes(_check(part, recording(), replaces)), [])

    def test_the_log_says_the_same_of_a_docking(self) -> None:
        value = manifest()
        record = docking_record([entry(value)])
        inventory = {name: record["inventory"][name] for name in ("entries", "bytes", "sha256")}
        docked = {"bay": "bay-1", "camera": "cam-1", "docking": DOCKING}
        seen = {"docking": DOCKING, "path_sha256": entry(value)["path_sha256"], "size_bytes": 100}
        for event, facts, found in (
            ("docked", docked, []),
            ("docked", {**docked, "camera": "cam-2"}, ["docking.other-camera"]),
            ("inventory", {"docking": DOCKING, **inventory}, []),
            ("inventory", {"docking": DOCKING, **inventory, "entries": 2}, ["docking.other-inventory"]),
            ("seen", seen, []),
            ("seen", {**seen, "size_bytes": 101}, ["docking.entry-missing"]),
            ("camera-clock", {"docking": DOCKING, "offset_ms": 1, "uncertainty_ms": 1}, ["docking.other-clock"]),
        ):
            report = _check(docking(record), recording(value), kept=log((event, facts)))
            self.assertEqual(codes(report), found, (event, facts))

    def test_a_record_without_an_inventory_that_the_log_has_is_one_that_a_cut_ended(self) -> None:
        kept = log(("inventory", {"docking": DOCKING, "entries": 0, "bytes": 0, "sha256": hex_of("")}))
        for ended, ended_at, found in (
            ("cut-off", None, []),
            ("unplugged", "2026-11-25T09:00:00.000Z", ["docking.other-inventory"]),
        ):
            record = {**docking_record([]), "inventory": None, "ended": ended, "ended_at": ended_at}
            self.assertEqual(codes(_check(docking(record), kept=kept)), found, ended)

    def test_what_was_read_in_several_dockings_is_compared_before_it_goes(self) -> None:
        for value, words, found in (
            ({**manifest(), "version": 2, "joints": [1]}, ("matched", "erasing", "erased"), []),
            ({**manifest(), "version": 2, "joints": [1]}, ("erasing", "erased"), ["docking.erased-uncompared"]),
            (manifest(), ("erasing", "erased"), []),
        ):
            part = docking(docking_record([{**entry(value), "erased": True}]))
            facts = {"docking": DOCKING, "recording": value["recording"], "path_sha256": value["source"]["path_sha256"]}
            docked = ("docked", {"bay": "bay-1", "camera": "cam-1", "docking": DOCKING})
            kept = log(docked, *((word, facts) for word in words))
            self.assertEqual(codes(_check(part, recording(value), kept=kept)), found, words)

    def test_each_of_them_is_compared_itself(self) -> None:
        values = [{**manifest(name), "version": 2, "joints": [1]} for name in ("a", "b")]
        record = docking(docking_record([entry(each) for each in values]))
        source = [{"recording": each["recording"], "docking": DOCKING, "path_sha256": each["source"]["path_sha256"]} for each in values]
        kept = log(("matched", source[0]), ("erasing", source[1]), ("not-erased", {**source[1], "reason": "x"}))
        found = _check(record, *(recording(each) for each in values), kept=kept)
        self.assertEqual(codes(found), ["docking.erased-uncompared"])

    def test_an_erasure_stands_in_the_log_and_a_docking_that_is_over_has_its_record(self) -> None:
        value = manifest()
        part = docking(docking_record([{**entry(value), "erased": True}]))
        docked = {"bay": "bay-1", "camera": "cam-1", "docking": DOCKING}
        recorded = {"docking": DOCKING, "record": DOCKING, "sha256": hex_of("x"), "part": 1, "parts": 1}
        self.assertEqual(
            codes(_check(part, recording(value), kept=log(("docked", docked)))), ["docking.erased-unlogged"]
        )
        for said, words, version, found in (
            (True, ("erasing", "erased"), 2, []),
            (True, ("erasing", "erasure-unconfirmed"), 2, ["docking.erased-unlogged"]),
            (None, ("erasing", "erasure-unconfirmed"), 2, []),
            (None, ("erasing",), 2, []),
            (None, ("erasing", "not-erased"), 2, ["docking.erased-unlogged"]),
            (None, (), 2, ["docking.erased-unlogged"]),
            (False, (), 2, []),
            (False, ("erasing", "not-erased"), 2, []),
            (False, ("erasing", "erased"), 2, ["docking.erased-unlogged"]),
            (False, ("erasing", "erasure-unconfirmed"), 2, ["docking.erased-unlogged"]),
            (False, ("erasing",), 1, []),
        ):
            record = docking_record([{**entry(value), "erased": said}])
            if version == 2:
                own = {"stay": DOCKING, "stay_docked_at": record["docked_at"], "plug": None}
                record = {**record, "version": 2, **own}
            facts = {"docking": DOCKING, "recording": value["recording"], "path_sha256": value["source"]["path_sha256"]}
            kept = log(("docked", docked), *((word, facts) for word in words))
            self.assertEqual(
                codes(_check(docking(record), recording(value), kept=kept)), found, f"{said} {words} {version}"
            )
        earlier = {**docked, "docking": random_id("x")}
        kept = log(("docked", earlier), ("docked", docked), ("docking-recorded", recorded))
        self.assertEqual(codes(_check(kept=kept)), ["docking.unrecorded"])
        self.assertEqual(codes(_check(kept=log(("docked", docked)))), [])


class CaptureTimeTest(unittest.TestCase):
    """SPEC 9.3 and 9.4: what two dockings make of a claimed time."""

    def _capture(
        self, earliest: str, latest: str, basis: str = "clock-measured", later: bool = False, **clock: Any
    ) -> list[str]:
        offset = {"offset_ms": 4000, "uncertainty_ms": 500, "set": None, **clock}
        before = docking_record(
            [],
            docking=random_id("x"),
            record=random_id("x"),
            docked_at="2026-11-25T06:00:00.000Z",
            ended_at="2026-11-25T06:30:00.000Z",
            camera_clock={"offset_ms": 0, "uncertainty_ms": 500, "set": None},
        )
        value = manifest(
            capture={
                "earliest_at": f"2026-11-25T{earliest}Z",
                "latest_at": f"2026-11-25T{latest}Z",
                "basis": basis,
            },
            sealed_at="2026-11-25T08:05:00.000Z",
        )
        part = docking_record(
            [entry(value, later=later)], previous_docking_sha256=document(before).sha256, camera_clock=offset
        )
        return codes(_check(docking(before), docking(part), recording(value)))

    def test_an_interval_is_what_both_offsets_make_of_the_claim_and_the_resolution(self) -> None:
        # Claimed 07:30:00; off by -500 to 4500 ms.
        self.assertEqual(self._capture("07:29:55.500", "07:30:00.500"), [])
        self.assertEqual(self._capture("07:29:53.500", "07:30:02.500"), [])
        for earliest, latest in (
            ("07:29:55.501", "07:30:00.500"),
            ("07:29:55.500", "07:30:00.499"),
            ("07:29:53.500", "07:30:00.500"),
            ("07:30:00.000", "07:30:00.000"),
        ):
            self.assertEqual(self._capture(earliest, latest), ["capture.measured"], (earliest, latest))

    def test_it_lies_between_the_dockings(self) -> None:
        self.assertIn("capture.bounds", self._capture("06:29:59.999", "07:30:00.500"))
        self.assertIn("capture.bounds", self._capture("07:29:55.500", "08:00:01.001"))
        self.assertEqual(self._capture("07:29:55.500", "08:00:01.000"), [])  # cut to the first listing

    def test_what_only_a_later_listing_showed_lies_before_its_sealing(self) -> None:
        self.assertEqual(self._capture("07:29:55.500", "08:03:00.000", later=True), [])
        self.assertIn("capture.bounds", self._capture("07:29:55.500", "08:05:01.001", later=True))
        self.assertEqual(self._capture("06:30:00.000", "08:03:00.000", "docking-interval", later=True), [])
        for latest in ("07:59:59.999", "08:05:01.001"):
            found = self._capture("06:30:00.000", latest, "docking-interval", later=True)
            self.assertEqual(found, ["capture.bounds"], latest)

    def test_a_clock_that_was_set_may_have_given_the_time_of_a_later_file_only(self) -> None:
        left = {"at": "2026-11-25T08:00:02.000Z", "offset_ms": -9000, "uncertainty_ms": 1000}
        self.assertEqual(self._capture("07:29:55.500", "07:30:10.000", later=True, set=left), [])
        self.assertEqual(self._capture("07:29:55.500", "07:30:00.500", later=True, set=left), [])
        self.assertEqual(self._capture("07:29:55.500", "07:30:10.000", later=True), ["capture.measured"])
        self.assertEqual(self._capture("07:29:55.500", "07:30:10.000", set=left), ["capture.measured"])

    def test_an_interval_of_dockings_is_just_that(self) -> None:
        self.assertEqual(self._capture("06:30:00.000", "08:00:01.000", "docking-interval"), [])
        self.assertEqual(self._capture("06:30:00.001", "08:00:01.000", "docking-interval"), ["capture.bounds"])
        self.assertEqual(self._capture("06:30:00.000", "08:00:00.000", "docking-interval"), ["capture.bounds"])

    def test_no_docking_before_makes_no_interval_unless_the_key_changed(self) -> None:
        capture = {
            "earliest_at": "2026-11-25T06:30:00.000Z",
            "latest_at": "2026-11-25T08:00:01.000Z",
            "basis": "docking-interval",
        }
        value = manifest(capture=capture)
        self.assertEqual(_of(value), ["capture.bounds"])
        for new_key, found in ((KEY, []), ("another", ["capture.bounds"])):
            kept = log(("key-changed", {"old_key_id": "lost", "new_key_id": new_key}))
            report = Report()
            place = station(docking(docking_record([entry(value)])), recording(value), log=kept)
            check_capture_times(place, whole_dockings(place, set(), report), report)
            self.assertEqual(codes(report), found, new_key)

    def test_a_clock_that_was_not_measured_corrects_nothing(self) -> None:
        value = manifest(capture={**manifest()["capture"], "basis": "clock-measured"})
        self.assertEqual(_of(value), ["capture.unmeasured"])


if __name__ == "__main__":
    unittest.main()
