// What is being pushed: locked recordings first, then docking records, then other recordings, each lane the oldest first and a bounded
// number at a time. Docking records are small and have places of their own: they go beside recordings, not behind a backlog of them.
import type { RecordingId } from '../../protocol/ids.ts';
import type { Sender, SenderSubject } from '../../protocol/transfer-state.ts';
import { PushLane } from './push-lane.ts';

/** Recordings offered or sent at once: enough to hide round trips of small ones, few enough to bound memory. */
const ACTIVE_MAX = 16;
/** Docking records offered at once: each is held in memory as a whole, up to 256 KiB. */
const DOCKINGS_ACTIVE_MAX = 8;

export type LaneName = 'locked' | 'docking' | 'normal';

/** What the queue must know of a thing. */
export interface Pushable extends SenderSubject {
  readonly lane: LaneName;
}

/** Order and senders of everything that waits for its receipt. */
export class PushQueue {
  readonly #lanes: Readonly<Record<LaneName, PushLane>> = {
    locked: new PushLane(),
    docking: new PushLane(),
    normal: new PushLane(),
  };
  readonly #isOpen: (recording: RecordingId) => boolean;

  /** `isOpen`: whether there is still something to push; asked when a thing's turn comes. */
  constructor(isOpen: (recording: RecordingId) => boolean) {
    this.#isOpen = isOpen;
  }

  /** Adds behind all others of its lane: callers add the oldest first. */
  add({ lane, ...subject }: Pushable): void {
    this.#lanes[lane].add(subject);
  }

  get(recording: RecordingId): Sender | undefined {
    const { locked, docking, normal } = this.#lanes;
    return locked.get(recording) ?? docking.get(recording) ?? normal.get(recording);
  }

  remove(recording: RecordingId): void {
    for (const lane of Object.values(this.#lanes)) lane.remove(recording);
  }

  /** Senders in the order of their importance; takes further ones in while there are places. */
  active(nowMs: number): Sender[] {
    const { locked, docking, normal } = this.#lanes;
    locked.fill(2 * ACTIVE_MAX - normal.busy, this.#isOpen, nowMs); // locked ones need not wait for a place
    docking.fill(DOCKINGS_ACTIVE_MAX, this.#isOpen, nowMs);
    normal.fill(ACTIVE_MAX - locked.busy, this.#isOpen, nowMs);
    return this.#all();
  }

  /** True where something of the lane waits for its receipt and was not refused. */
  isOpen(lane: LaneName): boolean {
    return this.#lanes[lane].isOpen;
  }

  /** Bytes in flight over all. */
  get inFlightBytes(): number {
    let sum = 0;
    for (const sender of this.#all()) sum += sender.inFlightBytes;
    return sum;
  }

  #all(): Sender[] {
    return Object.values(this.#lanes).flatMap((lane) => [...lane.senders]);
  }
}
