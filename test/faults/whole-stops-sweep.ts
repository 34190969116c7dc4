// Asks one program to end at each of a share of the moments of a life, several in one life, each in a start of its own.
import { ALL, isInShare, parseShare, type Share } from './share.ts';
import type { Side } from './sides.ts';
import { StopLives, type LifeSeen, type StopSeen } from './whole-stops-life.ts';
import { shownStop, type StopPoint } from './whole-stops-points.ts';

/** Stops of one life: more would leave nothing to be done for the last ones. */
const STOPS_OF_LIFE = 4;

/** The share of this run: BODYDOCK_STOPS=3/20 is one of twenty; all by default. */
export function shareOfStops(): Share {
  return parseShare(process.env['BODYDOCK_STOPS']) ?? ALL;
}

export interface StopFigures {
  readonly side: Side;
  readonly points: number;
  /** Those that came, and those at rest after a life. */
  readonly stops: StopSeen[];
  /** Points that did not come in a life of their own: the order of parallel calls differs. */
  missed: number;
  /** A sentence for each broken rule, by the points of that life. */
  readonly failing: Map<string, readonly string[]>;
}

/** One line of figures. */
export function shownStops({ side, points, stops, missed, failing }: StopFigures): string {
  const [ends, starts] = [stops.map(({ endMs }) => endMs), stops.flatMap(({ startMs }) => startMs ?? [])];
  const told = (values: readonly number[]): string =>
    `${Math.round(middle(values))} ms, ${Math.round(Math.max(0, ...values))} at most`;
  return `SIGTERM for the whole ${side}: ${stops.length} stops at ${points} points (${missed} not come to); an end took ${told(ends)}; a start behind it ${told(starts)}; ${failing.size} lives failing`;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Adds what was seen of a life with these points. */
export function addLife(figures: StopFigures, points: readonly StopPoint[], seen: LifeSeen): void {
  figures.stops.push(...seen.stops);
  if (seen.problems.length > 0) figures.failing.set(points.map(shownStop).join(', then '), seen.problems);
}

/** With so many lives beside each other; `enough` failing ones end it early. Errors: a life without a stop broke a rule. */
export async function sweepStops(
  side: Side,
  share: Share,
  { lanes, enough }: { readonly lanes: number; readonly enough: number },
): Promise<StopFigures> {
  const opened = [await StopLives.open(side)];
  try {
    const all = await pointsOf(opened[0] as StopLives);
    const order = new Map(all.map((point, at) => [shownStop(point), at]));
    // The first of each name come first: a run that is ended early has seen all kinds.
    const chosen = all.toSorted((a, b) => a.number - b.number).filter((_, at) => isInShare(share, at));
    const figures: StopFigures = { side, points: chosen.length, stops: [], missed: 0, failing: new Map() };
    while (opened.length < lanes) opened.push(await StopLives.open(side));
    const runLane = async (lives: StopLives): Promise<void> => {
      while (chosen.length > 0 && figures.failing.size < enough) {
        const points = chosen
          .splice(0, STOPS_OF_LIFE)
          .toSorted((a, b) => (order.get(shownStop(a)) ?? 0) - (order.get(shownStop(b)) ?? 0));
        const seen = await lives.live(points);
        addLife(figures, points, seen);
        if (seen.problems.length > 0) console.error(points.map(shownStop), seen.problems);
        // What did not come although it was the first has had its life; the others get one.
        figures.missed += seen.missed.filter((point) => point === points[0]).length;
        chosen.unshift(...seen.missed.filter((point) => point !== points[0]));
      }
    };
    await Promise.all(opened.map(runLane));
    return figures;
  } finally {
    for (const lives of opened) await lives.close();
  }
}

async function pointsOf(lives: StopLives): Promise<readonly StopPoint[]> {
  const { points, problems } = await lives.live([]);
  if (problems.length > 0) throw new Error(`a life that was not disturbed: ${problems.join('; ')}`);
  return points;
}
