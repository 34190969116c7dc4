// A camera whose files are more than the log takes at a time, while its disk refuses: what the record says of the listing the log says, too.
import { afterEach, expect, test } from 'vitest';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';
import { filesWith } from '../../fakes/files-with.ts';

/** More than the log is told of between two checkpoints. */
const FILES = 1001;

let dock: DockAndStore;
afterEach(() => dock.close());

test('a listing over which the log failed stands in it before the record of its docking', async () => {
  const files = nodeFiles();
  let isRefused = true;
  const create = async (path: string): ReturnType<typeof files.create> => {
    if (isRefused && path.includes('/custody/'))
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    return files.create(path);
  };
  dock = await DockAndStore.open({ stationFiles: filesWith(files, { create }), release: 'never' });
  for (let at = 0; at < FILES; at++) dock.camera.put(`DCIM/${at}.MP4`, Buffer.from(`${at}`));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('a docking that failed', () => dock.log.messages().includes('docking failed, will retry'));
  dock.camera.detach();
  isRefused = false;
  await dock.until('its record', async () => (await dock.dockings()).length > 0);
  await dock.stopStation();
  const [record] = await dock.dockings();
  const log = await dock.custody();
  const told = log.filter(({ facts }) => facts['docking'] === record?.docking).map(({ event }) => event);
  expect(record?.inventory).toMatchObject({ entries: FILES, complete: true });
  const [listed] = log.filter(
    ({ event, facts }) => event === 'inventory' && facts['docking'] === record?.docking,
  );
  expect(listed?.facts).toMatchObject({ entries: FILES, sha256: record?.inventory?.sha256 });
  expect(told.indexOf('inventory')).toBeLessThan(told.indexOf('undocked'));
  expect(told.filter((event) => event === 'inventory')).toHaveLength(1);
});
