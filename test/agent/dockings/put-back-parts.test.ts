// Both parts of a docking's record are not shown at the start after the cut that kept the log from hearing of them; the docking is
// recorded anew, as by the log it was not, and the old second part stays in the quarantine.
import { expect, test } from 'vitest';
import { parseDockingRecord } from '../../../protocol/docking-record.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { freshDisk } from '../spool/scenario.ts';
import { liveDockings, openDockings, plan } from './life.ts';

const planned = plan(1, 0, 300); // two parts

const records = (disk: CrashDisk): { part: number; previous: string | null; sha256: string }[] =>
  [...disk.tree('/spool/dockings')]
    .filter(([path]) => path.endsWith('/docking.json'))
    .map(([, bytes]) => {
      const raw = bytes ?? new Uint8Array(0);
      const { part, previous_docking_sha256: previous } = parseDockingRecord(raw) as never as {
        part: number;
        previous_docking_sha256: string | null;
      };
      return { part, previous, sha256: sha256Hex(raw) };
    })
    .sort((a, b) => a.part - b.part);

test('what comes back does not stand beside another record of the same docking', async () => {
  const whole = await freshDisk();
  await liveDockings(whole, [planned], () => undefined);
  // The cut: both parts durable, the log does not say so, the journal is there.
  let disk: CrashDisk | undefined;
  for (let step = 1; step <= whole.steps && disk === undefined; step++) {
    const cut = whole.crash(step, 'nothing');
    const log = [...cut.tree('/spool/custody')]
      .map(([, bytes]) => Buffer.from(bytes ?? []).toString())
      .join('');
    if (records(cut).length === 2 && !log.includes('docking-recorded') && log.includes('undocked'))
      disk = cut;
  }
  if (disk === undefined) throw new Error('no such cut');
  disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EIO', path: '/spool/dockings/' });
  const second = await openDockings(disk, 2);
  expect(second.spool.asideNames).toHaveLength(2);
  disk.heal();
  second.dockings.start(() => undefined);
  await second.dockings.ready(new AbortController().signal);
  await second.close();
  expect(records(disk).map(({ part }) => part)).toEqual([1, 2]);
  const third = await openDockings(disk, 3);
  await third.close();
  expect(records(disk).map(({ part }) => part)).toEqual([1, 2]);
});
