"""A store's log as a tree: what is cut off, written again, or named and gone, by a person who has the key of the store, and what a checkpoint elsewhere says of it."""

import hashlib
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Any

from custody_log import CustodyLog
from custody_segment import Line, Segment
from evidence import LogFiles, Receiver, Station, Vault
from findings import Report
from log_folder import read_log_folder
from log_tree import Asked, check_log_trees
from merkle_tree import leaf_hash
from received import check_heads, check_received
from tests.note_keys import LOG, ORIGIN, STRANGER, WITNESS, GivenKeys, cosign, note
from tests.samples import STATION, VAULT, codes, docking, document, hex_of, log, notes, random_id, recording, station, stay_record
from tests.test_merkle_tree import grown

_OTHER = f"{ORIGIN}/{'5' * 16}"
_LATER = "2026-11-25T12:00:00.000Z"


def _leaves(count: int, what: str = "line") -> list[bytes]:
    return [leaf_hash(f"{what} {at}".encode()) for at in range(count)]


def _segment(name: str, leaves: list[bytes], size: int | None, last: tuple[str, int] | None = None, origin: str = ORIGIN) -> Segment:
    """A segment of so many lines; `last`: the segment that it follows, and the line."""
    place: dict[str, Any] = {} if size is None else {"log_origin": origin, "log_size": size}
    follows = {"last_segment": None, "last_sequence": None} if last is None else {"last_segment": last[0], "last_sequence": last[1]}
    facts = {"segment": random_id(name), **follows, **place}
    at = "2026-11-25T08:00:00.000Z"
    lines = [
        Line(random_id(name), number, "", "", at, None, 0, "segment-opened" if number == 1 else "x", facts if number == 1 else {}, f"{name}:{number}")
        for number in range(1, len(leaves) + 1)
    ]
    return Segment(random_id(name), name, lines, {"k"}, len(lines), leaves=bytearray(b"".join(leaves)))


def _vault(*segments: Segment, files: dict[str, bytes] | None = None, said: list[tuple[str, bytes]] | None = None, boot: str | None = "other") -> Vault:
    """A vault of one receiver with these segments and notes; `said`: what the station entered, with its time."""
    kept = CustodyLog("custody", list(segments), {each.name: each for each in segments})
    receiver = Receiver("r-store", "r-store", kept)
    receiver.log_files = [LogFiles("", Path("nowhere"), "r-store/log", files or {})]
    entered = [("store-log", {"checkpoint": data.decode()}) for _, data in said or []]
    own = Station(STATION, STATION, log(*entered, at=said[0][0]) if said else CustodyLog("custody"))
    for segment in own.log.order:
        segment.lines[:] = [replace(line, boot=boot) for line in segment.lines]
    return Vault(VAULT, {STATION: own}, {"r-store": receiver})


def _judge(vault: Vault, *brought: bytes) -> tuple[Report, dict[str, str]]:
    report = Report()
    fixed = check_log_trees(vault, GivenKeys(), [(f"mine-{at}", each) for at, each in enumerate(brought)], report)
    return report, fixed


def _note(leaves: list[bytes], origin: str = ORIGIN) -> bytes:
    return note(origin, len(leaves), grown(leaves).root(), [LOG])


_FIVE, _NINE = _leaves(5), _leaves(9)
_FIRST, _SECOND = _segment("a", _NINE[:5], 0), _segment("b", _NINE[5:], 5, (random_id("a"), 5))


