"""Evaluations (SPEC 4.18): what evaluators say of recordings. Nothing rests on them, so each is judged alone, then against recordings and logs."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from custody_log import CustodyLog
from evidence import Station
from findings import Report
from key_succession import KnownKeys
from safe_files import is_unfinished, names_in
from shapes import RANDOM_ID, fits
from signed_document import Document, Source, check_signature, read_document, read_unsigned, sha256_hex

_KEY_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
_FILES = {"evaluation.json", "evaluation.json.minisig"}


def read_evaluations(folder: Path, place: str, station: Station, keys: KnownKeys, report: Report) -> None:
    """The folder of a station: a folder a recording, in that a folder a key."""
    for recording, kind in names_in(folder):
        if kind != "folder" or not fits(RANDOM_ID, recording):
            report.find("folder.unexpected", f"{place}/{recording}", "does not belong to evaluations")
            continue
        for key_id, of in names_in(folder / recording):
            at = f"{place}/{recording}/{key_id}"
            if of != "folder" or _KEY_ID.fullmatch(key_id) is None:
                report.find("folder.unexpected", at, "does not belong to evaluations")
                continue
            found = _read(folder / recording / key_id, at, keys, report)
            if found is not None:
                station.evaluations[recording, key_id] = found
                _check_place(found, station.name, recording, key_id, report)


def _read(folder: Path, place: str, keys: KnownKeys, report: Report) -> Document | None:
    for name, kind in names_in(folder):
        if is_unfinished(name, kind, _FILES.__contains__):
            report.unfinished(f"{place}/{name}")
        elif name not in _FILES:
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to an evaluation")
    source = Source(folder, place, "evaluation.json", "evaluation", "evaluation")
    if keys.evaluators:
        return read_document(source, keys.evaluators, report)
    report.note("evaluation.not-judged", place, "is signed by somebody, and no key of an evaluator is given")
    read = read_unsigned(source, report)
    if read is None:
        return None
    data, value = read
    unjudged = Report()
    check_signature(source, f"{source.name}.minisig", data, (), unjudged)
    for each in unjudged.findings:
        if each.code != "evaluation.signature-unknown-key":
            report.find(each.code, each.place, each.detail)
    return None if value is None else Document(source.part(source.name), sha256_hex(data), value, None)


def _check_place(found: Document, station: str, recording: str, key_id: str, report: Report) -> None:
    value = found.value
    said = (value["station"], value["recording"], found.key_id or key_id)
    if said != (station, recording, key_id):
        report.find("evaluation.misplaced", found.place, f"is of {' '.join(said)}, and its folder is not")


def check_evaluations(station: Station, logs: Iterable[CustodyLog], dropped: set[str], report: Report) -> None:
    """Against the recordings that are here, and what the stores' logs say. `dropped`: recordings whose documents went."""
    entered: dict[tuple[str, str], set[str]] = defaultdict(set)
    places: dict[tuple[str, str], str] = {}
    for log in logs:
        for line, _ in log.about(station.name):
            if line.event == "evaluation":
                name = (str(line.facts.get("recording")), str(line.facts.get("key_id")))
                entered[name].add(str(line.facts.get("evaluation_sha256")))
                places[name] = line.place
    for (recording, key_id), found in station.evaluations.items():
        held = station.recordings.get(recording)
        if held is None or held.document is None or held.document.sha256 != found.value["manifest_sha256"]:
            report.find("evaluation.no-recording", found.place, "is about a recording that is not here with that manifest")
        if (recording, key_id) not in entered:
            report.note("evaluation.not-logged", found.place, "is named by no log of the store")
        elif found.sha256 not in entered[recording, key_id]:
            report.find("evaluation.other-logged", found.place, "is not the one that the store's log names")
    for name, place in places.items():
        if name not in station.evaluations and name[0] not in dropped:
            report.find("evaluation.missing", place, f"names an evaluation of recording {name[0]}, which is not here")
