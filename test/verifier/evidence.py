"""What a vault holds, as far as it could be read: recordings, docking records, orders, key documents and logs, by station and receiver."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custody_log import CustodyLog
from minisign_file import PublicKey
from signed_document import Document


@dataclass
class Receipted:
    """A folder of a recording or of one part of a docking record."""

    name: str
    station: str
    folder: Path
    place: str
    # The manifest or the docking record; None where it is not there or not to be read.
    document: Document | None = None
    receipt: Document | None = None

    @property
    def value(self) -> dict[str, Any] | None:
        """Fields of the manifest or docking record."""
        return self.document.value if self.document is not None else None


@dataclass
class Recording(Receipted):
    """A recording's folder."""

    deletion: Document | None = None
    # A deletion record is there, whether it counts or not.
    deleted: bool = False
    # Names of sealed files that are still there beside a deletion record.
    left: tuple[str, ...] = ()


@dataclass
class StaffDocument(Receipted):
    """A folder of a staff report or a staff text (SPEC 4.17)."""

    kind: str = "staff-report"


@dataclass(frozen=True)
class Order:
    """An order. `signed` has the roles whose signature holds, `unjudged` those whose signature is here and of which no key is given."""

    document: Document
    signed: frozenset[str]
    unjudged: frozenset[str] = frozenset()
    # Ids of the keys whose signature holds, by role.
    key_ids: tuple[tuple[str, str], ...] = ()

    @property
    def value(self) -> dict[str, Any]:
        """Its fields."""
        return self.document.value


@dataclass(frozen=True)
class KeyChange:
    """A change of keys. `by_old` and `by_new`: whose signature is there and holds."""

    document: Document
    holder: str
    old: PublicKey
    new: PublicKey
    by_old: bool
    by_new: bool

    @property
    def is_planned(self) -> bool:
        """Whether the old key was there to sign it; else it counts for nothing but the reader."""
        return bool(self.document.value["reason"] == "planned")


@dataclass
class Keeper:
    """A folder of a station or of a receiver in a vault."""

    name: str
    place: str
    log: CustodyLog
    key_changes: list[KeyChange] = field(default_factory=list)


@dataclass
class Station(Keeper):
    """What a vault holds of one station."""

    recordings: dict[str, Recording] = field(default_factory=dict)
    dockings: dict[str, Receipted] = field(default_factory=dict)
    documents: dict[str, StaffDocument] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    # Evaluations by recording and key (SPEC 4.18).
    evaluations: dict[tuple[str, str], Document] = field(default_factory=dict)
    # Revocations by the id of the key.
    revocations: dict[str, Document] = field(default_factory=dict)
    # Deletion records of which the other documents were dropped, by recording.
    kept: dict[str, Document] = field(default_factory=dict)

    def receipted(self) -> Iterator[Receipted]:
        """Folders of recordings, then those of docking records and of staff."""
        yield from self.recordings.values()
        yield from self.dockings.values()
        yield from self.documents.values()


@dataclass
class LogFiles:
    """Files of one tree of a store's log (SPEC 4.15). `suffix`: end of its origin, or empty."""

    suffix: str
    folder: Path
    place: str
    # Notes by their name, and time stamps by the size that they are of.
    notes: dict[str, bytes] = field(default_factory=dict)
    stamps: dict[int, Path] = field(default_factory=dict)


@dataclass
class Receiver(Keeper):
    """What a vault holds of one receiver: its own log, statements that the vault was restored by digest."""

    restored: dict[str, Document] = field(default_factory=dict)
    # What lies in `log/`, by the end of the origin: empty, or 16 hex digits.
    log_files: list[LogFiles] = field(default_factory=list)


@dataclass
class Vault:
    """A whole vault."""

    vault: str | None
    stations: dict[str, Station] = field(default_factory=dict)
    receivers: dict[str, Receiver] = field(default_factory=dict)
