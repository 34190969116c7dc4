// A damaged (or evil) card whose folder says of a file that it has more than 2^53 bytes: no document can hold such a size.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { massStorageDriver } from '../../drivers/mass-storage/driver.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';

const OLD = new Date(Date.now() - 7_200_000);
let dock: DockAndStore;
let card: string;

afterEach(async () => {
  await dock.close();
  await rm(card, { recursive: true, force: true });
});

test('a file of an impossible size is neither taken as empty nor erased, and somebody is called', async () => {
  card = await mkdtemp('/dev/shm/bodydock-card-'); // of the file systems of a usual machine only tmpfs holds such a file
  const path = join(card, 'evidence.mp4');
  await writeFile(path, 'the only film of that night');
  execFileSync('truncate', ['-s', `${2n ** 53n + 2n ** 20n}`, path]);
  await writeFile(join(card, 'other.mp4'), 'another film');
  for (const name of ['evidence.mp4', 'other.mp4']) await utimes(join(card, name), OLD, OLD);
  const real = massStorageDriver({ clock: nodeClock() });
  dock = await DockAndStore.open({
    wrapDriver: () => ({
      name: 'mass-storage',
      probe: async () => true,
      open: (_place, signal) => real.open({ kind: 'folder', path: card }, signal),
    }),
  });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('somebody is called', () => dock.bay()['light'] === 'call-someone');
  await dock.until('the other one is in the vault', async () => (await dock.vault()).length === 1);
  expect(await readdir(card)).toContain('evidence.mp4');
  expect((await dock.vault()).map(({ path: name }) => name)).toEqual(['other.mp4']);
  const told = (await dock.custody()).filter(({ event }) => event === 'not-taken');
  expect(told.map(({ facts }) => facts['reason'])).toEqual(['changing']);
});