class CheckpointsTest(unittest.TestCase):
    """Lines against checkpoints."""

    def test_a_whole_log_fits_all_that_was_kept_of_it(self) -> None:
        vault = _vault(_FIRST, _SECOND, files={"checkpoint": _note(_NINE)}, said=[(_LATER, _note(_NINE[:7]))])
        report, fixed = _judge(vault, _note(_NINE[:2]))
        self.assertEqual((codes(report), notes(report)), ([], []))
        self.assertIn(f"the first 7 fixed at 2026-11-25T12:00:00Z by station {STATION}", fixed[ORIGIN])

    def test_a_station_of_the_store_s_machine_is_not_outside_and_what_it_kept_must_fit_too(self) -> None:
        for boot in (None, "store"):
            own = _segment("a", _FIVE, 0)
            own.lines[:] = [replace(line, boot="store") for line in own.lines]
            vault = _vault(own, files={"checkpoint": _note(_FIVE)}, said=[(_LATER, _note(_FIVE))], boot=boot)
            report, fixed = _judge(vault)
            self.assertEqual(codes(report), [])
            self.assertIn("fixed by nobody outside", fixed[ORIGIN])
            self.assertEqual(codes(_judge(_vault(own, said=[(_LATER, _note(_NINE))], boot=boot))[0]), ["log.shortened"])

    def test_an_append_that_was_cut_off_leaves_an_older_checkpoint(self) -> None:
        report, fixed = _judge(_vault(_FIRST, files={"checkpoint": _note(_FIVE[:3])}))
        self.assertEqual(codes(report), [])
        self.assertIn("fixed by nobody outside", fixed[ORIGIN])

    def test_a_log_that_was_cut_and_signed_again_is_shorter_than_others_know(self) -> None:
        cut = {"checkpoint": _note(_FIVE)}
        for vault, brought in (
            (_vault(_FIRST, files=cut, said=[(_LATER, _note(_NINE))]), []),
            (_vault(_FIRST, files=cut), [_note(_NINE)]),
            (_vault(_FIRST, files={**cut, "cosigned": cosign(_note(_NINE), WITNESS, 1)}), []),
            (_vault(files={}, said=[(_LATER, _note(_NINE))]), []),
        ):
            self.assertEqual(codes(_judge(vault, *brought)[0]), ["log.shortened"])

    def test_a_log_that_was_written_again_has_other_roots_than_others_know(self) -> None:
        again = _segment("a", [*_NINE[:3], *_leaves(7, "other")], 0)
        files = {"checkpoint": _note([*_NINE[:3], *_leaves(7, "other")])}
        for said in (_note(_NINE), _note(_NINE[:4])):
            self.assertEqual(codes(_judge(_vault(again, files=files, said=[(_LATER, said)]))[0]), ["log.forked"])
        self.assertEqual(codes(_judge(_vault(again, files=files), _note(_NINE[:3]))[0]), [])

    def test_what_the_store_did_not_sign_is_no_checkpoint(self) -> None:
        for data in (b"x", note(ORIGIN, 5, grown(_FIVE).root(), [STRANGER]), _note(_FIVE, _OTHER)):
            self.assertEqual(codes(_judge(_vault(_FIRST, files={"checkpoint": data}))[0]), ["log.checkpoint"])
        wrong = _note(_FIVE) + cosign(_note(_FIVE[:4]), WITNESS, 1).rpartition(b"\n\n")[2].partition(b"\n")[2]
        self.assertEqual(codes(_judge(_vault(_FIRST, files={"cosigned": wrong}))[0]), ["log.cosignature"])

    def test_a_witness_fixes_what_it_saw(self) -> None:
        own, seen = _note(_FIVE), cosign(_note(_FIVE[:4]), WITNESS, 1_764_000_000)
        for vault, brought in (
            (_vault(_FIRST, files={"checkpoint": own, "cosigned": seen}), []),
            (_vault(_FIRST, files={"checkpoint": seen}), []),
            (_vault(_FIRST, files={"checkpoint": own}, said=[(_LATER, seen)], boot=None), []),
            (_vault(_FIRST, files={"checkpoint": own}), [seen]),
        ):
            report, fixed = _judge(vault, *brought)
            self.assertEqual(codes(report), [])
            self.assertIn(f"the first 4 fixed at 2025-11-24T16:00:00Z by witness {WITNESS.name}", fixed[ORIGIN])

    def test_a_log_without_a_checkpoint_of_its_own_is_reported(self) -> None:
        self.assertEqual(notes(_judge(_vault(_FIRST))[0]), ["log.no-checkpoint"])

    def test_a_checkpoint_of_another_vault_is_not_judged(self) -> None:
        other = note(f"bodydock/{'w' * 25}a/r-store", 99, b"r" * 32, [LOG])
        report, _ = _judge(_vault(_FIRST, files={"checkpoint": _note(_FIVE)}, said=[(_LATER, other)]))
        self.assertEqual((codes(report), notes(report)), ([], ["log.other-vault"]))

    def test_one_that_the_reader_brings_is_of_this_vault(self) -> None:
        other = note(f"bodydock/{'w' * 25}a/r-store", 99, b"r" * 32, [LOG])
        vault = _vault(_FIRST, files={"checkpoint": _note(_FIVE)})
        self.assertEqual(codes(_judge(vault, other)[0]), ["log.not-fixed"])
        self.assertEqual(codes(_judge(vault, other, _note(_FIVE))[0]), [])

    def test_one_that_was_kept_on_paper_is_brought_back_without_a_signature(self) -> None:
        root = grown(_NINE).root().hex()
        line = f"{ORIGIN.upper()} 9\n {root[:20]} {root[20:]}\n".encode()
        whole, cut = _vault(_FIRST, _SECOND, files={"checkpoint": _note(_NINE)}), _vault(_FIRST, files={"checkpoint": _note(_FIVE)})
        self.assertEqual(codes(_judge(whole, line)[0]), [])
        self.assertIn("fixed by nobody outside", _judge(whole, line)[1][ORIGIN])
        self.assertEqual(codes(_judge(cut, line)[0]), ["log.shortened"])
        self.assertEqual(codes(_judge(whole, line.replace(b" 9", b" 8"))[0]), ["log.forked"])
        self.assertIn("log.checkpoint", codes(_judge(whole, line[:-5])[0]))

    def test_lines_are_read_as_they_were_printed_several_and_among_other_words(self) -> None:
        vault = _vault(_FIRST, _SECOND, files={"checkpoint": _note(_NINE)})
        five, nine = (f"{ORIGIN} {len(leaves)} {grown(leaves).root().hex()} (2026-12-02T04:04:06.217Z)\n".encode() for leaves in (_FIVE, _NINE))
        bare = nine.split(b" (")[0]
        checked = bare + b" =" + hashlib.sha256(bare).hexdigest()[:4].encode() + b"\n"
        for brought, expected in (
            (nine, []),
            (b"Monday:\n\n" + five + b"\nTuesday:\n" + nine, []),
            (nine + five.replace(b" 5", b" 4"), ["log.forked"]),
            (nine + five[:-60], ["log.checkpoint"]),
            (nine.replace(b" (", b"0 ("), ["log.checkpoint"]),
            (checked, []),
            (checked.upper().replace(b" =", b"\n= "), []),
            (checked.replace(b" 9 ", b" 8 "), ["log.checkpoint"]),
            (checked[:-3], ["log.checkpoint"]),
        ):
            self.assertEqual(codes(_judge(vault, brought)[0]), expected, brought)

    def test_one_that_a_station_carries_on_must_fit_and_fixes_nothing(self) -> None:
        for leaves, expected in ((_FIVE, []), (_NINE, ["log.shortened"])):
            vault = _vault(_FIRST, files={"checkpoint": _note(_FIVE)}, said=[(_LATER, _note(leaves))])
            for segment in vault.stations[STATION].log.order:
                carried = [replace(line, event="carried") if line.event == "store-log" else line for line in segment.lines]
                segment.lines[:] = carried
            report, fixed = _judge(vault)
            self.assertEqual(codes(report), expected)
            self.assertIn("fixed by nobody outside", fixed[ORIGIN])


