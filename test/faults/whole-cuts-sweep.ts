// Cuts the power of one program at each of a share of its points, once, lets everything go on until it is delivered, and judges what is there.
import { pointFailed, pointTried } from '../fakes/points.ts';
import { shareOfRun } from '../fakes/share-of-run.ts';
import type { CutMode } from './cut-disk.ts';
import { isQuick } from './quick.ts';
import { isInShare, parseShare, shareOf, type Share } from './share.ts';
import type { Side } from './sides.ts';
import { CutLives } from './whole-cuts-life.ts';
import { COURSES, shownPoint, type Course, type CutPoint } from './whole-cuts-points.ts';

/**
 * One of so many shares is tried, by hand and in CI, whose time is limited: a life of whole programs takes some ten seconds,
 * and what is left after each call of theirs is tried from a tape (tape/).
 */
const SHARES = isQuick ? 384 : 24;
/** Every so many points are cut again, while the program recovers. */
const SECOND_CUTS = 2;
/** Behind every so many points all is reclaimed, too; the points of a start that reclaims are tried in any case. */
const RECLAIMS = 4;
/** A recovery makes more calls than this; the numbers of second cuts lie below it, spread by a prime. */
const RECOVERY_CALLS = 60;
const SPREAD = 23;

/** The share of this run: BODYDOCK_CUTS=3/20 is one of twenty, 0/1 are all. */
export function shareOfThisRun(): Share {
  return parseShare(process.env['BODYDOCK_CUTS']) ?? shareOf(shareOfRun, SHARES);
}

/** Points whose names hold that text, which BODYDOCK_CUT_POINT names: one that failed, once more. */
function isWanted(side: Side, point: CutPoint): boolean {
  return shownPoint(side, point).includes(process.env['BODYDOCK_CUT_POINT'] ?? '');
}

export interface CutFigures {
  readonly side: Side;
  readonly mode: CutMode;
  /** Of whole lives, torn writes included. */
  readonly points: number;
  tried: number;
  torn: number;
  secondCuts: number;
  /** Points that this life did not come to: the order of parallel calls differs. They are judged anyway. */
  missed: number;
  /** A sentence for each broken rule, by point. */
  readonly failing: Map<string, readonly string[]>;
}

/** One line of figures. */
export function shownFigures(figures: CutFigures): string {
  const { side, mode, points, tried, torn, secondCuts, missed, failing } = figures;
  return `power cuts of the whole ${side}, ${mode}: ${tried} of ${points} points tried (${torn} torn writes, ${secondCuts} cut again while it recovered, ${missed} not come to), ${failing.size} failing`;
}

export interface SweepOptions {
  readonly mode?: CutMode;
  readonly courses?: readonly Course[];
  /** Lives beside each other. */
  readonly lanes?: number;
  /** Leaves points out. */
  readonly only?: (point: CutPoint) => boolean;
  /** So many failing points end it early. */
  readonly enough?: number;
}

/** Sweeps one program. */
export async function sweepCuts(side: Side, share: Share, options: SweepOptions = {}): Promise<CutFigures> {
  const { mode = 'ext4', courses = COURSES, lanes = 1, only = () => true, enough = Infinity } = options;
  const first = await CutLives.open(side, mode);
  const opened = [first];
  try {
    const all: CutPoint[] = [];
    for (const course of courses) all.push(...(await pointsOf(first, course, mode)));
    const wanted = all.filter((point) => only(point) && isWanted(side, point));
    const chosen = [...wanted.entries()].filter(([at]) => isInShare(share, at));
    const figures: CutFigures = {
      side,
      mode,
      points: wanted.length,
      tried: 0,
      torn: 0,
      secondCuts: 0,
      missed: 0,
      failing: new Map(),
    };
    for (let more = 1; more < lanes; more++) opened.push(await CutLives.open(side, mode));
    await Promise.all(
      opened.map(async (lives) => {
        for (let next = chosen.shift(); next !== undefined; next = chosen.shift()) {
          if (figures.failing.size >= enough) return;
          const [at, point] = next;
          const another = wanted[at + 1];
          // A small share shall not consist of points that nobody came to.
          if (!(await tryPoint(lives, point, at, figures)) && share.of > 1 && another !== undefined)
            chosen.push([at + 1, another]);
        }
      }),
    );
    return figures;
  } finally {
    for (const lives of opened) await lives.close();
  }
}

/**
 * All points of a life that is not cut, and each of its writes once more as a torn one; of a resumed life those behind the interruption.
 * Errors: that life broke a rule by itself.
 */
async function pointsOf(lives: CutLives, course: Course, mode: CutMode): Promise<CutPoint[]> {
  await lives.begin();
  const { points } = await lives.live(course);
  const problems = await lives.problems();
  if (problems.length > 0) throw new Error(`a life without a cut: ${problems.join('; ')}`);
  return points
    .filter(({ start }) => course === 'day' || start === 2)
    .flatMap((point) =>
      // The strict disk has nothing of a write that was not synced, torn or not.
      point.op === 'write' && mode !== 'strict' ? [point, { ...point, torn: true }] : [point],
    );
}

/** False where this life did not come to the point. */
async function tryPoint(lives: CutLives, point: CutPoint, at: number, figures: CutFigures): Promise<boolean> {
  figures.tried++;
  if (point.torn === true) figures.torn++;
  const { side } = figures;
  const problems: string[] = [];
  const cutAt = async (where: CutPoint): Promise<boolean> => {
    if (!(await lives.live(where.course, where)).wasCut) return false;
    pointTried();
    await lives.powerBack(at + 1);
    problems.push(...(await lives.losses()).map((loss) => `right after the cut ${loss}`));
    return true;
  };
  let told = shownPoint(side, point);
  const withReclaim = figures.tried % RECLAIMS === 0;
  const missedBefore = figures.missed;
  try {
    await lives.begin();
    if (!(await cutAt(point))) figures.missed++;
    else if (figures.tried % SECOND_CUTS === 0) {
      const number = ((at * SPREAD) % RECOVERY_CALLS) + 1;
      const again: CutPoint = { op: '', pathClass: '', number, start: 1, course: 'day' };
      told += `, then ${shownPoint(side, again)}`;
      if (await cutAt(again)) figures.secondCuts++;
      await lives.live('day', undefined, withReclaim);
    } else await lives.live('day', undefined, withReclaim);
    problems.push(...(await lives.problems()));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  if (problems.length > 0) {
    pointFailed();
    figures.failing.set(told, problems);
    console.log(`broken: ${told}: ${problems.join('; ')}`);
  }
  return figures.missed === missedBefore;
}
