// The Merkle tree of RFC 9162, section 2.1 (SHA-256): its hashes, roots and proofs. Knows nothing of what the entries are, nor of where hashes
// are kept. Sizes and indexes are counts of leaves, below 2^53.
import { createHash } from 'node:crypto';
import { equalBytes } from '../format/bytes.ts';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);
/** Hashes that a proof may have: trees stay below 2^53 leaves, and a consistency proof has at most one more than twice that. */
export const PROOF_HASHES_MAX = 64;

/** Hash of a leaf (32 bytes): of 0x00 and the entry. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return hashOf(LEAF, entry);
}

/** Hash of an inner node (32 bytes): of 0x01 and its two halves. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hashOf(NODE, left, right);
}

/** Root of a tree without leaves: the SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = hashOf();

/**
 * A tree that grows from the left, as the roots of its perfect subtrees: memory is their number, one a bit of `size`. It goes on where another
 * one of `size` leaves ended, given that one's `peaks`, largest subtree first.
 * Errors: RangeError where the peaks are not one for each bit of the size.
 */
export class CompactRange {
  #size: number;
  readonly #peaks: Uint8Array[];

  constructor(size = 0, peaks: readonly Uint8Array[] = []) {
    if (peaks.length !== peakHeights(size).length) throw new RangeError(`no peaks of ${size} leaves`);
    this.#size = size;
    this.#peaks = [...peaks];
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** Roots of the perfect subtrees, the largest first. */
  get peaks(): readonly Uint8Array[] {
    return this.#peaks;
  }

  /** Takes the hash of the next leaf; some 2 microseconds. */
  append(leaf: Uint8Array): void {
    let node = leaf;
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      const left = this.#peaks.pop();
      if (left !== undefined) node = nodeHash(left, node);
    }
    this.#peaks.push(node);
    this.#size += 1;
  }

  /** Root over all leaves so far (32 bytes). */
  root(): Uint8Array {
    if (this.#peaks.length === 0) return EMPTY_ROOT;
    return this.#peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** Heights of the perfect subtrees of a tree, the largest first. */
export function peakHeights(size: number): number[] {
  const heights: number[] = [];
  for (let height = 0, rest = size; rest > 0; height++, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) heights.unshift(height);
  return heights;
}

/** Root over entries in the order given, in hex. */
export function merkleRoot(entries: Iterable<Uint8Array>): string {
  const tree = new CompactRange();
  for (const entry of entries) tree.append(leafHash(entry));
  return Buffer.from(tree.root()).toString('hex');
}

/**
 * Hash of a perfect subtree: of 2^height leaves, those from `index` * 2^height on. Only such are asked for that the tree has
 * as a whole.
 */
export type ReadNode = (height: number, index: number) => Promise<Uint8Array>;

/** The perfect subtrees' roots of a tree of `size` leaves, the largest first, so that a CompactRange goes on from there. */
export async function readPeaks(size: number, read: ReadNode): Promise<Uint8Array[]> {
  const peaks: Uint8Array[] = [];
  let begin = 0;
  for (const height of peakHeights(size)) {
    peaks.push(await read(height, begin / 2 ** height));
    begin += 2 ** height;
  }
  return peaks;
}

/** Root of the tree at `size` (32 bytes). Errors: those of `read`. */
export async function rootAt(size: number, read: ReadNode): Promise<Uint8Array> {
  return size === 0 ? EMPTY_ROOT : subtree(0, size, read);
}

/**
 * Proof that the leaf at `index` is in the tree of `size` leaves: hashes from its sibling up to the root's child.
 * Errors: RangeError where the leaf is not below the size; those of `read`.
 */
export async function inclusionProof(index: number, size: number, read: ReadNode): Promise<Uint8Array[]> {
  if (index >= size) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const proof: Uint8Array[] = [];
  for (let begin = 0, end = size; end - begin > 1;) {
    const middle = begin + splitOf(end - begin);
    const isLeft = index < middle;
    proof.unshift(await (isLeft ? subtree(middle, end, read) : subtree(begin, middle, read)));
    if (isLeft) end = middle;
    else begin = middle;
  }
  return proof;
}

/**
 * Proof that the tree of `to` leaves begins with the one of `from`; empty where these are equal or `from` is 0.
 * Errors: RangeError where `from` is above `to`; those of `read`.
 */
export async function consistencyProof(from: number, to: number, read: ReadNode): Promise<Uint8Array[]> {
  if (from > to) throw new RangeError(`a tree of ${to} leaves has no beginning of ${from}`);
  const proof: Uint8Array[] = [];
  if (from === 0 || from === to) return proof;
  let [begin, end] = [0, to];
  while (from !== end) {
    const middle = begin + splitOf(end - begin);
    if (from <= middle) {
      proof.unshift(await subtree(middle, end, read));
      end = middle;
    } else {
      proof.unshift(await subtree(begin, middle, read));
      begin = middle;
    }
  }
  if (begin > 0) proof.unshift(await subtree(begin, end, read));
  return proof;
}

/** True where the proof gives the root from the leaf's hash (RFC 9162, 2.1.3.2). Never throws. */
export function isIncluded(claim: {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}): boolean {
  const { leaf, index, size, root, proof } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let [at, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      for (; at % 2 === 0 && at > 0; last = half(last)) at = half(at);
    } else hash = nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(hash, root);
}

/**
 * True where the proof shows that the tree of `size` leaves begins with the one of `from` leaves (RFC 9162, 2.1.4.2). From no leaves every tree
 * follows, by an empty proof. Never throws.
 */
export function isConsistent(claim: {
  readonly from: number;
  readonly fromRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}): boolean {
  const { from, fromRoot, size, root, proof } = claim;
  if (!isCount(from) || !isCount(size) || from > size) return false;
  if (from === 0) return proof.length === 0 && equalBytes(fromRoot, EMPTY_ROOT);
  if (from === size) return proof.length === 0 && equalBytes(fromRoot, root);
  let [at, last] = [from - 1, size - 1];
  for (; at % 2 === 1; last = half(last)) at = half(at);
  const [first, ...rest] = at === 0 ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [older, newer] = [first, first];
  for (const each of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      older = nodeHash(each, older);
      newer = nodeHash(each, newer);
      for (; at % 2 === 0 && at > 0; last = half(last)) at = half(at);
    } else newer = nodeHash(newer, each);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(older, fromRoot) && equalBytes(newer, root);
}

/** Hash over the leaves from `begin` to `end`, where `begin` is a multiple of the power of two at or above their number. */
async function subtree(begin: number, end: number, read: ReadNode): Promise<Uint8Array> {
  const height = Math.log2(end - begin);
  if (Number.isInteger(height)) return read(height, begin / (end - begin));
  const middle = begin + splitOf(end - begin);
  return nodeHash(await subtree(begin, middle, read), await subtree(middle, end, read));
}

/** The largest power of two below a number of leaves. */
function splitOf(leaves: number): number {
  let split = 1;
  while (split * 2 < leaves) split *= 2;
  return split;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function hashOf(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
