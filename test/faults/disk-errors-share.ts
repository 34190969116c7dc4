// What of the disk errors a run tries. By hand a share, or what BODYDOCK_ERRORS names: a life of whole programs takes some ten
// seconds, and each of their calls fails in a simulated world (calls/). In CI, whose time is limited, one of the list below:
// the points of a life are not looked for then.
import { shareOfRun, takesShare } from '../fakes/share-of-run.ts';
import { shownError, type ErrorPoint } from './disk-errors-points.ts';
import { isInShare, parseShare } from './share.ts';
import type { Side } from './sides.ts';

/** First calls of the agent that each life comes to, with their errors; those of the receiver end with pauses that are longer than CI may wait. */
const CI_CALLS: readonly (readonly [op: string, pathClass: string])[] = [
  ['fsync', 'custody/*.jsonl'],
  ['write', 'custody/*.jsonl'],
  ['create', 'docked/*.opening.new'],
  ['rename', 'docked/*.opening'],
  ['fsync', 'docked'],
  ['write', 'staging/*/payload.age'],
  ['fsync', 'staging/*/payload.age'],
  ['fsync', 'ready'],
  ['rename', 'ready/*/receipt.json'],
  ['fsync', 'dockings'],
];

/** One of the states of a disk that is tried in CI as well, on days of its own. */
export const STATE_OF_CI = 'cannot be read';

const turn = shareOfRun % (CI_CALLS.length + 1);

/** The point that CI tries; undefined where its share is the state, and by hand. */
export const pointOfShare: ErrorPoint | undefined = takesShare ? ciPoint(CI_CALLS[turn]) : undefined;

/** Whether this run tries that state. */
export function isStateDue(name: string): boolean {
  return !takesShare || (turn === CI_CALLS.length && name.includes(STATE_OF_CI));
}

const SHARES = 60;

/** "3/20" is one of twenty shares of the points and "0/1" are all, anything else a regular expression on their names. */
export const wanted = process.env['BODYDOCK_ERRORS'] ?? `${shareOfRun % SHARES}/${SHARES}`;

/** Those of all points that this run tries. */
export function chosenPoints(side: Side, points: readonly ErrorPoint[]): readonly ErrorPoint[] {
  const share = parseShare(wanted);
  if (share === undefined) return points.filter((point) => new RegExp(wanted).test(shownError(side, point)));
  return points.filter((_, at) => isInShare(share, at));
}

function ciPoint(call: (typeof CI_CALLS)[number] | undefined): ErrorPoint | undefined {
  if (call === undefined) return undefined;
  const [op, pathClass] = call;
  return { op, pathClass, number: 1, start: 1, code: 'EIO', forGood: false };
}
