"""Canonical JSON: what RFC 8785 says with integers only, and everything that is almost it."""

import json
import unittest
from pathlib import Path

import canonical_json
from document_shapes import CUSTODY_HEAD, DOCUMENT_SHAPES
from shapes import fits
from signed_document import sha256_hex

_VECTORS = Path(__file__).parents[2] / "vectors" / "documents"
_SAME_NAME = ("receipt", "order", "disclosure", "deletion-record", "key-change", "key-revocation")
_TYPES = {
    "manifest": "recording-manifest",
    **dict(zip(_SAME_NAME, _SAME_NAME, strict=True)),
}
# Refused for what another check than that of the shape finds: the order of a deletion.
_BY_OTHERS = ("29-deletion-record-document.refused.json",)


class CanonicalJsonTest(unittest.TestCase):
    """Parsing and encoding."""

    def test_canonical_bytes_are_their_value(self) -> None:
        for text in (
            "{}",
            "[]",
            "null",
            '{"a":[1,-2,{"b":null}],"c":true}',
            '"\\u0000\\b\\t\\n\\f\\r\\"\\\\/\x7f\u20ac"',
            '{"\\r":1,"1":2,"\u0080":3,"\u00f6":4,"\u20ac":5,"\U0001f600":6,"\ufb33":7}',
            "9007199254740991",
        ):
            data = text.encode("utf-8")
            self.assertEqual(canonical_json.encode(canonical_json.parse(data)), data)

    def test_bytes_that_are_not_the_canonical_form_are_refused(self) -> None:
        for data in (
            b"",
            b" {}",
            b"{}\n",
            b'{"b":1,"a":2}',
            b'{"a":1,"a":1}',
            b'{"a": 1}',
            b"1.0",
            b"1e2",
            b"-0",
            b"01",
            b"NaN",
            b"Infinity",
            b"9007199254740992",
            b'"\\u0041"',
            b'"\\/"',
            b'"\\ud83d"',
            b'"\xff"',
            b'"\xed\xa0\xbd"',
            b"\xef\xbb\xbf{}",
            b"{} {}",
            b'{"a":',
            b"[" * 17 + b"]" * 17,
            b"[" * 100_000,
        ):
            with self.assertRaises(canonical_json.NotCanonical, msg=repr(data[:40])):
                canonical_json.parse(data)

    def test_sixteen_levels_are_taken(self) -> None:
        canonical_json.parse(b"[" * 16 + b"]" * 16)

    def test_the_project_s_own_vectors_of_documents(self) -> None:
        judged = 0
        for path in sorted(_VECTORS.glob("*.json")):
            vector = json.loads(path.read_text("utf-8"))
            data = vector["text"].encode("utf-8")
            if path.name in _BY_OTHERS:
                continue
            if vector["of"] in _TYPES or vector["of"] == "custody-head":
                shape = DOCUMENT_SHAPES[_TYPES[vector["of"]]] if vector["of"] in _TYPES else CUSTODY_HEAD
                self.assertEqual(self._accepted(data, shape), vector["expect"] == "accepted", path.name)
                self.assertEqual(sha256_hex(data), vector["sha256"], path.name)
                judged += 1
        self.assertGreaterEqual(judged, 30)

    @staticmethod
    def _accepted(data: bytes, shape: object) -> bool:
        try:
            return callable(shape) and fits(shape, canonical_json.parse(data))
        except canonical_json.NotCanonical:
            return False


if __name__ == "__main__":
    unittest.main()
