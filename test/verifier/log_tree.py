"""A store's log as a tree (SPEC 4.15): each checkpoint of it that anybody kept is that of the lines that are here, and what these lines name is here.

A log that was cut or written again by who has its key does not fit a checkpoint that he does not hold.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter

from custody_log import last_segment_of
from evidence import LogFiles, Receiver, Vault
from findings import Report
from instants import DAY_MS, SECOND_MS, milliseconds, text_of
from key_succession import KnownKeys
from merkle_tree import HASH_BYTES, GrowingTree
from signed_note import Checkpoint, NoteFault, check_signature, cosigned_at, parse_checkpoint, parse_paper, receiver_in
from time_stamp import stamped_at_ms


@dataclass(frozen=True)
class Kept:
    """A checkpoint that somebody kept. `keeper`: whose it is, for people; `at_ms`: when the log is fixed by it, where it is."""

    checkpoint: Checkpoint
    place: str
    keeper: str
    at_ms: int | None = None
    # Whether a witness or an authority says that time: the clock of a station may be wrong.
    timed: bool = False


@dataclass
class _Tree:
    """Lines of one origin."""

    origin: str
    # Their hashes one after the other.
    leaves: bytearray = field(default_factory=bytearray)
    # Number of the line that names a deletion record first, by its digest.
    deleting: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.leaves) // HASH_BYTES

    def roots(self, sizes: set[int]) -> dict[int, bytes]:
        """Roots of these sizes, as far as there are lines."""
        tree = GrowingTree()
        roots = {0: tree.root()}
        for at in range(0, len(self.leaves), HASH_BYTES):
            tree.add(bytes(self.leaves[at : at + HASH_BYTES]))
            if tree.size in sizes:
                roots[tree.size] = tree.root()
        return roots


@dataclass(frozen=True)
class Asked:
    """A word from outside that the reader asks for: when it may have been said, first and last (SPEC 4.15.37)."""

    since_ms: int
    until_ms: int


def check_log_trees(
    vault: Vault, keys: KnownKeys, brought: Sequence[tuple[str, bytes]], report: Report, asked: Asked | None = None
) -> dict[str, str]:
    """Judges the trees of all receivers by all checkpoints that are known; gives for each origin up to when it is fixed, in words.

    `brought`: checkpoints that the reader has, with their names.
    """
    by_receiver = {name: _trees_of(receiver, vault, report) for name, receiver in vault.receivers.items()}
    trees = {tree.origin: tree for own in by_receiver.values() for tree in own}
    kept: dict[str, list[Kept]] = defaultdict(list)
    by_reader = [
        Kept(checkpoint, place, "the reader")
        for place, data in brought
        for checkpoint in _read_brought(data, place, keys, report)
    ]
    said = [*_kept_by_statements(vault), *by_reader]
    for each in [*_kept_by_receivers(vault, keys, report), *_kept_by_stations(vault, keys, report), *said]:
        kept[each.checkpoint.origin].append(each)
        for at_ms, witness in cosignatures(each.checkpoint, each.place, keys, report):
            kept[each.checkpoint.origin].append(Kept(each.checkpoint, each.place, witness, at_ms, timed=True))
    _check_brought(vault, [data for _, data in brought], report)
    good: dict[str, list[Kept]] = {}
    for origin in sorted(kept.keys() | trees.keys()):
        tree = trees.get(origin, _Tree(origin))
        good[origin] = _check_kept(tree, kept[origin], vault, report)
        _check_dates(tree, good[origin], vault, report)
    if asked is not None:
        # A tree that a statement ended is fixed by nobody any more (SPEC 4.15.37).
        ended = {each.checkpoint.origin for each in _kept_by_statements(vault)}
        newest = [own[-1].origin for own in by_receiver.values() if own]
        _check_asked({origin: good[origin] for origin in newest if origin not in ended}, asked, report)
        if not newest:
            report.find("log.not-fixed", ".", "no log of a store here is a tree, which somebody outside could fix")
    return {origin: _fixed(tree, kept[origin]) for origin, tree in sorted(trees.items())}


def _check_brought(vault: Vault, brought: Sequence[bytes], report: Report) -> None:
    own = f"bodydock/{vault.vault}/".encode()
    if vault.vault is not None and brought and not any(own in data.lower() for data in brought):
        report.find("log.not-fixed", ".", f"no checkpoint that the reader brings is of vault {vault.vault}")


def _check_asked(good: Mapping[str, Iterable[Kept]], asked: Asked, report: Report) -> None:
    """`good`: checkpoints that are of a tree, by its origin."""
    for origin, kept in good.items():
        last = max((each.at_ms for each in kept if each.at_ms is not None), default=None)
        if last is None or not asked.since_ms <= last <= asked.until_ms:
            when = "by nobody outside" if last is None else f"last at {text_of(last)}"
            report.find("log.not-fixed", ".", f"{origin} is fixed {when}, and a word from {text_of(asked.since_ms)} or later was asked for")


def _trees_of(receiver: Receiver, vault: Vault, report: Report) -> list[_Tree]:
    trees: list[_Tree] = []
    named: set[str] = set()  # deletion records, in any tree
    base = f"bodydock/{vault.vault}/{receiver.name}"
    restored = {sha256[:16] for each in vault.receivers.values() for sha256 in each.restored}
    ends = _ends_of(receiver)
    for segment in receiver.log.order:
        if not segment.lines:
            continue  # a cut took its first write: it says nothing (SPEC 4.3.4.4)
        opened = segment.opened or {}
        origin, start = opened.get("log_origin"), opened.get("log_size")
        if not isinstance(origin, str) or not isinstance(start, int):
            if trees:
                report.find("log.origin", segment.place, "is in no tree, and follows segments of one")
            continue
        if not trees or trees[-1].origin != origin:
            suffix = origin.removeprefix(base).removeprefix("/")
            known = origin == base or (origin == f"{base}/{suffix}" and suffix in restored)
            if (vault.vault is not None and not known) or origin in {each.origin for each in trees} or (trees and origin == base):
                report.find("log.origin", segment.place, f"begins a tree {origin!r}, which it may not")
            trees.append(_Tree(origin))
        tree = trees[-1]
        if start != tree.size:
            report.find("log.size", segment.place, f"begins at {start} lines of its tree, which has {tree.size} there")
        # What is after the line that the next segment names was cut off, and is repeated there.
        leaves = bytes(segment.leaves[: ends.get(segment.name, len(segment.lines)) * HASH_BYTES])
        for number, line in enumerate(segment.lines[: len(leaves) // HASH_BYTES]):
            sha256 = line.facts.get("deletion_sha256")
            if line.event == "deleting" and isinstance(sha256, str) and sha256 not in named:
                named.add(sha256)
                tree.deleting[sha256] = tree.size + number
        tree.leaves += leaves
    return trees


def _ends_of(receiver: Receiver) -> dict[str, int]:
    """By segment: the line that the next one names as its last."""
    ends: dict[str, int] = {}
    for each in receiver.log.order:
        before, last = last_segment_of(each), (each.opened or {}).get("last_sequence")
        if before is not None and isinstance(last, int):
            ends[before] = max(last, ends.get(before, 0))
    return ends


def _read(data: bytes, place: str, keys: KnownKeys, report: Report) -> Checkpoint | None:
    try:
        checkpoint = parse_checkpoint(data)
        check_signature(checkpoint, keys.store)
    except NoteFault as fault:
        report.find("log.checkpoint", place, str(fault))
        return None
    return checkpoint


def _read_brought(data: bytes, place: str, keys: KnownKeys, report: Report) -> list[Checkpoint]:
    """A note, or lines from paper, for which the reader vouches (SPEC 4.15.39)."""
    lines = parse_paper(data)
    if not any(lines):
        note = _read(data, place, keys, report)
        return [] if note is None else [note]
    if not all(lines):
        report.find("log.checkpoint", place, "has a line that begins and cannot be read as a whole")
    return [each for each in lines if each is not None]


def _kept_by_statements(vault: Vault) -> Iterator[Kept]:
    """What statements say of the trees that they ended; their signatures hold (SPEC 4.14)."""
    for receiver in vault.receivers.values():
        for document in receiver.restored.values():
            named = document.value.get("checkpoint")
            if named is not None:
                checkpoint = Checkpoint(named["origin"], named["size"], bytes.fromhex(named["root"]), b"", ())
                yield Kept(checkpoint, document.place, "the statement")


def _kept_by_receivers(vault: Vault, keys: KnownKeys, report: Report) -> Iterator[Kept]:
    for receiver in vault.receivers.values():
        for files in receiver.log_files:
            ending = f"/{receiver.name}" + (f"/{files.suffix}" if files.suffix else "")
            for name, data in files.notes.items():
                place = f"{files.place}/{name}"
                checkpoint = _read(data, place, keys, report)
                if checkpoint is not None and not checkpoint.origin.endswith(ending):
                    report.find("log.checkpoint", place, f"is of {checkpoint.origin}")
                elif checkpoint is not None:
                    yield from _stamped(checkpoint, name, place, files, keys, report)
            for size, path in files.stamps.items():
                if f"timestamps/{size}.checkpoint" not in files.notes:
                    report.note("log.timestamp", f"{files.place}/timestamps/{path.name}", "stamps a note that is not here")


def cosignatures(checkpoint: Checkpoint, place: str, keys: KnownKeys, report: Report) -> Iterator[tuple[int, str]]:
    """When witnesses that the reader trusts saw it, and who."""
    for witness in keys.witnesses:
        try:
            at = cosigned_at(checkpoint, witness)
        except NoteFault as fault:
            report.find("log.cosignature", place, str(fault))
            continue
        if at is not None:
            yield at * SECOND_MS, f"witness {witness.name}"


def _stamped(
    checkpoint: Checkpoint, name: str, place: str, files: LogFiles, keys: KnownKeys, report: Report
) -> Iterator[Kept]:
    """The checkpoint, and once more where a time stamp fixes it."""
    yield Kept(checkpoint, place, "the store")
    if not name.startswith("timestamps/"):
        return
    if name != f"timestamps/{checkpoint.size}.checkpoint":
        report.find("log.checkpoint", place, f"is of {checkpoint.size} lines")
    stamp = files.stamps.get(checkpoint.size)
    at = stamped_at_ms(checkpoint.text, stamp, keys.authorities) if stamp is not None and keys.authorities else None
    if at is not None:
        yield Kept(checkpoint, place, "a time stamp", at, timed=True)
    elif stamp is not None:
        report.note("log.timestamp", f"{files.place}/timestamps/{stamp.name}", "is by no authority that is given")


def _kept_by_stations(vault: Vault, keys: KnownKeys, report: Report) -> Iterator[Kept]:
    """What stations entered. A station of another machine has another boot id than any entry of a store (SPEC 4.15.31)."""
    own = {line.boot for receiver in vault.receivers.values() for line in receiver.log.lines()}
    for station in vault.stations.values():
        seen: set[str] = set()
        for line in station.log.of("store-log", "carried"):
            text = line.facts.get("checkpoint")
            if not isinstance(text, str) or text in seen:
                continue
            seen.add(text)
            checkpoint = _read(text.encode("utf-8", "surrogatepass"), line.place, keys, report)
            # What is carried on was seen long before.
            is_outside = line.event == "store-log" and line.boot is not None and line.boot not in own
            if checkpoint is not None:
                yield Kept(checkpoint, line.place, f"station {station.name}", line.at_ms if is_outside else None)


def _check_dates(tree: _Tree, good: list[Kept], vault: Vault, report: Report) -> None:
    """A deletion record is of no time after that at which somebody outside saw the line that names it (SPEC 4.7.9)."""
    words = sorted((each.checkpoint.size, each.at_ms) for each in good if each.timed and each.at_ms is not None)
    # The earliest word of a checkpoint with so many lines or more.
    earliest = [*accumulate((at_ms for _, at_ms in reversed(words)), min)][::-1]
    receiver = receiver_in(tree.origin)
    for station in vault.stations.values():
        records = [each.deletion for each in station.recordings.values() if each.deletion is not None]
        for record in [*records, *station.kept.values()]:
            line = tree.deleting.get(record.sha256)
            if line is None or record.value["receiver"] != receiver:
                continue
            at = bisect_right(words, line, key=itemgetter(0))
            if at < len(words) and milliseconds(record.value["deleted_at"]) > earliest[at] + DAY_MS:
                report.find("deletion.in-future", record.place, "is of a time after that at which somebody outside saw its line in the log")


def _check_kept(tree: _Tree, kept: list[Kept], vault: Vault, report: Report) -> list[Kept]:
    """Gives those that are of this tree, as far as it can be made."""
    if vault.vault is not None and not tree.origin.startswith(f"bodydock/{vault.vault}/"):
        for each in kept[:1]:
            report.note("log.other-vault", each.place, f"keeps a checkpoint of {tree.origin}, which is of another vault")
        return []
    if tree.size > 0 and not any(each.keeper == "the store" for each in kept):
        report.note("log.no-checkpoint", tree.origin, "has lines here and no checkpoint of the store's own")
    longest: dict[str, Kept] = {}
    for each in kept:
        if each.checkpoint.size > max(tree.size, longest[each.keeper].checkpoint.size if each.keeper in longest else 0):
            longest[each.keeper] = each
    for each in longest.values():
        text = f"names {each.checkpoint.size} lines of {tree.origin}, and {tree.size} are here"
        report.find("log.shortened", each.place, text)
    roots = tree.roots({each.checkpoint.size for each in kept})
    forked: set[str] = set()
    for each in kept:
        root = roots.get(each.checkpoint.size)
        if root is not None and root != each.checkpoint.root and each.keeper not in forked:
            forked.add(each.keeper)
            report.find("log.forked", each.place, f"names other lines of {tree.origin} than those that are here")
    return [each for each in kept if roots.get(each.checkpoint.size) == each.checkpoint.root]


def _fixed(tree: _Tree, kept: list[Kept]) -> str:
    outside = [each for each in kept if each.at_ms is not None and each.checkpoint.size <= tree.size]
    if not outside:
        return f"{tree.size} lines, fixed by nobody outside: what was taken away at its end would not be missed"
    last = max(outside, key=lambda each: (each.checkpoint.size, -(each.at_ms or 0)))
    return (
        f"{tree.size} lines, the first {last.checkpoint.size} fixed at {text_of(last.at_ms or 0)} by {last.keeper}; "
        "what came later would not be missed where it was taken away"
    )
