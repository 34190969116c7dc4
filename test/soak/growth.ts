// What the programs hold when everything is at rest, round after round, and whether it grows.
import type { DockRig } from '../fakes/dock-rig.ts';
import type { Program } from '../fakes/program.ts';
import { inspectorAddress, liveHeapBytes } from './live-heap.ts';
import { lookAt, type ProcessLook } from './process-look.ts';
import { median, medianSlope } from './slope.ts';

const KIB = 1024;
/** The first rounds compile code and fill what has a bound. */
const WARM_UP_ROUNDS = 2;
/**
 * Growth of the live heap that counts as a leak, per round of some 35 recordings. Few rounds are noisy: a compiled function or a pool of
 * buffers shows. A recording's manifest alone is 2 KiB: one that stays referenced makes 70 KiB a round.
 */
const LEAK_BYTES = 64 * KIB;
/** A connection that is just being made anew, a file that is read at this moment. */
const HANDLES_MORE_MAX = 4;
const STEADY_ROUNDS_MIN = 4;
/** Rounds that are needed before anything can be said of growth. */
export const ROUNDS_MIN = WARM_UP_ROUNDS + STEADY_ROUNDS_MIN;

/** One program at the end of one round. */
export interface Holding extends ProcessLook {
  readonly heapBytes: number;
}

export type Party = 'agent' | 'receiver';

export class Growth {
  readonly #rig: DockRig;
  readonly #seen: Record<Party, Holding[]> = { agent: [], receiver: [] };

  constructor(rig: DockRig) {
    this.#rig = rig;
  }

  /** Looks at both programs. Errors: one is gone, or its inspector does not answer. */
  async look(): Promise<Record<Party, Holding>> {
    const now = { agent: await holding(this.#rig.agent), receiver: await holding(this.#rig.receiver) };
    this.#seen.agent.push(now.agent);
    this.#seen.receiver.push(now.receiver);
    return now;
  }

  /** One sentence for each thing that grew; "too short" where nothing can be said. */
  problems(): string[] {
    return (['agent', 'receiver'] as const).flatMap((party) => grown(party, this.#seen[party]));
  }

  /** Bytes of live heap per round. */
  slope(party: Party): number {
    return medianSlope(this.#seen[party].slice(WARM_UP_ROUNDS).map(({ heapBytes }) => heapBytes));
  }
}

function grown(party: Party, seen: readonly Holding[]): string[] {
  const steady = seen.slice(WARM_UP_ROUNDS);
  if (steady.length < STEADY_ROUNDS_MIN)
    return [`${party}: too short to see growth: ${seen.length} rounds, ${ROUNDS_MIN} are needed`];
  const problems: string[] = [];
  const slope = medianSlope(steady.map(({ heapBytes }) => heapBytes));
  if (slope > LEAK_BYTES)
    problems.push(`${party}: the live heap grows by ${Math.round(slope / KIB)} KiB a round`);
  const half = Math.ceil(steady.length / 2);
  for (const count of ['handles', 'threads'] as const) {
    const before = median(steady.slice(0, half).map((look) => look[count]));
    const after = median(steady.slice(-half).map((look) => look[count]));
    if (after - before > HANDLES_MORE_MAX)
      problems.push(`${party}: ${count} grew from ${before} to ${after}`);
  }
  return problems;
}

async function holding(program: Program): Promise<Holding> {
  const { pid } = program;
  if (pid === undefined) throw new Error('the program has ended');
  const heapBytes = await liveHeapBytes(inspectorAddress(program.log()));
  return { ...lookAt(pid), heapBytes };
}
