// A station outside of the hours of its recordings: everything but them goes, and they go once the hours are theirs.
import { afterEach, expect, test } from 'vitest';
import type { PushLimits } from '../../config/push-limits.ts';
import type { HealthDocument } from '../../protocol/transfer/monitoring.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

/** Two hours from now for an hour; local time is UTC here. */
function later(): PushLimits {
  const minute = Math.floor(Date.now() / MINUTE_MS);
  const at = (hours: number): number => (minute + 60 * hours) % DAY_MINUTES;
  return { rateBytesPerS: null, windows: [{ fromMinute: at(2), toMinute: at(3) }] };
}

test('records, log and locked recordings reach the store outside of the hours; others wait unoffered until they are theirs', async () => {
  dock = await DockAndStore.open({ release: 'never', limits: later() });
  const offers: string[] = [];
  const listener = dock.hub.client('listener');
  listener.onMessage(({ topic, payload }) => {
    const { kind } = JSON.parse(Buffer.from(payload).toString()) as { kind: string };
    if (kind === 'recording') offers.push(topic.split('/').at(-1) ?? '');
  });
  await listener.subscribe('bodydock/v1/+/up/offer/+');
  listener.start();
  dock.camera.put('PLAIN.MP4', new Uint8Array(700_000).fill(1));
  dock.camera.put('LOCKED.MP4', new Uint8Array(700_000).fill(2), { locked: true });
  await dock.startStation();
  await dock.startReceiver();
  const here = dock;
  const until = (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> =>
    here.until(what, isSo);
  await until('both spooled', () => here.bay()['entries_spooled'] === 2);
  await until('the locked one', async () => (await here.receipted()).size === 1);
  dock.camera.detach();
  await until('a record of the docking', async () => (await here.dockings()).length > 0);
  const [manifest] = (await dock.receipted()).values();
  expect(manifest?.locked).toBe(true);
  const health = async (): Promise<HealthDocument> => {
    const all = (await here.station?.documents()) ?? [];
    return JSON.parse(all.find(({ kind }) => kind === 'health')?.json ?? '') as HealthDocument;
  };
  const waits = await health();
  expect(waits.spooled_recordings).toBe(1);
  expect(Date.parse(waits.window_opens_at ?? '') - Date.now()).toBeGreaterThan(100 * MINUTE_MS);
  expect(await dock.custody()).not.toEqual([]);
  expect([...new Set(offers)]).toEqual([manifest?.recording]);
  dock.station?.limits.set({ rateBytesPerS: null, windows: [] });
  await until('the other one', async () => (await here.receipted()).size === 2);
  expect((await health()).window_opens_at).toBeNull();
  await listener.close(true);
});
