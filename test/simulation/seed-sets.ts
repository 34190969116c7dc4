// Which seeds a run tries: those that failed once, a fixed set, and fresh ones as long as there is time.
import { readFileSync } from 'node:fs';
import { NEWEST } from './generations.ts';

/** So many seeds are the same in every run, from 1 on; and so many with an evil broker. */
const FIXED = 8;
const FIXED_EVIL = 2;
const KEPT_FILE = new URL('../../../test/simulation/seeds.txt', import.meta.url);
/** The file as it lies beside this one where it runs from source. */
const KEPT_BESIDE = new URL('./seeds.txt', import.meta.url);

/** One life: what happens in it goes by its seed. */
export interface SeedJob {
  readonly seed: number;
  /** The broker is evil. */
  readonly evil: boolean;
  /** How it is drawn, as in generations.ts. */
  readonly generation: number;
  /** Drawn for this run alone: no one chose it, so these tell how fast it goes. */
  readonly isFresh?: boolean;
}

/** Seeds that failed once. Errors: the system's; a line that is no seed. */
export function keptSeeds(): SeedJob[] {
  const file = import.meta.url.endsWith('.ts') ? KEPT_BESIDE : KEPT_FILE;
  return parseSeeds(readFileSync(file, 'utf8'));
}

/** One seed a line, behind it "evil" where the broker was, its generation, and a word on what it found behind "#". */
export function parseSeeds(text: string): SeedJob[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [, seed, evil, generation] = /^(\d{1,10})( evil)? generation (\d)$/.exec(line) ?? [];
      if (seed === undefined) throw new Error(`seeds.txt: "${line}" is no seed with its generation`);
      return { seed: Number(seed), evil: evil !== undefined, generation: Number(generation) };
    });
}

/** All seeds in their order; fresh ones from `fresh` on for so long, counted from the first of them; `evil`: every second one with an evil broker. */
export function* seedsToRun(
  kept: readonly SeedJob[],
  fresh: {
    readonly from: number;
    readonly forMs: number;
    readonly nowMs: () => number;
    readonly evil: boolean;
  },
): Generator<SeedJob> {
  yield* kept;
  for (let seed = 1; seed <= FIXED; seed++) yield { seed, evil: false, generation: NEWEST };
  for (let seed = 1; seed <= FIXED_EVIL; seed++) yield { seed, evil: true, generation: NEWEST };
  const untilMs = fresh.nowMs() + fresh.forMs;
  for (let seed = fresh.from; fresh.nowMs() < untilMs; seed++)
    yield { seed, evil: fresh.evil && seed % 2 === 1, generation: NEWEST, isFresh: true };
}
