"""Shapes of documents: a good one of each kind, and everything that may not be in it."""

import base64
import unittest
from typing import Any

from document_shapes import DOCUMENT_SHAPES, SHA256_OF_NOTHING, VAULT
from shapes import fits
from tests.samples import docking_record, document, entry, hex_of, manifest, random_id, receipt, stay_record

_AT = "2026-11-25T08:00:00.000Z"
_KEY_LINE = "RWS3/dlWSr2FOaEA1Cg6HIUKcu6XCbhLlb7rrKnXCRlz2e/TcXMX1DpD"
_OTHER_KEY_LINE = base64.b64encode(b"Ed" + bytes([1]) * 40).decode("ascii")

_GOOD: dict[str, dict[str, Any]] = {
    "recording-manifest": manifest(),
    "receipt": receipt(document(manifest())),
    "docking-record": docking_record([entry(manifest())]),
    "deletion-record": {
        "type": "deletion-record",
        "version": 1,
        "station": "kod-1",
        "recording": random_id("a"),
        "receiver": "r-store",
        "vault": random_id("v"),
        "manifest_sha256": hex_of("m"),
        "receipt_sha256": hex_of("r"),
        "sealed_size_bytes": 400,
        "reason": "expired",
        "retention": {"days": 14, "basis": "sealed", "from_at": _AT, "due_at": _AT},
        "order_sha256": None,
        "deleted_at": _AT,
    },
    "order": {
        "type": "order",
        "version": 1,
        "order": random_id("o"),
        "verb": "hold",
        "station": "kod-1",
        "recording": random_id("a"),
        "manifest_sha256": hex_of("m"),
        "reason": "case-4711",
        "ordered_at": _AT,
    },
    "disclosure": {
        "type": "disclosure",
        "version": 1,
        "disclosure": random_id("o"),
        "command": "export",
        "station": "kod-1",
        "recording": random_id("a"),
        "manifest_sha256": hex_of("m"),
        "reason": "case-4711",
        "asked_at": _AT,
    },
    "key-change": {
        "type": "key-change",
        "version": 1,
        "holder": "r-store",
        "old_key": _KEY_LINE,
        "new_key": _OTHER_KEY_LINE,
        "reason": "planned",
        "changed_at": _AT,
    },
    "policy": {
        "type": "policy",
        "version": 1,
        "number": 1,
        "vault": random_id("v"),
        "days_min": 14,
        "days_max": 30,
        "documents_days": 730,
        "officers": [_KEY_LINE],
        "supervisors": [_OTHER_KEY_LINE],
        "made_at": _AT,
    },
    "key-revocation": {
        "type": "key-revocation",
        "version": 1,
        "station": "kod-1",
        "key_id": "0011223344556677",
        "reason": "stolen",
        "revoked_at": _AT,
    },
    "staff-report": {
        "type": "staff-report",
        "version": 1,
        "record": random_id("a"),
        "station": "kod-1",
        "day": "2026-11-25",
        "questions_sha256": hex_of("q"),
        "answers": {"mood": "good"},
    },
    "evaluation": {
        "type": "evaluation",
        "version": 1,
        "station": "kod-1",
        "recording": random_id("a"),
        "manifest_sha256": hex_of("m"),
        "day": "2026-11-25",
        "questions_sha256": hex_of("q"),
        "answers": {"effect": "calmed"},
    },
    "staff-text": {
        "type": "staff-text",
        "version": 1,
        "record": random_id("a"),
        "station": "kod-1",
        "day": "2026-11-25",
        "recipients": ["age1" + "q" * 58],
        "sealed": "YWdl",
    },
    "restored": {
        "type": "restored",
        "version": 1,
        "receiver": "r-store",
        "vault": random_id("v"),
        "restored_at": _AT,
        "complete_until": _AT,
        "custody_head": None,
    },
}


