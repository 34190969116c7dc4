// Cuts the power after every call of one program's life that is on tape, in each of the ways that are given: in CI a third of them in the strict
// way, and of the other ways a smaller share. BODYDOCK_TAPE_TRY names a text that a try's name must hold: one that failed, once more.
import { startWorker } from '../../../agent/platform/worker-thread.ts';
import { shareOfRun } from '../../fakes/share-of-run.ts';
import { pointFailed, pointTried } from '../../fakes/points.ts';
import { tryInThreads } from '../in-threads.ts';
import { isQuick } from '../quick.ts';
import type { Side } from '../sides.ts';
import type { TapedLife } from './tape-life.ts';
import type { TapeTry, TapeVerdict } from './tape-point.ts';
import { isExt4Way } from './ext4-states.ts';
import { isWayOf, shownPoint, TapeStates, type TapePoint, type Way } from './tape-states.ts';

/** In CI one of so many tries of the other ways. */
const CI_SHARES = 50;
/** ... and of the strict way, which takes a quarter of an hour of one processor where it is slow. */
const CI_STRICT_SHARES = 3;
/** Every so many points are cut again, while the program recovers. */
const SECOND_CUTS = 2;
/** Most recoveries change their disk so often; the numbers of second cuts lie below, spread by a prime. */
const RECOVERY_STEPS = 60;
const SPREAD = 23;

export interface TapeFigures {
  readonly side: Side;
  readonly points: number;
  tried: number;
  secondCuts: number;
  /** Sentences for each try that broke a rule. */
  readonly failing: Map<string, readonly string[]>;
}

/** One line of figures. */
export function shownFigures({ side, points, tried, secondCuts, failing }: TapeFigures): string {
  return `power cuts behind every call of the whole ${side} on tape: ${points} points, ${tried} tries (${secondCuts} cut again while it recovered), ${failing.size} failing`;
}

/** What is tried: these ways, until so many tries failed. */
interface TapeWish {
  readonly ways: readonly Way[];
  readonly enough?: number;
  /** All of the strict way in CI too: a bug that was planted may show at few points. */
  readonly isStrictWhole?: boolean;
}

/** Tries one program's points. Errors: a thread ended by itself. */
export async function sweepTape(
  life: TapedLife,
  side: Side,
  { ways, enough = Infinity, isStrictWhole = false }: TapeWish,
): Promise<TapeFigures> {
  const points = (await TapeStates.play(life)).points.filter((point) => point.side === side);
  const figures: TapeFigures = { side, points: points.length, tried: 0, secondCuts: 0, failing: new Map() };
  await tryInThreads<TapeTry, TapeVerdict>(
    () => startWorker(import.meta.url, './tape-worker', { workerData: life }),
    triesOf(points, ways, isStrictWhole ? 1 : CI_STRICT_SHARES),
    (wanted, verdict) => {
      note(figures, wanted, verdict);
      return figures.failing.size < enough;
    },
  );
  return figures;
}

function note(figures: TapeFigures, wanted: TapeTry, { problems, wasCutAgain }: TapeVerdict): void {
  pointTried();
  figures.tried++;
  if (wasCutAgain) figures.secondCuts++;
  if (problems.length === 0) return;
  pointFailed();
  const told = shownTry(wanted);
  figures.failing.set(told, problems);
  console.log(`broken: ${told}: ${problems.join('; ')}`);
}

/** Those of this run whose names hold what BODYDOCK_TAPE_TRY says; each is taken by one thread. */
function* triesOf(
  points: readonly TapePoint[],
  ways: readonly Way[],
  strictShares: number,
): Generator<TapeTry, void> {
  for (const [number, way] of ways.entries())
    for (const [at, point] of points.entries()) {
      if (!isWayOf(way, point)) continue;
      const shares = way === 'nothing' ? strictShares : CI_SHARES;
      if (isQuick && (at + number * SPREAD) % shares !== shareOfRun % shares) continue;
      const again = at % SECOND_CUTS === 0 ? 0 : ((at * SPREAD) % RECOVERY_STEPS) + 1;
      const wanted = { point, way, again, seed: at + 1 };
      if (shownTry(wanted).includes(process.env['BODYDOCK_TAPE_TRY'] ?? '')) yield wanted;
    }
}

function shownTry({ point, way, again }: TapeTry): string {
  return `${shownPoint(point)}, ${shownWay(way)}${again > 0 ? `, again behind ${again} changes` : ''}`;
}

function shownWay(way: Way): string {
  if (isExt4Way(way)) return way;
  return `${typeof way === 'number' ? `a part (${way})` : way} survives`;
}
