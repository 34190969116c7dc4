"""Chains of documents that name the one before: manifests and docking records, per station key and camera (SPEC 4.1, 4.6)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from custody_log import CustodyLog
from evidence import Receipted, Station
from findings import Report


@dataclass(frozen=True)
class Link:
    """One document of a chain. `explained`: digests that may be missing, and why."""

    sha256: str
    previous: str | None
    chain: tuple[str, str]
    place: str


def check_chain(area: str, links: Iterable[Link], excused: dict[str, str], report: Report) -> None:
    """Names forks, second beginnings, links into other chains, circles and gaps. A missing one that is excused is a note."""
    by_digest = {link.sha256: link for link in links}
    followers: dict[tuple[tuple[str, str], str | None], list[Link]] = defaultdict(list)
    for link in by_digest.values():
        followers[link.chain, link.previous].append(link)
    for (_, previous), group in followers.items():
        if len(group) > 1:
            _tell_several(area, previous, group, report)
    for link in by_digest.values():
        if link.previous is not None:
            _check_previous(area, link, by_digest.get(link.previous), excused, report)
    _check_circles(area, by_digest, report)


def _tell_several(area: str, previous: str | None, group: list[Link], report: Report) -> None:
    places = ", ".join(link.place for link in group[1:])
    if previous is None:
        report.find(f"{area}.two-starts", group[0].place, f"begins its camera's chain, and so does {places}")
    else:
        report.find(f"{area}.fork", group[0].place, f"follows the same document as {places}")


def _check_previous(area: str, link: Link, before: Link | None, excused: dict[str, str], report: Report) -> None:
    previous = link.previous or ""
    if before is not None and before.chain != link.chain:
        report.find(f"{area}.other-chain", link.place, f"follows {before.place}, which is of another camera or key")
    elif before is None and previous in excused:
        report.note(f"{area}.gap-explained", link.place, f"follows {previous}, which is not here: {excused[previous]}")
    elif before is None:
        report.find(f"{area}.gap", link.place, f"follows {previous}, which is not here")


def _check_circles(area: str, by_digest: dict[str, Link], report: Report) -> None:
    done: set[str] = set()
    for start in by_digest:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at in by_digest and at not in done and at not in path:
            path[at] = None
            at = by_digest[at].previous
        if at is not None and at in path:
            report.find(f"{area}.circle", by_digest[at].place, "follows itself")
        done.update(path)


def manifest_links(station: Station) -> list[Link]:
    """The manifests of a station as links."""
    return [
        _link(recording, recording.value["previous_manifest_sha256"])
        for recording in station.recordings.values()
        if recording.value is not None
    ]


def docking_links(station: Station) -> list[Link]:
    """The docking records of a station as links, each part one of its own."""
    return [
        _link(part, part.value["previous_docking_sha256"])
        for part in station.dockings.values()
        if part.value is not None
    ]


def _link(found: Receipted, previous: str | None) -> Link:
    document = found.document
    if document is None:
        raise AssertionError("only what was read is a link")
    chain = (document.key_id or "", document.value["camera"]["id"])
    return Link(document.sha256, previous, chain, document.place)


def excused_manifests(station: Station, store_logs: Iterable[CustodyLog]) -> dict[str, str]:
    """Manifests that may be missing, with the reason: dropped by the store, still at the station, or replaced there."""
    excused = _dropped(station, store_logs)
    superseded = {
        name for each in station.recordings.values() if each.value is not None for name in each.value["supersedes"]
    }
    receipted = {line.facts.get("recording") for line in station.log.of("receipted")}
    for facts in _facts(station.log, "spooled"):
        if facts["recording"] in superseded:
            excused.setdefault(facts["manifest_sha256"], "it was replaced before it came here")
        elif facts["recording"] not in receipted:
            excused.setdefault(facts["manifest_sha256"], "it waits at the station")
    return excused


def _dropped(station: Station, store_logs: Iterable[CustodyLog]) -> dict[str, str]:
    """Digests of manifests and docking records that the store let go (SPEC 10.3)."""
    return {
        line.facts["manifest_sha256"]: "its documents were dropped"
        for log in store_logs
        for line, _ in log.about(station.name)
        if line.event == "documents-dropped" and isinstance(line.facts.get("manifest_sha256"), str)
    }


def excused_dockings(station: Station, store_logs: Iterable[CustodyLog]) -> dict[str, str]:
    """Docking records that may be missing, with the reason: dropped by the store, or still at the station."""
    receipted = {line.facts.get("recording") for line in station.log.of("receipted")}
    return _dropped(station, store_logs) | {
        facts["sha256"]: "it waits at the station"
        for facts in _facts(station.log, "docking-recorded")
        if facts["record"] not in receipted
    }


def _facts(log: CustodyLog, event: str) -> Iterable[dict[str, Any]]:
    names = {"spooled": ("recording", "manifest_sha256"), "docking-recorded": ("record", "sha256")}[event]
    for line in log.of(event):
        if all(isinstance(line.facts.get(name), str) for name in names):
            yield line.facts
