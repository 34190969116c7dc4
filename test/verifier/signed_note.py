"""Signed notes of C2SP: checkpoints of a log (tlog-checkpoint) with the log's own signature, cosignatures (tlog-cosignature) and proofs (tlog-proof)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
import hashlib
import re

import ed25519
from merkle_tree import HASH_BYTES
from minisign_file import PublicKey, parse_base64

NOTE_BYTES_MAX = 64 * 1024
_SIGNATURES_MAX = 64
# Seconds since 1970 after the year 9999.
_TIME_END = 253_402_300_800
_PROOF_HEAD = "c2sp.org/tlog-proof@v1"
_HASHES_MAX = 63
_OF_LOG, _OF_WITNESS = 0x01, 0x04
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_PAPER = re.compile(r"(bodydock/[a-z0-9/-]{1,120})\s+([0-9]{1,16})\s+", re.ASCII)
_ROOT = re.compile(r"((?:[0-9a-f]\s*){64})(?![0-9a-f])(?:=\s*([0-9a-f]*))?", re.ASCII)
_KEY_LINE = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", re.ASCII)


class NoteFault(Exception):
    """What is no checkpoint, or none that counts."""


@dataclass(frozen=True)
class NoteKey:
    """A key that signs notes, with its name. `kind` is the type of its signatures: 0x01 of a log, 0x04 of a witness."""

    name: str
    kind: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key signed."""
        return sha256(self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.key).digest()[:4]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as it is written. Nothing of it counts before `check_signature` has taken it."""

    origin: str
    size: int
    root: bytes
    # The note's text: what is signed.
    text: bytes
    # Name, key id and signature of each line, as they are there.
    signatures: tuple[tuple[str, bytes, bytes], ...]


@dataclass(frozen=True)
class Proof:
    """A proof that an entry is in a log."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


def parse_checkpoint(data: bytes) -> Checkpoint:
    """A checkpoint without extension lines. Errors: NoteFault."""
    text, _, signatures = _text_of(data).rpartition("\n\n")
    lines = text.split("\n")
    if len(lines) != 3 or not all(lines):
        raise NoteFault("has not the three lines of a checkpoint")
    root = parse_base64(lines[2])
    if _SIZE.fullmatch(lines[1]) is None or root is None or len(root) != HASH_BYTES:
        raise NoteFault("has no size and root of a tree")
    found = [_parse_signature(line) for line in signatures.removesuffix("\n").split("\n")]
    if len(found) > _SIGNATURES_MAX:
        raise NoteFault(f"has more than {_SIGNATURES_MAX} signatures")
    return Checkpoint(lines[0], int(lines[1]), root, f"{text}\n".encode("utf-8"), tuple(found))


def receiver_in(text: str) -> str:
    """The receiver in the origin of a store's log (SPEC 4.15.4), or of a checkpoint of it; empty in what is none."""
    parts = text.partition("\n")[0].split("/")
    return parts[2] if parts[0] == "bodydock" and len(parts) in (3, 4) else ""


def parse_paper(data: bytes) -> list[Checkpoint | None]:
    """Checkpoints that were kept on paper (SPEC 4.15.39), in a text with other words; None for each that begins and cannot be read as a whole, or has other check digits."""
    text = data.decode("utf-8", "replace").lower()
    found: list[Checkpoint | None] = []
    for line in _PAPER.finditer(text):
        root = _ROOT.match(text, line.end())
        digits = "".join(root[1].split()) if root is not None else ""
        is_read = root is not None and root[2] in (None, _check_digits(f"{line[1]} {int(line[2])} {digits}"))
        found.append(Checkpoint(line[1], int(line[2]), bytes.fromhex(digits), b"", ()) if is_read else None)
    return found


def _check_digits(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:4]


def _text_of(data: bytes) -> str:
    if len(data) > NOTE_BYTES_MAX:
        raise NoteFault(f"has more than {NOTE_BYTES_MAX} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteFault("is no text") from error
    if any(each < " " and each != "\n" for each in text) or not text.endswith("\n"):
        raise NoteFault("is not written as a note")
    return text


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    signature = parse_base64(encoded)
    if mark != "\u2014" or not name or any(each == "+" or each.isspace() for each in name) or signature is None or len(signature) < 5:
        raise NoteFault("has a line that is no signature")
    return name, signature[:4], signature[4:]


def check_signature(checkpoint: Checkpoint, keys: Iterable[PublicKey]) -> PublicKey:
    """The key of a log that signed it under the name of its origin. Errors: NoteFault."""
    for key in keys:
        signatures = _by(checkpoint, NoteKey(checkpoint.origin, _OF_LOG, key.key))
        if any(not ed25519.verify(key.key, checkpoint.text, each) for each in signatures):
            raise NoteFault(f"has a signature that does not hold with key {key.key_id}")
        if signatures:
            return key
    raise NoteFault("is signed by no key of the store that counts")


def cosigned_at(checkpoint: Checkpoint, witness: NoteKey) -> int | None:
    """Seconds since 1970 at which a witness saw no other log: None where it did not cosign. Errors: NoteFault where that does not hold."""
    times: list[int] = []
    for signature in _by(checkpoint, witness):
        at = int.from_bytes(signature[:8], "big")
        signed = f"cosignature/v1\ntime {at}\n".encode("ascii") + checkpoint.text
        if len(signature) != 72 or at >= _TIME_END or not ed25519.verify(witness.key, signed, signature[8:]):
            raise NoteFault(f"has a cosignature of {witness.name} that does not hold")
        times.append(at)
    return max(times, default=None)


def _by(checkpoint: Checkpoint, key: NoteKey) -> list[bytes]:
    return [each for name, key_id, each in checkpoint.signatures if (name, key_id) == (key.name, key.key_id)]


def parse_witness_key(line: str) -> NoteKey | None:
    """A witness's public key as C2SP writes it: name, key id and base64 of 0x04 and the key, with a plus between."""
    match = _KEY_LINE.fullmatch(line)
    data = parse_base64(match[3]) if match is not None else None
    if match is None or data is None or len(data) != 33 or data[0] != _OF_WITNESS or not ed25519.is_sound(data[1:]):
        return None
    key = NoteKey(match[1], _OF_WITNESS, data[1:])
    return key if key.key_id.hex() == match[2] else None


def parse_proof(data: bytes) -> Proof:
    """A proof without or with extra data, which says nothing here. Errors: NoteFault."""
    text = _text_of(data)
    head, _, rest = text.partition("\n\n")
    lines = head.split("\n")
    if lines[:1] != [_PROOF_HEAD]:
        raise NoteFault("does not begin as a proof")
    lines = lines[1:]
    if lines and lines[0].startswith("extra ") and parse_base64(lines.pop(0).removeprefix("extra ")) is None:
        raise NoteFault("has extra data that is no base64")
    index = lines[0].removeprefix("index ") if lines and lines[0].startswith("index ") else ""
    path = [parse_base64(line) for line in lines[1:]]
    if _SIZE.fullmatch(index) is None or len(path) > _HASHES_MAX:
        raise NoteFault("has no index, or more hashes than a tree has levels")
    return Proof(int(index), _hashes(path), parse_checkpoint(rest.encode("utf-8")))


def _hashes(path: Sequence[bytes | None]) -> tuple[bytes, ...]:
    hashes = tuple(each for each in path if each is not None and len(each) == HASH_BYTES)
    if len(hashes) != len(path):
        raise NoteFault("has a line that is no hash")
    return hashes
