// The real spool and log on a real file system that is full: what only a kernel shows.
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { ITEM } from '../../agent/custody/ledger.ts';
import { prepare, sealInto } from '../unit/spool/scenario.ts';
import { openSpoolAndLog } from './spool-and-log.ts';

const MIB = 1024 * 1024;
const lacking = process.getuid?.() === 0 ? undefined : 'root, to mount a file system';

describe.skipIf(lacking !== undefined && process.env['CI'] === undefined)(
  `a full disk${lacking === undefined ? '' : ` (missing: ${lacking})`}`,
  () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bodydock-full-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]);
    });
    afterAll(async () => {
      execFileSync('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    });

    /** Takes every byte that is left. */
    async function fill(path: string): Promise<void> {
      const file = await open(path, 'w');
      try {
        for (const size of [MIB, 4096, 1])
          while (
            (await file.write(new Uint8Array(size)).catch(() => ({ bytesWritten: 0 }))).bytesWritten === size
          );
      } finally {
        await file.close();
      }
    }

    test('takes no recording in part, still takes log and receipt from the reserve, and goes on when space is back', async () => {
      const files = nodeFiles();
      const conditions = new MemoryConditions();
      const { spool, custody } = await openSpoolAndLog(folder, {
        files,
        log: new MemoryLog(),
        conditions,
        reserveBytes: MIB,
      });
      const random = seededRandom(8);
      const take = async (sizeBytes: number): Promise<ReturnType<typeof prepare>> => {
        const prepared = prepare(random, { sizeBytes });
        const staging = await spool.stage(prepared.recording);
        try {
          await sealInto(files, staging, prepared);
          await spool.commit(staging, prepared.documents);
          return prepared;
        } catch (error) {
          await spool.discard(staging);
          throw error;
        }
      };
      const first = await take(2 * MIB);
      await expect(take(20 * MIB)).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await files.list(spool.layout.staging)).toEqual([]);

      await fill(join(folder, 'other'));
      await expect(take(1000)).rejects.toThrow();
      expect(await spool.reserve(1000)).toBe('full');
      const facts = { recording: first.recording, manifest_sha256: 'x', sealed_size_bytes: 1 };
      for (let count = 0; count < 50 && !conditions.isRaised('spool.reserve-used'); count++) {
        custody.append({ event: 'spooled', facts }); // the last page of the file may still take some
        await custody.checkpoint();
      }
      expect(conditions.isRaised('spool.reserve-used')).toBe(true);
      await spool.storeReceipt(first.recording, first.receipt.bytes, first.receipt.signature);
      await spool.reclaim(first.recording);
      expect(spool.stateOf(first.recording)).toBe('released');

      await unlink(join(folder, 'other'));
      const second = await take(MIB);
      expect(spool.stateOf(second.recording)).toBe('spooled');
      expect(custody.isEntered(first.recording, ITEM.spooled)).toBe(true);
      await custody.close();
      await spool.close();
    });
  },
);
