"""Segments and whole logs as they lie on disk, here without signatures: lines that follow each other, segments that follow each other."""

import tempfile
import unittest
import unittest.mock
from collections.abc import Collection
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Any

import canonical_json
from custody_log import CustodyLog, check_gaps, read_custody_log
from custody_segment import Holder
from findings import Report
from minisign_file import PublicKey
from tests.note_keys import LOG, minisign
from tests.samples import KEY, STATION, codes, hex_of, log, notes, random_id

_AT = "2026-11-25T08:00:00.000Z"


def _segment(
    name: str, *events: tuple[str, dict[str, Any]], after: tuple[str, list[bytes]] | None = None
) -> list[bytes]:
    """Lines of a segment, with LF; `after` is the one that it follows, by name and lines."""
    last: dict[str, Any] = {"last_segment": None, "last_sequence": None, "last_sha256": None}
    if after is not None:
        digest = sha256(after[1][-1][:-1]).hexdigest()
        last = {"last_segment": after[0], "last_sequence": len(after[1]), "last_sha256": digest}
    opening = {"segment": name, "station": STATION, "version": "1", **last}
    lines: list[bytes] = []
    for event, facts in (("segment-opened", opening), *events):
        entry = {
            "sequence": len(lines) + 1,
            "previous": sha256(lines[-1][:-1]).hexdigest() if lines else "0" * 64,
            "at": _AT,
            "boot": None,
            "monotonic_ms": 0,
            "event": event,
            "facts": facts,
        }
        lines.append(canonical_json.encode(entry) + b"\n")
    return lines


def _read(
    files: dict[str, bytes],
    revoked: Collection[str] = (),
    *,
    signed: Collection[str] | None = None,
    is_store: bool = False,
) -> tuple[CustodyLog, Report]:
    """Reads them; `signed` are the segments with a signature over their whole: unless told otherwise all."""
    report = Report()
    whole = [name for name in files if name.endswith(".jsonl")]
    signers = whole if signed is None else [f"{name}.jsonl" for name in signed]
    with (
        tempfile.TemporaryDirectory() as folder,
        unittest.mock.patch("custody_segment.check", return_value=PublicKey(KEY, b"")) if signers else nullcontext(),
    ):
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        for name in signers:
            (Path(folder) / f"{name}.minisig").write_bytes(b"")
        found = read_custody_log(Path(folder), "custody", Holder(STATION, [], is_store=is_store), report)
    check_gaps(found, report, revoked)
    return found, report


def _codes(files: dict[str, bytes], *, signed: Collection[str] | None = None, is_store: bool = False) -> list[str]:
    return codes(_read(files, signed=signed, is_store=is_store)[1])


_A, _B = random_id("a"), random_id("b")
_STOPPED: tuple[str, dict[str, Any]] = ("agent-stopped", {})
_FIRST = _segment(_A, ("agent-started", {"version": "1"}), _STOPPED)
_SECOND = _segment(_B, ("agent-started", {"version": "1"}), after=(_A, _FIRST))


