// Brings about every fault (call-faults.ts) at every call of one program on its disk; in CI a share of them.
// BODYDOCK_CALL_TRY names a text that a try's name must hold: one that failed, once more. BODYDOCK_CALL_SHARE=3/20 is one of twenty.
import { startWorker } from '../../../agent/platform/worker-thread.ts';
import { pointFailed, pointTried } from '../../fakes/points.ts';
import { shareOfRun } from '../../fakes/share-of-run.ts';
import { tryInThreads } from '../in-threads.ts';
import { isQuick } from '../quick.ts';
import { ALL, isInShare, parseShare, shareOf } from '../share.ts';
import type { Side } from '../sides.ts';
import { CALL_FAULTS } from './call-faults.ts';
import { callsOfLife } from './call-points.ts';
import { shownTry, type CallTry, type CallVerdict } from './call-try.ts';

/** In CI, whose time is limited, one of so many tries. */
const CI_SHARES = 300;

export interface CallFigures {
  readonly side: Side;
  /** Calls of the life that change its disk, and others. */
  readonly calls: number;
  /** Of all faults at all calls. */
  readonly points: number;
  tried: number;
  /** A sentence for each rule that was broken, by try. */
  readonly failing: Map<string, readonly string[]>;
}

/** One line of figures. */
export function shownFigures({ side, calls, points, tried, failing }: CallFigures): string {
  return `faults at every call of the ${side} on its disk, simulated: ${calls} calls, ${tried} of ${points} tries, ${failing.size} failing`;
}

/** Sweeps one program, until so many tries failed. Errors: the life in which nothing fails broke a rule. */
export async function sweepCalls(side: Side, enough = Infinity): Promise<CallFigures> {
  const calls = (await callsOfLife()).filter((point) => point.side === side);
  const all = CALL_FAULTS.flatMap(({ group }, fault) =>
    calls.filter((point) => point.group === group).map((point): CallTry => ({ point, fault })),
  );
  const figures: CallFigures = {
    side,
    calls: calls.filter(({ group }) => group !== 'fill').length, // these are among the others
    points: all.length,
    tried: 0,
    failing: new Map(),
  };
  await tryInThreads<CallTry, CallVerdict>(
    () => startWorker(import.meta.url, './call-worker', {}),
    chosen(all),
    (tried, { problems }) => {
      pointTried();
      figures.tried++;
      if (problems.length > 0) {
        pointFailed();
        figures.failing.set(shownTry(tried), problems);
        console.log(`broken: ${shownTry(tried)}: ${problems.join('; ')}`);
      }
      return figures.failing.size < enough;
    },
  );
  return figures;
}

function chosen(all: readonly CallTry[]): readonly CallTry[] {
  const share =
    parseShare(process.env['BODYDOCK_CALL_SHARE']) ?? (isQuick ? shareOf(shareOfRun, CI_SHARES) : ALL);
  const text = process.env['BODYDOCK_CALL_TRY'] ?? '';
  return all.filter((wanted, at) => isInShare(share, at) && shownTry(wanted).includes(text));
}
