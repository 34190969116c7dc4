// Every call of station and store on their disks in a life in which nothing fails, by groups of calls.
import { isOne, type Group } from '../../fakes/fault-plan.ts';
import type { Machine } from '../../simulation/machine.ts';
import type { World } from '../../simulation/world.ts';
import { classOf } from '../path-class.ts';
import { SIDES, type Side } from '../sides.ts';
import { judged, live, worldOfLife } from './world-life.ts';

const GROUPS: readonly Group[] = ['alter', 'fill', 'look'];

/** The n-th call of a group on the disk of one program. */
export interface CallPoint {
  readonly side: Side;
  readonly group: Group;
  /** From 1. */
  readonly number: number;
  /** Operation and path, and the how manieth call of that name it is: what a person knows it by. */
  readonly name: string;
}

/** The computer on which a program runs. */
export function machineOf(world: World, side: Side): Machine {
  return side === 'agent' ? world.station : world.store;
}

/** Errors: that life broke a rule by itself. */
export async function callsOfLife(): Promise<CallPoint[]> {
  const world = worldOfLife();
  const points: CallPoint[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    return number;
  };
  for (const side of SIDES)
    machineOf(world, side).disk.files.hearCalls((operation, path) => {
      const call = `${operation} ${classOf(path)}`;
      const name = `${call} ${numberOf(`${side} ${call}`)}`;
      for (const group of GROUPS)
        if (isOne(group, operation)) points.push({ side, group, number: numberOf(`${side} ${group}`), name });
    });
  await live(world);
  for (const side of SIDES) machineOf(world, side).disk.files.hearCalls(() => undefined);
  const problems = await judged(world);
  if (problems.length > 0) throw new Error(`a life in which nothing fails: ${problems.join('; ')}`);
  return points;
}