class LinesTest(unittest.TestCase):
    """One segment."""

    def test_lines_that_follow_each_other_are_good_and_told_to_be_unsigned(self) -> None:
        events = ["segment-opened", "agent-started", "agent-stopped"]
        for signed, told, counting in (((), ["custody.unsigned"], []), ((_A,), [], events)):
            found, report = _read({f"{_A}.jsonl": b"".join(_FIRST)}, signed=signed)
            self.assertEqual((codes(report), notes(report)), ([], told))
            self.assertEqual([line.event for line in found.order[0].lines], events)
            self.assertEqual([line.event for line in found.lines()], counting)

    def test_a_line_lost_doubled_altered_or_exchanged_breaks_the_chain(self) -> None:
        one, two, three = _FIRST
        for lines in (
            [one, three],
            [one, two, two, three],
            [one, three, two],
            [one, two.replace(b'"1"', b'"2"'), three],
        ):
            self.assertIn("custody.chain", _codes({f"{_A}.jsonl": b"".join(lines)}), lines)

    def test_a_line_that_is_no_entry_ends_the_segment_there(self) -> None:
        for line, code in (
            (b"{}\n", "custody.shape"),
            (b" {}\n", "custody.not-canonical"),
            (b"\n", "custody.not-canonical"),
            (b"x" * 16_385 + b"\n", "custody.oversize"),
        ):
            found, report = _read({f"{_A}.jsonl": _FIRST[0] + line + b"".join(_FIRST[1:])})
            self.assertIn(code, codes(report))
            self.assertEqual(len(list(found.lines())), 1)

    def test_facts_that_an_event_does_not_have_are_told_and_an_unknown_event_is_a_note(self) -> None:
        self.assertEqual(
            _codes({f"{_A}.jsonl": b"".join(_segment(_A, ("agent-stopped", {"path": "A.MP4"})))}), ["custody.facts"]
        )
        _, report = _read({f"{_A}.jsonl": b"".join(_segment(_A, ("something-new", {"x": 1})))})
        self.assertEqual((codes(report), notes(report)), ([], ["custody.unknown-event"]))

    def test_an_event_of_the_store_does_not_belong_into_the_log_of_a_station_nor_the_other_way_round(self) -> None:
        for event, facts, is_store in (("receiver-stopped", {}, False), ("agent-stopped", {}, True)):
            found = _codes({f"{_A}.jsonl": b"".join(_segment(_A, (event, facts)))}, is_store=is_store)
            self.assertEqual(found, ["custody.facts"])

    def test_a_segment_begins_as_the_one_that_its_name_says_and_once(self) -> None:
        self.assertEqual(_codes({f"{_B}.jsonl": b"".join(_FIRST)}), ["custody.other-segment"])
        self.assertIn("custody.not-opened", _codes({f"{_A}.jsonl": b"".join(_FIRST[1:])}))
        twice = _segment(_A, ("segment-opened", canonical_json.parse(_FIRST[0][:-1])["facts"]))
        self.assertEqual(_codes({f"{_A}.jsonl": b"".join(twice)}), ["custody.opened-twice"])

    def test_a_group_is_closed_after_64_entries(self) -> None:
        facts = {"head": "x", "signature": "x"}
        for count, found in ((63, False), (64, True)):  # the opening is one of the group
            lines = _segment(_A, *[_STOPPED] * count, ("checkpoint", facts))
            self.assertEqual("custody.group" in _codes({f"{_A}.jsonl": b"".join(lines)}, signed=()), found, count)

    def test_a_checkpoint_of_another_entry_and_one_that_nobody_signed_do_not_count(self) -> None:
        lines = _segment(_A, ("checkpoint", {"head": "{}", "signature": "x"}))
        self.assertEqual(
            _codes({f"{_A}.jsonl": b"".join(lines)}, signed=()),
            ["custody.checkpoint-head", "custody.checkpoint-malformed"],
        )


class CheckpointsTest(unittest.TestCase):
    """Checkpoints that are really signed (SPEC 4.3.3)."""

    def _codes(self, at: str = _AT, comment: str | None = None) -> list[str]:
        first = _segment(_A)[0]
        of = {"type": "custody-head", "version": 1, "station": STATION, "segment": _A, "sequence": 1, "at": at}
        head = canonical_json.encode({**of, "sha256": sha256(first[:-1]).hexdigest(), "boot": None, "monotonic_ms": 0})
        number = bytes.fromhex(LOG.public.key_id)[::-1].hex().upper()
        signature = minisign(LOG, head, "custody-head").decode().replace("comment: x", f"comment: {comment or f'signature from {number}'}", 1)
        lines = _segment(_A, ("checkpoint", {"head": head.decode(), "signature": signature}))
        report = Report()
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / f"{_A}.jsonl").write_bytes(b"".join(lines))
            read_custody_log(Path(folder), "custody", Holder(STATION, [LOG.public], is_store=False), report)
        return codes(report)

    def test_it_is_of_its_own_time_and_spelled_in_one_way(self) -> None:
        self.assertEqual(self._codes(), [])
        self.assertEqual(self._codes(at="2026-11-25T08:00:00.001Z"), ["custody.checkpoint-head"])
        self.assertEqual(self._codes(comment="another comment"), ["custody.checkpoint-malformed"])


