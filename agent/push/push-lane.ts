// One lane of what is pushed: a queue of what waits for its turn, the oldest first, and the senders of what had it.
import type { RecordingId } from '../../protocol/ids.ts';
import type { RoundTrip } from '../../protocol/round-trip.ts';
import { Sender, type SenderSubject } from '../../protocol/transfer-state.ts';

/** Those that stand back whose pauses are kept apart from the active ones; beyond it the oldest of them hold places. */
const STANDING_BACK_MAX = 256;
/** Taken ones that the list of waiting ones may still hold. */
const TAKEN_MAX = 1024;

/** What is sent of a thing; undefined where nothing is to be sent of it any more. */
export type SubjectOf = (recording: RecordingId) => SenderSubject | undefined;

/**
 * A queue and its senders. What waits is an id and nothing more: it may be
 * a hundred thousand. What stands back for now keeps its sender but gives its place to others.
 */
export class PushLane {
  #waiting: RecordingId[] = [];
  #from = 0;
  readonly #senders = new Map<RecordingId, Sender>();
  readonly #roundTrip: RoundTrip;
  #changes = 0;

  /** `roundTrip`: of all that is pushed. */
  constructor(roundTrip: RoundTrip) {
    this.#roundTrip = roundTrip;
  }

  /** Adds behind all others. */
  add(recording: RecordingId): void {
    this.#waiting.push(recording);
  }

  get(recording: RecordingId): Sender | undefined {
    return this.#senders.get(recording);
  }

  remove(recording: RecordingId): void {
    if (this.#senders.delete(recording)) this.#changes++;
  }

  get senders(): Iterable<Sender> {
    return this.#senders.values();
  }

  /** Grows whenever the senders are others. */
  get changes(): number {
    return this.#changes;
  }

  /** Places that are taken: those that stand back take none. */
  get busy(): number {
    let back = 0;
    for (const { standsBack } of this.#senders.values()) if (standsBack) back++;
    return this.#senders.size - Math.min(back, STANDING_BACK_MAX);
  }

  /** True where something waits for its turn, or was begun and does not stand back. */
  get isOpen(): boolean {
    return this.#from < this.#waiting.length || this.busy > 0;
  }

  /** Gives the next ones their turn, as long as there are places. */
  fill(places: number, subjectOf: SubjectOf, nowMs: number): void {
    for (let busy = this.busy; busy < places;) {
      const recording = this.#take();
      if (recording === undefined) return;
      if (this.#senders.has(recording)) continue; // asked for again while it waited: it is here twice
      const subject = subjectOf(recording);
      if (subject === undefined) continue;
      this.#senders.set(recording, new Sender(subject, nowMs, this.#roundTrip));
      this.#changes++;
      busy++;
    }
  }

  #take(): RecordingId | undefined {
    const recording = this.#waiting[this.#from];
    if (recording === undefined) return undefined;
    this.#from++;
    if (this.#from === this.#waiting.length || this.#from > TAKEN_MAX)
      [this.#waiting, this.#from] = [this.#waiting.slice(this.#from), 0];
    return recording;
  }
}
