// A line so bad that it never carries a whole unit at one time: the connection breaks in each of them, and what arrived is not begun anew.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { pointTried } from '../fakes/points.ts';

const MESSAGE_BYTES = 16 * 1024;
/** A third of a unit. In bytes, as a line counts: behind a connection that broke before the store answered, messages are smaller. */
const BYTES_A_CONNECTION = 10 * MESSAGE_BYTES;

let dock: DockAndStore;
afterEach(() => dock.close());

test('a connection that breaks in every unit carries the recording all the same, with little sent again', async () => {
  dock = await DockAndStore.open();
  const { hub, camera } = dock;
  camera.put('a.mp4', randomBytes(2 * UNIT_BYTES));
  let bytes = 0;
  let carriedBytes = 0;
  hub.payloadBytesMax = MESSAGE_BYTES;
  hub.fate = ({ topic, payload }) => {
    if (!/\/up\/r-a\/[a-z2-7]{26}\/\d+$/.test(topic)) return [{}];
    bytes += payload.length;
    carriedBytes += payload.length;
    if (carriedBytes < BYTES_A_CONNECTION) return [{}];
    carriedBytes = 0;
    pointTried();
    hub.cut('station');
    return [];
  };
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => camera.files().length === 0, 150_000);
  // What was unsure at each break was sent again: up to half of what a connection carried, where the store is slow to write.
  expect(bytes).toBeLessThan(4 * 2 * UNIT_BYTES);
});
