import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CompactRange,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  merkleRoot,
  readPeaks,
  rootAt,
} from '../../../../protocol/transparency/merkle.ts';
import { nodesOfTiles, tileAt, tilePath, tilesBetween } from '../../../../protocol/transparency/tiles.ts';

import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';

interface Vectors {
  readonly leaves_hex: string[];
  readonly inclusion: {
    leafIdx: number;
    treeSize: number;
    root: string;
    leafHash: string;
    proof: string[];
  }[];
  readonly consistency: { size1: number; size2: number; root1: string; root2: string; proof: string[] }[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/transparency/proofs.json', import.meta.url), 'utf8'),
) as Vectors;

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const base64 = (hash: Uint8Array): string => Buffer.from(hash).toString('base64');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
const leaf = (number: number): Buffer => sha256(`document ${number}`);
const leaves = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => leaf(at));

/** The definition of RFC 9162, section 2.1.1, word for word: split at the largest power of two below the number of entries. */
function asTheStandardSays(entries: readonly Uint8Array[]): Buffer {
  const [first] = entries;
  if (first === undefined) return sha256();
  if (entries.length === 1) return sha256('\0', first);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return sha256(
    '\u0001',
    asTheStandardSays(entries.slice(0, split)),
    asTheStandardSays(entries.slice(split)),
  );
}

describe('the root over', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('%i entries is the one that the standard defines', (count) => {
    expect(merkleRoot(leaves(count))).toBe(asTheStandardSays(leaves(count)).toString('hex'));
  });

  test('any number of entries of any length is the one that the standard defines', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 200 }), (entries) => {
        expect(merkleRoot(entries)).toBe(asTheStandardSays(entries).toString('hex'));
      }),
      { numRuns: 50 },
    );
  });

  // Known answers, so that the definition above is judged as well: the test vectors of Certificate Transparency's own implementation.
  test.each([
    ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', []],
    ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', ['']],
    ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125', ['', '00']],
    ['aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77', ['', '00', '10']],
    [
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
      ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'],
    ],
  ])('known entries is %s', (root, entries) => {
    expect(merkleRoot(entries.map((hex) => Buffer.from(hex, 'hex')))).toBe(root);
  });
});

test('a tree can be asked on the way and goes on afterwards, also from its peaks alone', () => {
  let tree = new CompactRange();
  for (let count = 0; count < 9; count++) {
    expect(hex(tree.root())).toBe(merkleRoot(leaves(count)));
    tree = new CompactRange(tree.size, tree.peaks);
    tree.append(leafHash(leaf(count)));
  }
  expect(() => new CompactRange(4, tree.peaks)).toThrow(RangeError);
});

/** Tiles of all sizes that a log passed, as a folder has them, filled step by step as its writer does. */
function tilesOf(sizes: readonly number[]): Map<string, Buffer> {
  const tiles = new Map<string, Buffer>();
  let from = 0;
  for (const size of sizes) {
    for (const { level, index, width } of tilesBetween(from, size)) {
      const hashes = Array.from({ length: width }, (_, at) => {
        const [span, first] = [256 ** level, (index * 256 + at) * 256 ** level];
        return asTheStandardSays(leaves(size).slice(first, first + span));
      });
      tiles.set(tilePath({ level, index, width }), Buffer.concat(hashes));
    }
    from = size;
  }
  return tiles;
}

const reader = (tiles: Map<string, Buffer>, size: number): ReturnType<typeof nodesOfTiles> =>
  nodesOfTiles(size, (tile) => Promise.resolve(tiles.get(tilePath(tile)) ?? Buffer.alloc(0)));

