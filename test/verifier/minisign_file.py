"""Minisign's public keys and signatures in the form of SPEC 2: prehashed only, four lines, a trusted comment that names the document."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import ed25519

SIGNATURE_BYTES_MAX = 4096
_UNTRUSTED = "untrusted comment: "
_TRUSTED = "trusted comment: "


class SignatureFault(Exception):
    """A signature that does not count. `reason`: `malformed`, `legacy`, `comment`, `unknown-key`, `wrong` or `comment-altered`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class PublicKey:
    """A public key: the 8 bytes of its id in hex, in the order of the file, and the 32 bytes of the key."""

    key_id: str
    key: bytes


@dataclass(frozen=True)
class Signature:
    """A signature file. It says nothing until `check` has taken it."""

    key_id: str
    signature: bytes
    comment: str
    comment_signature: bytes


def parse_base64(text: str) -> bytes | None:
    """Bytes of base64 in its one canonical spelling (SPEC 1.4)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode("ascii") == text else None


def parse_public_key_line(line: str) -> PublicKey | None:
    """The second line of a public key file."""
    data = parse_base64(line)
    if data is None or len(data) != 42 or data[:2] != b"Ed" or not ed25519.is_sound(data[10:]):
        return None
    return PublicKey(data[2:10].hex(), data[10:])


def parse_public_key(data: bytes) -> PublicKey | None:
    """A public key file: a comment line, then the key."""
    lines = data.decode("utf-8", "replace").split("\n")
    return parse_public_key_line(lines[1].strip()) if len(lines) >= 2 else None


def parse_signature(data: bytes) -> Signature:
    """A signature file. Errors: `malformed`, `legacy`."""
    try:
        lines = data.decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise SignatureFault("malformed", "is no text") from error
    if len(lines) != 4 or not lines[0].startswith(_UNTRUSTED) or not lines[2].startswith(_TRUSTED):
        raise SignatureFault("malformed", "has not the four lines of a minisign signature")
    body, comment_signature = parse_base64(lines[1]), parse_base64(lines[3])
    if body is None or len(body) != 74 or comment_signature is None or len(comment_signature) != 64:
        raise SignatureFault("malformed", "has no signature of 64 bytes in each of its two base64 lines")
    if body[:2] != b"ED":
        raise SignatureFault("legacy" if body[:2] == b"Ed" else "malformed", "is not of the prehashed kind")
    return Signature(body[2:10].hex(), body[10:], lines[2].removeprefix(_TRUSTED), comment_signature)


def is_plainly_spelled(text: str) -> bool:
    """Whether a signature is spelled in the one way in which the product's signers do: a reader of checkpoints asks for it (SPEC 4.3.3)."""
    lines = text.split("\n")
    key_id = parse_signature(text.encode("utf-8")).key_id
    number = bytes.fromhex(key_id)[::-1].hex().upper()
    return len(lines) == 5 and lines[4] == "" and lines[0] == f"{_UNTRUSTED}signature from {number}"


def check(document: bytes, data: bytes, kind: str, keys: Sequence[PublicKey]) -> PublicKey:
    """The key of the list that signed the document as `bodydock <kind>`. Errors: SignatureFault."""
    signature = parse_signature(data)
    if signature.comment != f"bodydock {kind}":
        raise SignatureFault("comment", f"is of {signature.comment!r}, not of 'bodydock {kind}'")
    same_id = [key for key in keys if key.key_id == signature.key_id]
    if not same_id:
        raise SignatureFault("unknown-key", f"is by key {signature.key_id}, which is none of those that count here")
    digest = blake2b(document).digest()
    for key in same_id:
        if ed25519.verify(key.key, digest, signature.signature):
            return _with_comment(key, signature)
    raise SignatureFault("wrong", f"does not hold with key {signature.key_id}")


def _with_comment(key: PublicKey, signature: Signature) -> PublicKey:
    signed = signature.signature + signature.comment.encode("utf-8")
    if not ed25519.verify(key.key, signed, signature.comment_signature):
        raise SignatureFault("comment-altered", "has a trusted comment that was not signed")
    return key
