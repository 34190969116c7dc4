"""Statements that the vault was restored from a backup (SPEC 4.14), and what the log of their receiver says of them."""

import re
from pathlib import Path

from evidence import Receiver, Vault
from findings import Report
from key_succession import KnownKeys
from orders import check_roles
from safe_files import is_unfinished, names_in, read_small
from signed_document import DOCUMENT_BYTES_MAX, Source, read_document

_FILE = re.compile(r"([0-9a-f]{16})\.json((?:\.officer|\.supervisor)?\.minisig)?", re.ASCII)


def read_restored(folder: Path, place: str, receiver: Receiver, keys: KnownKeys, report: Report) -> None:
    """Reads `<receiver>/restored/`."""
    names = dict(names_in(folder))
    for name, kind in names.items():
        match = _FILE.fullmatch(name)
        if is_unfinished(name, kind, _FILE.fullmatch):
            report.unfinished(f"{place}/{name}")
        elif match is None:
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to the statements")
        elif match[2] is not None and f"{match[1]}.json" not in names:
            report.find("restored.missing", f"{place}/{name}", "signs a statement that is not here")
        elif match[2] is None:
            source = Source(folder, place, name, "restored", "restored")
            document = read_document(source, keys.store, report)
            if document is None:
                continue
            if document.value["receiver"] != receiver.name:
                report.find("restored.other-receiver", document.place, f"is of {document.value['receiver']}")
            elif not document.sha256.startswith(match[1]):
                report.find("restored.other-name", document.place, "has the name of another statement")
            else:
                receiver.restored[document.sha256] = document
                _check_roles(source, keys, report)


def _check_roles(source: Source, keys: KnownKeys, report: Report) -> None:
    """Its keeper alone does not say why something is missing (4.14.9)."""
    data = read_small(source.folder / source.name, DOCUMENT_BYTES_MAX)
    signed, _ = check_roles(source, data, keys, report)
    given = {"officer": keys.officers, "supervisor": keys.supervisors}
    lacking = [role for role in given if given[role] and role not in signed]
    place = source.part(source.name)
    if lacking:
        report.find("restored.unsigned", place, f"is not signed by the {' and the '.join(lacking)}")
    elif not all(given.values()):
        report.leave_open("restored.not-judged", place, "is to be signed by both roles, and their keys are not given")


def check_restored(receiver: Receiver, vault: Vault, report: Report) -> None:
    """Each statement tells of a break, for good; it and the log of its receiver name each other."""
    logged = {line.facts.get("restored_sha256"): line for line in receiver.log.of("restored")}
    for sha256, document in receiver.restored.items():
        value = document.value
        report.note(
            "restored.break",
            document.place,
            f"what was received after {value['complete_until']} and before {value['restored_at']} may be missing",
        )
        if vault.vault is not None and value["vault"] != vault.vault:
            report.find("restored.other-vault", document.place, f"is of vault {value['vault']}")
        if sha256 not in logged:
            report.find("restored.unlogged", document.place, "stands in no entry 'restored'")
        elif logged[sha256].facts.get("complete_until") != value["complete_until"]:
            report.find("restored.other-logged", document.place, f"says something else than {logged[sha256].place}")
    for sha256, line in logged.items():
        if sha256 not in receiver.restored:
            report.find("restored.missing", line.place, f"names statement {sha256}, which is not here")
