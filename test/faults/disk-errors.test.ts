// Disk errors under the whole agent and the whole receiver, as they are shipped, over the life of recordings: whichever call fails, once or
// for good, nothing is lost, claimed too early or erased without a durable receipt, the error is told, and all goes on.
import { cpus } from 'node:os';
import { describe, expect, test } from 'vitest';
import { findTool, lacksTools } from '../fakes/stock-tools.ts';
import { shownError } from './disk-errors-points.ts';
import { chosenPoints, pointOfShare, wanted } from './disk-errors-share.ts';
import { shownErrorFigures, sweepErrors } from './disk-errors-sweep.ts';
import { SIDES } from './sides.ts';
import { takesShare } from '../fakes/share-of-run.ts';

const isCi = process.env['CI'] !== undefined;
const isLacking = findTool('gcc') === undefined || lacksTools('mosquitto');
/** Lives beside each other, of each program: they mostly wait. */
const LANES = Number(process.env['BODYDOCK_LANES'] ?? cpus().length);
/** With BODYDOCK_ERRORS=0/1 some 3,000 points of ten seconds and more. */
const TIMEOUT_MS = 12 * 3_600_000;

describe.skipIf(isLacking && !isCi)(
  `disk errors under whole programs, ${takesShare ? 'one' : wanted}`,
  () => {
    for (const side of SIDES)
      test
        .skipIf(takesShare)
        .concurrent(`at any call of the ${side} break no rule`, { timeout: TIMEOUT_MS }, async () => {
          const figures = await sweepErrors(side, {
            lanes: LANES,
            choose: (points) => chosenPoints(side, points),
            onTried: (point, problems) =>
              console.log(`${problems.length === 0 ? 'good' : 'broken'}: ${point} ${problems.join('; ')}`),
          });
          console.log(shownErrorFigures(figures));
          expect(Object.fromEntries(figures.failing)).toEqual({});
          expect(figures.tried).toBeGreaterThan(figures.missed);
        });

    test.skipIf(pointOfShare === undefined)(
      `${pointOfShare === undefined ? 'the one of this share' : shownError('agent', pointOfShare)} breaks no rule`,
      async () => {
        const figures = await sweepErrors('agent', { lanes: 1, points: pointOfShare ? [pointOfShare] : [] });
        console.log(shownErrorFigures(figures));
        expect(Object.fromEntries(figures.failing)).toEqual({});
        expect(figures).toMatchObject({ tried: 1, missed: 0 });
      },
    );
  },
);