describe('proofs made from tiles', () => {
  const sizes = [1, 2, 3, 7, 8, 200, 255, 256, 257, 300, 511, 512, 700];
  const tiles = tilesOf(sizes);
  const rootOf = (size: number): Buffer => asTheStandardSays(leaves(size));

  test('give the root at each size, and its peaks', async () => {
    for (const size of sizes) {
      expect(hex(await rootAt(size, reader(tiles, size)))).toBe(hex(rootOf(size)));
      const range = new CompactRange(size, await readPeaks(size, reader(tiles, size)));
      expect(hex(range.root())).toBe(hex(rootOf(size)));
    }
  });

  test('of inclusion hold for their leaf, index, size and root, and for no other', async () => {
    for (const size of sizes)
      for (const index of new Set(
        [0, 1, size >> 1, size - 2, size - 1].filter((at) => at >= 0 && at < size),
      )) {
        const proof = await inclusionProof(index, size, reader(tiles, size));
        const claim = { leaf: leafHash(leaf(index)), index, size, root: rootOf(size), proof };
        expect(isIncluded(claim), `${index} of ${size}`).toBe(true);
        expect(isIncluded({ ...claim, leaf: leafHash(leaf(index + 1)) })).toBe(false);
        expect(isIncluded({ ...claim, index: index + 1 })).toBe(false);
        expect(isIncluded({ ...claim, root: rootOf(size + 1) })).toBe(false);
        expect(isIncluded({ ...claim, proof: [...proof, EMPTY_ROOT] })).toBe(false);
        if (proof.length > 0) expect(isIncluded({ ...claim, proof: proof.slice(1) })).toBe(false);
      }
    await expect(inclusionProof(3, 3, reader(tiles, 3))).rejects.toThrow(RangeError);
  });

  test('of consistency hold between their sizes and roots, and between no others', async () => {
    for (const size of sizes)
      for (const from of sizes.filter((each) => each < size)) {
        const proof = await consistencyProof(from, size, reader(tiles, size));
        const claim = { from, fromRoot: rootOf(from), size, root: rootOf(size), proof };
        expect(isConsistent(claim), `${from} to ${size}`).toBe(true);
        expect(isConsistent({ ...claim, fromRoot: rootOf(from + 1) })).toBe(false);
        expect(isConsistent({ ...claim, root: rootOf(size + 1) })).toBe(false);
        expect(isConsistent({ ...claim, from: size, size: from })).toBe(false);
        expect(isConsistent({ ...claim, proof: [...proof, EMPTY_ROOT] })).toBe(false);
        expect(isConsistent({ ...claim, proof: proof.slice(1) })).toBe(false);
      }
  });

  test('from nothing and to the same size are empty, and then only the same root follows', async () => {
    expect(await consistencyProof(0, 7, reader(tiles, 7))).toEqual([]);
    expect(await consistencyProof(7, 7, reader(tiles, 7))).toEqual([]);
    const claim = { from: 0, fromRoot: EMPTY_ROOT, size: 7, root: rootOf(7), proof: [] };
    expect(isConsistent(claim)).toBe(true);
    expect(isConsistent({ ...claim, fromRoot: rootOf(1) })).toBe(false);
    expect(isConsistent({ ...claim, from: 7, fromRoot: rootOf(7) })).toBe(true);
    expect(isConsistent({ ...claim, from: 7, fromRoot: rootOf(6) })).toBe(false);
    await expect(consistencyProof(8, 7, reader(tiles, 7))).rejects.toThrow(RangeError);
  });

  test('from a tile that was cut are an error that names it', async () => {
    const cut = new Map(tiles).set('tile/0/000.p/7', Buffer.alloc(6 * 32));
    await expect(inclusionProof(6, 7, reader(cut, 7))).rejects.toMatchObject({ code: 'log.tile' });
  });

  test('are those that others published', async () => {
    const { inclusion, consistency, leaves_hex: entries } = vectors;
    const range = new CompactRange();
    const roots = [base64(range.root())];
    for (const entry of entries) {
      range.append(leafHash(Buffer.from(entry, 'hex')));
      roots.push(base64(range.root()));
    }
    const hashes = new Map([
      ['tile/0/000.p/8', Buffer.concat(entries.map((each) => leafHash(Buffer.from(each, 'hex'))))],
    ]);
    const read = nodesOfTiles(8, (tile) => Promise.resolve(hashes.get(tilePath(tile)) ?? Buffer.alloc(0)));
    for (const { leafIdx: index, treeSize: size, root, leafHash: leafOf, proof } of inclusion) {
      const claim = { leaf: bytes(leafOf), index, size, root: bytes(root), proof: proof.map(bytes) };
      expect(isIncluded(claim)).toBe(true);
      expect((await inclusionProof(index, size, read)).map(base64)).toEqual(proof);
      expect(roots[size]).toBe(root);
    }
    for (const { size1, size2, root1, root2, proof } of consistency) {
      const claim = {
        from: size1,
        fromRoot: bytes(root1),
        size: size2,
        root: bytes(root2),
        proof: proof.map(bytes),
      };
      expect(isConsistent(claim)).toBe(true);
      expect((await consistencyProof(size1, size2, read)).map(base64)).toEqual(proof);
    }
  });
});

test('tiles are those of C2SP tlog-tiles', () => {
  expect(tilePath({ level: 0, index: 1234067, width: 256 })).toBe('tile/0/x001/x234/067');
  expect(tilePath({ level: 2, index: 0, width: 1 })).toBe('tile/2/000.p/1');
  const grown = [...tilesBetween(0, 70_000)]
    .filter(({ index, level }) => level > 0 || index > 271)
    .map(tilePath);
  expect(grown).toEqual([
    'tile/0/272',
    'tile/0/273.p/112',
    'tile/1/000',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
  expect([...tilesBetween(0, 256)].map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1']);
  expect([...tilesBetween(256, 257)].map(tilePath)).toEqual(['tile/0/001.p/1']);
  expect(tileAt(0, 1, 256)).toBeUndefined();
});

test.skipIf(lacksTools('bash', 'sha256sum', 'basenc'))(
  'three entries are hashed by stock tools to the same root',
  () => {
    for (const tool of ['bash', 'sha256sum', 'basenc']) requireTool(tool);
    const script = `
    sum() { sha256sum | cut -c 1-64; }
    bytes() { tr a-f A-F | basenc --base16 -d; }
    leaf() { printf '00%s' "$1" | bytes | sum; }
    node() { printf '01%s%s' "$1" "$2" | bytes | sum; }
    node "$(node "$(leaf "$1")" "$(leaf "$2")")" "$(leaf "$3")"`;
    const entries = leaves(3).map((entry) => entry.toString('hex'));
    const answer = execFileSync('bash', ['-euc', script, 'bash', ...entries], { encoding: 'utf8' });
    expect(answer.trim()).toBe(merkleRoot(leaves(3)));
  },
);
