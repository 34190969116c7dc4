// Starts whole programs after the points of a life on tape. BODYDOCK_RESTARTS=3/20 is one of twenty shares, and BODYDOCK_TAPE_TRY names a text
// that a try's name must hold. In CI a share.
import { availableParallelism } from 'node:os';
import { pointFailed, pointTried } from '../../fakes/points.ts';
import { shareOfRun } from '../../fakes/share-of-run.ts';
import { isQuick } from '../quick.ts';
import { ALL, isInShare, parseShare, shareOf } from '../share.ts';
import { TapeRestarts } from './tape-restarts.ts';
import { isWayOf, shownPoint, type Way } from './tape-states.ts';

/** In CI one of so many. */
const CI_SHARES = 380;
const LANES = isQuick ? 1 : availableParallelism();

export interface RestartFigures {
  /** Points of both programs in all ways. */
  tries: number;
  tried: number;
  /** Sentences for each try that broke a rule. */
  readonly failing: Map<string, readonly string[]>;
}

/** One line of figures. */
export function shownRestarts({ tries, tried, failing }: RestartFigures): string {
  return `whole programs started behind power cuts of a life on tape: ${tried} of ${tries} tried, ${failing.size} failing`;
}

/** Each lane lives a life of its own, and tries its share of that life's points. */
export async function sweepRestarts(ways: readonly Way[]): Promise<RestartFigures> {
  const figures: RestartFigures = { tries: 0, tried: 0, failing: new Map() };
  await Promise.all(Array.from({ length: LANES }, (_, lane) => sweepLane(ways, lane, figures)));
  return figures;
}

async function sweepLane(ways: readonly Way[], lane: number, figures: RestartFigures): Promise<void> {
  const share =
    parseShare(process.env['BODYDOCK_RESTARTS']) ?? (isQuick ? shareOf(shareOfRun, CI_SHARES) : ALL);
  const restarts = await TapeRestarts.open();
  try {
    const all = ways.flatMap((way) =>
      restarts.states.points.filter((point) => isWayOf(way, point)).map((point) => ({ point, way })),
    );
    const wanted = process.env['BODYDOCK_TAPE_TRY'] ?? '';
    figures.tries = all.length;
    for (const [at, { point, way }] of all.entries()) {
      const told = `${shownPoint(point)}, ${way}`;
      if (!isInShare(share, at) || Math.floor(at / share.of) % LANES !== lane || !told.includes(wanted))
        continue;
      const problems = await restarts.tryPoint(point, way);
      pointTried();
      figures.tried++;
      if (problems.length === 0) continue;
      pointFailed();
      figures.failing.set(told, problems);
      console.log(`broken: ${told}: ${problems.join('; ')}`);
    }
  } finally {
    await restarts.close();
  }
}
