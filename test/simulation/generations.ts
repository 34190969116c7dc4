// How a life is drawn from its seed, by generation: a seed means something only together with it. A new generation comes after the others, and
// none changes any more once a seed of it is kept.
import type { Kind } from './troubles.ts';

export interface Generation {
  /** Station-days of a life. */
  readonly days: number;
  /** Days of four recordings on average, and maybe without a trouble; else of three, and with one at least. */
  readonly isFull: boolean;
  /** Of the recordings one in so many is of 4 to 40 units; the others have one or two, or next to nothing. */
  readonly longOneIn: number;
  /** Troubles that there are. */
  readonly kinds: readonly Kind[];
}

const FIRST_KINDS: readonly Kind[] = ['power', 'network', 'disks', 'cameras', 'clocks'];

const GENERATIONS: readonly Generation[] = [
  { days: 4, isFull: true, longOneIn: 16, kinds: FIRST_KINDS },
  { days: 4, isFull: false, longOneIn: 16, kinds: FIRST_KINDS },
  { days: 8, isFull: false, longOneIn: 32, kinds: FIRST_KINDS },
  { days: 8, isFull: false, longOneIn: 32, kinds: [...FIRST_KINDS, 'misreads'] },
];

/** Number of the one that fresh seeds have; counted from 1. */
export const NEWEST = GENERATIONS.length;

/** Errors: a number of none. */
export function generationOf(number: number): Generation {
  const found = GENERATIONS[number - 1];
  if (found === undefined) throw new Error(`there are generations 1 to ${NEWEST}, not ${number}`);
  return found;
}
