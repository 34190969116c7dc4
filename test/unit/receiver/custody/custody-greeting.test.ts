// What a receiver says unasked of a station's log when its own connection breaks (SPEC 6.10): the station's stood all the while and would not ask.
import { expect, test } from 'vitest';
import { openBench } from '../bench-top.ts';

test('at each connect, not the first one alone, a receiver says what it holds of a log', async () => {
  const { top, station } = await openBench(63);
  await top.clock.advance(100_000);
  for (let turn = 0; turn < 3; turn++) {
    const before = station.nothingHeld;
    top.hub.cut('r-a');
    await top.clock.advance(10_000);
    expect(station.nothingHeld).toBeGreaterThan(before);
  }
});
