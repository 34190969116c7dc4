// The digest that the judges expect of a recording is that of the bytes which its camera gives.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { contentOf, digestOf, VARIANTS } from './recordings.ts';

test('digests are those of the content, for every variant and at the edges of sizes', () => {
  const sizes = [1, 63, 64, 65, 4096, UNIT_BYTES - 1, UNIT_BYTES + 64, 2 * UNIT_BYTES + 65, UNIT_BYTES];
  const seen = new Set<string>();
  for (const sizeBytes of sizes)
    for (let variant = 0; variant < VARIANTS; variant++) {
      const hash = createHash('sha256');
      let bytes = 0;
      for (const part of contentOf(variant, sizeBytes).make() as Iterable<Uint8Array>) {
        hash.update(part);
        bytes += part.length;
      }
      expect(bytes).toBe(sizeBytes);
      const digest = digestOf(variant, sizeBytes);
      expect(digest, `variant ${variant}, ${sizeBytes} bytes`).toBe(hash.digest('hex'));
      seen.add(digest);
    }
  expect(seen.size).toBe(sizes.length * VARIANTS);
});
