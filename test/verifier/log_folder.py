"""Reads `<receiver>/log/` (SPEC 4.15): notes and time stamps of each tree of a store's log, and the names of its tiles."""

import re
from pathlib import Path

from evidence import LogFiles, Receiver
from findings import Report
from safe_files import FileFault, is_unfinished, names_in, read_small
from signed_note import NOTE_BYTES_MAX

_SUFFIX = re.compile(r"[0-9a-f]{16}", re.ASCII)
_STAMP = re.compile(r"(0|[1-9][0-9]{0,15})\.(tsr|checkpoint)", re.ASCII)
_LEVEL = re.compile(r"[0-9]|[1-5][0-9]|6[0-3]", re.ASCII)
_TILE_PART = re.compile(r"x[0-9]{3}", re.ASCII)
_TILE = re.compile(r"[0-9]{3}", re.ASCII)
_PARTIAL = re.compile(r"[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]", re.ASCII)
_NOTE = re.compile(r"checkpoint|cosigned(-[0-9a-f]{8})?", re.ASCII)


def read_log_folder(folder: Path, place: str, receiver: Receiver, report: Report) -> None:
    """Everything in it, into the receiver."""
    _read_tree(LogFiles("", folder, place), receiver, report)


def _read_tree(files: LogFiles, receiver: Receiver, report: Report) -> None:
    receiver.log_files.append(files)
    for name, kind in names_in(files.folder):
        place = f"{files.place}/{name}"
        if is_unfinished(name, kind, _NOTE.fullmatch):
            report.unfinished(place)
        elif kind == "file" and _NOTE.fullmatch(name):
            _read_note(files, name, files.folder / name, report)
        elif (kind, name) == ("folder", "timestamps"):
            _read_stamps(files, report)
        elif (kind, name) == ("folder", "tile"):
            for level, each in names_in(files.folder / name):
                if each == "folder" and _LEVEL.fullmatch(level):
                    _check_tiles(files.folder / name / level, f"{place}/{level}", report)
                else:
                    _unexpected(f"{place}/{level}", report)
        elif kind == "folder" and not files.suffix and _SUFFIX.fullmatch(name):
            _read_tree(LogFiles(name, files.folder / name, place), receiver, report)
        else:
            _unexpected(place, report)


def _unexpected(place: str, report: Report) -> None:
    report.find("folder.unexpected", place, "does not belong to the log of a store")


def _read_note(files: LogFiles, name: str, path: Path, report: Report) -> None:
    try:
        files.notes[name] = read_small(path, NOTE_BYTES_MAX)
    except FileFault as fault:
        report.find("log.checkpoint", f"{files.place}/{name}", str(fault))


def _read_stamps(files: LogFiles, report: Report) -> None:
    folder = files.folder / "timestamps"
    for name, kind in names_in(folder):
        match = _STAMP.fullmatch(name)
        if is_unfinished(name, kind, _STAMP.fullmatch):
            report.unfinished(f"{files.place}/timestamps/{name}")
        elif match is None or kind != "file":
            _unexpected(f"{files.place}/timestamps/{name}", report)
        elif match[2] == "tsr":
            files.stamps[int(match[1])] = folder / name
        else:
            _read_note(files, f"timestamps/{name}", folder / name, report)


def _check_tiles(folder: Path, place: str, report: Report) -> None:
    """Nothing but tiles of that level. Nobody needs them who has the lines."""
    for name, kind in names_in(folder):
        at = f"{place}/{name}"
        if kind == "folder" and _TILE_PART.fullmatch(name):
            _check_tiles(folder / name, at, report)
        elif kind == "folder" and name.endswith(".p") and _TILE.fullmatch(name.removesuffix(".p")):
            for width, each in names_in(folder / name):
                if is_unfinished(width, each, _PARTIAL.fullmatch):
                    report.unfinished(f"{at}/{width}")
                elif each != "file" or not _PARTIAL.fullmatch(width):
                    _unexpected(f"{at}/{width}", report)
        elif is_unfinished(name, kind, _TILE.fullmatch):
            report.unfinished(at)
        elif kind != "file" or not _TILE.fullmatch(name):
            _unexpected(at, report)
