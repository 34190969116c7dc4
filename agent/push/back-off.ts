// What is pushed and stands back without a sender: a row each, the one whose offer is due first in front. Pure; time comes in. It may be a hundred
// thousand: all of a backlog that the store does not take.
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { StandingBack } from '../../protocol/transfer/transfer-state.ts';

/** Rows of the heap that may be of things that are not here any more, beside as many as are here. */
const GONE_MAX = 64;

interface Row {
  readonly recording: RecordingId;
  readonly standing: StandingBack;
}

/** Rows of one lane. */
export class BackoffQueue {
  readonly #rows = new Map<RecordingId, Row>();
  /** A binary heap by time. A row that is not the one of its recording is gone. */
  #heap: Row[] = [];

  get size(): number {
    return this.#rows.size;
  }

  /** Adds it, or gives it another time. */
  put(recording: RecordingId, standing: StandingBack): void {
    const row = { recording, standing };
    this.#rows.set(recording, row);
    if (this.#heap.length > 2 * this.#rows.size + GONE_MAX)
      this.#heap = [...this.#rows.values()].sort((a, b) => timeOf(a) - timeOf(b));
    else this.#up(row);
  }

  /** Takes that one, whatever its time; undefined where it is not here. */
  take(recording: RecordingId): StandingBack | undefined {
    const row = this.#rows.get(recording);
    this.#rows.delete(recording);
    return row?.standing;
  }

  /** The one that is due first; undefined where there is none. */
  get first(): { readonly recording: RecordingId; readonly offerAtMs: number } | undefined {
    for (let row = this.#heap[0]; row !== undefined; row = this.#heap[0]) {
      if (this.#rows.get(row.recording) === row)
        return { recording: row.recording, offerAtMs: row.standing.offerAtMs };
      this.#dropFirst();
    }
    return undefined;
  }

  #up(row: Row): void {
    const heap = this.#heap;
    let at = heap.push(row) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || timeOf(parent) <= timeOf(row)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = row;
  }

  #dropFirst(): void {
    const heap = this.#heap;
    const row = heap.pop();
    if (row === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && timeOf(right) < timeOf(left);
      const least = isRight ? right : left;
      if (timeOf(least) >= timeOf(row)) break;
      heap[at] = least;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = row;
  }
}

function timeOf({ standing }: Row): number {
  return standing.offerAtMs;
}

// How long a recording waits behind a failure that says nothing about it, or may pass: a worker that does not start, no file handles, no
// memory, a disk that does not answer. Pure; time comes in. Without it each unit of it is tried again as soon as another one arrived, several
// times a second, each time with a line in the log.

const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 15_000;
/** So long behind a pause without a failure, the next one is a first one. */
const CALM_MS = 60_000;

/** A pause of one recording. */
interface FailurePause {
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
