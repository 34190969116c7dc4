// A docking's record that the disk does not show at a start. Nobody can make it again, and what lies in the quarantine is delivered by nobody.
import { beforeEach, expect, test } from 'vitest';
import { parseRecordingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { freshDisk } from '../spool/scenario.ts';
import { liveDockings, openDockings, plan, type OpenedDockings } from './life.ts';

const planned = plan(1, 0, 2);
const { docking } = planned;
let disk: CrashDisk;
beforeEach(async () => {
  disk = await freshDisk();
  await liveDockings(disk, [planned], () => undefined);
});

async function start(): Promise<Pick<OpenedDockings, 'findings'>> {
  const opened = await openDockings(disk, 2);
  await opened.close();
  return opened;
}

for (const times of [1, 2])
  for (const operation of ['list', 'readAll'] as const)
    test(`${operation} that fails ${times} times leaves it where it is`, async () => {
      disk.fail({ operation, nth: 1, times, code: 'EIO', path: `dockings/${docking}` });
      const { findings } = await start();
      expect(findings.filter(({ kind }) => kind === 'quarantined')).toEqual([]);
      expect([...disk.tree(`/spool/dockings/${docking}`).keys()].length).toBeGreaterThan(0);
    });

test('what stays unreadable is set aside, whole, and told', async () => {
  disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EIO', path: `dockings/${docking}` });
  const { findings } = await start();
  expect(findings).toContainEqual({ kind: 'quarantined', name: docking, reason: 'unreadable: EIO' });
  expect([...disk.tree(`/spool/quarantine/${docking}`).keys()].length).toBeGreaterThan(0);
});

test('and stays aside when a start is shown it again, until a person puts it back', async () => {
  disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EIO', path: `dockings/${docking}` });
  await start();
  disk.heal();
  const opened = await openDockings(disk, 3);
  expect(opened.spool.asideNames).toEqual([docking]);
  await opened.close();
  await disk.rename(`/spool/quarantine/${docking}`, `/spool/dockings/${docking}`);
  const next = await openDockings(disk, 4);
  expect(next.dockings.records.store.get(parseRecordingId(docking))?.state).toBe('receipted');
  await next.close();
});

test.each([
  [
    'whose signature does not verify',
    'docking.json.minisig',
    (bytes: Uint8Array) => bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
  ],
  [
    'that was altered',
    'docking.json',
    (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString().replace('bay-1', 'bay-2')),
  ],
])('one %s is set aside', async (_, name, change) => {
  disk.corrupt(`/spool/dockings/${docking}/${name}`, change);
  const opened = await openDockings(disk, 3);
  expect(opened.spool.asideNames).toEqual([docking]);
  await opened.close();
});

test('one that is here again stays aside', async () => {
  for (const [path, bytes] of disk.tree(`/spool/dockings/${docking}`))
    disk.plant(path.replace('/dockings/', '/quarantine/'), bytes ?? '');
  const { findings } = await start();
  expect(findings).toEqual([]);
  expect(disk.tree(`/spool/quarantine/${docking}`).size).toBe(4);
});
