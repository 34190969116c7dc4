// How long a recording waits behind a failure that says nothing about it, or may pass: a worker that does not start, no file handles, no
// memory, a disk that does not answer. Pure; time comes in. Without it each unit of it is tried again as soon as another one arrived, several
// times a second, each time with a line in the log.
import type { RecordingId } from '../../protocol/format/ids.ts';

const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 15_000;
/** So long behind a pause without a failure, the next one is a first one. */
const CALM_MS = 60_000;

/** A pause of one recording. */
export interface FailurePause {
  readonly ms: number;
  /** How long it has failed without a calm in between; 0 at the first failure. */
  readonly failingMs: number;
}

interface Last {
  readonly ms: number;
  readonly untilMs: number;
  readonly sinceMs: number;
}

/** Pauses of what is being pushed. */
export class FailurePauses {
  readonly #last = new Map<RecordingId, Last>();

  /** Its next pause, twice as long as the one before; undefined while it is in one: several of its units fail at one time. */
  next(recording: RecordingId, nowMs: number): FailurePause | undefined {
    const last = this.#last.get(recording);
    if (last !== undefined && nowMs < last.untilMs) return undefined;
    const before = last !== undefined && nowMs < last.untilMs + CALM_MS ? last : undefined;
    const ms = before === undefined ? PAUSE_MS_MIN : Math.min(2 * before.ms, PAUSE_MS_MAX);
    const sinceMs = before?.sinceMs ?? nowMs;
    this.#last.set(recording, { ms, untilMs: nowMs + ms, sinceMs });
    return { ms, failingMs: nowMs - sinceMs };
  }

  /** It is not pushed any more. */
  forget(recording: RecordingId): void {
    this.#last.delete(recording);
  }
}
