import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MerkleTree, merkleRoot } from '../../../../protocol/transparency/merkle.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
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

test('a tree can be asked on the way and goes on afterwards', () => {
  const tree = new MerkleTree();
  for (let count = 0; count < 9; count++) {
    expect(tree.root()).toBe(merkleRoot(leaves(count)));
    tree.add(leaf(count));
  }
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
