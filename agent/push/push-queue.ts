// What is being pushed: locked recordings first, then docking records, then other recordings, each lane the oldest first and a bounded
// number at a time. Docking records are small and have places of their own: they go beside recordings, not behind a backlog of them.
import type { RecordingId } from '../../protocol/ids.ts';
import { RoundTrip } from '../../protocol/round-trip.ts';
import type { Sender } from '../../protocol/transfer-state.ts';
import { PushLane, type SubjectOf } from './push-lane.ts';

/** Recordings offered or sent at once: enough to hide round trips of small ones, few enough to bound memory. */
const ACTIVE_MAX = 16;
/** Docking records offered at once: each is held in memory as a whole, up to 256 KiB. */
const DOCKINGS_ACTIVE_MAX = 8;

/** In the order of their importance. */
const LANES = ['locked', 'docking', 'normal'] as const;
export type LaneName = (typeof LANES)[number];

/** A sender that has a place. */
export interface Active {
  readonly lane: LaneName;
  readonly sender: Sender;
}

/** Order and senders of everything that waits for its receipt. */
export class PushQueue {
  readonly #lanes: Readonly<Record<LaneName, PushLane>>;
  readonly #subjectOf: SubjectOf;
  /** All senders as of that many changes: several looks go over them for each message that comes. */
  #listed: readonly Active[] = [];
  #listedChanges = 0;

  /** `subjectOf` is asked when a thing's turn comes. */
  constructor(subjectOf: SubjectOf) {
    this.#subjectOf = subjectOf;
    const roundTrip = new RoundTrip(); // all of it takes the same way
    this.#lanes = {
      locked: new PushLane(roundTrip),
      docking: new PushLane(roundTrip),
      normal: new PushLane(roundTrip),
    };
  }

  /** Adds behind all others of its lane: callers add the oldest first. */
  add(recording: RecordingId, lane: LaneName): void {
    this.#lanes[lane].add(recording);
  }

  get(recording: RecordingId): Sender | undefined {
    const { locked, docking, normal } = this.#lanes;
    return locked.get(recording) ?? docking.get(recording) ?? normal.get(recording);
  }

  remove(recording: RecordingId): void {
    for (const lane of Object.values(this.#lanes)) lane.remove(recording);
  }

  /** Senders in the order of their importance, each with its lane; takes further ones in while there are places. */
  active(nowMs: number): readonly Active[] {
    const { locked, docking, normal } = this.#lanes;
    locked.fill(2 * ACTIVE_MAX - normal.busy, this.#subjectOf, nowMs); // locked ones need not wait for a place
    docking.fill(DOCKINGS_ACTIVE_MAX, this.#subjectOf, nowMs);
    normal.fill(ACTIVE_MAX - locked.busy, this.#subjectOf, nowMs);
    return this.#all();
  }

  /** True where something of the lane waits for its receipt and does not stand back. */
  isOpen(lane: LaneName): boolean {
    return this.#lanes[lane].isOpen;
  }

  /** Bytes in flight over all. */
  get inFlightBytes(): number {
    let sum = 0;
    for (const { sender } of this.#all()) sum += sender.inFlightBytes;
    return sum;
  }

  #all(): readonly Active[] {
    const { locked, docking, normal } = this.#lanes;
    const changes = locked.changes + docking.changes + normal.changes;
    if (changes !== this.#listedChanges)
      this.#listed = LANES.flatMap((lane) =>
        [...this.#lanes[lane].senders].map((sender) => ({ lane, sender })),
      );
    this.#listedChanges = changes;
    return this.#listed;
  }
}
