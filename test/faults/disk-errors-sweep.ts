// Lets the disk of one program fail at each of its calls, once or for good, while both programs and the broker run on; then the disk is well
// again, everything goes on until it is delivered, and what is there is judged.
import { pointTried } from '../fakes/points.ts';
import { pause, until } from '../fakes/until.ts';
import { DiskLives } from './disk-errors-life.ts';
import { errorsAt, shownError, type ErrorPoint } from './disk-errors-points.ts';
import type { Side } from './sides.ts';
import { TOLD_OF_ERRORS, TOLD_OF_SPACE } from './told.ts';

/** Conditions that tell of a disk. */
const TOLD: Readonly<Record<ErrorPoint['code'], readonly string[]>> = {
  EIO: TOLD_OF_ERRORS,
  ENOSPC: TOLD_OF_SPACE,
};
/** The receiver has no topics of its own: what its log says. */
const TOLD_BY_RECEIVER = /"level":"(warn|error)"|"level":(40|50)/;
/** An agent that ends says so of a segment that it could not sign. */
const LEFT = /custody segment not closed, left to the next start/;
/** Within this time a disk that fails for good is told of. */
const TELL_MS = 60_000;
/** For so long it fails on. */
const ILL_MS = 1500;
/** Calls that a program may make in vain in that time: it tries again, and does not storm. */
const VAIN_CALLS_MAX = 400;

export interface ErrorFigures {
  readonly side: Side;
  readonly points: number;
  tried: number;
  /** Points that the life did not come to: the order of parallel calls differs. They are judged anyway. */
  missed: number;
  /** Points at which the program ended by itself, and was started again. */
  ended: number;
  /** A sentence for each broken rule, by point. */
  readonly failing: Map<string, readonly string[]>;
}

/** One line of figures. */
export function shownErrorFigures({ side, points, tried, missed, ended, failing }: ErrorFigures): string {
  return `disk errors under the whole ${side}: ${tried} of ${points} points tried (${missed} not come to, ${ended} ended the program, which was started again), ${failing.size} failing`;
}

export interface ErrorSweepOptions {
  /** What is tried; all that a life comes to where it is left out. */
  readonly points?: readonly ErrorPoint[];
  /** Those of them that are tried. */
  readonly choose?: (points: readonly ErrorPoint[]) => readonly ErrorPoint[];
  /** Lives beside each other. */
  readonly lanes: number;
  /** Hears of each point. */
  readonly onTried?: (point: string, problems: readonly string[]) => void;
}

/** Sweeps one program. */
export async function sweepErrors(side: Side, options: ErrorSweepOptions): Promise<ErrorFigures> {
  const opened = [await DiskLives.open(side)];
  try {
    const all = options.points ?? (await pointsOf(opened));
    const chosen = [...(options.choose?.(all) ?? all)];
    const figures: ErrorFigures = {
      side,
      points: all.length,
      tried: 0,
      missed: 0,
      ended: 0,
      failing: new Map(),
    };
    while (opened.length < Math.min(options.lanes, chosen.length)) opened.push(await DiskLives.open(side));
    await Promise.all(
      opened.map(async (lives) => {
        for (let next = chosen.shift(); next !== undefined; next = chosen.shift()) {
          const problems = await tryPoint(lives, next, figures);
          options.onTried?.(shownError(side, next), problems);
        }
      }),
    );
    return figures;
  } finally {
    for (const lives of opened) await lives.close();
  }
}

/** All errors at all calls of a life whose disk is well. Errors: that life broke a rule by itself. */
async function pointsOf([lives]: readonly DiskLives[]): Promise<ErrorPoint[]> {
  if (lives === undefined) return [];
  await lives.begin();
  const { calls } = await lives.live();
  const problems = await lives.problems();
  if (problems.length > 0) throw new Error(`a life whose disk is well: ${problems.join('; ')}`);
  return calls.flatMap((call) => errorsAt(call));
}

/** One point on its own; a sentence for each broken rule. */
export async function tryPoint(
  lives: DiskLives,
  point: ErrorPoint,
  figures: ErrorFigures,
): Promise<readonly string[]> {
  figures.tried++;
  const problems: string[] = [];
  try {
    await lives.begin();
    const isOver = { yes: false };
    const life = lives.live(point).finally(() => (isOver.yes = true));
    life.catch(() => undefined);
    if (point.forGood) problems.push(...(await nurse(lives, point, isOver)));
    const { failed, restarts } = await life;
    if (failed === 0) figures.missed++;
    else pointTried();
    if (restarts > 0) figures.ended++;
    problems.push(...(await lives.problems()));
    // Space that was short for one call is nothing to tell; a program that ended told by that.
    if (point.code !== 'ENOSPC' && failed > 0 && restarts === 0 && !isTold(lives, point))
      problems.push(`told: ${[...lives.dock.view.told].join(', ') || 'nothing'}`);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  if (problems.length > 0) figures.failing.set(shownError(lives.side, point), problems);
  return problems;
}

/** Waits until the disk fails and that is told, judges what is where, and makes the disk well. */
async function nurse(
  lives: DiskLives,
  point: ErrorPoint,
  isOver: { readonly yes: boolean },
): Promise<string[]> {
  const { library } = lives;
  const problems: string[] = [];
  while (!isOver.yes && (await library.failed()) === 0) await pause(50);
  if (isOver.yes) return problems;
  const isThere = (): boolean => !isOver.yes && lives.failing.running;
  await until('it is told', TELL_MS, () => !isThere() || isTold(lives, point)).catch(() =>
    problems.push(
      `for ${TELL_MS} ms a disk that fails was not told of: ${[...lives.dock.view.told].join(', ') || 'nothing'}`,
    ),
  );
  const before = await library.failed();
  await pause(ILL_MS);
  const vain = (await library.failed()) - before;
  if (vain > VAIN_CALLS_MAX) problems.push(`${vain} calls in vain within ${ILL_MS} ms`);
  problems.push(...(await lives.losses()).map((loss) => `while the disk fails ${loss}`));
  await library.makeWell(true);
  return problems;
}

function isTold({ side, dock: { rig, view } }: DiskLives, { code }: ErrorPoint): boolean {
  if (side === 'receiver') return TOLD_BY_RECEIVER.test(rig.receiver.log());
  // Nobody hears a condition of a program that ends: its journal says it.
  return LEFT.test(rig.agent.log()) || TOLD[code].some((each) => view.told.has(each));
}
