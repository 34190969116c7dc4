// Power cuts at every changing call of the real spool and log, in a real process on a real ext4; planted faults must be caught.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shareOfList } from '../fakes/share-of-run.ts';
import { expectAllHeld } from './all-held.ts';
import { lackingForCuts, PowerCuts } from './fault-tools.ts';
import { isQuick } from './quick.ts';

const target = new URL('../../dist/test/faults/spool-target.js', import.meta.url).pathname;
const lacking = lackingForCuts();
/** In CI, whose time is limited, the whole agent on tape tries every call (tape-cuts). */
const stride = isQuick ? 3 : 1;
/** Each cut costs a second or more, and some 120 of them are possible. */
const TIMEOUT_MS = 900_000;

describe.skipIf(lacking !== undefined && process.env['CI'] === undefined)(
  `power cuts on ext4${lacking === undefined ? '' : ` (missing: ${lacking})`}`,
  () => {
    let cuts: PowerCuts;
    beforeAll(async () => {
      cuts = await PowerCuts.build();
    });
    afterAll(() => cuts.remove());

    test('at any call leave every claim and every recording whole', { timeout: TIMEOUT_MS }, async () => {
      const report = await cuts.run(target, { mode: 'cut', faults: 'good', count: 2, stride });
      expectAllHeld(report);
      expect(report.points).toBeGreaterThan(60);
    });

    test(
      'in the middle of a write leave every claim and every recording whole',
      { timeout: TIMEOUT_MS },
      async () => {
        const report = await cuts.run(target, {
          mode: 'torncut',
          faults: 'good',
          count: 2,
          stride: isQuick ? 4 * stride : 1,
        });
        expectAllHeld(report);
      },
    );

    for (const faults of shareOfList(['no-sync', 'no-custody-sync', 'early-claim', 'delete-early'], isQuick))
      test(`catch the planted fault "${faults}"`, { timeout: TIMEOUT_MS }, async () => {
        const report = await cuts.run(target, { mode: 'cut', faults, count: 2, stride: 9 });
        expect(report.failing).toBeGreaterThan(0);
      });
  },
);