class AskedTest(unittest.TestCase):
    """SPEC 4.15.37: a word from outside of the days 3 to 5 is asked for."""

    def _codes(self, vault: Vault) -> list[str]:
        report = Report()
        day = 86_400_000
        check_log_trees(vault, GivenKeys(), [], report, Asked(3 * day, 5 * day))
        return codes(report)

    def test_the_newest_word_is_of_that_time_also_of_a_checkpoint_that_is_not_the_newest(self) -> None:
        for first, second, expected in ((2.999, 1, 1), (3, 1, 0), (1, 3, 0), (5, 4, 0), (5.001, 4, 1), (4, 5.001, 1)):
            words = {name: cosign(_note(leaves), WITNESS, int(days * 86_400)) for name, leaves, days in (("cosigned", _NINE, first), ("cosigned-0a1b2c3d", _FIVE, second))}
            vault = _vault(_FIRST, _SECOND, files={"checkpoint": _note(_NINE), **words})
            self.assertEqual(self._codes(vault), ["log.not-fixed"] * expected, (first, second))

    def test_a_word_on_other_lines_and_none_at_all_fix_nothing(self) -> None:
        good, other = (cosign(note, WITNESS, 4 * 86_400) for note in (_note(_FIVE), _note(_leaves(5, "other"))))
        own = {"checkpoint": _note(_FIVE)}
        self.assertEqual(self._codes(_vault(_FIRST, files={**own, "cosigned": good})), [])
        self.assertEqual(self._codes(_vault(_FIRST, files={**own, "cosigned": other})), ["log.forked", "log.not-fixed"])
        self.assertEqual(self._codes(_vault(_FIRST, files=own)), ["log.not-fixed"])
        self.assertEqual(self._codes(_vault(_segment("a", _FIVE, None))), ["log.not-fixed"])
        self.assertEqual(self._codes(_vault(_FIRST, said=[("1970-01-05T00:00:00.000Z", _note(_FIVE))])), [])

    def test_a_tree_that_a_statement_ended_needs_none(self) -> None:
        statement = document({"restored_at": _LATER, "checkpoint": {"origin": ORIGIN, "size": 5, "root": grown(_FIVE).root().hex()}}, "restored.json")
        vault = _vault(_FIRST, files={"checkpoint": _note(_FIVE)})
        vault.receivers["r-store"].restored = {statement.sha256: statement}
        self.assertEqual(self._codes(vault), [])
        origin = f"{ORIGIN}/{statement.sha256[:16]}"
        vault.receivers["r-store"].log.order.append(_segment("b", _leaves(2, "new"), 0, (random_id("a"), 5), origin))
        self.assertEqual(self._codes(vault), ["log.not-fixed"])


