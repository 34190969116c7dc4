// Power cuts after every call of agent and receiver, as they are shipped, that changes their disks (tape-life.ts): wherever it comes, their own
// logic goes on from what was synced, and nothing is lost, doubled, claimed too early or erased without a durable receipt, says the independent
// checker.
import { beforeAll, describe, expect, test } from 'vitest';
import { SURVIVALS } from '../../fakes/files-crash.ts';
import { SIDES } from '../sides.ts';
import { EXT4_WAYS } from './ext4-states.ts';
import { lackingForExt4, lackingForTape } from './lacking.ts';
import { tapeLife, type TapedLife } from './tape-life.ts';
import { shownFigures, sweepTape } from './tape-sweep.ts';

/** A life makes more changes than this. */
const POINTS_MIN = 300;
const LIFE_MS = 300_000;
/** By hand six ways of some 500 points, of a fifth of a second each, and three of half a second. */
const TIMEOUT_MS = 3_600_000;
const lacking = lackingForTape();
const lackingDisk = lackingForExt4();
const shown = (missing: string | undefined): string =>
  missing === undefined ? '' : ` (missing: ${missing})`;

describe.skipIf(lacking !== undefined)(`a life on tape${shown(lacking)}`, () => {
  let life: TapedLife;
  beforeAll(async () => {
    life = await tapeLife();
  }, LIFE_MS);

  test.each(SIDES)(
    'no cut behind any call of the %s breaks a rule',
    { timeout: TIMEOUT_MS },
    async (side) => {
      const figures = await sweepTape(life, side, { ways: SURVIVALS });
      console.log(shownFigures(figures));
      expect(Object.fromEntries(figures.failing)).toEqual({});
      expect(figures.points).toBeGreaterThan(POINTS_MIN);
      expect(figures.tried).toBeGreaterThan(POINTS_MIN / 3);
      expect(figures.secondCuts).toBeGreaterThan(figures.tried / 3);
    },
  );

  test.skipIf(lackingDisk !== undefined).each(SIDES)(
    `no cut behind any call of the %s, done again on a real ext4, breaks a rule${shown(lackingDisk)}`,
    { timeout: TIMEOUT_MS },
    async (side) => {
      const figures = await sweepTape(life, side, { ways: EXT4_WAYS });
      console.log(shownFigures(figures));
      expect(Object.fromEntries(figures.failing)).toEqual({});
      expect(figures.tried).toBeGreaterThan(0);
    },
  );
});
