// Which recordings are being pushed: locked ones first, then the oldest, a bounded number at a time.
// Recordings that the store refused for now keep their sender but give their place to others.
import type { RecordingId } from '../../protocol/ids.ts';
import { Sender, type SenderSubject } from '../../protocol/transfer-state.ts';

/** Recordings offered or sent at once: enough to hide round trips of small ones, few enough to bound memory. */
const ACTIVE_MAX = 16;
/** Refused recordings whose pauses are kept apart from the active ones; beyond it the oldest refused ones hold places. */
const REFUSED_MAX = 256;

/** What the queue must know of a recording. */
export interface Pushable extends SenderSubject {
  readonly locked: boolean;
}

/** Order and senders of everything that is spooled and not receipted. */
export class PushQueue {
  #locked: Pushable[] = [];
  #normal: Pushable[] = [];
  #lockedFrom = 0;
  #normalFrom = 0;
  #lockedSenders = new Map<RecordingId, Sender>();
  #normalSenders = new Map<RecordingId, Sender>();
  readonly #isOpen: (recording: RecordingId) => boolean;

  /** `isOpen`: whether there is still something to push; asked when a recording's turn comes. */
  constructor(isOpen: (recording: RecordingId) => boolean) {
    this.#isOpen = isOpen;
  }

  /** Adds behind all others of its kind: callers add the oldest first. */
  add(subject: Pushable): void {
    (subject.locked ? this.#locked : this.#normal).push(subject);
  }

  get(recording: RecordingId): Sender | undefined {
    return this.#lockedSenders.get(recording) ?? this.#normalSenders.get(recording);
  }

  remove(recording: RecordingId): void {
    this.#lockedSenders.delete(recording);
    this.#normalSenders.delete(recording);
  }

  /** Senders in the order of their importance; takes further recordings in while there are places. */
  active(nowMs: number): Sender[] {
    while (this.#hasPlace()) {
      const subject = this.#take();
      if (subject === undefined) break;
      if (!this.#isOpen(subject.recording)) continue;
      (subject.locked ? this.#lockedSenders : this.#normalSenders).set(
        subject.recording,
        new Sender(subject, nowMs),
      );
    }
    return this.#all();
  }

  /** Bytes in flight over all recordings. */
  get inFlightBytes(): number {
    let sum = 0;
    for (const sender of this.#all()) sum += sender.inFlightBytes;
    return sum;
  }

  #hasPlace(): boolean {
    const senders = this.#all();
    const refused = senders.filter((sender) => sender.refusal !== undefined).length;
    const places = this.#lockedFrom < this.#locked.length ? 2 * ACTIVE_MAX : ACTIVE_MAX; // locked ones need not wait for a place
    return senders.length - Math.min(refused, REFUSED_MAX) < places;
  }

  #all(): Sender[] {
    return [...this.#lockedSenders.values(), ...this.#normalSenders.values()];
  }

  #take(): Pushable | undefined {
    const locked = this.#locked[this.#lockedFrom];
    if (locked !== undefined) {
      this.#lockedFrom++;
      if (this.#lockedFrom === this.#locked.length) [this.#locked, this.#lockedFrom] = [[], 0];
      return locked;
    }
    const normal = this.#normal[this.#normalFrom];
    if (normal === undefined) return undefined;
    this.#normalFrom++;
    if (this.#normalFrom > 1024) [this.#normal, this.#normalFrom] = [this.#normal.slice(this.#normalFrom), 0];
    return normal;
  }
}
