"""The public keys that the person who verifies trusts: a folder of minisign public key files, told apart by their names.

`station.pub`, `station.<text>.pub`   keys of any station
`station-<id>.pub`, `station-<id>.<text>.pub`   keys of that station alone
`store*.pub`   keys of the store: receipts, deletion records, its own log
`officer*.pub`, `supervisor*.pub`   keys of the two roles that sign orders
`evaluator*.pub`   keys of evaluators
`witness*.vkey`   keys of witnesses outside that cosign the store's log: one line as C2SP writes it
`timestamp*.pem`   certificates of authorities whose time stamps count
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minisign_file import PublicKey, parse_public_key
from safe_files import FileFault, names_in, read_small
from shapes import STATION_ID, fits
from signed_note import NoteKey, parse_witness_key

_KEY_FILE_BYTES_MAX = 4096
_NAME = re.compile(r"(station|store|officer|supervisor|evaluator)(.*)\.pub", re.ASCII | re.DOTALL)
_WITNESS = re.compile(r"witness.*\.vkey", re.ASCII | re.DOTALL)
_AUTHORITY = re.compile(r"timestamp.*\.pem", re.ASCII | re.DOTALL)
_STATION = re.compile(r"(?:-([^.]+))?(?:\..*)?", re.ASCII | re.DOTALL)


class KeysUnusable(Exception):
    """The folder holds no keys that a verification could begin with."""


@dataclass(frozen=True)
class _Trusted:
    role: str
    suffix: str | None
    key: PublicKey


class TrustedKeys:
    """Keys by what they count for."""

    def __init__(
        self, trusted: Sequence[_Trusted], witnesses: Sequence[NoteKey] = (), authorities: Sequence[Path] = ()
    ) -> None:
        self._trusted = trusted
        self.witnesses = witnesses
        self.authorities = authorities
        self.store = self._of("store")
        self.officers = self._of("officer")
        self.supervisors = self._of("supervisor")
        self.evaluators = self._of("evaluator")

    def station(self, station: str) -> Sequence[PublicKey]:
        """Keys of one station: those with its id, or where there are none those of any station."""
        own = [each.key for each in self._trusted if each.role == "station" and each.suffix == station]
        return own or [each.key for each in self._trusted if each.role == "station" and each.suffix is None]

    def _of(self, role: str) -> Sequence[PublicKey]:
        return [each.key for each in self._trusted if each.role == role]


def read_trusted_keys(folder: Path) -> TrustedKeys:
    """All keys of the folder. Errors: KeysUnusable."""
    trusted = [
        _Trusted(match[1], _suffix(folder / name, match[1], match[2]), _read(folder / name))
        for name, _ in names_in(folder)
        if (match := _NAME.fullmatch(name)) is not None
    ]
    for role in ("station", "store"):
        if not any(each.role == role for each in trusted):
            raise KeysUnusable(f"{folder} holds no public key {role}*.pub")
    names = [name for name, _ in names_in(folder)]
    witnesses = [_read_witness(folder / name) for name in names if _WITNESS.fullmatch(name)]
    _refuse_two_roles([*((each.role, each.key.key) for each in trusted), *(("witness", each.key) for each in witnesses)])
    return TrustedKeys(trusted, witnesses, [folder / name for name in names if _AUTHORITY.fullmatch(name)])


def _read_witness(path: Path) -> NoteKey:
    try:
        key = parse_witness_key(read_small(path, _KEY_FILE_BYTES_MAX).decode("utf-8", "replace").strip())
    except FileFault as fault:
        raise KeysUnusable(f"{path} {fault}") from fault
    if key is None:
        raise KeysUnusable(f"{path} is no public key of a witness")
    return key


def _suffix(path: Path, role: str, rest: str) -> str | None:
    """The station that the name pins the key to. One that leaves open which it is counts for none and hides nothing."""
    if role != "station":
        return None
    match = _STATION.fullmatch(rest)
    if match is None or (match[1] is not None and not fits(STATION_ID, match[1])):
        raise KeysUnusable(f"{path} does not say whose key it is: station.pub, station-<id>.pub")
    return match[1]


def _read(path: Path) -> PublicKey:
    try:
        key = parse_public_key(read_small(path, _KEY_FILE_BYTES_MAX))
    except FileFault as fault:
        raise KeysUnusable(f"{path} {fault}") from fault
    if key is None:
        raise KeysUnusable(f"{path} is no minisign public key")
    return key


def _refuse_two_roles(held: Sequence[tuple[str, bytes]]) -> None:
    """One key for two roles would let one person stand for two. *Two* officers' files with one key do no harm."""
    roles: dict[bytes, str] = {}
    for role, key in held:
        if roles.setdefault(key, role) != role:
            raise KeysUnusable(f"one key is there for two roles: {roles[key]}, {role}")
