"""Policies that both roles signed (SPEC 4.16): which of them count, and which keys of roles they name."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from custody_events import STORE_EVENTS
from evidence import Vault
from findings import Report
from key_succession import KnownKeys
from minisign_file import PublicKey, parse_public_key_line
from safe_files import is_unfinished, names_in
from shapes import fits
from signed_document import Document, Source, check_signature, read_unsigned, sha256_hex

_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_FILES = {"policy.json", "policy.json.officer.minisig", "policy.json.supervisor.minisig"}


@dataclass
class Policies:
    """Policies of a vault by their digest: those that count, and those that cannot be judged without keys of the roles."""

    counting: dict[str, Document] = field(default_factory=dict)
    unjudged: dict[str, Document] = field(default_factory=dict)
    # All that are here, by number.
    by_number: dict[int, Document] = field(default_factory=dict)
    # In a kit, of which they are.
    vault: str | None = None


def read_policies(
    folder: Path, vault: str | None, keys: KnownKeys, report: Report, *, of_one_vault: bool = False
) -> Policies:
    """Reads `policies/`, and takes the keys of roles that those name which count.

    `of_one_vault`: which one, the policy of the lowest number says, as in a kit (SPEC 4.13.5.15).
    """
    found = Policies()
    numbers: list[int] = []
    for name, kind in names_in(folder):
        if kind == "folder" and _NUMBER.fullmatch(name):
            numbers.append(int(name))
        else:
            report.find("folder.unexpected", f"policies/{name}", "does not belong to the policies")
    roles: dict[str, list[PublicKey]] = {"officer": [], "supervisor": []}
    for number in sorted(numbers):
        place = f"policies/{number}"
        by_hand = {"officer": keys.officers_by_hand, "supervisor": keys.supervisors_by_hand}
        trusted = {role: [*by_hand[role], *roles[role]] for role in roles}
        document, holds = _read(folder / str(number), place, trusted, all(by_hand.values()), report)
        if document is None:
            continue
        found.by_number[number] = document
        if of_one_vault:
            vault = found.vault = vault or str(document.value["vault"])
        if not _is_own(document, number, vault, report):
            continue
        if not all(by_hand.values()):
            found.unjudged[document.sha256] = document
            report.note("policy.not-judged", document.place, "cannot be judged without keys of both roles")
        elif holds:
            found.counting[document.sha256] = document
            roles = {role: _keys(document.value[f"{role}s"]) for role in roles}
            keys.take_roles(roles["officer"], roles["supervisor"])
    return found


def _keys(lines: list[str]) -> list[PublicKey]:
    return [key for line in lines if (key := parse_public_key_line(line)) is not None]


def _read(
    folder: Path, place: str, trusted: dict[str, list[PublicKey]], is_judged: bool, report: Report
) -> tuple[Document | None, bool]:
    """The policy, and whether both roles signed it."""
    for name, kind in names_in(folder):
        if is_unfinished(name, kind, _FILES.__contains__):
            report.unfinished(f"{place}/{name}")
        elif name not in _FILES:
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to a policy")
    source = Source(folder, place, "policy.json", "policy", "policy")
    read = read_unsigned(source, report)
    if read is None or read[1] is None:
        return None, False
    data, value = read
    signers = [
        check_signature(source, f"policy.json.{role}.minisig", data, trusted[role], report) if is_judged else None
        for role in trusted
    ]
    is_one = None not in signers and len({signer.key for signer in signers if signer is not None}) == 1
    if is_one:
        report.find("policy.one-key-twice", source.part("policy.json"), "is signed by one key for both roles")
    return Document(source.part("policy.json"), sha256_hex(data), value, None), None not in signers and not is_one


def _is_own(document: Document, number: int, vault: str | None, report: Report) -> bool:
    is_own = True
    for field_name, expected in (("number", number), ("vault", vault)):
        if expected is not None and document.value[field_name] != expected:
            report.find(f"policy.other-{field_name}", document.place, f"is of {field_name} {document.value[field_name]}")
            is_own = False
    return is_own


def check_policies_of_kit(vault: Vault, policies: Policies, report: Report) -> None:
    """They are of the vault that the receipts are of. That one is not here which the kit names is no fault (SPEC 4.13.5.14)."""
    receipts = [each.receipt for station in vault.stations.values() for each in station.receipted() if each.receipt is not None]
    for receipt in receipts:
        if policies.vault is not None and receipt.value["vault"] != policies.vault:
            report.find("policy.other-vault", receipt.place, f"is of another vault than the policies, {policies.vault}")
    named = {line.facts.get("policy_sha256") for receiver in vault.receivers.values() for line in receiver.log.of("policy")}
    _tell_unlogged(policies, named, report)


def check_policies(vault: Vault, policies: Policies, report: Report) -> None:
    """Each entry of a store's log names a policy that is here, with a number above those before; each document one that is here."""
    named: set[object] = set()
    _check_documents(vault, {document.sha256 for document in policies.by_number.values()}, report)
    for receiver in vault.receivers.values():
        last = (0, "")
        for line in receiver.log.of("policy"):
            if not fits(STORE_EVENTS["policy"], line.facts):
                continue  # which is a finding of its own
            number, sha256 = line.facts["number"], line.facts["policy_sha256"]
            named.add(sha256)
            here = policies.by_number.get(number)
            if here is None:
                report.find("policy.missing", line.place, f"names policy {number}, which is not here")
            elif here.sha256 != sha256:
                report.find("policy.differs", here.place, f"is another one than {line.place} names")
            if number < last[0] or (number == last[0] and sha256 != last[1]):
                report.find("policy.number", line.place, f"names policy {number} after policy {last[0]}")
            last = max(last, (number, sha256), key=lambda each: each[0])
    _tell_unlogged(policies, named, report)


def _tell_unlogged(policies: Policies, named: Collection[object], report: Report) -> None:
    for document in policies.by_number.values():
        if document.sha256 not in named:
            report.note("policy.unlogged", document.place, "is in no entry 'policy' of the store's log")


def _check_documents(vault: Vault, here: set[str], report: Report) -> None:
    missing: set[str] = set()
    for station in vault.stations.values():
        for each in station.receipted():
            sha256 = (each.value or {}).get("policy_sha256")
            if each.document is None or each.document.key_id is None or sha256 is None or sha256 in here | missing:
                continue
            missing.add(sha256)
            report.find("policy.missing", each.document.place, f"names policy {sha256}, which is not here")
