// Runs of the fuzzer that once failed, and are run first ever since: fast-check's seed and path.

export interface FuzzSeed {
  readonly seed: number;
  readonly path: string;
}

/** By the name of the property. */
export const FUZZ_SEEDS: Readonly<Record<'answers' | 'cbor', readonly FuzzSeed[]>> = {
  answers: [],
  cbor: [],
};
