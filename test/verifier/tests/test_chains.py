"""Chains of documents: gaps, forks, second beginnings, circles, and what excuses a gap."""

import unittest

from chains import Link, check_chain, excused_dockings, excused_manifests, manifest_links
from findings import Report
from tests.samples import STATION, codes, hex_of, log, manifest, notes, random_id, recording, station

_CHAIN = ("key", "cam-1")


def _links(*pairs: tuple[str, str | None], chain: tuple[str, str] = _CHAIN) -> list[Link]:
    return [Link(sha256, previous, chain, sha256) for sha256, previous in pairs]


def _found(links: list[Link], excused: dict[str, str] | None = None) -> list[str]:
    report = Report()
    check_chain("chain", links, excused or {}, report)
    return [*codes(report), *notes(report)]


class ChainTest(unittest.TestCase):
    """What one document says of the one before."""

    def test_documents_that_follow_each_other_are_a_chain_in_any_order(self) -> None:
        self.assertEqual(_found(_links(("c", "b"), ("a", None), ("b", "a"))), [])

    def test_one_that_is_missing_is_a_gap_unless_it_is_excused(self) -> None:
        self.assertEqual(_found(_links(("a", None), ("c", "b"))), ["chain.gap"])
        self.assertEqual(_found(_links(("a", None), ("c", "b")), {"b": "it waits"}), ["chain.gap-explained"])

    def test_two_that_follow_the_same_are_a_fork(self) -> None:
        self.assertEqual(_found(_links(("a", None), ("b", "a"), ("c", "a"))), ["chain.fork"])

    def test_a_camera_begins_once(self) -> None:
        self.assertEqual(_found(_links(("a", None), ("b", None))), ["chain.two-starts"])
        other = _links(("b", None), chain=("other key", "cam-1"))
        self.assertEqual(_found([*_links(("a", None)), *other]), [])

    def test_a_link_into_the_chain_of_another_camera_is_none(self) -> None:
        other = _links(("b", "a"), chain=("key", "cam-2"))
        self.assertEqual(_found([*_links(("a", None)), *other]), ["chain.other-chain"])

    def test_what_follows_itself_is_a_circle(self) -> None:
        self.assertEqual(_found(_links(("a", "b"), ("b", "a"))), ["chain.circle"])
        self.assertEqual(_found(_links(("a", "a"))), ["chain.circle"])

    def test_a_manifest_that_nobody_signed_is_of_no_camera_s_chain(self) -> None:
        found = recording()
        self.assertEqual(manifest_links(station(found))[0].chain, ("0011223344556677", "cam-1"))


class ExcusedTest(unittest.TestCase):
    """What may be missing."""

    def test_what_waits_at_the_station_was_replaced_or_was_dropped_by_the_store(self) -> None:
        spooled = [
            ("spooled", {"recording": random_id(name), "manifest_sha256": hex_of(name), "sealed_size_bytes": 1})
            for name in "abc"
        ]
        receipted = ("receipted", {"recording": random_id("a"), "receiver": "r-store", "receipt_sha256": hex_of("r")})
        kept = station(recording(manifest("d", supersedes=[random_id("b")])), log=log(*spooled, receipted))
        facts = {"station": STATION, "recording": random_id("x"), "manifest_sha256": hex_of("x")}
        others = {**facts, "station": "kod-2", "manifest_sha256": hex_of("y")}
        store = log(("documents-dropped", facts), ("documents-dropped", others))
        excused = excused_manifests(kept, [store])
        self.assertEqual(
            excused,
            {
                hex_of("x"): "its documents were dropped",
                hex_of("b"): "it was replaced before it came here",
                hex_of("c"): "it waits at the station",
            },
        )
        recorded = {"docking": random_id("d"), "record": random_id("e"), "sha256": hex_of("e"), "part": 1, "parts": 1}
        kept = station(log=log(("docking-recorded", recorded)))
        self.assertEqual(excused_dockings(kept, [store]).keys(), {hex_of("x"), hex_of("e")})

    def test_what_no_checkpoint_covers_explains_nothing(self) -> None:
        facts = {"station": STATION, "recording": random_id("x"), "manifest_sha256": hex_of("x")}
        store = log(("documents-dropped", facts), ("segment-dropped", {"segment": random_id("s")}))
        store.order[0].signed_up_to = 1
        self.assertEqual(excused_manifests(station(), [store]), {})
        self.assertEqual(list(store.of("segment-dropped")), [])


if __name__ == "__main__":
    unittest.main()
