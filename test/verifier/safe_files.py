"""Reads foreign files: regular ones only, no link is followed, and nothing is larger than the reader allows."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO


class FileFault(Exception):
    """A file that is not as it must be. `reason`: `missing`, `unreadable` or `oversize`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def open_regular(path: Path, bytes_max: int | None = None) -> BinaryIO:
    """Opens a regular file. A link, a FIFO, a device or a folder in its place is `unreadable`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise FileFault("missing", "is not there") from error
    except OSError as error:
        raise FileFault("unreadable", f"cannot be opened: {error.strerror}") from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise FileFault("unreadable", "is no regular file")
    if bytes_max is not None and found.st_size > bytes_max:
        os.close(handle)
        raise FileFault("oversize", f"has more than {bytes_max} bytes")
    return os.fdopen(handle, "rb")


def read_small(path: Path, bytes_max: int) -> bytes:
    """The whole file."""
    with open_regular(path) as file:
        data = file.read(bytes_max + 1)
    if len(data) > bytes_max:
        raise FileFault("oversize", f"has more than {bytes_max} bytes")
    return data


def names_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Names in a folder in ascending order, each with what it is: `file`, `folder` or `other`. Nothing where it is no folder.

    Errors: OSError where it is one and cannot be read: then nothing can be said of what is in it.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, _kind_of(entry)) for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from found


def _kind_of(entry: os.DirEntry[str]) -> str:
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"


def holds_files(folder: Path) -> bool:
    """Whether there is anything but folders in it, however deep; no link is followed."""
    pending = [folder]
    while pending:
        here = pending.pop()
        for name, kind in names_in(here):
            if kind != "folder":
                return True
            pending.append(here / name)
    return False


def is_unfinished(name: str, kind: str, belongs: Callable[[str], object]) -> bool:
    """Whether a write that was cut off left it: a file named as one that belongs there, and `.tmp`. Nobody was ever told of it."""
    return kind == "file" and name.endswith(".tmp") and bool(belongs(name.removesuffix(".tmp")))


def is_folder(path: Path) -> bool:
    """Whether it is a folder and no link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
