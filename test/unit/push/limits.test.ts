// What a technician allows a station to take of its uplink, on the virtual clock: the rate over any ten seconds, whatever is sent and
// however often, and the hours of recordings. Local time is UTC here, and it is 08:00 at first.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { DailyWindow, PushLimits } from '../../../config/push-limits.ts';
import type { RecordingId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { chunksBytes } from '../../../protocol/documents/manifest.ts';
import { PushRig } from './push-rig.ts';
import { SmallStore } from './small-store.ts';

const TEN_S = 10_000;
const HOUR_MS = 3_600_000;
let rig: PushRig;
let store: SmallStore;

beforeEach(async () => {
  rig = new PushRig();
  store = new SmallStore(rig);
  await rig.clock.advance(0);
});

function limit(limits: Partial<PushLimits>): void {
  rig.limits.set({ rateBytesPerS: null, windows: [], ...limits });
}

const hours = (from: number, to: number): DailyWindow => ({ fromMinute: 60 * from, toMinute: 60 * to });

function spool(sealedSizeBytes: number, locked = false): RecordingId {
  return rig.spool(true, { sealedSizeBytes: Math.round(sealedSizeBytes), locked });
}

async function untilReceipted(count: number, msMax: number): Promise<void> {
  const endMs = rig.clock.monotonicMs() + msMax;
  while (rig.receipted.length < count && rig.clock.monotonicMs() < endMs) await rig.clock.advance(100);
  expect(rig.receipted).toHaveLength(count);
}

describe('a rate', () => {
  test.each([16_384, 100_000, 3_000_000])(
    'of %i bytes a second holds within 5 % over any ten seconds, over several recordings, and no unit goes twice',
    async (rateBytesPerS) => {
      limit({ rateBytesPerS });
      const sizes = [5, 1, 6, 0.01, 3].map((seconds) => Math.round(seconds * rateBytesPerS));
      for (const size of sizes) spool(size);
      await untilReceipted(sizes.length, 60_000);
      const { most, least } = store.rates(TEN_S);
      expect(most / rateBytesPerS).toBeLessThanOrEqual(1.05);
      expect(least / rateBytesPerS).toBeGreaterThanOrEqual(0.95);
      const bytes = sizes.reduce((sum, size) => sum + size + chunksBytes(size), 0);
      expect(store.sentBytes).toBe(bytes);
    },
  );

  test('counts what is sent again, and what a lost connection carried', async () => {
    const rateBytesPerS = 200_000;
    limit({ rateBytesPerS });
    let pieces = 0;
    store.loses = () => ++pieces % 41 === 0;
    for (let at = 0; at < 3; at++) spool(2 * UNIT_BYTES + 1000);
    await rig.clock.advance(4000);
    rig.hub.cut('station');
    await rig.clock.advance(6000);
    rig.hub.cut('station');
    await untilReceipted(3, 300_000);
    expect(store.sentBytes).toBeGreaterThan(3 * (2 * UNIT_BYTES + 1000));
    expect(store.rates(TEN_S).most / rateBytesPerS).toBeLessThanOrEqual(1.05);
  });

  test('lets a burst of at most 0.4 s go behind a rest', async () => {
    const rateBytesPerS = 1_000_000;
    limit({ rateBytesPerS });
    await rig.clock.advance(HOUR_MS);
    spool(20 * rateBytesPerS);
    await rig.clock.advance(12_000);
    expect(store.rates(1000).most).toBeLessThanOrEqual(1.4 * rateBytesPerS);
    expect(store.rates(TEN_S).most).toBeLessThanOrEqual(1.04 * rateBytesPerS);
  });

  test('is taken off recordings for what does not wait, and that is owed for a minute at most', async () => {
    const rateBytesPerS = 100_000;
    limit({ rateBytesPerS });
    spool(30 * rateBytesPerS);
    await rig.clock.advance(5000);
    rig.limits.pace.spend(10 * rateBytesPerS);
    const before = store.sentBytes;
    await rig.clock.advance(9000);
    expect(store.sentBytes).toBe(before);
    await rig.clock.advance(3000);
    expect(store.sentBytes).toBeGreaterThan(before);
    rig.limits.pace.spend(1e12);
    await rig.clock.advance(60_000);
    expect(store.sentBytes - before).toBeLessThan(5 * rateBytesPerS);
    await rig.clock.advance(10_000);
    expect(store.sentBytes - before).toBeGreaterThan(8 * rateBytesPerS);
  });

  test('that is changed or taken away counts at once, for what waits as well', async () => {
    limit({ rateBytesPerS: 16_384 });
    spool(2_000_000);
    await rig.clock.advance(20_000);
    const slow = store.sentBytes;
    expect(slow).toBeLessThan(1.05 * 16_384 * 20);
    limit({ rateBytesPerS: 50_000 });
    await rig.clock.advance(TEN_S);
    expect(store.sentBytes - slow).toBeGreaterThan(0.95 * 50_000 * 10);
    expect(store.sentBytes - slow).toBeLessThan(1.05 * 50_000 * 10);
    limit({});
    await rig.clock.advance(500);
    expect(rig.receipted).toHaveLength(1);
  });

  test('lets a locked recording go before others, behind the unit that is under way', async () => {
    limit({ rateBytesPerS: UNIT_BYTES });
    spool(10 * UNIT_BYTES);
    await rig.clock.advance(2500);
    const locked = spool(UNIT_BYTES, true);
    await rig.clock.advance(2500);
    expect(rig.receipted).toEqual([locked]);
  });

  test('leaves nobody waiting where the end is near', async () => {
    limit({ rateBytesPerS: 16_384 });
    spool(10 * UNIT_BYTES);
    await rig.clock.advance(5000);
    await rig.pusher.stop();
    const sent = store.sentBytes;
    await rig.clock.advance(60_000);
    expect(store.sentBytes).toBe(sent);
  });
});

describe('the hours of recordings', () => {
  test('keep others back, neither offered nor sent, and let locked ones through', async () => {
    limit({ windows: [hours(19, 6)] });
    const plain = spool(3 * UNIT_BYTES);
    const locked = spool(3 * UNIT_BYTES, true);
    await rig.clock.advance(10 * HOUR_MS);
    expect(store.offered).toEqual([locked]);
    expect(rig.receipted).toEqual([locked]);
    expect(new Date(rig.limits.opensAtMs ?? 0).toISOString()).toBe('2026-11-25T19:00:00.000Z');
    await rig.clock.advance(HOUR_MS + 1000);
    expect(rig.receipted).toEqual([locked, plain]);
    expect(rig.limits.opensAtMs).toBeNull();
  });

  test('end at the border of a unit, and the next ones go on where these stopped', async () => {
    limit({ rateBytesPerS: UNIT_BYTES, windows: [hours(7, 9)] });
    await rig.clock.advance(HOUR_MS - 10_000);
    const long = spool(40 * UNIT_BYTES);
    await rig.clock.advance(15_000);
    const units = store.unitsOf(long);
    expect(units).toBeGreaterThan(8);
    expect(units).toBeLessThan(13);
    const sent = store.sentBytes;
    expect((sent - chunksBytes(40 * UNIT_BYTES)) % UNIT_BYTES).toBe(0);
    await rig.clock.advance(22 * HOUR_MS - 10_000);
    expect(store.sentBytes).toBe(sent);
    expect(store.offered).toEqual([long]);
    await rig.clock.advance(60_000);
    expect(rig.receipted).toEqual([long]);
    const list = chunksBytes(40 * UNIT_BYTES); // goes with each claim
    expect(store.sentBytes - sent).toBe((40 - units) * UNIT_BYTES + list);
  });

  test('are those of the wall clock as it is, within a minute of its being set, and no timer storms meanwhile', async () => {
    limit({ windows: [hours(19, 6)] });
    const first = spool(UNIT_BYTES);
    await rig.clock.advance(20_000);
    const after = vi.spyOn(rig.clock, 'after');
    await rig.clock.advance(HOUR_MS);
    expect(after.mock.calls.length).toBeLessThan(130);
    after.mockRestore();
    expect(store.offered).toEqual([]);
    rig.clock.jumpWall(11 * HOUR_MS);
    await rig.clock.advance(61_000);
    expect(rig.receipted).toEqual([first]);
    rig.clock.jumpWall(-8 * HOUR_MS);
    spool(UNIT_BYTES);
    await rig.clock.advance(HOUR_MS);
    expect(rig.receipted).toEqual([first]);
  });

  test('that are changed or taken away count at once', async () => {
    limit({ windows: [hours(19, 6)] });
    const first = spool(UNIT_BYTES);
    await rig.clock.advance(5000);
    limit({ windows: [hours(8, 9)] });
    await rig.clock.advance(1000);
    expect(rig.receipted).toEqual([first]);
    limit({ windows: [hours(9, 10)] });
    const second = spool(UNIT_BYTES);
    await rig.clock.advance(5000);
    expect(store.offered).toEqual([first]);
    limit({});
    await rig.clock.advance(1000);
    expect(rig.receipted).toEqual([first, second]);
  });
});
