// How long a recording waits behind a failure that says nothing about it: a worker that does not start, no file handles, no memory. Pure; time
// comes in. Without it each unit of it is tried again as soon as another one arrived, several times a second, each time with a line in the log.
import type { RecordingId } from '../../protocol/ids.ts';

const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 15_000;
/** So long behind a pause without a failure, the next one is a first one. */
const CALM_MS = 60_000;

/** Pauses of what is being pushed. */
export class FailurePauses {
  readonly #last = new Map<RecordingId, { readonly ms: number; readonly untilMs: number }>();

  /** Its next pause in ms, twice as long as the one before; undefined while it is in one: several of its units fail at one time. */
  next(recording: RecordingId, nowMs: number): number | undefined {
    const last = this.#last.get(recording);
    if (last !== undefined && nowMs < last.untilMs) return undefined;
    const isCalm = last === undefined || nowMs >= last.untilMs + CALM_MS;
    const ms = isCalm ? PAUSE_MS_MIN : Math.min(2 * last.ms, PAUSE_MS_MAX);
    this.#last.set(recording, { ms, untilMs: nowMs + ms });
    return ms;
  }

  /** It is not pushed any more. */
  forget(recording: RecordingId): void {
    this.#last.delete(recording);
  }
}
