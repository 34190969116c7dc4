"""Time stamps of RFC 3161, by openssl: it alone knows certificates."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

_TIME = re.compile(r"^Time stamp: (\w{3} +\d+ \d+:\d+:\d+)(?:\.\d+)? (\d+) GMT$", re.ASCII | re.MULTILINE)


def stamped_at_ms(data: bytes, response: Path, authorities: Sequence[Path]) -> int | None:
    """When one of the authorities stamped the bytes; None where none of them did, or openssl is not installed."""
    openssl = shutil.which("openssl")
    if openssl is None or response.is_symlink():
        return None
    for authority in authorities:
        asked = [openssl, "ts", "-verify", "-digest", sha256(data).hexdigest()]
        holds = subprocess.run(
            [*asked, "-in", str(response), "-CAfile", str(authority)], capture_output=True, timeout=60, check=False
        )
        if holds.returncode == 0:
            return _time_of(openssl, response)
    return None


def _time_of(openssl: str, response: Path) -> int | None:
    asked = [openssl, "ts", "-reply", "-in", str(response), "-text"]
    said = subprocess.run(asked, capture_output=True, timeout=60, check=False, text=True, errors="replace")
    match = _TIME.search(said.stdout)
    if match is None:
        return None
    at = datetime.strptime(f"{match[1]} {match[2]}", "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)
