// Bugs in the order of writing and telling, planted by hand into the programs whose life is on tape: the cuts of it must find them.
import { describe, expect, test } from 'vitest';
import { SURVIVALS } from '../../fakes/files-crash.ts';
import { shareOfRun } from '../../fakes/share-of-run.ts';
import { ORDER_BUGS } from '../order-bugs.ts';
import { isQuick } from '../quick.ts';
import { withBuiltBug } from '../whole-cuts-planted.ts';
import { lackingForTape } from './lacking.ts';
import { tapeLife } from './tape-life.ts';
import { sweepTape } from './tape-sweep.ts';

const TIMEOUT_MS = 900_000;
const lacking = lackingForTape();
/** In CI, whose time is limited, one of them, and not the one that whole cuts have. */
const ofThisRun = isQuick ? ORDER_BUGS.slice((shareOfRun + 2) % ORDER_BUGS.length).slice(0, 1) : ORDER_BUGS;

describe.skipIf(lacking !== undefined)(
  `power cuts of a life on tape find${lacking === undefined ? '' : ` (missing: ${lacking})`}`,
  () => {
    test.each(ofThisRun)('that $what', { timeout: TIMEOUT_MS }, async (bug) => {
      const life = await withBuiltBug(bug, tapeLife);
      const { failing } = await sweepTape(life, bug.side, {
        ways: SURVIVALS,
        enough: 1,
        isStrictWhole: true,
      });
      expect(failing.size).toBeGreaterThan(0);
    });
  },
);
