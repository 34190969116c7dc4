"""Disclosures (SPEC 4.11) that wait for the store's log. Nobody signs them: what can be judged is that each can be read and entered."""

import re
from pathlib import Path

from findings import Report
from safe_files import is_folder, names_in
from signed_document import Source, read_unsigned

FOLDER = ".disclosures"
_FILE = re.compile(r"[a-z2-7]{26}\.json", re.ASCII)
# What a role signed and a receiver places (SPEC 4.8.20, 4.18.6): it counts for nothing before.
_LEFT = re.compile(r"[a-z2-7]{26}\.(officer|supervisor|[0-9a-f]{16}\.evaluator)\.json", re.ASCII)
_UNFINISHED = re.compile(r".*\.(new|tmp)")


def check_disclosures(vault: Path, report: Report) -> None:
    """Each file of the folder, where there is one."""
    folder = vault / FOLDER
    if not is_folder(folder):  # whatever else has its name does not belong into a vault
        return
    for name, _ in names_in(folder):
        if _FILE.fullmatch(name):
            _check(Source(folder, FOLDER, name, "disclosure", "disclosure"), report)
        elif not _LEFT.fullmatch(name) and not _UNFINISHED.fullmatch(name):
            report.find("folder.unexpected", f"{FOLDER}/{name}", "does not belong to the disclosures")


def _check(source: Source, report: Report) -> None:
    """A receiver enters only one that is named after its id."""
    read = read_unsigned(source, report)
    value = read[1] if read is not None else None
    if value is not None and f"{value['disclosure']}.json" != source.name:
        place = source.part(source.name)
        report.find("disclosure.other-disclosure", place, f"is of disclosure {value['disclosure']}")