class DatesTest(unittest.TestCase):
    """SPEC 4.7.9."""

    def test_a_deletion_is_of_no_time_after_the_earliest_word_of_a_log_that_has_its_line(self) -> None:
        deletion = document({"deleted_at": "2026-11-27T12:00:00.000Z", "receiver": "r-store"}, "deletion.json")
        second = 1_764_072_000  # 2025-11-25T12:00:00Z
        for later, earlier, expected in ((370, 365, ["deletion.in-future"]), (370, 367, []), (365, 370, ["deletion.in-future"])):
            own = _segment("a", _NINE, 0)
            own.lines[3] = replace(own.lines[3], event="deleting", facts={"deletion_sha256": deletion.sha256})
            words = {name: cosign(_note(leaves), WITNESS, second + days * 86_400) for name, leaves, days in (("cosigned", _FIVE, later), ("cosigned-0a1b2c3d", _NINE, earlier))}
            vault = _vault(own, files={"checkpoint": _note(_NINE), **words})
            vault.stations[STATION].kept = {"a": deletion}
            self.assertEqual(codes(_judge(vault)[0]), expected, (later, earlier))


class PlacesTest(unittest.TestCase):
    """Where segments lie in a tree."""

    def test_each_segment_begins_where_the_one_before_ended(self) -> None:
        for size in (4, 6):
            wrong = _segment("b", _NINE[5:], size, (random_id("a"), 5))
            self.assertIn("log.size", codes(_judge(_vault(_FIRST, wrong))[0]))
        self.assertIn("log.size", codes(_judge(_vault(_segment("a", _FIVE, 1)))[0]))

    def test_a_tree_begins_with_the_first_segment_that_says_so_and_has_all_that_follow(self) -> None:
        old = _segment("a", _leaves(3, "old"), None)
        new = _segment("b", _FIVE, 0, (random_id("a"), 3))
        self.assertEqual(codes(_judge(_vault(old, new, files={"checkpoint": _note(_FIVE)}))[0]), [])
        back = _segment("c", _leaves(1), None, (random_id("b"), 5))
        self.assertEqual(codes(_judge(_vault(old, new, back, files={"checkpoint": _note(_FIVE)}))[0]), ["log.origin"])

    def test_a_segment_without_a_whole_line_says_nothing(self) -> None:
        empty = _segment("c", [], None)
        self.assertEqual(codes(_judge(_vault(_FIRST, _SECOND, empty, files={"checkpoint": _note(_NINE)}))[0]), [])

    def test_what_the_next_segment_does_not_follow_is_no_leaf(self) -> None:
        first = _segment("a", [*_NINE[:5], leaf_hash(b"lost")], 0)
        self.assertEqual(codes(_judge(_vault(first, _SECOND, files={"checkpoint": _note(_NINE)}))[0]), [])

    def test_another_tree_begins_with_a_statement_that_is_here_and_with_no_line(self) -> None:
        second = _segment("b", _FIVE, 0, (random_id("a"), 5), _OTHER)
        vault = _vault(_FIRST, second, files={"checkpoint": _note(_FIVE)})
        self.assertEqual(codes(_judge(vault)[0]), ["log.origin"])
        vault.receivers["r-store"].restored = {"5" * 64: document({})}
        vault.receivers["r-store"].log_files.append(LogFiles("5" * 16, Path("nowhere"), "log/5", {"checkpoint": _note(_FIVE, _OTHER)}))
        self.assertEqual(codes(_judge(vault)[0]), [])
        self.assertEqual(codes(_judge(vault, _note(_NINE))[0]), ["log.shortened"])

    def test_what_is_gone_at_its_beginning_shows(self) -> None:
        late = _segment("b", _NINE[5:], 5, (random_id("a"), 5))
        self.assertEqual(codes(_judge(_vault(late, files={"checkpoint": _note(_NINE)}))[0]), ["log.shortened", "log.size"])

    def test_nothing_else_lies_in_its_folder(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for path in ("tile/0/x001/000", "tile/0/001.p/7", "timestamps/7.checkpoint", f"{'5' * 16}/tile/63/000", "checkpoint.tmp"):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(b"")
            strange = ("tile/64/000", "tile/0/01", "tile/0/001.p/256", "timestamps/07.tsr", f"{'5' * 16}/{'5' * 16}/x", "other")
            for path in strange:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(b"")
            report = Report()
            read_log_folder(folder, "log", Receiver("r-store", "r-store", CustodyLog("c")), report)
            self.assertEqual(len(report.findings), len(strange), [each.place for each in report.findings])


class ReceivedTest(unittest.TestCase):
    """What the lines name."""

    @staticmethod
    def _said(found: Any, **facts: str) -> CustodyLog:
        named = {"kind": "recording", "station": STATION, "recording": found.name, "receipt_sha256": found.receipt.sha256}
        return log(("receipt", {**named, **facts}), at=_LATER)

    def _codes(self, vault: Vault, dropped: set[tuple[str, str]] | None = None) -> list[str]:
        report = Report()
        check_received(vault, dropped or set(), report)
        return codes(report)

    def test_what_was_received_is_here_or_was_dropped_in_order(self) -> None:
        for found in (recording(), docking(stay_record("e", None))):
            vault = Vault(VAULT, {STATION: station(found)}, {"r-store": Receiver("r-store", "r-store", self._said(found))})
            self.assertEqual(self._codes(vault), [])
            vault.stations = {STATION: station()}
            self.assertEqual(self._codes(vault), ["receipt.missing"])
            self.assertEqual(self._codes(vault, {(STATION, found.name)}), [])
            vault.stations = {}
            self.assertEqual(self._codes(vault), ["receipt.missing"])

    def test_it_is_here_with_a_receipt_that_the_log_names(self) -> None:
        found = recording()
        kept = self._said(found, receipt_sha256=hex_of("other"))
        vault = Vault(VAULT, {STATION: station(found)}, {"r-store": Receiver("r-store", "r-store", kept)})
        self.assertEqual(self._codes(vault), ["receipt.missing"])
        vault.receivers["r-other"] = Receiver("r-other", "r-other", self._said(found))
        self.assertEqual(self._codes(vault), [])

    def test_a_receipt_of_the_time_of_the_tree_without_a_line_is_reported(self) -> None:
        for received, found_notes in (("08:30", ["receipt.unlogged"]), ("07:30", []), ("11:30", [])):
            found = recording(received_at=f"2026-11-25T{received}:00.000Z")
            opened = _segment("a", _leaves(1), 0)
            last = log(("receiver-stopped", {}), at=_LATER, name=random_id("b")).order[0]
            kept = CustodyLog("custody", [opened, last], {each.name: each for each in (opened, last)})
            report = Report()
            check_received(Vault(VAULT, {STATION: station(found)}, {"r-store": Receiver("r-store", "r-store", kept)}), set(), report)
            self.assertEqual((codes(report), notes(report)), ([], found_notes))

    def test_a_log_of_a_station_reaches_each_head_that_the_vault_held(self) -> None:
        own = log(("agent-stopped", {}))
        head = {"station": STATION, "segment": own.order[0].name, "sequence": 2, "sha256": own.order[0].lines[1].sha256}
        for changed, dropped, found in (
            ({}, {}, []),
            ({"sequence": 3}, {}, ["log.tail-missing"]),
            ({"sha256": hex_of("x")}, {}, ["log.tail-missing"]),
            ({"segment": random_id("q")}, {}, ["log.tail-missing"]),
            ({"segment": random_id("q")}, {random_id("q"): 2**60}, []),
            ({"segment": random_id("q")}, {random_id("q"): 0}, ["log.tail-missing"]),
            ({"station": "gone"}, {}, ["log.tail-missing"]),
        ):
            store = Receiver("r-store", "r-store", log(("head", {**head, **changed}), at=_LATER))
            report = Report()
            check_heads(Vault(VAULT, {STATION: station(log=own)}, {"r-store": store}), dropped, report)
            self.assertEqual(codes(report), found)
