// What the programs hold when everything is at rest, round after round, and whether it grows.
import type { DockRig } from '../../fakes/dock-rig.ts';
import type { Program } from '../../fakes/program.ts';
import { heldBytes, inspectorAddress, type Held } from './live-heap.ts';
import { lookAt, type ProcessLook } from './process-look.ts';
import { median, medianSlope } from './slope.ts';

const KIB = 1024;
/** The first rounds fill what has a bound; what the engine learns of types for its compiler grows for some dozen rounds. */
const WARM_UP_ROUNDS = 2;
const SETTLED_ROUNDS = 12;
/**
 * Growth per round of some 35 recordings that counts as a leak. The spool knows what the store has for as long as its documents lie there
 * (about 1 KiB each, agent/spool/catalogue.ts): 54 KiB a round were measured over 69 rounds, compiled code among them.
 */
const LEAK_BYTES = { heapBytes: 128 * KIB, bufferBytes: 32 * KIB };
/** ... in the rounds before, where 132 KiB were measured: only what is kept of the payloads themselves would show. */
const EARLY_LEAK_BYTES = { heapBytes: 512 * KIB, bufferBytes: 512 * KIB };
/** A connection that is just being made again, a file that is read at this moment. */
const HANDLES_MORE_MAX = 4;
const STEADY_ROUNDS_MIN = 4;
/** Rounds that are needed before anything can be said of growth. */
export const ROUNDS_MIN = WARM_UP_ROUNDS + STEADY_ROUNDS_MIN;

/** One program at the end of one round. */
export type Holding = ProcessLook & Held;

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

  /** Bytes of heap and buffers per round. */
  slope(party: Party): number {
    const { rounds } = steadyRounds(this.#seen[party]);
    return medianSlope(rounds.map(({ heapBytes, bufferBytes }) => heapBytes + bufferBytes));
  }
}

/** The rounds that are compared, and what of their growth is a leak. */
function steadyRounds(seen: readonly Holding[]): { rounds: readonly Holding[]; leak: Held } {
  const settled = seen.slice(SETTLED_ROUNDS);
  if (settled.length >= STEADY_ROUNDS_MIN) return { rounds: settled, leak: LEAK_BYTES };
  return { rounds: seen.slice(WARM_UP_ROUNDS), leak: EARLY_LEAK_BYTES };
}

/** What grew of one party, from its state at the end of each round: sentences, none where all is level. */
export function grown(party: Party, seen: readonly Holding[]): string[] {
  const { rounds: steady, leak } = steadyRounds(seen);
  if (steady.length < STEADY_ROUNDS_MIN)
    return [`${party}: too short to see growth: ${seen.length} rounds, ${ROUNDS_MIN} are needed`];
  const problems: string[] = [];
  for (const [what, words] of [
    ['heapBytes', 'the live heap grows'],
    ['bufferBytes', 'buffers grow'],
  ] as const) {
    const slope = medianSlope(steady.map((look) => look[what]));
    if (slope > leak[what]) problems.push(`${party}: ${words} by ${Math.round(slope / KIB)} KiB a round`);
  }
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
  return { ...lookAt(pid), ...(await heldBytes(inspectorAddress(program.log()))) };
}
