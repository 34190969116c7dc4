// What lies on simulated cameras: recordings whose bytes cost little to make and whose digests are known from one simulation to the next.
import { createHash, type Hash } from 'node:crypto';
import type { MemoryContent } from '../fakes/memory-camera.ts';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';

/** Recordings with the same number and size have the same bytes. */
export const VARIANTS = 6;
const UNITS_MAX = 40;
/** Repeated over and over, after a head of its own. */
const BLOCK = new SeededRandom(77).bytes(UNIT_BYTES);
const HEAD_BYTES = 64;
const MARK_BYTES = 24;

/** What shows an original to anybody who may only see it sealed: some of its bytes, names and serial numbers. */
export const MARKS: readonly Buffer[] = [
  ...Array.from({ length: VARIANTS }, (_, at) => Buffer.from(new SeededRandom(at + 1).bytes(MARK_BYTES))),
  ...[0, 100_000, 300_000].map((at) => Buffer.from(BLOCK.subarray(at, at + MARK_BYTES))),
  Buffer.from('DCIM/100REC/'),
  Buffer.from('serial-of-'),
];

/** One recording on its camera. */
export interface Recording {
  readonly camera: string;
  readonly path: string;
  readonly content: Exclude<MemoryContent, Uint8Array>;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Of each variant, the digest's state after its head and 0, 1, 2 ... whole blocks. */
const states = new Map<number, Hash[]>();

/** Bytes of a recording: content of that variant and size. */
export function contentOf(variant: number, sizeBytes: number): Recording['content'] {
  const head = headOf(variant, sizeBytes);
  return {
    sizeBytes,
    *make() {
      yield head;
      for (let left = sizeBytes - head.length; left > 0; left -= BLOCK.length)
        yield BLOCK.subarray(0, Math.min(left, BLOCK.length));
    },
  };
}

/** Digests by variant and size: sizes are drawn from some hundred, and most come again. */
const digests = new Map<string, string>();
const DIGESTS_MAX = 10_000;

export function digestOf(variant: number, sizeBytes: number): string {
  const name = `${variant} ${sizeBytes}`;
  let digest = digests.get(name);
  if (digest !== undefined) return digest;
  if (digests.size >= DIGESTS_MAX) digests.clear();
  digests.set(name, (digest = calculated(variant, sizeBytes)));
  return digest;
}

function calculated(variant: number, sizeBytes: number): string {
  const head = headOf(variant, sizeBytes);
  if (head.length < HEAD_BYTES) return createHash('sha256').update(head).digest('hex');
  const [blocks, rest] = [
    Math.floor((sizeBytes - HEAD_BYTES) / BLOCK.length),
    (sizeBytes - HEAD_BYTES) % BLOCK.length,
  ];
  return stateBehind(blocks, variant, head).copy().update(BLOCK.subarray(0, rest)).digest('hex');
}

function stateBehind(blocks: number, variant: number, head: Uint8Array): Hash {
  let known = states.get(variant);
  if (known === undefined) states.set(variant, (known = []));
  const found = known[blocks];
  if (found !== undefined) return found;
  const state =
    blocks === 0
      ? createHash('sha256').update(head)
      : stateBehind(blocks - 1, variant, head)
          .copy()
          .update(BLOCK);
  known[blocks] = state;
  return state;
}

function headOf(variant: number, sizeBytes: number): Uint8Array {
  return new SeededRandom(variant + 1).bytes(Math.min(HEAD_BYTES, sizeBytes));
}

/** A size of 1 to 40 units, mostly small, one in `longOneIn` of 4 or more, and now and then one at a unit's edge or of next to nothing. */
export function drawSizeBytes(random: SeededRandom, longOneIn: number): number {
  if (random.below(8) === 0) return random.pick([1, 63, 4096, UNIT_BYTES - 1]);
  const units = random.below(longOneIn) === 0 ? 4 + random.below(UNITS_MAX - 3) : 1 + random.below(2);
  return units * UNIT_BYTES + random.pick([0, 0, 0, 1, -1, -300]);
}
