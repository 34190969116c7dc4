// SIGTERM for the whole agent and the whole receiver, as they are shipped, over the life of recordings: at any call that changes the disk and at
// any message. Each time the program ends by itself within the deadline of its unit, with code 0, and its next start goes on.
import { describe, expect, test } from 'vitest';
import { findTool, lacksTools } from '../fakes/stock-tools.ts';
import { shareOfRun, takesShare } from '../fakes/share-of-run.ts';
import { SIDES, type Side } from './sides.ts';
import { StopLives } from './whole-stops-life.ts';
import { addLife, shareOfStops, shownStops, sweepStops, type StopFigures } from './whole-stops-sweep.ts';

const isCi = process.env['CI'] !== undefined;
const lacking = lacksTools('mosquitto') || (findTool('gcc') === undefined && !isCi);
const LANES = 2;
const TIMEOUT_MS = 4 * 3_600_000;
/** A start of either program makes more calls. */
const CALLS = 60;
/** From one share to the next. */
const SPREAD = 23;

describe.skipIf(lacking)('SIGTERM', () => {
  const share = shareOfStops();
  test.skipIf(takesShare).each(SIDES)(
    `at any moment of the %s ends it in time and loses nothing, share ${share.share} of ${share.of}`,
    { timeout: TIMEOUT_MS },
    async (side) => {
      const figures = await sweepStops(side, share, { lanes: LANES, enough: 10 });
      console.log(shownStops(figures));
      expect(Object.fromEntries(figures.failing)).toEqual({});
      expect(figures.stops.length).toBeGreaterThan(figures.missed);
    },
  );

  test.skipIf(!takesShare)(
    'at the call of this share ends one of the programs in time and loses nothing',
    async () => {
      const side: Side = shareOfRun % 2 === 0 ? 'agent' : 'receiver';
      const lives = await StopLives.open(side);
      try {
        const points = [{ kind: 'call' as const, what: '', number: ((shareOfRun * SPREAD) % CALLS) + 1 }];
        const figures: StopFigures = { side, points: 1, stops: [], missed: 0, failing: new Map() };
        addLife(figures, points, await lives.live(points));
        console.log(shownStops(figures));
        expect(Object.fromEntries(figures.failing)).toEqual({});
        expect(figures.stops.length).toBeGreaterThan(1);
      } finally {
        await lives.close();
      }
    },
  );
});
