// Cuts a connection behind every k-th byte of an upload, on either side of the broker, in either direction, by a reset and by an orderly end,
// once each, and lets everything go on. Judges what came of it, and counts what was sent again for it.
import { LineLives, UPLOAD_BYTES, type Link } from './line-cuts-life.ts';
import type { Direction, PlannedCut } from '../fakes/tcp-proxy.ts';
import { shareOfRun, takesShare } from '../fakes/share-of-run.ts';

/** Places on each link, in each direction, with each end, with TLS and without: 16 times so many. */
const PLACES = 13;
/** In CI, whose time is limited, so many of them are tried. */
const CI_PLACES = 1;

/** What is cut, and how. */
export interface LineGroup {
  readonly isTls: boolean;
  readonly link: Link;
  readonly direction: Direction;
  readonly how: PlannedCut['how'];
}

const BOTH = [true, false];
const LINKS: readonly Link[] = ['station', 'receiver'];
const DIRECTIONS: readonly Direction[] = ['up', 'down'];
const ENDS = ['rst', 'fin'] as const;

/** Groups and numbers of places of this run: all by default, a few in CI. BODYDOCK_LINE_CUTS=N is the N-th group alone. */
export function groupsOfThisRun(): {
  readonly groups: readonly LineGroup[];
  readonly places: readonly number[];
} {
  const all = BOTH.flatMap((isTls) =>
    LINKS.flatMap((link) =>
      DIRECTIONS.flatMap((direction) => ENDS.map((how) => ({ isTls, link, direction, how }))),
    ),
  );
  const places = Array.from({ length: PLACES }, (_, at) => at);
  const named = process.env['BODYDOCK_LINE_CUTS'];
  if (named !== undefined) return { groups: [all[Number(named) % all.length]].filter(isGroup), places };
  if (!takesShare) return { groups: all, places };
  const first = Math.floor(shareOfRun / all.length);
  return {
    groups: [all[shareOfRun % all.length]].filter(isGroup),
    places: Array.from({ length: CI_PLACES }, (_, at) => (first + at) % PLACES),
  };
}

function isGroup(group: LineGroup | undefined): group is LineGroup {
  return group !== undefined;
}

export function shownGroup({ isTls, link, direction, how }: LineGroup): string {
  return `${link}'s connection${isTls ? ' with TLS' : ''}, ${direction}, by ${how}`;
}

export interface LineFigures {
  tried: number;
  /** Places that this upload did not come to: with TLS and under load no two are alike to the byte. */
  missed: number;
  /** Bytes that the station sent beyond those of an upload without a cut: of the worst one, and of all. */
  againBytesMax: number;
  againBytes: number;
  readonly problems: string[];
}

/** Tries the places of one group. */
export async function sweepLine(group: LineGroup, places: readonly number[]): Promise<LineFigures> {
  const lives = await LineLives.open(group.isTls);
  const figures: LineFigures = { tried: 0, missed: 0, againBytesMax: 0, againBytes: 0, problems: [] };
  try {
    const whole = await lives.live();
    const everyBytes = Math.floor(whole[group.link][group.direction] / PLACES);
    for (const place of places) {
      const plan = { direction: group.direction, how: group.how, bytes: 1 + place * everyBytes };
      const line = lives.lines[group.link];
      const { cuts } = line;
      const sent = await lives.live({ link: group.link, plan });
      figures.tried++;
      if (line.cuts === cuts) figures.missed++;
      const again = Math.max(0, sent.station.up - whole.station.up);
      figures.againBytes += again;
      figures.againBytesMax = Math.max(figures.againBytesMax, again);
    }
    figures.problems.push(...(await lives.problems()));
    return figures;
  } finally {
    await lives.close();
  }
}

/** One line of figures. */
export function shownFigures(group: LineGroup, figures: LineFigures): string {
  const { tried, missed, againBytes, againBytesMax } = figures;
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  return `line cuts: ${shownGroup(group)}: ${tried} places tried (${missed} not come to), of ${mib(UPLOAD_BYTES)} MiB each ${mib(againBytes / Math.max(1, tried))} MiB were sent again, at most ${mib(againBytesMax)} MiB`;
}
