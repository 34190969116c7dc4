"""Proofs of a kit that its receipts are in the store's log (SPEC 4.13.5.10 to 4.13.5.12), and who outside saw a checkpoint of it, and when."""

import re
from collections.abc import Iterator
from pathlib import Path

from evidence import Receipted, Vault
from findings import Report
from instants import text_of
from key_succession import KnownKeys
from log_tree import cosignatures
from merkle_tree import HASH_BYTES, root_by_inclusion
from safe_files import FileFault, names_in, read_small
from signed_note import NOTE_BYTES_MAX, NoteFault, Proof, check_signature, parse_proof
from time_stamp import stamped_at_ms

_FILE = re.compile(r"([a-z2-7]{26})\.(?:(cosigned|stamped|store)\.tlog-proof|stamped\.tsr)", re.ASCII)


def check_proofs(folder: Path, vault: Vault, keys: KnownKeys, report: Report) -> None:
    """Judges `proofs/`, and says of each receipt of the kit by whom it is fixed."""
    names = dict(names_in(folder))
    receipted = {each.name: each for station in vault.stations.values() for each in station.receipted() if each.receipt is not None}
    fixed: dict[str, list[tuple[int, str]]] = {name: [] for name in receipted}
    for name, kind in names.items():
        match, place = _FILE.fullmatch(name), f"proofs/{name}"
        if match is None or kind != "file":
            report.find("folder.unexpected", place, "does not belong to the proofs")
        elif match[1] not in receipted:
            report.find("receipt.proof", place, "is of a receipt that is not here")
        elif match[2] is None and f"{match[1]}.stamped.tlog-proof" not in names:
            report.find("receipt.proof", place, "stamps a checkpoint that is not here")
        elif match[2] is not None:
            stamp = folder / f"{match[1]}.stamped.tsr" if match[2] == "stamped" else None
            fixed[match[1]] += _judge(folder / name, place, receipted[match[1]], stamp, vault, keys, report)
    for name, seen in fixed.items():
        if seen:
            at, by = min(seen)
            report.note("receipt.fixed", f"{name}/receipt.json", f"was in the store's log at {text_of(at)}, by {by}")
        else:
            report.note("receipt.not-fixed", f"{name}/receipt.json", "nobody outside is known who saw it in the store's log")


def _judge(
    path: Path, place: str, receipted: Receipted, stamp: Path | None, vault: Vault, keys: KnownKeys, report: Report
) -> Iterator[tuple[int, str]]:
    try:
        proof = parse_proof(read_small(path, NOTE_BYTES_MAX))
        check_signature(proof.checkpoint, keys.store)
    except (FileFault, NoteFault) as fault:
        report.find("receipt.proof", place, str(fault))
        return
    if not any(_proves(proof, leaf, receiver, receipted) for receiver, leaf in _leaves(receipted, vault)):
        report.find("receipt.proof", place, "proves of no entry here that it is in the log of its receiver")
        return
    yield from cosignatures(proof.checkpoint, place, keys, report)
    stamped = stamped_at_ms(proof.checkpoint.text, stamp, keys.authorities) if stamp is not None and keys.authorities else None
    if stamped is not None:
        yield stamped, "a time stamp"


def _leaves(receipted: Receipted, vault: Vault) -> Iterator[tuple[str, bytes]]:
    """Receivers in whose logs an entry that counts names the receipt, and the hash of its line."""
    expected = (receipted.station, receipted.name, receipted.receipt.sha256 if receipted.receipt is not None else None)
    for receiver in vault.receivers.values():
        for segment in receiver.log.order:
            for line in segment.counting:
                said = (line.facts.get("station"), line.facts.get("recording"), line.facts.get("receipt_sha256"))
                if line.event == "receipt" and said == expected:
                    yield receiver.name, bytes(segment.leaves[(line.sequence - 1) * HASH_BYTES :][:HASH_BYTES])


def _proves(proof: Proof, leaf: bytes, receiver: str, receipted: Receipted) -> bool:
    checkpoint = proof.checkpoint
    own = f"bodydock/{receipted.receipt.value['vault']}/{receiver}" if receipted.receipt is not None else ""
    is_own = checkpoint.origin == own or checkpoint.origin.startswith(f"{own}/")
    return is_own and root_by_inclusion(proof.index, checkpoint.size, leaf, proof.path) == checkpoint.root
