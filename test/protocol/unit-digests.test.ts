import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIGEST_BYTES, UNIT_BYTES } from '../../protocol/limits.ts';
import { UnitDigester } from '../../protocol/unit-digests.ts';
import { seededRandom } from '../fakes/random-seeded.ts';

const bytes = seededRandom(1).bytes(2 * UNIT_BYTES + 1000);

/** What SPEC 3.3 says, word by word. */
function listOf(given: Uint8Array): Buffer {
  const digests: Buffer[] = [];
  for (let at = 0; at < given.length; at += UNIT_BYTES)
    digests.push(
      createHash('sha256')
        .update(given.subarray(at, at + UNIT_BYTES))
        .digest(),
    );
  return Buffer.concat(digests);
}

test.each([0, 1, UNIT_BYTES - 1, UNIT_BYTES, UNIT_BYTES + 1, 2 * UNIT_BYTES, 2 * UNIT_BYTES + 1000])(
  'a file of %i bytes has one digest for each unit and none for an empty rest',
  (sizeBytes) => {
    const digester = new UnitDigester();
    digester.push(bytes.subarray(0, sizeBytes));
    const list = digester.finish();
    expect(list.length).toBe(DIGEST_BYTES * Math.ceil(sizeBytes / UNIT_BYTES));
    expect(Buffer.compare(list, listOf(bytes.subarray(0, sizeBytes)))).toBe(0);
  },
);

test('neither the pieces nor when the digests are taken changes the list', () => {
  const cuts = fc.array(fc.tuple(fc.nat(bytes.length), fc.boolean()), { maxLength: 8 });
  fc.assert(
    fc.property(cuts, (list) => {
      const digester = new UnitDigester();
      const taken: Uint8Array[] = [];
      let from = 0;
      for (const [to, take] of [...list.sort(([a], [b]) => a - b), [bytes.length, true] as const]) {
        digester.push(bytes.subarray(from, to));
        if (take) {
          const waiting = digester.waitingBytes;
          taken.push(digester.take());
          expect(taken.at(-1)?.length).toBe(waiting);
        }
        from = to;
      }
      expect(Buffer.concat([...taken, digester.finish()]).equals(listOf(bytes))).toBe(true);
    }),
    { numRuns: 30 },
  );
});
