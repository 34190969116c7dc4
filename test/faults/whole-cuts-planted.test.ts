// Bugs in the order of writing and telling, planted by hand into a copy of what was built: the cuts of whole programs must find them.
import { describe, expect, test } from 'vitest';
import { lacksTools } from '../fakes/stock-tools.ts';
import { shareOfRun } from '../fakes/share-of-run.ts';
import { lackingForCuts, lackingForStrict } from './fault-tools.ts';
import { isQuick } from './quick.ts';
import { ALL } from './share.ts';
import { ORDER_BUGS } from './order-bugs.ts';
import { withBug, withBuiltBug } from './whole-cuts-planted.ts';
import { sweepCuts } from './whole-cuts-sweep.ts';

const lacking = lackingForCuts() ?? lackingForStrict();
const TIMEOUT_MS = 600_000;
/** In CI, whose time is limited, one of them. */
const ofThisRun = isQuick ? ORDER_BUGS.slice(shareOfRun % ORDER_BUGS.length).slice(0, 1) : ORDER_BUGS;

test('the place of each bug stands in what was built, also of those that have another day', async () => {
  for (const bug of ORDER_BUGS) expect(await withBug(bug), bug.what).not.toContain(bug.find);
});

describe.skipIf((lacking !== undefined || lacksTools('mosquitto')) && process.env['CI'] === undefined)(
  `power cuts of whole programs find${lacking === undefined ? '' : ` (missing: ${lacking})`}`,
  () => {
    for (const bug of ofThisRun)
      test(`that ${bug.what}`, { timeout: TIMEOUT_MS }, async () => {
        const { mode = 'ext4' } = bug;
        const { failing } = await withBuiltBug(bug, () =>
          sweepCuts(bug.side, ALL, { mode, courses: ['day'], only: bug.at, enough: 1 }),
        );
        expect(failing.size).toBeGreaterThan(0);
      });
  },
);