class DocumentShapesTest(unittest.TestCase):
    """Fields: all of them, no other ones, and each of its kind."""

    def test_there_is_a_good_one_of_each_kind(self) -> None:
        self.assertEqual(_GOOD.keys(), DOCUMENT_SHAPES.keys())
        for kind, value in _GOOD.items():
            self.assertTrue(fits(DOCUMENT_SHAPES[kind], value), kind)
        self.assertTrue(fits(VAULT, {"type": "vault", "version": 1, "vault": random_id("v")}))

    def test_a_field_that_is_missing_or_of_another_kind_is_refused(self) -> None:
        for kind, value in _GOOD.items():
            for field in value:
                wrong: list[Any] = [{"": 0}, -1, "\u0000", 1.5, [[]]]
                for other in wrong:
                    self.assertFalse(fits(DOCUMENT_SHAPES[kind], {**value, field: other}), f"{kind}.{field}: {other!r}")
                rest = {name: each for name, each in value.items() if name != field}
                self.assertFalse(fits(DOCUMENT_SHAPES[kind], rest), f"{kind} without {field}")

    def test_a_field_more_is_refused(self) -> None:
        for kind, value in _GOOD.items():
            self.assertFalse(fits(DOCUMENT_SHAPES[kind], {**value, "note": None}), kind)
            for field, inner in value.items():
                if isinstance(inner, dict) and field != "answers":
                    self.assertFalse(
                        fits(DOCUMENT_SHAPES[kind], {**value, field: {**inner, "x": 1}}), f"{kind}.{field}"
                    )

    def test_another_version_and_another_type_are_refused(self) -> None:
        for kind, value in _GOOD.items():
            for changed in ({"version": 9}, {"version": True}, {"version": "1"}, {"type": "other"}):
                self.assertFalse(fits(DOCUMENT_SHAPES[kind], {**value, **changed}), kind)


