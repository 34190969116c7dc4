import { beforeEach, expect, test } from 'vitest';
import { nodeRandom } from '../../../../agent/platform/random-node.ts';
import { BulkAround } from '../../../../agent/seal/bulk.ts';
import { makeIdentity } from '../../../../protocol/age/age-keys.ts';
import { DiskWatch } from '../../../../protocol/format/disk-watch.ts';
import { bulkInline } from '../../../fakes/bulk-inline.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../../fakes/conditions-memory.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';

let disk: CrashDisk;
let clock: ManualClock;
let conditions: MemoryConditions;
let watch: DiskWatch;

beforeEach(async () => {
  disk = new CrashDisk();
  clock = new ManualClock();
  conditions = new MemoryConditions();
  watch = new DiskWatch({ clock, conditions });
  await disk.makeFolder('/spool');
});

test('an error of the device in whatever is written shows a disk that fails, until it is well for an hour', async () => {
  const file = await watch.files(disk).create('/spool/one');
  disk.fail({ operation: 'write', nth: 1, code: 'EIO' });
  await expect(file.write(new Uint8Array(5), 0)).rejects.toMatchObject({ code: 'EIO' });
  expect(conditions.facts('disk.failing')).toEqual({ errors: 1, reason: 'EIO' });
  await file.write(new Uint8Array(5), 0);
  await clock.advance(3_500_000);
  watch.look();
  expect(conditions.isRaised('disk.failing')).toBe(true);
  await clock.advance(200_000);
  watch.look();
  expect(conditions.codes()).toEqual([]);
});

test('an error in a sealing, which writes by itself, is one as well', async () => {
  const bulk = new BulkAround(bulkInline({ files: disk, random: nodeRandom() }), watch.around);
  const { recipient } = makeIdentity(nodeRandom());
  disk.fail({ operation: 'any', nth: 1, code: 'EROFS', times: Number.POSITIVE_INFINITY });
  const job = { payloadPath: '/spool/payload', chunksPath: '/spool/chunks', recipients: [recipient] };
  await expect(bulk.startSeal(job).then((sealing) => sealing.finish())).rejects.toThrow();
  expect(conditions.facts('disk.failing')).toMatchObject({ reason: 'EROFS' });
});

test('a full disk, and a file that is not there, are no fault of the disk', async () => {
  const files = watch.files(disk);
  disk.fail({ operation: 'create', nth: 1, code: 'ENOSPC' });
  await expect(files.create('/spool/two')).rejects.toThrow();
  await expect(files.open('/spool/three', 'read')).rejects.toThrow();
  expect(conditions.codes()).toEqual([]);
});
