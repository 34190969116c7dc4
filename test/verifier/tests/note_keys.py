"""Keys that sign notes in tests: Ed25519 by RFC 8032, section 5.1.6, over the arithmetic of the verifier."""

import base64
from dataclasses import dataclass
from hashlib import blake2b, sha512
from typing import Any

import ed25519
from key_succession import KnownKeys
from minisign_file import PublicKey
from signed_note import NoteKey
from trusted_keys import TrustedKeys

ORIGIN = f"bodydock/{'v' * 25}a/r-store"
_L = 2**252 + 27742317777372353535851937790883648493


@dataclass(frozen=True)
class Signer:
    """A key pair of a seed, with the name under which it cosigns."""

    seed: bytes
    name: str = ORIGIN

    def _secret(self) -> tuple[int, bytes]:
        digest = sha512(self.seed).digest()
        return int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254, digest[32:]

    @property
    def key(self) -> bytes:
        """Its public key."""
        return _times_base(self._secret()[0])

    @property
    def public(self) -> PublicKey:
        """As a key of a store."""
        return PublicKey(self.key[:8].hex(), self.key)

    @property
    def note_key(self) -> NoteKey:
        """As a key of a witness."""
        return NoteKey(self.name, 4, self.key)

    def sign(self, message: bytes) -> bytes:
        """The signature of 64 bytes."""
        scalar, prefix = self._secret()
        nonce = int.from_bytes(sha512(prefix + message).digest(), "little") % _L
        first = _times_base(nonce)
        challenge = int.from_bytes(sha512(first + self.key + message).digest(), "little") % _L
        return first + ((nonce + challenge * scalar) % _L).to_bytes(32, "little")


def _times_base(scalar: int) -> bytes:
    return ed25519._encode(ed25519._add_multiple(ed25519._NEUTRAL, ed25519._base_table(), scalar % _L))


def minisign(signer: Signer, document: bytes, kind: str) -> bytes:
    """The signature file of a document."""
    signature = signer.sign(blake2b(document).digest())
    comment = f"bodydock {kind}"
    body = base64.b64encode(b"ED" + signer.key[:8] + signature).decode()
    both = base64.b64encode(signer.sign(signature + comment.encode())).decode()
    return f"untrusted comment: x\n{body}\ntrusted comment: {comment}\n{both}\n".encode()


def public_line(signer: Signer) -> str:
    """The second line of its public key file."""
    return base64.b64encode(b"Ed" + signer.key[:8] + signer.key).decode()


LOG = Signer(b"l" * 32)
WITNESS = Signer(b"w" * 32, "witness.example/one")
STRANGER = Signer(b"s" * 32, "stranger.example/one")


class GivenKeys(KnownKeys):
    """The key of the store and of one witness."""

    def __init__(self) -> None:
        super().__init__(TrustedKeys((), [WITNESS.note_key]))

    @property
    def store(self) -> Any:
        return [LOG.public]


def note(
    origin: str, size: int, root: bytes, signers: list[Signer], *, name: str | None = None, kind: int = 1
) -> bytes:
    """A checkpoint by these keys under the origin's name."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    lines = [_line(NoteKey(name or origin, kind, each.key), each.sign(text.encode())) for each in signers]
    return f"{text}\n{''.join(lines)}".encode()


def cosign(data: bytes, witness: Signer, at: int) -> bytes:
    """The note with the word of a witness, seconds since 1970."""
    text = data.rpartition(b"\n\n")[0] + b"\n"
    signature = witness.sign(f"cosignature/v1\ntime {at}\n".encode() + text)
    return data + _line(witness.note_key, at.to_bytes(8, "big") + signature).encode()


def _line(key: NoteKey, signature: bytes) -> str:
    return f"\u2014 {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def vkey(signer: Signer, kind: int = 4) -> str:
    """A public key as C2SP writes it."""
    key = NoteKey(signer.name, kind, signer.key)
    return f"{key.name}+{key.key_id.hex()}+{base64.b64encode(bytes([kind]) + key.key).decode()}"