class SenseTest(unittest.TestCase):
    """What one field says about another."""

    def _refuses(self, kind: str, *values: dict[str, Any]) -> None:
        for value in values:
            self.assertFalse(fits(DOCUMENT_SHAPES[kind], value), value)

    def test_a_manifest_that_contradicts_itself_is_refused(self) -> None:
        good = manifest()
        ranges = [{"offset_bytes": 0, "size_bytes": 10}, {"offset_bytes": 20, "size_bytes": 80}]
        self.assertTrue(
            fits(
                DOCUMENT_SHAPES["recording-manifest"],
                manifest(rejected={"reason": "damaged", "unreadable": ranges}),
            )
        )
        self._refuses(
            "recording-manifest",
            manifest(rejected={"reason": "damaged", "unreadable": ranges[::-1]}),
            manifest(rejected={"reason": "damaged", "unreadable": [ranges[0], {**ranges[1], "offset_bytes": 10}]}),
            manifest(rejected={"reason": "damaged", "unreadable": [{**ranges[1], "size_bytes": 81}]}),
            manifest(rejected={"reason": "odd-name", "unreadable": ranges}),
            manifest(rejected={"reason": "empty", "unreadable": []}),
            manifest(original={**good["original"], "size_bytes": 0}),
            manifest(capture={**good["capture"], "earliest_at": "2026-11-25T07:30:00.001Z"}),
            manifest(capture={**good["capture"], "latest_at": "2026-11-25T07:30:00.001Z"}),
            manifest(original={**good["original"], "modified_at": "2026-11-25T07:30:00.001Z"}),
            manifest(role="sidecar"),
            manifest(sidecar_of=hex_of("x")),
            manifest(role="other", sidecars=[hex_of("x")]),
            manifest(sidecars=[hex_of("x"), hex_of("x")]),
            manifest(supersedes=[good["recording"]]),
            manifest(supersedes=[random_id("c"), random_id("b")]),
            manifest(station="r-1"),
            manifest(recipients=["age1b" + "q" * 57]),
        )

    def test_a_receipt_of_a_docking_record_names_no_bytes(self) -> None:
        of = document(docking_record([]))
        self.assertTrue(fits(DOCUMENT_SHAPES["receipt"], receipt(of, "docking")))
        self._refuses(
            "receipt", receipt(of, "docking", sealed_size_bytes=1), receipt(of, "docking", chunks_sha256=hex_of("x"))
        )
        self.assertEqual(SHA256_OF_NOTHING, hex_of(""))

    def test_docking_records_of_both_versions_are_read(self) -> None:
        for value in (docking_record([]), stay_record("e", None)):
            self.assertTrue(fits(DOCUMENT_SHAPES["docking-record"], value))

    def test_a_docking_record_that_contradicts_itself_is_refused(self) -> None:
        stored = entry(manifest())
        later = {**stored, "later": True}
        times = {"read_at": "2026-11-25T08:00:00.000Z", "claimed_at": "2026-11-25T08:00:01.000Z"}
        clock = {**times, "offset_ms": 1000, "uncertainty_ms": 1, "zone_minutes": None, "set": None}
        set_back = docking_record([stored], ended_at="2026-11-25T07:59:59.999Z", camera_clock=clock)
        self.assertTrue(fits(DOCUMENT_SHAPES["docking-record"], set_back))
        self._refuses(
            "docking-record",
            docking_record([stored], part=2, parts=1),
            docking_record([stored], record=random_id("e")),
            docking_record([stored], part=2, parts=2, record=random_id("e")),
            docking_record([stored], ended_at=None),
            docking_record([later], inventory=None),
            docking_record([stored], camera_clock={**clock, "offset_ms": 999}),
            docking_record([stored], inventory=None),
            docking_record([later, stored]),
            docking_record([stored] * 257),
            docking_record([stored], ended="continued"),
            docking_record([stored], stay=random_id("e")),
            docking_record([stored], version=3),
            stay_record("e", None, stay_docked_at=None),
            *[
                docking_record([{**stored, **changed}])
                for changed in (
                    {"recording": None},
                    {"fate": "vanished"},
                    {"fate": "waiting", "recording": None, "reason": None},
                    {"fate": "waiting", "recording": None, "reason": "empty"},
                    {"fate": "matched", "reason": "empty"},
                    {"fate": "not-a-file", "recording": None, "erased": True},
                    {"reason": "damaged", "erased": True},
                )
            ],
        )

    def test_a_policy_has_keys_of_both_roles_each_once_and_bounds_in_order(self) -> None:
        good = _GOOD["policy"]
        other_id = base64.b64encode(b"Ed" + bytes(8) + base64.b64decode(_KEY_LINE)[10:]).decode("ascii")
        self._refuses(
            "policy",
            {**good, "days_min": 31},
            {**good, "officers": []},
            {**good, "supervisors": []},
            {**good, "supervisors": [other_id]},
            {**good, "number": 0},
            {**good, "number": 1_000_000},
        )


class VersionsTest(unittest.TestCase):
    """What a station writes that holds a policy (SPEC 4.1, 4.6)."""

    def test_version_3_names_a_policy_always_and_no_other_does(self) -> None:
        named, joints = {"policy_sha256": hex_of("p")}, {"joints": [1]}
        for version, more, is_good in (
            (1, {}, True),
            (1, named, False),
            (2, joints, True),
            (2, {**joints, **named}, False),
            (3, named, True),
            (3, {**named, **joints}, True),
            (3, joints, False),
            (3, {**named, "joints": []}, False),
        ):
            value = {**manifest(), "version": version, **more}
            self.assertEqual(fits(DOCUMENT_SHAPES["recording-manifest"], value), is_good, (version, more))
        record = stay_record("d", None)
        for version, more, is_good in ((2, {}, True), (2, named, False), (3, named, True), (3, {}, False)):
            value = {**record, "version": version, **more}
            self.assertEqual(fits(DOCUMENT_SHAPES["docking-record"], value), is_good, (version, more))


if __name__ == "__main__":
    unittest.main()
