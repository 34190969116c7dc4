"""Checkpoints, cosignatures and proofs as C2SP writes them: what is one, whose it is, and what only looks like one."""

import base64
import json
import unittest
from pathlib import Path

from minisign_file import PublicKey
from signed_note import (
    NoteFault,
    NoteKey,
    check_signature,
    cosigned_at,
    parse_checkpoint,
    parse_proof,
    parse_witness_key,
)
from tests.note_keys import LOG, ORIGIN, STRANGER, WITNESS, Signer, cosign, note, vkey

_ROOT = bytes(range(32))
_GOOD = note(ORIGIN, 7, _ROOT, [LOG])
_PUBLISHED = Path(__file__).parents[2] / "vectors" / "transparency" / "notes.json"


class CheckpointTest(unittest.TestCase):
    """One note."""

    def test_a_checkpoint_says_origin_size_and_root(self) -> None:
        found = parse_checkpoint(_GOOD)
        self.assertEqual((found.origin, found.size, found.root), (ORIGIN, 7, _ROOT))
        self.assertEqual(check_signature(found, [STRANGER.public, LOG.public]), LOG.public)

    def test_what_is_written_otherwise_is_none(self) -> None:
        root = base64.b64encode(_ROOT)
        for data in (
            b"",
            _GOOD[:-1],
            _GOOD.replace(b"\n7\n", b"\n07\n"),
            _GOOD.replace(b"\n7\n", b"\n-7\n"),
            _GOOD.replace(b"\n7\n", b"\n7\r\n"),
            _GOOD.replace(root, root[:-1]),
            _GOOD.replace(root, base64.b64encode(_ROOT[:-1])),
            _GOOD.replace(root, root + b"\nmore"),
            _GOOD.replace("\u2014 ".encode(), b"- "),
            _GOOD + b"\n",
            _GOOD + "\u2014 x \n".encode(),
            _GOOD + "\u2014 a\u3000b AAAAAAAA\n".encode(),
            _GOOD + "\u2014 x AAAAAAAA\n".encode() * 64,
            b"\n" + _GOOD.partition(b"\n")[2],
            _GOOD.replace(b"bodydock", b"body\xffdock"),
            _GOOD + b"x" * 70_000,
        ):
            with self.assertRaises(NoteFault, msg=data[:200]):
                parse_checkpoint(data)

    def test_what_nobody_signed_that_counts_says_nothing(self) -> None:
        for data in (
            note(ORIGIN, 7, _ROOT, [STRANGER]),
            _GOOD.replace(b"\n7\n", b"\n8\n"),
            note(ORIGIN, 7, _ROOT, [LOG], name="other"),
            note(ORIGIN, 7, _ROOT, [LOG], kind=4),
        ):
            with self.assertRaises(NoteFault):
                check_signature(parse_checkpoint(data), [LOG.public])

    def test_a_key_id_is_that_of_a_log_of_others(self) -> None:
        data = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
        self.assertEqual(NoteKey("sum.golang.org", data[0], data[1:]).key_id.hex(), "033de0ae")


class CosignatureTest(unittest.TestCase):
    """Words of witnesses."""

    def test_a_witness_says_when_it_saw_the_log(self) -> None:
        found = parse_checkpoint(cosign(_GOOD, WITNESS, 1_764_000_000))
        self.assertEqual(cosigned_at(found, WITNESS.note_key), 1_764_000_000)
        check_signature(found, [LOG.public])
        self.assertIsNone(cosigned_at(found, STRANGER.note_key))
        self.assertIsNone(cosigned_at(parse_checkpoint(_GOOD), WITNESS.note_key))

    def test_one_of_another_time_or_log_does_not_hold(self) -> None:
        whole = cosign(_GOOD, WITNESS, 1_764_000_000)
        line = whole.split(b"\n")[-2]
        signature = bytearray(base64.b64decode(line.rpartition(b" ")[2]))
        signature[11] ^= 1
        altered = whole.replace(line.rpartition(b" ")[2], base64.b64encode(signature))
        for data in (altered, whole.replace(b"\n7\n", b"\n8\n")):
            with self.assertRaises(NoteFault):
                cosigned_at(parse_checkpoint(data), WITNESS.note_key)

    def test_of_several_the_latest_time_counts_and_all_must_hold(self) -> None:
        for at in (1_763_999_999, 1_764_000_001):
            data = cosign(cosign(_GOOD, WITNESS, 1_764_000_000), WITNESS, at)
            self.assertEqual(cosigned_at(parse_checkpoint(data), WITNESS.note_key), max(at, 1_764_000_000))
        with self.assertRaises(NoteFault):
            cosigned_at(parse_checkpoint(cosign(data, WITNESS, 253_402_300_800)), WITNESS.note_key)
        twice = note(ORIGIN, 8, _ROOT, [LOG]).split(b"\n")[-2]
        with self.assertRaises(NoteFault):
            check_signature(parse_checkpoint(_GOOD + twice + b"\n"), [LOG.public])

    def test_one_that_others_published_holds_with_its_log_and_its_witness(self) -> None:
        """A checkpoint of a public log, with cosignatures of which one key is given."""
        published = json.loads(_PUBLISHED.read_text("utf-8"))["cosigned"]
        of_log, of_witness = published["keys"]
        key = base64.b64decode(of_log.split("+", 2)[2])[1:]
        witness = parse_witness_key(of_witness)
        data = published["note"].encode("utf-8")
        found = parse_checkpoint(data)
        self.assertEqual((found.origin, found.size), (of_log.split("+")[0], published["size"]))
        self.assertEqual(check_signature(found, [STRANGER.public, PublicKey("00" * 8, key)]).key, key)
        assert witness is not None
        self.assertEqual(cosigned_at(found, witness), 1_779_573_024)
        other = parse_checkpoint(data.replace(b"\n1432088532\n", b"\n1432088533\n"))
        with self.assertRaises(NoteFault):
            check_signature(other, [PublicKey("00" * 8, key)])
        with self.assertRaises(NoteFault):
            cosigned_at(other, witness)

    def test_a_key_of_a_witness_is_one_line(self) -> None:
        signers = [WITNESS, *(Signer(bytes([at]) * 32, "witness.example") for at in range(16))]
        self.assertTrue(any("+" in vkey(each).split("+", 2)[2] for each in signers))
        for each in signers:
            self.assertEqual(parse_witness_key(vkey(each)), each.note_key)
        for text in ("", vkey(WITNESS)[:-4], vkey(WITNESS).replace("witness", "other"), vkey(WITNESS, kind=1)):
            self.assertIsNone(parse_witness_key(text), text)


class ProofTest(unittest.TestCase):
    """Proofs of one entry."""

    def test_a_proof_says_index_hashes_and_checkpoint(self) -> None:
        hashes = [bytes([at]) * 32 for at in range(3)]
        lines = [base64.b64encode(each).decode() for each in hashes]
        for extra in ("", "extra YWJj\n"):
            text = f"c2sp.org/tlog-proof@v1\n{extra}index 5\n" + "".join(f"{each}\n" for each in lines) + "\n"
            found = parse_proof(text.encode() + _GOOD)
            self.assertEqual((found.index, list(found.path), found.checkpoint), (5, hashes, parse_checkpoint(_GOOD)))
            for wrong in (
                text.replace("@v1", "@v2"),
                text.replace("index 5", "index 05"),
                text.replace("index 5\n", ""),
                text.replace(lines[1], lines[1][4:]),
                text.replace(lines[1], "!"),
            ):
                with self.assertRaises(NoteFault, msg=wrong):
                    parse_proof(wrong.encode() + _GOOD)
