"""All checks in order: first each document alone, then what they say of each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from age_file import AgeTool
from capture_time import check_capture_times
from chains import (
    check_chain,
    docking_links,
    excused_dockings,
    excused_manifests,
    manifest_links,
)
from custody_facts import check_custody_facts
from custody_log import CustodyLog, check_gaps
from differences import tell_differences
from docking_log import check_docking_log
from dockings import check_dockings, whole_dockings
from drops import Drops
from evaluations import check_evaluations
from evidence import Station, Vault
from findings import Report
from key_changes import check_changes, check_old_keys, check_ways
from instants import DAY_MS
from kit_folder import KitReader, is_kit
from log_tree import Asked, check_log_trees
from orders import Orders
from outside_time import check_outside_time
from policies import check_policies
from received import check_heads, check_received
from reconciliation import reconcile
from restored import check_restored
from retention import StoreLogs, check_deletions, check_documents_of_deletions
from revocations import check_revocations
from shapes import STATION_ID, fits
from stays import check_stays
from store_log import check_logs_there, check_orders_logged, check_receivers_known, check_revocations_logged, check_store_log
from trusted_keys import TrustedKeys
from vault_folder import VaultReader


@dataclass(frozen=True)
class Verdict:
    """What was found, and the counts of each station."""

    report: Report
    stations: dict[str, dict[str, Any]]
    # Up to when each log of the store is fixed from outside, by its origin, in words.
    logs: dict[str, str] = field(default_factory=dict)


def verify(
    root: Path,
    keys: TrustedKeys,
    age: AgeTool | None,
    now_ms: int,
    brought: Sequence[tuple[str, bytes]] = (),
    outside_days: int | None = None,
) -> Verdict:
    """Verifies a vault or a kit.

    `now_ms`: time of the verification; `brought`: checkpoints of the store's log that the reader has, with their names; `outside_days`:
    how old a word from outside on each log may be, where one is asked for.
    """
    report = Report()
    if is_kit(root):
        kit = KitReader(root, keys, age, report).judge(now_ms)
        if brought or outside_days is not None:
            report.find("log.not-fixed", ".", "has no whole log of a store that somebody outside could fix")
        return Verdict(report, {name: {"recordings": len(each.recordings)} for name, each in kit.stations.items()})
    reader = VaultReader(root, keys, age, report)
    vault, known = reader.read(), reader.keys
    _mark_dropped(vault)
    if not vault.stations:
        # A store that has just been set up has its id and nothing else; a folder without even that is no vault.
        tell = report.note if vault.vault is not None else report.find
        tell("vault.empty", ".", "holds nothing of any station")
    _add_stations_named(vault)
    check_logs_there(vault, report)
    check_receivers_known(vault, report)
    changes = [each for keeper in [*vault.receivers.values(), *vault.stations.values()] for each in keeper.key_changes]
    check_ways(changes, known, report)
    for receiver in vault.receivers.values():
        check_gaps(receiver.log, report)
        check_changes(receiver, known, changes, report, is_store=True)
        check_store_log(receiver, vault, report)
    for station in vault.stations.values():
        check_changes(station, known, changes, report, is_store=False)
    check_policies(vault, reader.policies, report)
    drops = Drops(vault, reader.policies, now_ms)
    drops.check_segments(report)
    drops.check_receipts(report)
    heads = {line.facts.get("station") for receiver in vault.receivers.values() for line in receiver.log.of("head")}
    counts = {name: _check_station(station, vault, drops, report, has_head=name in heads) for name, station in vault.stations.items()}
    _check_doubles(vault, report)
    for receiver in vault.receivers.values():
        check_restored(receiver, vault, report)
    check_received(vault, drops.counting, report)
    check_heads(vault, drops.counting_segments, report)
    check_outside_time(vault, report)
    asked = None if outside_days is None else Asked(now_ms - outside_days * DAY_MS, now_ms + DAY_MS)
    return Verdict(report, counts, check_log_trees(vault, known, brought, report, asked))


def _check_station(station: Station, vault: Vault, drops: Drops, report: Report, *, has_head: bool) -> dict[str, Any]:
    store_logs = [receiver.log for receiver in vault.receivers.values()]
    said_by_store = StoreLogs(station.name, store_logs, drops.now_ms, drops.announced)
    dropped = {line.facts["recording"] for line in said_by_store.all_of("documents-dropped")}
    check_gaps(station.log, report, station.revocations.keys(), has_head=has_head)
    check_old_keys(station, report)
    check_revocations(station, report)
    check_revocations_logged(station, vault.receivers.values(), report)
    check_custody_facts(station, dropped, report)
    tell_differences(station.log, report)
    check_chain("chain", manifest_links(station), excused_manifests(station, store_logs), report)
    check_chain("docking-chain", docking_links(station), excused_dockings(station, store_logs), report)
    wholes = whole_dockings(station, dropped, report)
    check_dockings(station, wholes, dropped, report)
    check_docking_log(station, wholes, report)
    check_stays(station, wholes, report)
    check_capture_times(station, wholes, report)
    orders = Orders(station, store_logs, drops.announced)
    check_deletions(station, vault.vault, orders, said_by_store, report)
    drops.check(station, orders, said_by_store, report)
    check_documents_of_deletions(station, said_by_store, report)
    check_evaluations(station, store_logs, dropped, report)
    check_orders_logged(station, orders, said_by_store, report)
    entered = {line.facts["recording"] for line in said_by_store.all_of("receipt") if line.facts.get("kind") == "recording"}
    return reconcile(station, dropped, entered)


def _add_stations_named(vault: Vault) -> None:
    """A station of which nothing is here, and of which a store's log says something, is one without documents: what that says is missing."""
    for receiver in vault.receivers.values():
        for line in receiver.log.lines():
            name = line.facts.get("station")
            if line.event != "segment-opened" and fits(STATION_ID, name) and name not in vault.stations:
                vault.stations[name] = Station(name, name, CustodyLog(f"{name}/custody"))


def _mark_dropped(vault: Vault) -> None:
    """What a vault let go, the store's log says with `segment-dropped`. The same event in a station's log is about the station's own disk."""
    lines = (line for receiver in vault.receivers.values() for line in receiver.log.of("segment-dropped"))
    dropped = {str(line.facts.get("segment")): line for line in lines}
    for keeper in [*vault.stations.values(), *vault.receivers.values()]:
        keeper.log.dropped = dropped


def _check_doubles(vault: Vault, report: Report) -> None:
    """An id is never used twice (SPEC 1.1, 4.8.15)."""
    seen: dict[tuple[str, str], str] = {}
    for station in vault.stations.values():
        documents = [("", name) for name in [*station.recordings, *station.dockings, *station.documents]]
        for folder, name in [*documents, *(("orders/", name) for name in station.orders)]:
            place = f"{station.name}/{folder}{name}"
            if (folder, name) in seen:
                report.find("recording.doubled", place, f"is there as {seen[folder, name]} too")
            seen[folder, name] = place
