// Work whose last holder did not let go in order: a sync of it failed, was told to that process alone, and made its pages clean. What the next
// one finds by its digests it writes once more.
import { expect, test } from 'vitest';
import { parseReceiverId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { makeSecretKey } from '../../../protocol/documents/minisign.ts';
import { Slabs } from '../../../agent/receiver/transfer/slabs.ts';
import { inlineUnitStore } from '../../fakes/unit-store-inline.ts';
import { FilesVault } from '../../../agent/receiver/vault/vault-files.ts';
import type { VaultWork } from '../../../agent/receiver/vault/vault.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { fillUnits, openSample, storeUnit, type Access } from './transfer/reassembly.ts';
import { makeSample, STATION } from './sample.ts';
import { STORE_PROCESS } from '../../fakes/running-process.ts';

const random = new SeededRandom(41);
const key = makeSecretKey(random);

/** A further run of one receiver. */
async function accessTo(disk: CrashDisk): Promise<Access> {
  const slabs = new Slabs(2);
  const run = { clock: new ManualClock(), random: new SeededRandom(random.uint32()), log: new MemoryLog() };
  const vault = await FilesVault.open({
    path: '/vault',
    files: disk,
    receiver: parseReceiverId('r-a'),
    process: STORE_PROCESS,
    ...run,
  });
  return { vault, slabs, units: inlineUnitStore(disk, slabs) };
}

const EIO = { nth: 1, times: Infinity, code: 'EIO' } as const;

const ENDS: readonly (readonly [string, (disk: CrashDisk, work: VaultWork) => Promise<void>])[] = [
  [
    'ended behind a failed sync',
    async (disk, work) => {
      disk.fail({ ...EIO, operation: 'sync' });
      await expect(work.sync()).rejects.toMatchObject({ code: 'EIO' });
    },
  ],
  [
    'let go while a sync that failed was under way',
    async (disk, work) => {
      disk.fail({ ...EIO, operation: 'sync' });
      const failed = expect(work.sync()).rejects.toMatchObject({ code: 'EIO' });
      await work.release();
      await failed;
    },
  ],
  [
    'let go with a failed close',
    async (disk, work) => {
      disk.fail({ ...EIO, operation: 'close' });
      await work.release();
    },
  ],
  [
    'could not drop what was spoiled',
    async (disk, work) => {
      disk.fail({ ...EIO, operation: 'sync' });
      disk.fail({ ...EIO, operation: 'unlink' });
      await expect(work.sync()).rejects.toMatchObject({ code: 'EIO' });
      await work.abandon();
    },
  ],
];

for (const [how, end] of ENDS)
  test(`of one who ${how}: a power cut behind the end of it takes nothing`, async () => {
    const disk = new CrashDisk();
    const sample = makeSample(random, key, UNIT_BYTES + 7);
    const first = await accessTo(disk);
    const begun = await openSample(first, sample);
    await fillUnits(first, begun, sample, [0]);
    await end(disk, begun);
    disk.heal();

    const next = await accessTo(disk);
    const work = await openSample(next, sample);
    expect(work.digestsFound).toBe(true);
    expect(await next.units.checkDigests(work.places.chunksPath, sample.subject)).toBe(true);
    const open = await next.units.open(work.places, sample.subject, { kind: 'write', digestsWhole: true });
    expect(await open.holdsUnit(0, true)).toBe(true);
    expect(await storeUnit(next, open, sample, 1)).toBe(true);
    await open.close();
    await work.complete();

    const cut = disk.crash(disk.steps, 'nothing');
    const folder = `/vault/${STATION}/${sample.recording}`;
    expect(Buffer.from(cut.peek(`${folder}/payload.age`) ?? []).equals(sample.payload)).toBe(true);
    expect(Buffer.from(cut.peek(`${folder}/chunks.bin`) ?? []).equals(sample.chunks)).toBe(true);
  });
