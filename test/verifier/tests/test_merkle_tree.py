"""The tree of RFC 9162: roots known from elsewhere, inclusion proofs."""

import base64
import json
import unittest
from pathlib import Path

from merkle_tree import GrowingTree, leaf_hash, root_by_inclusion

# Entries and roots that implementations of RFC 6962 are tested with everywhere.
_ENTRIES = [bytes.fromhex(each) for each in "|00|10|2021|3031|40414243|5051525354555657|606162636465666768696a6b6c6d6e6f".split("|")]
_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def _leaves(count: int) -> list[bytes]:
    return [leaf_hash(f"line {at}".encode()) for at in range(count)]


def grown(leaves: list[bytes]) -> GrowingTree:
    """The tree of these leaves."""
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree


def _root_of(entries: list[bytes]) -> bytes:
    return grown([leaf_hash(each) for each in entries]).root()


class TreeTest(unittest.TestCase):
    """Roots."""

    def test_roots_are_those_that_everybody_has(self) -> None:
        for size, root in _ROOTS.items():
            self.assertEqual(_root_of(_ENTRIES[:size]).hex(), root)

    def test_an_inclusion_proof_leads_to_the_root_and_no_other_does(self) -> None:
        for size in (1, 2, 3, 6, 7, 8, 13):
            leaves = _leaves(size)
            root = grown(leaves).root()
            for index in range(size):
                path = proof_of(index, leaves)
                self.assertEqual(root_by_inclusion(index, size, leaves[index], path), root)
                self.assertNotEqual(root_by_inclusion(index, size, leaf_hash(b"x"), path), root)
                self.assertNotEqual(root_by_inclusion(index, size, leaves[index], [*path, root]), root)
                if path:
                    self.assertNotEqual(root_by_inclusion(index, size, leaves[index], path[:-1]), root)
                    self.assertNotEqual(root_by_inclusion(index ^ 1, size, leaves[index], path), root)
        self.assertIsNone(root_by_inclusion(1, 1, leaf_hash(b""), []))

    def test_proofs_that_others_published_lead_to_their_roots(self) -> None:
        published = json.loads((Path(__file__).parents[2] / "vectors" / "transparency" / "proofs.json").read_text("utf-8"))
        self.assertEqual([bytes.fromhex(each) for each in published["leaves_hex"]], _ENTRIES)
        for each in published["inclusion"]:
            root, leaf = base64.b64decode(each["root"]), base64.b64decode(each["leafHash"])
            path = [base64.b64decode(hash_) for hash_ in each["proof"]]
            self.assertEqual(root_by_inclusion(each["leafIdx"], each["treeSize"], leaf, path), root)
            self.assertEqual(leaf, leaf_hash(_ENTRIES[each["leafIdx"]]))
            self.assertEqual(root, _root_of(_ENTRIES[: each["treeSize"]]))
        for each in published["consistency"]:
            for size, root in ((each["size1"], each["root1"]), (each["size2"], each["root2"])):
                self.assertEqual(_root_of(_ENTRIES[:size]), base64.b64decode(root))


def proof_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """The inclusion proof of a leaf by the definition of RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*proof_of(index, leaves[:split]), grown(leaves[split:]).root()]
    return [*proof_of(index - split, leaves[split:]), grown(leaves[:split]).root()]
