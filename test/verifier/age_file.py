"""What an age v1 file shows to everybody (age-encryption.org/v1): its header, its recipients by number, and how many bytes are sealed in it.

Opening it is left to the stock `age`, where it is installed and an identity is given.
"""

import re
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

_HEADER_BYTES_MAX = 16 * 1024
_CHUNK_BYTES = 65_536
_TAG_BYTES = 16
_NONCE_BYTES = 16
_BASE64 = rb"[A-Za-z0-9+/]{43}"
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n((?:-> X25519 " + _BASE64 + rb"\n" + _BASE64 + rb"\n)+)--- " + _BASE64 + rb"\n"
)
_OPEN_SECONDS_MAX = 600


@dataclass(frozen=True)
class AgeHeader:
    """Length of the header in bytes, and how many can open what follows."""

    size_bytes: int
    recipients: int

    def sealed_size(self, original_bytes: int) -> int:
        """Size of the whole file for an original of that size: a tag for each chunk of 65,536 bytes, and one chunk at least."""
        chunks = max(1, -(-original_bytes // _CHUNK_BYTES))
        return self.size_bytes + _NONCE_BYTES + original_bytes + chunks * _TAG_BYTES


def parse_header(data: bytes) -> AgeHeader | None:
    """The header at the beginning of the bytes, where it is one of X25519 recipients alone."""
    match = _HEADER.match(data[:_HEADER_BYTES_MAX])
    return AgeHeader(match.end(), match[1].count(b"-> ")) if match is not None else None


def read_header(file: BinaryIO) -> AgeHeader | None:
    """The same from a file that is read from its beginning."""
    file.seek(0)
    return parse_header(file.read(_HEADER_BYTES_MAX))


@dataclass(frozen=True)
class Opened:
    """Size and digest of what was sealed."""

    size_bytes: int
    sha256: str


class AgeTool:
    """The stock `age` with an identity."""

    def __init__(self, program: str, identity: Path) -> None:
        self._command = [program, "-d", "-i", str(identity)]

    def open_file(self, path: Path) -> Opened | None:
        """What the file holds; None where age refuses it."""
        with subprocess.Popen(
            [*self._command, "--", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            if process.stdout is None:
                raise AssertionError("its output was asked for")
            digest, size = sha256(), 0
            while piece := process.stdout.read(1 << 20):
                digest.update(piece)
                size += len(piece)
            code = process.wait(_OPEN_SECONDS_MAX)
        return Opened(size, digest.hexdigest()) if code == 0 else None

    def open_bytes(self, sealed: bytes) -> bytes | None:
        """A small sealed text; None where age refuses it."""
        result = subprocess.run(
            self._command, input=sealed, capture_output=True, check=False, timeout=_OPEN_SECONDS_MAX
        )
        return result.stdout if result.returncode == 0 else None
