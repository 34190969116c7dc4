"""The program as a person starts it, on a vault that nothing but stock age and minisign and the SPEC have made."""

import base64
import contextlib
import hashlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import canonical_json
from document_shapes import UNIT_BYTES
from findings import Report
from signed_document import sha256_hex
from tests.samples import STATION, VAULT, document, manifest, random_id, receipt
from verification import Verdict

_PROGRAM = Path(__file__).parents[1]
_TOOLS = ("age", "age-keygen", "minisign")
_ORIGINAL = b"a recording\n" * 50_000


def _run(*command: str | Path, data: bytes | None = None) -> bytes:
    return subprocess.run(command, input=data, check=True, capture_output=True, timeout=60).stdout


def _verify(*arguments: str | Path) -> tuple[int, str, str]:
    command: list[str | Path] = [sys.executable, _PROGRAM, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class _StockVault:
    """A vault with one recording, in the folder `vault`; keys in `keys`, the age identity in `identity`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vault, self.keys, self.identity = root / "vault", root / "keys", root / "identity"
        self.keys.mkdir()
        for role in ("station", "store"):
            _run("minisign", "-G", "-W", "-p", self.keys / f"{role}.pub", "-s", root / f"{role}.key")
        _run("age-keygen", "-o", self.identity)
        self._recipient = _run("age-keygen", "-y", self.identity).decode("ascii").strip()
        self.recording = self._make()

    def sign(self, path: Path, role: str, kind: str) -> None:
        """Signs a document as that kind."""
        _run("minisign", "-S", "-s", self.root / f"{role}.key", "-m", path, "-t", f"bodydock {kind}")

    def _make(self) -> Path:
        payload = _run("age", "-r", self._recipient, data=_ORIGINAL)
        units = [payload[at : at + UNIT_BYTES] for at in range(0, len(payload), UNIT_BYTES)]
        chunks = b"".join(hashlib.sha256(unit).digest() for unit in units)
        value = self._manifest(payload, chunks)
        folder = self.vault / STATION / str(value["recording"])
        folder.mkdir(parents=True)
        self._begin_log()
        (self.vault / "vault.json").write_bytes(canonical_json.encode({"type": "vault", "version": 1, "vault": VAULT}))
        (folder / "payload.age").write_bytes(payload)
        (folder / "chunks.bin").write_bytes(chunks)
        (folder / "manifest.json").write_bytes(canonical_json.encode(value))
        (folder / "receipt.json").write_bytes(canonical_json.encode(receipt(document(value))))
        self.sign(folder / "manifest.json", "station", "recording-manifest")
        self.sign(folder / "receipt.json", "store", "receipt")
        return folder

    def _begin_log(self) -> None:
        """The first entry of the store's own log, which ended there."""
        segment = random_id("s")
        none = dict.fromkeys(("last_segment", "last_sequence", "last_sha256"))
        opened = {
            "sequence": 1,
            "previous": "0" * 64,
            "at": "2026-11-25T07:00:00.000Z",
            "boot": None,
            "monotonic_ms": 1,
            "event": "segment-opened",
            "facts": {"segment": segment, "station": "r-store", "version": "1", **none},
        }
        path = self.vault / "r-store" / "custody" / f"{segment}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(canonical_json.encode(opened) + b"\n")
        self.sign(path, "store", "custody-segment")

    def _manifest(self, payload: bytes, chunks: bytes) -> dict[str, Any]:
        path = b"DCIM/\xff.MP4"
        source = {"path": base64.b64encode(path).decode("ascii"), "vendor": {}}
        sealed = base64.b64encode(_run("age", "-r", self._recipient, data=canonical_json.encode(source)))
        return manifest(
            original={**manifest()["original"], "size_bytes": len(_ORIGINAL), "sha256": sha256_hex(_ORIGINAL)},
            sealed={"size_bytes": len(payload), "unit_bytes": UNIT_BYTES, "chunks_sha256": sha256_hex(chunks)},
            source={"path_sha256": sha256_hex(path), "sealed": sealed.decode("ascii")},
            recipients=[self._recipient],
        )


class AnswerTest(unittest.TestCase):
    """What a verdict ends with."""

    def test_what_cannot_be_judged_is_not_good_and_a_finding_is_worse(self) -> None:
        spec = importlib.util.spec_from_file_location("program", _PROGRAM / "__main__.py")
        if spec is None or spec.loader is None:
            raise AssertionError("the program is there")
        program = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(program)
        place = tempfile.gettempdir()
        for said, expected in (((), 0), (("note",), 0), (("leave_open",), 3), (("find",), 1), (("leave_open", "find"), 1)):
            report = Report()
            for each in said:
                getattr(report, each)("x.y", ".", "says something")
            program.read_trusted_keys = lambda folder: None
            program.verify = lambda *asked, report=report: Verdict(report, {})
            with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
                self.assertEqual(program.main([place, "--keys", place]), expected, said)


@unittest.skipIf(
    any(shutil.which(tool) is None for tool in _TOOLS) and "CI" not in os.environ, "age or minisign is not installed"
)
class ProgramTest(unittest.TestCase):
    """Exit codes and what is printed."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.made = _StockVault(Path(folder.name))

    def _json(self, *more: str | Path) -> tuple[int, list[dict[str, Any]]]:
        code, out, err = _verify(self.made.vault, *more, "--keys", self.made.keys, "--json")
        self.assertEqual(err, "")
        return code, [json.loads(line) for line in out.splitlines()]

    def test_what_stock_tools_and_the_spec_have_made_is_good_and_opens(self) -> None:
        code, (said,) = self._json("--identity", self.made.identity)
        self.assertEqual((code, said["good"], said["findings"]), (0, True, []))
        self.assertEqual([note["code"] for note in said["notes"]], ["custody.not-covered"])
        self.assertEqual(said["stations"][STATION]["receipts"], 1)

    def test_several_vaults_have_a_line_each_and_one_finding_is_the_exit_code(self) -> None:
        altered = self.made.root / "altered"
        shutil.copytree(self.made.vault, altered)
        name = self.made.recording.name
        (altered / STATION / name / "chunks.bin").write_bytes(b"")
        code, said = self._json(altered, self.made.vault)
        self.assertEqual((code, [each["good"] for each in said]), (1, [True, False, True]))
        self.assertEqual([each["vault"] for each in said], [str(self.made.vault), str(altered), str(self.made.vault)])
        places = {each["code"]: each["place"] for each in said[1]["findings"]}
        self.assertEqual(places["chunks.length"], f"{STATION}/{name}/chunks.bin")

    def test_questions_are_answered_one_after_the_other_each_with_its_exit_code(self) -> None:
        altered = self.made.root / "altered"
        shutil.copytree(self.made.vault, altered)
        (altered / STATION / self.made.recording.name / "chunks.bin").write_bytes(b"")
        asked = [[str(vault), "--keys", str(self.made.keys), "--json"] for vault in (self.made.vault, altered)]
        lines = "".join(f"{json.dumps(each)}\n" for each in asked).encode()
        said = [json.loads(line) for line in _run(sys.executable, _PROGRAM, "--questions", data=lines).splitlines()]
        self.assertEqual([said[0]["good"], said[1], said[2]["good"], said[3]], [True, 0, False, 1])

    def test_where_the_store_left_a_receipt_it_left_its_log(self) -> None:
        shutil.rmtree(self.made.vault / "r-store")
        self.assertEqual([each["code"] for each in self._json(self.made.vault)[1][0]["findings"]], ["store-log.none"])

    def test_a_word_from_outside_that_is_asked_for_and_is_not_there_is_a_finding_in_a_kit_too(self) -> None:
        code, (vault, kit) = self._json(self.made.recording.parent, "--require-outside", "9999d")
        self.assertEqual(code, 1)
        for said in (vault, kit):
            self.assertIn(("log.not-fixed", "."), [(each["code"], each["place"]) for each in said["findings"]])

    def test_another_identity_opens_nothing(self) -> None:
        _run("age-keygen", "-o", self.made.root / "other")
        code, (said,) = self._json("--identity", self.made.root / "other")
        found = sorted(each["code"] for each in said["findings"])
        self.assertEqual((code, found), (1, ["manifest.source-unopened", "payload.unopened"]))

    def test_a_manifest_that_was_signed_as_another_kind_or_by_the_store_is_refused(self) -> None:
        path = self.made.recording / "manifest.json"
        for role, kind, reason in (
            ("station", "receipt", "manifest.signature-comment"),
            ("store", "recording-manifest", "manifest.signature-unknown-key"),
        ):
            self.made.sign(path, role, kind)
            code, (said,) = self._json()
            self.assertEqual((code, [each["code"] for each in said["findings"]]), (1, [reason]))

    def test_names_from_a_foreign_disk_cannot_move_the_cursor(self) -> None:
        (Path(os.fsdecode(os.fsencode(self.made.vault) + b"/\x1b[2J\n\xff"))).write_bytes(b"")
        code, out, _ = _verify(self.made.vault, "--keys", self.made.keys)
        self.assertEqual(code, 1)
        self.assertTrue(all(each.isprintable() for each in out.splitlines()))
        self.assertIn("folder.unexpected", out)

    def test_it_says_what_it_cannot_begin_with(self) -> None:
        empty = self.made.root / "empty"
        empty.mkdir()
        for arguments in (
            [],
            [self.made.vault],
            [self.made.vault, "--keys", empty],
            [self.made.root / "nowhere", "--keys", self.made.keys],
            [self.made.vault, "--keys", self.made.keys, "--identity", self.made.root / "nowhere"],
            *([self.made.vault, "--keys", self.made.keys, "--require-outside", each] for each in ("0d", "2", "36h", "10000d", "")),
        ):
            code, out, err = _verify(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertIn("verifier", err)

    def test_an_empty_folder_is_no_evidence(self) -> None:
        empty = self.made.root / "empty"
        empty.mkdir()
        code, out, _ = _verify(empty, "--keys", self.made.keys, "--json")
        said = json.loads(out)
        self.assertEqual((code, [each["code"] for each in said["findings"]]), (1, ["vault.empty"]))
        shutil.copy(self.made.vault / "vault.json", empty)
        code, out, _ = _verify(empty, "--keys", self.made.keys, "--json")
        self.assertEqual((code, json.loads(out)["findings"]), (0, []))

    def test_the_digest_of_a_vaults_id_may_be_missing_and_is_of_this_id(self) -> None:
        for digest, codes in ((hashlib.sha256(VAULT.encode("ascii")).hexdigest(), []), ("0" * 64, ["vault.id-shape"])):
            value = {"type": "vault", "version": 1, "vault": VAULT, "vault_sha256": digest}
            (self.made.vault / "vault.json").write_bytes(canonical_json.encode(value))
            _, out, _ = _verify(self.made.vault, "--keys", self.made.keys, "--json")
            self.assertEqual([each["code"] for each in json.loads(out)["findings"]][:1], codes)


if __name__ == "__main__":
    unittest.main()