class SegmentsTest(unittest.TestCase):
    """A log of several segments."""

    def test_a_segment_follows_the_head_that_it_names(self) -> None:
        found, report = _read({f"{_A}.jsonl": b"".join(_FIRST), f"{_B}.jsonl": b"".join(_SECOND)})
        self.assertEqual(codes(report), [])
        self.assertEqual([segment.name for segment in found.order], [_A, _B])
        cut = {f"{_A}.jsonl": b"".join(_FIRST[:-1]), f"{_B}.jsonl": b"".join(_SECOND)}
        self.assertEqual(_codes(cut), ["custody.link"])

    def test_a_torn_line_is_told_where_the_log_goes_on_and_is_normal_where_it_ends(self) -> None:
        torn = {f"{_A}.jsonl": b"".join(_FIRST) + b'{"at"', f"{_B}.jsonl": b"".join(_SECOND)}
        self.assertEqual(_codes(torn), ["custody.torn"])
        running = {f"{_A}.jsonl": b"".join(_FIRST), f"{_B}.jsonl": b"".join(_SECOND) + b'{"at"'}
        self.assertEqual(_codes(running), [])

    def test_what_stands_behind_the_named_head_is_repeated_or_it_is_a_fork(self) -> None:
        more = _segment(_A, ("agent-started", {"version": "1"}), _STOPPED, ("clock-state", {"synchronised": True}))
        again = _segment(_B, ("clock-state", {"synchronised": True}), after=(_A, _FIRST))
        _, report = _read({f"{_A}.jsonl": b"".join(more), f"{_B}.jsonl": b"".join(again)})
        self.assertEqual((codes(report), "custody.repeated" in notes(report)), ([], True))
        self.assertEqual(_codes({f"{_A}.jsonl": b"".join(more), f"{_B}.jsonl": b"".join(_SECOND)}), ["custody.fork"])
        late = _segment(_B, *[_STOPPED] * 9, ("clock-state", {"synchronised": True}), after=(_A, _FIRST))
        self.assertEqual(_codes({f"{_A}.jsonl": b"".join(more), f"{_B}.jsonl": b"".join(late)}), [])

    def test_an_entry_that_is_not_repeated_is_a_fork_though_another_one_is(self) -> None:
        again = _segment(_B, ("agent-started", {"version": "1"}), after=(_A, _FIRST[:1]))
        self.assertEqual(_codes({f"{_A}.jsonl": b"".join(_FIRST), f"{_B}.jsonl": b"".join(again)}), ["custody.fork"])

    def test_two_segments_that_follow_the_same_are_a_fork_and_two_that_follow_none_are_two_beginnings(self) -> None:
        other = random_id("c")
        fork = b"".join(_segment(other, _STOPPED, after=(_A, _FIRST)))
        files = {f"{_A}.jsonl": b"".join(_FIRST), f"{_B}.jsonl": b"".join(_SECOND), f"{other}.jsonl": fork}
        self.assertEqual(_codes(files), ["custody.fork"])
        files = {f"{_A}.jsonl": b"".join(_FIRST), f"{_B}.jsonl": b"".join(_segment(_B))}
        self.assertEqual(_codes(files), ["custody.two-starts"])

    def test_neither_the_oldest_may_be_gone_nor_one_between_two(self) -> None:
        third = random_id("c")
        last = b"".join(_segment(third, _STOPPED, after=(_B, _SECOND)))
        self.assertEqual(_codes({f"{_B}.jsonl": b"".join(_SECOND), f"{third}.jsonl": last}), ["custody.gap"])
        self.assertEqual(_codes({f"{_A}.jsonl": b"".join(_FIRST), f"{third}.jsonl": last}), ["custody.gap"])

    def test_what_one_segment_left_without_a_signature_the_next_one_covers_that_names_it(self) -> None:
        files = {f"{_A}.jsonl": b"".join(_FIRST), f"{_B}.jsonl": b"".join(_SECOND)}
        for signed, counting, found in (((_B,), 5, []), ((), 0, ["custody.unsigned-run"]), ((_A,), 3, [])):
            whole, report = _read(files, signed=signed)
            self.assertEqual((len(list(whole.lines())), codes(report)), (counting, found))

    def test_a_segment_of_which_a_cut_took_the_first_line_says_nothing_and_one_that_others_follow_is_no_such(self) -> None:
        files = {f"{_A}.jsonl": b"".join(_FIRST), f"{_B}.jsonl": b""}
        whole, report = _read(files, signed=(_A,))
        self.assertEqual((codes(report), notes(report), whole.from_the_start), ([], ["custody.empty"], True))
        self.assertEqual(_codes({f"{_A}.jsonl": b"", f"{_B}.jsonl": b"".join(_SECOND)}), ["custody.link"])

    def test_a_store_closes_its_own_log_so_two_unsigned_ends_say_nothing_there(self) -> None:
        started: tuple[str, dict[str, Any]] = ("receiver-started", {"version": "1"})
        first = _segment(_A, started)
        files = {f"{_A}.jsonl": b"".join(first), f"{_B}.jsonl": b"".join(_segment(_B, started, after=(_A, first)))}
        self.assertEqual(_codes(files, signed=(), is_store=True), [])

    def test_what_a_revoked_key_signed_may_be_missing_where_the_change_from_it_is_told(self) -> None:
        third = random_id("c")
        change = ("key-changed", {"old_key_id": "1" * 16, "new_key_id": "2" * 16, "change_sha256": hex_of("change")})
        for told, revoked, gap, end in (
            (change, {"1" * 16}, [], []),
            (change, {"3" * 16}, ["custody.gap"], ["custody.link"]),
            (_STOPPED, {"1" * 16}, ["custody.gap"], ["custody.link"]),
        ):
            last = b"".join(_segment(third, told, after=(_B, _SECOND)))
            first = {f"{_A}.jsonl": b"".join(_FIRST), f"{third}.jsonl": last}
            _, whole = _read(first, revoked)
            _, cut = _read({**first, f"{_B}.jsonl": b"".join(_SECOND[:-1])}, revoked)
            self.assertEqual((codes(whole), codes(cut)), (gap, end))
            self.assertEqual(["custody.end-refused" in notes(report) for report in (whole, cut)], [not gap, not end])
            unheard = Report()
            check_gaps(_read(first, revoked)[0], unheard, revoked, has_head=False)
            self.assertEqual(codes(unheard), ["custody.gap"])

    def test_a_signature_without_its_segment_and_a_strange_file_are_told(self) -> None:
        self.assertEqual(_codes({f"{_A}.jsonl.minisig": b""}), ["custody.segment-missing"])
        self.assertEqual(_codes({"notes.txt": b""}), ["folder.unexpected"])
        self.assertEqual(_codes({"newest.json": b""}), [])


class GapsTest(unittest.TestCase):
    """What the store let go of a log, it says in its own."""

    def test_a_gap_is_explained_by_the_head_that_was_dropped_and_by_no_other(self) -> None:
        for digest, found in ((hex_of("head"), []), (hex_of("other"), ["custody.gap"])):
            whole, late = log(), log(name=_B)
            segment = late.order[0]
            opening = {"last_segment": _A, "last_sequence": 7, "last_sha256": hex_of("head")}
            segment.lines[0].facts.update(opening)
            whole.order.append(segment)
            whole.by_name[_B] = segment
            facts = {"segment": _A, "last_sequence": 7, "last_sha256": digest}
            whole.dropped[_A] = list(log(("segment-dropped", facts)).of("segment-dropped"))[0]
            report = Report()
            check_gaps(whole, report)
            self.assertEqual(codes(report), found)


if __name__ == "__main__":
    unittest.main()
