// A person takes a camera out of use: the agent, stopped at that time or running, enters it into its signed log, and the store has it.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeRetirement } from '../../agent/custody/retirement.ts';
import { spoolLayout } from '../../agent/spool/layout.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { parseCameraId } from '../../protocol/format/ids.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';

let dock: DockAndStore;
beforeEach(async () => {
  dock = await DockAndStore.open({ release: 'never' });
  await dock.startReceiver();
});
afterEach(() => dock.close());

/** What the vault's copy of the station's log says of cameras that are out of use. */
async function retiredInVault(): Promise<CustodyEntry['facts'][]> {
  const folder = join(dock.folder, 'vault', STATION, 'custody');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').slice(0, -1));
  const entries = lines.map((line) => parseCustodyEntry(Buffer.from(line)));
  return entries.filter(({ event }) => event === 'camera-retired').map(({ facts }) => facts);
}

const layout = (): ReturnType<typeof spoolLayout> => spoolLayout(join(dock.folder, 'spool'));
const word = (camera: string, reason: string): Parameters<typeof writeRetirement>[2] => ({
  camera: parseCameraId(camera),
  reason,
  made_at: '2026-11-25T10:00:00.000Z',
});

test('what people said while the agent was stopped is entered by its next start, once, and something else is not', async () => {
  await dock.startStation();
  await dock.stopStation();
  await writeRetirement(nodeFiles(), layout(), word('cam-7', 'lost'));
  await writeRetirement(nodeFiles(), layout(), word('cam-8', 'broken'));
  await writeFile(join(layout().retirements, 'cam-9.json'), '{"camera":"cam-9"}');
  await dock.startStation();
  await dock.until('both in the vault', async () => (await retiredInVault()).length === 2);
  await dock.stopStation();
  await dock.startStation();
  await dock.stopStation();
  expect(await retiredInVault()).toEqual([
    { camera: 'cam-7', reason: 'lost' },
    { camera: 'cam-8', reason: 'broken' },
  ]);
  expect(await readdir(layout().retirements)).toEqual([]);
});
