// Bulk work in worker threads: the contract, and who waits for whom. What a thread's death means is in bulk-workers-death.test.ts.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bulk } from '../../../agent/seal/bulk.ts';
import { openBulkWorkers } from '../../../agent/seal/bulk-workers.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { sha256 } from '../../../protocol/format/bytes.ts';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import { bulkContract, contentOf, piecesOf } from '../../contracts/bulk-contract.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';

let shared: Bulk;
const folders: string[] = [];
async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bulk-'));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  shared = await openBulkWorkers({ count: 2, cores: 2 });
});
afterAll(async () => {
  await shared.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

describe('bulk work in two workers', () => {
  bulkContract({ test }, async () => ({ bulk: shared, folder: await freshFolder() }));
});

test('a unit that is wanted does not wait for the passes that keep its worker busy', async () => {
  const folder = await freshFolder();
  const content = contentOf(100_000);
  await writeFile(join(folder, 'unit'), content);
  const bulk = await openBulkWorkers({ count: 1, cores: 2 });
  try {
    const order: string[] = [];
    const passes = [1, 2, 3, 4].map(async () => {
      const digesting = await bulk.startDigest();
      await digesting.write({ kind: 'unreadable', sizeBytes: 64 * 1024 * 1024 });
      await digesting.finish();
      order.push('pass');
    });
    const read = bulk
      .readUnit(join(folder, 'unit'), 0, content.length, sha256(content))
      .then(() => order.push('unit'));
    await Promise.all([...passes, read]);
    expect(order[0]).toBe('unit');
  } finally {
    await bulk.close();
  }
});

test.skipIf(lacksTools('prlimit'))(
  "a file that may not grow any more ends the sealing with the system's own code",
  async () => {
    const folder = await freshFolder();
    const limit = (bytes: string): void => {
      execFileSync(requireTool('prlimit'), ['--pid', String(process.pid), `--fsize=${bytes}:`]);
    };
    const sealing = await shared.startSeal({
      payloadPath: join(folder, 'a.age'),
      chunksPath: join(folder, 'a.bin'),
      recipients: [makeIdentity(seededRandom(1)).recipient],
    });
    limit('3000000');
    try {
      const writing = async (): Promise<void> => {
        for (const piece of piecesOf(contentOf(20 * PULL_PIECE_BYTES), PULL_PIECE_BYTES))
          await sealing.write(piece);
      };
      await expect(writing()).rejects.toMatchObject({ code: 'EFBIG', syscall: 'write' });
      expect(sealing.positionBytes).toBeLessThan(20 * PULL_PIECE_BYTES);
      await expect(sealing.finish()).rejects.toMatchObject({ code: 'EFBIG' });
    } finally {
      limit('unlimited');
      await sealing.abort();
    }
  },
);
