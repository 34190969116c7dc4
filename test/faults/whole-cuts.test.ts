// Power cuts of the whole agent and the whole receiver, as they are shipped, over the life of recordings: nothing is lost, doubled, claimed
// too early or erased without a durable receipt, says the independent checker, at any call that changes the disk of either of them, whatever
// the disk keeps of what was not synced.
import { cpus } from 'node:os';
import { describe, expect, test } from 'vitest';
import { lacksTools } from '../fakes/stock-tools.ts';
import { shareOfRun } from '../fakes/share-of-run.ts';
import { CUT_MODES, type CutMode } from './cut-disk.ts';
import { lackingForCuts, lackingForStrict } from './fault-tools.ts';
import { isQuick } from './quick.ts';
import { SIDES, type Side } from './sides.ts';
import { shareOfThisRun, shownFigures, sweepCuts } from './whole-cuts-sweep.ts';
import { COURSES, type Course } from './whole-cuts-points.ts';

const isCi = process.env['CI'] !== undefined;
const share = shareOfThisRun();
/** Lives beside each other, of each program: they mostly wait. Other suites run beside them in CI. */
const LANES = Number(process.env['BODYDOCK_CUT_LANES'] ?? (isQuick ? 1 : Math.max(2, cpus().length / 2)));
/** With BODYDOCK_CUTS=0/1 some 1,100 points of each mode and of ten seconds of one core each. */
const TIMEOUT_MS = 6 * 3_600_000;

/** All by hand, or those that BODYDOCK_CUT_MODES names; in CI one of each program, a real file system and the strict one in turn. */
function modesOf(side: Side): readonly CutMode[] {
  const named = process.env['BODYDOCK_CUT_MODES']?.split(',');
  if (named !== undefined) return CUT_MODES.filter((mode) => named.includes(mode));
  const turn = shareOfRun + (side === 'agent' ? 0 : 2);
  return isQuick ? CUT_MODES.filter((_, at) => at === turn % CUT_MODES.length) : CUT_MODES;
}

function lackingFor(mode: CutMode): string | undefined {
  const lacking = mode === 'strict' || mode === 'random' ? lackingForStrict() : lackingForCuts();
  return lacking ?? (lacksTools('mosquitto') ? 'mosquitto' : undefined);
}

/** Both by hand; in CI no life that is interrupted in the middle of a transfer, which a busy machine may miss. */
const courses: readonly Course[] = isQuick ? ['day'] : COURSES;

for (const mode of CUT_MODES) {
  const sides = SIDES.filter((side) => modesOf(side).includes(mode));
  const lacking = lackingFor(mode);
  const title = `power cuts of whole programs, ${mode}, share ${share.share} of ${share.of}`;
  const missing = lacking === undefined ? '' : ` (missing: ${lacking})`;
  if (sides.length === 0) continue;
  describe.skipIf(lacking !== undefined && !isCi)(`${title}${missing}`, () => {
    for (const side of sides)
      test.concurrent(`at any call of the ${side} break no rule`, { timeout: TIMEOUT_MS }, async () => {
        const figures = await sweepCuts(side, share, { mode, courses, lanes: LANES });
        console.log(shownFigures(figures));
        expect(Object.fromEntries(figures.failing)).toEqual({});
        expect(figures.tried).toBeGreaterThan(figures.missed);
      });
  });
}
