// Runs of the fuzzer that once failed, and are run first ever since: fast-check's seed and path.
import type { KeptSeed } from '../../../../fakes/fuzzing.ts';

/** By the name of the property. */
export const FUZZ_SEEDS: Readonly<Record<'answers' | 'cbor', readonly KeptSeed[]>> = {
  answers: [],
  cbor: [],
};
