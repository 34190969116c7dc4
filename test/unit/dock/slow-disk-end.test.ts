// A camera that leaves while the disk is still busy with what was read of it: its docking ended when it left, and not when the disk was done.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';
import { filesWith } from '../../fakes/files-with.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

test('what it records from then on lies behind the end that its next docking goes by', async () => {
  const files = nodeFiles();
  let go: () => void = () => undefined;
  let isHeld = false;
  const held = new Promise<void>((resolve) => (go = resolve));
  const syncFolder = async (path: string): Promise<void> => {
    if (path.endsWith('/ready') && dock.station !== undefined) {
      isHeld = true;
      await held;
    }
    await files.syncFolder(path);
  };
  dock = await DockAndStore.open({ stationFiles: filesWith(files, { syncFolder }), release: 'never' });
  dock.camera.put('a.mp4', Buffer.alloc(1000, 'a'));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('the disk is busy', () => isHeld);
  dock.camera.detach();
  await pause(1500); // it is in use again meanwhile
  const busyUntilMs = dock.clock.wallMs();
  go();
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  const [record] = await dock.dockings();
  expect(record).toMatchObject({ ended: 'unplugged', entries: [{ fate: 'stored' }] });
  expect(Date.parse(record?.ended_at ?? '')).toBeLessThan(busyUntilMs - 500);
});
