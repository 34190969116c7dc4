import { beforeEach, expect, test } from 'vitest';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import type { MemoryConditions } from '../../fakes/conditions-memory.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { freshDisk, openSpool, prepare, ROOT, spoolOne } from './scenario.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

let disk: CrashDisk;
let spool: Spool;
let conditions: MemoryConditions;
const { identity, ready } = spoolLayout(ROOT);
beforeEach(async () => {
  disk = await freshDisk();
  ({ spool, conditions } = await openSpool(disk));
});

/** Every call that makes, moves or removes a name, each below the spool. */
const CALLS: Record<string, (files: Files) => Promise<unknown>> = {
  makeFolder: (files) => files.makeFolder(`${ROOT}/custody/new`),
  create: (files) => files.create(`${ROOT}/custody/new`),
  rename: (files) => files.rename(`${ROOT}/here`, `${ROOT}/there`),
  unlink: (files) => files.unlink(`${ROOT}/here`),
  removeTree: (files) => files.removeTree(`${ROOT}/here`),
};

for (const [name, call] of Object.entries(CALLS))
  test(`${name} changes nothing while another disk shows at the path, and works when the right one is back`, async () => {
    disk.plant(`${ROOT}/here`, new Uint8Array(1));
    const own = disk.peek(identity) ?? new Uint8Array(0);
    disk.plant(
      identity,
      Buffer.from(
        Buffer.from(own)
          .toString()
          .replace(/[a-z2-7]{26}/, 'a'.repeat(26)),
      ),
    );
    const before = disk.tree();
    await expect(call(spool.files)).rejects.toMatchObject({ code: 'spool.gone' });
    expect(disk.tree()).toEqual(before);
    expect(conditions.isRaised('spool.gone')).toBe(true);
    disk.plant(identity, own);
    await call(spool.files);
    expect(conditions.isRaised('spool.gone')).toBe(false);
  });

for (const [name, call] of Object.entries(CALLS))
  test(`${name} changes nothing where no handle is left to look with, which is not told as a disk that has gone`, async () => {
    disk.plant(`${ROOT}/here`, new Uint8Array(1));
    const before = disk.tree();
    disk.fail({ operation: 'any', nth: 1, code: 'EMFILE' });
    await expect(call(spool.files)).rejects.toMatchObject({ code: 'station.short', retry: 'later' });
    expect(disk.tree()).toEqual(before);
    expect(conditions.isRaised('station.short')).toBe(true);
    expect(conditions.isRaised('spool.gone')).toBe(false);
    await call(spool.files);
    expect(conditions.isRaised('station.short')).toBe(false);
  });

test('a recording that cannot be read while the disk is away is not set aside: it is there when the disk is back', async () => {
  const prepared = prepare(seededRandom(1));
  await spoolOne(disk, spool, prepared);
  const own = disk.peek(identity) ?? new Uint8Array(0);
  disk.plant(identity, new Uint8Array(0));
  await expect(spool.quarantine(prepared.recording, 'unreadable: ENOENT')).rejects.toMatchObject({ code: 'spool.gone' }); // prettier-ignore
  expect(spool.stateOf(prepared.recording)).toBe('spooled');
  disk.plant(identity, own);
  expect([...disk.tree(ready).keys()].length).toBeGreaterThan(0);
  await spool.quarantine(prepared.recording, 'unreadable: EIO');
  expect(spool.stateOf(prepared.recording)).toBeUndefined();
});
