// One fault at one call of a life in a simulated world, and the judgement.
import type { World } from '../../simulation/world.ts';
import type { Side } from '../sides.ts';
import { FAULT, TOLD_OF_ERRORS, TOLD_OF_SPACE } from '../told.ts';
import type { CallPoint } from './call-points.ts';
import { CALL_FAULTS, ILL_MS, Scene, type CallFault } from './call-faults.ts';
import { judged, live, worldOfLife } from './world-life.ts';

/** Conditions that tell of a disk, in the log of the program. */
const TOLD: Readonly<Record<NonNullable<CallFault['isTold']>, Readonly<Record<Side, readonly string[]>>>> = {
  error: { agent: TOLD_OF_ERRORS, receiver: TOLD_OF_ERRORS },
  space: { agent: TOLD_OF_SPACE, receiver: ['vault.full', 'custody.write-failed'] },
};
const RAISED = / (station|store) warn condition raised .*"condition":"([^"]+)"/;
const NOT_STARTED = / did not start: /;
/** A program that is killed so soon after an error could not tell of it. */
const TELLS_MS = 1000;
/** A program that is asked to end has ended within so long. */
const STOP_MS_MAX = 30_000;
/** A program tries again what fails, and does not storm. */
const VAIN_CALLS_A_SECOND = 20;

export interface CallTry {
  readonly point: CallPoint;
  /** Which of CALL_FAULTS. */
  readonly fault: number;
}

export interface CallVerdict {
  /** One sentence for each rule that is broken. */
  readonly problems: readonly string[];
}

/** How it is told: its name, that BODYDOCK_CALL_TRY takes. */
export function shownTry({ point: { side, group, name }, fault }: CallTry): string {
  return `${side} ${name}: ${CALL_FAULTS[fault]?.name} (${group})`;
}

/** `onLine` hears all that happens. */
export async function tryCall(
  { point, fault }: CallTry,
  onLine: (line: string) => void = () => undefined,
): Promise<CallVerdict> {
  const wanted = CALL_FAULTS[fault];
  if (wanted === undefined) throw new Error(`no fault ${fault}`);
  const world = worldOfLife();
  const told = listen(world, onLine);
  const scene = new Scene(world, point);
  wanted.bring(scene);
  const killedAtMs = await live(world);
  await scene.isOver();
  const problems = (await judged(world)).filter((problem) => wanted.allows?.test(problem) !== true);
  const { hits, hitAtMs, isNoted, stopMs } = scene.seen;
  if (hits === 0) problems.push('the life did not come to it');
  if (hits > (VAIN_CALLS_A_SECOND * ILL_MS) / 1000) problems.push(`${hits} calls in vain`);
  if (stopMs !== undefined && stopMs > STOP_MS_MAX) problems.push(`it took ${stopMs} ms to end`);
  const isTooLate = hitAtMs <= killedAtMs && killedAtMs - hitAtMs < TELLS_MS;
  if (wanted.isTold !== undefined && isNoted && !isTooLate && !isTold(told, point, wanted.isTold))
    problems.push(`told: ${[...told.conditions[point.side]].join(', ') || 'nothing'}`);
  problems.push(...told.faults);
  return { problems };
}

interface Told {
  /** Conditions that were raised, as the logs say. */
  readonly conditions: Readonly<Record<Side, Set<string>>>;
  /** Lines that tell of a fault in a program. */
  readonly faults: string[];
  /** A program ended by itself, which tells enough. */
  hasEnded: boolean;
}

function listen({ trace }: World, onLine: (line: string) => void): Told {
  const told: Told = { conditions: { agent: new Set(), receiver: new Set() }, faults: [], hasEnded: false };
  trace.onLine = (line) => {
    onLine(line);
    const [, machine, condition] = RAISED.exec(line) ?? [];
    if (condition !== undefined) told.conditions[machine === 'store' ? 'receiver' : 'agent'].add(condition);
    if (NOT_STARTED.test(line)) told.hasEnded = true;
    if (FAULT.test(line)) told.faults.push(line);
  };
  return told;
}

function isTold(told: Told, { side }: CallPoint, what: NonNullable<CallFault['isTold']>): boolean {
  return told.hasEnded || TOLD[what][side].some((each) => told.conditions[side].has(each));
}
