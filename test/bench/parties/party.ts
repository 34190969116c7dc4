// The port of one party: something that takes the same files to a far end and can be measured.
import type { Work } from '../work.ts';

/** What one repetition used, up to the moment at which its last byte was safe at the far end. */
export interface Measured {
  readonly elapsedMs: number;
  /** CPU seconds by process. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  /** Peak resident bytes by process. */
  readonly peakBytes: Readonly<Record<string, number>>;
}

/** One repetition: prepared, measured, compared, removed. In this order, each once. */
export interface Repetition {
  /** Errors: whatever failed; the signal's reason. */
  run(signal: AbortSignal): Promise<Measured>;
  /** Errors: names the first file whose bytes at the far end are not the source's. */
  verify(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Something that a user could run. */
export interface Party {
  /** As in `--only`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Programs that it cannot do without. */
  readonly tools: readonly string[];
  /** What is fetched once for all repetitions. Errors: why it cannot be had, and the party is skipped. */
  fetch?(signal: AbortSignal): Promise<void>;
  /** Removes what was fetched. */
  remove?(): Promise<void>;
  /** Everything that is not to be measured: keys, configuration, an empty far end. */
  prepare(work: Work): Promise<Repetition>;
}
