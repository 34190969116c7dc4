// Many stations and one receiver, as processes with a real mosquitto between them: all that comes at once is received, from everybody.
import { expect, test } from 'vitest';
import { playShiftEnd } from '../fakes/shift-end.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

const RECEIVER = new URL('../../dist/agent/receiver/main.js', import.meta.url);
const [STATIONS, RECORDINGS] = [16, 6];

test.skipIf(lacksTools('mosquitto'))(
  'the small recordings of many stations at once all get their receipts',
  async () => {
    const load = { stations: STATIONS, recordings: RECORDINGS, sizeBytes: 64 * 1024 };
    const { receipts } = await playShiftEnd(load, RECEIVER, { begin: () => undefined, end: () => undefined });
    const count = new Map<string, number>();
    for (const { station } of receipts) count.set(station, (count.get(station) ?? 0) + 1);
    expect([...count.values()]).toEqual(Array.from({ length: STATIONS }, () => RECORDINGS));
  },
);
