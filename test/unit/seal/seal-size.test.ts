// A sealing that gives its buffers back, as in a worker, counts every byte of pieces of any size all the same.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { bufferFreer } from '../../../agent/platform/memory.ts';
import { SealPass } from '../../../agent/seal/seal.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const KIB = 1024;
const { recipient } = makeIdentity(seededRandom(1));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bodydock-seal-size-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  [[0]],
  [[1]],
  [[16 * KIB - 1]],
  [[16 * KIB]],
  [[40_000]],
  [[64 * KIB - 1]],
  [[64 * KIB]],
  [[40_000, 40_000, 40_000]],
  [[1024 * KIB, 1024 * KIB, 20_000]],
])('pieces of %j bytes', async (sizes) => {
  const random = seededRandom(3);
  const path = join(folder, sizes.join('-'));
  const job = { payloadPath: `${path}.age`, chunksPath: `${path}.bin`, recipients: [recipient] };
  const pass = await SealPass.start(job, { files: nodeFiles(), random, freeBuffer: bufferFreer() });
  const original = createHash('sha256');
  for (const size of sizes) {
    const bytes = new Uint8Array(size).fill(size % 251);
    original.update(bytes);
    await pass.write({ kind: 'bytes', bytes });
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(pass.positionBytes).toBe(total);
  const { originalSizeBytes, originalSha256 } = await pass.finish();
  expect({ originalSizeBytes, originalSha256 }).toEqual({
    originalSizeBytes: total,
    originalSha256: original.digest('hex'),
  });
});
